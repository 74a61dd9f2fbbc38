# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ladder: tag, bytes, mark, pixels."""

from __future__ import annotations

import itertools
import re

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import (
    Observation,
    Receipt,
    Recipe,
    SourceError,
    sha256,
)
from ansible_collections.hybrid.photos.plugins.module_utils._pictures import comparison
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.encode import QUALITY_HIGHEST
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.mark import stamp
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.measure import Measures, measure
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.prepare import prepared
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.render import render
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.drawn import AVIF, decode, encode, scene
from PIL import Image, ImageCms, ImageDraw, ImageEnhance, ImageOps

SOURCE, OTHER, RECIPE, NEW = "a" * 64, "b" * 64, "0" * 16, "1" * 16
RECEIPT = Receipt(user_id="u", source_sha256=SOURCE, recipe=RECIPE, tag="t1")


# --- tag ---


def test_an_untouched_upload_of_the_declared_picture_is_the_same() -> None:
    found = comparison.by_tag(RECEIPT, "t1", SOURCE, RECIPE)
    assert found is not None
    assert (found.verdict, found.rung) == ("same", "tag")


@pytest.mark.parametrize(
    ("source", "recipe", "words"), [(OTHER, RECIPE, "another picture"), (SOURCE, NEW, "size, limit or crop")]
)
def test_an_untouched_upload_of_another_picture_or_recipe_is_different(source: str, recipe: str, words: str) -> None:
    found = comparison.by_tag(RECEIPT, "t1", source, recipe)
    assert found is not None
    assert (found.verdict, found.rung) == ("different", "tag")
    assert words in found.reason


@pytest.mark.parametrize(
    ("receipt", "tag"),
    [
        (None, "t1"),
        (RECEIPT, "t2"),
        (RECEIPT, None),
        (Receipt(user_id="u", source_sha256=SOURCE, recipe=RECIPE, tag=None), None),
        (Receipt(user_id="u", source_sha256=SOURCE, recipe=RECIPE, tag=None), "t1"),
        # A run was killed after its put, and the next one found a photo of ours.
        (Receipt(user_id="u", source_sha256=None, recipe=None, tag="t1"), "t1"),
    ],
)
def test_a_receipt_of_another_tag_or_of_no_picture_decides_nothing(receipt: Receipt | None, tag: str | None) -> None:
    assert comparison.by_tag(receipt, tag, SOURCE, RECIPE) is None


# --- bytes and mark ---


def seen(picture: bytes) -> Observation:
    return Observation(present=True, tag="t", sha256=sha256(picture), bytes=len(picture), picture=picture)


def test_equal_bytes_are_the_same() -> None:
    picture = encode(scene(96, 96))
    found = comparison.by_content(seen(picture), sha256(picture), SOURCE, RECIPE)
    assert found is not None
    assert (found.verdict, found.rung) == ("same", "bytes")


def test_a_hash_that_nobody_has_is_not_equal() -> None:
    assert comparison.by_content(Observation(present=True, tag="t"), None, SOURCE, RECIPE) is None


def test_an_untouched_thumbnail_of_ours_is_known_by_its_mark_without_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "open", None)
    picture = stamp(b"\xff\xd8\xff\xdb\x00\x04ab not really a picture", SOURCE, RECIPE)
    found = comparison.by_content(seen(picture), OTHER, SOURCE, RECIPE)
    assert found is not None
    assert (found.verdict, found.rung) == ("same", "mark")


def test_a_mark_of_another_recipe_is_different() -> None:
    found = comparison.by_content(seen(stamp(encode(scene(96, 96)), SOURCE, NEW)), OTHER, SOURCE, RECIPE)
    assert found is not None
    assert (found.verdict, found.rung) == ("different", "mark")


def test_a_mark_that_was_touched_decides_nothing() -> None:
    picture = stamp(encode(scene(96, 96)), SOURCE, RECIPE)
    assert comparison.by_content(seen(picture[:-3] + b"x" + picture[-2:]), OTHER, SOURCE, RECIPE) is None
    assert comparison.by_content(seen(encode(scene(96, 96))), OTHER, SOURCE, RECIPE) is None


# --- pixels ---

PICTURE = scene(900, 700, seed=5)
DECLARED = render(encode(PICTURE, "PNG"), [Recipe(size=648, max_bytes=1 << 22)], "x")[0].data
UPLOADED = decode(DECLARED)


def handled(picture: Image.Image, side: int, quality: int, subsampling: int, resampling: int) -> bytes:
    return encode(picture.resize((side, side), resampling), "JPEG", quality=quality, subsampling=subsampling)


@pytest.mark.parametrize(
    ("side", "quality"), [*itertools.product((96, 240, 648), (60, 80, 95)), (120, 60), (360, 75), (432, 65), (504, 90)]
)
def test_what_a_service_does_to_an_upload_is_no_drift(side: int, quality: int) -> None:
    for subsampling, resampling in itertools.product((0, 2), (Image.Resampling.BOX, Image.Resampling.LANCZOS)):
        found = comparison.by_pixels(DECLARED, handled(UPLOADED, side, quality, subsampling, resampling))
        assert (found.verdict, found.rung) == ("same", "pixels"), found
        assert re.fullmatch(
            r"the same photo, re-encoded: .+ [\d.e-]+ .*; at most [\d.]+ is a re-encoding", found.reason
        )


