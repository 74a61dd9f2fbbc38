# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds text in a definitions folder that no photo needs: text that looks like a template, and invisible text.

No part of the collection evaluates such a text. But a reviewer should know that somebody wrote it.
"""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from .._core.files import UnusableFile, read_file
from .._core.model import Definition
from .._core.text import BIDI, unusable
from .folder import MAX_MANIFEST_BYTES
from .names import MANIFEST

#: The marks that begin a Jinja template, and the line with which a text changes these marks for itself.
_MARKS = ("{{", "{%", "{#", "#jinja2:")


class OddText(t.NamedTuple):
    """Where it is (``line`` counts from 1; None: the name of a file), of which user, its kind, and the message."""

    file: str
    line: int | None
    user: str
    kind: t.Literal["template", "hidden_text"]
    message: str


def odd(text: str) -> tuple[t.Literal["template", "hidden_text"], str] | None:
    """The kind of odd text and its description, or None for plain text."""
    why = unusable(text)
    if why is not None:
        return "hidden_text", f"{why}; rename it"
    if not BIDI.isdisjoint(text):
        return (
            "hidden_text",
            "it contains characters that change the direction of text, so it looks different from what it is",
        )
    mark = next((mark for mark in _MARKS if mark in text), None)
    if mark is not None:
        return "template", f"it looks like a template ({mark}); it is never executed, but it should not be here"
    return None


def odd_texts(root: Path, definitions: t.Iterable[Definition]) -> list[OddText]:
    """Every odd text of a folder once: in identities, in the lines of photos.yml, in names of files and folders."""
    found = list(_of_users(definitions))
    told = {(each.file, each.line) for each in found}
    found += [each for each in (*_of_lines(root), *_of_names(root)) if (each.file, each.line) not in told]
    return found


def _of_users(definitions: t.Iterable[Definition]) -> t.Iterator[OddText]:
    for definition in definitions:
        known = odd(definition.user)
        if known is not None:
            file, _colon, line = definition.origin.rpartition(":")
            named = file == MANIFEST and line.isdecimal()
            name, number = (file, int(line)) if named else (definition.origin, None)
            yield OddText(name, number, definition.user, known[0], f"{definition.user}: {known[1]}")


def _of_lines(root: Path) -> t.Iterator[OddText]:
    try:
        data, _status = read_file(root / MANIFEST, MAX_MANIFEST_BYTES, inside=root)
    except UnusableFile:  # not there, or already reported by the reader of the folder
        return
    # By YAML's line ends only, so that the numbers are those of an editor.
    for number, line in enumerate(data.decode("utf-8", "replace").replace("\r\n", "\n").split("\n"), 1):
        known = odd(line.replace("\t", " "))
        if known is not None:
            yield OddText(MANIFEST, number, "", known[0], f"this line: {known[1]}")


def _of_names(root: Path) -> t.Iterator[OddText]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in (*folders, *sorted(names)):
            known = None if name.startswith(".") else odd(name)
            if known is not None:
                place = (Path(folder) / name).relative_to(root).as_posix()
                yield OddText(place, None, "", known[0], f"this name: {known[1]}")
