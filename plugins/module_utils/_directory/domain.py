# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users of one domain: found, their photos read, and written by compare-and-swap.

When an account may not read thumbnailPhoto, a directory shows no photo and does not say that it hides one. So where no
photo is seen, the rights are read (``rights.hidden``), and a user whose photo may be hidden is a problem, never "no
photo". Nothing is overwritten by mistake in any case: a write where no photo was seen only adds a value, and a
directory refuses a second one.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .._core.model import Observation, User, Write, WriteResult, sha256
from .._sync.store import Memory, OnObserved, Wanted
from . import errors, lookup, people
from .connection import Connection
from .lookup import PHOTO, Found
from .modify import swap
from .options import DirectoryOptions
from .people import MatchBy, Matches, Person
from .rights import hidden
from .session import Swap
from .usn_cache import Changes, Seen


class _Since(t.NamedTuple):
    """highestCommittedUSN before something was read, and the controller that it is from."""

    invocation_id: str
    usn: int


class DomainUsers:
    """One domain, at one of its controllers at a time. Does nothing before ``connect`` (which every method calls)."""

    def __init__(
        self, options: DirectoryOptions, match_by: MatchBy, memory: Memory | None, also: t.Sequence[str] = ()
    ) -> None:
        #: Attributes that are read besides when people are looked up.
        self._also = also
        self.options = options
        self.match_by = match_by
        self.connection = Connection(options)
        self._changes = Changes(memory, options, match_by)
        self._open = False
        #: By user id, what resolving has just seen: uSNChanged, and the position at which it was read.
        self._moves: dict[str, tuple[_Since, int | None]] = {}
        #: Ids of users who were written since they were last read: surely changed, without a question.
        self._written: set[str] = set()

    @property
    def notes(self) -> list[str]:
        """Remarks on this run for a person, such as skipped controllers."""
        return [*self.connection.notes, *self._changes.notes]

    @property
    def name(self) -> str:
        """The domain's DNS name."""
        return self.connect().domain

    @property
    def base(self) -> str:
        """The search base."""
        return self.options.search_base or self.connect().root.naming_context

    @property
    def where(self) -> str:
        """The search base and the controller, for messages."""
        return f"{self.base} on {self.connection.root.host or self.connection.session.options.server}"

    def connect(self) -> Connection:
        """Sign in, unless already done. Raises StoreError."""
        if not self._open:
            self.connection.open()
            self._open = True
        return self.connection

    def close(self) -> None:
        """Safe to call twice."""
        self._open = False
        self.connection.close()

    # -- who ----------------------------------------------------------------------------------------------------------

    def find(self, identities: t.Iterable[str], on_observed: OnObserved | None) -> dict[str, Matches]:
        """The users of identities, none of which ``people.refusal`` refuses. ``on_observed``: see PhotoStore."""
        connection = self.connect()
        lookup.check_attribute(connection, self.match_by)
        asked: dict[str, list[str]] = {}
        for identity in identities:
            asked.setdefault(people.key(self.match_by, identity), []).append(identity)
        since = self._now()
        remembered: t.Container[str] = asked
        if on_observed is not None:
            remembered = self._changes.recall(asked, connection.root)
        answers: dict[str, Matches] = {}
        for look in lookup.looks(connection, self.base, self.match_by, asked, remembered, also=self._also):
            got = lookup.gather(look, self.match_by)
            for key, found in got.by_key.items():
                if not look.photo and self._holds(since):
                    self._moves.update({one.person.id: (since, one.person.usn) for one in found})
                for identity in asked[key]:
                    near = [] if found else got.alike.get(lookup.loose(identity), [])
                    answers[identity] = Matches([one.person for one in found], near)
            if look.photo and on_observed is not None:
                single = [
                    (one.person.as_user(identity), one)
                    for key, found in got.by_key.items()
                    for identity in asked[key]
                    for one in found
                    if len(found) == 1
                ]
                on_observed(list(self._seen(single, since)))
        self._changes.flush()
        return answers

    def anchored(self, anchors: t.Mapping[str, str]) -> dict[str, list[Person]]:
        """The users of source anchors, by the anchor's key. ``anchors``: as Entra shows them, by key."""
        asked = {key: [anchor] for key, anchor in anchors.items()}
        found: dict[str, list[Person]] = {}
        for look in lookup.looks(self.connect(), self.base, people.ANCHOR, asked, asked):
            for key, some in lookup.gather(look, people.ANCHOR).by_key.items():
                found.setdefault(key, []).extend(one.person for one in some)
        return found

    def everyone(self, filter_: str = "", clauses: t.Sequence[str] = ()) -> t.Iterator[User]:
        """All people of the domain; those that a whole filter, and one of the clauses of filters, finds."""
        for part in people.chunks(clauses) if clauses else [()]:
            either = f"(|{''.join(part)})" if part else ""
            clause = f"(&{filter_}{either})" if filter_ or either else ""
            yield from lookup.everyone(self.connect(), self.base, self.match_by, clause)

    def holders(self) -> t.Iterator[User]:
        """All people with a photo; the directory does not send it."""
        yield from lookup.everyone(self.connect(), self.base, self.match_by, f"({lookup.PHOTO}=*)")

    # -- what ---------------------------------------------------------------------------------------------------------

    def observe(self, users: t.Sequence[User], wanted: Wanted) -> t.Iterator[tuple[User, Observation]]:
        """See PhotoStore. With a memory, only photos of users that changed since are read, and those ``wanted``."""
        connection = self.connect()
        if not self._changes.remembers:
            yield from self.read(users)
            return
        since = self._now()
        key_of = {user.id: self._identity(user) for user in users}
        known = self._changes.recall(key_of.values(), connection.root)
        whole: list[User] = []
        doubtful: list[User] = []
        for user in users:
            key = key_of[user.id]
            seen = known.get(key)
            moved = self._moves.pop(user.id, None)
            if seen is None or seen.user_id != user.id or user.id in self._written:
                whole.append(user)
            elif moved is not None and (moved[0].invocation_id, moved[1]) == (seen.invocation_id, seen.usn):
                self._changes.record(key, replace(seen, before=moved[0].usn))
                yield from self._from_memory(user, seen, wanted, whole)
            elif seen.before == since.usn:
                yield from self._from_memory(user, seen, wanted, whole)
            else:
                doubtful.append(user)
        for user, found in self._entries(doubtful, photo=False):
            key = key_of[user.id]
            seen = known[key]
            if found is None:
                yield user, _gone(user)
            elif found.person.usn == seen.usn and self._holds(since) and self._is_still(found, user):
                self._changes.record(key, replace(seen, before=since.usn))
                yield from self._from_memory(user, seen, wanted, whole)
            else:
                whole.append(user)
        yield from self._read(whole, since)
        self._changes.flush()

    def _from_memory(
        self, user: User, seen: Seen, wanted: Wanted, whole: list[User]
    ) -> t.Iterator[tuple[User, Observation]]:
        if seen.tag is None:
            yield user, Observation(present=False)
        elif wanted(user, seen.tag):
            whole.append(user)
        else:
            yield user, Observation(present=True, tag=seen.tag)

    def read(self, users: t.Sequence[User]) -> t.Iterator[tuple[User, Observation]]:
        """See PhotoStore."""
        yield from self._read(users, self._now())
        self._changes.flush()

    def _now(self) -> _Since:
        usn = self.connect().refresh_usn() if self._changes.remembers else 0
        return _Since(self.connection.root.invocation_id, usn)

    def _holds(self, since: _Since) -> bool:
        """Can it be remembered? Not when another controller is used by now."""
        return self._changes.remembers and since.invocation_id == self.connection.root.invocation_id

    def _read(self, users: t.Sequence[User], since: _Since) -> t.Iterator[tuple[User, Observation]]:
        """Whole photos, a hundred users at a time, all read after ``since``."""
        bare: list[tuple[User, Found]] = []
        for user, found in self._entries(users, photo=True):
            if found is None:
                yield user, _gone(user)
            elif not self._is_still(found, user):
                yield user, Observation(problem=self._renamed(found.person, user))
            elif found.value is None:
                bare.append((user, found))
            else:
                yield from self._seen([(user, found)], since)
        yield from self._seen(bare, since)

    def _seen(self, found: t.Sequence[tuple[User, Found]], since: _Since) -> t.Iterator[tuple[User, Observation]]:
        """Users' photos, read after ``since``, and remembered."""
        bare = [user.id for user, one in found if one.value is None]
        unseen = hidden(self.connect(), self.base, bare)
        for user, one in found:
            self._written.discard(user.id)
            if user.id in unseen:
                yield user, Observation(problem=f"{user.identity}: {unseen[user.id]}")
                continue
            tag = sha256(one.value) if one.value is not None else None
            if one.person.usn is not None and self._holds(since):
                seen = Seen(since.invocation_id, since.usn, one.person.usn, tag, user.id)
                self._changes.record(self._identity(user), seen)
            if one.value is None:
                yield user, Observation(present=False)
            else:
                size = len(one.value)
                yield user, Observation(present=True, tag=tag, sha256=tag, bytes=size, picture=one.value)

    def _entries(self, users: t.Sequence[User], photo: bool) -> t.Iterator[tuple[User, Found | None]]:
        return lookup.entries(self.connect(), self.base, self.match_by, users, photo)

    def _is_still(self, found: Found, user: User) -> bool:
        return lookup.is_still(self.match_by, found.person, user)

    def _identity(self, user: User) -> str:
        return people.key(self.match_by, user.identity)

    def _renamed(self, person: Person, user: User) -> str:
        return (
            f"the account that was {user.identity} now has {self.match_by} {', '.join(person.matches)} ({person.dn}); "
            "correct the definition, or run again"
        )

    # -- change -------------------------------------------------------------------------------------------------------

    def write(self, writes: t.Sequence[Write]) -> t.Iterator[tuple[User, WriteResult]]:
        """See PhotoStore. One modify a user: delete the value that was seen, add the new one."""
        # Of a write over a lost connection it is unknown whether it was carried out; a read can be repeated. So read
        # first.
        self.connect().refresh_usn()
        for write in writes:
            self._moves.pop(write.user.id, None)
            self._written.add(write.user.id)
        unseen = {w.user.id: w for w in writes if w.expected is not None and w.expected_bytes is None}
        ready = [w for w in writes if w.user.id not in unseen]
        # A hundred at a time, so that no more old photos than that are held.
        for start in range(0, len(ready), people.CLAUSES):
            yield from self._swap(ready[start : start + people.CLAUSES])
        for part in people.chunks(list(unseen)):
            lot: list[Write] = []
            for user, found in self._entries([unseen[id_].user for id_ in part], photo=True):
                write = unseen[user.id]
                if found is None:
                    yield user, WriteResult("failed", errors.write_problem(errors.NO_SUCH_OBJECT, "", "", 0, None))
                elif found.value is None or sha256(found.value) != write.expected:
                    yield user, WriteResult("conflict")
                else:
                    lot.append(replace(write, expected_bytes=found.value))
            yield from self._swap(lot)

    def _swap(self, writes: t.Sequence[Write]) -> t.Iterator[tuple[User, WriteResult]]:
        limit = self.connection.schema.photo_limit
        swaps: list[tuple[Write, str, Swap]] = []
        for write in writes:
            size = len(write.data or b"")
            if write.data == b"" or (write.data is None and write.expected is None):
                yield write.user, WriteResult("failed", "there is nothing to write")
            elif limit is not None and size > limit:
                yield write.user, WriteResult("failed", errors.too_large(size, limit))
            else:
                swaps.append((write, f"<GUID={write.user.id}>", (write.expected_bytes, write.data)))
        doubtful: dict[str, Write] = {}
        for write, answer in swap(self.connection, PHOTO, swaps):
            if answer.code is None:
                yield write.user, WriteResult("uncertain", answer.desc)
            elif answer.code == 0:
                yield write.user, WriteResult("written")
            elif answer.code == errors.VALUE_EXISTS and write.expected is None:
                doubtful[write.user.id] = write
            elif answer.code in (errors.NO_SUCH_ATTRIBUTE, errors.VALUE_EXISTS):
                yield write.user, WriteResult("conflict")
            else:
                size = len(write.data or b"")
                why = errors.write_problem(answer.code, answer.info, answer.desc, size, limit)
                yield write.user, WriteResult("failed", why)
        # There is a photo where none was seen: it is new, or this account may not read it.
        for user, found in self._entries([write.user for write in doubtful.values()], photo=True):
            unseen = found is not None and found.value is None
            yield user, WriteResult("failed", errors.HIDDEN_PHOTO) if unseen else WriteResult("conflict")


def _gone(user: User) -> Observation:
    return Observation(
        problem=f"{user.identity or user.handle}: the account is not found any more under search_base: it was deleted "
        "or moved, or this account may not see it; check the definition, or run again"
    )
