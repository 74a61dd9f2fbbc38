# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One format of results: the modules' RETURN, the schema of the report and the code say the same."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.hybrid.photos.plugins.module_utils._core import results
from ansible_collections.hybrid.photos.plugins.module_utils._core.fields import FIELDS, SUMMARY
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import (
    DRIFTS,
    Change,
    Definition,
    Expectation,
    Observation,
    Outcome,
    Source,
    Summary,
    User,
)
from ansible_collections.hybrid.photos.plugins.module_utils._core.results import Row
from ansible_collections.hybrid.photos.plugins.module_utils._core.targets import TARGETS, names
from ansible_collections.hybrid.photos.plugins.modules import (
    ad_thumbnail_photo,
    exchange_user_photo,
    exo_user_photo,
)
from hypothesis import given
from hypothesis import strategies as st

MODULES: dict[str, t.Any] = {"ad": ad_thumbnail_photo, "exchange": exchange_user_photo, "exo": exo_user_photo}
ROOT = Path(__file__).resolve().parents[5]
SCHEMA = json.loads((ROOT / "docs" / "drift-report.schema.json").read_text(encoding="utf-8"))
HASH = "0" * 64

words = st.none() | st.text("ab<é", min_size=1, max_size=5)
sizes = st.none() | st.integers(0, 10**7)
summaries = st.none() | st.builds(Summary, words, sizes, sizes, sizes)
observations = st.none() | st.builds(
    Observation, st.booleans(), words, words, sizes, sizes, sizes, st.just(b"the picture itself")
)
definitions = st.builds(Definition, st.text("abAB@.", min_size=1), st.just("present"), st.builds(Source, words))
outcomes = st.builds(
    Outcome,
    definition=definitions | st.builds(Definition, st.just("gone"), st.just("absent"), origin=st.just("photos.yml:7")),
    target=st.sampled_from(names()),
    change=st.builds(Change, st.sampled_from(DRIFTS), st.sampled_from(results.ACTIONS), st.text("abc"), st.booleans()),
    user=st.none() | st.builds(User, st.just("a"), st.just("id"), st.just("handle"), st.text("ab", max_size=3)),
    source_sha256=words,
    desired=summaries,
    observed=observations,
    changed=st.booleans(),
    verified=st.none() | st.booleans(),
    backup=words,
    error=words,
    warnings=st.lists(st.text("ab", min_size=1), max_size=2).map(tuple),
    stale=st.booleans(),
    shared_with=st.lists(st.text("ab", min_size=1), max_size=2).map(tuple),
)


@pytest.mark.parametrize("target", MODULES)
def test_the_modules_document_every_field_of_a_row_and_no_other(target: str) -> None:
    documented = yaml.safe_load(MODULES[target].RETURN)["photos"]["contains"]
    assert documented.keys() == {field.name for field in FIELDS}
    for field in FIELDS:
        assert documented[field.name]["type"] == field.kind, field.name
        if field.optional:
            assert documented[field.name]["returned"].startswith("when "), field.name


@pytest.mark.parametrize("target", MODULES)
def test_the_modules_document_every_key_of_a_summary(target: str) -> None:
    assert tuple(yaml.safe_load(MODULES[target].RETURN)["summary"]["contains"]) == SUMMARY


def test_every_target_has_a_module() -> None:
    assert MODULES.keys() == TARGETS.keys()


def test_the_schema_of_the_report_has_the_same_fields() -> None:
    row = SCHEMA["$defs"]["row"]
    assert {name: row["properties"][name] for name in row["required"]} == {
        field.name: field.schema for field in FIELDS if not field.per_user
    }
    assert row["properties"].keys() - row["required"] == {"source", "within_exo_limit"}
    user = SCHEMA["$defs"]["user"]["properties"]
    for field in FIELDS:
        if field.per_user and field.name != "target":
            assert user[field.name] == field.schema, field.name
    assert user.keys() == {field.name for field in FIELDS if field.per_user} - {"target"} | {"state", *names()}
    assert tuple(SCHEMA["$defs"]["summary"]["properties"]) == SUMMARY
    assert SCHEMA["$defs"]["target_name"]["enum"] == list(names())


def test_a_plan_on_a_photo_that_was_not_read_is_approved_on_its_tag() -> None:
    """In AD the tag is the hash. Without it the real run would find another photo than the plan, and leave it alone."""
    change = Change("different", "put", "another picture is declared now", replaces=True)
    seen = Observation(True, tag=HASH)
    row = results.row_of(Outcome(Definition("a"), "ad", change, observed=seen), would=True)
    assert results.approval(row)["tag"] == HASH


@given(outcomes, st.booleans())
def test_a_row_comes_back_from_a_result_as_it_went(outcome: Outcome, would: bool) -> None:
    row = results.row_of(outcome, would)
    told = results.to_result(row)
    assert results.from_result(json.loads(json.dumps(told)), None, "photos[0]") == row
    assert "the picture itself" not in json.dumps(told)


@given(outcomes)
def test_a_row_comes_back_from_a_report_as_it_went(outcome: Outcome) -> None:
    row = results.row_of(outcome, would=True)
    user = {
        **{name: results.to_result(row).get(name) for name in ("user", "source", "label", "origin")},
        row.target: results.to_report(row),
    }
    assert results.from_report(json.loads(json.dumps(user)), row.target) == row
    assert all(results.from_report(user, other) is None for other in names() if other != row.target)


@given(outcomes)
def test_an_approval_is_what_the_module_expects(outcome: Outcome) -> None:
    row = results.row_of(outcome, would=True)
    approval = results.approval(row)
    seen = outcome.observed
    tag = None if seen is None or not seen.present else seen.tag
    if seen is not None and seen.present and row.target == "ad":
        tag = seen.sha256 or seen.tag
    source = row.source_sha256 if row.action == "put" else None
    seal = row.observed.fingerprint if row.observed else None
    assert results.expectation(approval) == Expectation(row.action, tag, source, row.id, seal)


def test_a_row_names_file_and_line() -> None:
    row = Row("a@x", "ad", "missing", origin="photos.yml:12")
    assert row.named == "a@x (photos.yml:12)"
    assert results.to_result(row)["origin"] == "photos.yml:12"


def test_a_diff_shows_summaries_only() -> None:
    picture = results.Picture(sha256=HASH, bytes=9, width=1, height=2)
    row = Row("a", "ad", "different", "put", desired=picture, observed=None)
    assert results.difference(row) == {
        "before_header": "a (ad)",
        "after_header": "a (ad)",
        "before": "photo: none\n",
        "after": f"bytes: 9\nheight: 2\nsha256: {HASH}\nwidth: 1\n",
    }
