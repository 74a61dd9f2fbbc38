# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that photos made by another version of Pillow are not written again.

    renditions.py make FOLDER     with one Python: make renditions of some pictures with its Pillow
    renditions.py check FOLDER    with another: a run with a target that has those photos must write nothing

Prints how many renditions have other bytes. Needs PYTHONPATH=.dev.
"""

from __future__ import annotations

import sys
from pathlib import Path

import PIL
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Definition, Recipe, Source
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.render import render
from ansible_collections.hybrid.photos.plugins.module_utils._sync.guards import Limit
from ansible_collections.hybrid.photos.plugins.module_utils._sync.options import Services, Settings
from ansible_collections.hybrid.photos.plugins.module_utils._sync.run import reconcile
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.drawn import encode, scene
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.scripted_store import ScriptedStore

RECIPES = {"exo": Recipe(size=648, max_bytes=4_194_303), "ad": Recipe(size=96, max_bytes=10_240, mark=True)}


def sources(folder: Path) -> dict[str, bytes]:
    """The declared pictures by user: the files that the first call wrote."""
    return {path.stem: path.read_bytes() for path in sorted((folder / "sources").iterdir())}


def make(folder: Path) -> None:
    """Write sources, and the renditions of this Pillow."""
    (folder / "sources").mkdir(parents=True)
    for seed in range(4):
        kind, options = ("JPEG", {"quality": 92}) if seed % 2 else ("PNG", {})
        # Versions of Pillow differ by a few levels in pictures that are cropped at the top and bottom.
        (folder / "sources" / f"user{seed}.{kind}").write_bytes(encode(scene(800, 1300, seed), kind, **options))
    for target, recipe in RECIPES.items():
        (folder / target).mkdir()
        for user, source in sources(folder).items():
            (folder / target / user).write_bytes(render(source, [recipe], user)[0].data)
    print(f"Pillow {PIL.__version__} made {len(RECIPES) * len(sources(folder))} renditions")


def check(folder: Path) -> int:
    """Run with targets that have those renditions. Returns 1 if anything would be or was written."""
    declared = sources(folder)
    definitions = [Definition(user, "present", Source(content=data)) for user, data in declared.items()]
    others = bad = 0
    for target, recipe in RECIPES.items():
        store = ScriptedStore(declared, target)
        # The store keeps uploads unchanged, because re-encoding by a service is not tested here.
        store.service = lambda data: data
        for user, source in declared.items():
            photo = (folder / target / user).read_bytes()
            store.put_by_hand(user, photo)
            others += render(source, [recipe], user)[0].data != photo
        settings = Settings(
            recipe, "userPrincipalName", *(Limit(name, percent=100) for name in ("replaced", "removed"))
        )
        result = reconcile(definitions, store, settings, Services())
        drifting = [outcome for outcome in result.outcomes if outcome.change.drift != "in_sync"]
        for outcome in drifting:
            print(f"{target}: {outcome.definition.user}: {outcome.change.drift}: {outcome.change.reason}")
        bad += len(drifting) + len(store.written)
    words = f"{others} of {len(RECIPES) * len(declared)} renditions have other bytes with Pillow {PIL.__version__}"
    print(f"{words}, {bad} photos would be written")
    return bool(bad)


if __name__ == "__main__":
    command, place = sys.argv[1:]
    sys.exit(make(Path(place)) if command == "make" else check(Path(place)))
