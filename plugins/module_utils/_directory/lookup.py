# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users' entries in one domain: found by the matching attribute or by objectGUID, with or without photos."""

from __future__ import annotations

import typing as t
import unicodedata
from dataclasses import dataclass

from .._core.model import User
from .._core.option_names import called
from . import people
from .connection import Connection
from .errors import DirectoryError
from .people import ANCHOR, MatchBy, Person
from .rootdse import Attributes
from .search import pages, search
from .session import Entry

PHOTO = "thumbnailPhoto"
_PHOTO = PHOTO.lower()


@dataclass(frozen=True, slots=True)
class Found:
    """A user's entry as it is now. ``value`` None: no photo, or it was not asked for."""

    person: Person
    value: bytes | None


class Look(t.NamedTuple):
    """The answer to one search for several people, and the keys searched for; ``photo``: with their photos."""

    keys: t.Sequence[str]
    entries: t.Iterable[Entry]
    photo: bool


@dataclass(slots=True)
class Gathered:
    """The people found for each key; and, by a looser key, people whom only the directory considers equal."""

    by_key: dict[str, list[Found]]
    alike: dict[str, list[Person]]


def check_attribute(connection: Connection, match_by: MatchBy) -> None:
    """Raises DirectoryError when the schema does not have the attribute that users are matched by."""
    known = connection.schema.known
    if match_by in people.EXTENSIONS and known and match_by.lower() not in known:
        option = called("match_by", connection.options.option_prefix, "ad")
        raise DirectoryError(
            f"{option} {match_by}: the schema of {connection.domain} has no such attribute (it is part of the Exchange "
            "schema); match users by another one"
        )


def looks(
    connection: Connection,
    base: str,
    match_by: MatchBy,
    asked: t.Mapping[str, list[str]],
    without_photo: t.Container[str],
    *,
    also: t.Sequence[str] = (),
) -> t.Iterator[Look]:
    """Search for people by keys (``asked``: key to identities), with photos of all but some of them.

    ``also``: attributes to read besides.
    """
    schema = connection.schema
    attributes = [*people.attributes_for(match_by, schema.known), *also]
    read = people.CONSISTENCY_GUID if match_by == ANCHOR else match_by
    if len(asked) > people.CLAUSES and read.lower() in schema.known - schema.indexed:
        # Without an index every filter reads all users, so one listing is cheaper. By default so it is with employeeID,
        # and for mS-DS-ConsistencyGuid, which an anchor is unless the user has none.
        having = [] if match_by == ANCHOR else [f"({match_by}=*)"]
        walked = pages(connection, people.people_filter(having), base, attributes)
        yield Look(list(asked), (entry for page in walked for entry in page), False)
        return
    anchor = match_by == ANCHOR and people.CONSISTENCY_GUID.lower() not in schema.known
    by = "objectGUID" if anchor else match_by  # without Entra's schema the anchor is the objectGUID

    def clause(identity: str) -> str:
        return people.clause(by, people.anchor_as_guid(identity) if anchor else identity)

    for photo in (True, False):
        keys = [key for key in asked if (key not in without_photo) is photo]
        parts = list(people.chunks(keys))
        filters = (people.people_filter(clause(asked[key][0]) for key in part) for part in parts)
        wanted = [*attributes, PHOTO] if photo else attributes
        for part, entries in zip(parts, search(connection, filters, base, wanted), strict=True):
            yield Look(part, entries, photo)


def gather(look: Look, match_by: MatchBy) -> Gathered:
    """An answer, sorted by the keys that were searched for."""
    found: dict[str, dict[str, Found]] = {key: {} for key in look.keys}
    alike: dict[str, dict[str, Person]] = {}
    for dn, values in look.entries:
        person = people.person(dn, values, match_by)
        if person is None:
            continue
        for text in person.matches:
            key = people.key(match_by, text)
            if key in found:
                found[key][person.id] = Found(person, _photo(values))
            else:
                alike.setdefault(loose(text), {})[person.id] = person
    return Gathered(
        {key: list(some.values()) for key, some in found.items()},
        {key: list(some.values()) for key, some in alike.items()},
    )


def everyone(connection: Connection, base: str, match_by: MatchBy, clause: str = "") -> t.Iterator[User]:
    """All people, or those that a filter finds. One without the matching attribute is named by sAMAccountName."""
    attributes = people.attributes_for(match_by, connection.schema.known)
    for page in pages(connection, people.people_filter([clause] if clause else []), base, attributes):
        for dn, values in page:
            person = people.person(dn, values, match_by)
            if person is not None:
                yield person.as_user(person.matches[0] if person.matches else person.name)


def entries(
    connection: Connection, base: str, match_by: MatchBy, users: t.Sequence[User], photo: bool
) -> t.Iterator[tuple[User, Found | None]]:
    """Users' entries as they are now, found by objectGUID, which no rename changes; None: deleted or not visible."""
    attributes = people.attributes_for(match_by, connection.schema.known) + ([PHOTO] if photo else [])
    by_id: dict[str, list[User]] = {}
    for user in users:
        by_id.setdefault(user.id, []).append(user)
    parts = list(people.chunks(list(by_id)))
    filters = (people.people_filter(people.clause("objectGUID", id_) for id_ in part) for part in parts)
    for part, answer in zip(parts, search(connection, filters, base, attributes), strict=True):
        found: dict[str, Found] = {}
        for dn, values in answer:
            person = people.person(dn, values, match_by)
            if person is not None:
                found[person.id] = Found(person, _photo(values))
        for id_ in part:
            for user in by_id[id_]:
                yield user, found.get(id_)


def is_still(match_by: MatchBy, person: Person, user: User) -> bool:
    """Does the identity still name this person? Users may come from an older receipts file."""
    if not person.matches:
        return user.identity in (person.label, person.name)
    return people.key(match_by, user.identity) in {people.key(match_by, text) for text in person.matches}


def loose(identity: str) -> str:
    """A key that is the same for texts that a directory may consider equal: letters without their accents."""
    plain = unicodedata.normalize("NFKD", identity)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold().strip()


def _photo(values: Attributes) -> bytes | None:
    photos = values.get(_PHOTO)
    return photos[0] if photos else None
