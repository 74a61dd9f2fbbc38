# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our memory of what we put where: one SQLite file, shared by all shards and processes of a run.

A receipt is evidence, not authority: it lets a photo count as the same only while the target still shows the tag in the
receipt. It records what will be written before the write, and what was seen after it. So after a killed run the next
run recognises its own photo. If the file is lost, one run is slow, and no photo is lost.
"""

from __future__ import annotations

import json
import time
import typing as t
from dataclasses import fields
from pathlib import Path

from .._core.json_text import loads
from .._core.model import Pending, Receipt, Summary, User, identity_key
from .receipts_file import ReceiptsError, ReceiptsFile
from .source_hashes import Hashed

#: How long the hash of a file is remembered, whatever the file's times say. Paths that do not exist any more are
#: forgotten then too.
HASHED_FOR_SECONDS = 30 * 24 * 3600.0
#: A later time comes from a clock that was ahead, and counts as not known.
AHEAD_SECONDS = 60.0
#: SQLite's own limit on variables is far higher; this limits the length of a statement.
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


#: The most pictures of one account under one name that are remembered.
SOURCES_KEPT = 20


class Holder(t.NamedTuple):
    """The account that an identity led to, and the pictures that were declared for it then (None: only absent).

    ``source_sha256`` has the latest hashes, separated by spaces, the last one at the end.
    """

    user_id: str
    source_sha256: str | None
    since: float = 0.0

    @property
    def sources(self) -> list[str]:
        return (self.source_sha256 or "").split()

    def with_source(self, user_id: str, source: str | None) -> Holder:
        """The record with the present account; earlier pictures of the same account are kept."""
        before = [each for each in self.sources if each != source] if user_id == self.user_id else []
        return Holder(user_id, " ".join([*before, *([source] if source else [])][-SOURCES_KEPT:]) or None)


class Receipts(ReceiptsFile):
    """The memory as one store sees it: all calls are about one target and one authority."""

    def get(self, user_ids: t.Sequence[str]) -> dict[str, Receipt]:
        """Receipts by user id, for those of the users that have one."""
        found: dict[str, Receipt] = {}
        for part, marks in _parts(user_ids):
            for row in self._select(", ".join(_COLUMNS), "receipt", f"AND user_id IN ({marks})", part):
                found[row[0]] = _receipt(row)
        return found

    def save(self, receipts: t.Iterable[Receipt], forget: t.Iterable[str] = ()) -> None:
        """Write receipts, and delete those of the users in ``forget``, in one transaction. Check mode: nothing."""
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

    def holders(self, identities: t.Sequence[str]) -> dict[str, Holder]:
        """The account of each identity when its photo was last in order, by identity as given. Never deleted.

        It does not depend on ``match_by``; of several records the latest counts. Raises ReceiptsError for a damaged
        record, because without it no changed name would be noticed.
        """
        wanted = {identity_key(identity): identity for identity in identities}
        # The columns are named, so that the index of the table is used.
        ways = [way for (way,) in self._select("DISTINCT match_by", "holder", "", ())]
        among = ", ".join("?" * len(ways))
        found: dict[str, Holder] = {}
        for part, marks in _parts(list(wanted)):
            where = f"AND match_by IN ({among}) AND identity IN ({marks})"
            for key, *rest in self._select("identity, user_id, source_sha256, since", "holder", where, (*ways, *part)):
                holder = _holder(*rest)
                if holder is None:
                    raise ReceiptsError(
                        f"{self.option} {self.path}: a record of who held {wanted[key]} is damaged. Move the file away "
                        "and run again; then nobody knows which accounts the names led to before"
                    )
                if wanted[key] not in found or found[wanted[key]].since <= holder.since:
                    found[wanted[key]] = holder
        return found

    def save_holders(self, match_by: str, holders: t.Mapping[str, Holder]) -> None:
        """Record which account has an identity now. Check mode: nothing."""
        head = (self.target, self.authority, match_by)
        rows = [
            (*head, identity_key(identity), h.user_id, h.source_sha256, h.since or time.time())
            for identity, h in holders.items()
        ]
        self._write(("INSERT OR REPLACE INTO holder VALUES (?, ?, ?, ?, ?, ?, ?)", rows))

    def end(self, identities: t.Sequence[str]) -> list[str]:
        """Delete the receipts of the accounts that had these identities.

        Returns the identities with one. Check mode: nothing.

        If the target was not opened in this run, all of its authorities are searched.
        """
        ended: list[str] = []
        opened = self.authority
        for authority in [opened] if opened else self._authorities():
            self.authority = authority
            held = {identity: holder.user_id for identity, holder in self.holders(identities).items()}
            there = self.get(list(held.values()))
            ended += [identity for identity, user_id in held.items() if user_id in there]
            self.save((), forget=list(there))
        self.authority = opened
        return ended

    def users(self, match_by: str, identities: t.Sequence[str], not_before: float) -> dict[str, User]:
        """Users by identity as they were resolved since ``not_before``. Case does not matter."""
        wanted = {identity_key(identity): identity for identity in identities}
        found: dict[str, User] = {}
        for part, marks in _parts(list(wanted)):
            where = f"AND match_by = ? AND seen_at BETWEEN ? AND ? AND identity IN ({marks})"
            columns = "identity, user_id, handle, label, immutable_id, account"
            for key, id_, handle, label, anchor, account in self._select(
                columns, "identity", where, (match_by, not_before, time.time() + AHEAD_SECONDS, *part)
            ):
                found[wanted[key]] = User(wanted[key], id_, handle, label, anchor, account=account)
        return found

    def save_users(self, match_by: str, users: t.Iterable[User], forget: t.Iterable[str] = ()) -> None:
        """Record how identities were resolved; delete those in ``forget``. Check mode: nothing."""
        now = time.time()
        head = (self.target, self.authority, match_by)
        drop = "DELETE FROM identity WHERE target = ? AND authority = ? AND match_by = ? AND identity = ?"
        self._write(
            (
                "INSERT OR REPLACE INTO identity VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (*head, identity_key(u.identity), u.id, u.handle, u.label, u.immutable_id, now, u.account)
                    for u in users
                ],
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

    def erase(self, user_id: str) -> int:
        """Delete everything that describes an account's photo, and its traces in the file.

        Returns the number of entries.
        """
        about = {
            "receipt": "user_id = ?",
            "identity": "user_id = ?",
            "memory": "instr(value, ?) > 0",
            "holder": "source_sha256 IS NOT NULL AND user_id = ?",
        }
        found = {
            table: len(self._select("target", table, f"AND {where}", (user_id,))) for table, where in about.items()
        }
        if self._db is not None and not self.read_only and any(found.values()):
            with self._cursor() as db:
                db.execute("PRAGMA secure_delete = ON")
            row = (self.target, self.authority, user_id)
            verbs = dict.fromkeys(about, "DELETE FROM {}") | {"holder": "UPDATE {} SET source_sha256 = NULL"}
            self._write(
                *(
                    (f"{verbs[table].format(table)} WHERE target = ? AND authority = ? AND {where}", [row])  # all ours
                    for table, where in about.items()
                )
            )
            with self._cursor() as db:  # traces in the write-ahead log are removed too
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return sum(found.values())

    def hashes(self, paths: t.Sequence[bytes]) -> dict[bytes, Hashed]:
        """Hashes of source files, by source_hashes.key; for all targets together. A damaged record is left out."""
        found: dict[bytes, Hashed] = {}
        if self._db is None:
            return found
        since = time.time() - HASHED_FOR_SECONDS
        for part, marks in _parts(paths):
            query = f"SELECT path, stamp, sha256, seal FROM source WHERE hashed_at > ? AND path IN ({marks})"  # noqa: S608
            for path, stamp, digest, seal in self._ask(query, (since, *part)):
                hashed = Hashed(bytes(path), str(stamp), str(digest))
                if hashed.seal == seal:
                    found[hashed.path] = hashed
        return found

    def save_hashes(self, hashed: t.Iterable[Hashed], forget: t.Iterable[bytes] = ()) -> None:
        """Record hashes of source files, and delete old ones. Check mode: nothing."""
        now = time.time()
        rows = [(*h, h.seal, now) for h in hashed]
        drops = [(path,) for path in forget]
        if rows or drops:
            self._write(
                ("DELETE FROM source WHERE hashed_at < ?", [(now - HASHED_FOR_SECONDS,)]),
                ("INSERT OR REPLACE INTO source VALUES (?, ?, ?, ?, ?)", rows),
                ("DELETE FROM source WHERE path = ?", drops),
            )


def erase_account(
    path: Path, target: str, authority: str, user_id: str, check: bool, *, option: str = "receipts"
) -> int:
    """Erase what a receipts file knows about an account's photo.

    Returns the number of entries. Check mode: only counts.

    The record that a name led to this account stays, without the pictures that were declared for it. It prevents that
    the name is taken for another account. Raises ReceiptsError.
    """
    if not path.exists():
        raise ReceiptsError(f"{option} {path} does not exist; name the file of the runs, or none")
    receipts = Receipts(path, target, read_only=check, option=option)
    receipts.authority = authority
    try:
        return receipts.erase(user_id)
    finally:
        receipts.close()


_T = t.TypeVar("_T")


def _parts(values: t.Sequence[_T]) -> t.Iterator[tuple[t.Sequence[_T], str]]:
    """Values in parts for one query each, with their question marks."""
    for start in range(0, len(values), IDS_A_QUERY):
        part = values[start : start + IDS_A_QUERY]
        yield part, ", ".join("?" * len(part))


def _row(receipt: Receipt) -> tuple[t.Any, ...]:
    r = receipt
    pending = None if r.pending is None else json.dumps(_values(r.pending), sort_keys=True)
    picture = (r.rendition.sha256, r.rendition.bytes, r.rendition.width, r.rendition.height)
    head = (r.user_id, r.source_sha256, r.recipe, r.tag, *picture, r.service_transform)
    return (*head, r.written_at or time.time(), r.fingerprint, int(r.seen), pending)


def _values(pending: Pending) -> dict[str, t.Any]:
    """As ``asdict``, which copies every value and takes ten times as long."""
    values = {name: getattr(pending, name) for name in _PENDING}
    return {**values, "rendition": {name: getattr(pending.rendition, name) for name in _SUMMARY}}


_PENDING = tuple(each.name for each in fields(Pending))
_SUMMARY = tuple(each.name for each in fields(Summary))


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


def _holder(user_id: t.Any, source: t.Any, since: t.Any) -> Holder | None:
    """A record of the table; None: it is damaged. An invalid time counts as not known."""
    if not isinstance(user_id, str) or not (source is None or isinstance(source, str)):
        return None
    known = isinstance(since, float) and 0 <= since <= time.time() + AHEAD_SECONDS
    return Holder(user_id, source, since if known else 0.0)


def _pending(text: str | None) -> Pending | None:
    """A damaged record counts as none."""
    if text is None:
        return None
    try:
        values = loads(text)
        earlier = tuple(map(str, values.get("earlier", ())))
        pending = Pending(**{**values, "rendition": Summary(**values["rendition"]), "earlier": earlier})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    texts = (pending.source_sha256, pending.recipe, pending.before, pending.sha256, pending.fingerprint)
    good = all(text is None or isinstance(text, str) for text in texts)
    good = good and isinstance(pending.begun_at, (int, float)) and isinstance(pending.unseen, int)
    return pending if good and isinstance(pending.sent, bool) and isinstance(pending.over_foreign, bool) else None


__all__ = ["Holder", "Receipts", "ReceiptsError"]
