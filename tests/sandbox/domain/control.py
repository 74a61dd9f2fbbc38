# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An administrator's access to the sandbox's domain, for tests: read and change photos, restart the controller."""

from __future__ import annotations

import json
import struct
import uuid
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import ldap
import ldap.controls
import ldap.dn
import ldap.filter
from ldap.ldapobject import LDAPObject

from . import controller

_PHOTO = "thumbnailPhoto"
# The number of thumbnailPhoto in replPropertyMetaData: 2.16.840.1.113730.3.1 is entry 0x16 of Microsoft's fixed
# table of prefixes, and 35 follows it.
_PHOTO_ATTRIBUTE_ID = 0x160023
_NORMAL_ACCOUNT_NO_PASSWORD = 0x0220
_NORMAL_ACCOUNT_FOREVER = 0x10200
# AES128 and AES256 ([MS-KILE] 2.2.7).
_AES = "24"
_PAGE = 500

T = TypeVar("T")


def connection(folder: str | Path) -> dict[str, Any]:
    """Options of ad_* modules for the photos' account in the domain of a running sandbox, by its state folder."""
    told = json.loads((Path(folder) / "sandbox.json").read_text())["domain"]
    return {"server": told["host"], **{name: told[name] for name in ("username", "password", "ca_cert")}, "timeout": 15}


