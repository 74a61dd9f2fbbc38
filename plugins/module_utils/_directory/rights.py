# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this account may write and read on users. Reads only."""

from __future__ import annotations

import typing as t

from .._core.model import User
from . import access, people
from .connection import Connection
from .rootdse import Attributes
from .search import search

_EFFECTIVE = "allowedAttributesEffective"
_DESCRIPTOR = "nTSecurityDescriptor"


def writable(connection: Connection, base: str, users: t.Sequence[User]) -> t.Iterator[tuple[str, frozenset[str]]]:
    """User id and the names (lower case) of the attributes that may be written; who is not found is left out."""
    for person, values in _each(connection, base, [user.id for user in users], [_EFFECTIVE]):
        names = values.get(_EFFECTIVE.lower(), ())
        yield person.id, frozenset(name.decode("utf-8", "replace").lower() for name in names)


def hidden(connection: Connection, base: str, ids: t.Sequence[str]) -> frozenset[str]:
    """Of users who show no photo, those (by id) where this account may not read thumbnailPhoto.

    To somebody who may not read an attribute a directory shows none, and does not say that it holds one back (tried
    with Samba 4.17: neither allowedAttributes, compare nor a presence filter tells). What decides is the list of
    rights of the user's entry (nTSecurityDescriptor) and who the account is (tokenGroups of the rootDSE, [MS-ADTS]
    3.1.1.3.2). Where a directory does not say the latter, nobody counts as hidden; where the list is not shown, the
    user does: it takes the same rights to be shown either.
    """
    token = connection.root.token
    if not token or not ids:
        return frozenset()
    who = token | {access.EVERYONE, access.AUTHENTICATED}
    confidential = connection.schema.photo_confidential
    answers: dict[tuple[bytes, bool], bool] = {}
    found: set[str] = set()
    for person, values in _each(connection, base, ids, [_DESCRIPTOR, "objectSid"], permissions=True):
        descriptor = (values.get(_DESCRIPTOR.lower()) or [b""])[0]
        itself = (values.get("objectsid") or [b""])[0] in token
        key = (descriptor, itself)
        if key not in answers:  # users below one OU mostly have the same list
            sids = who | {access.SELF} if itself else who
            answers[key] = _may_read(descriptor, sids, confidential)
        if not answers[key]:
            found.add(person.id)
    return frozenset(found)


def _may_read(descriptor: bytes, who: frozenset[bytes], confidential: bool) -> bool:
    try:
        return access.may_read_photo(descriptor, who, confidential)
    except ValueError:
        return False


def _each(
    connection: Connection, base: str, ids: t.Sequence[str], names: t.Sequence[str], permissions: bool = False
) -> t.Iterator[tuple[people.Person, Attributes]]:
    unique = list(dict.fromkeys(ids))
    filters = (people.people_filter(people.clause("objectGUID", id_) for id_ in part) for part in people.chunks(unique))
    for entries in search(connection, filters, base, ["objectGUID", *names], permissions):
        for dn, values in entries:
            person = people.person(dn, values, "objectGUID")
            if person is not None:
                yield person, values
