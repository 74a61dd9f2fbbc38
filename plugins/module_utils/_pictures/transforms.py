# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Did a service square, pad or stretch our own upload? Then what came back is ours all the same, and it is said."""

from __future__ import annotations

import typing as t

from .._core.model import Recipe, SourceError
from .comparison import by_pixels
from .image import render, reshaped

CROPS = (
    ("cropped to a square", Recipe(648, 4_000_000, "center")),
    ("cropped to a square from the top", Recipe(648, 4_000_000, "top")),
)


def service_transform(declared_jpeg: bytes, observed: bytes) -> str | None:
    """What a service did to the shape of our picture, in a sentence; None when the two are different pictures.

    Asked only for a read-back that is not the same as the upload, so the cost of several comparisons is rare.
    """
    try:
        for what, picture in _shapes(declared_jpeg):
            if by_pixels(picture, observed).verdict == "same":
                return f"the target keeps our upload in another shape: {what}"
    except SourceError:
        return None
    return None


def _shapes(jpeg: bytes) -> t.Iterator[tuple[str, bytes]]:
    crops = render(jpeg, [recipe for _what, recipe in CROPS], "our upload")
    yield from ((what, made.data) for (what, _recipe), made in zip(CROPS, crops, strict=True))
    yield from reshaped(jpeg)
