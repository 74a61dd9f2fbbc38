# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far two pictures are apart, in figures. What the figures mean is said in comparison.py.

A service keeps a photo smaller, and its pixels may be displaced by a part of one, and its outermost ones may be mixed
with white. So what was found loses its outermost pixels before anything is blurred, and the declared photo is taken
from where the found one shows it. Why that is so, and how well it works: docs/equality.md.
"""

from __future__ import annotations

import math
import operator
import struct
import typing as t
from dataclasses import dataclass

from .pillow import Image, ImageChops, ImageFilter
from .prepare import GRID, Prepared

#: The blur on the grid in pixels, and into how many parts a side is divided.
_BLUR = 1.5
_REGIONS = 6
#: What is added to gradients and levels that something is divided by, so that flat and black pictures can be compared.
_GRADIENT_FLOOR = 0.6
_LEVEL_FLOOR = 4.0
_LEVELS = tuple(range(256))
_SQUARES = tuple(level * level for level in _LEVELS)

#: How many of its outermost pixels a found picture loses at each side: Microsoft's service mixes the first one with
#: white, and a JPEG spreads that to the next, in colour more than in luma.
_BORDER = 2.0
#: How far a service may have displaced a picture, in pixels of what it keeps: half a pixel by scaling, one by a cut.
_FARTHEST = 1.5
#: The side of the grid on which a displacement is found, and from how much on, in pixels of it, it is looked for again.
_COARSE = 16
_FAR_STEP = 0.05
#: A displacement of less than this share of the side changes nothing.
_NEAR = 0.0005


@dataclass(frozen=True, slots=True)
class Measures:
    """How far two pictures are apart, on a small common grid and slightly blurred. Levels are of 255, none negative.

    Where not said otherwise, one level of difference is forgiven at each pixel: an encoder may lift or lower a plain
    wall behind a person as a whole by that much.

    Which figures these are was found by experiment: docs/equality.md.
    """

    #: Difference of the proportions (width by height) in percent; the rest means little when it is large.
    shape: float
    #: Mean luma difference in levels, and of the root of mean squared luma in percent.
    brightness: float
    contrast: float
    #: The highest mean luma difference of a sixth of the width by a sixth of the height, in levels; nothing forgiven.
    region: float
    #: Root of the mean squared luma difference over that of the luma gradient, in percent of the side: about how far
    #: edges have moved.
    moved: float
    #: By how much the found picture shows more or less of the scene, in percent of the side, as far as the luma
    #: gradient tells it: about how much was cropped.
    zoomed: float
    #: The highest luma difference, in levels; nothing forgiven.
    spot: float
    #: Of Cb and Cr whichever differs more, in levels: on the whole, root of the mean square, the highest (of which
    #: nothing is forgiven).
    tint: float
    colour: float
    colour_spot: float


#: Left, top, right and bottom, in pixels of a picture.
Box = tuple[float, float, float, float]


def measure(declared: Prepared, found: Prepared, *, part: Box | None = None, cut: bool = False) -> Measures:
    """Figures that compare a declared photo with one that was found, of any size.

    ``part``: only this part of the declared picture is declared. ``cut``: what was found may be the square in the
    middle of a photo that is not square.
    """
    left, top, right, bottom = part or (0.0, 0.0, declared.width, declared.height)
    if cut and found.width == found.height:
        side = min(right - left, bottom - top)
        left, top = (left + right - side) / 2, (top + bottom - side) / 2
        right, bottom = left + side, top + side
    shapes = [(right - left) / (bottom - top), found.width / found.height]
    pair = _Pair(declared, (left, top, right, bottom), found)
    first, second, zoom = pair.aligned()
    return _figures(first, second, 100 * (1 - min(shapes) / max(shapes)), 100 * abs(zoom))


# ------------------------------------------------------------------------------------------------------- one grid


class _Pair:
    """Two pictures, and how to bring them to one grid."""

    def __init__(self, declared: Prepared, part: Box, found: Prepared) -> None:
        self._declared = declared
        self._part = part
        # Whole pixels of the shrunk picture, as none of them may have anything of what is left out; and one more, as
        # a JPEG that shrinks while it is decoded spreads a hard edge.
        border = _BORDER * found.scale
        self._border = border if 24 * border <= min(found.width, found.height) else 0.0
        self._inner = (found.width - 2 * self._border, found.height - 2 * self._border)
        sides = (*self._inner, part[2] - part[0], part[3] - part[1])
        self._side = max(1, int(min(GRID, *sides)))
        self._found = found

    def aligned(self) -> tuple[Image.Image, Image.Image, float]:
        """Both pictures in YCbCr on the grid, the declared one from where the found one shows it, and blurred.

        And by which share of its size the found one is still larger, 0 where that cannot be told.
        """
        border, found = self._border, self._found
        second = self._grid(
            found.pixels, found.scale, (border, border, border + self._inner[0], border + self._inner[1])
        )
        if not border or self._side < _COARSE:
            first = self._shown(self._declared.pixels, 0.0, 0.0)
            return self._blurred(first), self._blurred(second), 0.0
        # Luma alone says where it is, and is scaled in a third of the time.
        luma, after = self._declared.pixels.getchannel(0), _coarse(second.getchannel(0))
        across = down = used_across = used_down = 0.0
        slopes = _Slopes(_coarse(self._shown(luma, 0.0, 0.0)), after)
        for _turn in range(2):
            step = slopes.displacement()
            across = _within(across + step[0] * self._inner[0] / _COARSE)
            down = _within(down + step[1] * self._inner[1] / _COARSE)
            if max(abs(across) / found.width, abs(down) / found.height) >= _NEAR:
                used_across, used_down = across, down
                slopes = _Slopes(_coarse(self._shown(luma, across, down)), after)
            if max(map(abs, step)) < _FAR_STEP:
                break
        first = self._shown(self._declared.pixels, used_across, used_down)
        return self._blurred(first), self._blurred(second), slopes.zoom()

    def _shown(self, pixels: Image.Image, across: float, down: float) -> Image.Image:
        """The part of the declared photo that is seen where the found one was not cut off, on the grid.

        ``pixels``: those of the declared photo, or their luma. ``across``, ``down``: by how many pixels of the found
        picture its content is displaced to the lower right.
        """
        left, top, right, bottom = self._part
        x, y = (right - left) / self._found.width, (bottom - top) / self._found.height
        start = (left + x * (self._border - across), top + y * (self._border - down))
        box = (*start, start[0] + x * self._inner[0], start[1] + y * self._inner[1])
        return self._grid(pixels, self._declared.scale, box)

    def _grid(self, pixels: Image.Image, scale: int, box: Box) -> Image.Image:
        """A part of a picture, given in its own pixels, on the grid. Each of ``pixels`` is ``scale`` of them wide."""
        ends = (pixels.width, pixels.height) * 2
        inside = tuple(min(max(0.0, edge / scale), float(end)) for edge, end in zip(box, ends, strict=True))
        size = (self._side, self._side)
        return pixels.resize(size, Image.Resampling.BILINEAR, t.cast("Box", inside))

    def _blurred(self, picture: Image.Image) -> Image.Image:
        """Blurred so that what resampling does to fine detail counts little."""
        luma, *chroma = bands = picture.split()
        # A service keeps colour at half resolution, which on a small picture is much of it: there it is blurred as
        # widely, counted in pixels of the found picture, as on a large one.
        wider = 2 * self._side / min(self._inner)
        if wider < 1.1:
            return Image.merge("RGB", bands).filter(ImageFilter.BoxBlur(_BLUR))  # YCbCr itself has no filters
        fine, wide = ImageFilter.BoxBlur(_BLUR * self._side / GRID), ImageFilter.BoxBlur(_BLUR * wider)
        return Image.merge("RGB", (luma.filter(fine), *(band.filter(wide) for band in chroma)))


def _within(pixels: float) -> float:
    return max(-_FARTHEST, min(_FARTHEST, pixels))


def _coarse(luma: Image.Image) -> bytes:
    """The luma of a picture on the coarse grid."""
    return luma.resize((_COARSE, _COARSE), Image.Resampling.BILINEAR).tobytes()


def _at(across: int, down: int) -> t.Callable[[bytes], tuple[int, ...]]:
    """Takes from a coarse grid all pixels but the outermost, or their neighbours in one direction."""
    inner = range(1, _COARSE - 1)
    return operator.itemgetter(*((y + down) * _COARSE + x + across for y in inner for x in inner))


_MIDDLE, _RIGHT, _LEFT, _BELOW, _ABOVE = _at(0, 0), _at(1, 0), _at(-1, 0), _at(0, 1), _at(0, -1)


class _Slopes:
    """Luma gradients of a picture on the coarse grid, twice as high, and how another picture differs from it there."""

    def __init__(self, first: bytes, second: bytes) -> None:
        self.across = tuple(map(operator.sub, _RIGHT(first), _LEFT(first)))
        self.down = tuple(map(operator.sub, _BELOW(first), _ABOVE(first)))
        self.difference = tuple(map(operator.sub, _MIDDLE(second), _MIDDLE(first)))

    def displacement(self) -> tuple[float, float]:
        """By how much the second picture's content is displaced to the right and downwards, in pixels of the grid.

        The least squares solution of: difference = brightness - gradient * displacement (Lucas and Kanade, 1981).
        """
        # One level squared a pixel is added, so that a plain picture is not displaced by noise.
        xx = _product(self.across, self.across) + len(self.across)
        yy = _product(self.down, self.down) + len(self.down)
        xy = _product(self.across, self.down)
        xd, yd = _product(self.across, self.difference), _product(self.down, self.difference)
        whole = xx * yy - xy * xy  # positive, as both have something added
        return -2 * (yy * xd - xy * yd) / whole, -2 * (xx * yd - xy * xd) / whole

    def zoom(self) -> float:
        """By which share of its size the second picture's content is larger, or smaller when negative.

        In the same way, with a displacement that grows with the distance from the middle.
        """
        outwards = tuple(
            map(operator.add, map(operator.mul, self.across, _ACROSS), map(operator.mul, self.down, _DOWN))
        )
        square = _product(outwards, outwards) + len(outwards) * _COARSE**2 / 2
        return -2 * _product(outwards, self.difference) / square


#: How far each pixel of the coarse grid but the outermost is from the middle, to the right and downwards.
_FROM_MIDDLE = tuple(place - (_COARSE - 3) / 2 for place in range(_COARSE - 2))
_ACROSS, _DOWN = _FROM_MIDDLE * (_COARSE - 2), tuple(y for y in _FROM_MIDDLE for _x in _FROM_MIDDLE)


def _product(one: t.Sequence[float], other: t.Sequence[float]) -> float:
    """The sum of products, each value less its mean."""
    return sum(map(operator.mul, one, other), 0.0) - sum(one) * sum(other) / len(one)


# ---------------------------------------------------------------------------------------------------------- figures


def _figures(first: Image.Image, second: Image.Image, shape: float, zoomed: float) -> Measures:
    """Of two pictures on the grid. All three bands are worked on at once: many small steps keep threads waiting."""
    peaks = [high for _low, high in _extrema(ImageChops.difference(first, second))]
    more, less = _above(first, second), _above(second, first)
    up, down = _moments(more, peaks), _moments(less, peaks)
    means = [abs(one.mean - other.mean) for one, other in zip(up, down, strict=True)]
    rms = [math.sqrt(one.square + other.square) for one, other in zip(up, down, strict=True)]
    luma, other = first.getchannel(0), second.getchannel(0)
    forgiven = ImageChops.subtract(ImageChops.add(other, more.getchannel(0)), less.getchannel(0))
    strengths = [_strength(other), _strength(forgiven)]
    regions = zip(_regions(luma), _regions(other), strict=True)
    return Measures(
        shape=shape,
        brightness=means[0],
        contrast=100 * (max(strengths) / min(strengths) - 1),
        region=max(abs(one - other) for one, other in regions),
        moved=100 * rms[0] / (_gradient(luma) + _GRADIENT_FLOOR) / luma.width,
        zoomed=zoomed,
        spot=float(peaks[0]),
        tint=max(means[1:]),
        colour=max(rms[1:]),
        colour_spot=float(max(peaks[1:])),
    )


class _Moments(t.NamedTuple):
    """The mean level of a band, and the mean of the squared levels."""

    mean: float
    square: float


def _moments(picture: Image.Image, highest: t.Sequence[int]) -> list[_Moments]:
    """Of each band, in which no level is above its ``highest``. As ImageStat has them, in much less than its time."""
    counts = picture.histogram()
    pixels = max(1, picture.width * picture.height)  # a picture one pixel wide has no gradient across
    found = []
    for band, most in enumerate(highest):
        part = counts[256 * band : 256 * band + most + 1]
        mean, square = sum(map(operator.mul, part, _LEVELS)), sum(map(operator.mul, part, _SQUARES))
        found.append(_Moments(mean / pixels, square / pixels))
    return found


def _above(picture: Image.Image, base: Image.Image) -> Image.Image:
    """By how much a picture is above another, after one level is forgiven."""
    return ImageChops.subtract(picture, base, scale=1, offset=-1)


def _extrema(picture: Image.Image) -> t.Sequence[tuple[int, int]]:
    """The lowest and the highest level of each of several bands."""
    return t.cast("tuple[tuple[int, int], ...]", picture.getextrema())


def _regions(luma: Image.Image) -> list[float]:
    """Mean levels of six by six regions."""
    small = luma.convert("F").resize((_REGIONS, _REGIONS), Image.Resampling.BOX)
    return list(struct.unpack(f"{_REGIONS**2}f", small.tobytes()))


def _strength(luma: Image.Image) -> float:
    """The root of the mean squared level, each level raised by the floor."""
    ((mean, square),) = _moments(luma, (255,))
    return math.sqrt(square + 2 * _LEVEL_FLOOR * mean + _LEVEL_FLOOR**2)


def _gradient(luma: Image.Image) -> float:
    """The root of the mean squared luma gradient, in levels a pixel."""
    side = luma.width
    across = ImageChops.difference(luma.crop((1, 0, side, side)), luma.crop((0, 0, side - 1, side)))
    down = ImageChops.difference(luma.crop((0, 1, side, side)), luma.crop((0, 0, side, side - 1)))
    return math.sqrt(sum(_moments(slope, (_highest(slope),))[0].square for slope in (across, down)))


def _highest(band: Image.Image) -> int:
    return t.cast("tuple[int, int]", band.getextrema())[1] if band.width and band.height else 0
