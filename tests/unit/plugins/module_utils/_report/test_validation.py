# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What photo_validate returns, shows and writes."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from pathlib import Path

from ansible_collections.hybrid.photos.plugins.module_utils._definitions.validate import Finding, Report
from ansible_collections.hybrid.photos.plugins.module_utils._report.validation import ARGUMENTS, junit, lines, run
from lxml import etree
from PIL import Image

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).parent / "junit.xsd"))


def report() -> Report:
    findings = [
        Finding("error", "unreadable", "photos.yml", 3, "bob@x.test", "bob@x.test: b.jpg: it is <damaged>\x08"),
        Finding("warning", "not_sharp", "a.jpg", None, "alice@x.test", "small"),
        Finding("warning", "unused", "portraits/z.png", None, "", "no definition uses this picture"),
    ]
    return Report("photos", ["alice@x.test", "bob@x.test", "carol@x.test"], findings, 3)


def cases(text: str) -> dict[str, str]:
    found = etree.fromstring(text.encode()).iter("testcase")
    return {case.get("name"): "failed" if case.find("failure") is not None else "passed" for case in found}


def options(path: Path, **more: t.Any) -> dict[str, t.Any]:
    defaults = {name: spec.get("default") for name, spec in ARGUMENTS.items()}
    return {**defaults, "path": str(path), **more}


def test_lines_name_file_and_line() -> None:
    told = lines(report())
    assert told[0].startswith("error: photos.yml:3: bob@x.test: b.jpg")
    assert told[1] == "warning: a.jpg: small"
    assert told[-1] == "3 users, 3 pictures: 1 error, 2 warnings."


def test_small_pictures_of_an_export_are_one_note() -> None:
    assert not any("export" in line for line in lines(report()))
    assert "note: 1 picture of the export is not sharp everywhere: no target had a larger one" in lines(
        replace(report(), small_exports=1)
    )
    assert "note: 30 pictures of the export are not sharp everywhere: no target had larger ones" in lines(
        replace(report(), small_exports=30)
    )


def test_junit_has_a_case_a_user_and_fails_what_fails_the_check() -> None:
    text = junit(report())
    assert cases(text) == {
        "alice@x.test": "passed",
        "bob@x.test": "failed",
        "carol@x.test": "passed",
        "portraits/z.png": "passed",
    }
    assert cases(junit(report(), "warning"))["alice@x.test"] == "failed"


def test_junit_counts_add_up() -> None:
    suite = etree.fromstring(junit(report(), "warning").encode()).find("testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "3", "0")


def test_junit_is_valid_for_the_schema() -> None:
    assert SCHEMA.validate(etree.fromstring(junit(report()).encode())), SCHEMA.error_log


def test_a_run_writes_its_file_once(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    Image.effect_noise((700, 700), 60).save(tmp_path / "photos" / "a@x.test.jpg")
    asked = options(tmp_path / "photos", junit=str(tmp_path / "out" / "v.xml"))
    first, second = run(asked), run(asked)
    assert (first["changed"], first["valid"], second["changed"]) == (True, True, False)
    assert first["summary"] == {"users": 1, "excluded": 0, "pictures": 1, "errors": 0, "warnings": 0}


def test_warnings_fail_when_they_shall(tmp_path: Path) -> None:
    Image.effect_noise((100, 100), 60).save(tmp_path / "a@x.test.jpg")
    assert run(options(tmp_path))["valid"]
    assert not run(options(tmp_path, fail_on="warning"))["valid"]


def test_excluded_users_are_counted_and_named(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for name in ("alice", "ceo"):
        Image.new("RGB", (700, 700)).save(tmp_path / "photos" / f"{name}@x.test.jpg")
    found = run(options(tmp_path / "photos", exclude=["ceo*"]))
    assert (found["excluded"], found["summary"]["users"], found["summary"]["excluded"]) == (["ceo@x.test"], 1, 1)
    assert "note: 1 user excluded and not checked: ceo@x.test" in found["lines"]
    assert run(options(tmp_path / "photos", exclude=["ceo*", "cfo@x.test"]))["matched"] == ["ceo*"]
