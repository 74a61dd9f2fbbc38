# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps 4 and 5 of the algorithm for one user: from a definition and an observation to the change and its reason."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from .._core.model import (
    REMOVED,
    Change,
    Comparison,
    Definition,
    Observation,
    Outcome,
    Receipt,
    Rendition,
    SourceElsewhere,
    SourceError,
    Summary,
    User,
)
from .._core.option_names import called
from .._core.targets import TARGETS
from .._pictures.comparison import by_content, by_pixels, by_tag
from .._pictures.decode import describe
from .._pictures.fingerprint import fingerprint, matches
from .._pictures.mark import frame_size
from .._pictures.recipe_check import breach
from .approval import approved
from .default_picture import DefaultPictures, stepped_back
from .guards import decide, shared_reason
from .on_its_way import never_shown, on_its_way
from .options import Settings
from .renditions import Renditions

#: The change of an outcome that gets another one.
NOT_DECIDED = Change("unavailable", "none", "")


class Found(t.NamedTuple):
    """What comparing found for one user: what the outcome says besides the change."""

    observed: Observation
    #: None: there was nothing to compare.
    comparison: Comparison | None = None
    desired: Summary | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Planner:
    """What planning one user needs besides definition and observation. It changes nothing, so threads may share it.

    ``keeps_bytes``: the target keeps a photo's bytes as they are. ``limit``: the most bytes that it accepts.
    """

    target: str
    keeps_bytes: bool
    renditions: Renditions
    receipts: t.Mapping[str, Receipt]
    settings: Settings
    limit: int | None = None
    defaults: DefaultPictures = field(default_factory=DefaultPictures)

    def has_own(self, definition: Definition, user: User, tag: str | None) -> bool:
        """Do the receipts say that the photo with this tag is the user's own and not the default picture?"""
        return self.defaults.is_own(definition, user.id, tag, self.renditions.hashes.get(definition.key))

    def known(self, definition: Definition, user: User, tag: str | None) -> Comparison | None:
        """The answer of the first step of comparing alone, or None."""
        receipt = self.receipts.get(user.id)
        if definition.state == "absent" or receipt is None or not receipt.seen:
            return None
        source = self.renditions.hashes[definition.key]
        if definition.copied and receipt.source_sha256 != source:
            return None  # a service's other bytes may be the same picture, and only the pictures decide that
        return by_tag(receipt, tag, source, self.renditions.recipe.digest)

    def wanted(self, definition: Definition, user: User, tag: str | None) -> bool:
        """Is the picture itself needed to decide? See store.Wanted."""
        if is_elsewhere(definition):
            return False  # there is nothing to compare with
        expect = definition.expect
        if expect is not None and expect.fingerprint is not None and tag != expect.tag:
            return True
        if definition.default:
            known = self.known(definition, user, tag)
            return (known is None or known.verdict != "same") and not self.has_own(definition, user, tag)
        if definition.state == "present":
            return self.known(definition, user, tag) is None
        receipt = self.receipts.get(user.id)
        return receipt is not None and not self.keeps_bytes and tag != receipt.tag

    def expected(self, user: User) -> bool:
        """Do the receipts say that this user has a photo? See store.Expected."""
        receipt = self.receipts.get(user.id)
        return receipt is not None and receipt.seen and receipt.tag is not None

    def __call__(self, definition: Definition, user: User, seen: Observation) -> Outcome:
        """The outcome so far: the drift and the planned change.

        Never raises for an unusable picture, declared or observed.
        """
        receipt = self.receipts.get(user.id)
        found = Found(self._without_picture(seen, receipt))

        def outcome(change: Change, *, source_needed: bool = False) -> Outcome:
            # Made once, at the end: a copy with another value takes longer than most steps before it.
            return Outcome(
                definition,
                self.target,
                change,
                user=user,
                source_sha256=self.renditions.hashes.get(definition.key),
                desired=found.desired,
                observed=found.observed,
                warnings=found.warnings,
                shared_with=self.renditions.shared_with(definition),
                source_needed=source_needed,
            )

        if seen.present and seen.problem is None and self.has_own(definition, user, seen.tag):
            return approved(stepped_back(outcome(NOT_DECIDED)), seen.picture)
        if definition.state == "present" and seen.problem is None:
            try:
                found = self._compare(definition, user, seen, found.observed)
            except SourceElsewhere as error:
                return outcome(Change("unavailable", "none", str(error)), source_needed=True)
            except SourceError as error:
                return outcome(Change("invalid", "none", str(error)))
        comparison = found.comparison
        if definition.default and not self.defaults.may_replace(
            user.id, comparison, seen, found.observed, self.keeps_bytes
        ):
            return approved(stepped_back(outcome(NOT_DECIDED)), seen.picture)
        foreign = self.is_foreign(receipt, seen, comparison)
        policy = self.settings.on_foreign_change
        option = called("on_foreign_change", self.settings.option_prefix)
        change = decide(definition, seen, comparison, foreign=foreign, on_foreign_change=policy, option=option)
        return approved(self._allowed(outcome(change), receipt), seen.picture)

    def _without_picture(self, seen: Observation, receipt: Receipt | None) -> Observation:
        """What is kept of an observation: hashes and sizes, and a fingerprint where tags can change without a write."""
        if self.keeps_bytes or not seen.present:
            return seen if seen.picture is None else replace(seen, picture=None)
        if seen.picture is not None:
            return replace(seen, picture=None, fingerprint=fingerprint(seen.picture))
        if receipt is not None and receipt.seen and receipt.tag == seen.tag:
            return replace(seen, fingerprint=receipt.fingerprint)
        return seen

    def is_foreign(self, receipt: Receipt | None, seen: Observation, comparison: Comparison | None) -> bool:
        """Has somebody else set another picture since our receipt?

        Without a receipt this is not known, and the answer is no.

        Another tag is a reason to compare, but no proof: Microsoft 365 stores photos again without a write.
        """
        if receipt is None or seen.problem is not None:
            return False
        pending, current = receipt.pending, seen.tag if seen.present else None
        if receipt.seen:
            if current == receipt.tag:
                return False
        elif pending is None or (current == pending.before and not pending.over_foreign):
            return False
        prints = pending.prints if pending is not None else ()
        if not seen.present:
            return REMOVED not in prints
        if comparison is not None and (comparison.verdict == "same" or comparison.by_product):
            return False
        # Where the target keeps bytes, the tag is their hash, also when the receipt was enough and nothing was read.
        digest = seen.tag if self.keeps_bytes else seen.sha256
        if digest is not None and (digest in prints or (pending is not None and digest == pending.sha256)):
            return False
        if self.keeps_bytes or seen.picture is None:
            return True
        ours = (receipt.fingerprint if receipt.seen else None, *prints)
        return not any(matches(known, seen.picture) for known in ours)

    def _compare(self, definition: Definition, user: User, seen: Observation, observed: Observation) -> Found:
        """Compares step by step; renders only when a step needs it. Raises SourceError.

        ``observed``: the observation without its picture.
        """
        if not seen.present:
            return _with_rendition(observed, None, self.renditions.rendition(definition))
        comparison = self.known(definition, user, seen.tag)
        source, recipe = self.renditions.hashes[definition.key], self.renditions.recipe
        if comparison is not None and comparison.verdict == "same":
            receipt = self.receipts[user.id]
            warnings = (receipt.service_transform,) if receipt.service_transform else ()
            return Found(observed, comparison, receipt.rendition, warnings)
        # By what the bytes say, before a picture is opened.
        content = None
        if comparison is None and not recipe.as_is:
            content = by_content(seen, None, source, recipe.digest)
        if seen.picture is not None:
            ours = content is not None and content.verdict == "same" and content.rung == "mark"
            observed = measured(observed, seen.picture, ours=ours)
        # A restored photo can have a mark of its own. The source in that mark is not the file in the backups.
        if content is not None:
            comparison = content
            if comparison.verdict == "same":
                kept = self._as_declared(comparison, seen)
                if kept.verdict == "same":
                    desired = Summary(observed.sha256, observed.bytes, observed.width, observed.height)
                    return Found(observed, kept, desired)
                comparison = kept
        if comparison is None and seen.picture is not None:
            look = self.renditions.first_look(definition, seen.picture, sized=is_sized(seen))
            if look is not None:
                verdict = self._sharp(self._as_declared(look.comparison, seen), (look.width, look.height), observed)
                if verdict.verdict == "same":
                    return Found(observed, verdict, Summary(width=look.width, height=look.height))
        rendition = self.renditions.rendition(definition)
        size = (rendition.width, rendition.height)
        verdict = self._sharp(self.compare(rendition, seen, comparison), size, observed)
        return _with_rendition(observed, verdict, rendition)

    def compare(self, rendition: Rendition, seen: Observation, known: Comparison | None = None) -> Comparison:
        """The steps that need the declared picture itself: equal bytes, then pixels.

        Equal bytes win over ``known``: the source in a receipt of a restore is a file of the backups.
        """
        if seen.sha256 is not None:  # the hash of a rendition takes time
            by_bytes = by_content(seen, rendition.sha256, "", "")
            if by_bytes is not None and by_bytes.verdict == "same":
                return by_bytes
        if known is not None:
            return known
        if self.renditions.recipe.as_is and self.keeps_bytes:
            return Comparison("different", "bytes", "the bytes differ from the declared file")
        if seen.picture is None:
            return Comparison("ambiguous", "pixels", "the target's picture could not be read, so it was not compared")
        return self._as_declared(by_pixels(rendition, seen.picture, sized=is_sized(seen)), seen)

    def _as_declared(self, comparison: Comparison, seen: Observation) -> Comparison:
        """Where the target keeps bytes as they are, the same picture must also meet the recipe."""
        if comparison.verdict != "same" or comparison.rung == "mark" or not self.keeps_bytes or seen.picture is None:
            return comparison
        what = breach(seen.picture, self.renditions.recipe)
        if what is None:
            return comparison
        known, there = self._by_product, measured(seen, seen.picture)
        if known is not None and comparison.rung == "pixels" and (there.width, there.height) == (known[1], known[1]):
            return by_product_of(known, f"but {what}")
        return _not_as_declared(comparison, f"the same photo, but {what}")

    def _sharp(self, comparison: Comparison, declared: tuple[int, int], seen: Observation) -> Comparison:
        """See ``sharp_enough`` and ``not_a_by_product``."""
        return sharp_enough(not_a_by_product(comparison, self._by_product, declared, seen), declared, seen)

    @property
    def _by_product(self) -> tuple[str, int] | None:
        known = TARGETS.get(self.target)
        return known.by_product if known is not None else None

    def _allowed(self, outcome: Outcome, receipt: Receipt | None) -> Outcome:
        """The outcome with its change withheld when it must not be made, or was already sent."""
        change, definition = outcome.change, outcome.definition
        if change.action == "none":
            return outcome
        since = on_its_way(outcome, receipt, self.renditions.recipe.digest)
        if since is not None and receipt is not None and receipt.pending is not None:
            reason = f"{change.reason}; it was written {since:.0f} s ago, and the target does not show it yet"
            withheld = Change(change.drift, "none", reason, change.foreign)
            return replace(outcome, change=withheld, verified=False, error=never_shown(receipt.pending.unseen))
        if change.action != "put":
            return outcome
        size = outcome.desired.bytes if outcome.desired is not None else None
        if self.limit is not None and size is not None and size > self.limit:
            why = (
                f"{definition.user}: the photo has {size:,} bytes, and the target takes {self.limit:,} (rangeUpper of "
                f"thumbnailPhoto); set max_bytes to {self.limit} or less"
            )
            return replace(outcome, change=Change("unavailable", "none", why))
        sharers = self.renditions.shared_with(definition)
        if sharers and self.settings.shared_pictures == "refuse":
            why = f"{definition.user}: {shared_reason(sharers, self.settings.option_prefix)}"
            return replace(outcome, change=Change("invalid", "none", why, change.foreign))
        return outcome


