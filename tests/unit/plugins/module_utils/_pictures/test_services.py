# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Microsoft's service makes of a photo is the same photo: docs/equality.md has what is known of it."""

from __future__ import annotations

import functools
import random
import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Recipe, Rendition, SourceError
from ansible_collections.hybrid.photos.plugins.module_utils._pictures import comparison
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.render import render
from ansible_collections.hybrid.photos.tests.experiments.equality.scalers import (
    EDGES,
    FILTERS,
    MICROSOFT,
    SINGLE,
    Handling,
    Scaler,
    any_service,
    microsoft,
)
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.drawn import encode, scene
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

EXO = Recipe(size=648, max_bytes=4_194_303)
SIZES = (96, 120, 240, 360, 432, 504, 648)


def uploaded(picture: Image.Image, recipe: Recipe = EXO) -> Rendition:
    return render(encode(picture, "PNG"), [recipe], "photo")[0]


@functools.cache
def _photograph() -> Rendition:
    return uploaded(scene(900, 700, 5))


def sharp_and_small(seed: int) -> Image.Image:
    return scene(100, 100, seed).filter(ImageFilter.UnsharpMask(1, 200, 0))


def dark(seed: int) -> Image.Image:
    """A face in the dark, on a smooth ground."""
    ground = ImageEnhance.Brightness(scene(648, 648, seed).filter(ImageFilter.GaussianBlur(12))).enhance(0.15)
    ImageDraw.Draw(ground).ellipse((180 + 40 * seed, 160, 430, 420), fill=(40, 32, 28))
    return ground.filter(ImageFilter.GaussianBlur(6))


def on_white(seed: int) -> Image.Image:
    ground = Image.new("RGB", (648, 648), "white")
    ground.paste(scene(300, 360, seed), (170, 200))
    return ground


def graphic(seed: int) -> Image.Image:
    """A logo: plain colours, hard edges, letters."""
    chance = random.Random(seed)
    picture = Image.new("RGB", (648, 648), "white")
    draw = ImageDraw.Draw(picture)
    for _turn in range(6):
        left, top = chance.randrange(50, 450), chance.randrange(50, 450)
        colour = (chance.randrange(256), chance.randrange(256), chance.randrange(256))
        draw.rectangle((left, top, left + chance.randrange(20, 180), top + chance.randrange(10, 120)), fill=colour)
    draw.text((100, 300), "Example AG", fill="black", font_size=80)
    draw.text((100, 560), "fine print in small letters " * 2, fill="black", font_size=14)
    return picture


PICTURES: dict[str, t.Callable[[int], Image.Image]] = {
    "photograph": lambda seed: scene(900, 700, seed),
    "sharp and small": sharp_and_small,
    "dark": dark,
    "on white": on_white,
    "graphic": graphic,
}


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("size", SIZES)
def test_a_photo_that_microsoft_made_smaller_is_the_same(size: int, edge: str) -> None:
    upload = _photograph()
    kernels = [*FILTERS, *SINGLE]
    for kernel, quality in zip(random.Random(f"{size} {edge}").sample(kernels, 3), (90, 75, 90), strict=True):
        kept = Handling(size, quality, 2, Scaler(kernel, centred=False, edge=edge), None).apply(upload.data)
        found = comparison.by_pixels(upload, kept, sized=True)
        assert found.verdict == "same", (kernel, quality, found)


@pytest.mark.parametrize("kind", PICTURES)
def test_reading_back_knows_our_own_upload_whatever_it_shows(kind: str) -> None:
    chance = random.Random(kind)
    for seed in (1, 2):
        upload = uploaded(PICTURES[kind](seed))
        for size in sorted({96, min(240, upload.width), upload.width}):
            for handling in (any_service(chance, size), microsoft(chance, size), microsoft(chance, size)):
                kept = handling.apply(upload.data)
                assert comparison.by_pixels(upload, kept, sized=True).verdict == "same", handling
                assert not comparison.clearly_another(upload, kept, sized=True), handling


@pytest.mark.parametrize("kind", PICTURES)
def test_reading_back_knows_another_picture_of_the_same_kind(kind: str) -> None:
    chance = random.Random(kind)
    upload, other = uploaded(PICTURES[kind](1)), uploaded(PICTURES[kind](2))
    for size in sorted({96, other.width}):
        kept = microsoft(chance, size).apply(other.data)
        assert comparison.by_pixels(upload, kept, sized=True).verdict == "different"
        assert comparison.clearly_another(upload, kept, sized=True)


def sticker(picture: Image.Image) -> Image.Image:
    altered = picture.copy()
    ImageDraw.Draw(altered).rectangle((300, 300, 364, 364), fill="#f0f0f0")
    return altered


def turned(picture: Image.Image) -> Image.Image:
    return picture.rotate(2, Image.Resampling.BICUBIC).crop((26, 26, 622, 622)).resize((648, 648))


ALTERED: dict[str, t.Callable[[Image.Image], Image.Image]] = {
    "mirrored": ImageOps.mirror,
    "sticker": sticker,
    "cropped around": lambda picture: picture.crop((10, 10, 638, 638)).resize((648, 648), Image.Resampling.LANCZOS),
    "cropped at a corner": lambda picture: picture.crop((20, 20, 648, 648)).resize((648, 648)),
    "turned": turned,
    "greyscale": lambda picture: picture.convert("L").convert("RGB"),
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.08),
    "darker": lambda picture: ImageEnhance.Brightness(picture).enhance(0.92),
}


