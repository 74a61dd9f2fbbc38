# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a photo action says before it runs the module."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.plugin_utils.photo_action import malformed


@pytest.mark.parametrize(
    ("photos", "words"),
    [
        ("alice@example.com", "text"),
        ({"user": "alice"}, "a dictionary"),
        (7, "a number"),
        ([{"user": "alice"}, "bob"], "entry 2 is text"),
        ([None], "entry 1 is nothing"),
    ],
)
def test_a_malformed_list_is_told_by_name_and_place(photos: t.Any, words: str) -> None:
    said = malformed(photos)
    assert said is not None
    assert said.startswith("photos ")
    assert words in said
    assert "bob" not in said


@pytest.mark.parametrize("photos", [None, [], [{"user": "alice"}], ({"user": "alice"},)])
def test_a_list_of_entries_is_left_to_the_module(photos: t.Any) -> None:
    assert malformed(photos) is None