def _with_rendition(observed: Observation, comparison: Comparison | None, rendition: Rendition) -> Found:
    desired = Summary(rendition.sha256, len(rendition.data), rendition.width, rendition.height)
    return Found(observed, comparison, desired, rendition.notes)


def _not_as_declared(comparison: Comparison, reason: str) -> Comparison:
    """The same picture, but not as the recipe wants it."""
    return Comparison("different", comparison.rung, reason, same_picture=True)


def is_elsewhere(definition: Definition) -> bool:
    """Is only the hash of the declared picture known on this host?"""
    return definition.source is not None and not definition.source.at_hand


def is_sized(seen: Observation) -> bool:
    """Is the picture a smaller rendition of the service, and not the photo itself?"""
    return seen.sha256 is None


def not_a_by_product(
    comparison: Comparison, by_product: tuple[str, int] | None, declared: tuple[int, int], seen: Observation
) -> Comparison:
    """Verdict "different" for a copy, smaller than declared, that a write to another target left here."""
    if by_product is None or comparison.verdict != "same" or comparison.rung in ("tag", "bytes", "mark"):
        return comparison
    _who, side = by_product
    if (seen.width, seen.height) != (side, side) or min(declared) <= side:
        return comparison
    return by_product_of(by_product, f"{declared[0]}x{declared[1]} are declared")


