# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An excluded person in every role: counted and named on the screen and in each report, never written or removed."""

from __future__ import annotations

import json
import re
import typing as t

import pytest

if t.TYPE_CHECKING:
    from .conftest import Company

#: Both have older photos on both sides, and both would be replaced.
CHIEF, OTHER = "samir@photos.test", "tessa@photos.test"
EVERY_FORMAT = ["json", "markdown", "html", "junit"]


def photos(company: Company, user: str) -> tuple[bytes | None, bytes | None]:
    return company.domain.photo(user), company.tenant.photo(user)


def named_in_reports(company: Company, folder: str = "reports") -> None:
    """Each format has the excluded person where the excluded are, and nowhere else a row of theirs."""
    place = company.folder / folder
    report = json.loads((place / "drift.json").read_text())
    assert report["excluded"] == [CHIEF]
    assert CHIEF not in {user["user"] for user in report["users"]}
    assert "1 user excluded" in report["line"]
    assert re.search(r"(?is)excluded.*samir@photos\.test", (place / "drift.md").read_text())
    assert re.search(r'(?s)id="excluded".*samir@photos\.test', (place / "drift.html").read_text())
    assert CHIEF not in (place / "drift.xml").read_text()


@pytest.mark.parametrize("check", [pytest.param(["--check"], marks=pytest.mark.variant), []])
def test_sync_and_drift(company: Company, check: list[str]) -> None:
    company.only(CHIEF, OTHER)
    before = photos(company, CHIEF)
    drift = company.play("drift", "-e", "drift_exclude=SAMIR@*", *check)
    assert drift.code == 0, drift.output
    named_in_reports(company)
    limits = ["-e", "sync_max_replaced=100%", "-e", "sync_max_removed=100%"]
    run = company.play("sync", "-e", "sync_exclude=samir*", *limits, *check)
    assert run.code == 0, run.output
    assert "1 user excluded" in run.line
    named_in_reports(company)
    assert photos(company, CHIEF) == before
    assert (photos(company, OTHER) == (None, None)) is (not check)


@pytest.mark.variant
@pytest.mark.parametrize("check", [["--check"], []])
def test_the_roles_that_lead(company: Company, check: list[str]) -> None:
    company.domain.set_photo(CHIEF, company.domain.photo("pia@photos.test"))
    company.domain.set_photo(OTHER, company.domain.photo("quinn@photos.test"))
    before = company.tenant.photo(CHIEF), company.tenant.photo(OTHER)
    given = {"lead_users": [CHIEF, OTHER], "lead_exclude": [CHIEF], "lead_formats": EVERY_FORMAT}
    run = company.play("onprem_to_cloud", "-e", json.dumps(given), *check, inventory=False)
    assert run.code == 0, run.output
    named_in_reports(company)
    assert company.tenant.photo(CHIEF) == before[0]
    assert (company.tenant.photo(OTHER) == before[1]) is bool(check)


@pytest.mark.variant
def test_restore(company: Company) -> None:
    company.only(CHIEF, OTHER)
    seeded = photos(company, OTHER)
    company.play("sync", "-e", "sync_max_replaced=100%", "-e", "sync_max_removed=100%")
    after = photos(company, CHIEF)
    given = {"restore_exclude": [CHIEF], "restore_formats": EVERY_FORMAT, "restore_report_dir": "back"}
    writes = company.writes()
    checked = company.play("restore", "-e", json.dumps(given), "--check")
    assert (checked.code, company.writes()) == (0, writes), checked.output
    run = company.play("restore", "-e", json.dumps(given))
    assert run.code == 0, run.output
    for output in (checked.output, run.output):
        assert "1 user excluded: samir@photos.test" in output
    named_in_reports(company, "back")
    assert photos(company, CHIEF) == after
    assert photos(company, OTHER)[0] == seeded[0]
    for everybody in (["*"], "samir*, tessa*"):
        none = company.play("restore", "-e", json.dumps({"restore_exclude": everybody}))
        assert none.code == 2
        assert "excludes all 2 users of the run" in none.output and "restore_exclude" in none.output


@pytest.mark.variant
def test_doctor(company: Company) -> None:
    company.only(CHIEF, OTHER, "alice@photos.test")
    company.domain.delete_user(CHIEF)
    run = company.play("doctor", "-e", "doctor_exclude=samir*", "-e", "doctor_report=doctor.json")
    assert run.code == 0, run.output
    assert "1 user excluded and not checked: samir@photos.test" in run.output
    assert json.loads((company.folder / "doctor.json").read_text())["excluded"] == [CHIEF]
    named = company.play(
        "doctor", "-e", json.dumps({"doctor_users": [CHIEF, "alice@photos.test"], "doctor_exclude": [CHIEF]})
    )
    assert named.code == 0, named.output
    nobody = company.play("doctor", "-e", json.dumps({"doctor_exclude": ["*"]}))
    assert nobody.code == 2
    assert "doctor_exclude '*' excludes all 3 users" in nobody.output


@pytest.mark.variant
def test_validate(company: Company) -> None:
    company.only("alice@photos.test", "zelda@photos.test")
    assert company.play("validate", inventory=False).code == 2
    run = company.play("validate", "-e", "validate_exclude=zelda@*", "-e", "validate_junit=v.xml", inventory=False)
    assert run.code == 0, run.output
    assert "1 user excluded and not checked: zelda@photos.test" in run.output
    assert "zelda" not in (company.folder / "v.xml").read_text()
    nobody = company.play("validate", "-e", json.dumps({"validate_exclude": ["*"]}), inventory=False)
    assert nobody.code == 2
    assert "validate_exclude '*' excludes all 2 users" in nobody.output


@pytest.mark.variant
@pytest.mark.parametrize("role", ["drift", "sync", "restore", "doctor", "validate"])
def test_a_pattern_that_no_user_can_have_is_one_message_and_nothing_is_written(company: Company, role: str) -> None:
    company.only(CHIEF, OTHER)
    if role == "restore":
        company.play("sync", "-e", "sync_max_replaced=100%", "-e", "sync_max_removed=100%")
    writes = company.writes()
    run = company.play(role, "-e", json.dumps({f"{role}_exclude": ["sa\x1bmir*"]}), inventory=role != "validate")
    assert (run.code != 0, company.writes()) == (True, writes), run.output
    assert re.search(r"exclude 'sa\\+x1bmir\*' cannot be used: it contains a control", run.output), run.output


@pytest.mark.variant
@pytest.mark.parametrize("role", ["drift", "sync", "doctor", "validate", "restore", "export", "onprem_to_cloud"])
def test_a_misspelt_name_that_excludes_nobody_is_warned_of_by_its_variable(company: Company, role: str) -> None:
    company.only(CHIEF, OTHER)
    limits = {"sync_max_replaced": "100%", "sync_max_removed": "100%"}
    if role == "restore":
        company.play("sync", "-e", json.dumps(limits))
    prefix = "lead" if role == "onprem_to_cloud" else role
    given = {f"{prefix}_exclude": [CHIEF, "tesa@photos.test"], **(limits if role == "sync" else {})}
    given |= {"export_dest": "exported"} if role == "export" else {}
    inventory = role not in ("validate", "export", "onprem_to_cloud")
    run = company.play(role, "-e", json.dumps(given), "--check", inventory=inventory)
    said = f"{prefix}_exclude: 'tesa@photos.test' matches no user of th"
    output = " ".join(run.output.split())
    assert output.count(said) == 1, run.output
    assert output.count("matches no user") == 1, run.output
