# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a service makes of a picture when it takes single pixels of it, instead of the mean of all that it covers.

That leaves out most of a large picture, so fine patterns and thin lines come out otherwise than in any other way of
scaling. It cannot be told from another photo by a distance, but it can be done again: docs/equality.md.
"""

from __future__ import annotations

import typing as t

from .._core.model import Rendition
from . import decode
from .measure import Prepared, from_pixels
from .pillow import Image

#: By how much a picture must have been scaled down for single pixels to leave others out.
_LEAST = 1.15


def sampled(declared: bytes | Rendition, found: Prepared) -> t.Iterator[Prepared]:
    """The declared photo as services may have scaled it to the found one's size by taking single pixels.

    The pixels around ``i * old / new`` (Microsoft's way), around the middle of what is covered, and the one there.
    Nothing where it was not scaled down. PictureError when the declared photo is no picture.
    """
    whole = _whole(declared)
    shorter = min(found.width, found.height)
    step = min(whole.size) / shorter
    if step < _LEAST:
        return
    size = (max(1, round(whole.width / step)), max(1, round(whole.height / step)))
    corner = (1 - step) / 2
    bilinear, nearest = Image.Resampling.BILINEAR, Image.Resampling.NEAREST
    for first, kernel in ((corner, bilinear), (0.0, bilinear), (0.0, nearest)):
        affine = (step, 0.0, first, 0.0, step, first)
        yield from_pixels(whole.transform(size, Image.Transform.AFFINE, affine, kernel))


def _whole(declared: bytes | Rendition) -> Image.Image:
    """All pixels of a picture, in RGB."""
    data = declared.data if isinstance(declared, Rendition) else declared
    name = "the declared photo"
    with decode.as_source_error(name):
        decoded = decode.decode(decode.open_picture(data, name), 1, name)
        return decode.upright(decode.flat(decoded.pixels, decoded.profile, "#ffffff"), decoded.orientation)
