# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is what the target holds the declared photo? A ladder of evidence, cheapest first.

Each rung answers with a reason in words, or leaves the question to the next.
"""

from __future__ import annotations

import typing as t

from .._core.model import Comparison, Observation, Receipt, Rendition, SourceError
from .decode import PictureError
from .mark import read_mark
from .measure import Measures, measure, prepared


def by_tag(receipt: Receipt | None, tag: str | None, source_sha256: str, recipe_digest: str) -> Comparison | None:
    """What our memory says, without a download. None: nothing, as when somebody else wrote since our last put."""
    if receipt is None or tag is None or receipt.tag != tag:
        return None
    if receipt.source_sha256 != source_sha256:
        return Comparison("different", "tag", "untouched since our last upload, but the declared picture is a new one")
    if receipt.recipe != recipe_digest:
        return Comparison("different", "tag", "untouched since our last upload, but size, limit or crop are new")
    return Comparison("same", "tag", "untouched since we uploaded the declared picture")


def by_content(
    observation: Observation, rendition_sha256: str | None, source_sha256: str, recipe_digest: str
) -> Comparison | None:
    """What the bytes say: their hash, then our mark in them. Nothing is decoded. None: they leave it open.

    A mark of another source leaves it open too: an export of the cloud's copy of a photo, say, is another file and yet
    the same picture, and only the pixels can tell.
    """
    if observation.sha256 is not None and observation.sha256 == rendition_sha256:
        return Comparison("same", "bytes", "the same bytes")
    if observation.sha256 is not None and observation.sha256 == source_sha256:
        return Comparison("same", "bytes", "the declared file itself, byte for byte")
    mark = read_mark(observation.picture) if observation.picture is not None else None
    if mark is None:
        return None
    if mark.recipe_digest != recipe_digest:
        return Comparison("different", "mark", "our own photo, in another size, limit or crop")
    if mark.source_sha256 != source_sha256:
        return None
    return Comparison("same", "mark", "our own photo of the declared picture, untouched")


class Bound(t.NamedTuple):
    """A figure up to ``same`` speaks for the same photo, from ``different`` on against it; between it is open."""

    words: str
    unit: str
    same: float
    different: float


#: By figure of Measures. Set by tests/experiments/equality on one half of its photographs, and wider where that
#: lets no alteration pass (contrast, tint, colour); docs/equality.md has how they do on the other half.
BOUNDS: dict[str, Bound] = {
    "shape": Bound("shape", " %", 1.5, 3.0),
    "brightness": Bound("brightness", " levels", 1.05, 1.15),
    "contrast": Bound("light against dark", " %", 1.0, 1.1),
    "region": Bound("the brightness of a part", " levels", 5.0, 5.5),
    "moved": Bound("position", " % of the side", 0.3, 0.33),
    "spot": Bound("the most different spot", " levels", 24.0, 27.0),
    "tint": Bound("tint", " levels", 1.0, 1.2),
    "colour": Bound("colour", " levels", 2.7, 3.0),
    "colour_spot": Bound("the most different coloured spot", " levels", 15.0, 17.0),
}

#: How many times the upper bound a figure must be to prove that a read-back is somebody else's photo.
FAR = 6.0


def by_pixels(declared: bytes | Rendition, observed: bytes) -> Comparison:
    """What the pictures look like, for photos that a service has re-encoded or scaled.

    ``declared`` is our rendition, or the JPEG of it; ``observed`` whatever the target gave, which may be no picture.
    SourceError only when the declared one is no picture.
    """
    first = prepared(declared, "the declared photo")
    try:
        second = prepared(observed, "the photo that was found")
    except PictureError as error:
        return Comparison("different", "pixels", f"what the target holds is no usable picture: {error.problem}")
    return by_figures(measure(first, second))


def clearly_another(declared_jpeg: bytes, observed: bytes) -> bool:
    """Is a read-back so far from our upload that a service's handling cannot be the reason?

    Right after a put the photo is ours unless much speaks against it, so a figure a little over its bound is no proof.
    """
    try:
        figures = measure(*(prepared(picture, "the photo") for picture in (declared_jpeg, observed)))
    except SourceError:
        return True
    return any(abs(getattr(figures, name)) >= FAR * bound.different for name, bound in BOUNDS.items())


#: Two signatures (measure.signature) that differ by more, on average, in levels are surely not of one picture.
ALIKE = 6.0


def may_look_alike(one: bytes, other: bytes) -> bool:
    """Are these signatures near enough to be worth a comparison of the pictures?"""
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) <= ALIKE * len(one)


def by_figures(figures: Measures) -> Comparison:
    """The verdict on measured figures: all must speak for the same photo, and one that speaks against it is enough."""
    values = [(abs(getattr(figures, name)), bound) for name, bound in BOUNDS.items()]
    against = [(value, bound) for value, bound in values if value >= bound.different]
    # The figure that is told is one that decided.
    value, bound = max(against or values, key=lambda each: each[0] / each[1].same)
    shown = f"{value:.3g}" if value < 100 else f"{value:.0f}"
    distance = f"{bound.words} differs by {shown}{bound.unit}, of {bound.same:g} allowed"
    if against:
        return Comparison("different", "pixels", f"another photo: {distance}")
    if value > bound.same:
        return Comparison("ambiguous", "pixels", f"not sure that it is the same photo: {distance}")
    return Comparison("same", "pixels", f"same photo, re-encoded: {distance}")
