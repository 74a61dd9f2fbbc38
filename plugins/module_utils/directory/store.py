# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Active Directory as a PhotoStore: thumbnailPhoto of users, read in bulk and written by compare-and-swap.

A limit of the protocol: to an account that may not read thumbnailPhoto, a directory shows no photo, and does not say
that it holds one back (tried: neither allowedAttributes, compare nor a presence filter tells). Nothing is ever
overwritten by that mistake: the write then only adds, a directory refuses a second value, and the user's result names
the missing right. A photo that we wrote and cannot read back is found by verification. Only a photo that is declared
absent stays hidden.
"""

from __future__ import annotations

import typing as t
import unicodedata
from dataclasses import dataclass, replace

from ..photo.model import Observation, Resolution, User, Write, WriteResult, sha256
from ..photo.store import Memory, Wanted
from . import errors, search
from .changes import Changes, Seen
from .connection import Connection, Swap
from .options import DirectoryOptions
from .rootdse import Attributes, RootDSE
from .search import MatchBy, Person

PHOTO = "thumbnailPhoto"
#: Photos are told apart from all else by attribute names in lower case.
_PHOTO = PHOTO.lower()


@dataclass(frozen=True, slots=True)
class _Found:
    """A user's entry as it is now. ``value`` None: no photo, or it was not asked for."""

    person: Person
    value: bytes | None


