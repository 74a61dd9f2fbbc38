# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reasons of problems: lines for the screen and for the message of a failed run."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._core.targets import title
from .._core.wording import UNVERIFIED, first
from .counts import DRIFTING, PROBLEM_STATES
from .examined import AND_OTHERS
from .words import state_text

#: How many users and how many reasons are named, as in all messages.
SHOWN = 10
#: The state of a photo that is not as declared and that no change is made to, by the report's mode.
LEFT: t.Mapping[str, str] = {"plan": "would be left alone", "done": "left"}
#: What is told of users in place of the reason that was said of their whole target.
ABOVE = "the reason is above"


@dataclass(frozen=True, slots=True)
class Reason:
    """The problem of some users at ``targets`` (None: at all targets of the run, or of the run itself)."""

    targets: tuple[str, ...] | None
    state: str
    text: str


def alerts(report: t.Mapping[str, t.Any]) -> list[str]:
    """A line in capital letters for each requested target at which no user was examined, with the reason."""
    return [
        f"{title(item['target']).upper()} WAS NOT EXAMINED: {item['reason']}" for item in report["targets_not_examined"]
    ]


def problems(report: t.Mapping[str, t.Any], shown: int = SHOWN) -> list[str]:
    """The first users who failed, could not be checked or are left as they are, with their reasons.

    Users with the same reason share a line. A user with the same reason at several targets is counted and named once.
    Accepted problems are only in the report. The reason that ``alerts`` has for a whole target is not repeated for its
    users.
    """
    said = {(item["target"], item["reason"].partition(AND_OTHERS)[0]) for item in report["targets_not_examined"]}
    failed, unseen, unchecked, late, left = (_Found(shown) for _part in range(5))
    part_of = {"failed": failed, "unverified": late, LEFT[report["mode"]]: left}
    targets = tuple(report["targets"])
    for user, rows in _rows(report):
        for (state, text), every in _reasons_of(rows, LEFT[report["mode"]]).items():
            for places, told_text in _told_once(every, text, said):
                part_of.get(state, unchecked).add(Reason(_where(places, targets), state, told_text), _named(user))
    for (who, text), every in _not_examined(report["not_examined"]).items():
        for places, told_text in _told_once(every, text, said):
            unseen.add(Reason(_where(places, targets), "not_examined", told_text), who)
    # In this order, not in the order of the report.
    parts = (failed, unseen, unchecked, late, left)
    # If one kind has many reasons, each of the other kinds still gets a line.
    told, others = list[tuple[Reason, _Users]](), sum(bool(part.users) for part in parts)
    for part in parts:
        others -= bool(part.users)
        told += list(part.users.items())[: max(shown - len(told) - others, 0)]
    more = sum(part.total for part in parts) - sum(users.number for _reason, users in told)
    lines = [_line(reason, users) for reason, users in told]
    return [*lines, f"and {more:,} more, see the report"] if more else lines


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


def _told_once(
    every: t.Sequence[str | None], text: str, said: t.Collection[tuple[str | None, str]]
) -> t.Iterator[tuple[list[str | None], str]]:
    """The places at which a reason is still to be told, with the reason; those where it is ``said``, without it."""
    above = [place for place in every if (place, text) in said]
    rest = [place for place in every if (place, text) not in said]
    yield from ((places, words) for places, words in ((above, ABOVE), (rest, text)) if places)


def _where(places: t.Sequence[str | None], targets: tuple[str, ...]) -> tuple[str, ...] | None:
    """The targets that a message names: those of ``places``, or None when they are all of several ``targets``."""
    named = tuple(dict.fromkeys(place for place in places if place is not None))
    return None if not named or (len(named) > 1 and set(named) >= set(targets)) else named


def _line(reason: Reason, users: _Users) -> str:
    where = f" in {' and '.join(map(title, reason.targets))}" if reason.targets else ""
    return f"{first(users.first, SHOWN, users.number)}: {state_text(reason.state)}{where}: {reason.text}"


_Row = t.Mapping[str, t.Any]


def _reasons_of(rows: t.Mapping[str, _Row], left: str) -> dict[tuple[str, str], list[str | None]]:
    """The targets of each problem of one user, by state and reason. ``rows``: by target. ``left``: one of LEFT."""
    found: dict[tuple[str, str], list[str | None]] = {}
    for target, row in rows.items():
        reason = _reason_of(row, left)
        if reason is not None:
            found.setdefault(reason, []).append(target)
    return found


def _reason_of(row: _Row, left: str) -> tuple[str, str] | None:
    """State and reason of one row that is to be named, or None."""
    if row["error"]:
        return "failed", row["error"]
    if row["drift"] in PROBLEM_STATES:
        return None if row["accepted"] else (row["drift"], row["reason"])
    if row["verified"] is False and row["changed"]:
        seen = (text.removeprefix(UNVERIFIED) for text in row["warnings"] if text.startswith(UNVERIFIED))
        return "unverified", next(seen, "the target does not show it yet")
    if row["verified"] is False:
        return "unverified", row["reason"]
    return (left, row["reason"]) if row["drift"] in DRIFTING and not row["changed"] else None


def _not_examined(items: t.Iterable[_Row]) -> dict[tuple[str, str], list[str | None]]:
    """The targets at which somebody was not examined, by name and reason."""
    found: dict[tuple[str, str], list[str | None]] = {}
    for item in items:
        who = str(item["user"] or item["shard"] or "a part of the run")
        found.setdefault((who, item["reason"]), []).append(item["target"])
    return found


def _rows(report: t.Mapping[str, t.Any]) -> t.Iterator[tuple[_Row, dict[str, _Row]]]:
    """Each user with the rows by target. Reads none if the figures show no problem."""
    summaries = report["counts"]["targets"].values()
    if not any(
        any(summary[name] for name in ("failed", "unverified", *PROBLEM_STATES))
        or sum(summary[name] for name in DRIFTING) > summary["put"] + summary["removed"]
        for summary in summaries
    ):
        return
    for user in report["users"]:
        yield user, {target: user[target] for target in report["targets"] if user.get(target)}


def _named(user: t.Mapping[str, t.Any]) -> str:
    return f"{user['user']} ({user['origin']})" if user["origin"] else str(user["user"])
