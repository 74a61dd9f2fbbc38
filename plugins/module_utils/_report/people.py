# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where each person stands, in one pass over a report's users: for the sentence without jargon, groups and metrics."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass, field

from .._core.model import identity_key
from .counts import DRIFTING, OUTCOMES, PROBLEM_STATES, STATES
from .gather import Mode

#: Each person stands at one of these. ``right``: the photo is as declared at every target. ``to_change``: the next run
#: would change it. ``left``: it differs, and runs leave it so. ``waiting``: written, and not shown yet. ``known``: the
#: problem is accepted. ``unseen``: not looked at. ``person``: somebody has to do something.
STANDINGS = ("right", "to_change", "left", "waiting", "known", "unseen", "person")

Entry = t.Mapping[str, t.Any]


def state_of(mode: Mode, row: Entry) -> str:
    """The state of one target's row of a report: of STATES for a plan, of OUTCOMES after a real run."""
    drift = str(row["drift"])
    if mode == "plan" or drift in PROBLEM_STATES:
        return drift
    if row["error"]:
        return "failed"
    if not row["changed"]:
        return "in_sync" if drift == "in_sync" else "left"
    if row["verified"] is False:
        return "unverified"
    return "removed" if row["action"] == "remove" else "put"


def standing_of(mode: Mode, state: str, rows: t.Sequence[Entry]) -> str:
    """One of STANDINGS for a person: ``state`` is that of the report, ``rows`` those of the targets."""
    if state in ("in_sync", "put", "removed"):
        return "right"
    if state in PROBLEM_STATES:
        accepted = all(row["accepted"] for row in rows if row["drift"] in PROBLEM_STATES)
        return "known" if accepted else "person"
    if state == "not_examined":
        return "unseen"
    if state in DRIFTING:
        return "to_change" if any(row["changed"] for row in rows) else "left"
    return {"left": "left", "unverified": "waiting"}.get(state, "person")


@dataclass(slots=True)
class Tally:
    """Counts of people. ``add`` each user of a report once, then ``add_unseen`` what was not examined."""

    mode: Mode
    targets: t.Sequence[str]
    #: Where people stand.
    standings: Counter[str] = field(default_factory=Counter)
    #: Of those who are right, how many this run has brought there.
    written: int = 0
    #: By target, its rows by state.
    states: dict[str, Counter[str]] = field(default_factory=dict)
    #: By target, problems that nobody accepted, by kind.
    problems: dict[str, Counter[str]] = field(default_factory=dict)
    #: By target, photos that others changed.
    foreign: Counter[str] = field(default_factory=Counter)
    #: By department or organizational unit (None: the directory names none), where its people stand.
    groups: dict[str | None, Counter[str]] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)

    def add(self, user: Entry) -> None:
        """Count one entry of a report's ``users``."""
        rows = []
        for target in self.targets:
            row = user[target]
            if row is None:
                continue
            rows.append(row)
            self.states.setdefault(target, Counter())[state_of(self.mode, row)] += 1
            self.foreign[target] += bool(row["foreign"])
            if row["drift"] in PROBLEM_STATES and not row["accepted"]:
                self.problems.setdefault(target, Counter())[row["drift"]] += 1
        standing = standing_of(self.mode, str(user["state"]), rows)
        self.standings[standing] += 1
        self.written += self.mode == "done" and standing == "right" and any(row["changed"] for row in rows)
        self.groups.setdefault(user["group"], Counter())[standing] += 1
        self._known.add(identity_key(user["user"]))

    def add_unseen(self, unseen: t.Iterable[Entry]) -> None:
        """Count a report's ``not_examined``. Who has no row at all is a person of whom nothing is known."""
        for item in unseen:
            if item["user"] is None:
                continue
            for target in [item["target"]] if item["target"] else self.targets:
                self.states.setdefault(target, Counter())["not_examined"] += 1
            key = identity_key(item["user"])
            if key not in self._known:
                self._known.add(key)
                self.standings["unseen"] += 1

    @property
    def users(self) -> int:
        """All people."""
        return self.standings.total()

    def state_names(self) -> tuple[str, ...]:
        """The states that a row can have."""
        return OUTCOMES if self.mode == "done" else STATES


def tally(report: Entry) -> Tally:
    """The people of a whole report."""
    found = Tally(report["mode"], report["targets"])
    for user in report["users"]:
        found.add(user)
    found.add_unseen(report["not_examined"])
    return found


def percent(right: int, users: int) -> float:
    """The share of people with the right photo, rounded down to one decimal: 100.0 is everybody."""
    return 0.0 if not users else 1000 * right // users / 10


def groups_of(found: Tally) -> list[dict[str, t.Any]]:
    """A row for each department or organizational unit, by name; those without one come last.

    Empty when the directory told none.
    """
    if not any(name is not None for name in found.groups):
        return []
    ordered = sorted(found.groups.items(), key=lambda item: (item[0] is None, (item[0] or "").casefold()))
    return [
        {
            "name": name,
            "users": counter.total(),
            "percent": percent(counter["right"], counter.total()),
            **{standing: counter[standing] for standing in STANDINGS},
        }
        for name, counter in ordered
    ]
