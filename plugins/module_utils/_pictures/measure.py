# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far two pictures are apart, in figures. What the figures mean is comparison.py's."""

from __future__ import annotations

import math
import operator
import struct
import typing as t
from dataclasses import dataclass

from .._core.model import Rendition
from . import decode
from .pillow import Image, ImageChops, ImageFilter, available

#: The grid on which pictures are compared, unless one of them is smaller, and the blur on it in pixels.
_GRID = 96
_BLUR = 2.25
_REGIONS = 6
#: What is added to gradients and levels that something is divided by, so that flat and black pictures can be compared.
_GRADIENT_FLOOR = 0.3
_LEVEL_FLOOR = 4.0
#: From RGB to the YCbCr of JPEG (ITU-T T.871). Pillow's own conversion rounds down, which a third of a bound would be.
_YCBCR = (0.299, 0.587, 0.114, 0, -0.168736, -0.331264, 0.5, 128, 0.5, -0.418688, -0.081312, 128)
_LEVELS = range(256)
_SQUARES = tuple(level * level for level in _LEVELS)


_REDUCING_GAP = 3.0


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
    #: The highest luma difference, in levels; nothing forgiven.
    spot: float
    #: Of Cb and Cr whichever differs more, in levels: on the whole, root of the mean square, the highest (of which
    #: nothing is forgiven).
    tint: float
    colour: float
    colour_spot: float


def prepared(picture: bytes | Rendition, name: str) -> Image.Image:
    """A picture as ``measure`` wants it: YCbCr, small. SourceError, naming ``name``, for no picture."""
    available()
    if isinstance(picture, bytes):
        return _for_comparison(picture, name)
    return _for_comparison(picture.data, name) if picture.pixels is None else _shrunk(picture.pixels, None)


def measure(first: Image.Image, second: Image.Image) -> Measures:
    """Figures that compare two pictures, of any size, out of ``prepared``."""
    side = min(_GRID, *first.size, *second.size)
    shapes = [picture.width / picture.height for picture in (first, second)]
    return _figures(_on_grid(first, side), _on_grid(second, side), 100 * (1 - min(shapes) / max(shapes)))


def signature(data: bytes) -> bytes:
    """Sixty-four levels of grey, for finding pictures that may be alike among many. SourceError for no picture."""
    available()
    picture = _for_comparison(data, "the photo")
    with decode.as_source_error("the photo"):
        return picture.getchannel(0).resize((8, 8), Image.Resampling.BOX).tobytes()


def cells(data: bytes, luma: int, chroma: int, margin: float, offsets: t.Sequence[float]) -> list[bytes]:
    """Mean levels of Y on a grid of ``luma`` by ``luma`` cells, then of Cb and Cr on ``chroma`` by ``chroma`` each.

    ``margin`` is the share of each side that is left out all around. One answer for each of ``offsets``: by how many
    of the picture's own pixels the grid is moved to the lower right. SourceError for no picture.
    """
    picture = prepared(data, "the photo")
    full, (width, height) = decode.describe(data), picture.size
    answers: list[bytes] = []
    for offset in offsets:
        # The picture may have been shrunk while it was decoded.
        across, down = offset * width / (full.width or width), offset * height / (full.height or height)
        left, top = margin * width + across, margin * height + down
        box = (left, top, left + (1 - 2 * margin) * width, top + (1 - 2 * margin) * height)
        bands = zip(picture.split(), (luma, chroma, chroma), strict=True)
        answers.append(b"".join(b.resize((n, n), Image.Resampling.BOX, box=box).tobytes() for b, n in bands))
    return answers


