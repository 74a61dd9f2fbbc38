# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a run concerns: names and patterns, and nobody by accident."""

from __future__ import annotations

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.choice import (
    choose,
    excludes_nobody,
    met_nobody,
    without,
)
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from hypothesis import given
from hypothesis import strategies as st

PEOPLE = ["Alice@x", "bob@x", "board-1@x", "board-2@x", "o[1]@x"]


@pytest.mark.parametrize(
    ("only", "exclude", "chosen", "excluded"),
    [
        ([], [], PEOPLE, []),
        (["ALICE@X"], [], ["Alice@x"], []),
        (["b*@x"], ["board-?@x"], ["bob@x"], ["board-1@x", "board-2@x"]),
        ([], ["*"], [], PEOPLE),
        (["bob@x"], ["bob@x"], [], ["bob@x"]),
        (["o[1]@x"], [], ["o[1]@x"], []),
        (["board-[13]@x"], [], ["board-1@x"], []),
        ([], ["bob@x", " alice@x", " board-* "], ["o[1]@x"], ["Alice@x", "bob@x", "board-1@x", "board-2@x"]),
    ],
)
def test_names_and_patterns(only: list[str], exclude: list[str], chosen: list[str], excluded: list[str]) -> None:
    found = choose(PEOPLE, only, exclude)
    assert (list(found.chosen), list(found.excluded)) == (chosen, excluded)


def test_a_pattern_that_met_nobody_is_known() -> None:
    assert choose(PEOPLE, ["bob@x", "nobody@x"], ["board*", "z*"]).matched == {"bob@x", "board*"}


def test_an_excluded_name_that_met_nobody_is_told_as_it_was_given() -> None:
    exclude = ["BOB@x ", "bob@x", "bop@x", "board*", "bop@x", "z*"]
    assert met_nobody(choose(PEOPLE, exclude=exclude), exclude) == ["bop@x", "z*"]
    said = excludes_nobody("sync_exclude", ["bop@x", "z\x1b*"], "of this run")
    assert said == (
        r"sync_exclude: 'bop@x', 'z\x1b*' match no user of this run, so they exclude nobody; check the spelling"
    )
    assert "'bop@x' matches no user" in excludes_nobody("exclude", ["bop@x"], "of this run")


@given(st.lists(st.text("ab@x", min_size=1), unique=True), st.lists(st.text("ab@x*?")), st.lists(st.text("ab@x*?")))
def test_everybody_is_in_one_of_three_lists(users: list[str], only: list[str], exclude: list[str]) -> None:
    found = choose(users, only, exclude)
    assert sorted([*found.chosen, *found.excluded, *found.others]) == sorted(users)
    assert only or not found.others


def test_who_is_excluded_is_known_and_a_pattern_that_excludes_everybody_is_refused() -> None:
    assert without(PEOPLE, ["board-*"], "of the run").excluded == ("board-1@x", "board-2@x")
    assert without([], ["*"], "of the run").chosen == ()
    patterns = ["*", *(f"p{number}" for number in range(6))]
    with pytest.raises(PhotoError) as error:
        without(PEOPLE, patterns, "of the run", "restore_exclude")
    said = "restore_exclude '*', 'p0', 'p1', 'p2', 'p3' and 2 more excludes all 5 users of the run, so nothing was done"
    assert str(error.value) == f"{said}; correct it"


@pytest.mark.parametrize(
    ("pattern", "why"),
    [("", "it is empty"), ("  ", "it is empty"), ("a\x1b*", "control character"), ("a\nb", "control character"),
     ("\ud800", "not valid UTF-8")],
)  # fmt: skip
def test_a_pattern_that_no_user_can_have_is_refused_without_being_shown_raw(pattern: str, why: str) -> None:
    with pytest.raises(PhotoError, match=why) as error:
        without(PEOPLE, [pattern], "of the run")
    assert str(error.value).startswith("exclude '") and str(error.value).isprintable()
