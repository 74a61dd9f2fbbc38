# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our memory of what we put where: one SQLite file, shared by all shards and processes of a run.

A receipt is evidence, never authority: it lets a photo be called the same only while the target still shows the tag
that is on it. It says what was about to be written before the write, and what was seen after it, so a run that is
killed between the two does not take its own photo for somebody else's. Losing the file costs one slow run and no photo.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import stat
import time
import typing as t
from dataclasses import asdict
from pathlib import Path

from .._core.files import file_type
from .._core.json_text import loads
from .._core.model import Pending, PhotoError, Receipt, Summary, User, identity_key
from .._core.safe_write import make_folder
from .source_hashes import Hashed

#: "hPho": tells our files from other SQLite files.
APPLICATION_ID = 0x6850686F
#: Each entry brings a file from the version of its index to the next one.
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
)
BUSY_SECONDS = 60.0
#: A file's hash is remembered for so long, whatever its times say, and paths that are gone no longer either.
HASHED_FOR_SECONDS = 30 * 24 * 3600.0
#: SQLite's own limit on variables is far higher; this keeps a statement's text small.
IDS_A_QUERY = 500


_COLUMNS = (
    "user_id",
    "source_sha256",
    "recipe",
    "tag",
    "sha256",
    "bytes",
    "width",
    "height",
    "service_transform",
    "written_at",
    "fingerprint",
    "seen",
    "pending",
)


class Holder(t.NamedTuple):
    """The account that an identity led to, and the declared picture that it had then (None: declared absent)."""

    user_id: str
    source_sha256: str | None
    since: float = 0.0


class ReceiptsError(PhotoError):
    """The receipts file cannot be used; the text says how to go on."""


