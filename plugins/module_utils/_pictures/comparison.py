# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the target hold the declared photo? Evidence is examined in steps, the cheapest first.

Each step gives an answer with a reason in words, or leaves the question to the next step.
"""

from __future__ import annotations

import itertools
import typing as t

from .._core.model import Comparison, Observation, Receipt, Recipe, Rendition
from . import geometry, scaling
from .decode import PictureError
from .mark import read_mark
from .measure import Measures, measure
from .prepare import Prepared, prepared

#: The three answers of ``by_tag``. There is one object of each, since every user of a run gets one of them.
_SAME = Comparison("same", "tag", "unchanged since we uploaded the declared picture")
_OTHER_SOURCE = Comparison("different", "tag", "unchanged since our last upload, but another picture is declared now")
_OTHER_RECIPE = Comparison("different", "tag", "unchanged since our last upload, but size, limit or crop have changed")


def by_tag(receipt: Receipt | None, tag: str | None, source_sha256: str, recipe_digest: str) -> Comparison | None:
    """What our receipt says, without a download.

    None: nothing, for example when somebody else wrote since our last put, or when a run was killed after its put: the
    next run records that the photo is ours, but not which picture it is.
    """
    if receipt is None or tag is None or receipt.tag != tag or receipt.source_sha256 is None:
        return None
    if receipt.source_sha256 != source_sha256:
        return _OTHER_SOURCE
    if receipt.recipe != recipe_digest:
        return _OTHER_RECIPE
    return _SAME


def by_content(
    observation: Observation, rendition_sha256: str | None, source_sha256: str, recipe_digest: str
) -> Comparison | None:
    """What the bytes say: their hash, then our mark in them. Nothing is decoded. None: they do not decide.

    A mark of another source does not decide either: an export of the photo that the cloud holds, for example, is
    another file and yet the same picture. Only the pixels decide that.
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
    return Comparison("same", "mark", "our own photo of the declared picture, unchanged")


class Bound(t.NamedTuple):
    """A figure up to ``same`` is the same photo, a figure above ``different`` another one; between the two it is
    undecided.

    ``words`` describe the figure in a sentence.
    """

    words: str
    same: float
    different: float


#: By figure of Measures. Set by tests/experiments/equality on one half of its photographs, and made wider (contrast,
#: tint, colour) where no altered picture passes because of it. docs/equality.md has the results on the other half.
BOUNDS: dict[str, Bound] = {
    "shape": Bound("the proportions differ by {} %", 1.5, 3.0),
    "brightness": Bound("the brightness differs by {} of 255 levels", 1.05, 1.15),
    "contrast": Bound("the contrast differs by {} %", 1.0, 1.1),
    "region": Bound("the brightness of one part differs by {} of 255 levels", 5.0, 5.5),
    "moved": Bound("edges have moved by {} % of the side", 0.25, 0.28),
    "zoomed": Bound("the picture is larger or smaller by {} % of the side", 0.6, 0.75),
    "spot": Bound("the brightness of one spot differs by {} of 255 levels", 20.0, 23.0),
    "tint": Bound("the tint differs by {} of 255 levels", 1.0, 1.2),
    "colour": Bound("the colours differ by {} of 255 levels", 2.7, 3.0),
    "colour_spot": Bound("the colour of one spot differs by {} of 255 levels", 14.0, 16.0),
}

#: A read-back is certainly another photo when a figure is more than so many times its upper bound.
FAR = 6.0


def by_pixels(declared: bytes | Rendition, observed: bytes, *, sized: bool = False) -> Comparison:
    """Compares by pixels, for photos that a service has re-encoded or scaled.

    ``declared`` is our rendition, or the JPEG of it; ``observed`` is what the target returned, which may be no picture.
    ``sized``: it is not the photo itself but a smaller rendition of the service, which is always square. Then the
    square in the middle of a declared photo is compared.
    Raises PictureError only when the declared photo is no picture.
    """
    first = prepared(declared, "the declared photo")
    try:
        second = prepared(observed, "the photo that was found")
    except PictureError as error:
        return Comparison("different", "pixels", f"the photo at the target is not a usable picture: {error.problem}")
    return by_figures(_nearest(declared, first, second, sized))


