# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file is, by its first bytes."""

from __future__ import annotations

import base64
import textwrap

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._pictures import sniff
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.comparison import by_pixels
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.drawn import encode, scene

JPEG, PNG = encode(scene(96, 96), "JPEG"), encode(scene(40, 40), "PNG")
TEXT = base64.b64encode(JPEG)
AS_TEXT = {
    "plain": TEXT,
    "with a line end": TEXT + b"\r\n",
    "in lines": "\r\n".join(textwrap.wrap(TEXT.decode(), 76)).encode(),
    "a data URL": b"data:image/jpeg;base64," + TEXT,
    "PNG": base64.b64encode(PNG),
    "for URLs": base64.urlsafe_b64encode(JPEG),
    "UTF-16": TEXT.decode().encode("utf-16-le"),
    "UTF-16 with a mark": TEXT.decode().encode("utf-16"),
    "UTF-8 with a mark": TEXT.decode().encode("utf-8-sig"),
}
NO_TEXT = {
    "a JPEG": JPEG,
    "a PNG": PNG,
    "nothing": b"",
    "words": b"this is no picture " * 20,
    "base64 of something else": base64.b64encode(bytes(range(256)) * 4),
    "short": base64.b64encode(JPEG[:30]),
    "zeros": bytes(500),
    "UTF-16 of words": ("no picture " * 30).encode("utf-16-le"),
    "not base64 in the middle": TEXT[:200] + b"!" + TEXT[200:],
}


@pytest.mark.parametrize("name", AS_TEXT)
def test_a_picture_as_base64_text_is_recognised(name: str) -> None:
    assert sniff.base64_text(AS_TEXT[name])
    assert "base64 text" in (sniff.refused(AS_TEXT[name]) or "")


@pytest.mark.parametrize("name", NO_TEXT)
def test_what_is_no_picture_as_base64_text_is_not_taken_for_one(name: str) -> None:
    assert not sniff.base64_text(NO_TEXT[name])


@pytest.mark.parametrize("name", AS_TEXT)
def test_base64_text_on_a_target_is_another_photo_and_says_what_it_is(name: str) -> None:
    found = by_pixels(JPEG, AS_TEXT[name])
    assert (found.verdict, "base64 text" in found.reason) == ("different", True)
