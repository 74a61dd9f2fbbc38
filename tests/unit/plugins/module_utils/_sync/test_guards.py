# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift, change and guards, without any store."""

from __future__ import annotations

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import (
    Change,
    Comparison,
    Definition,
    Observation,
    PhotoError,
    Source,
)
from ansible_collections.hybrid.photos.plugins.module_utils._sync.guards import Base, Limit, Limits, decide, guard

PRESENT = Definition("alice", "present", Source(path="a.jpg"))
ABSENT = Definition("alice", "absent")
PHOTO = Observation(True, tag="t1")
NONE = Observation()


def compared(verdict: str) -> Comparison:
    return Comparison(verdict, "pixels", "because")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("definition", "seen", "verdict", "drift", "action", "replaces"),
    [
        (PRESENT, NONE, None, "missing", "put", False),
        (PRESENT, PHOTO, "same", "in_sync", "none", False),
        (PRESENT, PHOTO, "different", "different", "put", True),
        (PRESENT, PHOTO, "ambiguous", "different", "put", True),
        (ABSENT, PHOTO, None, "unwanted", "remove", True),
        (ABSENT, NONE, None, "in_sync", "none", False),
        (PRESENT, Observation(problem="no mailbox"), None, "unavailable", "none", False),
        (ABSENT, Observation(problem="no mailbox"), None, "unavailable", "none", False),
        (ABSENT, Observation(present=True, problem="no mailbox"), None, "unavailable", "none", False),
    ],
)
def test_each_pair_of_definition_and_observation_has_one_drift(
    definition: Definition, seen: Observation, verdict: str | None, drift: str, action: str, replaces: bool
) -> None:
    change = decide(definition, seen, None if verdict is None else compared(verdict))
    assert (change.drift, change.action, change.replaces) == (drift, action, replaces)
    assert change.reason


@pytest.mark.parametrize(("definition", "seen"), [(PRESENT, PHOTO), (PRESENT, NONE), (ABSENT, PHOTO)])
def test_a_kept_foreign_change_is_told_as_drift_without_an_action(definition: Definition, seen: Observation) -> None:
    change = decide(definition, seen, compared("different"), foreign=True, on_foreign_change="keep")
    assert change.action == "none"
    assert change.drift != "in_sync"
    assert change.foreign
    assert "on_foreign_change is keep" in change.reason


def plan(replaced: int, removed: int, first: int) -> list[tuple[str, Change]]:
    return [
        *((f"r{n}", Change("different", "put", "", replaces=True)) for n in range(replaced)),
        *((f"d{n}", Change("unwanted", "remove", "", replaces=True)) for n in range(removed)),
        *((f"f{n}", Change("missing", "put", "")) for n in range(first)),
    ]


@pytest.mark.parametrize(
    ("replaced", "removed", "checked", "limits", "stopped"),
    [
        (30, 0, 100, ("30%", "10%"), False),
        (31, 0, 100, ("30%", "10%"), True),
        (0, 10, 100, ("30%", "10%"), False),
        (0, 11, 100, ("30%", "10%"), True),
        (25, 0, 1000, ("25", "10%"), False),
        (26, 0, 1000, ("25", "10%"), True),
        (1, 0, 10, ("0", "0"), True),
        (0, 1, 10, ("100%", "0%"), True),
        (9, 0, 9, ("0", "0"), False),
        (10, 0, 10, ("100%", "100%"), False),
        (1, 0, 10, ("9.9%", "0"), True),
    ],
)
def test_a_guard_speaks_exactly_when_its_limit_is_passed(
    replaced: int, removed: int, checked: int, limits: tuple[str, str], stopped: bool
) -> None:
    parsed = Limits(Limit.parse("max_replaced", limits[0]), Limit.parse("max_removed", limits[1]))
    assert (guard(plan(replaced, removed, 50), Base(checked, checked), parsed) is not None) is stopped


def test_the_message_has_the_figures_the_first_ten_users_and_the_option() -> None:
    limits = Limits(Limit.parse("max_replaced", "10%"), Limit.parse("max_removed", "10%"))
    message = str(guard(plan(12, 0, 0), Base(50, 20), limits))
    assert "12 of 20 photos would be replaced (50 users checked)" in message
    assert "r9 and 2 more" in message
    assert "raise max_replaced for" in message
    assert "max_removed" not in message


LIMITS = Limits(Limit.parse("max_replaced", "30%"), Limit.parse("max_removed", "10%"))


def test_a_percentage_is_of_the_photos_that_are_there_and_not_of_the_users_that_are_declared() -> None:
    message = str(guard(plan(0, 900, 0), Base(10_000, 900), LIMITS))
    assert "900 of 900 photos would be removed (10000 users checked)" in message
    assert guard(plan(0, 90, 0), Base(10_000, 900), LIMITS) is None


def test_names_of_nobody_make_no_limit_larger() -> None:
    assert guard(plan(4, 0, 0), Base(10, 10), LIMITS) is not None
    assert guard(plan(4, 0, 0), Base(1_000, 10), LIMITS) is not None


def test_users_of_whom_the_target_told_nothing_count_as_if_they_were_replaced() -> None:
    assert guard(plan(25, 0, 0), Base(100, 100), LIMITS) is None
    message = str(guard(plan(25, 0, 0), Base(100, 28, unanswered=72), LIMITS))
    assert "gave no answer for 72 more users" in message
    assert guard(plan(25, 0, 0), Base(100, 99, unanswered=1), LIMITS) is None
    assert guard(plan(0, 0, 5), Base(100, 28, unanswered=72), LIMITS) is not None


def test_users_of_whom_the_target_told_nothing_do_not_widen_the_limit_on_removals() -> None:
    limits = LIMITS._replace(removed=Limit.parse("max_removed", "10%"))
    assert guard(plan(0, 1, 0), Base(10, 10), limits) is None
    assert "1 of 9 photos would be removed" in str(guard(plan(0, 1, 0), Base(10, 9, unanswered=1), limits))


def test_first_photos_are_guarded_on_request_by_the_users_checked() -> None:
    limits = LIMITS._replace(added=Limit.parse("max_added", "5%"))
    assert guard(plan(0, 0, 5), Base(100, 0), limits) is None
    message = str(guard(plan(0, 0, 6), Base(100, 0), limits))
    assert "6 of 100 users would get a first photo" in message
    assert "raise max_added for" in message
    assert guard(plan(0, 0, 100), Base(100, 0), LIMITS) is None


def test_one_photo_is_told_in_the_singular() -> None:
    assert "1 of 1 photo would be removed" in str(guard(plan(0, 1, 0), Base(10, 1), LIMITS))


@pytest.mark.parametrize("text", ["", "x", "-1", "101%", "1.5", "10 %%", "NaN", "1e3"])
def test_a_limit_that_is_none_is_refused_by_the_name_of_its_option(text: str) -> None:
    with pytest.raises(PhotoError, match="max_removed"):
        Limit.parse("max_removed", text)
