# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sources that are damaged, made to harm, or no pictures at all: each is a SourceError with a sentence, and quickly."""

from __future__ import annotations

import io
import os
import socket
import struct
import typing as t
import zlib
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.files import load_source
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Recipe, Rendition, Source, SourceError
from ansible_collections.hybrid.photos.plugins.module_utils._pictures import decode, sniff
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.comparison import by_pixels
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.decode import describe
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.prepare import prepared
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.render import render
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.drawn import AVIF, encode, scene
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

pytestmark = pytest.mark.filterwarnings("ignore")  # Pillow's, about damaged files

RECIPES = [Recipe(size=648, max_bytes=4_194_303), Recipe(size=96, max_bytes=10_240, crop="top", mark=True)]
FORMATS: dict[str, dict[str, t.Any]] = {
    "JPEG": {},
    "PNG": {},
    "WEBP": {},
    "GIF": {},
    "BMP": {},
    "TIFF": {"compression": "tiff_lzw"},
    **{kind: {"speed": 10} for kind in AVIF},
}
FILES = {kind: encode(scene(160, 120), kind, **options) for kind, options in FORMATS.items()}
FILES["progressive JPEG"] = encode(scene(160, 120), "JPEG", progressive=True, icc_profile=bytes(500))
FILES["animated GIF"] = encode(scene(80, 60), "GIF", save_all=True, append_images=[scene(80, 60, 2)])
FILES["palette PNG"] = encode(scene(160, 120).convert("P"), "PNG", transparency=0)
FILES["JPEG in TIFF"] = encode(scene(160, 120), "TIFF", compression="jpeg")


def outcome(data: bytes) -> list[Rendition] | str:
    """Renditions, or the message. Anything else that is raised fails the test."""
    try:
        return render(data, RECIPES, "bob.jpg")
    except SourceError as error:
        assert str(error).startswith("bob.jpg: ")
        assert "\n" not in str(error)
        return str(error)


def refusal(data: bytes) -> str:
    found = outcome(data)
    assert isinstance(found, str)
    return found


# --- files ---


def test_a_file_and_bytes_are_loaded(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"abc")
    assert load_source(Source(path=str(path))) == b"abc"
    assert load_source(Source(content=b"abc")) == b"abc"


def test_what_is_no_ordinary_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "empty").touch()
    (tmp_path / "loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        for name, words in {
            str(tmp_path): "it is a directory, not a picture file",
            str(tmp_path / "fifo"): "it is a named pipe",
            str(tmp_path / "empty"): r"it is empty \(0 bytes\)",
            str(tmp_path / "loop"): r"it cannot be opened \(Too many levels of symbolic links\)",
            str(tmp_path / "socket"): "it cannot be opened",
            str(tmp_path / "missing"): r"it cannot be opened \(No such file or directory\); check the path",
            str(tmp_path / "nul\0"): "it cannot be opened",
            "/dev/zero": "it is a device",
        }.items():
            with pytest.raises(SourceError, match=words) as caught:
                load_source(Source(path=name))
            assert name in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"abc")
    path.chmod(0)
    with pytest.raises(SourceError, match="Permission denied"):
        load_source(Source(path=str(path)))


def test_the_limit_on_bytes_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(bytes(2000))
    for source in (Source(path=str(path)), Source(content=bytes(2000))):
        with pytest.raises(SourceError, match="it has 2,000 bytes, more than the 1,999 that are read"):
            load_source(source, 1999)
        assert len(load_source(source, 2000)) == 2000


# --- what it is ---


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'<?xml version="1.0"?><!-- x --><svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b"<svg/>", "an SVG drawing"),
        (b"%PDF-1.7", "a PDF document"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "a PostScript file"),
        (b"<!DOCTYPE html><img src='a.svg'>", "an HTML page"),
        (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"P6 9 9 255 ", "a PNM picture"),
        (b"\0\0\x01\0", "a Windows icon"),
        (b"", "not a picture of a known format"),
        (b"hello", "not a picture of a known format"),
        (b"<!--" * 5000, "not a picture of a known format"),
    ],
)
def test_what_is_no_picture_is_called_by_its_name(data: bytes, words: str) -> None:
    assert words in refusal(data)


