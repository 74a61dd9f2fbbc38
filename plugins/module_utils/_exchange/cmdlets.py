# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cmdlets that are called, as values, and their answers. No input or output.

A call is a cmdlet's name and its parameters, so no text can become a script. Exchange's endpoint would refuse scripts,
too (no-language mode). The cmdlets and parameters are those of Microsoft's reference for Exchange Server 2013 to
Subscription Edition.
"""

from __future__ import annotations

import re
import typing as t
import uuid
from dataclasses import dataclass, field

from .._core.model import Mailbox, User, identity_key

Parameter = t.Union[str, bytes, bool, int, None]

#: The properties that can identify users in Get-Mailbox and Get-User, by the name of the attribute in AD.
PROPERTIES: dict[str, str] = {
    "userPrincipalName": "UserPrincipalName",
    "sAMAccountName": "SamAccountName",
    "mail": "PrimarySmtpAddress",
    "objectGUID": "Guid",
}
#: In Get-User, the primary SMTP address has another name.
_OF_USERS = {"PrimarySmtpAddress": "WindowsEmailAddress"}
#: How many clauses one filter has at most.
CLAUSES = 25

#: The kinds of groups that Get-DistributionGroupMember accepts.
_GROUPS = frozenset(
    {"MailUniversalDistributionGroup", "MailUniversalSecurityGroup", "MailNonUniversalGroup", "RoomList"}
)
_ON_PREMISES = ("UserMailbox", "LinkedMailbox", "SharedMailbox", "RoomMailbox", "EquipmentMailbox", "LegacyMailbox")


@dataclass(frozen=True, slots=True)
class Call:
    """One cmdlet with its parameters. A parameter with the value None is a switch."""

    cmdlet: str
    parameters: t.Mapping[str, Parameter] = field(repr=False, default_factory=dict)
    #: May it be sent again if it is not known whether it was carried out?
    repeatable: bool = True


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a cmdlet failed. ``name``: the class of the exception on the server; ``text``: the server's message."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a cmdlet: its objects as dictionaries. ``lost``: the connection was lost, the result is unknown."""

    objects: tuple[t.Mapping[str, t.Any], ...] = ()
    failure: Failure | None = None
    lost: str | None = None


def get_photo(identity: str, domain_controller: str | None = None) -> Call:
    """Read one photo."""
    return Call("Get-UserPhoto", {"Identity": identity, **_at(domain_controller)})


def set_photo(identity: str, picture: bytes, domain_controller: str | None = None) -> Call:
    """Write one photo. Without the parameter Confirm, Exchange would ask and wait for an answer."""
    parameters = {"Identity": identity, "PictureData": picture, "Confirm": False, **_at(domain_controller)}
    return Call("Set-UserPhoto", parameters, repeatable=False)


def remove_photo(identity: str, domain_controller: str | None = None, *, clear_record: bool = False) -> Call:
    """Remove one photo. ``clear_record``: also clear the record of the removal, so that AD's photo is shown again."""
    parameters: dict[str, Parameter] = {"Identity": identity, "Confirm": False, **_at(domain_controller)}
    if clear_record:
        parameters["ClearMailboxPhotoRecord"] = None
    return Call("Remove-UserPhoto", parameters, repeatable=False)


def find_mailboxes(match_by: str, identities: t.Sequence[str]) -> Call:
    """Find the on-premises mailboxes of some identities."""
    return Call("Get-Mailbox", {"Filter": filter_for(PROPERTIES[match_by], identities), "ResultSize": "Unlimited"})


def find_users(match_by: str, identities: t.Sequence[str]) -> Call:
    """Find the accounts of some identities, with or without a mailbox."""
    name = PROPERTIES[match_by]
    parameters: dict[str, Parameter] = {
        "Filter": filter_for(_OF_USERS.get(name, name), identities),
        "ResultSize": "Unlimited",
    }
    return Call("Get-User", parameters)


def all_mailboxes(filter_: str = "") -> Call:
    """All on-premises mailboxes, or those that match an OPATH filter."""
    given: dict[str, Parameter] = {"Filter": filter_} if filter_ else {}
    return Call("Get-Mailbox", {**given, "ResultSize": "Unlimited"})


def group_members(group: str) -> Call:
    """The direct members of a distribution group or a mail-enabled security group; members may be groups."""
    return Call("Get-DistributionGroupMember", {"Identity": group, "ResultSize": "Unlimited"})


