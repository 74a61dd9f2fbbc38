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


def problems_of(rows: dict[str, list[dict[str, t.Any]]], *more: dict[str, t.Any]) -> list[str]:
    values = {name: argument.get("default") for name, argument in run.ARGUMENTS.items()}
    fine = {target: sample.row("z@x", target, "in_sync", True) for target in rows}
    results = [*(sample.result([*some, fine[target]], target=target) for target, some in rows.items()), *more]
    return run.prepare({**values, "results": results, "dest": "/nowhere", "targets": list(rows)}).problems


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