def test_the_extension_does_not_matter_and_the_content_does(tmp_path: Path) -> None:
    path = tmp_path / "really-a-png.jpg"
    path.write_bytes(FILES["PNG"])
    assert isinstance(outcome(load_source(Source(path=str(path)))), list)


@pytest.mark.parametrize("kind", ["PPM", "ICO", "PCX", "TGA", "EPS", "SGI", "JPEG2000"])
def test_other_decoders_are_never_reached(kind: str) -> None:
    assert "commit a JPEG, PNG" in refusal(encode(scene(64, 64), kind))


def test_a_file_that_is_two_things_is_read_as_the_first_only() -> None:
    assert isinstance(outcome(FILES["JPEG"] + FILES["PNG"]), list)
    assert isinstance(outcome(FILES["PNG"] + b"<script>alert(1)</script>"), list)
    assert "more pixels than" in refusal(b"GIF89a" + FILES["JPEG"])
    result = outcome(FILES["JPEG"] + b"PK\x03\x04 an archive")
    assert isinstance(result, list)
    assert all(b"PK\x03\x04" not in rendition.data for rendition in result)


# --- bombs ---


def png(width: int, height: int, rows: bytes = b"") -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + data


def jpeg_of(width: int, height: int, progressive: bool = False) -> bytes:
    """A small JPEG whose header was changed to state other sides."""
    data = bytearray(encode(scene(64, 64), "JPEG", progressive=progressive))
    at = data.index(b"\xff\xc2" if progressive else b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "limit"),
    [
        (png(60_000, 60_000), "more pixels than a photo has"),
        (png(10_000, 5_000), "more than the 40 million that are read of a PNG"),
        (jpeg_of(60_000, 60_000), "more pixels than a photo has"),
        (jpeg_of(9_500, 9_500), "more than the 89 million that are read of a JPEG"),
        (jpeg_of(9_000, 9_000, progressive=True), "more than the 60 million that are read of a progressive JPEG"),
        (encode(Image.new("1", (10_000, 5_000)), "TIFF", compression="group4"), "40 million"),
        (b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff\xff\xff" * 2 + bytes(40), "25 million"),
        (b"RIFF\0\0\0\0WEBPVP8L\x0a\0\0\0\x2f\xff\xff\xff\xff" + bytes(40), "25 million"),
        (b"RIFF\0\0\0\0WEBPVP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a\xff\x3f\xff\x3f" + bytes(40), "25 million"),
        (b"RIFF\0\0\0\0WEBPVP8X", "states no size"),
        (b"GIF89a\xff\xff\xff\xff\0\0\0", "GIF"),
    ],
)
def test_too_many_pixels_are_refused_from_the_header(data: bytes, limit: str) -> None:
    assert limit in refusal(data)
    with pytest.raises(SourceError):
        prepared(data, "found")


def test_nothing_global_is_changed() -> None:
    before = Image.MAX_IMAGE_PIXELS
    outcome(FILES["JPEG"])
    outcome(png(10_000, 5_000))
    assert before == Image.MAX_IMAGE_PIXELS


def test_a_progressive_jpeg_with_thousands_of_scans_is_refused() -> None:
    data = FILES["progressive JPEG"]
    at = data.rindex(b"\xff\xda")
    bomb = data[:at] + data[at:-2] * 5000 + b"\xff\xd9"
    assert "more than 100 scans" in refusal(bomb)
    assert sniff.jpeg_scans(data, 101) == (data.count(b"\xff\xda"), True)
    assert sniff.jpeg_scans(FILES["JPEG"], 101) == (1, False)


@pytest.mark.parametrize("between", [b"\xff\x01", b"\xff\xd8", b"\xff\xff\xff", b"\0\0"])
def test_scans_cannot_be_hidden_from_the_count(between: bytes) -> None:
    data = FILES["progressive JPEG"]
    at = data.rindex(b"\xff\xda")
    assert sniff.jpeg_scans(data[:at] + (between + data[at:-2]) * 300 + b"\xff\xd9", 101)[0] == 101


def test_a_png_of_many_text_chunks_that_inflate_is_refused() -> None:
    body = b"a\0\0" + zlib.compress(bytes(40 << 20), 9)
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    data = FILES["PNG"]
    outcome(data[:33] + chunk * 50 + data[33:])


