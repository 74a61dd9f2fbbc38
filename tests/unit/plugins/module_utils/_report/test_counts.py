# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import DRIFTS
from ansible_collections.hybrid.photos.plugins.module_utils._report.counts import (
    DRIFTING,
    drifting,
    outcome,
    status,
    totals,
)
from ansible_collections.hybrid.photos.plugins.module_utils._report.counts import count as count_all
from ansible_collections.hybrid.photos.plugins.module_utils._report.examined import not_examined_targets
from ansible_collections.hybrid.photos.plugins.module_utils._report.gather import Gathered, Mode, gather
from ansible_collections.hybrid.photos.plugins.module_utils._report.unexamined import add_unexamined
from ansible_collections.hybrid.photos.plugins.module_utils._report.words import headline, line
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._report import sample
from hypothesis import given
from hypothesis import strategies as st

flags = st.sampled_from(["", " foreign", " kept", " failed", " unverified", " sent"])
words = st.builds(str.__add__, st.sampled_from(DRIFTS), flags)
people = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(["ad", "exo"]), words), max_size=30)


def count(gathered: Gathered, mode: Mode) -> dict[str, t.Any]:
    return count_all(gathered, mode)[0]


def run(rows: list[tuple[str, str, str]], done: bool = False) -> list[sample.Result]:
    return [sample.result([sample.row(user, target, word, done)]) for user, target, word in rows]


@given(people, st.booleans(), st.lists(st.sampled_from("abcxyz")))
def test_every_user_counts_once(rows: list[tuple[str, str, str]], done: bool, users: list[str]) -> None:
    mode: Mode = "done" if done else "plan"
    gathered = gather(run(rows, done))
    add_unexamined(gathered, users, ["ad", "exo"])
    counts = count(gathered, mode)
    assert sum(counts["states"].values()) == counts["users"] == len({user for user, *_more in rows} | set(users))
    for target, summary in counts["targets"].items():
        assert sum(summary[drift] for drift in DRIFTS) == summary["checked"]
        assert summary["checked"] == len({user for user, at, _words in rows if at == target})
    # What the line says adds up as well: its figures, without those in brackets, are all users.
    told = line(mode, counts).partition("; at another target")[0]
    told = told.partition("users: ")[2] or told.partition("user: ")[2] if done else told
    outside = told.split(" (")[0] + told.partition(")")[2] if "(" in told else told
    assert sum(int(word) for word in outside.replace(",", "").split() if word.isdigit()) == counts["users"]


def test_the_line_of_a_check_run() -> None:
    rows = [(f"m{n}", "ad", "missing") for n in range(3)]
    rows += [(f"d{n}", "exo", "different") for n in range(7)]
    rows += [(f"u{n}", "ad", "unwanted") for n in range(2)]
    rows += [(f"s{n}", target, "in_sync") for n in range(488) for target in ("ad", "exo")]
    rows += [("x", "ad", "unresolved")]
    counts = count(gather(run(rows)), "plan")
    assert line("plan", counts) == "12 drift (3 missing, 7 different, 2 unwanted), 488 in sync, 1 unresolved"
    assert headline("plan", counts) == (
        "12 of 501 users drift (3 missing, 7 different, 2 unwanted); 488 in sync, 1 unresolved."
    )
    assert drifting("plan", counts) == 12
    assert totals(counts)["checked"] == 989


def test_the_line_of_a_real_run() -> None:
    rows = [("a", "ad", "missing"), ("a", "exo", "different"), ("b", "ad", "different"), ("c", "exo", "unwanted")]
    rows += [("d", "ad", "missing unverified"), ("e", "ad", "missing failed"), ("f", "ad", "different kept")]
    rows += [("g", "ad", "in_sync"), ("h", "ad", "invalid")]
    counts = count(gather(run(rows, done=True)), "done")
    assert line("done", counts) == (
        "sync did: 3 put in Active Directory, 1 put, 1 removed in Exchange Online; 8 users: 3 updated, 1 unverified, "
        "1 failed, 1 left alone, 1 in sync, 1 invalid"
    )
    assert drifting("done", counts) == 1


def test_a_run_with_nothing_to_do() -> None:
    counts = count(gather(run([("a", "ad", "in_sync"), ("b", "ad", "in_sync")])), "plan")
    assert line("plan", counts) == "0 drift, 2 in sync"
    assert headline("plan", counts) == "All 2 users are in sync."
    done = count(gather(run([("a", "ad", "in_sync"), ("b", "ad", "in_sync")], done=True)), "done")
    assert line("done", done) == "sync did: nothing; 2 users: 2 in sync"
    assert status("plan", counts, []) == "clean"


def test_what_an_earlier_run_wrote_and_is_not_shown_yet_is_unverified_and_not_left_alone() -> None:
    rows = [("a", "exo", "missing sent"), ("b", "exo", "in_sync")]
    done = count(gather(run(rows, done=True)), "done")
    assert line("done", done) == "sync did: nothing; 2 users: 1 unverified, 1 in sync"
    assert drifting("done", done) == 0
    plan = count(gather(run(rows)), "plan")
    assert line("plan", plan) == "1 drift (1 missing), 1 in sync"


