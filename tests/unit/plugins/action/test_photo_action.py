# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a photo action says before it runs the module."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.plugin_utils.photo_action import acceptable, malformed


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


def test_names_that_are_no_unicode_do_not_stop_the_call() -> None:
    photos = [{"user": "m\udcfcller", "src": "/x/m\udcfcller.jpg"}, {"user": "alice", "state": "absent"}]
    given = acceptable({"photos": photos, "size": 64})
    json.dumps(given, ensure_ascii=False).encode()
    assert given == {
        "photos": [{"user": "m\ufffdller", "src": "/x/m\ufffdller.jpg"}, {"user": "alice", "state": "absent"}],
        "size": 64,
    }


def test_arguments_that_arrive_as_they_are_are_not_touched() -> None:
    photos = [{"user": "björk", "src": "/x/björk.jpg"}]
    assert acceptable({"photos": photos})["photos"] is photos
    assert acceptable({"user": "alice", "content": "x"}) == {"user": "alice", "content": "x"}
