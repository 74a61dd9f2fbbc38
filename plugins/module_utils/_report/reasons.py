# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why something is not as it should be: lines for the screen and for the message of a failed run."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._core.targets import title
from .._core.wording import first
from .counts import PROBLEM_STATES
from .words import state_text

#: So many users are named, and so many reasons given, as everywhere in messages.
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Reason:
    """What is wrong with some users at one target (None: with the run itself)."""

    target: str | None
    state: str
    text: str


def alerts(report: t.Mapping[str, t.Any]) -> list[str]:
    """A line in capital letters for each requested target at which nobody was examined, with the reason."""
    return [
        f"{title(item['target']).upper()} WAS NOT EXAMINED: {item['reason']}" for item in report["targets_not_examined"]
    ]


def problems(report: t.Mapping[str, t.Any], shown: int = SHOWN) -> list[str]:
    """The first users who failed or could not be checked, with their reasons; users with one reason share a line.

    What is known and accepted is in the report only.
    """
    failed, unseen, unchecked = _Found(shown), _Found(shown), _Found(shown)
    for target, user, row in _rows(report):
        if row["error"]:
            failed.add(Reason(target, "failed", row["error"]), _named(user))
        elif row["drift"] in PROBLEM_STATES and not row["accepted"]:
            unchecked.add(Reason(target, row["drift"], row["reason"]), _named(user))
    for item in report["not_examined"]:
        reason = Reason(item["target"], "not_examined", item["reason"])
        unseen.add(reason, item["user"] or item["shard"] or "a part of the run")
    # In this order, whatever comes first in the report.
    parts = (failed, unseen, unchecked)
    # Many reasons of one kind leave a line to each of the others.
    told, others = list[tuple[Reason, _Users]](), sum(bool(part.users) for part in parts)
    for part in parts:
        others -= bool(part.users)
        told += list(part.users.items())[: max(shown - len(told) - others, 0)]
    left = sum(part.total for part in parts) - sum(users.number for _reason, users in told)
    lines = [_line(reason, users) for reason, users in told]
    return [*lines, f"and {left:,} more, see the report"] if left else lines


@dataclass(slots=True)
class _Users:
    """The first of those with one reason, and how many there are."""

    first: list[str]
    number: int = 0


@dataclass(slots=True)
class _Found:
    """The first reasons of a kind with their users. ``total``: of how many users there are any."""

    most: int
    users: dict[Reason, _Users] = field(default_factory=dict)
    total: int = 0

    def add(self, reason: Reason, user: str) -> None:
        """One more. Those after the first few only count."""
        self.total += 1
        if len(self.users) < self.most or reason in self.users:
            users = self.users.setdefault(reason, _Users([]))
            users.number += 1
            if len(users.first) < SHOWN:
                users.first.append(user)


def _line(reason: Reason, users: _Users) -> str:
    where = f" in {title(reason.target)}" if reason.target else ""
    return f"{first(users.first, SHOWN, users.number)}: {state_text(reason.state)}{where}: {reason.text}"


def _rows(report: t.Mapping[str, t.Any]) -> t.Iterator[tuple[str, t.Mapping[str, t.Any], t.Mapping[str, t.Any]]]:
    """Target, user and row of all rows; none are read where the figures say that nothing is wrong."""
    summaries = report["counts"]["targets"].values()
    if not any(summary[name] for summary in summaries for name in ("failed", *PROBLEM_STATES)):
        return
    for user in report["users"]:
        for target in report["targets"]:
            if user.get(target):
                yield target, user, user[target]


def _named(user: t.Mapping[str, t.Any]) -> str:
    return f"{user['user']} ({user['origin']})" if user["origin"] else str(user["user"])