class FirstLook(t.NamedTuple):
    """The same photo, found without making its rendition, which would have ``width`` by ``height`` pixels."""

    comparison: Comparison
    width: int
    height: int


#: The share of each bound that a quick comparison may use.
CERTAIN = 0.8


def by_source(source: bytes, recipe: Recipe, name: str, observed: bytes, *, sized: bool = False) -> FirstLook | None:
    """Does the target certainly hold what this recipe makes of this source? Nothing is scaled up, cropped or encoded.

    ``source`` is the source file, which messages call ``name``; ``observed`` and ``sized`` are as for ``by_pixels``.
    The answer is "the same" or None: then make the rendition and use ``by_pixels``.
    Raises PictureError when the source is no picture.
    """
    if recipe.crop == "face" or recipe.as_is:
        return None
    first = prepared(source, name, recipe.background)
    box = (0, 0, first.width, first.height)
    if recipe.crop != "none":
        box = geometry.square(first.width, first.height, at_top=recipe.crop == "top")
    try:
        second = prepared(observed, "the photo that was found")
    except PictureError:
        return None
    figures = measure(first, second, part=box, cut=sized)
    return FirstLook(by_figures(figures), *geometry.fit(box, recipe.size)) if _distance(figures) <= CERTAIN else None


def clearly_another(declared: bytes | Rendition, observed: bytes, *, sized: bool = False) -> bool:
    """Does a read-back differ from our upload more than any service transform explains?

    Right after a put the photo is most probably ours, so a figure a little over its bound is no proof.
    """
    try:
        first, second = prepared(declared, "the declared photo"), prepared(observed, "the photo that was found")
        figures = _nearest(declared, first, second, sized)
    except PictureError:
        return True
    return any(abs(getattr(figures, name)) >= FAR * bound.different for name, bound in BOUNDS.items())


#: Up to this distance the ways of scaling are tried. Sampling single pixels gives larger distances than filters do.
_FILTERED = 4.0
_SINGLE_PIXELS = 12.0


def _nearest(declared: bytes | Rendition, first: Prepared, second: Prepared, sized: bool) -> Measures:
    """The figures for the way of scaling that explains the found picture best.

    For photographs this is nearly always the first one. The others take milliseconds, so they are tried only when the
    first leaves a doubt.
    """
    best = measure(first, second, cut=sized)
    if not 1 < _distance(best) < _SINGLE_PIXELS or min(first.width, first.height) <= min(second.width, second.height):
        return best
    picture = scaling.whole(declared)
    ways = [scaling.single_pixels(picture, second, cut=sized)]
    if _distance(best) < _FILTERED:
        ways.append(scaling.all_pixels(picture, second, cut=sized))
    for scaled in itertools.chain.from_iterable(ways):
        best = min(best, measure(scaled, second, cut=sized), key=_distance)
        if _distance(best) <= 1:
            break
    return best


def _distance(figures: Measures) -> float:
    """The largest figure, as a multiple of its bound ``same``: up to 1 it is the same photo."""
    return max(float(abs(getattr(figures, name))) / bound.same for name, bound in BOUNDS.items())


#: Two signatures (prepare.signature) that differ by more levels on average are certainly of two pictures.
ALIKE = 6.0


def may_look_alike(one: bytes, other: bytes) -> bool:
    """Are these signatures similar enough to compare the pictures?"""
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) <= ALIKE * len(one)


def by_figures(figures: Measures) -> Comparison:
    """The verdict on measured figures: "same" needs all figures, "different" needs only one."""
    values = [(abs(getattr(figures, name)), bound) for name, bound in BOUNDS.items()]
    against = [(value, bound) for value, bound in values if value >= bound.different]
    # The message names a figure that decided.
    value, bound = max(against or values, key=lambda each: each[0] / each[1].same)
    shown = f"{value:.3g}" if value < 100 else f"{value:.0f}"
    distance = f"{bound.words.format(shown)}; at most {bound.same:g} is a re-encoding"
    if against:
        return Comparison("different", "pixels", f"another photo: {distance}")
    if value > bound.same:
        return Comparison("ambiguous", "pixels", f"not sure that it is the same photo: {distance}")
    return Comparison("same", "pixels", f"the same photo, re-encoded: {distance}")
