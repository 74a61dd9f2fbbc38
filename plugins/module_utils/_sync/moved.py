# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mailboxes that moved to another target since the last run: the receipts of their photos here are deleted.

A receipt that stayed would be about a photo that is not here any more. If the mailbox moved back, any photo that it
brings would count as a foreign change.
"""

from __future__ import annotations

import typing as t

from .._core.model import Definition, Outcome, Receipt
from .._core.wording import counted, first
from .receipts import Receipts

NAMES_SHOWN = 5


def moved_away(outcomes: t.Iterable[Outcome], known: t.Mapping[str, Receipt]) -> dict[str, str]:
    """User ids by identity, of users who certainly have no mailbox at the target but have a receipt.

    ``known``: receipts by user id.
    """
    found: dict[str, str] = {}
    for outcome in outcomes:
        seen, user = outcome.observed, outcome.user
        if user is not None and user.id in known and seen is not None and seen.no_mailbox:
            found[outcome.definition.user] = user.id
    return found


def end_of_left_out(receipts: Receipts | None, left_out: t.Sequence[Definition]) -> list[str]:
    """Delete the receipts of users who were left out: their mailbox is at another target. Returns who had one."""
    if receipts is None or not left_out:
        return []
    named = {definition.named_at(receipts.target): definition.user for definition in left_out}
    return [named[name] for name in receipts.end(list(named))]


def note(users: t.Sequence[str]) -> list[str]:
    """A sentence about it for the reader, or none."""
    if not users:
        return []
    return [
        f"the mailbox of {counted(len(users), 'user')} is not here any more (moved since the last run), and the "
        f"receipts of their photos here were ended: {first(users, NAMES_SHOWN)}"
    ]
