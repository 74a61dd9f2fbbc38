# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos that are not square, of which a service gives small sizes as squares, cut out of the middle."""

from __future__ import annotations

from .._core.model import Observation, Recipe, Rendition, SourceError
from .decode import as_source_error, open_picture
from .render import render

#: Per cent by which the sides of two pictures of one shape may differ in proportion: a pixel in a small one.
_SAME_SHAPE = 1.5


def as_shown(declared: Rendition, seen: Observation) -> Rendition:
    """The declared picture in the shape in which the target gave its own.

    It is cut to a square where the target holds a photo of the declared shape (``seen.width`` and ``seen.height``) and
    ``seen.picture`` is a square size of it. Else it is ``declared`` itself. SourceError when that is no picture.
    """
    if seen.picture is None or not seen.width or not seen.height or declared.width == declared.height:
        return declared
    if _apart(declared.width, declared.height, seen.width, seen.height) > _SAME_SHAPE or not _square(seen.picture):
        return declared
    recipe = Recipe(size=min(declared.width, declared.height), max_bytes=4_194_303, crop="center")
    return render(declared.data, [recipe], "the declared photo")[0]


def _apart(width: int, height: int, other_width: int, other_height: int) -> float:
    """Per cent by which two proportions differ."""
    one, other = width / height, other_width / other_height
    return 100 * (1 - min(one, other) / max(one, other))


def _square(picture: bytes) -> bool:
    try:
        with as_source_error("the photo that was found"):
            width, height = open_picture(picture, "the photo that was found").size
    except SourceError:
        return False  # what is no picture is told by whoever compares
    return width == height