@pytest.mark.parametrize("size", [96, 240, 648])
@pytest.mark.parametrize("kind", ALTERED)
def test_another_photo_is_another_one_also_when_microsoft_made_it_smaller(kind: str, size: int) -> None:
    picture = scene(648, 648, 5)
    source = encode(picture)
    upload, altered = uploaded(picture), uploaded(ALTERED[kind](picture))
    for scaler in MICROSOFT[:: 4 if size < 240 else 9]:
        kept = Handling(size, 90, 2, scaler, None).apply(altered.data)
        assert comparison.by_pixels(upload, kept, sized=True).verdict != "same", scaler
        assert comparison.by_source(source, EXO, "photo", kept, sized=True) is None, scaler


def test_a_displacement_that_no_service_makes_is_another_photo() -> None:
    upload = uploaded(scene(700, 700, 5).crop((0, 0, 648, 648)))
    moved = uploaded(scene(700, 700, 5).crop((20, 20, 668, 668)))
    assert comparison.by_pixels(upload, moved.data).verdict == "different"
    kept = Handling(96, 90, 2, Scaler("BICUBIC"), None).apply(moved.data)
    assert comparison.by_pixels(upload, kept, sized=True).verdict == "different"


@pytest.mark.parametrize("size", [96, 240, 360])
@pytest.mark.parametrize("shape", [(900, 700), (600, 800)])
def test_a_photo_that_is_not_square_is_known_by_the_square_that_the_service_cuts(
    shape: tuple[int, int], size: int
) -> None:
    upload = uploaded(scene(*shape, seed=7), Recipe(size=648, max_bytes=1 << 22, crop="none"))
    for beside in (0, 1):
        handling = Handling(size, 90, 2, Scaler("BICUBIC", centred=False, edge="half"), None, beside)
        kept = handling.apply(upload.data)
        assert comparison.by_pixels(upload, kept, sized=True).verdict == "same"
        assert comparison.by_pixels(upload, kept).verdict == "different", "the photo itself must have its shape"


def fine_grain(width: int, height: int) -> Image.Image:
    """A scene with grain of two pixels, which a scaler that takes single pixels turns into another pattern."""
    size = (width // 2, height // 2)
    grain = Image.frombytes("L", size, random.Random(1).randbytes(size[0] * size[1]))
    grain = grain.resize((width, height), Image.Resampling.NEAREST)
    return Image.blend(scene(width, height, seed=1), Image.merge("RGB", [grain] * 3), 0.35)


@pytest.mark.parametrize("beside", [0, 1])
def test_single_pixels_of_a_photo_that_is_not_square_are_found_where_the_service_took_them(beside: int) -> None:
    upload = uploaded(fine_grain(900, 631), Recipe(size=648, max_bytes=1 << 22, crop="none"))
    handling = Handling(120, 90, 2, Scaler("SAMPLED_CUBIC", centred=False, edge="half"), None, beside)
    assert comparison.by_pixels(upload, handling.apply(upload.data), sized=True).verdict == "same"


# --- a first look at the source ---


@pytest.mark.parametrize("size", [96, 240, 648])
@pytest.mark.parametrize("crop", ["center", "top", "none"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_first_look_finds_the_same_photo_without_making_a_rendition(
    kind: str, crop: t.Literal["center", "top", "none"], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = Recipe(size=648, max_bytes=1 << 22, crop=crop)
    exif = Image.Exif()
    exif[0x0112] = 6
    source = encode(scene(1000, 760, seed=3), kind, exif=exif)
    upload = render(source, [recipe], "photo")[0]
    kept = [handling.apply(upload.data) for handling in (_microsoft(size), _centred(size))]
    monkeypatch.setattr(Image.Image, "save", None)
    for found in kept:
        look = comparison.by_source(source, recipe, "photo", found, sized=True)
        assert look is not None
        assert (look.comparison.verdict, look.comparison.rung) == ("same", "pixels")
        assert (look.width, look.height) == (upload.width, upload.height)


def test_a_first_look_says_nothing_where_it_cannot_be_sure() -> None:
    source = encode(scene(900, 900, seed=3))
    kept = _microsoft(96).apply(uploaded(scene(900, 900, seed=3)).data)
    assert comparison.by_source(source, EXO, "photo", kept, sized=True) is not None
    assert comparison.by_source(encode(scene(900, 900, seed=4)), EXO, "photo", kept, sized=True) is None
    assert comparison.by_source(source, EXO, "photo", b"no picture", sized=True) is None
    for unsure in (Recipe(size=648, max_bytes=1 << 22, crop="face"), Recipe(size=648, max_bytes=1 << 22, as_is=True)):
        assert comparison.by_source(source, unsure, "photo", kept, sized=True) is None


def test_a_first_look_puts_the_recipes_background_behind_transparent_pixels() -> None:
    clear = scene(700, 700, seed=3).convert("RGBA")
    clear.paste((0, 0, 0, 0), (0, 0, 700, 200))
    source = encode(clear, "PNG")
    blue, green = (Recipe(size=648, max_bytes=1 << 22, background=each) for each in ("#204060", "#206040"))
    kept = _microsoft(96).apply(render(source, [blue], "photo")[0].data)
    assert comparison.by_source(source, blue, "photo", kept, sized=True) is not None
    assert comparison.by_source(source, green, "photo", kept, sized=True) is None


def test_a_first_look_at_a_source_that_is_no_picture_is_an_error() -> None:
    with pytest.raises(SourceError, match=r"alice\.jpg: it is a PDF document"):
        comparison.by_source(b"%PDF-1.7", EXO, "alice.jpg", b"")


def _microsoft(size: int) -> Handling:
    return Handling(size, 90, 2, Scaler("BICUBIC", centred=False, edge="half"), 75)


def _centred(size: int) -> Handling:
    return Handling(size, 75, 2, Scaler("LANCZOS"), None)
