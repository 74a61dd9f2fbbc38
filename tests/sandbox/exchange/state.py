# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of the server: mailboxes, accounts that may sign in, limits, and faults."""

from __future__ import annotations

import json
import time
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

READING = ("Get-Mailbox", "Get-User", "Get-UserPhoto", "Get-DistributionGroupMember")
WRITING = ("Set-UserPhoto", "Remove-UserPhoto")
#: Management roles by name: the cmdlets that a session has.
ROLES: dict[str, tuple[str, ...]] = {
    "photos": (*READING, *WRITING),
    "reader": READING,
    "blind": ("Get-Mailbox", "Get-UserPhoto", *WRITING),
    "helpdesk": ("Get-Mailbox", "Get-User"),
    "admin": (*READING, *WRITING, "Get-ManagementRoleEntry", "Get-ThrottlingPolicy"),
}


class ConfigError(Exception):
    """The files of the server are not valid."""


@dataclass
class Mailbox:
    """A recipient, also a group. ``kind`` is its RecipientTypeDetails.

    ``photo``: the photo in the mailbox, as re-encoded by Exchange.
    """

    guid: str
    upn: str
    sam: str
    mail: str
    kind: str = "UserMailbox"
    display_name: str = ""
    out_of_scope: bool = False
    custom_attribute1: str = ""
    office: str = ""
    #: GUIDs, where ``kind`` is one of a group.
    members: list[str] = field(default_factory=list)
    photo: bytes | None = None
    #: The former photo, and until when it is still shown.
    former: bytes | None = None
    shown_from: float = 0.0
    #: The record of Remove-UserPhoto: AD's photo is not shown then.
    removed: bool = False

    def shown(self) -> bytes | None:
        """The photo that a reader sees now."""
        return self.photo if time.monotonic() >= self.shown_from else self.former

    def keep(self, photo: bytes | None, lag: float) -> None:
        """Hold another photo, which readers see ``lag`` seconds later."""
        self.former, self.photo = self.shown(), photo
        self.shown_from = time.monotonic() + lag


@dataclass
class Account:
    """An account that may sign in: principal in lower case, and management role. No role: no remote PowerShell."""

    principal: str
    role: str | None = "photos"
    password: str | None = None


@dataclass
class Service:
    """How the server behaves. Times in seconds."""

    latency: float = 0.0
    lag: float = 0.0
    max_sessions: int = 18
    basic: bool = False
    kerberos: bool = True
    largest: int = 20 * 1024 * 1024
    smallest_side: int = 48
    #: Each cmdlet after so many is slowed down by a micro delay.
    burst: int = 1_000_000
    micro_delay: float = 0.05
    #: False: the server has no Exchange configuration.
    is_exchange: bool = True


@dataclass
class Fault:
    """A fault for the next ``times`` calls of a cmdlet (for one mailbox, if ``upn`` is given).

    kinds: ``error`` (``name``: exception), ``busy`` (over budget, ``seconds``), ``delay``, ``cut`` (the connection
    ends), ``kill`` (the session is gone), ``ask`` (a person is asked). ``after``: once the cmdlet was carried out.
    """

    kind: str
    cmdlet: str = ""
    upn: str = ""
    times: int = 1
    name: str = ""
    seconds: float = 0.0
    after: bool = False


@dataclass
class Organization:
    """The whole organization."""

    control_key: str
    mailboxes: list[Mailbox]
    accounts: list[Account]
    service: Service = field(default_factory=Service)
    faults: list[Fault] = field(default_factory=list)
    counters: Counter[str] = field(default_factory=Counter)
    #: The state folder of the sandbox whose domain gets the 64x64 photos; "" for none.
    domain: str = ""
    #: 64x64 photos by UPN, where there is no domain.
    thumbnails: dict[str, bytes] = field(default_factory=dict)

    def find(self, identity: str) -> list[Mailbox]:
        """The recipients that a cmdlet's -Identity names."""
        wanted = identity.lower()
        return [m for m in self.mailboxes if wanted in (m.guid, m.upn.lower(), m.sam.lower(), m.mail.lower())]

    def named(self, upn: str) -> Mailbox:
        """One mailbox by UPN. Raises KeyError."""
        for mailbox in self.mailboxes:
            if mailbox.upn.lower() == upn.lower():
                return mailbox
        raise KeyError(upn)

    def fault(self, kinds: tuple[str, ...], cmdlet: str, mailbox: Mailbox | None, *, after: bool) -> Fault | None:
        """The fault for this call, if any. It is counted as used."""
        for fault in self.faults:
            if (
                fault.kind in kinds
                and fault.after == after
                and fault.cmdlet in ("", cmdlet)
                and fault.upn in ("", mailbox.upn if mailbox is not None else "")
                and fault.times > 0
            ):
                fault.times -= 1
                self.counters["faults"] += 1
                return fault
        return None


def load(folder: Path) -> Organization:
    """The organization of a state folder: exchange.json and mailboxes.json. Raises ConfigError."""
    try:
        told: dict[str, Any] = json.loads((folder / "exchange.json").read_text())
        people: list[dict[str, Any]] = json.loads((folder / "mailboxes.json").read_text())
        mailboxes = []
        for person in people:
            photo = person.pop("photo", None)
            mailboxes.append(Mailbox(**person, photo=Path(photo).read_bytes() if photo else None))
        accounts = [Account(**account) for account in told["accounts"]]
        return Organization(
            told["control_key"], mailboxes, accounts, Service(**told.get("service", {})), domain=told.get("domain", "")
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{folder}: {type(error).__name__}: {error}") from error


def alike(one: str, other: str) -> bool:
    """Equal as a directory compares: without case, and without accents."""
    return _plain(one) == _plain(other)


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).lower()
