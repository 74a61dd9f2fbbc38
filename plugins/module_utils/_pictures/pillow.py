# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only file that imports Pillow. The other files of this room import Pillow's parts from here."""

from __future__ import annotations

import typing as t

from .._core.model import PhotoError

__all__ = ["Image", "ImageChops", "ImageCms", "ImageFilter", "UnidentifiedImageError", "available"]

MISSING: str | None = None
if t.TYPE_CHECKING:
    from PIL import Image, ImageChops, ImageCms, ImageFilter, UnidentifiedImageError
else:
    try:
        from PIL import Image, ImageChops, ImageCms, ImageFilter, UnidentifiedImageError
    except ImportError as error:  # ansible-test imports this room without Pillow
        MISSING = str(error)
        Image = ImageChops = ImageCms = ImageFilter = UnidentifiedImageError = None


def available() -> None:
    """Raises PhotoError with advice when Pillow is not installed."""
    if MISSING is not None:
        raise PhotoError(
            f"Pillow is not installed for the Python that runs this module ({MISSING}). "
            "Install it there: pip install pillow"
        )
