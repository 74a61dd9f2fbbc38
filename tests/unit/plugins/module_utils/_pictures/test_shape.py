# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos that are not square are compared with the square sizes that a service gives of them."""

from __future__ import annotations

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Observation, Recipe, Rendition
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.comparison import by_pixels
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.render import render
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.shape import as_shown
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.drawn import encode, scene
from PIL import ImageOps


def declared(width: int, height: int, seed: int = 1) -> Rendition:
    source = encode(scene(width, height, seed), "PNG")
    return render(source, [Recipe(size=max(width, height), max_bytes=4_194_303, crop="none")], "alice")[0]


def held(width: int, height: int, seed: int = 1, size: int = 96) -> Observation:
    """A photo that a service holds in this shape, seen by a square size out of its middle."""
    small = ImageOps.fit(scene(width, height, seed), (size, size))
    return Observation(present=True, tag='"A"', width=width, height=height, picture=encode(small, quality=90))


@pytest.mark.parametrize("shape", [(720, 1280), (591, 1280), (1280, 720), (280, 300)])
def test_the_square_size_of_the_declared_photo_is_the_same_photo(shape: tuple[int, int]) -> None:
    seen = held(*shape)
    assert by_pixels(declared(*shape), seen.picture or b"").verdict == "different"
    assert by_pixels(as_shown(declared(*shape), seen), seen.picture or b"").verdict == "same"


def test_the_square_size_of_another_photo_is_another_photo() -> None:
    seen = held(720, 1280, seed=2)
    assert by_pixels(as_shown(declared(720, 1280), seen), seen.picture or b"").verdict == "different"


@pytest.mark.parametrize("shape", [(1280, 720), (1280, 1280), (720, 1200)])
def test_another_shape_is_another_photo_whatever_its_middle_shows(shape: tuple[int, int]) -> None:
    middle = held(720, 1280)
    seen = Observation(present=True, tag='"A"', width=shape[0], height=shape[1], picture=middle.picture)
    wanted = declared(720, 1280)
    assert as_shown(wanted, seen) is wanted


@pytest.mark.parametrize(
    "seen",
    [
        Observation(present=True, width=720, height=1280),
        Observation(present=True, picture=encode(scene(96, 96))),
        Observation(present=True, width=720, height=1280, picture=encode(scene(720, 1280))),
        Observation(present=True, width=720, height=1280, picture=b"no picture"),
    ],
)
def test_what_is_no_square_size_leaves_the_declared_photo_as_it_is(seen: Observation) -> None:
    wanted = declared(720, 1280)
    assert as_shown(wanted, seen) is wanted


def test_a_square_photo_is_left_as_it_is() -> None:
    wanted = declared(400, 400)
    assert as_shown(wanted, held(720, 1280)) is wanted
