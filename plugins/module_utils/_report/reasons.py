# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reasons of problems: lines for the screen and for the message of a failed run."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._core.targets import title
from .._core.wording import first
from .counts import PROBLEM_STATES
from .words import state_text

#: How many users and how many reasons are named, as in all messages.
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Reason:
    """The problem of some users at one target (None: of the run itself)."""

    target: str | None
    state: str
    text: str


def alerts(report: t.Mapping[str, t.Any]) -> list[str]:
    """A line in capital letters for each requested target at which no user was examined, with the reason."""
    return [
        f"{title(item['target']).upper()} WAS NOT EXAMINED: {item['reason']}" for item in report["targets_not_examined"]
    ]


def problems(report: t.Mapping[str, t.Any], shown: int = SHOWN) -> list[str]:
    """The first users who failed or could not be checked, with their reasons. Users with the same reason share a line.

    Accepted problems are only in the report.
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
    # In this order, not in the order of the report.
    parts = (failed, unseen, unchecked)
    # If one kind has many reasons, each of the other kinds still gets a line.
    told, others = list[tuple[Reason, _Users]](), sum(bool(part.users) for part in parts)
    for part in parts:
        others -= bool(part.users)
        told += list(part.users.items())[: max(shown - len(told) - others, 0)]
    left = sum(part.total for part in parts) - sum(users.number for _reason, users in told)
    lines = [_line(reason, users) for reason, users in told]
    return [*lines, f"and {left:,} more, see the report"] if left else lines


@dataclass(slots=True)
class _Users:
    """The first users with one reason, and the number of all."""

    first: list[str]
    number: int = 0


@dataclass(slots=True)
class _Found:
    """The first reasons of a kind with their users. ``total``: how many were added."""

    most: int
    users: dict[Reason, _Users] = field(default_factory=dict)
    total: int = 0

    def add(self, reason: Reason, user: str) -> None:
        """Add a user. After the first few, users are only counted."""
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
    """Target, user and row of all rows. Reads none if the figures show no problem."""
    summaries = report["counts"]["targets"].values()
    if not any(summary[name] for summary in summaries for name in ("failed", *PROBLEM_STATES)):
        return
    for user in report["users"]:
        for target in report["targets"]:
            if user.get(target):
                yield target, user, user[target]


def _named(user: t.Mapping[str, t.Any]) -> str:
    return f"{user['user']} ({user['origin']})" if user["origin"] else str(user["user"])
