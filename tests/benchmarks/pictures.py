# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures work with pictures in the collection on the path: the present one or an older commit.

PYTHONPATH=WORK_TREE/.dev python pictures.py FOLDER ROUNDS

FOLDER has sources of 648x648 pixels, and in ``kept-SIDE`` a service's copy of each. Prints JSON: milliseconds of CPU by
kind of work.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

MODULE_UTILS = "ansible_collections.hybrid.photos.plugins.module_utils"
#: The modules of each name: the present one, and the earlier ones.
PLACES = {
    "Recipe": ("_core.model", "photo.model"),
    "render": ("_pictures.render", "photo.image"),
    "by_pixels": ("_pictures.comparison", "photo.equality"),
}


def found(name: str) -> Any:
    """The object with this name in the collection on the path. Raises ImportError if there is none."""
    for place in PLACES[name]:
        try:
            return getattr(importlib.import_module(f"{MODULE_UTILS}.{place}"), name)
        except ModuleNotFoundError as error:
            if not (error.name or "").startswith(MODULE_UTILS):
                raise
    raise ImportError(f"this commit has no {name} in {' or '.join(PLACES[name])}")


def least(rounds: int, count: int, work: Callable[[], object]) -> float:
    """Milliseconds of CPU for one of ``count``, in the fastest round, because other work only makes rounds slower."""
    times = []
    for _round in range(rounds):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return 1000 * min(times) / count


def main(folder: Path, rounds: int) -> None:
    recipe, render, by_pixels = found("Recipe"), found("render"), found("by_pixels")
    exo, ad = recipe(size=648, max_bytes=4_194_303), recipe(size=96, max_bytes=10_240, mark=True)
    names = sorted(path.name for path in folder.glob("*.jpg"))
    sources = [(folder / name).read_bytes() for name in names]
    costs = {}
    for name, wanted in (("rendition for EXO", exo), ("rendition for AD", ad)):

        def rendered(wanted: Any = wanted) -> Sequence[Any]:
            return [render(source, [wanted], "source")[0] for source in sources]

        costs[name] = least(rounds, len(sources), rendered)
    declared = [render(source, [exo], "source")[0] for source in sources]
    for kept in sorted(folder.glob("kept-*"), key=lambda path: int(path.name[5:])):
        pairs = [(one, (kept / name).read_bytes()) for one, name in zip(declared, names, strict=True)]

        def compared(pairs: Any = pairs) -> None:
            for one, photo in pairs:
                by_pixels(one, bytes(bytearray(photo)))  # other bytes each time: pictures may be remembered

        costs[f"compare a rendition with {kept.name[5:]} pixels"] = least(rounds, len(pairs), compared)
    print(json.dumps(costs))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
