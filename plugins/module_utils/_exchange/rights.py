# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds out what this account may do on an Exchange server. Writes nothing: it calls cmdlets with WhatIf."""

from __future__ import annotations

import typing as t
import uuid
from dataclasses import dataclass, field

from .._core.model import User
from .cmdlets import (
    Answer,
    find_mailboxes,
    find_users,
    get_photo,
    role_entries,
    throttling_policies,
    try_remove,
    try_set,
)
from .errors import NO_PHOTO, NOT_THERE, OUT_OF_SCOPE
from .pipelines import Pipelines, ask

READING = ("Get-Mailbox", "Get-User", "Get-UserPhoto")
WRITING = ("Set-UserPhoto", "Remove-UserPhoto")


@dataclass(frozen=True, slots=True)
class Role:
    """``missing``: cmdlets that the account does not have."""

    missing: frozenset[str] = frozenset()
    #: The roles with Set-UserPhoto. None: the account may not read management roles (no run needs this right).
    roles: tuple[str, ...] | None = None


@dataclass(slots=True)
class Scope:
    """Users outside of the write scope, and users with another error: (identity, why)."""

    outside: list[str] = field(default_factory=list)
    odd: list[tuple[str, str]] = field(default_factory=list)


def role_of(pipelines: Pipelines, picture: bytes) -> Role:
    """Which cmdlets does the account have? They are called for a user that does not exist."""
    nobody = str(uuid.uuid4())
    calls = (
        find_mailboxes("objectGUID", [nobody]),
        find_users("objectGUID", [nobody]),
        get_photo(nobody),
        try_set(nobody, picture),
        try_remove(nobody),
    )
    answers = dict(pipelines.run((call.cmdlet, ask(call)) for call in calls))
    read = pipelines.one(role_entries("Set-UserPhoto"))
    roles = None
    if not _is_missing(read):
        roles = tuple(sorted({str(each.get("Role") or each.get("Identity") or "") for each in read.objects} - {""}))
    return Role(frozenset(name for name, answer in answers.items() if _is_missing(answer)), roles)


def scope_of(pipelines: Pipelines, users: t.Sequence[User], pictures: t.Mapping[str, bytes], other: bytes) -> Scope:
    """May the photos of these users be written? ``pictures``: their photos by user id; ``other``: for all others.

    WhatIf is called with the user's own picture, so that nothing is lost if a server ignores WhatIf.
    """
    scope = Scope()
    jobs = ((user, ask(try_set(user.handle, pictures.get(user.id, other)))) for user in users)
    for user, answer in pipelines.run(jobs):
        failure = answer.failure
        if failure is not None and failure.name in OUT_OF_SCOPE:
            scope.outside.append(user.identity)
        elif failure is not None and failure.name not in NO_PHOTO:
            scope.odd.append((user.identity, f"{failure.name}: {failure.text}"))
        elif answer.lost is not None:
            scope.odd.append((user.identity, answer.lost))
    return scope


def sessions_allowed(pipelines: Pipelines) -> int | None:
    """The smallest PowerShellMaxConcurrency of the throttling policies; None: there is no limit, or it is not known."""
    found = [each.get("PowerShellMaxConcurrency") for each in pipelines.one(throttling_policies()).objects]
    numbers = [int(str(each)) for each in found if str(each).isdigit()]
    return min(numbers, default=None)


def _is_missing(answer: Answer) -> bool:
    return answer.failure is not None and answer.failure.name in NOT_THERE
