# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures how much two pictures differ, in figures. comparison.py decides what the figures mean.

A service keeps a smaller photo, may displace its pixels by a fraction of a pixel, and may mix its outermost pixels with
white. So the outermost pixels of the found picture are removed before anything is blurred, and the declared photo is
cut to the part that the found one shows. Reasons and results: docs/equality.md.
"""

from __future__ import annotations

import math
import operator
import struct
import typing as t
from dataclasses import dataclass

from .pillow import Image, ImageChops, ImageFilter
from .prepare import GRID, Prepared

#: The radius of the blur in pixels of the grid, and the number of regions along a side.
_BLUR = 1.5
_REGIONS = 6
#: Added to gradients and levels before a division, so that flat and black pictures can be compared.
_GRADIENT_FLOOR = 0.6
_LEVEL_FLOOR = 4.0
_LEVELS = tuple(range(256))
_SQUARES = tuple(level * level for level in _LEVELS)

#: The number of outermost pixels that are removed from each side of a found picture: Microsoft's service mixes the
#: first one with white, and a JPEG spreads that to the next one, in colour more than in luma.
_BORDER = 2.0
#: The largest displacement by a service, in pixels of what it keeps: half a pixel by scaling, one by a crop.
_FARTHEST = 1.5
#: The side of the grid on which a displacement is measured; and the step, in pixels of it, from which on it is measured
#: a second time.
_COARSE = 16
_FAR_STEP = 0.05
#: A displacement of less than this share of the side is ignored.
_NEAR = 0.0005


@dataclass(frozen=True, slots=True)
class Measures:
    """How much two pictures differ, on a small common grid and slightly blurred. Levels are of 255, none is negative.

    Unless it says otherwise, a figure ignores one level of difference at each pixel: an encoder may make a plain wall
    behind a person as a whole brighter or darker by that much.

    These figures were chosen by experiment: docs/equality.md.
    """

    #: Difference of the proportions (width by height) in percent; the other figures mean little when it is large.
    shape: float
    #: Mean luma difference in levels, and of the root of mean squared luma in percent.
    brightness: float
    contrast: float
    #: The highest mean luma difference of a sixth of the width by a sixth of the height, in levels; nothing is ignored.
    region: float
    #: Root of the mean squared luma difference divided by that of the luma gradient, in percent of the side: about how
    #: far edges have moved.
    moved: float
    #: How much more or less of the scene the found picture shows, in percent of the side, estimated from the luma
    #: gradient: about how much was cropped.
    zoomed: float
    #: The highest luma difference, in levels; nothing is ignored.
    spot: float
    #: Of Cb or Cr, whichever differs more, in levels: the mean, the root of the mean square, the highest (with nothing
    #: ignored).
    tint: float
    colour: float
    colour_spot: float


#: Left, top, right and bottom, in pixels of a picture.
Box = tuple[float, float, float, float]


def measure(declared: Prepared, found: Prepared, *, part: Box | None = None, cut: bool = False) -> Measures:
    """Figures that compare a declared photo with a found one, of any size.

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
    """Brings two pictures to one grid."""

    def __init__(self, declared: Prepared, part: Box, found: Prepared) -> None:
        self._declared = declared
        self._part = part
        # Whole pixels of the picture as it was decoded: none may contain a part of the removed border. One more,
        # because a JPEG that is scaled down while it is decoded spreads a hard edge.
        border = _BORDER * found.scale
        self._border = border if 24 * border <= min(found.width, found.height) else 0.0
        self._inner = (found.width - 2 * self._border, found.height - 2 * self._border)
        sides = (*self._inner, part[2] - part[0], part[3] - part[1])
        self._side = max(1, int(min(GRID, *sides)))
        self._found = found

    def aligned(self) -> tuple[Image.Image, Image.Image, float]:
        """Both pictures in YCbCr on the grid, blurred, the declared one cut to the part that the found one shows.

        Also by which share of its size the content of the found one is larger; 0 when that cannot be measured.
        """
        border, found = self._border, self._found
        second = self._grid(
            found.pixels, found.scale, (border, border, border + self._inner[0], border + self._inner[1])
        )
        if not border or self._side < _COARSE:
            first = self._shown(self._declared.pixels, 0.0, 0.0)
            return self._blurred(first), self._blurred(second), 0.0
        # The displacement needs luma only, which is scaled in a third of the time.
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
        """The part of the declared photo that the found one shows inside its border, on the grid.

        ``pixels``: those of the declared photo, or their luma. ``across``, ``down``: by how many pixels of the found
        picture its content is displaced to the lower right.
        """
        left, top, right, bottom = self._part
        x, y = (right - left) / self._found.width, (bottom - top) / self._found.height
        start = (left + x * (self._border - across), top + y * (self._border - down))
        box = (*start, start[0] + x * self._inner[0], start[1] + y * self._inner[1])
        return self._grid(pixels, self._declared.scale, box)

    def _grid(self, pixels: Image.Image, scale: int, box: Box) -> Image.Image:
        """A part of a picture on the grid.

        ``box`` is in the picture's own pixels; each of ``pixels`` is ``scale`` of them wide.
        """
        ends = (pixels.width, pixels.height) * 2
        inside = tuple(min(max(0.0, edge / scale), float(end)) for edge, end in zip(box, ends, strict=True))
        size = (self._side, self._side)
        return pixels.resize(size, Image.Resampling.BILINEAR, t.cast("Box", inside))

    def _blurred(self, picture: Image.Image) -> Image.Image:
        """Blurred, so that the effect of resampling on fine detail counts little."""
        luma, *chroma = bands = picture.split()
        # A service keeps colour at half resolution. On a small picture that is much of the colour, so it is blurred as
        # much, in pixels of the found picture, as on a large one.
        wider = 2 * self._side / min(self._inner)
        if wider < 1.1:
            return Image.merge("RGB", bands).filter(ImageFilter.BoxBlur(_BLUR))  # Pillow's YCbCr has no filters
        fine, wide = ImageFilter.BoxBlur(_BLUR * self._side / GRID), ImageFilter.BoxBlur(_BLUR * wider)
        return Image.merge("RGB", (luma.filter(fine), *(band.filter(wide) for band in chroma)))