class Domain:
    """A connection as the domain's administrator; reconnects by itself after a restart of the controller."""

    def __init__(self, uri: str, base: str, user: str, password: str, ca_cert: str, root: Path | None = None) -> None:
        """Bind at once; `root` is the controller's state folder and only needed by `stop` and `start`."""
        self.base = base
        self.people_ou = f"OU=People,{base}"
        self._files = None if root is None else controller.Files(root)
        self._sign_in = (uri, user, password, ca_cert)
        self._connection = self._open()

    def _open(self) -> LDAPObject:
        uri, user, password, ca_cert = self._sign_in
        connection = ldap.initialize(uri)
        # Only on this connection: libldap's global settings belong to the code under test.
        connection.set_option(ldap.OPT_REFERRALS, 0)
        connection.set_option(ldap.OPT_NETWORK_TIMEOUT, 10)
        connection.set_option(ldap.OPT_TIMEOUT, 60)
        connection.set_option(ldap.OPT_X_TLS_CACERTFILE, ca_cert)
        connection.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
        connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        connection.simple_bind_s(user, password)
        return connection

    def _call(self, work: Callable[[LDAPObject], T]) -> T:
        try:
            return work(self._connection)
        except ldap.SERVER_DOWN:  # the controller was restarted since the last call
            self._connection = self._open()
            return work(self._connection)

    @classmethod
    def from_sandbox(cls, folder: str | Path) -> Domain:
        """Open the domain of a running sandbox by its state folder."""
        told = json.loads((Path(folder) / "sandbox.json").read_text())["domain"]
        return cls(
            told["uri"], told["base"], told["admin_username"], told["admin_password"], told["ca_cert"],
            Path(told["root"]),
        )  # fmt: skip

    def close(self) -> None:
        """Close the connection."""
        self._connection.unbind_s()

    # -- reading ---------------------------------------------------------------------------------------------------

    def search(self, filter_: str, attributes: Iterable[str], base: str | None = None) -> list[tuple[str, Any]]:
        """Return (dn, attributes) of all entries below `base` (the domain), however many there are."""
        return self._call(lambda connection: _search(connection, base or self.base, filter_, list(attributes)))

    def entry(self, upn: str, attributes: Iterable[str] = ("*",)) -> tuple[str, dict[str, list[bytes]]]:
        """Return the dn and attributes of one user, by userPrincipalName; KeyError if there is not exactly one."""
        name = ldap.filter.escape_filter_chars(upn)
        found = self.search(f"(&(objectClass=user)(userPrincipalName={name}))", attributes)
        if len(found) != 1:
            raise KeyError(f"{len(found)} users are called {upn}")
        return found[0]

    def users(self) -> list[str]:
        """Return the userPrincipalNames of everybody in the people's OU."""
        rows = self.search("(&(objectClass=user)(userPrincipalName=*))", ["userPrincipalName"], self.people_ou)
        return [entry["userPrincipalName"][0].decode() for _dn, entry in rows]

    def photo(self, upn: str) -> bytes | None:
        """Return the bytes of thumbnailPhoto, or None."""
        values = self.entry(upn, [_PHOTO])[1].get(_PHOTO)
        return bytes(values[0]) if values else None

    def photos(self) -> dict[str, bytes | None]:
        """Return everybody's thumbnailPhoto in the people's OU, by userPrincipalName."""
        rows = self.search("(&(objectClass=user)(userPrincipalName=*))", ["userPrincipalName", _PHOTO], self.people_ou)
        return {entry["userPrincipalName"][0].decode(): (entry.get(_PHOTO) or [None])[0] for _dn, entry in rows}

    def guid(self, upn: str) -> uuid.UUID:
        """Return the user's objectGUID."""
        return uuid.UUID(bytes_le=self.entry(upn, ["objectGUID"])[1]["objectGUID"][0])

    def guids(self) -> dict[str, bytes]:
        """Return everybody's objectGUID, as stored, by userPrincipalName."""
        rows = self.search(
            "(&(objectClass=user)(userPrincipalName=*))", ["userPrincipalName", "objectGUID"], self.people_ou
        )
        return {entry["userPrincipalName"][0].decode(): entry["objectGUID"][0] for _dn, entry in rows}

    # -- counting --------------------------------------------------------------------------------------------------

    def usn(self, upn: str) -> int:
        """Return the user's uSNChanged: it grows with every write to the user and with nothing else."""
        return int(self.entry(upn, ["uSNChanged"])[1]["uSNChanged"][0])

    def usns(self) -> dict[str, int]:
        """Return everybody's uSNChanged in the people's OU."""
        rows = self.search(
            "(&(objectClass=user)(userPrincipalName=*))", ["userPrincipalName", "uSNChanged"], self.people_ou
        )
        return {entry["userPrincipalName"][0].decode(): int(entry["uSNChanged"][0]) for _dn, entry in rows}

    def highest_usn(self) -> int:
        """Return the controller's highestCommittedUSN. If it is the same as before, nothing was written."""
        root = self._read("", "highestCommittedUSN")
        return int(root[0])

    def changed_since(self, usn: int) -> list[str]:
        """Return the users in the people's OU that were changed after `usn` (an earlier `highest_usn`)."""
        filter_ = f"(&(objectClass=user)(uSNChanged>={usn + 1}))"
        rows = self.search(filter_, ["userPrincipalName"], self.people_ou)
        return sorted(entry["userPrincipalName"][0].decode() for _dn, entry in rows)

    def photo_writes(self, upn: str | None = None) -> int:
        """Count how often thumbnailPhoto was ever put, replaced or deleted: of one user, or of everybody in the OU.

        The controller counts it itself, as the attribute's version in replPropertyMetaData.
        """
        if upn is not None:
            return _version(self.entry(upn, ["replPropertyMetaData"])[1])
        rows = self.search("(objectClass=user)", ["replPropertyMetaData"], self.people_ou)
        return sum(_version(entry) for _dn, entry in rows)

    # -- changing by hand ------------------------------------------------------------------------------------------

    def set_photo(self, upn: str, photo: bytes | None) -> None:
        """Put or delete a photo as an administrator. Does nothing if the photo to delete does not exist."""
        dn, _entry = self.entry(upn, ["distinguishedName"])
        self._modify(dn, ldap.MOD_REPLACE, _PHOTO, photo)

    def set(self, upn: str, attribute: str, value: bytes | str | None) -> None:
        """Set or remove any other attribute."""
        dn, _entry = self.entry(upn, ["distinguishedName"])
        raw = value.encode() if isinstance(value, str) else value
        self._modify(dn, ldap.MOD_REPLACE, attribute, raw)

    def add_user(self, upn: str, sam: str, name: str | None = None, **attributes: Any) -> str:
        """Add an enabled user to the people's OU and return the dn; any attribute can be given by its LDAP name."""
        dn = f"CN={ldap.dn.escape_dn_chars(name or sam)},{self.people_ou}"
        given: dict[str, str | bytes | None] = {
            "userPrincipalName": upn,
            "sAMAccountName": sam,
            "userAccountControl": str(_NORMAL_ACCOUNT_NO_PASSWORD),
            **attributes,
        }
        self._add(dn, "user", given)
        return dn

    def add_group(self, sam: str, members: Iterable[str] = (), **attributes: Any) -> str:
        """Add a group to the people's OU, its members given by dn, and return its dn."""
        dn = f"CN={ldap.dn.escape_dn_chars(sam)},{self.people_ou}"
        self._add(dn, "group", {"sAMAccountName": sam.replace(",", ""), **attributes})
        for member in members:
            self._modify(dn, ldap.MOD_ADD, "member", member.encode())
        return dn

    def add_account(self, sam: str, password: str) -> str:
        """Add a service account (not one of the people) with a password that does not expire; return its dn."""
        dn = f"CN={sam},CN=Users,{self.base}"
        self._add(
            dn,
            "user",
            {
                "sAMAccountName": sam,
                "userPrincipalName": f"{sam}@{self.domain}",
                "unicodePwd": f'"{password}"'.encode("utf-16-le"),
                "userAccountControl": str(_NORMAL_ACCOUNT_FOREVER),
            },
        )
        return dn

    def add_service(self, sam: str, password: str, spn: str) -> None:
        """Add a service account that Kerberos knows by a service principal name, with AES keys."""
        dn = self.add_account(sam, password)
        self._modify(dn, ldap.MOD_ADD, "servicePrincipalName", spn.encode())
        self._modify(dn, ldap.MOD_REPLACE, "msDS-SupportedEncryptionTypes", _AES.encode())

    @property
    def domain(self) -> str:
        """The domain's DNS name."""
        return self.base.removeprefix("DC=").replace(",DC=", ".").lower()

    def add_ou(self) -> None:
        """Add the people's OU."""
        self._add(self.people_ou, "organizationalUnit", {})

    def add_spn(self, name: str, host: str = controller.HOST) -> None:
        """Give a controller a service principal name. Does nothing if it has this name already."""
        dn = f"CN={host.upper()},OU=Domain Controllers,{self.base}"
        try:
            self._modify(dn, ldap.MOD_ADD, "servicePrincipalName", name.encode())
        except ldap.TYPE_OR_VALUE_EXISTS:
            pass

    def sid(self, dn: str) -> str:
        """Return an entry's objectSid as text."""
        raw = self._read(dn, "objectSid")[0]
        parts = struct.unpack(f"<{raw[1]}I", raw[8:])
        return "-".join(["S", str(raw[0]), str(int.from_bytes(raw[2:8], "big")), *map(str, parts)])

    def delete_user(self, upn: str) -> None:
        """Delete a user."""
        self.delete(self.entry(upn, ["distinguishedName"])[0])

    def delete(self, dn: str) -> None:
        """Delete any entry."""
        self._call(lambda connection: connection.delete_s(dn))

    def replace(self, dn: str, attributes: Mapping[str, bytes | None]) -> None:
        """Set or remove several attributes of an entry in one modify."""
        changes = [(ldap.MOD_REPLACE, name, None if value is None else [value]) for name, value in attributes.items()]
        self._call(lambda connection: connection.modify_s(dn, changes))

    def rename(self, upn: str, new_upn: str) -> None:
        """Give a user another userPrincipalName."""
        self.set(upn, "userPrincipalName", new_upn)

    def _add(self, dn: str, class_: str, attributes: Mapping[str, str | bytes | None]) -> None:
        entry = [("objectClass", [class_.encode()])]
        for name, value in attributes.items():
            if value is not None:
                entry.append((name, [value.encode() if isinstance(value, str) else value]))
        self._call(lambda connection: connection.add_s(dn, entry))

    def _modify(self, dn: str, how: int, attribute: str, value: bytes | None) -> None:
        change = [(how, attribute, None if value is None else [value])]
        self._call(lambda connection: connection.modify_s(dn, change))

    def _read(self, dn: str, attribute: str) -> list[bytes]:
        rows = self._call(lambda connection: connection.search_s(dn, ldap.SCOPE_BASE, attrlist=[attribute]))
        return list(rows[0][1][attribute])

    # -- the controller itself -------------------------------------------------------------------------------------

    def stop(self, kill: bool = False) -> None:
        """End the controller: connections break, ports are closed."""
        controller.stop(self._state(), kill=kill)

    def start(self) -> None:
        """Start the controller again, and return when it answers."""
        controller.start(self._state())

    def _state(self) -> controller.Files:
        if self._files is None:
            raise ValueError("this door was opened without the controller's state folder")
        return self._files


def _search(connection: LDAPObject, base: str, filter_: str, attributes: list[str]) -> list[tuple[str, Any]]:
    page = ldap.controls.SimplePagedResultsControl(True, size=_PAGE, cookie="")
    found: list[tuple[str, Any]] = []
    while True:
        number = connection.search_ext(base, ldap.SCOPE_SUBTREE, filter_, attributes, serverctrls=[page])
        _kind, rows, _number, controls = connection.result3(number)
        found += [(dn, entry) for dn, entry in rows if dn is not None]
        cookies = [control.cookie for control in controls if control.controlType == page.controlType]
        if not cookies or not cookies[0]:
            return found
        page.cookie = cookies[0]


def _version(entry: Mapping[str, list[bytes]]) -> int:
    # NDR: version, reserved, count, reserved; then entries of 48 bytes: attribute id, version, time, who, two USNs.
    raw = entry["replPropertyMetaData"][0]
    (count,) = struct.unpack_from("<I", raw, 8)
    for number in range(count):
        attribute, version = struct.unpack_from("<II", raw, 16 + 48 * number)
        if attribute == _PHOTO_ATTRIBUTE_ID:
            return int(version)
    return 0