def is_group(found: t.Mapping[str, t.Any]) -> bool:
    """Is this member a group whose members can be listed? Decided by its RecipientTypeDetails."""
    return _text(found, "RecipientTypeDetails") in _GROUPS


def try_set(identity: str, picture: bytes) -> Call:
    """Test whether Set-UserPhoto is allowed. Writes nothing (WhatIf)."""
    return Call("Set-UserPhoto", {"Identity": identity, "PictureData": picture, "Confirm": False, "WhatIf": None})


def try_remove(identity: str) -> Call:
    """Test whether Remove-UserPhoto is allowed. Removes nothing (WhatIf)."""
    return Call("Remove-UserPhoto", {"Identity": identity, "Confirm": False, "WhatIf": None})


def role_entries(cmdlet: str) -> Call:
    """The management roles with a cmdlet. Only accounts that may read roles can call this."""
    return Call("Get-ManagementRoleEntry", {"Identity": f"*\\{cmdlet}"})


def throttling_policies() -> Call:
    """The throttling policies of the organization. Only accounts that may read them can call this."""
    return Call("Get-ThrottlingPolicy")


def _at(domain_controller: str | None) -> dict[str, Parameter]:
    return {} if domain_controller is None else {"DomainController": domain_controller}


def filter_for(name: str, identities: t.Sequence[str]) -> str:
    """An OPATH filter. A quote in a text is doubled; no other character has a meaning inside single quotes."""
    return " -or ".join(f"{name} -eq '{_escaped(identity)}'" for identity in identities)


def _escaped(identity: str) -> str:
    # PowerShell and OPATH read typographic single quotes as quotes, too.
    return re.sub(r"(['\u2018\u2019\u201a\u201b])", r"\1\1", identity)


def unaskable(match_by: str, identity: str) -> str | None:
    """Why no user can have this identity, so that the server is not asked; None if a user may have it."""
    if not identity.strip():
        return "it is empty"
    if len(identity) > 1024:
        return f"it has {len(identity)} characters, and no account's {match_by} has more than 1024"
    if any(not c.isprintable() and c != " " for c in identity):
        return "it contains a control character (for example a line break); correct the definition"
    if match_by == "objectGUID" and guid_of(identity) is None:
        return "it is not a GUID (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx)"
    return None


def guid_of(value: t.Any) -> str | None:
    """A GUID as lower-case text; None for anything else."""
    try:
        return str(uuid.UUID(text_of(value).strip()))
    except ValueError:
        return None


def key(match_by: str, identity: str) -> str:
    """A key that is the same for all spellings of one identity."""
    return guid_of(identity) or "" if match_by == "objectGUID" else identity_key(identity)


@dataclass(frozen=True, slots=True)
class Account:
    """An object of Get-Mailbox or Get-User: the account and where its mailbox is. ``kind``: RecipientTypeDetails."""

    id: str
    kind: str
    label: str
    matches: str

    @property
    def mailbox(self) -> Mailbox | None:
        """Where the mailbox is; None if there is no mailbox."""
        if self.kind in _ON_PREMISES:
            return "on_premises"
        return "cloud" if self.kind.startswith("Remote") else None

    def as_user(self, identity: str) -> User:
        """The account as the answer to an identity. Every cmdlet accepts its GUID as an identity."""
        return User(identity, self.id, self.id, self.label, None, self.mailbox)


def account_of(found: t.Mapping[str, t.Any], match_by: str) -> Account | None:
    """The account of an object that a cmdlet returned; None if it has no GUID."""
    id_ = guid_of(found.get("Guid"))
    if id_ is None:
        return None
    name = PROPERTIES[match_by]
    matches = id_ if match_by == "objectGUID" else _text(found, name) or _text(found, _OF_USERS.get(name, name))
    label = _text(found, "UserPrincipalName") or _text(found, "SamAccountName")
    return Account(id_, _text(found, "RecipientTypeDetails"), label, matches)


def _text(found: t.Mapping[str, t.Any], name: str) -> str:
    return text_of(found.get(name))


def text_of(value: t.Any) -> str:
    """A value from the server as text; empty for no value and for an object without a text of its own."""
    try:
        return "" if value is None else str(value)
    except (TypeError, ValueError, RecursionError, AttributeError):
        return ""


def picture_of(found: t.Mapping[str, t.Any]) -> bytes | None:
    """The picture in an object that Get-UserPhoto returned; None if it has none."""
    data = found.get("PictureData")
    return bytes(data) if isinstance(data, (bytes, bytearray)) and data else None
