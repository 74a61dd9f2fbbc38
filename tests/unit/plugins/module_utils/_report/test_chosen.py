# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run for a few chosen users: a target that answered about each of them was examined, whatever it answered."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._report import run
from ansible_collections.hybrid.photos.plugins.module_utils._sync.guards import GUARDED_FROM
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._report import sample


def prepared(words: t.Sequence[str], *, not_chosen: int, ignore: t.Sequence[str] = (), **more: t.Any) -> run.Prepared:
    """A plan for Active Directory with a user for each of ``words``."""
    values = {name: argument.get("default") for name, argument in run.ARGUMENTS.items()}
    rows = [sample.row(f"u{n}@x", "ad", word) for n, word in enumerate(words)]
    rows = [{**row, "no_mailbox": row["drift"] == "unavailable" and "elsewhere" in more} for row in rows]
    return run.prepare(
        {
            **values,
            "results": [sample.result(rows, target="ad")],
            "dest": "/nowhere",
            "targets": ["ad"],
            "not_chosen": not_chosen,
            "ignore_problems": list(ignore),
        }
    )


@pytest.mark.parametrize("problem", ["unresolved", "invalid"])
def test_a_chosen_user_with_a_problem_of_their_own_is_told_as_a_problem(problem: str) -> None:
    made = prepared([problem], not_chosen=24)
    assert made.report["targets_not_examined"] == []
    assert made.report["status"] == "problem"
    [line] = made.problems
    assert line.startswith("u0@x") and f": {problem} in Active Directory: " in line


def test_a_chosen_user_whose_mailbox_is_elsewhere_is_told_as_a_problem() -> None:
    made = prepared(["unavailable"], not_chosen=24, elsewhere=True)
    assert (made.report["status"], made.report["targets_not_examined"]) == ("problem", [])


def test_a_problem_of_a_chosen_user_can_be_accepted() -> None:
    assert prepared(["unresolved"], not_chosen=24, ignore=["unresolved"]).report["status"] == "clean"


@pytest.mark.parametrize("number", [1, 3, GUARDED_FROM])
def test_a_target_that_knows_none_of_all_declared_users_was_not_examined(number: int) -> None:
    """The server, the search base or the attribute is the wrong one."""
    made = prepared(["unresolved"] * number, not_chosen=0)
    [lost] = made.report["targets_not_examined"]
    assert lost["target"] == "ad"
    assert made.report["status"] == "failed"


def test_a_target_that_knows_none_of_many_chosen_users_was_not_examined() -> None:
    assert prepared(["unresolved"] * GUARDED_FROM, not_chosen=400).report["targets_not_examined"]
    assert not prepared(["unresolved"] * (GUARDED_FROM - 1), not_chosen=400).report["targets_not_examined"]


def test_a_target_that_knows_none_of_its_users_says_what_may_be_wrong() -> None:
    [alert, *_problems] = prepared(["unresolved"] * 25, not_chosen=0).problems
    assert alert.startswith("ACTIVE DIRECTORY WAS NOT EXAMINED: none of the 25 users was found there; ")
    [alert, *_problems] = prepared(["unresolved"], not_chosen=0).problems
    assert alert.startswith("ACTIVE DIRECTORY WAS NOT EXAMINED: the only user was not found there; ")


def test_a_chosen_user_about_whom_the_target_said_nothing_leaves_it_not_examined() -> None:
    assert prepared(["unavailable"], not_chosen=24).report["targets_not_examined"]
    assert prepared(["unresolved", "unavailable"], not_chosen=24).report["targets_not_examined"]


def test_a_target_that_failed_as_a_whole_was_not_examined_for_chosen_users_either() -> None:
    values = {name: argument.get("default") for name, argument in run.ARGUMENTS.items()}
    down = {"target": "ad", "failed": True, "msg": "down", "users": ["b@x"]}
    results = [sample.result([sample.row("a@x", "ad", "unresolved")], target="ad"), down]
    told = run.prepare({**values, "results": results, "dest": "/nowhere", "targets": ["ad"], "not_chosen": 24}).report
    assert [lost["target"] for lost in told["targets_not_examined"]] == ["ad"]
