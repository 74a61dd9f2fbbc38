# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

from ansible_collections.hybrid.photos.plugins.module_utils._report.counts import count
from ansible_collections.hybrid.photos.plugins.module_utils._report.document import build
from ansible_collections.hybrid.photos.plugins.module_utils._report.gather import gather
from ansible_collections.hybrid.photos.plugins.module_utils._report.unexamined import add_unexamined, settle
from ansible_collections.hybrid.photos.plugins.module_utils._report.words import line
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._report import sample

DOWN = {"failed": True, "msg": "down", "target": "exo"}


def unseen(gathered: t.Any) -> list[tuple[t.Any, ...]]:
    return [(item.user, item.target, item.reason) for item in gathered.unseen]


def test_everybody_who_should_be_there_and_is_not() -> None:
    gathered = gather([sample.result([sample.row("a", "ad")]), {**DOWN, "users": ["A"]}])
    add_unexamined(gathered, ["a", "b"], ["ad", "exo"])
    assert unseen(gathered) == [
        ("A", "exo", "down"),
        ("b", "ad", "There is no result for this user."),
        ("b", "exo", "down"),
    ]


def test_a_target_that_failed_as_a_whole_is_told_user_by_user() -> None:
    gathered = gather([sample.result([sample.row("a", "ad"), sample.row("b", "ad")]), DOWN])
    assert unseen(gathered) == [(None, "exo", "down")]
    add_unexamined(gathered, ["a", "b"], ["ad", "exo"])
    assert unseen(gathered) == [("a", "exo", "down"), ("b", "exo", "down")]
    assert line("plan", count(gathered, "plan")[0]) == "0 drift, 0 in sync, 2 not examined"


def test_with_several_possible_reasons_all_are_given() -> None:
    gathered = gather([DOWN, {**DOWN, "msg": "wrong password"}])
    add_unexamined(gathered, ["a"], ["exo"])
    assert unseen(gathered) == [("a", "exo", "One of these: down; or: wrong password")]
    assert {message.text for message in gathered.messages} == {"down", "wrong password"}


def test_a_failure_after_which_nobody_is_missing_is_still_told() -> None:
    gathered = gather([sample.result([sample.row("a", "exo")]), DOWN])
    add_unexamined(gathered, ["a"], ["exo"])
    assert unseen(gathered) == [(None, "exo", "down")]


def test_a_plan_that_was_not_carried_out_is_never_told_as_done() -> None:
    """The plan came back, then the call that was to carry it out failed as a whole."""
    rows = [sample.row("a", "exo", "missing"), sample.row("b", "exo"), sample.row("c", "exo", "different kept")]
    plan = sample.result(rows, check_mode=True)
    gathered = gather([plan, DOWN])
    settle(gathered, "done")
    row = gathered.rows["a", "exo"]
    assert not row.changed
    assert row.error == "This was planned but not carried out: down"
    counts = count(gathered, "done")[0]
    assert counts["targets"]["exo"]["put"] == 0
    assert line("done", counts) == (
        "sync did: nothing; 3 users: 1 failed, 1 left alone, 1 in sync, 1 part of the run not examined"
    )


def test_a_plan_that_was_carried_out_is_replaced_by_what_was_done() -> None:
    plan = sample.result([sample.row("a", "ad", "missing")], check_mode=True)
    gathered = gather([plan, sample.result([sample.row("a", "ad", "missing", done=True)])])
    settle(gathered, "done")
    assert (
        line("done", count(gathered, "done")[0]) == "sync did: 1 put in Active Directory; 1 user: 1 updated, 0 in sync"
    )


def test_in_a_plan_nothing_is_settled() -> None:
    gathered = gather([sample.result([sample.row("a", "ad", "missing")], check_mode=True)])
    settle(gathered, "plan")
    assert gathered.rows["a", "ad"].changed


def test_what_is_no_longer_what_was_approved_is_told() -> None:
    row = sample.row("a", "ad", "different kept", done=True, stale=True)
    told = build(gather([sample.result([row])]), mode="done", title="T", generated="2026-01-02T03:04:05Z")
    assert told["users"][0]["ad"]["stale"]
    assert told["counts"]["targets"]["ad"]["stale"] == 1
    assert told["counts"]["states"]["left"] == 1
