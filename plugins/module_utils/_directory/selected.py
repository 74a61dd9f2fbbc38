# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users that an administrator's filter and group leave, as parts of filters for each domain.

Members of a group are found by the matching rule LDAP_MATCHING_RULE_IN_CHAIN ([MS-ADTS] 3.1.1.3.4.4.3), which follows
groups in groups. Two kinds of members are not in a group's ``member``, or not in a user's ``memberOf``: those whose
primary group it is (``primaryGroupID``, as of Domain Users), and those of another domain.
"""

from __future__ import annotations

import typing as t
import uuid
from dataclasses import dataclass

from .._core.model import PhotoError, identity_key
from .._core.text import shown
from . import people
from .connection import Connection
from .domain import DomainUsers
from .errors import BAD_FILTER, DirectoryError
from .filters import Filter
from .rootdse import Attributes, domain_of, guid, text
from .search import search

IN_CHAIN = "1.2.840.113556.1.4.1941"
_GROUP = "(objectCategory=group)"
_NAMES = ["sAMAccountName", "mail", "objectGUID", "objectSid"]
_MEMBER = "member"
#: An attribute of every schema: who does not see it may not read the schema.
_ALWAYS = "cn"
#: S-1-5-21-...: a SID of a domain. Others, of built-in groups, are nobody's primary group.
_OF_A_DOMAIN = 21


@dataclass(frozen=True, slots=True)
class Group:
    """A group of one domain. ``rid``: what ``primaryGroupID`` calls it, if it can be somebody's primary group."""

    dn: str
    names: frozenset[str]
    rid: int | None


def check_attributes(domains: t.Sequence[DomainUsers], wanted: Filter) -> None:
    """Raises PhotoError for an attribute that the schema of a domain does not have: nobody would be found by it."""
    names = sorted(name for name in wanted.attributes if not name[:1].isdigit())
    asked = [f"(lDAPDisplayName={people.escape(name)})" for name in (*names, _ALWAYS)]
    filters = [f"(|{''.join(asked)})"]
    for domain in domains:
        connection = domain.connect()
        try:
            answers = list(search(connection, filters, connection.root.schema_context, ["lDAPDisplayName"]))
        except DirectoryError:
            return  # an account that may not read the schema: the filter is then not checked
        known = {text(values, "lDAPDisplayName").lower() for _dn, values in answers[0]}
        missing = [name for name in names if name not in known]
        if known and missing:
            raise PhotoError(
                f"filter '{shown(wanted.text)}': the schema of {connection.domain} has no attribute "
                f"{', '.join(missing)}, so nobody can be found by it; correct the name"
            )


def find(domains: t.Sequence[DomainUsers], name: str) -> tuple[DomainUsers, Group]:
    """The one group of that name: distinguished name, sAMAccountName, objectGUID or mail. Raises PhotoError."""
    parts = [f"(sAMAccountName={people.escape(name)})", f"(mail={people.escape(name)})"]
    keys = {f"name:{identity_key(name)}"}
    if "=" in name:
        parts.append(f"(distinguishedName={people.escape(name)})")
        keys.add(f"dn:{people.key('distinguishedName', name)}")
    if (id_ := _guid_of(name)) is not None:
        parts.append(f"(objectGUID={people.escape_guid(id_)})")
        keys.add(f"id:{id_}")
    found = [
        (domain, group)
        for domain in domains
        for group in _groups(domain.connect(), f"(|{''.join(parts)})")
        if group.names & keys
    ]
    if len(found) == 1:
        return found[0]
    where = ", ".join(domain.name for domain in domains)
    if not found:
        raise PhotoError(
            f"group '{shown(name)}' does not exist in {where}, or this account may not see it; give its distinguished "
            "name, sAMAccountName, objectGUID or mail"
        )
    raise PhotoError(
        f"group '{shown(name)}' is {len(found)} groups: {'; '.join(group.dn for _domain, group in found[:5])}; give "
        "the distinguished name of the one that is meant"
    )


