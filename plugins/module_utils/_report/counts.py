# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many users are in which state. Every user counts once, so the figures add up."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass, field

from .._core.fields import SUMMARY
from .._core.model import PROBLEMS, identity_key
from .._core.results import Row, Tally, shows_default
from .._core.targets import names
from .gather import Gathered, Mode
from .people import People, Standing

Counts = dict[str, t.Any]

#: A user counts under the first state that applies at any target. Changes come before users who cannot be checked, and
#: a user is in sync only when this is true at every target that was examined.
STATES = ("missing", "different", "unwanted", "invalid", "unresolved", "unavailable", "not_examined", "in_sync")
DRIFTING = ("missing", "different", "unwanted")
PROBLEM_STATES = ("invalid", "unresolved", "unavailable")
#: The states in which it is not known whether a photo is as declared.
UNCHECKED = (*PROBLEM_STATES, "not_examined")
#: The same after a real run: failures come before successes. ``left`` is drift that the run did not change.
OUTCOMES = (
    "failed",
    "left",
    "invalid",
    "unresolved",
    "unavailable",
    "not_examined",
    "unverified",
    "put",
    "removed",
    "in_sync",
)
#: The status of a run, from best to worst: nothing to do, drift to look at, a user to correct, a run to correct.
STATUSES = ("clean", "drift", "problem", "failed")


def outcome(row: Row) -> str:
    """The outcome of one row in a real run: one of OUTCOMES."""
    if row.drift in PROBLEMS:
        return row.drift
    if row.error:
        return "failed"
    if row.verified is False:  # also what an earlier run wrote
        return "unverified"
    if not row.changed:
        return "in_sync" if row.drift == "in_sync" else "left"
    return "removed" if row.action == "remove" else "put"


def found_states(mode: Mode, rows: t.Iterable[Row], unseen: bool) -> set[str]:
    """All states of one user, over all targets."""
    found = {outcome(row) if mode == "done" else row.drift for row in rows}
    return found | {"not_examined"} if unseen else found


def standing(mode: Mode, rows: t.Iterable[Row], unseen: bool) -> str:
    """The one state that a user counts under: one of STATES for a plan, of OUTCOMES after a real run."""
    found = found_states(mode, rows, unseen)
    return next(state for state in (OUTCOMES if mode == "done" else STATES) if state in found)


def place(mode: Mode, state: str, rows: t.Sequence[Row]) -> Standing:
    """The standing of a person who counts under ``state`` and has these rows."""
    if state in ("in_sync", "put", "removed"):
        return "right"
    if state in PROBLEM_STATES:
        return "known" if all(row.accepted for row in rows if row.drift in PROBLEMS) else "person"
    if state == "not_examined":
        return "unseen"
    if mode == "plan":
        waits = any(row.verified is False for row in rows)
        return "to_change" if any(row.changed for row in rows) else "waiting" if waits else "left"
    return "left" if state == "left" else "waiting" if state == "unverified" else "person"


@dataclass(slots=True)
class _AtTarget:
    """Users of one target by state, and problems that nobody accepted by kind."""

    states: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)

    def add(self, row: Row, state: str) -> None:
        self.states[state] += 1
        if row.drift in PROBLEMS and not row.accepted:
            self.problems[row.drift] += 1

    def as_dict(self, order: t.Sequence[str]) -> dict[str, dict[str, int]]:
        return {
            "states": {state: self.states[state] for state in order},
            "problems": {kind: self.problems[kind] for kind in PROBLEM_STATES},
        }


