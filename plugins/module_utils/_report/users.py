# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users of a report in a temporary file, so that memory does not grow with their number."""

from __future__ import annotations

import itertools
import json
import typing as t
from collections.abc import Sequence

from .scratch import explained, scratch

Json = dict[str, t.Any]

_PIECE = 256 * 1024


class Users(Sequence[Json]):
    """Users of a report in its order. Each iteration reads them from the file again."""

    def __init__(self, users: t.Iterable[Json]) -> None:
        """Raises PhotoError when there are many users and the temporary folder is full."""
        self._file = scratch()
        self._count = 0
        with explained():
            for user in users:
                self._file.write(json.dumps(user, ensure_ascii=False, allow_nan=False).encode("utf-8") + b"\n")
                self._count += 1
            self._file.flush()

    def lines(self) -> t.Iterator[str]:
        """Each user as one line of JSON, without the line end."""
        offset, rest = 0, b""
        # Each iteration has its own offset, so that iterations do not disturb each other.
        while piece := self._piece(offset):
            offset += len(piece)
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                yield line.decode("utf-8")

    def _piece(self, offset: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(_PIECE)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> t.Iterator[Json]:
        return map(json.loads, self.lines())

    @t.overload
    def __getitem__(self, index: int) -> Json: ...

    @t.overload
    def __getitem__(self, index: slice) -> list[Json]: ...

    def __getitem__(self, index: int | slice) -> Json | list[Json]:
        """Reads all users before this one, so it is only for a few users."""
        if isinstance(index, slice):
            return list(self)[index]
        place = index if index >= 0 else index + self._count
        found = next(itertools.islice(self, place, None), None) if place >= 0 else None
        if found is None:
            raise IndexError(index)
        return found

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (list, Users)):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]
