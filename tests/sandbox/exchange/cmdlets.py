# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cmdlets, with Exchange's parameters and errors. They run in threads."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

from . import opath, pictures
from .state import Mailbox, Organization

Parameters = dict[str, Any]
#: PowerShell asks for a confirmation before these.
ASKING = ("Set-UserPhoto", "Remove-UserPhoto")
_PARAMETERS: dict[str, set[str]] = {
    "Get-Mailbox": {"Identity", "Filter", "ResultSize", "DomainController"},
    "Get-User": {"Identity", "Filter", "ResultSize", "DomainController"},
    "Get-DistributionGroupMember": {"Identity", "ResultSize", "DomainController"},
    "Get-UserPhoto": {"Identity", "DomainController"},
    "Set-UserPhoto": {"Identity", "PictureData", "Confirm", "WhatIf", "DomainController"},
    "Remove-UserPhoto": {"Identity", "Confirm", "WhatIf", "ClearMailboxPhotoRecord", "DomainController"},
    "Get-ManagementRoleEntry": {"Identity"},
    "Get-ThrottlingPolicy": set(),
}
_NAMES = {"userprincipalname": "upn", "samaccountname": "sam", "guid": "guid", "office": "office"}
_MAILBOX_NAMES = {**_NAMES, "primarysmtpaddress": "mail", "customattribute1": "custom_attribute1"}
_USER_NAMES = {**_NAMES, "windowsemailaddress": "mail"}


class CmdletError(Exception):
    """An error record: the class of the exception on the server, and its message."""

    def __init__(self, name: str, message: str, *, ends: bool = False) -> None:
        super().__init__(message)
        self.name = name
        self.ends = ends


