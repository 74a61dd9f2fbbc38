# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does a photo meet its recipe in more than its pixels? Checked for targets that keep our bytes.

A rendition is a JPEG within the limits, upright, in RGB or grey, and has nothing but pixels and our mark. A photo from
another encoder that meets all of this is in sync.
"""

from __future__ import annotations

from .._core.model import Recipe, SourceError
from .decode import as_source_error, open_picture
from .mark import foreign_segments


def breach(picture: bytes, recipe: Recipe) -> str | None:
    """Where the photo breaks the recipe, for a sentence that begins "the same photo, but"; None: nowhere."""
    if len(picture) > recipe.max_bytes:
        return f"{len(picture):,} bytes of {recipe.max_bytes:,} allowed"
    try:
        with as_source_error("the photo"):
            opened = open_picture(picture, "the photo")
            kind, mode, size = opened.format, opened.mode, opened.size
    except SourceError as error:
        return f"it is not a usable picture ({error})"
    if kind != "JPEG":
        return f"it is a {kind}, but clients need JPEG"
    if mode not in ("RGB", "L"):
        return f"its colours are stored as {mode}, which not every client shows correctly"
    if max(size) > recipe.size:
        return f"{size[0]}x{size[1]} pixels of {recipe.size}x{recipe.size} allowed"
    extra = foreign_segments(picture)
    if extra:
        return f"it contains {', '.join(extra)}"
    return None
