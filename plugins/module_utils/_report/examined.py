# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which targets were not examined: no photo was read there, and this is not the problem of a few chosen users."""

from __future__ import annotations

import typing as t
from collections import Counter

from .._core.results import Row
from .._core.targets import names
from .._core.wording import counted
from .._sync.guards import GUARDED_FROM
from .counts import DRIFTING
from .gather import Gathered

#: The states of a row that show that the target was examined and a photo, or no photo, was found.
EXAMINED = ("in_sync", *DRIFTING)
#: In a run of at most so many users, it is possible that none of them can be checked. The limits use the same number.
FEW = GUARDED_FROM - 1
#: What follows the most frequent reason, with how many others there are.
AND_OTHERS = " (and "


def not_examined_targets(gathered: Gathered, requested: t.Collection[str], not_chosen: int = 0) -> list[dict[str, str]]:
    """Each requested target at which no user's photo could be examined, with the most frequent reason.

    A target was examined if it says that a user's mailbox is elsewhere. If all its users were left out for this reason
    and it did not fail, no user belongs to it. If other users are declared (``not_chosen``: how many), a target that
    gave an answer for each of a few chosen users was examined, too: these users have a problem. If none of all declared
    users, or of many users, is found, the server, search base, tenant or attribute is probably wrong.
    """
    lost = set(requested) - gathered.answered
    lost -= {target for _key, target in gathered.left_out} - _with_something(gathered)
    # Usually the first row is enough.
    for row in gathered.rows.values():
        if row.drift in EXAMINED:
            lost.discard(row.target)
        if not lost:
            return []
    found = {target: _AtTarget() for target in names() if target in lost}
    for row in gathered.rows.values():
        if row.target in found:
            found[row.target].add(row)
    silent = _silent(gathered)
    return [
        {"target": target, "reason": at.reason(gathered, target)}
        for target, at in found.items()
        if target in silent or not (not_chosen and at.answered_about_few())
    ]


class _AtTarget:
    """The rows of a target at which no photo was examined."""

    def __init__(self) -> None:
        self.reasons: Counter[str] = Counter()
        #: Rows with an answer about the user, and how many of them say that the user was not found.
        self.answers = self.unresolved = 0

    def add(self, row: Row) -> None:
        self.reasons[row.reason] += 1
        self.answers += row.drift in ("unresolved", "invalid") or row.no_mailbox
        self.unresolved += row.drift == "unresolved"

    def answered_about_few(self) -> bool:
        return 0 < self.answers == self.reasons.total() <= FEW

    def reason(self, gathered: Gathered, target: str) -> str:
        """Why the target was not examined, in one line."""
        users = self.reasons.total()
        unseen = Counter(item.reason for item in gathered.unseen if item.target in (target, None))
        if 0 < users == self.unresolved and not unseen:
            who = "the only user was not" if users == 1 else f"none of the {counted(users, 'user')} was"
            why = "perhaps the server, the search base, the tenant or the attribute is the wrong one"
            return f"{who} found there; {why}: {_most(self.reasons)}"
        given = self.reasons + unseen
        if not given:
            given.update(message.text for message in gathered.messages if message.target in (target, None))
        return _most(given)


def _with_something(gathered: Gathered) -> set[str]:
    """Targets with a row, or with a part that was not examined."""
    return {*gathered.rows.targets(), *_silent(gathered)}


def _silent(gathered: Gathered) -> set[str]:
    """Targets with a user who was not examined, or with a module that failed as a whole."""
    told = {item.target or "" for item in gathered.unseen}
    told |= {message.target or "" for message in gathered.messages if message.whole}
    return set(names()) if "" in told else told


def _most(reasons: Counter[str]) -> str:
    if not reasons:
        return "There is no result for it."
    [(reason, _number)] = reasons.most_common(1)
    others = len(reasons) - 1
    return reason + (f"{AND_OTHERS}{counted(others, 'other reason')})" if others else "")