class Cmdlets:
    """Carries out cmdlets. ``write_thumbnail`` writes a 64x64 photo into Active Directory."""

    def __init__(self, organization: Organization, write_thumbnail: Callable[[Mailbox, bytes], None]) -> None:
        self._organization = organization
        self._write_thumbnail = write_thumbnail
        self._known: dict[str, Callable[[Parameters], list[dict[str, Any]]]] = {
            "Get-Mailbox": self._get_mailbox,
            "Get-User": self._get_user,
            "Get-DistributionGroupMember": self._group_members,
            "Get-UserPhoto": self._get_photo,
            "Set-UserPhoto": self._set_photo,
            "Remove-UserPhoto": self._remove_photo,
            "Get-ManagementRoleEntry": lambda _given: [{"Role": "Mail Recipients"}, {"Role": "User Options"}],
            "Get-ThrottlingPolicy": self._throttling,
        }

    def check(self, name: str, parameters: Parameters, allowed: tuple[str, ...]) -> None:
        """Raises CmdletError for cmdlets and parameters that the session does not have, or that would ask."""
        if name not in allowed:
            raise CmdletError(
                "CommandNotFoundException",
                f"The term '{name}' is not recognized as the name of a cmdlet, function, script file, or operable "
                "program.",
                ends=True,
            )
        for parameter in parameters:
            if parameter not in _PARAMETERS[name]:
                raise CmdletError(
                    "ParameterBindingException",
                    f"A parameter cannot be found that matches parameter name '{parameter}'.",
                    ends=True,
                )
        asks = name in ASKING and parameters.get("Confirm") is not False
        if asks and "ClearMailboxPhotoRecord" not in parameters:
            raise CmdletError(
                "PSInvalidOperationException",
                "A command that prompts the user failed because the host program or the command type does not support "
                "user interaction.",
                ends=True,
            )

    def mailbox_of(self, parameters: Parameters) -> Mailbox | None:
        """The mailbox of a call, to find its faults."""
        found = self._organization.find(str(parameters.get("Identity", "")))
        return found[0] if found else None

    def run(self, name: str, parameters: Parameters) -> list[dict[str, Any]]:
        """The output. Raises CmdletError."""
        self._organization.counters[name] += 1
        return self._known[name](parameters)

    # -- recipients

    def _get_mailbox(self, parameters: Parameters) -> list[dict[str, Any]]:
        found = self._filtered(parameters, _MAILBOX_NAMES)
        return [_as_mailbox(m) for m in found if m.kind.endswith("Mailbox") and not m.kind.startswith("Remote")]

    def _get_user(self, parameters: Parameters) -> list[dict[str, Any]]:
        return [_as_user(m) for m in self._filtered(parameters, _USER_NAMES) if not m.kind.endswith("Group")]

    def _filtered(self, parameters: Parameters, names: dict[str, str]) -> list[Mailbox]:
        everyone = self._organization.mailboxes
        if "Identity" in parameters:
            return [self._one(parameters)]
        text = parameters.get("Filter")
        if text is None:
            return everyone
        try:
            meets = opath.parse(text, names)
        except opath.FilterError as error:
            raise CmdletError("MonadFilterException", f"Invalid filter syntax. {error}.") from error
        return [mailbox for mailbox in everyone if meets(mailbox)]

    def _group_members(self, parameters: Parameters) -> list[dict[str, Any]]:
        identity = str(parameters.get("Identity", ""))
        found = [m for m in self._organization.find(identity) if m.kind.endswith("Group")]
        if not found:
            raise CmdletError(
                "ManagementObjectNotFoundException",
                f"The operation couldn't be performed because object '{identity}' couldn't be found on "
                "'dc1.photos.test'.",
            )
        if len(found) > 1:
            raise CmdletError(
                "ManagementObjectAmbiguousException",
                f"The operation couldn't be performed because '{identity}' matches multiple entries.",
            )
        by_guid = {mailbox.guid: mailbox for mailbox in self._organization.mailboxes}
        members = [by_guid[guid] for guid in found[0].members]
        # Without -ResultSize a cmdlet stops at 1,000.
        most = None if parameters.get("ResultSize") == "Unlimited" else 1000
        return [_as_member(member) for member in members[:most]]

    def _one(self, parameters: Parameters) -> Mailbox:
        identity = str(parameters.get("Identity", ""))
        found = self._organization.find(identity)
        held = [m for m in found if m.kind.endswith("Mailbox") and not m.kind.startswith("Remote")]
        if not held:
            raise CmdletError(
                "ManagementObjectNotFoundException",
                f"The operation couldn't be performed because object '{identity}' couldn't be found on "
                "'dc1.photos.test'.",
            )
        if len(held) > 1:
            raise CmdletError(
                "ManagementObjectAmbiguousException",
                f"The operation couldn't be performed because '{identity}' matches multiple entries.",
            )
        return held[0]

    def _throttling(self, _parameters: Parameters) -> list[dict[str, Any]]:
        allowed = str(self._organization.service.max_sessions)
        return [
            {"ThrottlingPolicyScope": "Global", "PowerShellMaxConcurrency": allowed},
            {"ThrottlingPolicyScope": "Regular", "PowerShellMaxConcurrency": "Unlimited"},
        ]

    # -- photos

    def _get_photo(self, parameters: Parameters) -> list[dict[str, Any]]:
        mailbox = self._one(parameters)
        photo = mailbox.shown()
        if photo is None:
            raise CmdletError("UserPhotoNotFoundException", "There is no photo stored here.")
        checksum = zlib.crc32(photo)
        thumbprint = checksum - (1 << 32) if checksum >= 1 << 31 else checksum
        return [
            {
                "PictureData": photo,
                "Thumbprint": thumbprint,
                "Identity": f"photos.test/People/{mailbox.display_name or mailbox.sam}",
                "IsValid": True,
                "ObjectState": "New",
            }
        ]

    def _set_photo(self, parameters: Parameters) -> list[dict[str, Any]]:
        organization = self._organization
        service = organization.service
        mailbox = self._writable(parameters)
        raw = bytes(parameters.get("PictureData") or b"")
        if len(raw) > service.largest:
            raise CmdletError("UserPhotoFileTooLargeException", "The file is larger than the limit of 20 MB.")
        try:
            image = pictures.opened(raw)
        except pictures.NotAnImage as error:
            raise CmdletError("UserPhotoNotAnImageException", "The file isn't an image.") from error
        if min(image.size) < service.smallest_side:
            raise CmdletError("UserPhotoImageTooSmallException", "The image is too small.")
        if "WhatIf" in parameters:
            return []
        mailbox.keep(pictures.kept(image), service.lag)
        mailbox.removed = False
        organization.counters["writes"] += 1
        self._write_thumbnail(mailbox, pictures.thumbnail(image))
        return []

    def _remove_photo(self, parameters: Parameters) -> list[dict[str, Any]]:
        mailbox = self._writable(parameters)
        if "ClearMailboxPhotoRecord" in parameters:
            mailbox.removed = False
            return []
        if "WhatIf" in parameters:
            return []
        if mailbox.photo is None:
            raise CmdletError("UserPhotoNotFoundException", "There is no photo stored here.")
        mailbox.keep(None, self._organization.service.lag)
        mailbox.removed = True
        self._organization.counters["writes"] += 1
        return []

    def _writable(self, parameters: Parameters) -> Mailbox:
        mailbox = self._one(parameters)
        if mailbox.out_of_scope:
            raise CmdletError("ADScopeException", f"'{mailbox.upn}' isn't within your current write scopes.")
        return mailbox


def _as_mailbox(mailbox: Mailbox) -> dict[str, Any]:
    return {
        "Identity": f"photos.test/People/{mailbox.display_name or mailbox.sam}",
        "Guid": mailbox.guid,
        "UserPrincipalName": mailbox.upn,
        "SamAccountName": mailbox.sam,
        "PrimarySmtpAddress": mailbox.mail,
        "RecipientTypeDetails": mailbox.kind,
        "ExternalDirectoryObjectId": "",
    }


def _as_member(mailbox: Mailbox) -> dict[str, Any]:
    kept = ("Identity", "Guid", "PrimarySmtpAddress", "RecipientTypeDetails")
    return {name: value for name, value in _as_mailbox(mailbox).items() if name in kept}


def _as_user(mailbox: Mailbox) -> dict[str, Any]:
    return {
        "Identity": f"photos.test/People/{mailbox.display_name or mailbox.sam}",
        "Guid": mailbox.guid,
        "UserPrincipalName": mailbox.upn,
        "SamAccountName": mailbox.sam,
        "WindowsEmailAddress": mailbox.mail,
        "RecipientTypeDetails": mailbox.kind,
    }
