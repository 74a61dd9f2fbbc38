# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports run one way, each library has one file, and the drawing in docs/contributors/rooms.md is of this code."""

from __future__ import annotations

import ast
import re
import typing as t
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
PLUGINS = ROOT / "plugins"
ROOMS = PLUGINS / "module_utils"

#: What each room may import besides itself.
DOMAIN = {"_core", "_pictures", "_definitions", "_sync"}
MAY_IMPORT: dict[str, set[str]] = {
    "_core": set(),
    "_pictures": {"_core"},
    "_definitions": {"_core", "_pictures"},
    "_sync": {"_core", "_pictures"},
    "_graph": {"_core", "_sync"},
    "_directory": {"_core", "_sync"},
    "_exchange": {"_core", "_sync"},
    "_export": DOMAIN,
    "_restore": DOMAIN,
    "_report": DOMAIN,
    "_doctor": DOMAIN | {"_graph", "_directory", "_exchange"},
    "_entry": DOMAIN | {"_graph", "_directory", "_exchange", "_export", "_restore", "_report", "_doctor"},
}
#: Libraries that only one file imports; the others ask that file. (sqlite3 is part of Python, and has two uses: the
#: file of receipts, and the rows of a report.)
LIBRARIES = ("msal", "requests", "PIL", "ldap", "pypsrp", "dns", "yaml", "cv2", "pillow_heif", "jinja2")


def files() -> list[Path]:
    return sorted(path for path in ROOMS.rglob("*.py") if path.stat().st_size)


def imported(path: Path) -> t.Iterator[tuple[str, ...]]:
    """The modules of ours that a file imports, as parts below module_utils; of names in a package, each name."""
    here = path.relative_to(ROOMS).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        start = (*here[: len(here) - node.level], *(node.module.split(".") if node.module else ()))
        if (ROOMS.joinpath(*start)).with_suffix(".py").is_file():
            yield start
        else:
            yield from ((*start, name.name) for name in node.names)


def test_every_room_is_known_and_imports_run_one_way() -> None:
    for path in files():
        room = path.relative_to(ROOMS).parts[0]
        assert room in MAY_IMPORT, f"{path.relative_to(ROOT)} is in no room"
        for target in imported(path):
            assert target[0] in {room} | MAY_IMPORT[room], f"{path.relative_to(ROOT)} imports {'.'.join(target)}"


def test_no_two_files_import_each_other_by_any_way() -> None:
    edges: dict[tuple[str, ...], set[tuple[str, ...]]] = defaultdict(set)
    for path in files():
        edges[path.relative_to(ROOMS).with_suffix("").parts] = set(imported(path))
    done: set[tuple[str, ...]] = set()

    def visit(node: tuple[str, ...], way: tuple[tuple[str, ...], ...]) -> None:
        assert node not in way, " -> ".join(".".join(each) for each in (*way[way.index(node) :], node))
        if node in done:
            return
        for target in edges[node]:
            visit(target, (*way, node))
        done.add(node)

    for node in list(edges):
        visit(node, ())


def test_only_the_entry_knows_ansible() -> None:
    knows = {
        path.relative_to(ROOMS).parts[0]
        for path in files()
        if re.search(r"^\s*(?:import|from) ansible(?:\.| |$)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert knows == {"_entry"}


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_is_imported_in_one_file(library: str) -> None:
    pattern = re.compile(rf"^\s*(?:import|from) {library}(?:\.| |$)", re.MULTILINE)
    found = [str(p.relative_to(ROOT)) for p in PLUGINS.rglob("*.py") if pattern.search(p.read_text(encoding="utf-8"))]
    assert len(found) <= 1, found


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    lengths = {str(p.relative_to(ROOT)): len(p.read_text(encoding="utf-8").splitlines()) for p in PLUGINS.rglob("*.py")}
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}


def test_the_drawing_of_the_rooms_is_of_this_code() -> None:
    text = (ROOT / "docs/contributors/rooms.md").read_text(encoding="utf-8")
    drawing = text[text.index("```mermaid") : text.index("```", text.index("```mermaid") + 3)]
    drawn: dict[str, set[str]] = defaultdict(set)
    for start, ends in re.findall(r"^ *(\w+) --> ([\w &]+)$", drawing, re.MULTILINE):
        drawn[start] |= set(re.findall(r"\w+", ends))
    there: dict[str, set[str]] = defaultdict(set)
    for path in files():
        room = path.relative_to(ROOMS).parts[0]
        there[room] |= {target[0] for target in imported(path)} - {room}
    assert dict(drawn) == {room: targets for room, targets in there.items() if targets}


#: Words of the first house that nobody outside it knew; see the list of words in docs/contributors/rooms.md.
GONE = r"\b(?:glimpses?|Workshop|_Desk|mixups?|homeless|Wish|deed|spoken)\b"


def test_no_word_of_the_first_house_is_left() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for folder in ("plugins", "docs", "roles", "playbooks")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in {".py", ".yml", ".md", ".j2", ".js"}
        for match in re.finditer(GONE, path.read_text(encoding="utf-8"))
    ]
    assert found == []