def _within(pixels: float) -> float:
    return max(-_FARTHEST, min(_FARTHEST, pixels))


def _coarse(luma: Image.Image) -> bytes:
    """The luma of a picture on the coarse grid."""
    return luma.resize((_COARSE, _COARSE), Image.Resampling.BILINEAR).tobytes()


def _at(across: int, down: int) -> t.Callable[[bytes], tuple[int, ...]]:
    """Crops the border of a coarse grid: all pixels but the outermost, or these displaced in one direction."""
    inner = range(1, _COARSE - 1)
    return operator.itemgetter(*((y + down) * _COARSE + x + across for y in inner for x in inner))


_MIDDLE, _RIGHT, _LEFT, _BELOW, _ABOVE = _at(0, 0), _at(1, 0), _at(-1, 0), _at(0, 1), _at(0, -1)


class _Slopes:
    """Luma gradients of a picture on the coarse grid, twice as high, and its difference to another picture there."""

    def __init__(self, first: bytes, second: bytes) -> None:
        self.across = tuple(map(operator.sub, _RIGHT(first), _LEFT(first)))
        self.down = tuple(map(operator.sub, _BELOW(first), _ABOVE(first)))
        self.difference = tuple(map(operator.sub, _MIDDLE(second), _MIDDLE(first)))

    def displacement(self) -> tuple[float, float]:
        """By how much the second picture's content is displaced to the right and down, in pixels of the grid.

        The least squares solution of: difference = brightness - gradient * displacement (Lucas and Kanade, 1981).
        """
        # One squared level a pixel is added, so that noise does not displace a plain picture.
        xx = _product(self.across, self.across) + len(self.across)
        yy = _product(self.down, self.down) + len(self.down)
        xy = _product(self.across, self.down)
        xd, yd = _product(self.across, self.difference), _product(self.down, self.difference)
        whole = xx * yy - xy * xy  # positive, because both have something added
        return -2 * (yy * xd - xy * yd) / whole, -2 * (xx * yd - xy * xd) / whole

    def zoom(self) -> float:
        """By which share of its size the second picture's content is larger; negative: smaller.

        Found in the same way, with a displacement that grows with the distance from the middle.
        """
        outwards = tuple(
            map(operator.add, map(operator.mul, self.across, _ACROSS), map(operator.mul, self.down, _DOWN))
        )
        square = _product(outwards, outwards) + len(outwards) * _COARSE**2 / 2
        return -2 * _product(outwards, self.difference) / square


#: The distance of each pixel of the coarse grid, except the outermost, from the middle, to the right and down.
_FROM_MIDDLE = tuple(place - (_COARSE - 3) / 2 for place in range(_COARSE - 2))
_ACROSS, _DOWN = _FROM_MIDDLE * (_COARSE - 2), tuple(y for y in _FROM_MIDDLE for _x in _FROM_MIDDLE)


def _product(one: t.Sequence[float], other: t.Sequence[float]) -> float:
    """The sum of products of the deviations from the mean."""
    return sum(map(operator.mul, one, other), 0.0) - sum(one) * sum(other) / len(one)


# ---------------------------------------------------------------------------------------------------------- figures


def _figures(first: Image.Image, second: Image.Image, shape: float, zoomed: float) -> Measures:
    """The figures of two pictures on the grid.

    All three bands are processed together: many small steps make threads wait.
    """
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
    """Statistics of each band, in which no level is above its ``highest``. As ImageStat gives them, but much faster."""
    counts = picture.histogram()
    pixels = max(1, picture.width * picture.height)  # a picture one pixel wide has no gradient across
    found = []
    for band, most in enumerate(highest):
        part = counts[256 * band : 256 * band + most + 1]
        mean, square = sum(map(operator.mul, part, _LEVELS)), sum(map(operator.mul, part, _SQUARES))
        found.append(_Moments(mean / pixels, square / pixels))
    return found


def _above(picture: Image.Image, base: Image.Image) -> Image.Image:
    """How much a picture is above another, after one level is ignored."""
    return ImageChops.subtract(picture, base, scale=1, offset=-1)


def _extrema(picture: Image.Image) -> t.Sequence[tuple[int, int]]:
    """The lowest and the highest level of each of several bands."""
    return t.cast("tuple[tuple[int, int], ...]", picture.getextrema())


def _regions(luma: Image.Image) -> list[float]:
    """Mean levels of six by six regions."""
    small = luma.convert("F").resize((_REGIONS, _REGIONS), Image.Resampling.BOX)
    return list(struct.unpack(f"{_REGIONS**2}f", small.tobytes()))


def _strength(luma: Image.Image) -> float:
    """The root of the mean squared level, with the floor added to each level."""
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
