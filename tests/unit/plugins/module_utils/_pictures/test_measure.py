# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures: what is aligned before they are measured, what is left out, and what is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Recipe
from ansible_collections.hybrid.photos.plugins.module_utils._pictures import decode
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.comparison import by_source, may_look_alike
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.fingerprint import alike, fingerprint, matches
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.measure import Measures, measure
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.prepare import from_pixels, prepared, signature
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.render import render
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.drawn import encode, scene
from PIL import Image

WIDE = scene(960, 960, seed=4)
SIDE = 672


def shown(across: float, down: float, size: int = 96) -> Image.Image:
    """The middle of the scene at this size, with its content displaced by pixels of it to the lower right."""
    step, edge = SIDE / size, (960 - SIDE) / 2
    left, top = edge - across * step, edge - down * step
    return WIDE.resize((size, size), Image.Resampling.BICUBIC, (left, top, left + SIDE, top + SIDE))


def compared(found: Image.Image) -> Measures:
    declared = WIDE.crop((144, 144, 144 + SIDE, 144 + SIDE))
    return measure(from_pixels(declared), prepared(encode(found, "PNG"), "found"))


@pytest.mark.parametrize("displaced", [(0.43, 0.43), (-0.43, 0.2), (1.0, 0.0), (-0.57, 0.43), (1.4, -1.4)])
def test_a_displacement_of_a_pixel_of_what_was_found_is_no_difference(displaced: tuple[float, float]) -> None:
    assert compared(shown(*displaced)).moved < 2.5 * compared(shown(0, 0)).moved + 0.02


def test_a_larger_displacement_is_a_difference() -> None:
    moved = [compared(shown(pixels, 0)).moved for pixels in (1.4, 2.5, 4)]
    assert moved[0] < 0.1 < moved[1] < moved[2]


@pytest.mark.parametrize("size", [96, 240, 648])
def test_the_outermost_pixels_of_what_was_found_do_not_count(size: int) -> None:
    clean = shown(0, 0, size)
    lifted = clean.copy()
    for line in ((0, 0, size, 1), (0, 0, 1, size)):
        lifted.paste("white", line)
    one, other = compared(clean), compared(lifted)
    assert other.spot - one.spot <= 1
    assert abs(other.moved - one.moved) < 0.02


def test_a_rendition_is_measured_without_decoding_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made = render(encode(scene(900, 700, seed=5), "PNG"), [Recipe(size=648, max_bytes=1 << 22)], "x")[0]
    decoded = signature(made.data)
    monkeypatch.setattr(Image, "open", None)
    assert prepared(made, "x").width == 648
    assert may_look_alike(signature(made), decoded)
    assert sum(abs(a - b) for a, b in zip(signature(made), decoded, strict=True)) <= 2 * len(decoded)


def test_figures_and_fingerprint_of_a_found_photo_take_one_decode(monkeypatch: pytest.MonkeyPatch) -> None:
    source, found = encode(WIDE, "JPEG"), encode(shown(0, 0), "JPEG")
    decoded: list[str] = []
    decode_one = decode.decode

    def counted(picture: Image.Image, scale: int, name: str, ycbcr: bool = False) -> decode.Decoded:
        decoded.append(name)
        return decode_one(picture, scale, name, ycbcr)

    monkeypatch.setattr(decode, "decode", counted)
    assert fingerprint(found) is not None
    by_source(source, Recipe(648, 4_000_000), "source", found)
    assert fingerprint(found) == fingerprint(bytes(bytearray(found)))
    assert decoded == ["the photo", "source", "the photo"]


def test_a_fingerprint_of_our_rendition_needs_no_decode_and_knows_what_was_encoded() -> None:
    made = render(encode(WIDE, "PNG"), [Recipe(648, 4_000_000)], "x")[0]
    assert alike(fingerprint(made), fingerprint(made.data))
    assert matches(fingerprint(made), encode(shown(0.43, 0.43), "JPEG")) == matches(
        fingerprint(made.data), encode(shown(0.43, 0.43), "JPEG")
    )
    broken = replace(made, data=b"no picture")
    assert fingerprint(broken) == fingerprint(made)
