# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""drift_report without Ansible: options in, files and a result out."""

from __future__ import annotations

import re
import typing as t
from datetime import UTC, datetime
from pathlib import Path

from .._core.model import PhotoError
from .counts import clean, drifting, totals
from .document import Report, as_json, build
from .files import make_folder, present, write
from .junit import junit
from .markdown import markdown
from .page import page
from .previews import remove
from .rows import TARGETS, Gathered, gather
from .unexamined import add_unexamined, settle

FORMATS = {"json": "drift.json", "markdown": "drift.md", "html": "drift.html", "junit": "drift.xml"}
TITLES = {"plan": "Photo drift", "done": "Photo sync"}
_STAMP = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")

#: Kept equal to the documentation by a test.
ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "results": {"type": "list", "elements": "dict", "required": True},
    "dest": {"type": "path", "required": True},
    "formats": {"type": "list", "elements": "str", "choices": list(FORMATS), "default": ["json", "markdown"]},
    "title": {"type": "str"},
    "mode": {"type": "str", "choices": ["plan", "done"]},
    "users": {"type": "list", "elements": "str", "default": []},
    "targets": {"type": "list", "elements": "str", "choices": list(TARGETS), "default": []},
    "previews_dir": {"type": "path"},
    "remove_previews": {"type": "bool", "default": False},
    "max_pictures": {"type": "int", "default": 300},
    "root": {"type": "path"},
    "show": {"type": "bool", "default": True},
}


def report(options: t.Mapping[str, t.Any], now: datetime | None = None) -> dict[str, t.Any]:
    """Write the report that the options ask for. Returns what the module returns."""
    folder = _previews(options)
    try:
        return _report(options, now)
    finally:
        if folder and options["remove_previews"]:
            remove(folder)


def _report(options: t.Mapping[str, t.Any], now: datetime | None) -> dict[str, t.Any]:
    gathered = gather(options["results"])
    add_unexamined(gathered, options["users"], options["targets"])
    settle(gathered, options["mode"] or gathered.mode)
    stamp = (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    folder = Path(options["dest"]).expanduser().absolute()
    paths = {name: folder / file for name, file in FORMATS.items() if name in options["formats"]}
    made = make_folder(folder)
    before = {name: present(path) for name, path in paths.items()}
    # An equal report keeps the time of the one that is there: what did not change is not written again.
    stamps = [{found[0] for found in _STAMP.finditer(text or "")} for text in before.values()]
    for candidate in sorted(set.intersection(*stamps))[:3] if stamps else ():
        told = _told(options, gathered, candidate + "Z")
        if all(_text(name, told, options) == text for name, text in before.items()):
            return _result(told, paths, changed=made)
    told = _told(options, gathered, stamp)
    for name, path in paths.items():
        write(path, _text(name, told, options))
    return _result(told, paths, changed=made or bool(paths))


def _told(options: t.Mapping[str, t.Any], gathered: Gathered, stamp: str) -> Report:
    mode = options["mode"] or gathered.mode
    title = options["title"] or TITLES[mode]
    return build(gathered, mode=mode, title=title, generated=stamp, root=options["root"])


def _text(name: str, told: Report, options: t.Mapping[str, t.Any]) -> str:
    if name == "json":
        return as_json(told)
    if name == "markdown":
        return markdown(told)
    if name == "junit":
        return junit(told)
    if name == "html":
        return page(told, _previews(options), options["max_pictures"])
    raise PhotoError(f"formats: {name} is none of {', '.join(FORMATS)}.")


def _previews(options: t.Mapping[str, t.Any]) -> Path | None:
    return Path(options["previews_dir"]).expanduser() if options["previews_dir"] else None


def _result(told: Report, paths: t.Mapping[str, Path], *, changed: bool) -> dict[str, t.Any]:
    counts, mode = told["counts"], told["mode"]
    return {
        "changed": changed,
        "paths": {name: str(path) for name, path in paths.items()},
        "summary": totals(counts),
        "states": counts["states"],
        "drifting": drifting(mode, counts),
        "clean": clean(mode, counts),
        "mode": mode,
        "line": told["line"],
        "headline": told["headline"],
        "digest": told["digest"],
    }
