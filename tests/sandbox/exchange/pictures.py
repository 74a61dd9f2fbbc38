# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures that Exchange makes from an upload: a JPEG of at most 648x648, and 64x64 for thumbnailPhoto."""

from __future__ import annotations

import io

from PIL import Image, ImageOps, UnidentifiedImageError

LARGEST_SIDE = 648
THUMBNAIL_SIDE = 64


class NotAnImage(Exception):
    """The bytes are not a picture."""


def opened(raw: bytes) -> Image.Image:
    """The picture in these bytes. Raises NotAnImage."""
    try:
        with Image.open(io.BytesIO(raw)) as image:
            return image.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise NotAnImage from error


def kept(image: Image.Image) -> bytes:
    """The photo for the mailbox: the middle square, scaled down, re-encoded."""
    side = min(LARGEST_SIDE, *image.size)
    return _jpeg(ImageOps.fit(image, (side, side), Image.Resampling.BICUBIC), 90)


def thumbnail(image: Image.Image) -> bytes:
    """The photo that is written to Active Directory."""
    return _jpeg(ImageOps.fit(image, (THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BICUBIC), 80)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
