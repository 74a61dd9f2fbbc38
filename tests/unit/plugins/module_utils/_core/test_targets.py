# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of targets is stated once, and another target needs no other list."""

from __future__ import annotations

import dataclasses
import json
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.hybrid.photos.plugins.doc_fragments import photo as fragment
from ansible_collections.hybrid.photos.plugins.filter.approved_changes import approved_changes
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError, Recipe
from ansible_collections.hybrid.photos.plugins.module_utils._core.targets import TARGETS, checked_name, names
from ansible_collections.hybrid.photos.plugins.module_utils._directory import people
from ansible_collections.hybrid.photos.plugins.module_utils._entry.photo_spec import photo_argument_spec
from ansible_collections.hybrid.photos.plugins.module_utils._exchange import cmdlets
from ansible_collections.hybrid.photos.plugins.module_utils._graph import users
from ansible_collections.hybrid.photos.plugins.module_utils._report import run
from ansible_collections.hybrid.photos.plugins.module_utils._report.guard import judge
from ansible_collections.hybrid.photos.plugins.modules import (
    ad_thumbnail_photo,
    ad_thumbnail_photo_info,
    exchange_user_photo,
    exchange_user_photo_info,
    exo_user_photo,
    exo_user_photo_info,
)
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._report import sample

MODULES: dict[str, t.Any] = {"ad": ad_thumbnail_photo, "exchange": exchange_user_photo, "exo": exo_user_photo}
INFO: dict[str, t.Any] = {
    "ad": ad_thumbnail_photo_info,
    "exchange": exchange_user_photo_info,
    "exo": exo_user_photo_info,
}


@pytest.mark.parametrize("target", MODULES)
def test_modules_document_the_defaults_of_their_target(target: str) -> None:
    options = yaml.safe_load(MODULES[target].DOCUMENTATION)["options"]
    known = TARGETS[target]
    assert options["match_by"]["choices"] == list(known.choices)
    assert options["match_by"]["default"] == known.match_by[0]
    assert (options["size"]["default"], options["max_bytes"]["default"]) == (known.size, known.max_bytes)
    assert known.module.rpartition(".")[2] == MODULES[target].__name__.rpartition(".")[2]
    assert yaml.safe_load(INFO[target].DOCUMENTATION)["options"]["match_by"]["choices"] == list(known.choices)


def test_the_stores_know_the_same_attributes() -> None:
    assert tuple(people.MATCH_BY) == TARGETS["ad"].match_by
    assert tuple(users.MATCH_BY) == TARGETS["exo"].match_by
    assert tuple(cmdlets.PROPERTIES) == TARGETS["exchange"].match_by


def test_entries_of_photos_are_documented_as_they_are_taken() -> None:
    documented = yaml.safe_load(fragment.ModuleDocFragment.DOCUMENTATION)["options"]["photos"]["suboptions"]
    assert documented.keys() == photo_argument_spec("ad")["photos"]["options"].keys()


def test_default_recipes_and_the_limit_of_exchange_online() -> None:
    assert TARGETS["ad"].recipe == Recipe(96, 10_240, mark=True)
    assert TARGETS["exo"].recipe == Recipe(648, 4_194_303)
    assert [TARGETS["ad"].within_limit(size) for size in (10_240, 10_241, None)] == [True, False, None]
    assert TARGETS["exo"].within_limit(99_999) is None


def test_a_name_that_is_no_target_is_refused_with_those_that_are() -> None:
    with pytest.raises(PhotoError, match="must be ad, exchange or exo, not 'moon'"):
        checked_name("moon", "targets")


def test_another_target_is_in_every_report_plan_and_guard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    another = dataclasses.replace(TARGETS["ad"], name="badge", title="Badge Printer", sync_limit=None)
    monkeypatch.setitem(TARGETS, "badge", another)
    assert names() == ("ad", "exchange", "exo", "badge")
    rows = [sample.row(f"u{n}@x", "badge", "different") for n in range(12)]
    results = [sample.result([{**row, "observed": {"sha256": "1" * 64}} for row in rows], target="badge")]
    values = {name: argument.get("default") for name, argument in run.ARGUMENTS.items()}
    values |= {"results": results, "dest": str(tmp_path), "formats": ["json", "markdown", "html", "junit"]}
    run.publish(values, run.prepare(values))
    report = json.loads((tmp_path / "drift.json").read_text(encoding="utf-8"))
    assert report["targets"] == ["badge"]
    for file in ("drift.md", "drift.html", "drift.xml"):
        text = (tmp_path / file).read_text(encoding="utf-8")
        assert "Badge Printer" in text
        assert "Active Directory" not in text, "a column is shown only for a target that is used"
    [first, *_more] = approved_changes((tmp_path / "drift.json").read_text(encoding="utf-8"), "badge")
    assert (first["user"], first["tag"]) == ("u0@x", "1" * 64)
    verdict = judge({"results": results, "max_replaced": "10%", "max_removed": "10%"})
    assert not verdict["allowed"]
    assert verdict["figures"]["badge"]["replaced"] == 12
