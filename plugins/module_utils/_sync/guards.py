# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Definition + observation -> drift + change; and the guards. Pure."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .._core.model import Change, Comparison, Definition, Observation, OnForeignChange, PhotoError, Receipt

#: Below this many checked users a percentage says nothing, and the guards are silent.
GUARDED_FROM = 10
NAMES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Limit:
    """How many users a guard lets pass: ``count`` of them, or ``percent`` of those checked."""

    option: str
    count: int | None = None
    percent: float | None = None

    @classmethod
    def parse(cls, option: str, text: str) -> Limit:
        """``"25"`` or ``"30%"``. Raises PhotoError that names the option."""
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(%?)\s*", str(text))
        if match and match[2] and float(match[1]) <= 100:
            return cls(option, percent=float(match[1]))
        if match and not match[2] and "." not in match[1]:
            return cls(option, count=int(match[1]))
        raise PhotoError(f"{option} is {text!r}; give a count such as 25, or a percentage from 0% to 100%")

    def passed_by(self, number: int, checked: int) -> bool:
        """Is ``number`` of ``checked`` users more than this limit?"""
        if self.percent is not None:
            return number * 100 > self.percent * checked
        return number > (self.count or 0)

    def __str__(self) -> str:
        return f"{self.percent:g}%" if self.percent is not None else str(self.count)


def is_foreign(receipt: Receipt | None, observation: Observation) -> bool:
    """Has somebody else written there since our receipt? Without a receipt nobody can tell, and it is no."""
    if receipt is None or observation.problem is not None:
        return False
    return receipt.tag != (observation.tag if observation.present else None)


def decide(
    definition: Definition,
    observation: Observation,
    comparison: Comparison | None,
    *,
    foreign: bool = False,
    on_foreign_change: OnForeignChange = "overwrite",
) -> Change:
    """What one user's drift is and what would mend it. ``comparison`` is needed when a photo is declared and there."""
    if observation.problem is not None:
        return Change("unavailable", "none", observation.problem)
    if definition.state == "absent":
        if not observation.present:
            return Change("in_sync", "none", "declared absent, and the target has no photo", foreign)
        change = Change("unwanted", "remove", "declared absent, but the target has a photo", foreign, replaces=True)
    elif not observation.present:
        change = Change("missing", "put", "a photo is declared, and the target has none", foreign)
    else:
        if comparison is None:
            raise ValueError("a declared and an observed photo must be compared before it is decided")
        if comparison.verdict == "same":
            return Change("in_sync", "none", comparison.reason, foreign)
        change = Change("different", "put", comparison.reason, foreign, replaces=True)
    if foreign and on_foreign_change == "keep":
        reason = f"{change.reason}; somebody else changed it after our last write, and on_foreign_change is keep"
        return Change(change.drift, "none", reason, foreign)
    return change


def guard(planned: t.Iterable[tuple[str, Change]], checked: int, limits: tuple[Limit, Limit]) -> str | None:
    """Why this plan must not be carried out, or None. ``planned`` gives users with their changes.

    ``limits`` are those for replaced and for removed photos; first-time photos do not count.
    """
    if checked < GUARDED_FROM:
        return None
    replaced: list[str] = []
    removed: list[str] = []
    for user, change in planned:
        if change.replaces:
            (removed if change.action == "remove" else replaced).append(user)
    complaints = [
        f"{len(users)} of {checked} photos would be {what}, which is more than {limit.option} allows ({limit}): "
        + ", ".join(users[:NAMES_SHOWN])
        + (f" and {len(users) - NAMES_SHOWN} more" if len(users) > NAMES_SHOWN else "")
        for users, what, limit in ((replaced, "replaced", limits[0]), (removed, "removed", limits[1]))
        if limit.passed_by(len(users), checked)
    ]
    if not complaints:
        return None
    options = " and ".join(limit.option for limit in limits if any(limit.option in c for c in complaints))
    return (
        f"Nothing was written. {'; '.join(complaints)}. Look at the plan with --check --diff; "
        f"if it is what you want, raise {options} for this run."
    )
