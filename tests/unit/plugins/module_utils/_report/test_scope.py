# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report says of users whom a run did not concern, of photos that nobody declared, and of known problems."""

from __future__ import annotations

import json
import typing as t
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._report.junit import junit
from ansible_collections.hybrid.photos.plugins.module_utils._report.markdown import markdown
from ansible_collections.hybrid.photos.plugins.module_utils._report.page import page
from ansible_collections.hybrid.photos.plugins.module_utils._report.run import ARGUMENTS, Prepared, prepare

from .sample import plain, result, row

SCHEMA = json.loads((Path(__file__).resolve().parents[5] / "docs" / "drift-report.schema.json").read_text())


def made(*rows: t.Any, **options: t.Any) -> Prepared:
    defaults = {name: argument.get("default") for name, argument in ARGUMENTS.items()}
    given = {**defaults, "results": [result(list(rows))], "dest": "reports", **options}
    prepared = prepare(given, datetime(2026, 11, 27, tzinfo=UTC))
    jsonschema.validate(plain(prepared.report), SCHEMA)
    return prepared


def info(target: str, *users: str, **more: t.Any) -> dict[str, t.Any]:
    photos = [{"user": user, "id": f"id-{user}", "has_photo": True, "label": None} for user in users]
    return {"target": target, "photos": photos, **more}


def test_a_known_problem_makes_no_run_red_and_is_told_all_the_same() -> None:
    gone = row("a@x.test", "exo", "unresolved", accepted=True)
    known = made(gone, row("b@x.test", "exo"), targets=["exo"])
    assert (known.report["status"], known.report["clean"]) == ("clean", True)
    assert known.lines == ["0 drift, 1 in sync, 1 unresolved; the problem is accepted"]
    (case,) = [each for each in ET.fromstring(junit(known.report)).iter("testcase") if each.get("name") == "a@x.test"]
    assert case.find("error") is None
    assert "known and accepted" in str(case.find("skipped").get("message"))  # type: ignore[union-attr]
    assert "This problem is known" in markdown(known.report)
    assert "This problem is known" in page(known.report, None, 0)
    open_one = made({**gone, "accepted": False}, row("b@x.test", "exo"), targets=["exo"])
    assert open_one.report["status"] == "problem"


def test_one_open_problem_among_accepted_ones_makes_a_run_red() -> None:
    rows = [row("a@x.test", "exo", "unresolved", accepted=True), row("a@x.test", "ad", "unavailable")]
    assert made(*rows, row("b@x.test", "ad"), row("b@x.test", "exo")).report["status"] == "problem"


def test_a_problem_that_is_ignored_for_everybody_is_accepted() -> None:
    rows = [row("a@x.test", "exo", "unresolved"), row("b@x.test", "exo", "invalid"), row("c@x.test", "exo")]
    report = made(*rows, ignore_problems=["unresolved"]).report
    assert (report["counts"]["problems"], report["counts"]["accepted"]) == (2, 1)
    assert made(*rows, ignore_problems=["unresolved", "invalid"]).report["clean"] is True


def test_who_is_excluded_is_counted_and_named() -> None:
    prepared = made(row("a@x.test", "exo"), excluded=["boss@x.test"], not_chosen=3)
    assert prepared.report["line"] == "0 drift, 1 in sync; 1 user excluded, 3 users not chosen"
    assert "boss@x.test" in markdown(prepared.report)
    assert "boss@x.test" in page(prepared.report, None, 0)


def test_a_photo_without_a_definition_is_listed_in_every_format_and_fails_nothing() -> None:
    rows = [row("a@x.test", "exo"), row("a@x.test", "ad")]
    everyone = [
        info("ad", "a@x.test", "Leaver@x.test", "boss@x.test"),
        info("exo", "renamed@x.test", "leaver@x.test", "other@x.test"),
        {"skipped": True},
    ]
    everyone[1]["photos"][0]["id"] = rows[0]["id"]
    prepared = made(*rows, everyone=everyone, declared=["OTHER@x.test"], exclude=["boss*"])
    found = prepared.report["undeclared"]
    assert [(each["user"], each["target"]) for each in found] == [("Leaver@x.test", "ad"), ("leaver@x.test", "exo")]
    assert prepared.report["clean"] is True
    assert "2 users have a photo and no definition" in prepared.report["line"]
    for text in (markdown(prepared.report), page(prepared.report, None, 0), junit(prepared.report)):
        assert "eaver@x.test" in text
    assert ET.fromstring(junit(prepared.report)).get("failures") == "0"