class Receipts:
    """The file as one store sees it: all calls are about one target and one authority.

    ``read_only`` (check mode): a missing file is an empty one and is not made; nothing is ever written.
    Raises ReceiptsError when the file is damaged, foreign, newer than this code or not accessible.
    """

    def __init__(self, path: Path, target: str, read_only: bool = False) -> None:
        self.path = path
        self.target = target
        self.read_only = read_only
        self.authority = ""
        self._db = self._open()

    def _open(self) -> sqlite3.Connection | None:
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
        """SQLite would wait for a named pipe without an end, and would write to a device."""
        for path in (self.path, *(self.path.with_name(self.path.name + end) for end in ("-wal", "-shm", "-journal"))):
            try:
                mode = path.stat().st_mode
            except OSError:  # it is not there, or SQLite will say why it cannot be opened
                continue
            if not stat.S_ISREG(mode):
                raise ReceiptsError(f"receipts {path} is {file_type(mode)}, not a file; name another file")

    def _make_folder(self) -> None:
        try:
            make_folder(self.path.parent)
        except OSError as error:
            raise ReceiptsError(
                f"receipts {self.path}: the folder {self.path.parent} is not there and cannot be made "
                f"({error.strerror}); make it, or name another file"
            ) from error

    def _uri(self) -> str:
        uri = self.path.absolute().as_uri()
        if not self.read_only:
            return uri
        # Reading a WAL database makes files beside it. Without a -wal file nobody is writing and nothing is pending,
        # so the file can be read as it stands and check mode leaves no trace.
        wal = self.path.with_name(self.path.name + "-wal")
        return f"{uri}?mode=ro" if wal.exists() else f"{uri}?mode=ro&immutable=1"

    def _check(self, db: sqlite3.Connection) -> None:
        # One look at one state: another shard may be making the tables just now.
        db.execute("BEGIN")
        empty = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        application = db.execute("PRAGMA application_id").fetchone()[0]
        version = db.execute("PRAGMA user_version").fetchone()[0]
        db.execute("COMMIT")
        if application != APPLICATION_ID and not (empty and application == 0 and not self.read_only):
            raise ReceiptsError(
                f"receipts {self.path} is a database of another program; nothing in it was touched. Name another file"
            )
        if version > len(MIGRATIONS):
            raise ReceiptsError(
                f"receipts {self.path} was written by a newer hybrid.photos (format {version}, this one knows "
                f"{len(MIGRATIONS)}); update the collection, or name another file"
            )
        if self.read_only and version < len(MIGRATIONS):
            raise ReceiptsError(
                f"receipts {self.path} has the older format {version}; a run without check mode brings it up to date"
            )

    def _migrate(self, db: sqlite3.Connection) -> None:
        if db.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS):
            return
        db.execute("BEGIN IMMEDIATE")
        # Read again: another shard may have done it while this one waited.
        version = db.execute("PRAGMA user_version").fetchone()[0]
        for number in range(version, len(MIGRATIONS)):
            for statement in MIGRATIONS[number]:
                db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        db.execute("COMMIT")

    def _unusable(self, error: Exception) -> ReceiptsError:
        return ReceiptsError(
            f"receipts {self.path} cannot be used: {error}. Move the file away and run again: receipts only save "
            "work, the next run compares the pictures themselves and writes new ones"
        )

    @contextlib.contextmanager
    def _cursor(self) -> t.Iterator[sqlite3.Connection]:
        if self._db is None:
            raise ReceiptsError(f"receipts {self.path} were closed before the run came to its end")
        try:
            yield self._db
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _select(self, what: str, table: str, where: str, values: t.Sequence[t.Any]) -> list[tuple[t.Any, ...]]:
        if self._db is None:
            return []
        query = f"SELECT {what} FROM {table} WHERE target = ? AND authority = ? {where}"  # noqa: S608 - all ours
        with self._cursor() as db:
            return db.execute(query, (self.target, self.authority, *values)).fetchall()

    def get(self, user_ids: t.Sequence[str]) -> dict[str, Receipt]:
        """Receipts by user id, for those of the users that have one."""
        found: dict[str, Receipt] = {}
        for part, marks in _parts(user_ids):
            for row in self._select(", ".join(_COLUMNS), "receipt", f"AND user_id IN ({marks})", part):
                found[row[0]] = _receipt(row)
        return found

    def save(self, receipts: t.Iterable[Receipt], forget: t.Iterable[str] = ()) -> None:
        """Write receipts, and drop those of the users in ``forget``, in one transaction. Check mode: nothing."""
        head = (self.target, self.authority)
        columns = ("target", "authority", *_COLUMNS)
        marks = ", ".join("?" * len(columns))
        insert = f"INSERT OR REPLACE INTO receipt ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - all ours
        self._write(
            (insert, [(*head, *_row(receipt)) for receipt in receipts]),
            (
                "DELETE FROM receipt WHERE target = ? AND authority = ? AND user_id = ?",
                [(*head, user_id) for user_id in forget],
            ),
        )

    def _write(self, *changes: tuple[str, list[tuple[t.Any, ...]]]) -> None:
        """Statements with their rows, in one transaction. Check mode: nothing."""
        if self.read_only or not any(rows for _statement, rows in changes):
            return
        with self._cursor() as db:
            db.execute("BEGIN IMMEDIATE")
            for statement, rows in changes:
                db.executemany(statement, rows)
            db.execute("COMMIT")

    def holders(self, match_by: str, identities: t.Sequence[str]) -> dict[str, Holder]:
        """Who held each identity when its photo was last in order, by identity as given. Kept for ever."""
        wanted = {identity_key(identity): identity for identity in identities}
        found: dict[str, Holder] = {}
        for part, marks in _parts(list(wanted)):
            where = f"AND match_by = ? AND identity IN ({marks})"
            for key, *rest in self._select(
                "identity, user_id, source_sha256, since", "holder", where, (match_by, *part)
            ):
                found[wanted[key]] = Holder(*rest)
        return found

    def save_holders(self, match_by: str, holders: t.Mapping[str, Holder]) -> None:
        """Keep who holds an identity now. Check mode: nothing."""
        head = (self.target, self.authority, match_by)
        rows = [
            (*head, identity_key(identity), h.user_id, h.source_sha256, h.since or time.time())
            for identity, h in holders.items()
        ]
        self._write(("INSERT OR REPLACE INTO holder VALUES (?, ?, ?, ?, ?, ?, ?)", rows))

    def users(self, match_by: str, identities: t.Sequence[str], not_before: float) -> dict[str, User]:
        """Users by identity as they were resolved since ``not_before``. Case does not matter."""
        wanted = {identity_key(identity): identity for identity in identities}
        found: dict[str, User] = {}
        for part, marks in _parts(list(wanted)):
            where = f"AND match_by = ? AND seen_at >= ? AND identity IN ({marks})"
            columns = "identity, user_id, handle, label, immutable_id"
            for key, *rest in self._select(columns, "identity", where, (match_by, not_before, *part)):
                found[wanted[key]] = User(wanted[key], *rest)
        return found

    def save_users(self, match_by: str, users: t.Iterable[User], forget: t.Iterable[str] = ()) -> None:
        """Keep how identities were resolved; drop those in ``forget``. Check mode: nothing."""
        now = time.time()
        head = (self.target, self.authority, match_by)
        drop = "DELETE FROM identity WHERE target = ? AND authority = ? AND match_by = ? AND identity = ?"
        self._write(
            (
                "INSERT OR REPLACE INTO identity VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(*head, identity_key(u.identity), u.id, u.handle, u.label, u.immutable_id, now) for u in users],
            ),
            (drop, [(*head, identity_key(identity)) for identity in forget]),
        )

    def recall_many(self, keys: t.Sequence[str]) -> dict[str, str]:
        """See store.Memory."""
        found: dict[str, str] = {}
        for part, marks in _parts(keys):
            found.update(self._select("key, value", "memory", f"AND key IN ({marks})", part))
        return found

    def remember_many(self, values: t.Mapping[str, str]) -> None:
        """See store.Memory."""
        if self._db is None:
            return
        rows = [(self.target, self.authority, key, value) for key, value in values.items()]
        self._write(("INSERT OR REPLACE INTO memory VALUES (?, ?, ?, ?)", rows))

    def hashes(self, paths: t.Sequence[bytes]) -> dict[bytes, Hashed]:
        """What is remembered of source files, by hashes.key; for all targets alike. A spoilt record is left out."""
        found: dict[bytes, Hashed] = {}
        if self._db is None:
            return found
        since = time.time() - HASHED_FOR_SECONDS
        for part, marks in _parts(paths):
            query = f"SELECT path, stamp, sha256, seal FROM source WHERE hashed_at > ? AND path IN ({marks})"  # noqa: S608
            with self._cursor() as db:
                rows = db.execute(query, (since, *part)).fetchall()
            for path, stamp, digest, seal in rows:
                hashed = Hashed(bytes(path), str(stamp), str(digest))
                if hashed.seal == seal:
                    found[hashed.path] = hashed
        return found

    def save_hashes(self, hashed: t.Iterable[Hashed], forget: t.Iterable[bytes] = ()) -> None:
        """Remember hashes of source files, and forget those of others. Check mode: nothing."""
        now = time.time()
        rows = [(*h, h.seal, now) for h in hashed]
        drops = [(path,) for path in forget]
        if rows or drops:
            self._write(
                ("DELETE FROM source WHERE hashed_at < ?", [(now - HASHED_FOR_SECONDS,)]),
                ("INSERT OR REPLACE INTO source VALUES (?, ?, ?, ?, ?)", rows),
                ("DELETE FROM source WHERE path = ?", drops),
            )

    def problem(self) -> str | None:
        """What SQLite itself finds wrong with the file, or None; for the doctor."""
        if self._db is None:
            return None
        with self._cursor() as db:
            answer = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        return None if answer == "ok" else str(answer)

    def close(self) -> None:
        """Safe to call twice."""
        if self._db is not None:
            self._db.close()
            self._db = None


