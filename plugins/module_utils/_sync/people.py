# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one target knows about users, for work at another one: the source anchor, and where the mailbox is.

It is the result of a module: ``ad_user_info``, one of the info modules, or a doctor module.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._core.model import Mailbox, PhotoError, identity_key
from .._core.targets import ANCHOR, checked_name, title

_MAILBOXES: t.Mapping[str, Mailbox] = {"on_premises": "on_premises", "cloud": "cloud"}


@dataclass(frozen=True, slots=True)
class Person:
    """One user as the other target knows them. ``anchor`` None: ``why`` has the reason."""

    user: str
    anchor: str | None = None
    account: str = ""
    mailbox: Mailbox | None = None
    why: str = ""
    #: The other target gave no answer for this user, so nothing is known.
    no_answer: bool = False
    #: The account's id there (Active Directory: objectGUID).
    id: str | None = None

    def tie(self, name: str) -> str | None:
        """The value that finds the account at another target: the id for ``objectGUID``, else the source anchor."""
        return self.id if name == "objectGUID" else self.anchor


@dataclass(frozen=True, slots=True)
class People:
    """All of them, by identity key. ``where`` is the other target's name for messages."""

    where: str
    by_key: t.Mapping[str, Person] = field(default_factory=dict)

    def get(self, identity: str) -> Person | None:
        """What is known of a user."""
        return self.by_key.get(identity_key(identity))

    def by_tie(self, name: str) -> dict[str, Person]:
        """The users whose tie (see ``Person.tie``) nobody else has."""
        found: dict[str, list[Person]] = {}
        for person in self.by_key.values():
            tie = person.tie(name)
            if tie is not None:
                found.setdefault(tie, []).append(person)
        return {tie: some[0] for tie, some in found.items() if len(some) == 1}


def people_of(result: t.Any, match_by: str, *, needed: str = "", option: str = "people") -> People | None:
    """The option ``people`` of a module; None: it was not given, or its task was skipped.

    Raises PhotoError when it is needed and does not say who the users are. ``match_by: anchor`` needs it; ``needed`` is
    another option that needs it, with its value. ``option``: the name of the option in messages.
    """
    needed = needed or (f"match_by {ANCHOR}" if match_by == ANCHOR else "")
    if not isinstance(result, t.Mapping) or result.get("skipped"):
        if needed:
            raise PhotoError(
                f"{needed} needs {option}: what hybrid.photos.ad_user_info (or an info module of the other "
                "target) returned for these users"
            )
        return None
    source = checked_name(result["target"], "people") if result.get("target") else "ad"
    where = title(source)
    rows = result.get("users", result.get("photos"))
    if not isinstance(rows, (list, tuple)):
        if needed:
            said = str(result.get("msg") or "its result has neither users nor photos")
            raise PhotoError(f"{needed}: {where} could not be asked who these users are. {said}")
        return None
    parsed = (_parse(row, guids=source != "exo") for row in rows)
    return People(where, {person.user_key: person.person for person in parsed})


def mailbox_told(where: str, person: Person, problem: str) -> str:
    """Why a user has no mailbox in Exchange Online, with what ``where`` knows about it."""
    if person.mailbox != "on_premises":
        return problem
    return f"mailbox on-premises ({where}: msExchRecipientTypeDetails); {problem}".rstrip("; ")


class _Parsed(t.NamedTuple):
    user_key: str
    person: Person


def _parse(row: t.Any, *, guids: bool) -> _Parsed:
    """``guids``: the ids are those of Active Directory; Entra ID has other ids."""
    if not isinstance(row, t.Mapping) or not row.get("user"):
        raise PhotoError("people: an entry names no user; give what a module returned, as registered")
    user = str(row["user"])
    anchor = row.get("immutable_id")
    why = "" if anchor else str(row.get("reason") or "")
    return _Parsed(
        identity_key(user),
        Person(
            user,
            str(anchor) if anchor else None,
            str(row.get("account") or ""),
            _MAILBOXES.get(str(row.get("mailbox"))),
            why,
            not anchor and row.get("problem") == "unavailable",
            str(row["id"]) if guids and row.get("id") else None,
        ),
    )
