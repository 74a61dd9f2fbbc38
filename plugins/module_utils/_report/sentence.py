# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a run in one sentence, for readers who do not know the terms of this collection."""

from __future__ import annotations

import typing as t

from .._core.targets import title
from .._core.wording import counted
from .gather import Mode
from .people import STANDINGS, People, groups_of, percent

#: The words for people who are not right, in this order: for one person, for several.
_PLAN = {
    "to_change": ("will be changed by the next run", "will be changed by the next run"),
    "person": ("needs a person", "need a person"),
    "left": ("differs and will be left as it is", "differ and will be left as they are"),
    "waiting": ("is not shown yet", "are not shown yet"),
    "known": ("has a problem that is known", "have a problem that is known"),
    "unseen": ("was not checked", "were not checked"),
}
_DONE = {**_PLAN, "left": ("differs and was left as it is", "differ and were left as they are")}


def people_of(found: People, mode: Mode, targets: t.Sequence[str], parts_not_examined: int) -> dict[str, t.Any]:
    """A report's ``people``: how many have which standing (``people.STANDINGS``), the sentence, and the groups."""
    return {
        "users": found.users,
        **{standing: found.standings[standing] for standing in STANDINGS},
        "written": found.written,
        "defaults": found.defaults,
        "percent": percent(found.standings["right"], found.users),
        "sentence": sentence(found, mode, targets, parts_not_examined),
        "groups": groups_of(found),
    }


def sentence(found: People, mode: Mode, targets: t.Sequence[str], parts_not_examined: int = 0) -> str:
    """The run in one sentence, such as "412 of 430 people have the right photo on both sides; 6 need a person."."""
    users, right = found.users, found.standings["right"]
    where = places(targets)
    if not users:
        return "Nobody was checked."
    if right == users:
        who = "The one person has" if users == 1 else f"All {users:,} people have"
        start = f"{who} the right photo {where}"
    elif users == 1:
        start = f"The one person does not have the right photo {where}"
    else:
        start = f"{right or 'None':{',' if right else ''}} of {counted(users, 'person', 'people')} "
        start += f"{'has' if right == 1 else 'have'} the right photo {where}"
    if found.defaults:
        start += f", {found.defaults:,} of them the default picture"
    if found.written:
        start += f", {found.written:,} of them since this run"
    words = _DONE if mode == "done" else _PLAN
    numbers = ((name, found.standings[name]) for name in words)
    rest = [f"{number:,} {words[name][number != 1]}" for name, number in numbers if number]
    if parts_not_examined:
        rest.append("a part of the run failed, and its people are not known")
    return "; ".join([start, *rest]) + "."


def places(targets: t.Sequence[str]) -> str:
    """The targets that were examined, in words."""
    if len(targets) == 1:
        return f"in {title(targets[0])}"
    return "on both sides" if len(targets) == 2 else "in all three places"
