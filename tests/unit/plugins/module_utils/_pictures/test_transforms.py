# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service that changes the shape of our own upload is understood, and another picture is not taken for it."""

from __future__ import annotations

import io
import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.transforms import service_transform
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.drawn import scene
from PIL import Image


def jpeg(image: Image.Image, quality: int = 82) -> bytes:
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


def padded(image: Image.Image, colour: str) -> Image.Image:
    side = max(image.size)
    square = Image.new("RGB", (side, side), colour)
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square


def cropped(image: Image.Image, top: int) -> Image.Image:
    side = min(image.size)
    left = (image.width - side) // 2
    return image.crop((left, top, left + side, top + side))


SHAPES: dict[str, t.Callable[[Image.Image], Image.Image]] = {
    "padded with white": lambda image: padded(image, "white"),
    "padded with black": lambda image: padded(image, "black"),
    "stretched": lambda image: image.resize((400, 400)),
    "cropped to a square": lambda image: cropped(image, (image.height - min(image.size)) // 2),
    "from the top": lambda image: cropped(image, 0),
}


@pytest.mark.parametrize("what", SHAPES)
def test_our_upload_in_another_shape_is_known_and_said(what: str) -> None:
    ours = scene(seed=3, width=400, height=560)
    said = service_transform(jpeg(ours, 92), jpeg(SHAPES[what](ours)))
    assert said is not None
    assert what in said


@pytest.mark.parametrize("what", SHAPES)
def test_another_picture_in_that_shape_is_not_ours(what: str) -> None:
    ours, other = scene(seed=3, width=400, height=560), scene(seed=8, width=400, height=560)
    assert service_transform(jpeg(ours, 92), jpeg(SHAPES[what](other))) is None


def test_what_is_no_picture_is_not_ours() -> None:
    assert service_transform(jpeg(scene(seed=3, width=400, height=560)), b"no picture") is None
