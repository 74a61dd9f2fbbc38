# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the changes of a plan from its file, user by user: the plan of a large company has several hundred MB."""

from __future__ import annotations

import typing as t

from .._core.files import UnusableFile, open_file
from .._core.json_text import loads
from .._core.model import PhotoError
from .plan import GIVE, MAX_PLAN_BYTES, Digest, parse, planned_changes, read, verify_digest, verify_shape
from .rows import Rows

Json = dict[str, t.Any]

#: The length limit for a line of a report, in bytes.
_LONGEST = 8 * 1024 * 1024
#: The line before the users. Each user is a line that begins with two spaces. See ``document.json_pieces``.
_USERS = b' "users": ['


def changes(path: str, targets: t.Sequence[str]) -> Rows:
    """The changes at some targets in the file of a plan.

    Raises PhotoError for a file that cannot be read, is not a plan, or was changed after it was written.
    """
    rows = Rows()
    try:
        with open_file(path) as file:
            head = _head(file)
            if head is not None:
                file.seek(0)
                return _read(file, head, path, targets)
    except (UnusableFile, OSError) as error:
        why = error.why if isinstance(error, UnusableFile) else error.strerror
        raise PhotoError(f"The plan {path} cannot be read: {why}. {GIVE}") from error
    # Another program formatted the same data in other lines.
    report = parse(read(path), path)
    for target in targets:
        for row in planned_changes(report, target):
            rows.add(row)
    return rows


def _read(file: t.BinaryIO, head: Json, path: str, targets: t.Sequence[str]) -> Rows:
    """The changes of a file. They and the digest come from one reading, so that the file cannot change in between."""
    rows = Rows()
    verify_shape(head, path)
    digest = Digest({key: value for key, value in head.items() if key != "users"})
    try:
        for user in _users(file):
            digest.add(user)
            for target in targets:
                for row in planned_changes({**head, "users": [user]}, target):
                    rows.add(row)
    except ValueError as error:
        raise PhotoError(f"{path} is not JSON ({error}). {GIVE}") from error
    verify_digest(head, digest.hexdigest(), path)
    return rows


def _head(file: t.BinaryIO) -> Json | None:
    """Everything except the users. None if the file does not have our lines, or is too large."""
    kept: list[bytes] = []
    size = 0
    inside = found = False
    while line := file.readline(_LONGEST):
        if inside and line.startswith(b"  "):
            continue
        kept.append(line)
        size += len(line)
        if size > MAX_PLAN_BYTES:
            return None
        inside = not found and line.rstrip() == _USERS
        found = found or inside
    try:
        head = loads(b"".join(kept))
    except ValueError:
        return None
    return head if found and isinstance(head, dict) and head.get("users") == [] else None


def _users(file: t.BinaryIO) -> t.Iterator[t.Any]:
    """The users of a file with our lines. Raises ValueError."""
    while (line := file.readline(_LONGEST)) and line.rstrip() != _USERS:
        pass
    while (line := file.readline(_LONGEST)).startswith(b"  "):
        yield loads(line.strip().removesuffix(b","))
