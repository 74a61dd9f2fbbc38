# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Renditions: what a recipe makes of a source."""

from __future__ import annotations

import io
import itertools
import sys
import typing as t
from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import (
    PhotoError,
    Recipe,
    Rendition,
    SourceError,
    sha256,
)
from ansible_collections.hybrid.photos.plugins.module_utils._pictures import decode as opening
from ansible_collections.hybrid.photos.plugins.module_utils._pictures import encode as encoding
from ansible_collections.hybrid.photos.plugins.module_utils._pictures import face, geometry, pillow
from ansible_collections.hybrid.photos.plugins.module_utils._pictures import render as rendering
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.mark import Mark, read_mark
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.prepare import prepared
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.drawn import AVIF, decode, encode, scene
from PIL import Image, ImageChops, ImageCms, ImageOps, ImageStat

EXO = Recipe(size=648, max_bytes=4_194_303)
AD = Recipe(size=96, max_bytes=10_240, mark=True)
WHOLE = Recipe(size=400, max_bytes=1 << 20, crop="none")


def render(data: bytes, recipe: Recipe = WHOLE) -> Rendition:
    return rendering.render(data, [recipe], "alice.jpg")[0]


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference in levels of the most different channel."""
    assert one.size == other.size
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean)


# --- formats ---


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("JPEG", "RGB", {"quality": 95}),
        ("JPEG", "RGB", {"quality": 95, "progressive": True}),
        ("JPEG", "RGB", {"quality": 95, "keep_rgb": True}),
        ("JPEG", "CMYK", {"quality": 95}),
        ("JPEG", "L", {"quality": 95}),
        ("PNG", "RGB", {}),
        ("PNG", "RGBA", {}),
        ("PNG", "P", {}),
        ("PNG", "L", {}),
        ("PNG", "LA", {}),
        ("PNG", "1", {}),
        ("PNG", "I;16", {}),
        ("WEBP", "RGB", {"quality": 95}),
        ("WEBP", "RGBA", {"lossless": True}),
        ("GIF", "P", {}),
        ("BMP", "RGB", {}),
        ("TIFF", "RGB", {"compression": "tiff_lzw"}),
        ("TIFF", "CMYK", {}),
        ("TIFF", "L", {}),
        *((kind, mode, {"quality": 90}) for kind in AVIF for mode in ("RGB", "RGBA")),
    ],
)
def test_every_format_gives_the_same_picture(kind: str, mode: str, options: dict[str, t.Any]) -> None:
    original = scene(300, 200)
    if mode == "I;16":
        grey = original.convert("L")
        wide = b"".join(bytes((value, value)) for value in grey.tobytes())
        stored, expected = Image.frombytes("I;16", grey.size, wide), grey
    else:
        stored = original.convert(mode)
        expected = stored.convert("RGB")
    rendition = render(encode(stored, kind, **options))
    shown = decode(rendition.data)
    assert (shown.format, shown.mode, shown.size) == ("JPEG", "RGB", (300, 200))
    assert (rendition.width, rendition.height) == shown.size
    assert difference(shown, expected) < 4


def test_sixteen_bits_a_channel_are_scaled_not_clipped() -> None:
    import struct
    import zlib

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    row = b"\0" + b"".join(struct.pack(">HHH", 0x8000, 0x4000, 0xC000) for _turn in range(8))
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 16, 2, 0, 0, 0))
    png += chunk(b"IDAT", zlib.compress(row * 8)) + chunk(b"IEND", b"")
    pixel = decode(render(png).data).getpixel((4, 4))
    assert all(abs(got - want) <= 3 for got, want in zip(pixel, (128, 64, 192), strict=True))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", *AVIF, "TIFF"])
def test_an_animation_gives_its_first_frame(kind: str) -> None:
    frames = [scene(120, 120, seed) for seed in (1, 2)]
    shown = decode(render(encode(frames[0], kind, save_all=True, append_images=frames[1:])).data)
    assert difference(shown, frames[0]) < 8 < difference(shown, frames[1])


def test_heic_with_pillow_heif() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    buffer = io.BytesIO()
    pillow_heif.from_pillow(scene(300, 200)).save(buffer, quality=90)
    assert difference(decode(render(buffer.getvalue()).data), scene(300, 200)) < 5


def test_heic_without_pillow_heif_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_reads_heif", lambda: False)
    with pytest.raises(SourceError, match=r"alice\.jpg: it is a HEIC picture; pip install pillow-heif"):
        render(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))


def test_without_pillow_the_advice_is_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pillow, "MISSING", "No module named 'PIL'")
    for call in (pillow.available, lambda: render(b""), lambda: opening.describe(b""), lambda: prepared(b"", "")):
        with pytest.raises(PhotoError, match="pip install pillow"):
            call()


# --- what is shown ---


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", *AVIF])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = encode(scene(160, 100), kind, exif=exif, **({"quality": 95} if kind in ("JPEG", "AVIF") else {}))
    expected = ImageOps.exif_transpose(decode(stored))
    assert difference(decode(render(stored).data), expected) < 3
    for crop in ("center", "top"):
        shown = decode(render(stored, Recipe(size=100, max_bytes=1 << 20, crop=t.cast("t.Any", crop))).data)
        box = geometry.square(*expected.size, at_top=crop == "top")
        assert difference(shown, expected.crop(box)) < 3


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_turned_tiff_has_the_same_sides_with_every_pillow(orientation: int) -> None:
    """Before version 11 Pillow gives the sides as they are stored until the picture is decoded."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = encode(scene(160, 100), "TIFF", exif=exif)
    expected = (160, 100) if orientation == 1 else (100, 160)
    as_is = render(stored, Recipe(size=96, max_bytes=1 << 20, mark=True, as_is=True))
    assert (as_is.width, as_is.height) == expected
    described = opening.describe(stored)
    assert (described.width, described.height) == expected
    decoded = opening.decode(opening.open_picture(stored, "alice.tif"), 1, "alice.tif")
    assert (decoded.width, decoded.height, decoded.scale) == (*expected, 1)


