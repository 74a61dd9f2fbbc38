# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mailbox is on one side, and nobody is a problem for living on the other one."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._report import run
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._report import sample


def report(*results: dict[str, t.Any]) -> t.Any:
    values = {name: argument.get("default") for name, argument in run.ARGUMENTS.items()}
    return run.prepare({**values, "results": list(results), "dest": "/nowhere", "targets": ["exchange", "exo"]}).report


def both(in_exchange: dict[str, t.Any], in_exo: dict[str, t.Any]) -> t.Any:
    return report(
        sample.result([{**sample.row("a@x", "exchange", "unavailable"), **in_exchange}], target="exchange"),
        sample.result([{**sample.row("a@x", "exo", "unavailable"), **in_exo}], target="exo"),
    )


HERE: dict[str, t.Any] = {"drift": "in_sync", "action": "none"}
AWAY: dict[str, t.Any] = {"drift": "unavailable", "action": "none", "no_mailbox": True, "reason": "no mailbox"}


@pytest.mark.parametrize(("exchange", "exo", "left"), [(HERE, AWAY, "exo"), (AWAY, HERE, "exchange")])
def test_who_lives_on_one_side_is_no_problem_on_the_other(
    exchange: dict[str, t.Any], exo: dict[str, t.Any], left: str
) -> None:
    [user] = both(exchange, exo)["users"]
    assert user["state"] == "in_sync"
    assert user[left] is None


def test_who_has_no_mailbox_on_either_side_is_unavailable() -> None:
    [user] = both(AWAY, AWAY)["users"]
    assert user["state"] == "unavailable"
    assert user["exchange"] and user["exo"]


def test_who_could_not_be_looked_at_on_the_other_side_stays_unavailable_on_this_one() -> None:
    [user] = report(sample.result([{**sample.row("a@x", "exchange", "unavailable"), **AWAY}], target="exchange"))[
        "users"
    ]
    assert user["exchange"]


def test_another_problem_stays_a_problem() -> None:
    [user] = both(HERE, {**AWAY, "no_mailbox": False})["users"]
    assert user["exo"]["drift"] == "unavailable"


def test_a_target_without_the_mailbox_of_any_user_was_examined() -> None:
    """Cloud mailboxes only: Exchange Server answered for all users, so there is nothing to mend."""
    told = report(
        sample.result([{**sample.row("a@x", "exo"), **HERE}], target="exo"),
        sample.result(
            [{**sample.row("a@x", "exchange", "unavailable"), **AWAY}],
            target="exchange",
            failed=True,
            msg="1 of 1 user could not be checked:\n  a@x (a remote mailbox)",
        ),
    )
    assert told["targets_not_examined"] == []
    assert told["messages"] == []
    assert (told["status"], told["line"]) == ("clean", "0 drift, 1 in sync")


def test_a_target_that_answered_for_one_user_was_examined_although_it_does_not_know_another() -> None:
    told = report(
        sample.result([{**sample.row(name, "exo"), **HERE} for name in ("a@x", "b@x")], target="exo"),
        sample.result(
            [{**sample.row("a@x", "exchange", "unavailable"), **AWAY}, sample.row("b@x", "exchange", "unresolved")],
            target="exchange",
        ),
    )
    assert told["targets_not_examined"] == []
    assert told["status"] == "problem"


def test_a_target_from_which_all_users_were_left_out_because_of_their_mailbox_was_examined() -> None:
    told = report(
        sample.result([{**sample.row("a@x", "exo"), **HERE}], target="exo"),
        {**sample.result([], target="exchange"), "left_out": ["a@x"]},
    )
    assert told["targets_not_examined"] == []
    assert told["status"] == "clean"


@pytest.mark.parametrize(
    "result",
    [
        {"target": "exchange", "failed": True, "msg": "down"},
        {"target": "exchange", "failed": True, "msg": "down", "users": ["b@x"], "left_out": ["a@x"]},
        {"target": "exchange", "failed": True, "msg": "down", "photos": [], "left_out": ["a@x"]},
    ],
)
def test_a_target_that_failed_as_a_whole_was_not_examined(result: dict[str, t.Any]) -> None:
    told = report(sample.result([{**sample.row("a@x", "exo"), **HERE}], target="exo"), result)
    assert told["targets_not_examined"] == [{"target": "exchange", "reason": "down"}]


def test_the_screen_shows_a_message_of_several_lines_in_one() -> None:
    values = {name: argument.get("default") for name, argument in run.ARGUMENTS.items()}
    down = {"target": "exchange", "failed": True, "msg": "It does not answer:\n  connection refused"}
    seen = sample.result([sample.row("a@x", "exo")], target="exo")
    options = {**values, "results": [seen, down], "dest": "/nowhere", "targets": ["exchange", "exo"]}
    lines = run.prepare(options).lines
    assert "EXCHANGE SERVER WAS NOT EXAMINED: It does not answer: connection refused" in lines
    assert not [line for line in lines if "\n" in line]