def test_a_side_whose_undeclared_photos_are_not_known_says_so() -> None:
    prepared = made(row("a@x.test", "exo"), everyone=[{"target": "ad", "failed": True, "msg": "no sign-in"}])
    assert prepared.report["undeclared"] == []
    assert [message["text"] for message in prepared.report["messages"]] == [
        "Undeclared photos are not known: no sign-in"
    ]
    with pytest.raises(PhotoError, match="what the info modules returned"):
        made(row("a@x.test", "exo"), everyone=[{"target": "ad", "photos": [{"user": "a"}]}])


def test_nobody_asked_is_not_the_same_as_nobody_found() -> None:
    assert made(row("a@x.test", "exo")).report["undeclared"] is None


def test_a_target_for_which_nobody_is_declared_is_not_missed() -> None:
    declared = {"ad": [], "exo": ["a@x.test"]}
    prepared = made(row("a@x.test", "exo"), declared_at=declared, targets=["ad", "exo"])
    assert (prepared.report["status"], prepared.report["not_examined"]) == ("clean", [])
    unknown = made(row("a@x.test", "exo"), declared_at={"ad": None, "exo": ["a@x.test"]}, targets=["ad", "exo"])
    assert [lost["target"] for lost in unknown.report["targets_not_examined"]] == ["ad"], "nobody said who is there"
    lost = made(row("a@x.test", "exo"), declared_at={**declared, "ad": ["b@x.test"]}, targets=["ad", "exo"])
    assert [item["user"] for item in lost.report["not_examined"]] == ["b@x.test"]
    assert lost.report["status"] == "failed"


def test_who_shows_the_default_picture_is_counted_apart_and_so_is_who_has_a_photo_of_their_own() -> None:
    rows = [row("a@x.test", "exo", default=True), row("b@x.test", "exo", default=True, own_photo=True)]
    missing = row("c@x.test", "exo", "missing", action="put", changed=True, default=True)
    prepared = made(*rows, missing, row("d@x.test", "exo"), targets=["exo"], mode="plan")
    assert prepared.lines[0] == (
        "1 drift (1 missing), 3 in sync; 1 user shows the default picture, "
        "1 user has a photo of their own instead of the default picture"
    )
    figures = prepared.report["counts"]
    assert (figures["default_shown"], figures["default_own"]) == (1, 1)
    assert figures["targets"]["exo"]["default_own"] == 1
    assert "| own photo instead of it | 1 |" in markdown(prepared.report)
    short = {"target": "exo", "photos": [], "in_sync": [["a", "1", "default"], ["b", "2", "own_photo"], ["c", "3"]]}
    assert "1 user has a photo of their own" in made(results=[short]).report["line"]
    assert "default" not in made(row("d@x.test", "exo")).report["line"]


def test_a_problem_for_which_the_run_fails_is_not_accepted() -> None:
    """Role lead fails when a name in lead_users leads to nobody, also where users without an account are ignored."""
    listed = {"photos": [{"user": "typo@x", "has_photo": False, "problem": "unresolved", "reason": "nobody"}]}
    results = [{**listed, "target": "exo", "not_ignored": True}, result([row("b@x", "ad", "unresolved")])]
    prepared = made(results=results, ignore_problems=["unresolved"])
    assert prepared.report["status"] == "problem"
    assert prepared.report["line"] == "0 drift, 0 in sync, 2 unresolved; 1 of 2 problems accepted"
    assert prepared.problems == ["typo@x: unresolved in Exchange Online: nobody"]
    seen_later = made(results=[*results, result([row("typo@x", "exo")])], ignore_problems=["unresolved"])
    assert seen_later.report["status"] == "clean"


def test_role_lead_fails_for_a_name_that_leads_to_nobody_and_so_does_its_report() -> None:
    path = Path(__file__).resolve().parents[5] / "roles/lead/tasks/list.yml"
    assert "combine({'users': [], 'not_ignored': true})" in path.read_text(encoding="utf-8")
