# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The states of a change, and the table of its moves in the docstring."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Change, Definition, Outcome, User
from ansible_collections.hybrid.photos.plugins.module_utils._sync import change
from ansible_collections.hybrid.photos.plugins.module_utils._sync.change import MOVES, ChangeRecord, IllegalMove


def record() -> ChangeRecord:
    return ChangeRecord(Outcome(Definition("a"), "exo", Change("missing", "put", "why"), User("a", "id", "h")))


def test_the_table_in_the_docstring_is_the_table_in_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` *\| [^|]*\| ([^|]*)\|$", str(change.__doc__), re.MULTILINE)
    told = {state: frozenset(re.findall(r"\w+", moves.replace("(once)", ""))) for state, moves in rows}
    assert told == dict(MOVES)


def test_every_state_can_be_reached_and_every_way_ends() -> None:
    reached = {"planned"}
    while (more := reached | {state for start in reached for state in MOVES[start]}) != reached:  # type: ignore[index]
        reached = more
    assert reached == set(MOVES) == set(t.get_args(change.State))


@pytest.mark.parametrize("state", ["verified", "written", "sent", "planned"])
def test_a_move_that_the_table_has_not_is_an_error(state: t.Any) -> None:
    with pytest.raises(IllegalMove, match=f"a: planned -> {state}"):
        record().to(state)


def test_only_a_target_that_took_the_write_makes_a_change_written() -> None:
    one = record()
    for state in ("saved", "intended", "sent", "unknown"):
        one.to(state)  # type: ignore[arg-type]
        assert not one.wrote
    one.to("written")
    assert one.wrote


def test_a_change_is_planned_again_only_once() -> None:
    one = record()
    one.to("conflict")
    one.plan_again(one.outcome)
    one.to("conflict")
    with pytest.raises(IllegalMove, match="third time"):
        one.plan_again(one.outcome)
