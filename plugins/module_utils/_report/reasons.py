# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why something is not as it should be: lines for the screen and for the message of a failed run."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from dataclasses import dataclass

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
    found: dict[Reason, list[str]] = defaultdict(list)
    for reason, user in _all(report):
        found[reason].append(user)
    lines: list[str] = []
    left = sum(map(len, found.values()))
    for reason, users in found.items():
        if len(lines) == shown:
            break
        lines.append(_line(reason, users))
        left -= len(users)
    return [*lines, f"and {left:,} more, see the report"] if left else lines


def _line(reason: Reason, users: t.Sequence[str]) -> str:
    where = f" in {title(reason.target)}" if reason.target else ""
    return f"{first(users, SHOWN)}: {state_text(reason.state)}{where}: {reason.text}"


def _all(report: t.Mapping[str, t.Any]) -> t.Iterator[tuple[Reason, str]]:
    """What failed comes first, then what was not examined, then problems."""
    rows = [
        (target, user, user[target]) for user in report["users"] for target in report["targets"] if user.get(target)
    ]
    for target, user, row in rows:
        if row["error"]:
            yield Reason(target, "failed", row["error"]), _named(user)
    for item in report["not_examined"]:
        yield (
            Reason(item["target"], "not_examined", item["reason"]),
            item["user"] or item["shard"] or "a part of the run",
        )
    for target, user, row in rows:
        if row["drift"] in PROBLEM_STATES and not row["error"] and not row["accepted"]:
            yield Reason(target, row["drift"], row["reason"]), _named(user)


def _named(user: t.Mapping[str, t.Any]) -> str:
    return f"{user['user']} ({user['origin']})" if user["origin"] else str(user["user"])
