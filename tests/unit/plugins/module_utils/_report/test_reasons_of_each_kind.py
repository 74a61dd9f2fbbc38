# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._report import run
from ansible_collections.hybrid.photos.plugins.module_utils._report.reasons import SHOWN
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._report import sample


def test_many_reasons_of_one_kind_do_not_hide_why_others_were_not_examined() -> None:
    values = {name: argument.get("default") for name, argument in run.ARGUMENTS.items()}
    failed = [
        {**sample.row(f"f{n:02}@x", "ad", "missing failed", True), "error": f"error {n}"} for n in range(SHOWN + 5)
    ]
    odd = [sample.row("z@x", "ad", "unresolved", True)]
    killed = {"target": "ad", "failed": True, "msg": "the module was killed", "shard": "photos_0002", "users": ["k@x"]}
    results = [sample.result([*failed, *odd], target="ad"), killed]
    lines = run.prepare({**values, "results": results, "dest": "/nowhere", "targets": ["ad"], "mode": "done"}).problems
    assert len(lines) == SHOWN + 1
    assert "k@x: not examined in Active Directory: the module was killed" in lines
    assert [line for line in lines if line.startswith("z@x: unresolved in Active Directory: ")]
    assert lines[0].startswith("f00@x") and lines[0].endswith("error 0")
    assert lines[-1] == "and 7 more, see the report"


def problems_of(rows: dict[str, list[dict[str, t.Any]]], *more: dict[str, t.Any], mode: str | None = None) -> list[str]:
    values = {name: argument.get("default") for name, argument in run.ARGUMENTS.items()}
    fine = {target: sample.row("z@x", target, "in_sync", True) for target in rows}
    results = [*(sample.result([*some, fine[target]], target=target) for target, some in rows.items()), *more]
    given = {"results": results, "dest": "/nowhere", "targets": list(rows), "mode": mode}
    return run.prepare({**values, **given}).problems


def invalid(user: str, target: str, reason: str = "bob.jpg is no picture") -> dict[str, t.Any]:
    return {**sample.row(user, target, "invalid", True), "reason": reason}


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (("ad", "exo"), "b@x: invalid: bob.jpg is no picture"),
        (("ad",), "b@x: invalid in Active Directory: bob.jpg is no picture"),
    ],
)
def test_a_user_with_one_reason_at_all_targets_is_named_once(where: tuple[str, ...], said: str) -> None:
    assert problems_of({target: [invalid("b@x", target)] for target in where}) == [said]


def test_a_reason_at_some_targets_names_them_and_users_who_share_it_share_the_line() -> None:
    rows = {target: [invalid(user, target) for user in ("b@x", "c@x")] for target in ("ad", "exo")}
    rows["exchange"] = [invalid("b@x", "exchange", "no answer"), sample.row("c@x", "exchange", "in_sync", True)]
    assert problems_of(rows) == [
        "b@x, c@x: invalid in Active Directory and Exchange Online: bob.jpg is no picture",
        "b@x: invalid in Exchange Server: no answer",
    ]


def test_who_was_not_examined_at_all_targets_for_one_reason_is_named_once() -> None:
    killed = {"failed": True, "msg": "the module was killed", "shard": "photos_0002", "users": ["k@x"]}
    rows = {target: [sample.row("a@x", target, "in_sync", True)] for target in ("ad", "exo")}
    lines = problems_of(rows, *({**killed, "target": target} for target in rows))
    assert lines == ["k@x: not examined: the module was killed"]


@pytest.mark.parametrize("mode", ["plan", "done"])
def test_who_is_left_alone_is_named_with_the_reason(mode: str) -> None:
    kept = sample.row("b@x", "ad", "different kept", True)
    lines = problems_of({"ad": [kept]}, mode=mode)
    assert lines == [
        f"b@x: {'left alone' if mode == 'done' else 'would be left alone'} in Active Directory: {kept['reason']}"
    ]


@pytest.mark.parametrize("mode", ["plan", "done"])
def test_what_an_earlier_run_wrote_and_is_not_shown_is_named_with_its_age(mode: str) -> None:
    (said,) = problems_of({"exo": [sample.row("b@x", "exo", "missing sent", True)]}, mode=mode)
    assert said.startswith("b@x: unverified in Exchange Online: ")
    assert said.endswith("; it was written 10 s ago, and the target does not show it yet")


def test_what_this_run_wrote_and_is_not_shown_is_named_with_what_was_seen() -> None:
    late = "unverified: the target still shows the photo from before; it may be late"
    row = sample.row("b@x", "exo", "different unverified", True, warnings=["crop top instead of face", late])
    assert problems_of({"exo": [row]}) == [
        "b@x: unverified in Exchange Online: the target still shows the photo from before; it may be late"
    ]


def test_what_a_run_would_change_or_did_change_is_no_problem() -> None:
    rows = {"ad": [sample.row("b@x", "ad", "different", True)]}
    assert problems_of(rows) == problems_of(rows, mode="plan") == []


def test_who_is_left_alone_comes_after_everything_worse() -> None:
    kept = [sample.row(f"k{n:02}@x", "ad", "different kept", True, reason=f"kept {n}") for n in range(SHOWN + 5)]
    late = sample.row("l@x", "ad", "missing sent", True)
    lines = problems_of({"ad": [*kept, late, invalid("z2@x", "ad")]}, mode="done")
    assert [line.partition(":")[0] for line in lines] == [
        "z2@x",
        "l@x",
        *(f"k{n:02}@x" for n in range(8)),
        "and 7 more, see the report",
    ]


def test_a_photo_that_was_never_shown_is_named_once_as_a_failure() -> None:
    row = sample.row("b@x", "exo", "missing sent", True, error="accepted in 2 runs and never shown")
    assert problems_of({"exo": [row]}, mode="done") == [
        "b@x: failed in Exchange Online: accepted in 2 runs and never shown"
    ]


def test_why_a_whole_target_was_not_examined_is_said_once() -> None:
    """The line in capital letters has the reason; each user's is the same."""
    rows = [sample.row(f"{user}@x", "ad", "unavailable", True, reason="wrong password") for user in "abc"]
    odd = sample.row("d@x", "ad", "unresolved", True, reason="two accounts have this name")
    values = {name: argument.get("default") for name, argument in run.ARGUMENTS.items()}
    lost = sample.result(
        [{**row, "no_answer": True} for row in [*rows, odd]], target="ad", failed=True, msg="wrong password"
    )
    killed = {"target": "ad", "failed": True, "msg": "wrong password", "shard": "photos_0002", "users": ["k@x"]}
    given = {"results": [lost, killed], "dest": "/nowhere", "targets": ["ad"], "mode": "done"}
    lines = run.prepare({**values, **given}).problems
    assert [line for line in lines if "wrong password" in line] == [
        "ACTIVE DIRECTORY WAS NOT EXAMINED: wrong password (and 1 other reason)"
    ]
    assert "a@x, b@x, c@x: unavailable in Active Directory: the reason is above" in lines
    assert "k@x: not examined in Active Directory: the reason is above" in lines
    assert "d@x: unresolved in Active Directory: two accounts have this name" in lines
