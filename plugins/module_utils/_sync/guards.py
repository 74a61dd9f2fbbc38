# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From definition and observation to drift and change; and the guards. Pure functions."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .._core.model import Change, Comparison, Definition, Observation, OnForeignChange, Outcome, PhotoError
from .._core.option_names import called

#: With fewer checked users a percentage means nothing, and the guards do not apply.
GUARDED_FROM = 10
NAMES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Limit:
    """How many photos a guard allows: ``count`` of them, or ``percent``."""

    option: str
    count: int | None = None
    percent: float | None = None

    @classmethod
    def parse(cls, option: str, text: str) -> Limit:
        """Parse ``"25"`` or ``"30%"``. Raises PhotoError that names the option."""
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(%?)\s*", str(text))
        if match and match[2] and float(match[1]) <= 100:
            return cls(option, percent=float(match[1]))
        if match and not match[2] and "." not in match[1]:
            return cls(option, count=int(match[1]))
        raise PhotoError(f"{option} is {text!r}; give a count such as 25, or a percentage from 0% to 100%")

    def passed_by(self, number: int, whole: int) -> bool:
        """Is ``number`` of ``whole`` more than this limit?"""
        if self.percent is not None:
            return number * 100 > self.percent * whole
        return number > (self.count or 0)

    def __str__(self) -> str:
        return f"{self.percent:g}%" if self.percent is not None else str(self.count)


class Limits(t.NamedTuple):
    """The three limits of a run; None: no limit."""

    replaced: Limit
    removed: Limit
    added: Limit | None = None


class Base(t.NamedTuple):
    """The base numbers of percentages.

    ``present``: photos that exist. ``unanswered``: users whose state is unknown, because the target gave no answer;
    each of them might lose a photo too.
    """

    checked: int
    present: int
    unanswered: int = 0


def base_of(outcomes: t.Iterable[Outcome]) -> Base:
    """The base numbers for a plan."""
    checked = present = unanswered = 0
    for outcome in outcomes:
        seen = outcome.observed
        checked += 1
        present += seen is not None and seen.present
        unanswered += outcome.no_answer
    return Base(checked, present, unanswered)


def decide(
    definition: Definition,
    observation: Observation,
    comparison: Comparison | None,
    *,
    foreign: bool = False,
    on_foreign_change: OnForeignChange = "overwrite",
    option: str = "on_foreign_change",
) -> Change:
    """One user's drift, and the change that would mend it.

    ``comparison`` is needed when a photo is declared and one exists.

    ``option`` is the name of ``on_foreign_change`` in reasons.
    """
    if observation.problem is not None:
        if definition.state == "absent" and observation.no_mailbox:
            return Change(
                "in_sync", "none", f"declared absent, and the user cannot have a photo there: {observation.problem}"
            )
        return Change("unavailable", "none", observation.problem)
    if definition.state == "absent":
        if not observation.present:
            return Change("in_sync", "none", "declared absent, and the target has no photo", foreign)
        change = Change("unwanted", "remove", "declared absent, but the target has a photo", foreign, replaces=True)
    elif not observation.present:
        what = "the default picture" if definition.default else "a photo"
        change = Change("missing", "put", f"{what} is declared, and the target has none", foreign)
    else:
        if comparison is None:
            raise ValueError("a declared and an observed photo must be compared before it is decided")
        if comparison.verdict == "same":
            return Change("in_sync", "none", comparison.reason, foreign)
        shows = "it shows a default picture of before: " if definition.default and not comparison.same_picture else ""
        change = Change("different", "put", f"{shows}{comparison.reason}", foreign, replaces=True)
    if foreign and on_foreign_change == "keep":
        reason = f"{change.reason}; others changed it after our last write, and {option} is keep"
        return Change(change.drift, "none", reason, foreign)
    return change


def guard(planned: t.Iterable[tuple[str, Change]], base: Base, limits: Limits) -> str | None:
    """Why this plan must not be carried out, or None. ``planned`` gives users with their changes."""
    found = complaints(planned, base, limits)
    return refusal([found]) if found else None


def complaints(planned: t.Iterable[tuple[str, Change]], base: Base, limits: Limits) -> dict[str, str]:
    """The parts of a plan that exceed a limit, by the name of the limit.

    A percentage of replaced or removed photos is of the photos that exist, one of added photos of the users checked.
    Users without an answer from the target count as if they were replaced; they do not make a limit larger.
    """
    if base.checked < GUARDED_FROM:
        return {}
    users: dict[str, list[str]] = {"replaced": [], "removed": [], "added": []}
    for user, change in planned:
        if change.action != "none":
            kind = "removed" if change.action == "remove" else "replaced" if change.replaces else "added"
            users[kind].append(user)
    if not any(users.values()):
        return {}
    there = base.present + base.unanswered
    found: dict[str, str] = {}
    if limits.replaced.passed_by(len(users["replaced"]) + base.unanswered, there):
        found[limits.replaced.option] = _complaint(
            users["replaced"], "replaced", base, limits.replaced, base.unanswered
        )
    if limits.removed.passed_by(len(users["removed"]), base.present):
        found[limits.removed.option] = _complaint(users["removed"], "removed", base, limits.removed)
    if limits.added is not None and limits.added.passed_by(len(users["added"]), base.checked):
        found[limits.added.option] = _complaint(users["added"], "added", base, limits.added)
    return found


def refusal(found: t.Sequence[t.Mapping[str, str]]) -> str:
    """One message for the exceeded limits of one plan, or of several that are carried out together."""
    texts = [text for each in found for text in each.values()]
    options = dict.fromkeys(option for each in found for option in each)
    return (
        f"Nothing was written. {'; '.join(texts)}. Look at the plan with --check --diff; "
        f"if it is what you want, raise {' and '.join(options)} for this run."
    )


def _complaint(users: list[str], what: str, base: Base, limit: Limit, unanswered: int = 0) -> str:
    first = what == "added"
    number = f"{len(users)} of {count(base.checked if first else base.present, 'user' if first else 'photo')}"
    text = f"{number} would {'get a first photo' if first else f'be {what}'}"
    if not first:
        text += f" ({count(base.checked, 'user')} checked)"
    if unanswered:
        text += f", and the target gave no answer for {count(unanswered, 'more user')}"
    text += f", which is more than {limit.option} allows ({limit})"
    if users:
        more = len(users) - NAMES_SHOWN
        text += ": " + ", ".join(users[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
    return text


def shared_reason(others: t.Sequence[str], prefix: str = "") -> str:
    """Why a picture that is declared for other users too is not written; ``prefix``: of the option's name."""
    more = f" and {len(others) - NAMES_SHOWN} more" if len(others) > NAMES_SHOWN else ""
    return (
        f"the same picture is declared for {', '.join(others[:NAMES_SHOWN])}{more}; a photo shows one person. "
        f"Declare a separate picture for each user, or allow it with {called('shared_pictures', prefix)}"
    )


def count(number: int, noun: str) -> str:
    """``1 photo``, ``2 photos``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
