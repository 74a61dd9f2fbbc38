# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rootDSE of a domain controller and what its schema says, read after the sign-in."""

from __future__ import annotations

import datetime
import re
import typing as t
import uuid
from dataclasses import dataclass, field

#: Attributes of an entry: lower-case name to values. The DN is kept beside it.
Attributes = t.Mapping[str, t.Sequence[bytes]]

ROOT_ATTRIBUTES = (
    "defaultNamingContext",
    "schemaNamingContext",
    "dnsHostName",
    "dsServiceName",
    "highestCommittedUSN",
    "currentTime",
    "supportedControl",
    "tokenGroups",
)
#: Attributes whose schema is asked for: what users are matched by (an index?), and what not every schema has.
SCHEMA_NAMES = (
    "thumbnailPhoto",
    "mS-DS-ConsistencyGuid",
    "msExchRecipientTypeDetails",
    "userPrincipalName",
    "sAMAccountName",
    "mail",
    "employeeID",
    "employeeNumber",
    "proxyAddresses",
    *(f"extensionAttribute{number}" for number in range(1, 16)),
)
_GUID_BYTES = 16
#: The longest integer of a directory has 64 bits.
_NUMBER = re.compile(r"-?[0-9]{1,20}")
#: searchFlags of an attributeSchema: fATTINDEX ([MS-ADTS] 2.2.10).
_INDEXED = 1
#: searchFlags: fCONFIDENTIAL, the same place.
_CONFIDENTIAL = 128


@dataclass(frozen=True, slots=True)
class RootDSE:
    """A domain controller at the moment of the sign-in.

    ``usn``: its highestCommittedUSN, read before anything else. ``invocation_id`` names the state of its database: a
    restored controller gets a new one. Empty when the account may not read it.
    """

    naming_context: str
    schema_context: str
    host: str
    service_name: str
    usn: int
    current_time: float | None
    controls: frozenset[str]
    invocation_id: str = ""
    #: The SIDs of the account that is signed in and of its groups; empty where the controller does not say.
    token: frozenset[bytes] = frozenset()

    @property
    def domain(self) -> str:
        """The domain's DNS name, out of its distinguished name."""
        return domain_of(self.naming_context)


@dataclass(frozen=True, slots=True)
class Schema:
    """What the schema says of the attributes that are used here."""

    #: rangeUpper of thumbnailPhoto, bytes.
    photo_limit: int | None = None
    #: Is thumbnailPhoto shown only to those who have Control Access to it?
    photo_confidential: bool = False
    #: Attributes (lower-case) that exist, and of these the ones that searches find by an index.
    known: frozenset[str] = field(default_factory=frozenset)
    indexed: frozenset[str] = field(default_factory=frozenset)


def domain_of(dn: str) -> str:
    """``corp.example.com`` for anything under ``DC=corp,DC=example,DC=com``; empty when there is no DC part."""
    parts = [part.strip() for part in dn.split(",")]
    return ".".join(part[3:] for part in parts if part[:3].upper() == "DC=").lower()


def text(attributes: Attributes, name: str) -> str:
    """The first value of an attribute as text, or an empty one."""
    values = attributes.get(name.lower())
    return values[0].decode("utf-8", "replace") if values else ""


def guid(value: bytes) -> str:
    """An objectGUID as lower-case UUID text: the first three fields are stored little-endian. Empty: it is none."""
    return str(uuid.UUID(bytes_le=value)) if len(value) == _GUID_BYTES else ""


def number(attributes: Attributes, name: str) -> int | None:
    """The first value of an attribute as a whole number; None for what is none."""
    found = text(attributes, name)
    return int(found) if _NUMBER.fullmatch(found) else None


def parse_root(attributes: Attributes) -> RootDSE:
    """The rootDSE entry as a value."""
    return RootDSE(
        naming_context=text(attributes, "defaultNamingContext"),
        schema_context=text(attributes, "schemaNamingContext"),
        host=text(attributes, "dnsHostName"),
        service_name=text(attributes, "dsServiceName"),
        usn=number(attributes, "highestCommittedUSN") or 0,
        current_time=_seconds(text(attributes, "currentTime")),
        controls=frozenset(v.decode("ascii", "replace") for v in attributes.get("supportedcontrol", ())),
        token=frozenset(attributes.get("tokengroups", ())),
    )


def parse_schema(entries: t.Iterable[Attributes]) -> Schema:
    """attributeSchema entries, read with lDAPDisplayName, rangeUpper and searchFlags."""
    known, indexed, limit, confidential = set(), set(), None, False
    for attributes in entries:
        name = text(attributes, "lDAPDisplayName").lower()
        known.add(name)
        flags = number(attributes, "searchFlags") or 0
        if flags & _INDEXED:
            indexed.add(name)
        if name == "thumbnailphoto":
            confidential = bool(flags & _CONFIDENTIAL)
            limit = number(attributes, "rangeUpper")
    return Schema(limit, confidential, frozenset(known), frozenset(indexed))


def _seconds(generalized: str) -> float | None:
    try:
        parsed = datetime.datetime.strptime(generalized[:14], "%Y%m%d%H%M%S")
    except ValueError:
        return None
    return parsed.replace(tzinfo=datetime.UTC).timestamp()
