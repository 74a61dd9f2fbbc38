# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The standing of each person over all targets: for the sentence without jargon, departments and metrics."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass, field

#: Each person has one of these. ``right``: the photo is as declared at every target. ``to_change``: the next run would
#: change it. ``left``: it differs, and runs do not change it. ``waiting``: written, but not shown yet. ``known``: the
#: problem is accepted. ``unseen``: not examined. ``person``: a person has to correct something.
Standing = t.Literal["right", "to_change", "left", "waiting", "known", "unseen", "person"]
STANDINGS: tuple[Standing, ...] = ("right", "to_change", "left", "waiting", "known", "unseen", "person")


@dataclass(slots=True)
class People:
    """How many people have which standing. Each person is added once."""

    standings: Counter[str] = field(default_factory=Counter)
    #: How many of the people who are right were changed by this run.
    written: int = 0
    #: How many of the people who are right show the default picture at a target.
    defaults: int = 0
    #: The standings of people by department or organizational unit (None: the directory names none).
    groups: dict[str | None, Counter[str]] = field(default_factory=dict)

    def add(self, standing: Standing, group: str | None, *, written: bool, default: bool) -> None:
        """Add a person. ``written``: this run changed a photo. ``default``: the default picture is shown."""
        self.standings[standing] += 1
        self.written += written and standing == "right"
        self.defaults += default and standing == "right"
        self.groups.setdefault(group, Counter())[standing] += 1

    @property
    def users(self) -> int:
        """All people."""
        return self.standings.total()


def percent(right: int, users: int) -> float:
    """The percentage of people with the right photo, rounded down to one decimal: only all people give 100.0."""
    return 0.0 if not users else 1000 * right // users / 10


def groups_of(found: People) -> list[dict[str, t.Any]]:
    """A row for each department or organizational unit, by name; people without one come last.

    Empty when the directory named none.
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
