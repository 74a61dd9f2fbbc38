# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._report.document import as_json, build
from ansible_collections.hybrid.photos.plugins.module_utils._report.gather import Mode, gather
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._report import sample
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parents[5]
NOW = "2026-01-02T03:04:05Z"


def made(results: list[t.Any], mode: Mode = "plan", **more: t.Any) -> dict[str, t.Any]:
    return build(gather(results), **{"mode": mode, "title": "T", "generated": NOW, **more})


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    text = json.loads((ROOT / "docs" / "drift-report.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(text)
    return Draft202012Validator(text)


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("results", [sample.everything, sample.with_gaps, lambda done: []])
def test_a_report_is_valid(schema: Draft202012Validator, results: t.Callable[..., list[t.Any]], done: bool) -> None:
    report = made(results(done), "done" if done else "plan")
    schema.validate(json.loads(as_json(report)))


def test_a_report_of_the_other_shape_is_not(schema: Draft202012Validator) -> None:
    report = sample.plain(made(sample.everything()))
    assert schema.is_valid(report)
    for change in ({"mode": "done"}, {"version": 2}, {"more": 1}, {"digest": "x"}):
        assert not schema.is_valid({**report, **change})


@given(st.randoms(use_true_random=False))
def test_order_of_results_and_rows_changes_nothing(chance: t.Any) -> None:
    results = [{**result, "photos": list(result.get("photos", []))} for result in sample.everything()]
    for result in results:
        chance.shuffle(result["photos"])
    chance.shuffle(results)
    assert as_json(made(results)) == as_json(made(sample.everything()))


def test_each_user_is_one_line_of_the_file() -> None:
    report = made(sample.everything())
    lines = as_json(report).splitlines()
    assert [json.loads(line.strip().rstrip(",")) for line in lines if line.startswith('  {"user":')] == report["users"]
    assert json.loads(as_json(report)) == sample.plain(report)
    assert json.loads(as_json(made([])))["users"] == []


def test_users_are_sorted_without_regard_to_case() -> None:
    rows = [sample.row(user, "ad") for user in ("b", "C", "a", "Ä")]
    assert [user["user"] for user in made([sample.result(rows)])["users"]] == ["a", "b", "C", "Ä"]


def test_only_the_time_differs_between_equal_runs() -> None:
    one, two = made(sample.everything()), made(sample.everything(), generated="2027-01-01T00:00:00Z")
    assert one["digest"] == two["digest"]
    assert {key for key in one if one[key] != two[key]} == {"generated"}


def test_both_targets_stand_side_by_side() -> None:
    users = {user["user"]: user for user in made(sample.everything())["users"]}
    patti = users["patti.fernandez@contoso.example"]
    assert (patti["ad"]["drift"], patti["exo"]["drift"], patti["state"]) == ("missing", "different", "missing")
    assert users["grady.archie@contoso.example"]["ad"]["within_exo_limit"] is False
    assert users["adele.vance@contoso.example"]["ad"]["within_exo_limit"] is True
    assert patti["ad"]["within_exo_limit"] is None
    assert "within_exo_limit" not in patti["exo"]


@pytest.mark.parametrize(
    ("in_ad", "in_exo", "told"),
    [
        ("Alice@x", "Alice Smith", "Alice Smith"),
        ("alice@onprem", "Alice Smith", "alice@onprem"),
        ("ALICE@X", None, None),
        (None, "Alice Smith", "Alice Smith"),
    ],
)
def test_a_label_says_more_than_the_identity(in_ad: str | None, in_exo: str | None, told: str | None) -> None:
    rows = [sample.row("alice@x", "ad", "missing", label=in_ad), sample.row("alice@x", "exo", "missing", label=in_exo)]
    assert made([sample.result([row]) for row in rows])["users"][0]["label"] == told


def test_paths_may_be_told_from_a_root() -> None:
    told = made(sample.everything(), root="/srv/photos/")["users"][0]["source"]["path"]
    assert told == "portraits/adele.jpg"
    assert made(sample.everything(), root="/srv/pho")["users"][0]["source"]["path"].startswith("/srv/photos/")


def test_a_source_that_changed_between_the_targets_is_told_on_its_side() -> None:
    rows = [
        sample.row("a", target, "missing", source={"sha256": sample.fake_hash(target), "path": "/a.jpg"})
        for target in ("ad", "exo")
    ]
    user = made([sample.result([row]) for row in rows])["users"][0]
    assert user["source"]["sha256"] == sample.fake_hash("ad")
    assert user["exo"]["source"]["sha256"] == sample.fake_hash("exo")


def test_what_was_not_examined_is_there_with_its_reason() -> None:
    report = made(sample.with_gaps())
    assert report["not_examined"] == [
        {
            "user": None,
            "target": None,
            "shard": "photos_0002",
            "reason": "Failed to connect to the host via ssh: timed out",
        },
        {
            "user": "vera@contoso.example",
            "target": "exo",
            "shard": "photos_0003",
            "reason": "Sign-in failed (AADSTS7000215): the client secret is wrong. Check client_secret.",
        },
    ]
    assert report["counts"]["states"]["not_examined"] == 1
    assert report["counts"]["parts_not_examined"] == 1
