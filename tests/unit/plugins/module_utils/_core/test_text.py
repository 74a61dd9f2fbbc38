# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from outside: what names nobody, how it is shown, and that it always can be sent."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.text import (
    all_encode,
    in_one_line,
    lines_shown,
    sendable,
    shown,
    unusable,
)
from hypothesis import given
from hypothesis import strategies as st

#: Hypothesis leaves half characters out unless they are asked for.
ANY_TEXT = st.text(st.characters(exclude_categories=[]))


@pytest.mark.parametrize(
    "name",
    ["alice@example.com", "o'neil@example.com", "björk@example.com", "山田@example.com", "guest#EXT#@example.com"],
)
def test_a_name_is_usable(name: str) -> None:
    assert unusable(name) is None
    assert shown(name) == name


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a\nb@example.com", "line end"),
        ("a\x1b[2Jb@example.com", "control character"),
        ("a\x7f@example.com", "control character"),
        ("a\x85@example.com", "control character"),
        ("a\u2028b@example.com", "line end"),
        ("a\udcff@example.com", "not valid UTF-8"),
        ("a\ud83d@example.com", "not valid UTF-8"),
    ],
)
def test_a_name_that_nobody_can_have_is_told_why_and_shown_on_one_line(name: str, why: str) -> None:
    assert why in str(unusable(name))
    assert shown(name).isprintable()
    assert shown(name).startswith("a\\")


def test_a_byte_that_is_not_utf_8_is_shown_as_that_byte() -> None:
    assert shown("m\udcfcller.jpg") == r"m\xfcller.jpg"
    assert shown("m\udcfcller \u202e.jpg\r\n") == r"m\xfcller \u202e.jpg\r\n"


@given(ANY_TEXT)
def test_what_is_shown_is_printable_whatever_it_was(text: str) -> None:
    assert "\n" not in shown(text)
    assert all(letter >= " " for letter in shown(text))
    assert lines_shown(text).count("\n") == text.count("\n")
    shown(text).encode()


@given(
    st.recursive(ANY_TEXT | st.none() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner))
)
def test_whatever_is_returned_can_be_sent(value: t.Any) -> None:
    sent = json.dumps(sendable(value), ensure_ascii=False).encode()
    assert json.loads(sent) == sendable(value)


@given(
    st.recursive(ANY_TEXT | st.none() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner))
)
def test_what_all_encodes_needs_no_copy_and_everything_else_does(value: t.Any) -> None:
    assert all_encode(value) is (sendable(value) == value)


def test_what_is_no_json_is_never_said_to_encode() -> None:
    assert not all_encode({"photo": b"\xff\xd8"})
    assert not all_encode([object()])


def test_what_can_be_sent_is_sent_as_it_is() -> None:
    value = {"user": "björk 😀\n", "tags": ["\x1b", 1, None, True]}
    assert sendable(value) == value


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ""),
        ("wrong password", "wrong password"),
        (
            "2 users could not be checked:\n  a (no mailbox)\n  b (no right)\n",
            "2 users could not be checked: a (no mailbox); b (no right)",
        ),
        ("It failed.\r\n\nNothing was written.", "It failed. Nothing was written."),
    ],
)
def test_a_message_of_several_lines_in_one(text: str, told: str) -> None:
    assert in_one_line(text) == told
