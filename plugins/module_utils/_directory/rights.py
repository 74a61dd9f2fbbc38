# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this account may write on users, as the directory itself says (allowedAttributesEffective). Reads only."""

from __future__ import annotations

import typing as t

from .._core.model import User
from . import search
from .session import Connection

_EFFECTIVE = "allowedAttributesEffective"


def writable(connection: Connection, base: str, users: t.Sequence[User]) -> t.Iterator[tuple[str, frozenset[str]]]:
    """User id and the names (lower case) of the attributes that may be written; who is not found is left out."""
    ids = list(dict.fromkeys(user.id for user in users))
    filters = (search.people_filter(search.clause("objectGUID", id_) for id_ in part) for part in search.chunks(ids))
    for entries in connection.search(filters, base, ["objectGUID", _EFFECTIVE]):
        for dn, values in entries:
            person = search.person(dn, values, "objectGUID")
            if person is not None:
                names = values.get(_EFFECTIVE.lower(), ())
                yield person.id, frozenset(name.decode("utf-8", "replace").lower() for name in names)