def test_a_picture_of_a_kind_that_this_pillow_does_not_read_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    Image.init()
    monkeypatch.delitem(Image.OPEN, "AVIF", raising=False)
    with pytest.raises(SourceError, match=r"alice\.jpg: this version of Pillow cannot read AVIF; upgrade it"):
        render(b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + bytes(100))


def test_a_colour_profile_is_applied() -> None:
    lab = ImageCms.createProfile("LAB")
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    plain = scene(200, 200)
    assert difference(decode(render(encode(plain, "PNG", icc_profile=srgb.tobytes())).data), plain) < 2
    # Red and blue exchanged, by a profile whose red is blue: made of sRGB's own by swapping its two columns.
    swapped = bytearray(srgb.tobytes())
    tags = {bytes(swapped[at : at + 4]): at for at in range(132, 132 + 12 * swapped[131], 12)}
    red, blue = tags[b"rXYZ"], tags[b"bXYZ"]
    swapped[red : red + 4], swapped[blue : blue + 4] = b"bXYZ", b"rXYZ"
    shown = decode(render(encode(plain, "PNG", icc_profile=bytes(swapped))).data)
    red_channel, green_channel, blue_channel = plain.split()
    assert difference(shown, Image.merge("RGB", (blue_channel, green_channel, red_channel))) < 4
    # A profile for another kind of pixels is left out.
    other = ImageCms.ImageCmsProfile(lab).tobytes()
    assert difference(decode(render(encode(plain, "PNG", icc_profile=other)).data), plain) < 2


@pytest.mark.parametrize("profile", [b"", b"rubbish", b"\0" * 128, b"\xff" * 4096, bytes(5 << 20)])
def test_a_damaged_colour_profile_is_left_out(profile: bytes) -> None:
    shown = decode(render(encode(scene(100, 100), "JPEG", quality=95, icc_profile=profile)).data)
    assert difference(shown, scene(100, 100)) < 3


def test_transparency_is_flattened_on_the_background() -> None:
    clear = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    for background, expected in (("#ffffff", (255, 255, 255)), ("#204060", (32, 64, 96))):
        recipe = Recipe(size=40, max_bytes=9999, background=background)
        pixel = decode(render(encode(clear, "PNG"), recipe).data).getpixel((20, 20))
        assert all(abs(got - want) <= 2 for got, want in zip(pixel, expected, strict=True))


def test_a_transparent_colour_of_a_png_or_gif_is_flattened() -> None:
    for picture, kind, colour in ((Image.new("RGB", (40, 40)), "PNG", (0, 0, 0)), (Image.new("P", (40, 40)), "GIF", 0)):
        assert decode(render(encode(picture, kind, transparency=colour)).data).getpixel((20, 20)) == (255, 255, 255)


