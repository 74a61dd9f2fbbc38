# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identities and users: filters that ask for them, and entries that answer. Pure.

A directory's own idea of "equal" is wider than ours: Active Directory compares text linguistically, so a filter for
``josé@example.com`` also finds ``jose@example.com``. So an entry counts as the answer to an identity only if the text
in it is the identity, but for case and for how Unicode composes a letter.
"""

from __future__ import annotations

import base64
import re
import typing as t
import unicodedata
import uuid
from dataclasses import dataclass

from .._core.model import Resolution, Unresolved, User, identity_key
from .rootdse import Attributes, domain_of, guid, text

MatchBy = t.Literal["userPrincipalName", "sAMAccountName", "mail", "employeeID", "distinguishedName", "objectGUID"]
MATCH_BY: tuple[MatchBy, ...] = t.get_args(MatchBy)

#: People's accounts: no computers (their objectCategory is another), no contacts (their objectClass is another).
PERSON = "(objectCategory=person)(objectClass=user)"
CONSISTENCY_GUID = "mS-DS-ConsistencyGuid"
#: No attribute that we match by holds more (rangeUpper of userPrincipalName).
LONGEST = 1024
#: Clauses of one OR-filter. On Samba 4.17 100 are looked up twice as fast as 1,000; Active Directory takes either.
CLAUSES = 100
#: What most identities consist of, and no filter takes for syntax.
_HARMLESS = re.compile(r"[A-Za-z0-9@._-]+")


@dataclass(frozen=True, slots=True)
class Person:
    """A user entry: who it is, which text it can be found by, and what its version is (uSNChanged)."""

    id: str
    dn: str
    matches: tuple[str, ...]
    label: str
    immutable_id: str
    usn: int | None

    def as_user(self, identity: str) -> User:
        """The person as the answer to an identity."""
        return User(identity, self.id, self.dn, self.label, self.immutable_id)


def attributes_for(match_by: MatchBy, known: t.Container[str]) -> list[str]:
    """The attributes that ``person`` reads; the consistency GUID only where the schema has it."""
    names = ["objectGUID", "userPrincipalName", "sAMAccountName", "uSNChanged"]
    if match_by not in names and match_by != "distinguishedName":
        names.append(match_by)
    return [*names, CONSISTENCY_GUID] if CONSISTENCY_GUID.lower() in known else names


def person(dn: str, attributes: Attributes, match_by: MatchBy) -> Person | None:
    """An entry as a person; None without objectGUID, which only an account that may see nothing can meet."""
    guids = attributes.get("objectguid")
    if not guids:
        return None
    own = guid(guids[0])
    if match_by == "distinguishedName":
        matches: tuple[str, ...] = (dn,)
    elif match_by == "objectGUID":
        matches = (own,)
    else:
        matches = tuple(v.decode("utf-8", "replace") for v in attributes.get(match_by.lower(), ()))
    anchor = (attributes.get(CONSISTENCY_GUID.lower()) or guids)[0]
    usn = text(attributes, "uSNChanged")
    return Person(
        id=own,
        dn=dn,
        matches=matches,
        label=text(attributes, "userPrincipalName") or text(attributes, "sAMAccountName"),
        immutable_id=base64.b64encode(anchor).decode(),
        usn=int(usn) if usn.isdecimal() else None,
    )


def key(match_by: MatchBy, identity: str) -> str:
    """What two spellings of one identity have in common."""
    if match_by == "objectGUID":
        return str(uuid.UUID(identity.strip()))
    if match_by == "distinguishedName":
        return _dn_key(identity)
    return identity_key(identity)


def _dn_key(dn: str) -> str:
    """A distinguished name without the spaces that may stand around its commas and equals signs, escapes resolved."""
    parts: list[list[tuple[str, bool]]] = [[]]
    at = 0
    while at < len(dn):
        c = dn[at]
        if c == "\\":
            run = bytearray()
            while dn[at : at + 1] == "\\" and _is_hex(dn[at + 1 : at + 3]):
                run.append(int(dn[at + 1 : at + 3], 16))
                at += 3
            if run:
                parts[-1] += [(x, True) for x in run.decode("utf-8", "replace")]
            else:
                parts[-1].append((dn[at + 1 : at + 2], True))
                at += 2
            continue
        if c == ",":
            parts.append([])
        else:
            parts[-1].append((c, False))
        at += 1
    return ",".join(_rdn_key(part) for part in parts)


def _rdn_key(characters: list[tuple[str, bool]]) -> str:
    """``cn=value`` in lower case. Characters that came escaped are kept, and marked where they would be syntax."""
    at = next((i for i, (c, escaped) in enumerate(characters) if c == "=" and not escaped), len(characters))
    sides = []
    for given in (characters[:at], characters[at + 1 :]):
        side = given
        while side and side[0] == (" ", False):
            side = side[1:]
        while side and side[-1] == (" ", False):
            side = side[:-1]
        sides.append("".join("\\" + c if c in ",\\" else c for c, _escaped in side))
    return identity_key("=".join(sides))


def _is_hex(two: str) -> bool:
    return len(two) == 2 and all(c in "0123456789abcdefABCDEF" for c in two)


def refusal(match_by: MatchBy, identity: str, domain: str) -> str | None:
    """Why an identity can be nobody's, so that the directory need not be asked; None when it may be somebody's."""
    if not identity.strip():
        return "it is empty"
    if len(identity) > LONGEST:
        return f"it has {len(identity)} characters, and no account's {match_by} has more than {LONGEST}"
    plain = identity.isascii() and identity.isprintable()
    if not plain and any(unicodedata.category(c) in ("Cc", "Cs") for c in identity):
        return "it holds a control character or half a character (a line break, perhaps); correct the definition"
    if match_by == "objectGUID":
        try:
            uuid.UUID(identity.strip())
        except ValueError:
            return "it is not a GUID (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx)"
    if match_by == "distinguishedName":
        other = domain_of(identity)
        if "=" not in identity or not other:
            return f"it is not a distinguished name (CN=...,{_dc_parts(domain)})"
        if not _dn_key(identity).endswith(f",{_dc_parts(domain).lower()}"):
            return (
                f"it belongs to the domain {other}, this is {domain}; name a domain controller of {other} as server "
                "for its users"
            )
    return None


def _dc_parts(domain: str) -> str:
    return ",".join(f"DC={part}" for part in domain.split("."))


def escape(value: str) -> str:
    """A text inside a filter (RFC 4515): whatever could be syntax, and all that is not plain ASCII, as bytes."""
    if _HARMLESS.fullmatch(value):
        return value
    return "".join(
        chr(b) if 0x20 <= b < 0x7F and chr(b) not in "\\*()&|!=<>~" else f"\\{b:02x}" for b in value.encode("utf-8")
    )


def escape_guid(id_: str) -> str:
    """An objectGUID inside a filter, in the byte order in which it is stored."""
    return "".join(f"\\{b:02x}" for b in uuid.UUID(id_).bytes_le)


def clause(match_by: MatchBy, identity: str) -> str:
    """The filter part that asks for one identity."""
    value = escape_guid(identity.strip()) if match_by == "objectGUID" else escape(identity)
    return f"({match_by}={value})"


def people_filter(clauses: t.Iterable[str] = ()) -> str:
    """All people, or those that one of the clauses finds."""
    either = "".join(clauses)
    return f"(&(|{either}){PERSON})" if either else f"(&{PERSON})"


def chunks(items: t.Sequence[str], size: int = CLAUSES) -> t.Iterator[t.Sequence[str]]:
    """A sequence in pieces."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def nobody(match_by: MatchBy, identity: str, why: str) -> Unresolved:
    """An identity that cannot be anybody's."""
    shown = identity if len(identity) <= 80 else f"{identity[:77]}..."
    return Unresolved(identity, f"no user can have {match_by} {shown!r}: {why}")


def judge(
    match_by: MatchBy, identity: str, found: t.Sequence[Person], near: t.Sequence[Person], where: str
) -> Resolution:
    """One identity and the people who carry it. ``near``: those whom the directory, but not we, call equal."""
    if len(found) == 1:
        return found[0].as_user(identity)
    if found:
        names = "; ".join(sorted(p.dn for p in found)[:5])
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        return Unresolved(
            identity,
            f"{len(found)} accounts have {match_by} {identity!r}: {names}{more}. Make it unique, or set match_by to "
            "userPrincipalName, distinguishedName or objectGUID",
        )
    if near:
        names = "; ".join(f"{', '.join(p.matches)} ({p.dn})" for p in near[:3])
        return Unresolved(
            identity,
            f"no account has exactly {match_by} {identity!r}, but one that is spelled alike: {names}. Write it as "
            "the directory does",
        )
    return Unresolved(
        identity,
        f"no user has {match_by} {identity!r} under {where}. Check the spelling, match_by, search_base and whether "
        "this account may see the user; users of another domain need a domain controller of that domain as server",
    )
