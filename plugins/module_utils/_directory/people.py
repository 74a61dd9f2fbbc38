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
from dataclasses import dataclass, field

from .._core.model import Mailbox, Resolution, Unresolved, User, identity_key
from .._core.option_names import with_environment
from .._core.targets import TARGETS
from .access import sid_bytes, sid_text
from .rootdse import Attributes, domain_of, guid, number, text

#: An attribute that users are named by; or ``onPremisesImmutableId``, Entra's name for the source anchor, which
#: connects the two accounts of a person: base64 of ms-DS-ConsistencyGuid, else of objectGUID.
MatchBy = str
EXTENSIONS: tuple[MatchBy, ...] = tuple(f"extensionAttribute{number}" for number in range(1, 16))
ANCHOR = "onPremisesImmutableId"
MATCH_BY: tuple[MatchBy, ...] = TARGETS["ad"].match_by
_BASE, _DOMAIN = with_environment("search_base", "ad"), with_environment("domain", "ad")

#: People's accounts: no computers (their objectCategory is another), no contacts (their objectClass is another).
PERSON = "(objectCategory=person)(objectClass=user)"
CONSISTENCY_GUID = "mS-DS-ConsistencyGuid"
RECIPIENT_TYPE = "msExchRecipientTypeDetails"
#: Values of msExchRecipientTypeDetails: a mailbox on an Exchange server (user, linked, shared, room, equipment), or a
#: remote one in the cloud (user, room, equipment, shared). Any other value is no mailbox (a mail user, say).
_MAILBOX: dict[str, Mailbox] = {
    **dict.fromkeys(("1", "2", "4", "16", "32"), "on_premises"),
    **dict.fromkeys(("2147483648", "8589934592", "17179869184", "34359738368"), "cloud"),
}
#: No attribute that we match by holds more (rangeUpper of userPrincipalName).
LONGEST = 1024
#: Clauses of one OR-filter. On Samba 4.17 100 are looked up twice as fast as 1,000; Active Directory takes either.
CLAUSES = 100
#: Characters of most identities; none of them is filter syntax.
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
    mailbox: Mailbox | None = None
    #: sAMAccountName: every account has one; it names accounts without the matching attribute.
    name: str = ""
    #: Where it was asked for.
    department: str | None = None

    def as_user(self, identity: str) -> User:
        """The person as the answer to an identity."""
        told = (self.label, self.immutable_id, self.mailbox, self.label, self.department)
        return User(identity, self.id, self.dn, *told)


def attributes_for(match_by: MatchBy, known: t.Container[str]) -> list[str]:
    """The attributes that ``person`` reads; what not every schema has, only where this one has it."""
    names = ["objectGUID", "userPrincipalName", "sAMAccountName", "uSNChanged"]
    if match_by not in (*names, "distinguishedName", ANCHOR):
        names.append(match_by)
    return names + [name for name in (CONSISTENCY_GUID, RECIPIENT_TYPE) if name.lower() in known]


def person(dn: str, attributes: Attributes, match_by: MatchBy) -> Person | None:
    """An entry as a person; None without a whole objectGUID, which only an account that may see nothing can meet."""
    guids = attributes.get("objectguid")
    id_ = guid(guids[0]) if guids else ""
    if not guids or not id_:
        return None
    anchor = base64.b64encode((attributes.get(CONSISTENCY_GUID.lower()) or guids)[0]).decode()
    name = text(attributes, "sAMAccountName")
    return Person(
        id=id_,
        dn=dn,
        matches=_matches(dn, attributes, match_by, anchor),
        label=text(attributes, "userPrincipalName") or name,
        immutable_id=anchor,
        usn=number(attributes, "uSNChanged"),
        mailbox=_MAILBOX.get(text(attributes, RECIPIENT_TYPE)),
        name=name,
        department=text(attributes, "department").strip() or None,
    )


def _matches(dn: str, attributes: Attributes, match_by: MatchBy, anchor: str) -> tuple[str, ...]:
    """The texts that the entry can be found by; the usual one comes first."""
    if match_by == "distinguishedName":
        return (dn,)
    if match_by == "objectGUID":
        return tuple(filter(None, map(guid, attributes.get("objectguid", ()))))
    if match_by == "objectSid":
        return tuple(sid_text(value) for value in attributes.get("objectsid", ()))
    if match_by == ANCHOR:
        return (anchor,)
    values = tuple(v.decode("utf-8", "replace") for v in attributes.get(match_by.lower(), ()))
    if match_by == "proxyAddresses":
        # "SMTP:" in capitals is the primary address. Addresses of other kinds (X500, SIP) keep their prefix.
        ranked = sorted(values, key=lambda v: (not v.startswith("SMTP:"), v[:5].lower() != "smtp:"))
        return tuple(_address(value) for value in ranked)
    return values


def _address(text: str) -> str:
    """A proxy address without its usual prefix."""
    return text[5:] if text[:5].lower() == "smtp:" else text


def anchor_as_guid(identity: str) -> str:
    """An anchor as an objectGUID (it is one unless ms-DS-ConsistencyGuid is set); sixteen zeros when it cannot be."""
    value = _anchor_bytes(identity)
    return str(uuid.UUID(bytes_le=value if len(value) == 16 else bytes(16)))


def _anchor_bytes(identity: str) -> bytes:
    """Raises ValueError (binascii.Error is one)."""
    return base64.b64decode(identity.strip(), validate=True)