def test_a_photo_that_is_never_shown_is_a_failure_also_where_nothing_was_uploaded_again() -> None:
    rows = [sample.row("a", "exo", "missing sent", error="accepted in 2 runs and never shown")]
    done = count(gather([sample.result(rows)]), "done")
    assert (done["states"]["failed"], status("done", done, [])) == (1, "failed")
    assert status("plan", count(gather([sample.result(rows)]), "plan"), []) == "problem"


def test_drift_at_one_target_hides_no_problem_at_another() -> None:
    counts = count(gather(run([("a", "ad", "missing"), ("a", "exo", "unavailable")])), "plan")
    assert counts["states"]["missing"] == 1
    assert counts["targets"]["exo"]["unavailable"] == 1
    assert line("plan", counts) == "1 drift (1 missing), 0 in sync; at another target also 1 unavailable"
    assert headline("plan", counts).endswith("; 0 in sync; at another target also 1 unavailable.")
    assert status("plan", counts, []) == "problem"


def test_what_was_written_is_counted_apart_from_the_states_of_users() -> None:
    """A user with a photo left alone in AD and replaced in Exchange Online: the write must not disappear."""
    rows = [(f"s{n}", target, "in_sync") for n in range(25) for target in ("ad", "exo")]
    rows += [("x", "ad", "different kept"), ("x", "exo", "different")]
    counts = count(gather(run(rows, done=True)), "done")
    assert line("done", counts) == "sync did: 1 put in Exchange Online; 26 users: 1 left alone, 25 in sync"
    assert headline("done", counts) == ("1 of 26 users changed (1 put in Exchange Online); 25 in sync, 1 left alone.")


@pytest.mark.parametrize(
    ("rows", "done", "expected"),
    [
        ([("a", "ad", "in_sync")], False, "clean"),
        ([("a", "ad", "missing")], False, "drift"),
        ([("a", "ad", "missing")], True, "clean"),
        ([("a", "ad", "different kept")], True, "drift"),
        ([("a", "ad", "missing"), ("b", "ad", "unresolved")], False, "problem"),
        ([("a", "ad", "missing unverified")], True, "problem"),
        # Written by the run before, and not shown yet.
        ([("a", "exo", "missing sent")], True, "problem"),
        ([("a", "exo", "missing sent"), ("b", "exo", "missing")], False, "problem"),
        ([("a", "ad", "missing failed")], True, "failed"),
        ([], False, "failed"),
    ],
)
def test_one_word_tells_drift_problem_and_failure_apart(
    rows: list[tuple[str, str, str]], done: bool, expected: str
) -> None:
    mode: Mode = "done" if done else "plan"
    assert status(mode, count(gather(run(rows, done)), mode), []) == expected


def test_a_requested_target_at_which_nobody_was_examined_is_named_with_the_reason() -> None:
    rows = run([("a", "ad", "in_sync"), ("a", "exo", "unavailable"), ("b", "exo", "unavailable")])
    gathered = gather(rows)
    [lost] = not_examined_targets(gathered, ["ad", "exo"])
    assert lost["target"] == "exo"
    assert lost["reason"].startswith("no mailbox in Exchange Online")
    assert status("plan", count(gathered, "plan"), [lost]) == "failed"
    assert not_examined_targets(gathered, ["ad"]) == []
    down = gather([{"failed": True, "msg": "wrong password", "target": "exo"}])
    assert not_examined_targets(down, ["exo"]) == [{"target": "exo", "reason": "wrong password"}]


def test_a_partial_run_is_not_clean() -> None:
    rows = run([("a", "ad", "in_sync")])
    assert status("plan", count(gather([*rows, {"unreachable": True, "msg": "gone"}]), "plan"), []) == "failed"
    half = gather(rows)
    add_unexamined(half, ["a"], ["ad", "exo"])
    assert status("plan", count(half, "plan"), []) == "failed"
    assert status("plan", count(gather([]), "plan"), []) == "failed"
    partial = count(gather([*rows, {"unreachable": True, "msg": "gone"}]), "plan")
    assert line("plan", partial) == "0 drift, 1 in sync, 1 part of the run not examined"
    assert headline("plan", partial) == "None of 1 user drift; 1 in sync, 1 part of the run not examined."
    assert headline("plan", count(gather([]), "plan")) == "Nothing was examined."


@pytest.mark.parametrize(
    ("words", "became"),
    [
        ("in_sync", "in_sync"),
        ("missing", "put"),
        ("different", "put"),
        ("unwanted", "removed"),
        ("missing unverified", "unverified"),
        ("missing failed", "failed"),
        ("missing sent", "unverified"),
        ("different kept", "left"),
        ("unresolved", "unresolved"),
        ("invalid failed", "invalid"),
    ],
)
def test_what_became_of_a_row(words: str, became: str) -> None:
    gathered = gather([sample.result([sample.row("a", "ad", words, done=True)])])
    assert outcome(gathered.rows["a", "ad"]) == became


def test_states_that_drift_are_those_that_a_run_would_change() -> None:
    assert set(DRIFTING) < set(DRIFTS)
