# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fingerprint knows a photo again after a service handled it, and knows no other photo."""

from __future__ import annotations

import io
import itertools

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.fingerprint import alike, fingerprint, matches
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.drawn import scene
from PIL import Image, ImageEnhance

SEEDS = range(1, 9)


def jpeg(picture: Image.Image, quality: int = 90) -> bytes:
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=quality, subsampling=2)
    return out.getvalue()


def photo(seed: int) -> Image.Image:
    return scene(seed=seed, width=648, height=648).convert("RGB")


def off_centre(picture: Image.Image, side: int) -> Image.Image:
    """Scaled as Microsoft's service does: sampled without the half pixel, the first row and column half white."""
    step = picture.width / side
    around = Image.new("RGB", (picture.width + 40, picture.height + 40), "white")
    around.paste(picture, (20, 20))
    start = 20 - (step - 1) / 2
    box = (start, start, start + picture.width, start + picture.height)
    return around.resize((side, side), Image.Resampling.BILINEAR, box=box)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("side", [96, 240, 648])
@pytest.mark.parametrize("quality", [75, 90])
def test_a_photo_is_known_again_after_the_service_scaled_it(seed: int, side: int, quality: int) -> None:
    known = fingerprint(jpeg(photo(seed)))
    assert matches(known, jpeg(off_centre(photo(seed), side), quality))
    assert matches(known, jpeg(photo(seed).resize((side, side), Image.Resampling.LANCZOS), quality))


@pytest.mark.parametrize("seed", SEEDS)
def test_two_copies_from_one_service_have_like_fingerprints(seed: int) -> None:
    small = off_centre(photo(seed), 96)
    assert alike(fingerprint(jpeg(small, 90)), fingerprint(jpeg(small, 75)))


def test_another_photo_is_not_known() -> None:
    for one, other in itertools.combinations(SEEDS, 2):
        assert not matches(fingerprint(jpeg(photo(one))), jpeg(photo(other)))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mirrored_or_brighter_photo_is_another_one(seed: int) -> None:
    known = fingerprint(jpeg(photo(seed)))
    assert not matches(known, jpeg(photo(seed).transpose(Image.Transpose.FLIP_LEFT_RIGHT)))
    assert not matches(known, jpeg(ImageEnhance.Brightness(photo(seed)).enhance(1.12)))


def test_what_is_no_picture_and_what_is_no_fingerprint_match_nothing() -> None:
    picture = jpeg(photo(1))
    assert fingerprint(b"no picture") is None
    for known in (None, "", "no base64!", "AAAA", "é" * 96):
        assert not matches(known, picture)
        assert not alike(known, fingerprint(picture))
    assert not matches(fingerprint(picture), b"no picture")


def test_a_fingerprint_is_short_text() -> None:
    known = fingerprint(jpeg(photo(1)))
    assert known is not None
    assert (len(known), known.isascii()) == (96, True)