class DirectoryPhotoStore:
    """The users of one domain. ``memory`` is asked once ``authority`` is known; without it every photo is read."""

    target = "ad"
    #: There is one connection.
    overlaps = False

    def __init__(
        self,
        options: DirectoryOptions,
        match_by: MatchBy | str = "userPrincipalName",
        memory: Memory | None = None,
    ) -> None:
        options.validate()
        self.options = options
        self.match_by: MatchBy = t.cast(MatchBy, match_by)
        self.authority = ""
        self._connection = Connection(options)
        self._changes = Changes(memory, options, match_by)
        self._open = False
        #: By user id, what resolving has just seen: invocation id, highestCommittedUSN before it, uSNChanged.
        self._moves: dict[str, tuple[str, int, int | None]] = {}

    @property
    def requests(self) -> int:
        """LDAP operations sent."""
        return self._connection.requests

    @property
    def notes(self) -> list[str]:
        """What a person should know of how this run went."""
        return self._changes.notes

    @property
    def root(self) -> RootDSE:
        """The domain controller that answered."""
        return self.connect().root

    @property
    def base(self) -> str:
        """Where users are looked for."""
        return self.options.search_base or self.root.naming_context

    def connect(self) -> Connection:
        """Sign in, unless that was done. Raises StoreError."""
        if not self._open:
            self._connection.open()
            self._open = True
            self.authority = self._connection.root.domain
        return self._connection

    def close(self) -> None:
        """See PhotoStore."""
        self._open = False
        self._connection.close()

    def blocked(self) -> str | None:
        """Nothing blocks a directory as a whole. Signs in, so that ``authority`` is known."""
        self.connect()
        return None

    def limit(self) -> int | None:
        """rangeUpper of thumbnailPhoto."""
        return self.connect().schema.photo_limit

    # -- who ----------------------------------------------------------------------------------------------------------

    def resolve(self, identities: t.Sequence[str]) -> dict[str, Resolution]:
        """See PhotoStore. Case does not matter; text that a directory only takes for equal does not count."""
        connection = self.connect()
        domain = connection.root.domain
        answers: dict[str, Resolution] = {}
        asked: dict[str, list[str]] = {}
        for identity in dict.fromkeys(identities):
            why = search.refusal(self.match_by, identity, domain)
            if why is not None:
                answers[identity] = search.nobody(self.match_by, identity, why)
            else:
                asked.setdefault(search.key(self.match_by, identity), []).append(identity)
        found, alike = self._people(asked)
        where = f"{self.base} on {connection.root.host or self.options.server}"
        for key, spellings in asked.items():
            for identity in spellings:
                near = alike.get(_loose(identity), [])
                answers[identity] = search.judge(self.match_by, identity, found.get(key, []), near, where)
        return answers

    def _people(self, asked: t.Mapping[str, list[str]]) -> tuple[dict[str, list[Person]], dict[str, list[Person]]]:
        """People by the key they answer to; and, by a looser one, those who answer to nobody's."""
        connection = self.connect()
        attributes = search.attributes_for(self.match_by, connection.schema.known)
        before = connection.refresh_usn() if self._changes.remembers else 0
        clauses = [search.clause(self.match_by, spellings[0]) for spellings in asked.values()]
        name = self.match_by.lower()
        if len(clauses) > search.CLAUSES and name in connection.schema.known - connection.schema.indexed:
            # Without an index every filter walks through all users: one walk is cheaper (employeeID, by default).
            pages = connection.pages(search.people_filter([f"({self.match_by}=*)"]), self.base, attributes)
        else:
            filters = (search.people_filter(part) for part in search.chunks(clauses))
            pages = connection.search(filters, self.base, attributes)
        found: dict[str, dict[str, Person]] = {}
        alike: dict[str, dict[str, Person]] = {}
        for page in pages:
            for dn, values in page:
                person = search.person(dn, values, self.match_by)
                if person is None:
                    continue
                for text in person.matches:
                    key = search.key(self.match_by, text)
                    if key in asked:
                        found.setdefault(key, {})[person.id] = person
                        if self._changes.remembers:
                            self._moves[person.id] = (connection.root.invocation_id, before, person.usn)
                    else:
                        alike.setdefault(_loose(text), {})[person.id] = person
        return {k: list(v.values()) for k, v in found.items()}, {k: list(v.values()) for k, v in alike.items()}

    def everyone(self) -> t.Iterator[User]:
        """See PhotoStore. An account without the ``match_by`` attribute goes by its sAMAccountName."""
        connection = self.connect()
        attributes = search.attributes_for(self.match_by, connection.schema.known)
        for page in connection.pages(search.people_filter(), self.base, attributes):
            for dn, values in page:
                person = search.person(dn, values, self.match_by)
                if person is not None:
                    name = values.get("samaccountname", [b""])[0].decode("utf-8", "replace")
                    yield person.as_user(person.matches[0] if person.matches else name)

    # -- what ---------------------------------------------------------------------------------------------------------

    def observe(self, users: t.Sequence[User], wanted: Wanted) -> t.Iterator[tuple[User, Observation]]:
        """See PhotoStore. With a memory, only photos of users that moved since are read, and those ``wanted``."""
        connection = self.connect()
        if not self._changes.remembers:
            yield from self.read(users)
            return
        before = connection.refresh_usn()
        known = self._changes.recall(users, connection.root)
        whole: list[User] = []
        doubtful: list[User] = []
        for user in users:
            seen = known.get(user.id)
            moved = self._moves.pop(user.id, None)
            if seen is None:
                whole.append(user)
            elif moved is not None and (moved[0], moved[2]) == (seen.invocation_id, seen.usn):
                self._changes.record(user.id, replace(seen, before=moved[1], identity=self._identity(user)))
                yield from self._from_memory(user, seen, wanted, whole)
            elif seen.before == before and seen.identity == self._identity(user):
                yield from self._from_memory(user, seen, wanted, whole)
            else:
                doubtful.append(user)
        for user, found in self._entries(doubtful, photo=False):
            seen = known[user.id]
            if found is None:
                yield user, _gone(user)
            elif found.person.usn == seen.usn and self._carries(found.person, user):
                self._changes.record(user.id, replace(seen, before=before, identity=self._identity(user)))
                yield from self._from_memory(user, seen, wanted, whole)
            else:
                whole.append(user)
        yield from self._read(whole, before)
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
        yield from self._read(users, self.connect().refresh_usn() if self._changes.remembers else 0)
        self._changes.flush()

    def _read(self, users: t.Sequence[User], before: int) -> t.Iterator[tuple[User, Observation]]:
        """Whole photos, a hundred users at a time. ``before``: highestCommittedUSN before any of them is read."""
        for user, found in self._entries(users, photo=True):
            if found is None:
                yield user, _gone(user)
                continue
            if not self._carries(found.person, user):
                yield user, Observation(problem=self._renamed(found.person, user))
                continue
            value = found.value
            tag = sha256(value) if value is not None else None
            if self._changes.remembers and found.person.usn is not None:
                invocation_id = self._connection.root.invocation_id
                self._changes.record(user.id, Seen(invocation_id, before, found.person.usn, tag, self._identity(user)))
            if value is None:
                yield user, Observation(present=False)
            else:
                yield user, Observation(present=True, tag=tag, sha256=tag, bytes=len(value), picture=value)

    def _entries(self, users: t.Sequence[User], photo: bool) -> t.Iterator[tuple[User, _Found | None]]:
        """Users' entries as they are now, found by objectGUID, which no rename moves; None: gone or out of sight."""
        connection = self.connect()
        attributes = search.attributes_for(self.match_by, ()) + ([PHOTO] if photo else [])
        by_id: dict[str, list[User]] = {}
        for user in users:
            by_id.setdefault(user.id, []).append(user)
        parts = list(search.chunks(list(by_id)))
        filters = (search.people_filter(search.clause("objectGUID", id_) for id_ in part) for part in parts)
        for part, entries in zip(parts, connection.search(filters, self.base, attributes), strict=True):
            found: dict[str, _Found] = {}
            for dn, values in entries:
                person = search.person(dn, values, self.match_by)
                if person is not None:
                    found[person.id] = _Found(person, _photo(values))
            for id_ in part:
                for user in by_id[id_]:
                    yield user, found.get(id_)

    def _identity(self, user: User) -> str:
        return search.key(self.match_by, user.identity)

    def _carries(self, person: Person, user: User) -> bool:
        """Is this still the person whom the identity means? Users may come from a receipts file of yesterday."""
        if not person.matches:
            return user.identity == person.label
        return self._identity(user) in {search.key(self.match_by, text) for text in person.matches}

    def _renamed(self, person: Person, user: User) -> str:
        return (
            f"the account that was {user.identity} now has {self.match_by} {', '.join(person.matches)} ({person.dn}); "
            "correct the definition, or run again"
        )

    # -- change -------------------------------------------------------------------------------------------------------

    def write(self, writes: t.Sequence[Write]) -> t.Iterator[tuple[User, WriteResult]]:
        """See PhotoStore. One modify a user: take away the value that was seen, add the new one."""
        connection = self.connect()
        for write in writes:
            self._moves.pop(write.user.id, None)
        unseen = {w.user.id: w for w in writes if w.expected is not None and w.expected_bytes is None}
        ready = [w for w in writes if w.user.id not in unseen]
        # A hundred at a time, so that no more old photos than that are held.
        for start in range(0, len(ready), search.CLAUSES):
            yield from self._swap(connection, ready[start : start + search.CLAUSES])
        for part in search.chunks(list(unseen)):
            lot: list[Write] = []
            for user, found in self._entries([unseen[id_].user for id_ in part], photo=True):
                write = unseen[user.id]
                if found is None:
                    yield user, WriteResult("failed", errors.write_problem(errors.NO_SUCH_OBJECT, "", "", 0, None))
                elif found.value is None or sha256(found.value) != write.expected:
                    yield user, WriteResult("conflict")
                else:
                    lot.append(replace(write, expected_bytes=found.value))
            yield from self._swap(connection, lot)

    def _swap(self, connection: Connection, writes: t.Sequence[Write]) -> t.Iterator[tuple[User, WriteResult]]:
        swaps: list[tuple[Write, str, Swap]] = []
        for write in writes:
            if write.data == b"" or (write.data is None and write.expected is None):
                yield write.user, WriteResult("failed", "there is nothing to write")
            else:
                swaps.append((write, f"<GUID={write.user.id}>", (write.expected_bytes, write.data)))
        hidden: dict[str, Write] = {}
        for write, answer in connection.swap(PHOTO, swaps):
            size = len(write.data or b"")
            if answer.code is None:
                yield write.user, WriteResult("uncertain", answer.desc)
            elif answer.code == 0:
                yield write.user, WriteResult("written")
            elif answer.code == errors.VALUE_EXISTS and write.expected is None:
                hidden[write.user.id] = write
            elif answer.code in (errors.NO_SUCH_ATTRIBUTE, errors.VALUE_EXISTS):
                yield write.user, WriteResult("conflict")
            else:
                limit = connection.schema.photo_limit
                why = errors.write_problem(answer.code, answer.info, answer.desc, size, limit)
                yield write.user, WriteResult("failed", why)
        # There is a photo where none was seen: just written by somebody, or never shown to us.
        for user, found in self._entries([write.user for write in hidden.values()], photo=True):
            unseen = found is not None and found.value is None
            yield user, WriteResult("failed", errors.HIDDEN_PHOTO) if unseen else WriteResult("conflict")

    def may_write(self, users: t.Sequence[User]) -> t.Iterator[tuple[User, str | None]]:
        """For the doctor: None where this account may write thumbnailPhoto, else what is missing. Writes nothing."""
        connection = self.connect()
        by_id = {user.id: user for user in users}
        filters = (
            search.people_filter(search.clause("objectGUID", i) for i in part) for part in search.chunks(list(by_id))
        )
        attributes = ["objectGUID", "allowedAttributesEffective"]
        seen: set[str] = set()
        for entries in connection.search(filters, self.base, attributes):
            for dn, values in entries:
                person = search.person(dn, values, "objectGUID")
                if person is None or person.id not in by_id:
                    continue
                seen.add(person.id)
                may = {v.lower() for v in values.get("allowedattributeseffective", ())}
                denied = errors.write_problem(errors.NO_RIGHT, "", "", 0, None)
                yield by_id[person.id], None if _PHOTO.encode() in may else denied
        for id_ in by_id.keys() - seen:
            yield by_id[id_], _gone(by_id[id_]).problem


def _photo(values: Attributes) -> bytes | None:
    photos = values.get(_PHOTO)
    return photos[0] if photos else None


def _gone(user: User) -> Observation:
    return Observation(
        problem=f"{user.identity or user.handle}: the account is not found any more under search_base: it was deleted "
        "or moved, or this account may not see it; check the definition, or run again"
    )


def _loose(identity: str) -> str:
    """What texts have in common that a directory may take for equal: letters without their accents."""
    plain = unicodedata.normalize("NFKD", identity)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold().strip()
