# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of one shard in a file of the run, so that they do not pass through Ansible's variables.

A file has one JSON object a line, and a closing line with their number and the SHA-256 of the lines before it. The
reader also has both from the task's result. So a file that is missing, cut or changed is detected.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import typing as t
from pathlib import Path

from .files import UnusableFile, read_file
from .json_text import loads
from .model import PhotoError

Json = dict[str, t.Any]

#: Enough for a shard of 100,000 users. The whole file is read before one of its rows is used.
MAX_BYTES = 256 * 1024 * 1024


def write(folder: Path, rows: t.Iterable[t.Mapping[str, t.Any]]) -> Json:
    """Write a new file, mode 0600, in a folder that exists. Returns ``path``, ``rows`` (their number) and ``sha256``.
    Raises OSError.
    """
    return write_text(folder, as_text(rows))


def as_text(rows: t.Iterable[t.Mapping[str, t.Any]]) -> str:
    """Rows as the lines of a file. Surrogates are escaped, as JSON in ASCII does it."""
    return "".join(f"{json.dumps(row, separators=(',', ':'))}\n" for row in rows)


def write_text(folder: Path, lines: str) -> Json:
    """As ``write``, for lines that are already JSON. Raises OSError, and ValueError for text that is not ASCII."""
    path = folder / f"{secrets.token_hex(16)}.jsonl"
    text = lines.encode("ascii")
    told = {"rows": text.count(b"\n"), "sha256": hashlib.sha256(text).hexdigest()}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text + json.dumps(told, sort_keys=True).encode("ascii") + b"\n")
    return {"path": str(path), **told}


def read(told: t.Any) -> t.Iterator[Json]:
    """The rows of a file that ``write`` made. Raises PhotoError before the first row when the file is not complete."""
    if not isinstance(told, t.Mapping) or not isinstance(told.get("path"), str):
        raise PhotoError("The rows of a shard are in a file, and the result does not say in which one.")
    name = str(told["path"])
    try:
        data = read_file(name, MAX_BYTES, follow=False)[0]
    except UnusableFile as error:
        raise _not_whole(name, error.why) from error
    start = data.rfind(b"\n", 0, -1) + 1
    rows, closing = data[:start], data[start:]
    try:
        end = loads(closing)
    except ValueError:
        end = None
    if not closing.endswith(b"\n") or not isinstance(end, dict) or "sha256" not in end:
        raise _not_whole(name, "its end is missing")
    if end.get("rows") != told.get("rows") or rows.count(b"\n") != end.get("rows"):
        raise _not_whole(name, f"it has {rows.count(bytes([10])):,} rows, and the task wrote {told.get('rows')}")
    if not end["sha256"] == told.get("sha256") == hashlib.sha256(rows).hexdigest():
        raise _not_whole(name, "it was changed after it was written")
    return _parsed(name, rows)


def concerns(entry: t.Mapping[str, t.Any], target: str) -> bool:
    """Is an entry of the option ``photos`` for this target?"""
    return not entry.get("targets") or target in entry["targets"]


#: What a photo module returns for each user.
PARTS = ("photos", "in_sync", "left_out")


def in_one_text(result: t.Mapping[str, t.Any]) -> Json:
    """A module's result with its rows in one text, ``rows_text``.

    Ansible examines each of ten thousand values that it passes on, but one text only once. A result without ``photos``
    comes from a module that examined nobody, and is not changed.
    """
    if "photos" not in result:
        return dict(result)
    text = as_text({part: item} for part in PARTS for item in result.get(part) or ())
    return {**{name: value for name, value in result.items() if name not in PARTS}, "rows_text": text}


def pack(folder: Path, result: t.Mapping[str, t.Any]) -> Json:
    """A result with its rows in a new file, which ``rows_file`` describes. Raises OSError."""
    packed = in_one_text(result)
    if "rows_text" not in packed:
        return packed
    told = write_text(folder, str(packed.pop("rows_text")))
    return {**packed, "rows_file": told}


def unpack(result: t.Mapping[str, t.Any]) -> Json:
    """The result as it was before ``in_one_text``."""
    if "rows_text" not in result:
        return dict(result)
    rest = {name: value for name, value in result.items() if name != "rows_text"}
    return {**rest, **_by_part(loads(line) for line in str(result["rows_text"]).splitlines())}


def items(told: t.Any, part: str) -> t.Iterator[t.Any]:
    """The rows of a file that have one name, in their order. Raises PhotoError before the first when the file is not
    complete.
    """
    return (line[part] for line in read(told) if part in line)


def parts(told: t.Any) -> Json:
    """The rows that ``pack`` moved out of a result. Raises PhotoError when the file is not complete."""
    return _by_part(read(told))


def _by_part(lines: t.Iterable[t.Mapping[str, t.Any]]) -> Json:
    found: Json = {"photos": []}
    for line in lines:
        for part, item in line.items():
            found.setdefault(part, []).append(item)
    return found


def whole(result: t.Mapping[str, t.Any]) -> Json:
    """The result as the module returned it, whether its rows are in a file or not. Raises PhotoError."""
    return {**result, **parts(result["rows_file"])} if result.get("rows_file") is not None else dict(result)


def _parsed(name: str, rows: bytes) -> t.Iterator[Json]:
    for line in rows.splitlines():
        try:
            row = loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise _not_whole(name, "a line of it is no row")
        yield row


def _not_whole(name: str, why: str) -> PhotoError:
    return PhotoError(f"The rows of this part of the run are lost: {name}: {why}.")