@pytest.mark.parametrize("size", [(640, 480), (648, 648), (96, 96)])  # two need no scaling for one of the recipes
def test_no_metadata_is_left(size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x010E] = "SECRET description"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 8.0, 0.0)})
    source = encode(
        scene(*size),
        "JPEG",
        exif=exif,
        comment=b"SECRET comment",
        xmp=b"<x:xmpmeta>SECRET</x:xmpmeta>",
        dpi=(300, 300),
    )
    for recipe in (EXO, AD, WHOLE):
        data = render(source, recipe).data
        shown = decode(data)
        assert b"SECRET" not in data
        assert not dict(shown.getexif())
        assert set(shown.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "comment"}
        assert ("comment" in shown.info) == recipe.mark


# --- size, quality, crop ---


def test_a_smaller_source_is_not_enlarged() -> None:
    rendition = render(encode(scene(120, 90)), EXO)
    assert (rendition.width, rendition.height) == (90, 90)
    rendition = render(encode(scene(120, 90)), Recipe(size=648, max_bytes=1 << 20, crop="none"))
    assert (rendition.width, rendition.height) == (120, 90)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (3000, 1), (2, 3)])
def test_the_oddest_sides_work(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    # What the detector itself says of such a picture depends on which OpenCV there is, if any.
    assert face.find(bytes(size[0] * size[1]), *size) in (([], None), ([], face.MISSING), ([], face.OUTDATED))
    monkeypatch.setattr(face, "find", lambda *_picture: ([], None))
    data = encode(Image.new("RGB", size, "green"), "PNG")
    for recipe in (EXO, AD, WHOLE, Recipe(size=96, max_bytes=10_240, crop="face")):
        rendition = render(data, recipe)
        assert max(rendition.width, rendition.height) <= recipe.size


def test_the_highest_quality_that_fits_is_taken() -> None:
    data = encode(scene(), "JPEG", quality=95)
    free = render(data, EXO)
    assert (free.quality, free.notes) == (95, ())
    square = rendering._pixels(
        opening.decode(opening.open_picture(data, ""), 1, ""), (80, 0, 560, 480), (480, 480), "#ffffff"
    )
    packed = encoding.jpeg(square, 95)
    assert render(data, Recipe(size=648, max_bytes=len(packed))).data == packed, "as many bytes as are saved by packing"
    for share in (0.99, 0.8, 0.6, 0.4):
        limit = int(len(packed) * share)
        tight = render(data, Recipe(size=648, max_bytes=limit))
        assert tight.width == 480
        assert tight.notes == ()
        assert 40 <= tight.quality < 95
        assert len(tight.data) <= limit
        assert len(encoding.jpeg(square, tight.quality + 1)) > limit


def test_pixels_are_given_up_only_below_quality_40_and_it_is_said() -> None:
    rendition = render(encode(scene(), "JPEG"), Recipe(size=648, max_bytes=3500))
    assert len(rendition.data) <= 3500
    assert rendition.width < 480
    assert rendition.notes == (
        f"made {rendition.width}x{rendition.width} pixels: 480x480 does not fit 3,500 bytes at quality 40",
    )


@pytest.mark.parametrize("limit", [3, 200, 300])
def test_a_limit_that_nothing_fits_is_said(limit: int) -> None:
    with pytest.raises(SourceError, match=rf"alice\.jpg: .*to {limit} bytes; raise max_bytes"):
        render(encode(scene(), "JPEG"), Recipe(size=648, max_bytes=limit))


def test_the_mark_is_within_the_limit() -> None:
    data = encode(scene(), "JPEG")
    free = render(data, AD)
    assert read_mark(free.data) == Mark(sha256(data), AD.digest)
    for less in (1, len(free.data) // 10):
        tight = render(data, Recipe(size=96, max_bytes=len(free.data) - less, mark=True))
        assert len(tight.data) <= len(free.data) - less
    assert tight.quality < 95


def test_the_same_source_and_recipe_give_the_same_bytes_whatever_else_is_asked_for() -> None:
    data = encode(scene(3000, 2200), "JPEG", quality=90)
    recipes = [EXO, AD, WHOLE, Recipe(size=1200, max_bytes=1 << 20), Recipe(size=96, max_bytes=10_240, crop="top")]
    alone = [render(data, recipe).data for recipe in recipes]
    for order in itertools.permutations(range(len(recipes)), 3):
        assert [each.data for each in rendering.render(data, [recipes[at] for at in order], "")] == [
            alone[at] for at in order
        ]


def test_threads_do_not_disturb_each_other() -> None:
    sources = [encode(scene(700, 500, seed), "JPEG") for seed in range(6)]
    alone = [render(data, AD).data for data in sources]
    with ThreadPoolExecutor(6) as pool:
        assert [each.data for each in pool.map(lambda data: render(data, AD), sources * 5)] == alone * 5


def test_crops() -> None:
    tall = Image.new("RGB", (100, 300), "blue")
    tall.paste("red", (0, 0, 100, 100))
    tall.paste("green", (0, 100, 100, 200))
    data = encode(tall, "PNG")
    for crop, expected in (("top", (255, 0, 0)), ("center", (0, 128, 0))):
        shown = decode(render(data, Recipe(size=50, max_bytes=9999, crop=t.cast("t.Any", crop))).data)
        assert shown.size == (50, 50)
        assert all(abs(got - want) <= 3 for got, want in zip(shown.getpixel((25, 25)), expected, strict=True))
    assert decode(render(data, Recipe(size=60, max_bytes=9999, crop="none")).data).size == (20, 60)


FACE = Recipe(size=96, max_bytes=10_240, crop="face")


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (([], None), "no face was found"),
        (([(1, 1, 40, 40), (200, 1, 40, 40)], None), "2 faces were found"),
    ],
)
def test_without_one_face_the_top_is_taken_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch, found: t.Any, why: str
) -> None:
    monkeypatch.setattr(face, "find", lambda *_picture: found)
    data = encode(scene(480, 640), "JPEG")
    rendition = render(data, FACE)
    assert rendition.notes == (f"crop top instead of face: {why}",)
    assert rendition.data == render(data, Recipe(size=96, max_bytes=10_240, crop="top")).data


