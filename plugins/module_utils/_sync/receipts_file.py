# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The receipts file itself: opened, checked, migrated to the present format, and closed. Its content: receipts.py."""

from __future__ import annotations

import contextlib
import sqlite3
import stat
import time
import typing as t
from pathlib import Path

from .._core.files import file_type
from .._core.model import PhotoError
from .._core.safe_write import make_folder

#: "hPho": distinguishes our files from other SQLite files.
APPLICATION_ID = 0x6850686F
#: Each entry migrates a file from the version of its index to the next one.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE receipt (
            target TEXT, authority TEXT, user_id TEXT, source_sha256 TEXT, recipe TEXT, tag TEXT,
            sha256 TEXT, bytes INTEGER, width INTEGER, height INTEGER, service_transform TEXT, written_at REAL NOT NULL,
            PRIMARY KEY (target, authority, user_id)) WITHOUT ROWID""",
        """CREATE TABLE identity (
            target TEXT, authority TEXT, match_by TEXT, identity TEXT, user_id TEXT NOT NULL, handle TEXT NOT NULL,
            label TEXT NOT NULL, immutable_id TEXT, seen_at REAL NOT NULL,
            PRIMARY KEY (target, authority, match_by, identity)) WITHOUT ROWID""",
        """CREATE TABLE memory (
            target TEXT, authority TEXT, key TEXT, value TEXT NOT NULL,
            PRIMARY KEY (target, authority, key)) WITHOUT ROWID""",
    ),
    (
        """CREATE TABLE source (
            path BLOB PRIMARY KEY, stamp TEXT NOT NULL, sha256 TEXT NOT NULL, seal TEXT NOT NULL,
            hashed_at REAL NOT NULL) WITHOUT ROWID""",
    ),
    (
        "ALTER TABLE receipt ADD COLUMN fingerprint TEXT",
        "ALTER TABLE receipt ADD COLUMN seen INTEGER NOT NULL DEFAULT 1",
        "ALTER TABLE receipt ADD COLUMN pending TEXT",
        """CREATE TABLE holder (
            target TEXT, authority TEXT, match_by TEXT, identity TEXT, user_id TEXT NOT NULL, source_sha256 TEXT,
            since REAL NOT NULL,
            PRIMARY KEY (target, authority, match_by, identity)) WITHOUT ROWID""",
    ),
    ("ALTER TABLE identity ADD COLUMN account TEXT NOT NULL DEFAULT ''",),
)
BUSY_SECONDS = 60.0
#: So often a reader begins again when a run began to write meanwhile.
_TRIES = 10
#: Two writes in this time may give a file the same time.
_TICK_NS = 50_000_000

_WAIT = "Wait until the run that uses it has ended, and run again"
_MOVE_AWAY = (
    "Move the file away and run again: receipts only save work, the next run compares the pictures themselves and "
    "writes new ones"
)
#: What to do, by SQLite's code. A file that is used by others or has no room is not damaged.
_ADVICE = {
    sqlite3.SQLITE_BUSY: _WAIT,
    sqlite3.SQLITE_LOCKED: _WAIT,
    sqlite3.SQLITE_FULL: "Free disk space there, and run again",
    sqlite3.SQLITE_IOERR: "Perhaps the disk is full; free space there, and run again",
    sqlite3.SQLITE_READONLY: "Give the account of the run the right to write the file and its folder, and run again",
    sqlite3.SQLITE_PERM: "Give the account of the run the right to write the file and its folder, and run again",
    sqlite3.SQLITE_CANTOPEN: "Give the account of the run the right to write the file and its folder, and run again",
}

_Look = tuple[int, int, int, int]


def _look(path: Path) -> _Look | None:
    """What changes when a file is written; None: it does not exist."""
    for _try in range(2):
        try:
            status = path.stat()
        except OSError:
            return None
        if not 0 <= time.time_ns() - status.st_mtime_ns < _TICK_NS:
            break
        time.sleep(_TICK_NS / 1e9)
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


class ReceiptsError(PhotoError):
    """The receipts file cannot be used; the text says how to continue."""


class ReceiptsFile:
    """The file as one store sees it: all calls are about one target and one authority.

    ``read_only`` (check mode): a missing file counts as empty and is not made; nothing is ever written. ``option``: the
    name of the option for the file, as the reader of a message can set it.
    Raises ReceiptsError when the file is damaged, foreign, newer than this code or not accessible.
    """

    def __init__(self, path: Path, target: str, read_only: bool = False, option: str = "receipts") -> None:
        self.path = path
        self.option = option
        self.target = target
        self.read_only = read_only
        self.authority = ""
        #: What the file looked like when it was opened as one that nobody writes.
        self._seen: _Look | None = None
        self._db = self._open()

    def _open(self) -> sqlite3.Connection | None:
        for _try in range(_TRIES):
            try:
                return self._open_once()
            except ReceiptsError:
                if not self._written_meanwhile():
                    raise
        return self._open_once()

    def _open_once(self) -> sqlite3.Connection | None:
        self._refuse_what_is_no_file()
        if self.read_only and not (self.path.exists() and self.path.stat().st_size):
            return None
        if not self.read_only:
            self._make_folder()
        db: sqlite3.Connection | None = None
        try:
            db = sqlite3.connect(self._uri(), uri=True, timeout=BUSY_SECONDS, isolation_level=None)
            self._check(db)
            if not self.read_only:
                self.path.chmod(0o600)
                _write_ahead(db)
                db.execute("PRAGMA synchronous = FULL")
                self._migrate(db)
        except (sqlite3.Error, OSError) as error:
            if db is not None:
                db.close()
            raise self._unusable(error) from error
        except ReceiptsError:
            if db is not None:
                db.close()
            raise
        return db

    def _refuse_what_is_no_file(self) -> None:
        """Refuses special files: SQLite would wait without end for a named pipe, and would write to a device."""
        for path in (self.path, *(self.path.with_name(self.path.name + end) for end in ("-wal", "-shm", "-journal"))):
            try:
                mode = path.stat().st_mode
            except OSError:  # it does not exist, or SQLite reports why it cannot be opened
                continue
            if not stat.S_ISREG(mode):
                raise ReceiptsError(f"{self.option} {path} is {file_type(mode)}, not a file; name another file")

    def _make_folder(self) -> None:
        try:
            make_folder(self.path.parent)
        except OSError as error:
            raise ReceiptsError(
                f"{self.option} {self.path}: the folder {self.path.parent} is not there and cannot be made "
                f"({error.strerror}); make it, or name another file"
            ) from error

    def _uri(self) -> str:
        uri = self.path.absolute().as_uri()
        if not self.read_only:
            return uri
        # Reading a WAL database makes files beside it. Without a -wal file nobody writes and nothing is pending, so the
        # file can be read as immutable, and check mode changes nothing on disk.
        self._seen = _look(self.path)
        wal = self.path.with_name(self.path.name + "-wal")
        if wal.exists():
            self._seen = None
            return f"{uri}?mode=ro"
        return f"{uri}?mode=ro&immutable=1"

    def _written_meanwhile(self) -> bool:
        """Has a run begun to write the file after it was opened as one that nobody writes?

        What is read then is a mixture of pages from before and after, or an error that the file is damaged.
        """
        return self._seen is not None and _look(self.path) != self._seen

    def _check(self, db: sqlite3.Connection) -> None:
        # One transaction: another shard may be making the tables at this moment.
        db.execute("BEGIN")
        empty = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        application = db.execute("PRAGMA application_id").fetchone()[0]
        version = db.execute("PRAGMA user_version").fetchone()[0]
        db.execute("COMMIT")
        if application != APPLICATION_ID and not (empty and application == 0 and not self.read_only):
            raise ReceiptsError(
                f"{self.option} {self.path} is a database of another program; nothing in it was changed. Name "
                "another file"
            )
        if version > len(MIGRATIONS):
            raise ReceiptsError(
                f"{self.option} {self.path} was written by a newer hybrid.photos (format {version}, this one knows "
                f"{len(MIGRATIONS)}); update the collection, or name another file"
            )
        if self.read_only and version < len(MIGRATIONS):
            raise ReceiptsError(
                f"{self.option} {self.path} has the older format {version}; a run without check mode brings it up "
                "to date"
            )

    def _migrate(self, db: sqlite3.Connection) -> None:
        if db.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS):
            return
        db.execute("BEGIN IMMEDIATE")
        # Read again: another shard may have migrated it while this one waited.
        version = db.execute("PRAGMA user_version").fetchone()[0]
        for number in range(version, len(MIGRATIONS)):
            for statement in MIGRATIONS[number]:
                db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        db.execute("COMMIT")

    def _unusable(self, error: Exception) -> ReceiptsError:
        advice = _ADVICE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, _MOVE_AWAY)
        return ReceiptsError(f"{self.option} {self.path} cannot be used: {error}. {advice}")

    @contextlib.contextmanager
    def _cursor(self) -> t.Iterator[sqlite3.Connection]:
        if self._db is None:
            raise ReceiptsError(f"{self.option} {self.path} were closed before the end of the run")
        try:
            yield self._db
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _ask(self, query: str, values: t.Sequence[t.Any]) -> list[tuple[t.Any, ...]]:
        """The rows of a query, as they are at one moment. Raises ReceiptsError."""
        for _try in range(_TRIES):
            if self._db is None:
                return []
            problem: ReceiptsError | None = None
            rows: list[tuple[t.Any, ...]] = []
            try:
                with self._cursor() as db:
                    rows = db.execute(query, values).fetchall()
            except ReceiptsError as error:
                problem = error
            if not self._written_meanwhile():
                if problem is not None:
                    raise problem
                return rows
            self.close()
            self._db = self._open()
        raise ReceiptsError(f"{self.option} {self.path} is written by other runs all the time. {_WAIT}")

    def _select(self, what: str, table: str, where: str, values: t.Sequence[t.Any]) -> list[tuple[t.Any, ...]]:
        query = f"SELECT {what} FROM {table} WHERE target = ? AND authority = ? {where}"  # noqa: S608 - all ours
        return self._ask(query, (self.target, self.authority, *values))

    def _authorities(self) -> list[str]:
        """The authorities of this target for which there are receipts."""
        rows = self._ask("SELECT DISTINCT authority FROM receipt WHERE target = ?", (self.target,))
        return [str(row[0]) for row in rows]

    def _write(self, *changes: tuple[str, list[tuple[t.Any, ...]]]) -> None:
        """Statements with their rows, in one transaction. Check mode: nothing."""
        if self.read_only or not any(rows for _statement, rows in changes):
            return
        with self._cursor() as db:
            db.execute("BEGIN IMMEDIATE")
            for statement, rows in changes:
                db.executemany(statement, rows)
            db.execute("COMMIT")

    def problem(self) -> str | None:
        """The errors that SQLite itself finds in the file, or None; for the doctor."""
        found = self._ask("PRAGMA quick_check(1)", ())
        return None if not found or found[0][0] == "ok" else str(found[0][0])

    def close(self) -> None:
        """May be called twice."""
        if self._db is not None:
            self._db.close()
            self._db = None


def _write_ahead(db: sqlite3.Connection) -> None:
    """Switch to WAL. SQLite does not wait for other processes in this statement, so we do."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) or time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return
