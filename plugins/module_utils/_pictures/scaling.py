# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a service may have scaled a picture down, done again.

Ways of scaling differ most in fine patterns, thin lines and hard edges, and most of all where single pixels are taken
and the others left out. There no distance tells a scaled photo from another one. But the scaling can be done again, and
its result compared: docs/equality.md.
"""

from __future__ import annotations

import typing as t

from .._core.model import Rendition
from . import decode
from .pillow import Image
from .prepare import Prepared, from_pixels


def single_pixels(declared: Image.Image, found: Prepared) -> t.Iterator[Prepared]:
    """A declared photo at the found one's size, each pixel made of one to four, whatever lies between them.

    Those around ``i * old / new`` (Microsoft's places), those around the middle of what is covered, and the one there.
    """
    step, size = _smaller(declared, found)
    corner, bilinear, nearest = (1 - step) / 2, Image.Resampling.BILINEAR, Image.Resampling.NEAREST
    for first, kernel in ((corner, bilinear), (0.0, bilinear), (0.0, nearest)):
        affine = (step, 0.0, first, 0.0, step, first)
        yield from_pixels(declared.transform(size, Image.Transform.AFFINE, affine, kernel))


def all_pixels(declared: Image.Image, found: Prepared) -> t.Iterator[Prepared]:
    """A declared photo at the found one's size, each pixel made of all that it covers, with soft and hard filters.

    Around ``i * old / new``, then centred. Of the first the outermost row and column at the left and at the top are
    white: they would need pixels that are not there, and are left out of a comparison anyway.
    """
    step, (width, height) = _smaller(declared, found)
    corner = (1 - step) / 2
    for kernel in (Image.Resampling.BICUBIC, Image.Resampling.BOX):
        box = (step + corner, step + corner, width * step + corner, height * step + corner)
        if width > 1 and height > 1 and box[2] <= declared.width and box[3] <= declared.height:
            scaled = Image.new("RGB", (width, height), "white")
            scaled.paste(declared.resize((width - 1, height - 1), kernel, box), (1, 1))
            yield from_pixels(scaled)
        yield from_pixels(declared.resize((width, height), kernel))


def whole(declared: bytes | Rendition) -> Image.Image:
    """All pixels of the declared photo, in RGB. PictureError when it is no picture."""
    data = declared.data if isinstance(declared, Rendition) else declared
    name = "the declared photo"
    with decode.as_source_error(name):
        opened = decode.open_picture(data, name)
        with decode.turn(opened.size):
            decoded = decode.decode(opened, 1, name)
        return decode.upright(decode.flat(decoded.pixels, decoded.profile, "#ffffff"), decoded.orientation)


def _smaller(declared: Image.Image, found: Prepared) -> tuple[float, tuple[int, int]]:
    """How many pixels of the declared photo go into one, and its size when its shorter side is the found one's."""
    step = min(declared.size) / min(found.width, found.height)
    return step, (max(1, round(declared.width / step)), max(1, round(declared.height / step)))
