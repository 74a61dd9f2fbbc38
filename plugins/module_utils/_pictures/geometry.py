# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which part of a picture is used and how large it becomes. Pure functions on numbers.

Boxes are (left, top, right, bottom) in pixels of the upright picture, unless their name says stored.
"""

from __future__ import annotations

Box = tuple[int, int, int, int]
#: Left, top, width, height.
Face = tuple[float, float, float, float]


def square(width: int, height: int, at_top: bool) -> Box:
    """The largest square, in the middle or at the top of the picture."""
    side = min(width, height)
    left = (width - side) // 2
    top = 0 if at_top else (height - side) // 2
    return left, top, left + side, top + side


def around_face(face: Face, width: int, height: int) -> Box:
    """The square of a portrait around a face, inside the picture.

    A detector's box goes from brow to chin; a portrait also shows the shoulders and some space above the hair.
    """
    x, y, w, h = face
    side = round(min(width, height, 2.2 * max(w, h)))
    left = min(max(0, round(x + w / 2 - side / 2)), width - side)
    top = min(max(0, round(y + h / 2 - 0.45 * side)), height - side)
    return left, top, left + side, top + side


def fit(box: Box, size: int) -> tuple[int, int]:
    """Width and height of a rendition: inside a square of ``size``, in the box's proportions, never enlarged."""
    width, height = box[2] - box[0], box[3] - box[1]
    longer = max(width, height)
    side = min(size, longer)
    return max(1, round(width * side / longer)), max(1, round(height * side / longer))


def smaller(size: tuple[int, int], got: int, limit: int) -> tuple[int, int]:
    """The next side to try when a JPEG has ``got`` bytes: the length is roughly proportional to the number of pixels."""
    factor = min(0.95, max(0.1, (max(limit, 1) / got) ** 0.5))
    return max(1, int(size[0] * factor)), max(1, int(size[1] * factor))


def stored_box(box: Box, orientation: int, width: int, height: int) -> Box:
    """A box in pixels of the stored picture, whose EXIF orientation (1 to 8) makes it ``width`` by ``height``."""
    left, top, right, bottom = box
    return {
        1: (left, top, right, bottom),
        2: (width - right, top, width - left, bottom),
        3: (width - right, height - bottom, width - left, height - top),
        4: (left, height - bottom, right, height - top),
        5: (top, left, bottom, right),
        6: (top, width - right, bottom, width - left),
        7: (height - bottom, width - right, height - top, width - left),
        8: (height - bottom, left, height - top, right),
    }[orientation]
