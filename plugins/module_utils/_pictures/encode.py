# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Encodes pixels as JPEG with the highest quality that a limit allows."""

from __future__ import annotations

import io
import os
import typing as t

from .pillow import Image

QUALITY_HIGHEST = 95
QUALITY_LOWEST = 40


def encode(picture: Image.Image, limit: int) -> tuple[int | None, bytes]:
    """The highest quality that fits, and its JPEG; None with the lowest quality's JPEG when none does."""
    for packed in (False, True):  # `optimize` saves 2.5 % and takes more than twice as long, so it is tried second
        best = jpeg(picture, QUALITY_HIGHEST, packed)
        if len(best) <= limit:
            return QUALITY_HIGHEST, best
    smallest = jpeg(picture, QUALITY_LOWEST)
    if len(smallest) > limit:
        return None, smallest
    low, high, fitting = QUALITY_LOWEST, QUALITY_HIGHEST, smallest
    while high - low > 1:
        middle = (low + high) // 2
        made = jpeg(picture, middle)
        if len(made) <= limit:
            low, fitting = middle, made
        else:
            high = middle
    return low, fitting


def jpeg(picture: Image.Image, quality: int, packed: bool = True) -> bytes:
    # Colour at half resolution is most visible where quality is high, so high quality keeps full resolution.
    with _buffer() as buffer:
        picture.save(buffer, "JPEG", quality=quality, subsampling=0 if quality >= 90 else 2, optimize=packed)
        buffer.seek(0)
        return buffer.read()


def blank(side: int) -> bytes:
    """A grey square, for tests of a service that need some picture."""
    return jpeg(Image.new("RGB", (side, side), (128, 128, 128)), 90)


def _buffer() -> t.BinaryIO:
    """A buffer that is a file in memory where the system has this: while Pillow encodes into a file, other threads run."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("photo"), "w+b", buffering=0)
    return io.BytesIO()
