# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many users are in which state, so that the figures add up: every user counts once."""

from __future__ import annotations

import typing as t
from collections import Counter

from .._core.model import PROBLEMS, identity_key
from .rows import TARGETS, Gathered, Mode, Row

Counts = dict[str, t.Any]

#: A user is in the first of these that is true at either target: what a run would change comes before what it cannot
#: judge, and nobody is in sync who is not so on every side that was looked at.
STATES = ("missing", "different", "unwanted", "invalid", "unresolved", "unavailable", "not_examined", "in_sync")
DRIFTING = ("missing", "different", "unwanted")
PROBLEM_STATES = ("invalid", "unresolved", "unavailable")
#: The same after a real run: what went wrong comes before what went right. ``left`` is drift that was not mended.
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
#: The keys of a module's own summary, in its order.
SUMMARY = (
    "checked",
    "in_sync",
    "missing",
    "different",
    "unwanted",
    "unresolved",
    "unavailable",
    "invalid",
    "put",
    "removed",
    "failed",
    "unverified",
    "foreign",
    "stale",
    "requests",
)


def outcome(row: Row) -> str:
    """What became of one row in a real run: one of OUTCOMES."""
    if row.drift in PROBLEMS:
        return row.drift
    if row.error:
        return "failed"
    if not row.changed:
        return "in_sync" if row.drift == "in_sync" else "left"
    if row.verified is False:
        return "unverified"
    return "removed" if row.action == "remove" else "put"


def standing(mode: Mode, rows: t.Iterable[Row], unseen: bool) -> str:
    """The one state that a user counts under: of STATES for a plan, of OUTCOMES for what was done."""
    found = {outcome(row) if mode == "done" else row.drift for row in rows}
    if unseen:
        found.add("not_examined")
    return next(state for state in (OUTCOMES if mode == "done" else STATES) if state in found)


def summarize(rows: t.Iterable[Row], requests: int) -> dict[str, int]:
    """The keys of a module's summary, counted again from the rows so that they agree with the report."""
    total: Counter[str] = Counter()
    for row in rows:
        total["checked"] += 1
        total[row.drift] += 1
        total["foreign"] += row.foreign
        total["stale"] += row.stale
        total["failed"] += row.error is not None
        total["unverified"] += row.verified is False and row.error is None
        if row.changed:
            total["put" if row.action == "put" else "removed"] += 1
    return {**{key: total[key] for key in SUMMARY}, "requests": requests}


def count(gathered: Gathered, mode: Mode) -> Counts:
    """All figures of a report. ``states`` adds up to ``users``; the seven drifts of a target to its ``checked``."""
    by_user: dict[str, list[Row]] = {}
    for row in gathered.rows.values():
        by_user.setdefault(row.key, []).append(row)
    unseen = {identity_key(item.user) for item in gathered.unseen if item.user is not None}
    order = OUTCOMES if mode == "done" else STATES
    states: Counter[str] = Counter()
    for key in by_user.keys() | unseen:
        states[standing(mode, by_user.get(key, ()), key in unseen)] += 1
    return {
        "users": states.total(),
        "states": {state: states[state] for state in order},
        "parts_not_examined": sum(1 for item in gathered.unseen if item.user is None),
        "targets": {
            target: summarize((row for row in gathered.rows.values() if row.target == target), requests)
            for target, requests in gathered.requests.items()
            if target in TARGETS
        },
    }


def totals(counts: Counts) -> dict[str, t.Any]:
    """A module's summary over all results, and under ``targets`` that of each target."""
    targets = counts["targets"]
    return {
        **{key: sum(summary[key] for summary in targets.values()) for key in SUMMARY},
        "users": counts["users"],
        "not_examined": counts["states"]["not_examined"],
        "targets": targets,
    }


def drifting(mode: Mode, counts: Counts) -> int:
    """How many users drift: that a run would change, or that it left as they were."""
    states = counts["states"]
    return states["left"] if mode == "done" else sum(states[state] for state in DRIFTING)


def clean(mode: Mode, counts: Counts) -> bool:
    """True when every user that was asked for was examined and is as declared now."""
    good = ("in_sync", "put", "removed") if mode == "done" else ("in_sync",)
    fine = sum(counts["states"][state] for state in good)
    return bool(counts["users"]) and fine == counts["users"] and not counts["parts_not_examined"]
