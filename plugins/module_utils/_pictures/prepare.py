# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a picture small and converts it to YCbCr: the first step of every comparison, and the most expensive one."""

from __future__ import annotations

import threading
import typing as t
from dataclasses import dataclass

from .._core.model import Rendition
from . import decode
from .pillow import Image, available

#: The side of the grid on which pictures are compared, unless one of them is smaller.
GRID = 48
#: From RGB to the YCbCr of JPEG (ITU-T T.871). Pillow's own conversion rounds down; the error is a third of a bound.
_YCBCR = (0.299, 0.587, 0.114, 0, -0.168736, -0.331264, 0.5, 128, 0.5, -0.418688, -0.081312, 128)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture as ``measure`` needs it.

    ``pixels`` are in YCbCr (in three bands, whatever mode Pillow names); each is ``scale`` by ``scale`` pixels of the
    picture, which has ``width`` and ``height``.
    """

    pixels: Image.Image
    width: int
    height: int
    scale: int


class _Latest(threading.local):
    """The last pictures that this thread prepared: a found photo is needed for its figures and for its fingerprint."""

    pictures: tuple[tuple[bytes, str, Prepared], ...] = ()


_LATEST = _Latest()
_LATEST_KEPT = 2


def prepared(picture: bytes | Rendition, name: str, background: str = "#ffffff") -> Prepared:
    """A picture as ``measure`` needs it. Raises PictureError, which names ``name``, for no picture.

    ``background`` is the colour behind transparent pixels.
    """
    available()
    if not isinstance(picture, bytes):
        if isinstance(picture.pixels, Prepared):
            return picture.pixels
        picture = picture.data
    for data, ground, known in _LATEST.pictures:
        if data is picture and ground == background:
            return known
    made = _from_file(picture, name, background)
    made.pixels.info = {}  # Pillow copies this value with each of the forty pictures of a comparison
    _LATEST.pictures = ((picture, background, made), *_LATEST.pictures[: _LATEST_KEPT - 1])
    return made


def from_pixels(pixels: Image.Image) -> Prepared:
    """The same for a picture in RGB that is already decoded."""
    scale = max(1, min(pixels.size) // (2 * GRID))
    small = pixels.reduce(scale) if scale > 1 else pixels
    return Prepared(small.convert("RGB", _YCBCR), pixels.width, pixels.height, scale)


def _from_file(data: bytes, name: str, background: str) -> Prepared:
    """Decodes a JPEG scaled down.

    Its own YCbCr is used directly: a conversion to RGB clips strong colours, and how much depends on what the service
    did to them.
    """
    with decode.as_source_error(name):
        opened = decode.open_picture(data, name)
        size = opened.size
        scale = next((scale for scale in (8, 4, 2) if 2 * (min(size) // scale) >= 3 * GRID), 1)
        with decode.turn(size):
            try:
                decoded = decode.decode(opened, scale, name, ycbcr=True)
            except OSError:  # a JPEG with RGB inside, or a damaged one
                decoded = decode.decode(decode.open_picture(data, name), scale, name)
            if decoded.pixels.mode == "YCbCr":
                upright = decode.upright(decoded.pixels, decoded.orientation)
                return Prepared(upright, decoded.width, decoded.height, decoded.scale)
            more = max(1, min(decoded.pixels.size) // (2 * GRID))
            small = decode.flat(decoded.pixels.reduce(more), decoded.profile, background)
            upright = decode.upright(small, decoded.orientation)
            pixels = upright.convert("RGB", _YCBCR)
            return Prepared(pixels, decoded.width, decoded.height, decoded.scale * more)


def signature(photo: bytes | Rendition) -> bytes:
    """Sixty-four grey levels, to find pictures that may be alike among many. Raises PictureError for no picture."""
    picture = prepared(photo, "the photo")
    with decode.as_source_error("the photo"):
        return picture.pixels.getchannel(0).resize((8, 8), Image.Resampling.BOX).tobytes()


def cells(photo: bytes | Rendition, luma: int, chroma: int, margin: float, offsets: t.Sequence[float]) -> list[bytes]:
    """Mean levels of Y on a grid of ``luma`` by ``luma`` cells, then of Cb and Cr on ``chroma`` by ``chroma`` each.

    ``margin`` is the share of each side that is left out at each edge. One result for each of ``offsets``: by how many
    of the picture's own pixels the grid is moved to the lower right. Raises SourceError for no picture.
    """
    picture = prepared(photo, "the photo")
    width, height = picture.pixels.size
    answers: list[bytes] = []
    for offset in offsets:
        moved = offset / picture.scale
        left, top = margin * width + moved, margin * height + moved
        box = (left, top, left + (1 - 2 * margin) * width, top + (1 - 2 * margin) * height)
        brightness = picture.pixels.getchannel(0).resize((luma, luma), Image.Resampling.BOX, box=box).tobytes()
        colours = picture.pixels.resize((chroma, chroma), Image.Resampling.BOX, box=box).tobytes()
        answers.append(brightness + colours[1::3] + colours[2::3])
    return answers