# --- damage ---


@pytest.mark.parametrize("kind", FILES)
def test_a_truncated_file_is_refused_or_rendered(kind: str) -> None:
    data = FILES[kind]
    for length in {*range(0, min(len(data), 64)), *range(64, len(data), len(data) // 24), len(data) - 1}:
        outcome(data[:length])
    # Half an animation still has its first frame.
    assert isinstance(outcome(data[: len(data) // 4]), str)


@given(st.data())
@settings(max_examples=120)
def test_every_mutation_is_a_rendition_or_a_message(data: st.DataObject) -> None:
    file = bytearray(FILES[data.draw(st.sampled_from(sorted(FILES)))])
    for _turn in range(data.draw(st.integers(1, 6))):
        # Headers are short and matter most.
        near = data.draw(st.booleans())
        at = data.draw(st.integers(0, min(len(file) - 1, 200) if near else len(file) - 1))
        match data.draw(st.sampled_from(["set", "flip", "cut", "splice", "number"])):
            case "set":
                file[at] = data.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFE, 0xFF]))
            case "flip":
                file[at] ^= 1 << data.draw(st.integers(0, 7))
            case "cut":
                del file[at : at + data.draw(st.integers(1, 40))]
            case "splice":
                other = FILES[data.draw(st.sampled_from(sorted(FILES)))]
                start = data.draw(st.integers(0, len(other) - 1))
                file[at:at] = other[start : start + data.draw(st.integers(1, 300))]
            case "number":
                file[at : at + 4] = data.draw(st.sampled_from([b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", bytes(4)]))
        if not file:
            break
    mutated = bytes(file)
    found = outcome(mutated)
    if isinstance(found, list):
        for rendition, recipe in zip(found, RECIPES, strict=True):
            assert len(rendition.data) <= recipe.max_bytes
            assert Image.open(io.BytesIO(rendition.data)).size == (rendition.width, rendition.height)
    for call in (describe, lambda value: by_pixels(FILES["JPEG"], value)):
        try:
            call(mutated)
        except SourceError:
            pass


# --- shapes that no photo has ---


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def stated_png(width: int, height: int) -> bytes:
    """A PNG that states sides and holds next to nothing."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(11))) + chunk(b"IEND", b"")


def stated_tiff(width: int, height: int, tile: tuple[int, int] | None = None) -> bytes:
    """A TIFF that states sides and holds next to nothing."""
    data = zlib.compress(bytes(100))
    data += bytes(len(data) % 2)
    tags = [(256, width), (257, height), (258, 8), (259, 8), (262, 1), (277, 1)]
    place = [(324, 8), (325, len(data))] if tile else [(273, 8), (279, len(data))]
    tags += [*place, (322, tile[0]), (323, tile[1])] if tile else [*place, (278, height)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags))
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + struct.pack("<H", len(tags)) + entries + bytes(4)


def stated_gif(width: int, height: int) -> bytes:
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00\x3b"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + frame


def stated_webp(width: int, height: int) -> bytes:
    bits = (width - 1) | (height - 1) << 14
    payload = b"\x2f" + struct.pack("<I", bits) + bytes(7)
    return b"RIFF" + struct.pack("<I", 12 + len(payload)) + b"WEBPVP8L" + struct.pack("<I", len(payload)) + payload


@pytest.mark.parametrize(
    "data",
    [
        stated_png(1, 40_000_000),
        stated_png(40_000_000, 1),
        stated_tiff(1, 40_000_000),
        stated_gif(1, 65_535),
        stated_webp(1, 16_000),
        stated_webp(16_000, 1),
    ],
)
def test_a_picture_that_is_a_line_is_refused_before_it_is_decoded(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[object] = []
    monkeypatch.setattr(decode, "decode", lambda *arguments, **_options: decoded.append(arguments))
    assert "times the other" in refusal(data)
    assert decoded == []


def test_a_slim_picture_is_taken() -> None:
    assert isinstance(outcome(encode(scene(1000, 10), "PNG")), list)


def test_a_tiff_whose_tiles_are_far_larger_than_itself_is_refused() -> None:
    assert "tiles have 30000x30000 pixels" in refusal(stated_tiff(100, 100, (30_000, 30_000)))
