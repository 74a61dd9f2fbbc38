# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._report.gather import gather
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._report import sample


def unseen(gathered: t.Any) -> list[tuple[t.Any, ...]]:
    return [(item.user, item.target, item.shard, item.reason) for item in gathered.unseen]


def test_rows_of_both_targets_are_joined_by_user_without_regard_to_case() -> None:
    gathered = gather([sample.result([sample.row("A@x", "ad")]), sample.result([sample.row("a@X", "exo")])])
    assert list(gathered.rows) == [("a@x", "ad"), ("a@x", "exo")]
    assert gathered.requests == {"ad": 7, "exo": 7}


def test_a_registered_loop_and_lists_of_lists_are_results_too() -> None:
    one, two = sample.result([sample.row("a", "ad")]), sample.result([sample.row("b", "ad")])
    assert set(gather([{"results": [one], "changed": False}, [two]]).rows) == {("a", "ad"), ("b", "ad")}


def test_a_later_row_of_the_same_user_and_target_counts() -> None:
    results = [sample.result([sample.row("a", "ad", "missing")]), sample.result([sample.row("a", "ad")])]
    gathered = gather(results)
    assert gathered.rows["a", "ad"].drift == "in_sync"
    assert gathered.repeated == 1


def test_users_in_sync_may_be_told_in_short() -> None:
    gathered = gather([{"target": "exo", "in_sync": [["a", "id-1", "more"], "b", {"user": "c", "id": "id-3"}]}])
    rows = gathered.rows.values()
    assert [(row.user, row.id, row.drift, row.target) for row in rows] == [
        ("a", "id-1", "in_sync", "exo"),
        ("b", None, "in_sync", "exo"),
        ("c", "id-3", "in_sync", "exo"),
    ]


def test_short_rows_take_their_target_from_the_long_ones() -> None:
    result = sample.result([sample.row("a", "ad", "missing")], in_sync=[["b", "id"]])
    assert ("b", "ad") in gather([result]).rows


def test_a_shard_that_was_not_reached_is_not_examined() -> None:
    result = {"unreachable": True, "msg": "no route", "shard": "photos_0001"}
    assert unseen(gather([result])) == [(None, None, "photos_0001", "no route")]


def test_a_failed_call_names_the_users_it_was_made_for() -> None:
    result = {"failed": True, "msg": "wrong password", "target": "ad", "users": ["a", {"user": "b"}]}
    assert unseen(gather([result])) == [("a", "ad", None, "wrong password"), ("b", "ad", None, "wrong password")]


def test_who_was_asked_for_and_has_no_row_is_not_examined() -> None:
    result = sample.result([sample.row("a", "ad")], users=["A", "b"])
    assert unseen(gather([result])) == [("b", "ad", None, "There is no result for this user.")]


def test_rows_that_were_counted_and_are_not_there_are_told() -> None:
    result = {**sample.result([sample.row("a", "ad")]), "summary": {"checked": 500}}
    assert unseen(gather([result])) == [
        (None, "ad", None, "499 users were checked, but the result has no row for them."),
    ]


def test_a_second_try_that_worked_is_examined() -> None:
    results = [{"failed": True, "msg": "down", "target": "ad", "users": ["a"]}, sample.result([sample.row("a", "ad")])]
    assert unseen(gather(results)) == []


def test_a_failure_that_failed_when_hides_is_one_all_the_same() -> None:
    result = {"failed": False, "failed_when_result": False, "msg": "wrong password", "target": "ad", "changed": False}
    gathered = gather([result])
    assert unseen(gathered) == [(None, "ad", None, "wrong password")]
    assert gathered.messages[0].text == "wrong password"


def test_skipped_tasks_and_empty_lists_say_nothing() -> None:
    gathered = gather([{"skipped": True}, {"photos": [], "changed": False}])
    assert not gathered.rows
    assert not gathered.unseen


def test_what_a_module_said_is_kept() -> None:
    result = sample.result([sample.row("a", "ad", "different")], failed=True, msg="guard: 40% would be replaced")
    assert gather([result]).messages[0].text == "guard: 40% would be replaced"


@pytest.mark.parametrize(
    ("results", "mode"),
    [
        (sample.everything(), "plan"),
        (sample.everything(True), "done"),
        ([sample.result([sample.row("a", "ad", "missing")], check_mode=False)], "done"),
        ([sample.result([sample.row("a", "ad", "missing", True)], check_mode=True)], "plan"),
        ([{"skipped": True}], "plan"),
    ],
)
def test_plan_or_done(results: list[t.Any], mode: str) -> None:
    assert gather(results).mode == mode


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ([{"changed": False}], r"results\[0\] is not what"),
        (["text"], r"results\[0\] must be"),
        ([{"photos": "no list"}], r"results\[0\].photos must be a list"),
        ([{"photos": [{}]}], "it has no user"),
        ([{"photos": [{"user": "a", "target": "ad", "drift": "odd"}]}], r"photos\[0\] \(a\): drift must be"),
        ([{"photos": [{"user": "a", "target": "moon", "drift": "missing"}]}], "ad, exchange or exo"),
        ([{"photos": [{"user": "a", "target": "ad", "drift": "missing", "action": "x"}]}], "action must be"),
        ([{"in_sync": [["a", "id"]]}], "ad, exchange or exo"),
        ([{"target": "ad", "in_sync": [[]]}], "names no user"),
    ],
)
def test_what_is_no_result_is_named_by_its_place(results: list[t.Any], said: str) -> None:
    with pytest.raises(PhotoError, match=said):
        gather(results)


def test_a_user_whose_photo_could_not_be_read_is_in_the_report() -> None:
    """The info modules' results: onprem_to_cloud reads the leading target with them."""
    photos = [
        {"user": "a", "id": "1", "has_photo": True, "problem": None, "reason": None, "path": "/x/a.jpg"},
        {"user": "b", "id": "2", "has_photo": None, "problem": "unavailable", "reason": "access denied"},
        {"user": "c", "id": "3", "has_photo": False, "problem": None, "reason": "no mailbox"},
    ]
    gathered = gather([{"target": "ad", "photos": photos, "summary": {"users": 3, "requests": 2}}])
    [row] = gathered.rows.values()
    assert (row.user, row.target, row.drift, row.reason) == ("b", "ad", "unavailable", "access denied")
    assert gathered.unseen == []


def test_a_module_that_crashed_is_quoted_with_its_last_line() -> None:
    crash = {"failed": True, "msg": "MODULE FAILURE", "module_stderr": "Traceback\n  x\nOSError: disk full\n"}
    assert unseen(gather([crash])) == [(None, None, None, "MODULE FAILURE (OSError: disk full)")]


def test_a_file_name_that_is_no_unicode_does_not_stop_a_report() -> None:
    row = sample.row("a", "ad", "missing", source={"sha256": None, "path": "/x/\udcff.jpg"})
    assert gather([sample.result([row])]).rows["a", "ad"].source_path == "/x/?.jpg"
