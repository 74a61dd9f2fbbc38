# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Exchange makes of an upload: a JPEG of its own of at most 648x648, and the 64x64 of thumbnailPhoto."""

from __future__ import annotations

import io

from PIL import Image, ImageOps, UnidentifiedImageError

LARGEST_SIDE = 648
THUMBNAIL_SIDE = 64


class NotAnImage(Exception):
    """The bytes are no picture."""


def opened(raw: bytes) -> Image.Image:
    """The picture in these bytes. Raises NotAnImage."""
    try:
        with Image.open(io.BytesIO(raw)) as image:
            return image.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise NotAnImage from error


def kept(image: Image.Image) -> bytes:
    """The photo that the mailbox keeps: the middle square, scaled down, encoded anew."""
    side = min(LARGEST_SIDE, *image.size)
    return _jpeg(ImageOps.fit(image, (side, side), Image.Resampling.BICUBIC), 90)


def thumbnail(image: Image.Image) -> bytes:
    """The photo that is written into Active Directory."""
    return _jpeg(ImageOps.fit(image, (THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BICUBIC), 80)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