_T = t.TypeVar("_T")


def _parts(values: t.Sequence[_T]) -> t.Iterator[tuple[t.Sequence[_T], str]]:
    """Values in parts that one query takes, each with its question marks."""
    for start in range(0, len(values), IDS_A_QUERY):
        part = values[start : start + IDS_A_QUERY]
        yield part, ", ".join("?" * len(part))


def _row(receipt: Receipt) -> tuple[t.Any, ...]:
    r = receipt
    pending = None if r.pending is None else json.dumps(asdict(r.pending), sort_keys=True)
    picture = (r.rendition.sha256, r.rendition.bytes, r.rendition.width, r.rendition.height)
    head = (r.user_id, r.source_sha256, r.recipe, r.tag, *picture, r.service_transform)
    return (*head, r.written_at or time.time(), r.fingerprint, int(r.seen), pending)


def _receipt(row: tuple[t.Any, ...]) -> Receipt:
    user_id, source, recipe, tag, *picture, transform, written_at, fingerprint, seen, pending = row
    return Receipt(
        user_id,
        source,
        recipe,
        tag,
        Summary(*picture),
        transform,
        written_at,
        fingerprint,
        bool(seen),
        _pending(pending),
    )


def _pending(text: str | None) -> Pending | None:
    """A spoilt record is as good as none."""
    if text is None:
        return None
    try:
        values = loads(text)
        return Pending(**{**values, "rendition": Summary(**values["rendition"])})
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _write_ahead(db: sqlite3.Connection) -> None:
    """Switch to WAL. SQLite does not wait for others on this one statement, so we do."""
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
