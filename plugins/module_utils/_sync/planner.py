# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One definition and what a store saw -> what is to be done, and why: steps 4 and 5 of the algorithm for one user."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from .._core.model import (
    Change,
    Comparison,
    Definition,
    Observation,
    OnForeignChange,
    Outcome,
    Receipt,
    Rendition,
    SourceError,
    Summary,
    User,
)
from .._pictures.comparison import by_content, by_pixels, by_tag
from .._pictures.decode import describe
from .guards import decide, is_foreign
from .renditions import Renditions


@dataclass(frozen=True, slots=True)
class Planner:
    """What planning one user needs besides definition and observation. It has no state, so threads may share it."""

    target: str
    renditions: Renditions
    receipts: t.Mapping[str, Receipt]
    on_foreign_change: OnForeignChange

    def known(self, definition: Definition, user: User, tag: str | None) -> Comparison | None:
        """What the first rung alone says, or None."""
        if definition.state == "absent":
            return None
        receipt, source = self.receipts.get(user.id), self.renditions.hashes[definition.key]
        return by_tag(receipt, tag, source, self.renditions.recipe.digest)

    def wanted(self, definition: Definition, user: User, tag: str | None) -> bool:
        """Must the picture itself be fetched to decide? See store.Wanted."""
        return definition.state == "present" and self.known(definition, user, tag) is None

    def __call__(self, definition: Definition, user: User, seen: Observation) -> Outcome:
        """The outcome so far: the drift and what would be done. Never raises for a bad picture on either side."""
        outcome = Outcome(
            definition,
            self.target,
            Change("unavailable", "none", ""),
            user=user,
            source_sha256=self.renditions.hashes.get(definition.key),
            observed=seen if seen.picture is None else replace(seen, picture=None),
            shared_with=self.renditions.shared_with(definition),
        )
        comparison: Comparison | None = None
        if definition.state == "present" and seen.problem is None:
            try:
                comparison, outcome = self._compare(definition, user, seen, outcome)
            except SourceError as error:
                return replace(outcome, change=Change("invalid", "none", str(error)))
        foreign = is_foreign(self.receipts.get(user.id), seen)
        change = decide(definition, seen, comparison, foreign=foreign, on_foreign_change=self.on_foreign_change)
        return approved(replace(outcome, change=change))

    def _compare(
        self, definition: Definition, user: User, seen: Observation, outcome: Outcome
    ) -> tuple[Comparison | None, Outcome]:
        """Up the ladder; renders only where a rung needs it. Raises SourceError."""
        if not seen.present:
            return None, self._with_rendition(outcome, self.renditions.rendition(definition))
        comparison = self.known(definition, user, seen.tag)
        source, recipe = self.renditions.hashes[definition.key], self.renditions.recipe.digest
        if comparison is not None and comparison.verdict == "same":
            receipt = self.receipts[user.id]
            warnings = (receipt.service_transform,) if receipt.service_transform else ()
            return comparison, replace(outcome, desired=receipt.rendition, warnings=warnings)
        if seen.picture is not None:
            outcome = replace(outcome, observed=replace(measured(seen), picture=None))
        # A saved photo may carry a mark of its own; which source that names says nothing about the file it lies in.
        if comparison is None and not self.renditions.recipe.as_is:
            comparison = by_content(seen, None, source, recipe)
            if comparison is not None and comparison.verdict == "same":
                o = t.cast(Observation, outcome.observed)
                return comparison, replace(outcome, desired=Summary(o.sha256, o.bytes, o.width, o.height))
        rendition = self.renditions.rendition(definition)
        verdict = sharp_enough(self.compare(rendition, seen, comparison), rendition, outcome.observed or seen)
        return verdict, self._with_rendition(outcome, rendition)

    def compare(self, rendition: Rendition, seen: Observation, known: Comparison | None = None) -> Comparison:
        """The rungs that need the declared picture itself: equal bytes, then pixels."""
        if known is not None:
            return known
        if seen.sha256 is not None:  # a rendition's hash takes time
            by_bytes = by_content(seen, rendition.sha256, "", "")
            if by_bytes is not None and by_bytes.verdict == "same":
                return by_bytes
        if self.renditions.recipe.as_is and self.target == "ad":
            return Comparison("different", "bytes", "other bytes than the ones that are wanted as they are")
        if seen.picture is None:
            return Comparison("ambiguous", "pixels", "the target's picture could not be read, so it was not compared")
        return by_pixels(rendition, seen.picture)

    @staticmethod
    def _with_rendition(outcome: Outcome, rendition: Rendition) -> Outcome:
        desired = Summary(rendition.sha256, len(rendition.data), rendition.width, rendition.height)
        return replace(outcome, desired=desired, warnings=(*outcome.warnings, *rendition.notes))


def sharp_enough(comparison: Comparison, rendition: Rendition, seen: Observation) -> Comparison:
    """The same picture at half the declared size or less is not the declared photo: Entra ID hands on 96 pixels of 648.

    Not asked of what we wrote ourselves, so a service that keeps small photos only is told apart by its receipt.
    """
    if comparison.verdict == "different" or seen.width is None or rendition.width < 2 * seen.width:
        return comparison
    size = f"{seen.width}x{seen.height} of the {rendition.width}x{rendition.height} pixels that are declared"
    return Comparison("different", comparison.rung, f"the same photo, but only {size}")


def measured(seen: Observation) -> Observation:
    """The observation with the pixels of its photo filled in, where the store saw the whole photo."""
    if seen.width is not None or seen.picture is None or seen.sha256 is None:
        return seen
    try:
        summary = describe(seen.picture)
    except SourceError:
        return seen  # no picture at all; the pixel rung says so
    return replace(seen, width=summary.width, height=summary.height)


def approved(outcome: Outcome) -> Outcome:
    """The outcome with its change withheld, when there was an approval and the change is not what was approved."""
    expect = outcome.definition.expect
    change = outcome.change
    if expect is None or change.action == "none":
        return outcome
    seen = outcome.observed or Observation()
    if change.action != expect.action:
        since = f"{change.action} was not approved"
    elif (seen.tag if seen.present else None) != expect.tag:
        since = "the target holds another photo than the one that was seen then"
    elif expect.source_sha256 not in (None, outcome.source_sha256):
        since = "another picture is declared now"
    elif outcome.user is not None and expect.user_id not in (None, outcome.user.id):
        since = "the identity leads to another account now"
    else:
        return outcome
    reason = f"{change.reason}; not carried out, changed since the approval: {since}"
    return replace(outcome, change=Change(change.drift, "none", reason, change.foreign), stale=True)
