# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of a whole run, one for each user and target, in a temporary database, so that memory does not grow.

SQLite removes the file of a database without a name from its folder right after opening it, so no file is left, even
when the process is killed.
"""

from __future__ import annotations

import marshal
import sqlite3
import typing as t
from itertools import groupby

from .._core.model import PhotoError
from .._core.results import Picture, Row
from .scratch import no_room

Key = tuple[str, str]

#: How many rows are read at a time.
_PAGE = 1000
#: How many KiB of the database are kept in memory.
_CACHE = 16 * 1024

#: The fields that are pictures.
_PICTURES = (Row._fields.index("desired"), Row._fields.index("observed"))


class Rows:
    """Rows by ``(key of the user, target)``, in that order. A later row of the same key replaces the earlier one.

    Adding one raises PhotoError when the temporary folder is full. Rows may be replaced and removed during an
    iteration; the iteration still shows each row once.
    """

    def __init__(self) -> None:
        self._db: sqlite3.Connection | None = None
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, key: Key) -> bool:
        return self._count > 0 and self._one("SELECT 1 FROM rows WHERE key = ? AND target = ?", key) is not None

    def __getitem__(self, key: Key) -> Row:
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def get(self, key: Key) -> Row | None:
        """The row, or None."""
        found = self._one("SELECT data FROM rows WHERE key = ? AND target = ?", key) if self._count else None
        return None if found is None else _decoded(found[0])

    def __setitem__(self, key: Key, row: Row) -> None:
        self._put(key, row)

    def add(self, row: Row) -> bool:
        """Add a row. Returns True if it replaced one."""
        return self._put((row.key, row.target), row)

    def _put(self, key: Key, row: Row) -> bool:
        there = key in self
        try:
            self._open().execute("INSERT OR REPLACE INTO rows VALUES (?, ?, ?)", (*key, _encoded(row)))
        except sqlite3.OperationalError as error:
            raise PhotoError(f"The results cannot be joined: {no_room(str(error))}") from error
        self._count += not there
        return there

    def __delitem__(self, key: Key) -> None:
        if key not in self:
            raise KeyError(key)
        self._open().execute("DELETE FROM rows WHERE key = ? AND target = ?", key)
        self._count -= 1

    def __iter__(self) -> t.Iterator[Key]:
        return (key for key, _data in self._pages())

    def items(self) -> t.Iterator[tuple[Key, Row]]:
        """Keys with their rows."""
        return ((key, _decoded(data)) for key, data in self._pages())

    def values(self) -> t.Iterator[Row]:
        """The rows."""
        return (_decoded(data) for _key, data in self._pages())

    def by_user(self) -> t.Iterator[tuple[str, list[Row]]]:
        """The key and the rows of each user."""
        for user, items in groupby(self.items(), key=lambda item: item[0][0]):
            yield user, [row for _key, row in items]

    def targets(self) -> frozenset[str]:
        """Every target that has a row."""
        if not self._count:
            return frozenset()
        return frozenset(target for (target,) in self._open().execute("SELECT DISTINCT target FROM rows"))

    def _pages(self) -> t.Iterator[tuple[Key, bytes]]:
        if not self._count:
            return
        last: Key = ("", "")
        order = "SELECT key, target, data FROM rows WHERE (key, target) > (?, ?) ORDER BY key, target LIMIT ?"
        while page := self._open().execute(order, (*last, _PAGE)).fetchall():
            for key, target, data in page:
                last = (key, target)
                yield last, data

    def _one(self, question: str, values: tuple[t.Any, ...]) -> tuple[t.Any, ...] | None:
        found: tuple[t.Any, ...] | None = self._open().execute(question, values).fetchone()
        return found

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = sqlite3.connect("", isolation_level=None)
            for setting in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE}"):
                self._db.execute(f"PRAGMA {setting}")
            self._db.execute(
                "CREATE TABLE rows (key TEXT, target TEXT, data BLOB, PRIMARY KEY (key, target)) WITHOUT ROWID"
            )
            # One transaction for everything: no other process reads the database.
            self._db.execute("BEGIN")
        return self._db


def _encoded(row: Row) -> bytes:
    # marshal writes plain tuples only.
    values: list[t.Any] = list(row)
    for place in _PICTURES:
        values[place] = None if values[place] is None else tuple(values[place])
    return marshal.dumps(values)


def _decoded(data: bytes) -> Row:
    values = marshal.loads(data)  # noqa: S302 - written by this process into a file that nobody else can open
    for place in _PICTURES:
        values[place] = None if values[place] is None else Picture._make(values[place])
    return Row._make(values)
