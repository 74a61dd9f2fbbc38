# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fingerprint of a picture: short, and the same after a service has scaled or re-encoded the picture.

It answers one question without the first picture: is this still the photo that we saw or wrote? Receipts, backups and
plans store it. It is 8 by 8 levels of brightness and 2 by 2 of each colour difference: enough to distinguish two
photos, too coarse to show a face. It does not prove that a photo is the *declared* one; comparison.py does that.
"""

from __future__ import annotations

import base64
import binascii
import typing as t

from .._core.model import Rendition, SourceError
from .prepare import cells

#: Cells along a side: of brightness, and of each colour difference.
LUMA, CHROMA = 8, 2
#: This share of each side is left out at each edge: Microsoft's scaler blends the first row and column with white.
MARGIN = 0.05
#: By how many pixels of the smaller picture a scaler may displace it: Microsoft's samples without the half-pixel
#: offset.
OFFSETS = (0.0, 0.25, 0.45)
#: The most by which the cells of two copies of one photo may differ, in levels: on average, and any single cell.
MEAN, MOST = 2.5, 14.0


def fingerprint(picture: bytes | Rendition) -> str | None:
    """The fingerprint of a picture in any format, as text of 96 characters; None when it is no usable picture."""
    found = _of(picture, OFFSETS[:1])
    return base64.b64encode(found[0]).decode("ascii") if found else None


def matches(known: str | None, picture: bytes) -> bool:
    """Is this the photo of the fingerprint, or a service's copy of it? False when either is missing or unusable."""
    levels = _levels(known)
    return levels is not None and any(_near(levels, found) for found in _of(picture, OFFSETS))


def alike(one: str | None, other: str | None) -> bool:
    """Are these fingerprints of one photo, both taken from the target? False when either is missing or malformed."""
    first, second = _levels(one), _levels(other)
    return first is not None and second is not None and _near(first, second)


def _of(picture: bytes | Rendition, offsets: t.Sequence[float]) -> list[bytes]:
    try:
        return cells(picture, LUMA, CHROMA, MARGIN, offsets)
    except SourceError:
        return []


def _near(one: bytes, other: bytes) -> bool:
    far = [abs(a - b) for a, b in zip(one, other, strict=True)]
    luma, chroma = far[: LUMA**2], far[LUMA**2 :]
    return max(far) <= MOST and sum(luma) <= MEAN * len(luma) and sum(chroma) <= MEAN * len(chroma)


def _levels(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        levels = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return levels if len(levels) == LUMA**2 + 2 * CHROMA**2 else None