def key(match_by: MatchBy, identity: str) -> str:
    """The key of an identity: equal for all its spellings."""
    if match_by == "objectGUID":
        return str(uuid.UUID(identity.strip()))
    if match_by == "distinguishedName":
        return _dn_key(identity)
    if match_by == ANCHOR:
        return _anchor_bytes(identity).hex()
    if match_by == "proxyAddresses":
        return identity_key(_address(identity))
    return identity_key(identity.strip() if match_by == "objectSid" else identity)


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


def refusal(match_by: MatchBy, identity: str, domains: t.Sequence[str]) -> str | None:
    """Why an identity cannot name a user, so that no directory is asked; None when it may."""
    if not identity.strip():
        return "it is empty"
    if len(identity) > LONGEST:
        return f"it has {len(identity)} characters, and no account's {match_by} has more than {LONGEST}"
    plain = identity.isascii() and identity.isprintable()
    if not plain and any(unicodedata.category(c) in ("Cc", "Cs") for c in identity):
        return "it contains a control character or half a character (for example a line break); correct the definition"
    if match_by == "distinguishedName":
        return _dn_refusal(identity, domains)
    for kind, read, form in _FORMS:
        if match_by == kind:
            try:
                read(identity.strip())
            except ValueError:
                return f"it is not {form}"
    if match_by == "proxyAddresses" and not _address(identity).strip():
        return "it is empty"
    return None


_FORMS: tuple[tuple[MatchBy, t.Callable[[str], t.Any], str], ...] = (
    ("objectGUID", uuid.UUID, "a GUID (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx)"),
    ("objectSid", sid_bytes, "a SID (S-1-5-21-...)"),
    (ANCHOR, _anchor_bytes, "base64, as Entra shows an onPremisesImmutableId"),
)


def _dn_refusal(identity: str, domains: t.Sequence[str]) -> str | None:
    other = domain_of(identity)
    if "=" not in identity or not other:
        return f"it is not a distinguished name (CN=...,{_dc_parts(domains[0])})"
    key_ = _dn_key(identity)
    if not any(key_.endswith(f",{_dc_parts(domain).lower()}") for domain in domains):
        return (
            f"it belongs to the domain {other}, this is {', '.join(domains)}; name {other} in domain, or a domain "
            "controller of it as server, for its users"
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
    return escape_bytes(uuid.UUID(id_).bytes_le)


def escape_bytes(value: bytes) -> str:
    """Bytes inside a filter."""
    return "".join(f"\\{b:02x}" for b in value)


def clause(match_by: MatchBy, identity: str) -> str:
    """The filter part that asks for one identity."""
    if match_by == "objectGUID":
        return f"(objectGUID={escape_guid(identity.strip())})"
    if match_by == "objectSid":
        return f"(objectSid={escape_bytes(sid_bytes(identity.strip()))})"
    if match_by == "proxyAddresses":
        whole = identity if ":" in identity else f"smtp:{identity}"
        return f"(proxyAddresses={escape(whole)})"
    if match_by == ANCHOR:
        anchor = _anchor_bytes(identity)
        own = f"({CONSISTENCY_GUID}={escape_bytes(anchor)})"
        if len(anchor) != 16:
            return own
        # With an anchor of its own, an account is not found by its objectGUID any more.
        return f"(|{own}(&(!({CONSISTENCY_GUID}=*))(objectGUID={escape_bytes(anchor)})))"
    return f"({match_by}={escape(identity)})"


def people_filter(clauses: t.Iterable[str] = ()) -> str:
    """All people, or those that one of the clauses finds."""
    either = "".join(clauses)
    return f"(&(|{either}){PERSON})" if either else f"(&{PERSON})"


def chunks(items: t.Sequence[str], size: int = CLAUSES) -> t.Iterator[t.Sequence[str]]:
    """A sequence in pieces."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def nobody(match_by: MatchBy, identity: str, why: str) -> Unresolved:
    """An identity that cannot name a user."""
    shown = identity if len(identity) <= 80 else f"{identity[:77]}..."
    return Unresolved(identity, f"no user can have {match_by} {shown!r}: {why}")


@dataclass(slots=True)
class Matches:
    """The user of an identity, or why there is none. ``near``: people whom only the directory considers equal."""

    found: list[Person] = field(default_factory=list)
    near: list[Person] = field(default_factory=list)


def judge(match_by: MatchBy, identity: str, matches: Matches, where: str, option: str = "match_by") -> Resolution:
    """One identity and the people who carry it, in all domains that were asked (``where``).

    ``option``: what ``match_by`` is called where the reader can set it.
    """
    found, near = matches.found, matches.near
    if len(found) == 1:
        return found[0].as_user(identity)
    if found:
        names = "; ".join(sorted(p.dn for p in found)[:5])
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        domains = len({domain_of(p.dn) for p in found})
        spread = f", in {domains} domains" if domains > 1 else ""
        return Unresolved(
            identity,
            f"{len(found)} accounts have {match_by} {identity!r}{spread}: {names}{more}. Make it unique, or set "
            f"{option} to userPrincipalName, distinguishedName or objectGUID",
        )
    if near:
        names = "; ".join(f"{', '.join(p.matches)} ({p.dn})" for p in near[:3])
        blank = identity != identity.strip()
        advice = "Remove the space at its beginning or end" if blank else "Write it as the directory does"
        return Unresolved(
            identity, f"no account has exactly {match_by} {identity!r}, but a similar one exists: {names}. {advice}"
        )
    return Unresolved(
        identity,
        f"no user has {match_by} {identity!r} under {where}. Check the spelling, {option}, {_BASE} and whether "
        f"this account may see the user; users of another domain are found when that domain is named in {_DOMAIN}",
        gone=True,
    )