def clauses(domains: t.Sequence[DomainUsers], name: str) -> dict[str, list[str]]:
    """By domain, parts of a filter each of which finds some of a group's members. Raises PhotoError."""
    by_name = {domain.name: domain for domain in domains}
    found: dict[str, dict[str, None]] = {name: {} for name in by_name}
    first, group = find(domains, name)
    waiting, seen = [(first.name, group)], set[str]()
    while waiting:
        where, group = waiting.pop()
        if group.dn in seen:
            continue
        connection = by_name[where].connect()
        inside = f"(memberOf:{IN_CHAIN}:={people.escape(group.dn)})"
        groups = [group, *_groups(connection, inside)]
        seen.update(one.dn for one in groups)
        found[where][inside] = None
        found[where].update({f"(primaryGroupID={one.rid})": None for one in groups if one.rid is not None})
        if len(domains) == 1:
            continue
        for dn in _members(connection, groups):
            other = domain_of(dn)
            if other != where and other in by_name:
                found[other][f"(distinguishedName={people.escape(dn)})"] = None
        for other, domain in by_name.items():
            if other != where:
                waiting += [(other, one) for one in _foreign_groups(domain, list(found[other]))]
    return {name: list(parts) for name, parts in found.items() if parts}


def refused(error: DirectoryError, given: str) -> Exception:
    """What an error means while a filter of an administrator's is used."""
    if error.code != BAD_FILTER:
        return error
    return PhotoError(f"filter '{shown(given)}': the directory does not take it ({error.info or 'bad search filter'})")


def _guid_of(name: str) -> str | None:
    try:
        return str(uuid.UUID(name.strip()))
    except ValueError:
        return None


def _groups(connection: Connection, part: str) -> list[Group]:
    filters = [f"(&{_GROUP}{part})"]
    answers = search(connection, filters, connection.root.naming_context, _NAMES)
    return [_group(dn, values) for found in answers for dn, values in found]


def _foreign_groups(domain: DomainUsers, parts: t.Sequence[str]) -> list[Group]:
    names = [part for part in parts if part.startswith("(distinguishedName=")]
    some = (f"(|{''.join(part)})" for part in people.chunks(names))
    return [group for each in some for group in _groups(domain.connect(), each)]


def _group(dn: str, values: Attributes) -> Group:
    names = {f"name:{identity_key(text(values, name))}" for name in ("sAMAccountName", "mail") if text(values, name)}
    names.add(f"dn:{people.key('distinguishedName', dn)}")
    names.update(f"id:{guid(value)}" for value in values.get("objectguid", ()))
    sids = values.get("objectsid", ())
    return Group(dn, frozenset(names), _rid(sids[0]) if sids else None)


def _rid(sid: bytes) -> int | None:
    """The last part of a domain's SID ([MS-DTYP] 2.4.2.2)."""
    if len(sid) < 16 or int.from_bytes(sid[8:12], "little") != _OF_A_DOMAIN:
        return None
    return int.from_bytes(sid[-4:], "little")


def _members(connection: Connection, groups: t.Sequence[Group]) -> t.Iterator[str]:
    """The direct members of groups, by distinguished name."""
    dns = [f"(distinguishedName={people.escape(group.dn)})" for group in groups]
    filters = (f"(&{_GROUP}(|{''.join(part)}))" for part in people.chunks(dns))
    for entries in search(connection, filters, connection.root.naming_context, [_MEMBER]):
        for dn, values in entries:
            yield from _values(connection, dn, values)


def _values(connection: Connection, dn: str, values: Attributes) -> t.Iterator[str]:
    """All values of ``member``. A directory sends 1,500 at once, as ``member;range=0-1499`` ([MS-ADTS] 3.1.1.3.1.3.3).

    ``values``: the entry's attributes as they came.
    """
    start = 0
    while True:
        name = next((name for name in values if name == _MEMBER or name.startswith(f"{_MEMBER};range=")), None)
        if name is None:
            return
        yield from (value.decode("utf-8", "replace") for value in values[name])
        last = name.partition("-")[2]
        if not last.isdecimal():
            return
        if int(last) < start:
            raise DirectoryError(
                f"{connection.domain}: the members of {dn} have no end: after member {start:,} the directory sends "
                f"member {int(last):,} again; check that the domain controller is healthy"
            )
        start = int(last) + 1
        filters = [f"(distinguishedName={people.escape(dn)})"]
        asked = [f"{_MEMBER};range={start}-*"]
        entries = next(iter(search(connection, filters, connection.root.naming_context, asked)), [])
        values = entries[0][1] if entries else {}