def _figures(first: Image.Image, second: Image.Image, shape: float) -> Measures:
    """Of two pictures on the grid. All three bands are worked on at once: many small steps keep threads waiting."""
    peaks = [float(high) for _low, high in _extrema(ImageChops.difference(first, second))]
    more, less = _above(first, second), _above(second, first)
    up, down = _moments(more), _moments(less)
    means = [abs(one.mean - other.mean) for one, other in zip(up, down, strict=True)]
    rms = [math.sqrt(one.square + other.square) for one, other in zip(up, down, strict=True)]
    luma, other = first.getchannel(0), second.getchannel(0)
    forgiven = ImageChops.subtract(ImageChops.add(second, more), less).getchannel(0)
    strengths = [_strength(other), _strength(forgiven)]
    regions = zip(_regions(luma), _regions(other), strict=True)
    return Measures(
        shape=shape,
        brightness=means[0],
        contrast=100 * (max(strengths) / min(strengths) - 1),
        region=max(abs(one - other) for one, other in regions),
        moved=100 * rms[0] / (_gradient(luma) + _GRADIENT_FLOOR) / luma.width,
        spot=peaks[0],
        tint=max(means[1:]),
        colour=max(rms[1:]),
        colour_spot=max(peaks[1:]),
    )


class _Moments(t.NamedTuple):
    """The mean level of a band, and the mean of the squared levels."""

    mean: float
    square: float


def _moments(picture: Image.Image) -> list[_Moments]:
    """Of each band. As ImageStat has them, in less than half its time."""
    counts = picture.histogram()
    pixels = max(1, picture.width * picture.height)  # a picture one pixel wide has no gradient across
    return [_moments_of(counts[start : start + 256], pixels) for start in range(0, len(counts), 256)]


def _moments_of(counts: list[int], pixels: int) -> _Moments:
    return _Moments(sum(map(operator.mul, counts, _LEVELS)) / pixels, sum(map(operator.mul, counts, _SQUARES)) / pixels)


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
    ((mean, square),) = _moments(luma)
    return math.sqrt(square + 2 * _LEVEL_FLOOR * mean + _LEVEL_FLOOR**2)


def _gradient(luma: Image.Image) -> float:
    """The root of the mean squared luma gradient, in levels a pixel."""
    side = luma.width
    across = ImageChops.difference(luma.crop((1, 0, side, side)), luma.crop((0, 0, side - 1, side)))
    down = ImageChops.difference(luma.crop((0, 1, side, side)), luma.crop((0, 0, side, side - 1)))
    return math.sqrt(_moments(across)[0].square + _moments(down)[0].square)


def _for_comparison(data: bytes, name: str) -> Image.Image:
    """A picture in YCbCr (in three bands, whatever Pillow calls them), shrunk while it is decoded where it can be.

    A JPEG's own YCbCr is taken as it is: on the way through RGB strong colours are clipped, and how much depends on
    what the service did to them.
    """
    with decode.as_source_error(name):
        opened = decode.open_picture(data, name)
        size = opened.size
        scale = next((scale for scale in (8, 4, 2) if 2 * (min(size) // scale) >= 3 * _GRID), 1)
        with decode.turn(size):
            try:
                decoded = decode.decode(opened, scale, name, ycbcr=True)
            except OSError:  # a JPEG that keeps RGB inside, or a damaged one
                decoded = decode.decode(decode.open_picture(data, name), scale, name)
            picture = decoded.pixels
            if picture.mode != "YCbCr":
                picture = _shrunk(picture, decoded.profile)
            return decode.upright(picture, decoded.orientation)


def _shrunk(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Plain pixels in YCbCr, of at least twice the grid where there are so many.

    With one and a half times, as a JPEG's decoder may leave, 0.6 % of the experiment's handlings passed for drift.
    """
    small = decode.flat(picture.reduce(max(1, min(picture.size) // (2 * _GRID))), profile, "#ffffff")
    return small.convert("RGB", _YCBCR)


def _on_grid(picture: Image.Image, side: int) -> Image.Image:
    """Y, Cb and Cr on the grid, blurred so that what resampling does to fine detail counts little."""
    if picture.size != (side, side):
        picture = picture.resize((side, side), Image.Resampling.BILINEAR, reducing_gap=_REDUCING_GAP)
    luma, *chroma = bands = picture.split()
    # A service keeps colour at half resolution, which on a small picture is much of it: there it is blurred as widely,
    # counted in pixels, as on a large one.
    wide = ImageFilter.GaussianBlur(_BLUR)
    if side == _GRID:
        return Image.merge("RGB", bands).filter(wide)  # YCbCr itself has no filters
    fine = ImageFilter.GaussianBlur(_BLUR * side / _GRID)
    return Image.merge("RGB", (luma.filter(fine), *(band.filter(wide) for band in chroma)))
