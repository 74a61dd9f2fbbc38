# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.mark import (
    MARK_BYTES,
    Mark,
    frame_size,
    read_mark,
    seems_of,
    stamp,
)
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

SOURCE, RECIPE = "ab" * 32, "0123456789abcdef"


def jpeg(colour: str = "#336699", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (96, 96), colour).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def test_a_stamped_picture_tells_what_it_was_made_of_and_shows_the_same() -> None:
    plain = jpeg()
    stamped = stamp(plain, SOURCE, RECIPE)
    assert read_mark(stamped) == Mark(SOURCE, RECIPE)
    assert len(stamped) == len(plain) + MARK_BYTES
    assert Image.open(io.BytesIO(stamped)).tobytes() == Image.open(io.BytesIO(plain)).tobytes()
    assert stamped[2:4] == b"\xff\xe0"  # JFIF's own segment stays the first


@pytest.mark.parametrize("size", [(96, 96), (96, 71), (1, 300)])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 40, "optimize": True}])
def test_the_sides_of_our_own_photo_are_those_that_pillow_reads(
    size: tuple[int, int], options: dict[str, bool]
) -> None:
    for mode in ("RGB", "L"):
        buffer = io.BytesIO()
        Image.new(mode, size, 128).save(buffer, "JPEG", **options)
        photo = stamp(buffer.getvalue(), SOURCE, RECIPE)
        assert frame_size(photo) == Image.open(io.BytesIO(photo)).size


def test_the_sides_of_a_photo_that_may_be_turned_are_not_read_from_its_header() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert frame_size(jpeg(exif=exif)) is None


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", jpeg()[:100], b"\xff\xd8\xff\xc0\x00\x04\x08\x00"])
def test_a_photo_without_a_whole_header_has_no_sides(data: bytes) -> None:
    assert frame_size(data) is None


def test_a_second_stamp_replaces_the_first() -> None:
    assert stamp(stamp(jpeg(), "cd" * 32, "f" * 16), SOURCE, RECIPE) == stamp(jpeg(), SOURCE, RECIPE)


def test_a_mark_that_was_copied_onto_another_picture_is_not_trusted() -> None:
    ours, other = stamp(jpeg(), SOURCE, RECIPE), jpeg("#993366")
    segment = ours[20 : 20 + MARK_BYTES]
    assert segment.startswith(b"\xff\xfe")
    assert read_mark(other[:20] + segment + other[20:]) is None


def test_two_marks_are_none() -> None:
    ours = stamp(jpeg(), SOURCE, RECIPE)
    assert read_mark(ours[:20] + ours[20 : 20 + MARK_BYTES] + ours[20:]) is None


def test_another_comment_is_no_mark_and_does_not_hide_ours() -> None:
    assert read_mark(jpeg(comment=b"made with love")) is None
    assert read_mark(stamp(jpeg(comment=b"made with love"), SOURCE, RECIPE)) == Mark(SOURCE, RECIPE)


@pytest.mark.parametrize("values", [("AB" * 32, RECIPE), (SOURCE, "short"), ("", "")])
def test_only_digests_are_stamped(values: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        stamp(jpeg(), *values)


def test_only_a_jpeg_is_stamped() -> None:
    with pytest.raises(ValueError, match="JPEG"):
        stamp(b"\x89PNG", SOURCE, RECIPE)


@given(st.data())
def test_any_change_of_a_byte_makes_the_mark_worth_nothing(data: st.DataObject) -> None:
    ours = bytearray(stamp(jpeg(), SOURCE, RECIPE))
    at = data.draw(st.integers(0, len(ours) - 1))
    ours[at] ^= data.draw(st.integers(1, 255))
    # A change inside the hashes leaves a mark that says something else, but never that it is of our source and recipe.
    assert read_mark(bytes(ours)) != Mark(SOURCE, RECIPE)


@given(st.binary(max_size=400))
def test_nothing_that_a_target_may_hold_raises(tail: bytes) -> None:
    read_mark(tail)
    read_mark(b"\xff\xd8" + tail)
    read_mark(stamp(jpeg(), SOURCE, RECIPE)[: len(tail)] + tail)


def test_what_carries_a_mark_seems_to_be_of_its_source_and_nothing_else_does() -> None:
    ours = stamp(jpeg(), SOURCE, RECIPE)
    assert seems_of(ours, SOURCE)
    assert not seems_of(ours, "cd" * 32)
    assert not seems_of(jpeg(), SOURCE)
    assert not seems_of(bytes(2000) + ours, SOURCE)
