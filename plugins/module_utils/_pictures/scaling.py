# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repeats the ways in which a service may have scaled a picture down.

Ways of scaling differ most in fine patterns, thin lines and hard edges, and above all when single pixels are sampled
and the others left out. In such pictures no distance separates a scaled photo from another one. But the scaling can be
repeated, and its result compared: docs/equality.md.
"""

from __future__ import annotations

import typing as t

from .._core.model import Rendition
from . import decode
from .pillow import Image
from .prepare import Prepared, from_pixels


def single_pixels(declared: Image.Image, found: Prepared, *, cut: bool = False) -> t.Iterator[Prepared]:
    """A declared photo at the found one's size; each pixel is made of one to four pixels, and those between are
    ignored.

    Three ways: around ``i * old / new`` (Microsoft's positions), around the middle of the area, and the single pixel
    there. ``cut``: what was found may be the square in the middle of the photo.
    """
    across, down, size = _smaller(declared, found)
    bilinear, nearest = Image.Resampling.BILINEAR, Image.Resampling.NEAREST
    for centred, kernel in ((False, bilinear), (True, bilinear), (True, nearest)):
        left, top = (0.0, 0.0) if centred else ((1 - across) / 2, (1 - down) / 2)
        affine = (across, 0.0, left, 0.0, down, top)
        yield from _cut(declared.transform(size, Image.Transform.AFFINE, affine, kernel), found, cut)


def all_pixels(declared: Image.Image, found: Prepared, *, cut: bool = False) -> t.Iterator[Prepared]:
    """A declared photo at the found one's size; each pixel is made of its whole area, with soft and hard filters.

    Around ``i * old / new``, then centred. In the first, the row at the top and the column at the left are white: they
    would need pixels outside the picture, and a comparison leaves them out anyway. ``cut``: as above.
    """
    across, down, (width, height) = _smaller(declared, found)
    left, top = (1 + across) / 2, (1 + down) / 2  # The second row and column begin here.
    for kernel in (Image.Resampling.BICUBIC, Image.Resampling.BOX):
        box = (left, top, left + (width - 1) * across, top + (height - 1) * down)
        if width > 1 and height > 1 and box[2] <= declared.width and box[3] <= declared.height:
            scaled = Image.new("RGB", (width, height), "white")
            scaled.paste(declared.resize((width - 1, height - 1), kernel, box), (1, 1))
            yield from _cut(scaled, found, cut)
        yield from _cut(declared.resize((width, height), kernel), found, cut)


def _cut(scaled: Image.Image, found: Prepared, cut: bool) -> t.Iterator[Prepared]:
    """The picture as it is, or its squares on whole pixels: in the middle, and one pixel beside it (docs/equality.md).

    A square between whole pixels would be blurred, and lose the single pixels.
    """
    side = min(scaled.size)
    if not cut or found.width != found.height or scaled.width == scaled.height:
        yield from_pixels(scaled)
        return
    left, top = ((length - side) // 2 for length in scaled.size)
    for beside in (0, 1):
        x, y = left + (beside if left else 0), top + (beside if top else 0)
        yield from_pixels(scaled.crop((x, y, x + side, y + side)))


def whole(declared: bytes | Rendition) -> Image.Image:
    """All pixels of the declared photo, in RGB. PictureError when it is no picture."""
    data = declared.data if isinstance(declared, Rendition) else declared
    name = "the declared photo"
    with decode.as_source_error(name):
        opened = decode.open_picture(data, name)
        with decode.turn(opened.size):
            decoded = decode.decode(opened, 1, name)
        return decode.upright(decode.flat(decoded.pixels, decoded.profile, "#ffffff"), decoded.orientation)


def _smaller(declared: Image.Image, found: Prepared) -> tuple[float, float, tuple[int, int]]:
    """How many pixels of the declared photo become one, across and down, and its size when its shorter side is the
    found one's.

    The longer side of a photo that is not square also has whole pixels, so the two differ a little.
    """
    step = min(declared.size) / min(found.width, found.height)
    width, height = (max(1, round(side / step)) for side in declared.size)
    return declared.width / width, declared.height / height, (width, height)