def count(gathered: Gathered, mode: Mode) -> tuple[Counts, People]:
    """All figures of a report, and the standings of its people.

    ``states`` adds up to ``users``; the seven drifts of a target to its ``checked``. ``also`` counts users who
    count under another state and could not be checked at some target. ``written``: users with a photo that was written
    or removed. ``problems``: users who could not be checked at a target; ``accepted``: those of them whose problems are
    all known and accepted. ``default_shown``: users who show the default picture at a target. ``default_own``: users
    for whom it is declared and who have their own photo there. ``at``: for each target its users by state, and
    its problems that are not accepted by kind.
    """
    unseen = {identity_key(item.user) for item in gathered.unseen if item.user is not None}
    missed = set(unseen)
    order = OUTCOMES if mode == "done" else STATES
    states: Counter[str] = Counter()
    also: Counter[str] = Counter()
    tallies = {target: Tally() for target in names()}
    at = {target: _AtTarget() for target in names()}
    people = People()
    problems = accepted = written = default_shown = default_own = 0

    def settle(rows: t.Sequence[Row], is_unseen: bool) -> None:
        found = found_states(mode, rows, is_unseen)
        state = next(state for state in order if state in found)
        states[state] += 1
        also.update(found.intersection(UNCHECKED) - {state})
        group = next((row.group for row in rows if row.group), None)
        changed = mode == "done" and any(row.changed for row in rows)
        people.add(place(mode, state, rows), group, written=changed, default=any(map(shows_default, rows)))

    for key, rows in gathered.rows.by_user():
        settle(rows, key in unseen)
        missed.discard(key)
        known = [row.accepted for row in rows if row.drift in PROBLEMS]
        problems += bool(known)
        accepted += bool(known) and all(known)
        written += any(row.changed for row in rows)
        default_shown += any(map(shows_default, rows))
        default_own += any(row.own_photo for row in rows)
        for row in rows:
            tallies[row.target].add(row)
            at[row.target].add(row, outcome(row) if mode == "done" else row.drift)
    for _key in missed:
        settle((), True)
    for item in gathered.unseen:
        if item.user is not None:
            for target in [item.target] if item.target else sorted(gathered.targets):
                at[target].states["not_examined"] += 1
    counts: Counts = {
        "users": states.total(),
        "states": {state: states[state] for state in order},
        "also": {state: also[state] for state in UNCHECKED},
        "problems": problems,
        "accepted": accepted,
        "default_shown": default_shown,
        "default_own": default_own,
        "written": written if mode == "done" else 0,
        "parts_not_examined": sum(1 for item in gathered.unseen if item.user is None),
        "targets": {target: tally.summary(gathered.requests[target]) for target, tally in tallies.items()},
        "at": {target: found.as_dict(order) for target, found in at.items()},
    }
    return counts, people


def totals(counts: Counts) -> dict[str, t.Any]:
    """A module's summary over all results; ``targets`` has the summary of each target."""
    targets = counts["targets"]
    return {
        **{key: sum(summary[key] for summary in targets.values()) for key in SUMMARY},
        "users": counts["users"],
        "not_examined": counts["states"]["not_examined"] + counts["also"]["not_examined"],
        "targets": targets,
    }


def drifting(mode: Mode, counts: Counts) -> int:
    """How many users drift: a run would change them, or did not change them."""
    states = counts["states"]
    return states["left"] if mode == "done" else sum(states[state] for state in DRIFTING)


def open_problems(counts: Counts) -> int:
    """How many users have a problem that is not accepted."""
    return int(counts["problems"] - counts["accepted"])


def status(mode: Mode, counts: Counts, targets_not_examined: t.Sequence[t.Any]) -> str:
    """One of STATUSES for a whole run.

    ``failed``: a change failed, or a target, a part of the run or a user was not examined. ``problem``: a user could
    not be checked and this is not accepted, or a written photo is not shown yet. ``drift``: a photo is not as
    declared. ``clean``: none of these.
    """
    states, also = counts["states"], counts["also"]
    lost = states["not_examined"] + also["not_examined"] + counts["parts_not_examined"]
    if not counts["users"] or targets_not_examined or lost or states.get("failed"):
        return "failed"
    late = any(target["unverified"] or target["failed"] for target in counts["targets"].values())
    if open_problems(counts) or late:
        return "problem"
    return "drift" if drifting(mode, counts) else "clean"