@pytest.mark.parametrize("reason", [face.MISSING, face.OUTDATED, "OpenCV failed: (-215) assertion"])
def test_where_nobody_can_look_for_faces_there_is_no_rendition(monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    """Another crop would differ from what a node with OpenCV makes, and the two would overwrite each other for ever."""
    monkeypatch.setattr(face, "find", lambda *_picture: ([], reason))
    with pytest.raises(SourceError, match=r"alice\.jpg: crop: face is not possible on this machine \(OpenCV ") as error:
        render(encode(scene(480, 640), "JPEG"), FACE)
    assert reason in str(error.value)


def test_an_opencv_without_its_cascades_cannot_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenCV 5 has the package and no detector."""
    monkeypatch.setattr(face, "_HAS_OPENCV", True)
    monkeypatch.setattr(face, "_detector", lambda: None)
    assert face.find(bytes(100), 10, 10) == ([], face.OUTDATED)
    monkeypatch.setattr(face, "_HAS_OPENCV", False)
    assert face.find(bytes(100), 10, 10) == ([], face.MISSING)


def test_a_face_is_shown_with_head_room(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []

    def find(grey: bytes, width: int, height: int) -> tuple[list[face.Box], None]:
        assert len(grey) == width * height
        seen.append((width, height))
        return [(300, 400, 60, 60)], None

    monkeypatch.setattr(face, "find", find)
    picture = Image.new("RGB", (960, 1280), "blue")
    picture.paste("red", (600, 800, 720, 920))  # where the face is: twice what the detector sees
    rendition = render(encode(picture, "PNG"), FACE)
    assert seen == [(480, 640)]
    assert rendition.notes == ("cropped to the face",)
    shown = decode(rendition.data)
    red = shown.convert("RGB").split()[0].point(lambda value: 255 * (value > 128)).getbbox()
    assert red is not None
    left, top, right, bottom = red
    assert abs((left + right) / 2 - 48) <= 1
    assert 40 <= right - left <= 48
    assert 16 <= top <= 24 < bottom <= 70


def test_a_face_at_the_edge_stays_inside() -> None:
    for box in ((0.0, 0.0, 50.0, 50.0), (350.0, 250.0, 50.0, 50.0), (0.0, 0.0, 400.0, 300.0)):
        left, top, right, bottom = geometry.around_face(box, 400, 300)
        assert 0 <= left < right <= 400
        assert 0 <= top < bottom <= 300
        assert right - left == bottom - top


def test_opencv_and_pillow_heif_are_imported_only_when_needed() -> None:
    import subprocess

    code = (
        "import sys; from ansible_collections.hybrid.photos.plugins.module_utils._pictures import render, comparison; "
        "assert not {'cv2', 'numpy', 'pillow_heif'} & set(sys.modules), sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(filter(None, sys.path))})


def test_what_is_no_picture_is_described_as_such() -> None:
    data = encode(scene(300, 200), "PNG")
    found = opening.describe(data)
    assert (found.sha256, found.bytes, found.width, found.height) == (sha256(data), len(data), 300, 200)
    with pytest.raises(SourceError):
        opening.describe(b"GIF")
