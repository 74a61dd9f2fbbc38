# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this account may write and read on users. Reads only."""

from __future__ import annotations

import typing as t

from .._core.model import User
from . import access, errors, people
from .connection import Connection
from .rootdse import Attributes
from .search import search

_EFFECTIVE = "allowedAttributesEffective"
_DESCRIPTOR = "nTSecurityDescriptor"
_ENDS = "msDS-UserPasswordExpiryTimeComputed"
#: What the directory answers when a password never ends.
_NEVER = 0x7FFFFFFFFFFFFFFF
#: Seconds from 1601, where the directory counts from, to 1970.
_EPOCH = 11644473600.0


def writable(connection: Connection, base: str, users: t.Sequence[User]) -> t.Iterator[tuple[str, frozenset[str]]]:
    """User ids and the lower-case names of the attributes that may be written; users not found are left out."""
    for person, values in _each(connection, base, [user.id for user in users], [_EFFECTIVE]):
        names = values.get(_EFFECTIVE.lower(), ())
        yield person.id, frozenset(name.decode("utf-8", "replace").lower() for name in names)


def hidden(connection: Connection, base: str, ids: t.Sequence[str]) -> dict[str, str]:
    """Of users without a visible photo, those (by id) who may have one that we may not read; with what is missing.

    When an account may not read an attribute, a directory shows none and does not say that it hides one (tried with
    Samba 4.17: allowedAttributes, compare and a presence filter do not tell). The list of rights of the user's entry
    decides (nTSecurityDescriptor; Authenticated Users may read it by default), with the SIDs of the account
    (tokenGroups of the rootDSE, [MS-ADTS] 3.1.1.3.2). Where a directory does not show the latter, no user counts as
    hidden.
    """
    token = connection.root.token
    if not token or not ids:
        return {}
    who = token | {access.EVERYONE, access.AUTHENTICATED}
    confidential = connection.schema.photo_confidential
    answers: dict[tuple[bytes, bool], str | None] = {}
    found: dict[str, str] = {}
    for person, values in _each(connection, base, ids, [_DESCRIPTOR, "objectSid"], permissions=True):
        descriptor = (values.get(_DESCRIPTOR.lower()) or [b""])[0]
        itself = (values.get("objectsid") or [b""])[0] in token
        key = (descriptor, itself)
        if key not in answers:  # users below one OU mostly have the same list
            answers[key] = _missing(descriptor, who | {access.SELF} if itself else who, confidential)
        missing = answers[key]
        if missing is not None:
            found[person.id] = missing
    return found


def password_end(connection: Connection) -> float | None:
    """When the password of the account that is signed in ends, in seconds since the epoch.

    ``inf``: never. None: the account is not known, or the directory does not say. The value is computed by the
    directory itself (msDS-UserPasswordExpiryTimeComputed, [MS-ADTS] 3.1.1.4.5.24): 100 ns since 1601, 0 when the
    password must be changed at once.
    """
    sids = sorted(connection.root.token)
    filters = (
        people.people_filter(f"(objectSid={people.escape_bytes(sid)})" for sid in sids[at : at + people.CLAUSES])
        for at in range(0, len(sids), people.CLAUSES)
    )
    # Groups have SIDs as well, but only one person has one of these.
    for entries in search(connection, filters, connection.root.naming_context, [_ENDS]):
        for _dn, values in entries:
            told = (values.get(_ENDS.lower()) or [b""])[0]
            if told.isdigit():
                ticks = int(told)
                return float("inf") if ticks >= _NEVER else ticks / 1e7 - _EPOCH
    return None


def _missing(descriptor: bytes, who: frozenset[bytes], confidential: bool) -> str | None:
    try:
        return None if access.may_read_photo(descriptor, who, confidential) else errors.UNREADABLE
    except ValueError:
        return errors.UNKNOWABLE


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
