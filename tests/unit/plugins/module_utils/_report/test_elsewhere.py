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