def by_product_of(by_product: tuple[str, int], more: str) -> Comparison:
    """It is the copy that a write to another target left here. ``more`` ends the sentence."""
    who, side = by_product
    reason = f"the declared photo in {side}x{side} pixels, as {who} writes it here with its own photo; {more}"
    return Comparison("different", "pixels", reason, by_product=True)


def sharp_enough(comparison: Comparison, declared: tuple[int, int], seen: Observation) -> Comparison:
    """The same picture at half the declared size or less is not the declared photo: Entra ID hands on 96 pixels of 648.

    ``declared``: width and height of the rendition. Not applied to photos that we wrote ourselves, so a service that
    keeps only small photos is recognised by its receipt.
    """
    if comparison.verdict == "different" or seen.width is None or seen.height is None:
        return comparison
    there = min(seen.width, seen.height)
    if min(declared) < 2 * there:
        return comparison
    reason = (
        f"the same photo, but {seen.width}x{seen.height} pixels are there and {declared[0]}x{declared[1]} are "
        f"declared; a new put makes it sharp.  Where a target keeps no more, set size to {there}"
    )
    return _not_as_declared(comparison, reason)


def measured(seen: Observation, picture: bytes, *, ours: bool = False) -> Observation:
    """The observation with the pixels of its photo filled in, if the store saw the whole photo.

    ``ours``: its mark says that it is our rendition, so that its header is enough.
    """
    if seen.width is not None or seen.sha256 is None:
        return seen
    size = frame_size(picture) if ours else None
    if size is not None:
        return replace(seen, width=size[0], height=size[1])
    try:
        summary = describe(picture)
    except SourceError:
        return seen  # no picture at all; the comparison of pixels reports it
    return replace(seen, width=summary.width, height=summary.height)
