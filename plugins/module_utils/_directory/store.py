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

from .._core.model import Observation, Resolution, User, Write, WriteResult, sha256
from .._sync.store import Expected, Memory, OnObserved, Wanted
from . import errors, search
from .options import DirectoryOptions
from .rootdse import Attributes, RootDSE
from .search import MatchBy, Person
from .session import Connection, Entry, Swap
from .usn_cache import Changes, Seen

PHOTO = "thumbnailPhoto"
#: Photos are told apart from all else by attribute names in lower case.
_PHOTO = PHOTO.lower()


@dataclass(frozen=True, slots=True)
class _Found:
    """A user's entry as it is now. ``value`` None: no photo, or it was not asked for."""

    person: Person
    value: bytes | None


class _Since(t.NamedTuple):
    """highestCommittedUSN before something was read, and the controller whose it is."""

    invocation_id: str
    usn: int


class _Look(t.NamedTuple):
    """An answer to a question for several people at once, and who was asked for; ``photo``: with their photos."""

    keys: t.Sequence[str]
    entries: t.Iterable[Entry]
    photo: bool


class DirectoryPhotoStore:
    """The users of one domain. ``memory`` is asked once ``authority`` is known; without it every photo is read."""

    target = "ad"
    #: There is one connection.
    overlaps = False
    keeps_bytes = True

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
        #: By user id, what resolving has just seen: uSNChanged, and since when that holds.
        self._moves: dict[str, tuple[_Since, int | None]] = {}
        #: Ids of users whom we have written since they were last read: they have moved, nobody need be asked.
        self._written: set[str] = set()

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

    def open(self) -> str:
        """See PhotoStore."""
        self.blocked()
        return self.authority

    def blocked(self) -> str | None:
        """Nothing blocks a directory as a whole. Signs in, so that ``authority`` is known."""
        self.connect()
        return None

    def limit(self) -> int | None:
        """rangeUpper of thumbnailPhoto."""
        return self.connect().schema.photo_limit

    # -- who ----------------------------------------------------------------------------------------------------------

    def resolve(self, identities: t.Sequence[str], on_observed: OnObserved | None = None) -> dict[str, Resolution]:
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
        since = self._now()
        where = f"{self.base} on {connection.root.host or self.options.server}"
        for look in self._looks(asked, on_observed is not None):
            found, alike = self._people(look, since)
            for key in look.keys:
                people = [one.person for one in found[key]]
                for identity in asked[key]:
                    near = [] if people else alike.get(_loose(identity), [])
                    answers[identity] = search.judge(self.match_by, identity, people, near, where)
            if look.photo and on_observed is not None:
                seen = ((answers[i], found[key][0]) for key in look.keys for i in asked[key] if len(found[key]) == 1)
                on_observed([(user, self._seen(user, one, since)) for user, one in seen if isinstance(user, User)])
        self._changes.flush()
        return {identity: answers[identity] for identity in identities}

    def _looks(self, asked: t.Mapping[str, list[str]], photos: bool) -> t.Iterator[_Look]:
        """Ask for people by the keys they answer to, with photos of those of whom nothing is remembered."""
        connection = self.connect()
        attributes = search.attributes_for(self.match_by, connection.schema.known)
        name = self.match_by.lower()
        if len(asked) > search.CLAUSES and name in connection.schema.known - connection.schema.indexed:
            # Without an index every filter walks through all users: one walk is cheaper (employeeID, by default).
            pages = connection.pages(search.people_filter([f"({self.match_by}=*)"]), self.base, attributes)
            yield _Look(list(asked), (entry for page in pages for entry in page), False)
            return
        known = self._changes.recall(asked, connection.root) if photos else asked
        for photo, keys in ((True, [k for k in asked if k not in known]), (False, [k for k in asked if k in known])):
            parts = list(search.chunks(keys))
            filters = (search.people_filter(search.clause(self.match_by, asked[k][0]) for k in part) for part in parts)
            wanted = [*attributes, PHOTO] if photo else attributes
            for part, entries in zip(parts, connection.search(filters, self.base, wanted), strict=True):
                yield _Look(part, entries, photo)

    def _people(self, look: _Look, since: _Since) -> tuple[dict[str, list[_Found]], dict[str, list[Person]]]:
        """Who carries the keys that were asked for; and, by a looser key, those whom only the directory calls equal."""
        keys = set(look.keys)
        found: dict[str, dict[str, _Found]] = {key: {} for key in look.keys}
        alike: dict[str, dict[str, Person]] = {}
        for dn, values in look.entries:
            person = search.person(dn, values, self.match_by)
            if person is None:
                continue
            for text in person.matches:
                key = search.key(self.match_by, text)
                if key not in keys:
                    alike.setdefault(_loose(text), {})[person.id] = person
                    continue
                found[key][person.id] = _Found(person, _photo(values))
                if not look.photo and self._holds(since):
                    self._moves[person.id] = (since, person.usn)
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

    def observe(
        self, users: t.Sequence[User], wanted: Wanted, expected: Expected | None = None
    ) -> t.Iterator[tuple[User, Observation]]:
        """See PhotoStore. With a memory, only photos of users that moved since are read, and those ``wanted``."""
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
            elif found.person.usn == seen.usn and self._holds(since) and self._carries(found.person, user):
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
        return _Since(self._connection.root.invocation_id, usn)

    def _holds(self, since: _Since) -> bool:
        """Is it worth remembering? Not when another controller has taken over behind the same name meanwhile."""
        return self._changes.remembers and since.invocation_id == self._connection.root.invocation_id

    def _read(self, users: t.Sequence[User], since: _Since) -> t.Iterator[tuple[User, Observation]]:
        """Whole photos, a hundred users at a time, all read after ``since``."""
        for user, found in self._entries(users, photo=True):
            if found is None:
                yield user, _gone(user)
                continue
            if not self._carries(found.person, user):
                yield user, Observation(problem=self._renamed(found.person, user))
                continue
            yield user, self._seen(user, found, since)

    def _seen(self, user: User, found: _Found, since: _Since) -> Observation:
        """A user's photo, read after ``since``; to be remembered."""
        self._written.discard(user.id)
        value = found.value
        tag = sha256(value) if value is not None else None
        if found.person.usn is not None and self._holds(since):
            seen = Seen(since.invocation_id, since.usn, found.person.usn, tag, user.id)
            self._changes.record(self._identity(user), seen)
        if value is None:
            return Observation(present=False)
        return Observation(present=True, tag=tag, sha256=tag, bytes=len(value), picture=value)

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
            self._written.add(write.user.id)
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