@pytest.mark.parametrize("side", [48, 96, 240, 648])
def test_a_picture_before_it_was_encoded_compares_like_its_jpeg(side: int) -> None:
    rendition = render(encode(PICTURE, "PNG"), [Recipe(size=648, max_bytes=1 << 22)], "x")[0]
    assert rendition.pixels is not None
    for quality in (60, 90):
        observed = handled(UPLOADED, side, quality, 2, Image.Resampling.BICUBIC)
        before, after = (measure(prepared(ours, ""), prepared(observed, "")) for ours in (rendition, rendition.data))
        for name, bound in comparison.BOUNDS.items():
            assert abs(getattr(before, name) - getattr(after, name)) < bound.same / 6, name


def test_a_picture_that_lost_quality_to_a_limit_is_compared_by_its_jpeg() -> None:
    rendition = render(encode(PICTURE, "PNG"), [Recipe(size=648, max_bytes=30_000)], "x")[0]
    assert rendition.quality < QUALITY_HIGHEST
    assert rendition.pixels is None


def sticker(picture: Image.Image) -> Image.Image:
    altered = picture.copy()
    ImageDraw.Draw(altered).rectangle((300, 300, 364, 364), fill="#f0f0f0")
    return altered


@pytest.mark.parametrize("side", [96, 240, 648])
@pytest.mark.parametrize(
    "alter",
    [
        ImageOps.mirror,
        ImageOps.flip,
        sticker,
        lambda picture: picture.crop((10, 10, 638, 638)),
        lambda picture: picture.convert("L").convert("RGB"),
        lambda picture: ImageEnhance.Brightness(picture).enhance(1.08),
        lambda picture: ImageEnhance.Brightness(picture).enhance(0.92),
        lambda _picture: scene(648, 648, seed=6),
    ],
)
def test_what_a_person_would_call_another_photo_is_drift(alter: object, side: int) -> None:
    assert callable(alter)
    for quality in (60, 90):
        found = comparison.by_pixels(DECLARED, handled(alter(UPLOADED), side, quality, 2, Image.Resampling.BICUBIC))
        assert found.verdict != "same", found


@pytest.mark.parametrize("observed", [b"", b"hello", b"GIF89a", b"\xff\xd8\xff\xe0", DECLARED[:2000], b"<svg/>"])
def test_what_is_no_picture_is_different_and_says_so(observed: bytes) -> None:
    found = comparison.by_pixels(DECLARED, observed)
    assert found.verdict == "different"
    assert found.reason.startswith("the photo at the target is not a usable picture: ")
    assert "commit" not in found.reason


def test_a_declared_photo_that_is_no_picture_is_an_error() -> None:
    with pytest.raises(SourceError):
        comparison.by_pixels(b"hello", DECLARED)


def test_other_proportions_are_another_photo() -> None:
    found = comparison.by_pixels(DECLARED, encode(UPLOADED.resize((648, 600)), "JPEG"))
    assert found.verdict == "different"
    assert "the proportions differ by" in found.reason


def test_between_the_bounds_is_ambiguous() -> None:
    bound = comparison.BOUNDS["brightness"]
    none = dict.fromkeys(comparison.BOUNDS, 0.0)
    for value, verdict in (
        (bound.same, "same"),
        ((bound.same + bound.different) / 2, "ambiguous"),
        (bound.different, "different"),
    ):
        found = comparison.by_figures(Measures(**{**none, "brightness": value}))
        assert found.verdict == verdict
        assert f"brightness differs by {value:.3g} of 255 levels" in found.reason
        assert f"at most {bound.same:g} is a re-encoding" in found.reason


def test_the_figure_that_is_told_is_one_that_decided() -> None:
    open_, against = comparison.BOUNDS["shape"], comparison.BOUNDS["brightness"]
    figures = dict.fromkeys(comparison.BOUNDS, 0.0) | {"shape": open_.different - 0.1, "brightness": against.different}
    found = comparison.by_figures(Measures(**figures))
    assert found.verdict == "different"
    assert against.words.partition("{")[0] in found.reason


def test_one_figure_against_is_enough_however_good_the_others_are() -> None:
    for name, bound in comparison.BOUNDS.items():
        figures = Measures(**{**dict.fromkeys(comparison.BOUNDS, 0.0), name: bound.different})
        assert comparison.by_figures(figures).verdict == "different"
        assert bound.same < bound.different


@pytest.mark.parametrize("kind", ["PNG", "WEBP", *AVIF])
def test_a_target_that_keeps_another_format_is_compared_too(kind: str) -> None:
    assert comparison.by_pixels(DECLARED, encode(UPLOADED, kind)).verdict == "same"


def test_odd_jpegs_of_the_same_photo_are_the_same() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for observed in (
        encode(UPLOADED, "JPEG", quality=90, keep_rgb=True),
        encode(UPLOADED, "JPEG", quality=90, progressive=True),
        encode(UPLOADED, "JPEG", quality=90, icc_profile=srgb),
        encode(UPLOADED.transpose(Image.Transpose.ROTATE_90), "JPEG", quality=90, exif=exif),
    ):
        assert comparison.by_pixels(DECLARED, observed).verdict == "same"
    grey = encode(UPLOADED.convert("L"), "JPEG", quality=95)
    twice = encode(UPLOADED.convert("L").convert("RGB"), "JPEG", quality=80)
    assert comparison.by_pixels(grey, twice).verdict == "same"


def test_the_smallest_pictures_are_compared() -> None:
    for size in ((1, 1), (2, 1), (48, 48)):
        picture = encode(Image.new("RGB", size, "#808080"), "JPEG")
        assert comparison.by_pixels(picture, picture).verdict == "same"
    assert comparison.by_pixels(DECLARED, encode(Image.new("RGB", (1, 1)), "GIF")).verdict == "different"
    black, dark = (encode(Image.new("RGB", (96, 96), colour), "JPEG") for colour in ("#000000", "#0a0a0a"))
    assert comparison.by_pixels(black, dark).verdict == "different"
