# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Did a service crop, pad or stretch our own upload? Then the read-back is still our photo, and the result says so."""

from __future__ import annotations

import typing as t

from .._core.model import Recipe, SourceError
from .comparison import by_pixels
from .decode import as_source_error, open_picture
from .encode import QUALITY_HIGHEST, jpeg
from .pillow import Image, available
from .render import render

CROPS = (
    ("cropped to a square", Recipe(648, 4_000_000, "center")),
    ("cropped to a square from the top", Recipe(648, 4_000_000, "top")),
)


def service_transform(declared_jpeg: bytes, observed: bytes) -> str | None:
    """How a service changed the shape of our picture, in a sentence; None when the two are different pictures.

    Only called for a read-back that is not the same as the upload, so its several comparisons are rare.
    """
    try:
        for what, picture in _shapes(declared_jpeg):
            if by_pixels(picture, observed).verdict == "same":
                return f"the target keeps our upload in another shape: {what}"
    except SourceError:
        return None
    return None


def _shapes(upload: bytes) -> t.Iterator[tuple[str, bytes]]:
    crops = render(upload, [recipe for _what, recipe in CROPS], "our upload")
    yield from ((what, made.data) for (what, _recipe), made in zip(CROPS, crops, strict=True))
    yield from _reshaped(upload)


def _reshaped(data: bytes) -> list[tuple[str, bytes]]:
    """A picture that is not square, padded and stretched as services do it, each with its description.

    Empty for a square picture. Raises SourceError for no picture.
    """
    available()
    with as_source_error("the photo"):
        picture = open_picture(data, "the photo").convert("RGB")
    if picture.width == picture.height:
        return []
    side = max(picture.size)
    shapes = [("stretched to a square", picture.resize((side, side)))]
    for colour in ("white", "black"):
        padded = Image.new("RGB", (side, side), colour)
        padded.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
        shapes.append((f"padded with {colour} to a square", padded))
    return [(what, jpeg(shape, QUALITY_HIGHEST)) for what, shape in shapes]
