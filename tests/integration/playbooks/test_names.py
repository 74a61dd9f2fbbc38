# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People who are called otherwise in the cloud: every packaged playbook finds them."""

from __future__ import annotations

import typing as t

import pytest

if t.TYPE_CHECKING:
    from .conftest import Company

ALICE, BOB, CAROL = "alice@photos.test", "bob@photos.test", "carol@photos.test"
ANCHOR = ("-e", "{p}_ad_match_by=employeeID", "-e", "{p}_exo_match_by=anchor")


def by_anchor(role: str) -> list[str]:
    return [word.format(p=role) for word in ANCHOR]


@pytest.fixture
def numbers(company: Company) -> dict[str, str]:
    """Three people, whose pictures HR names by number, and who are called otherwise in the cloud; their numbers."""
    company.only(ALICE, BOB, CAROL)
    people = {person["identity"]: person["employee_id"] for person in company.told["people"]}
    numbers = {who: people[who] for who in (ALICE, BOB, CAROL)}
    (company.photos / "photos.yml").unlink(missing_ok=True)
    for who, number in numbers.items():
        (found,) = [path for path in company.photos.rglob("*") if path.stem in (who, who.partition("@")[0])]
        found.rename(company.photos / f"{number}{found.suffix}")
        company.tenant.change_user(who, upn=f"{who.partition('@')[0]}.surname@cloud.test")
    return numbers


def test_drift_and_sync_find_by_the_anchor_who_has_another_name_in_the_cloud(
    company: Company, numbers: dict[str, str]
) -> None:
    drift = company.play("drift", *by_anchor("drift"))
    assert drift.code == 0, drift.output
    row = company.report()[numbers[ALICE]]
    assert (row["ad"]["drift"], row["exo"]["drift"]) == ("missing", "missing")
    assert (row["ad"]["account"], row["exo"]["account"]) == (ALICE, "alice.surname@cloud.test")
    text = (company.folder / "reports" / "drift.md").read_text()
    assert "alice.surname@cloud.test" in text
    sync = company.play("sync", *by_anchor("sync"), "-e", "sync_receipts=receipts.sqlite")
    assert sync.code == 0, sync.output
    assert "3 put in Active Directory, 3 put in Exchange Online" in sync.line
    assert company.tenant.photo("alice.surname@cloud.test") is not None
    before = company.writes()
    again = company.play("sync", *by_anchor("sync"), "-e", "sync_receipts=receipts.sqlite")
    assert again.code == 0, again.output
    assert company.writes() == before
    # A name changes on one side, and days later on the other: nobody drifts.
    company.tenant.change_user("bob.surname@cloud.test", upn="bob.other@cloud.test")
    later = company.play("drift", *by_anchor("drift"), "-e", "drift_fail=true", "-e", "drift_receipts=receipts.sqlite")
    assert later.code == 0, later.output


@pytest.mark.variant
def test_the_cloud_alone_is_a_target_and_active_directory_is_only_asked(
    company: Company, numbers: dict[str, str]
) -> None:
    before = company.writes()
    run = company.play("sync", *by_anchor("sync"), "-e", '{"sync_targets": ["exo"]}')
    assert run.code == 0, run.output
    assert company.writes() == (before[0] + 3, before[1])
    assert all(row["ad"] is None for row in company.report().values())


@pytest.mark.variant
def test_an_approved_plan_is_carried_out_for_the_same_people(company: Company, numbers: dict[str, str]) -> None:
    assert company.play("drift", *by_anchor("drift")).code == 0
    run = company.play("sync", *by_anchor("sync"), "-e", "sync_plan=reports/drift.json", "-e", "sync_report_dir=done")
    assert run.code == 0, run.output
    assert "3 put in Exchange Online" in run.line


def test_who_is_not_synced_and_whose_anchor_two_have_are_unresolved_with_the_reason(
    company: Company, numbers: dict[str, str]
) -> None:
    anchor = company.tenant.user("bob.surname@cloud.test")["immutable_id"]
    company.tenant.change_user("alice.surname@cloud.test", immutable_id=None)
    company.tenant.change_user("carol.surname@cloud.test", immutable_id=anchor)
    # And in Active Directory somebody else has Carol's.
    company.domain.set("henry@photos.test", "mS-DS-ConsistencyGuid", company.domain.guids()[CAROL])
    assert company.play("drift", *by_anchor("drift")).code != 0  # nobody could be examined there
    reasons = {who: company.report()[number]["exo"]["reason"] for who, number in numbers.items()}
    assert "not synced" in reasons[ALICE]
    assert "2 users" in reasons[BOB]
    assert "2 accounts have the source anchor" in reasons[CAROL]
    doctor = company.play("doctor", *by_anchor("doctor"))
    assert doctor.code != 0
    assert "0 of 3 users are in the tenant" in " ".join(doctor.output.split())


@pytest.mark.variant
def test_the_doctor_finds_them_too(company: Company, numbers: dict[str, str]) -> None:
    run = company.play("doctor", *by_anchor("doctor"))
    output = " ".join(run.output.split())
    assert "all 3 users are in the tenant" in output
    assert "all 3 users at both targets have matching immutable IDs" in output


@pytest.mark.variant
def test_an_active_directory_that_cannot_be_asked_is_the_reason_for_everybody(
    company: Company, numbers: dict[str, str]
) -> None:
    run = company.play(
        "drift", *by_anchor("drift"), "-e", '{"drift_targets": ["exo"]}', HYBRID_PHOTOS_AD_PASSWORD="wrong"
    )
    assert run.code != 0
    assert "match_by anchor: Active Directory could not be asked who these users are" in " ".join(run.output.split())


def test_photos_yml_names_a_person_for_each_target(company: Company) -> None:
    company.only(ALICE)
    company.tenant.change_user(ALICE, upn="alice.smith@cloud.test")
    (company.photos / f"{ALICE}.jpg").rename(company.photos / "a.jpg")
    (company.photos / "photos.yml").write_text(
        f"photos:\n  Alice: {{src: a.jpg, ad: {ALICE}, exo: alice.smith@cloud.test}}\n"
    )
    (company.photos / "a.jpg").rename(company.photos / "portraits" / "a.jpg")
    manifest = (company.photos / "photos.yml").read_text().replace("a.jpg", "portraits/a.jpg")
    (company.photos / "photos.yml").write_text(manifest)
    run = company.play("sync")
    assert run.code == 0, run.output
    assert list(company.report()) == ["Alice"]
    assert "1 put in Active Directory, 1 put in Exchange Online" in run.line


@pytest.mark.variant
def test_a_leading_side_finds_its_people_by_the_anchor(company: Company) -> None:
    users = '{"lead_users": ["pia@photos.test", "quinn@photos.test"]}'
    for who in ("pia", "quinn"):
        company.tenant.change_user(f"{who}@photos.test", upn=f"{who}.surname@cloud.test")
    run = company.play("onprem_to_cloud", "-e", users, "-e", "lead_follow_by=anchor", inventory=False)
    assert run.code == 0, run.output
    row = company.report()["quinn@photos.test"]["exo"]
    assert (row["account"], row["action"], row["changed"]) == ("quinn.surname@cloud.test", "put", True)
    users = '{"lead_users": ["pia.surname@cloud.test", "rosa@photos.test"]}'
    back = company.play("cloud_to_onprem", "-e", users, "-e", "lead_follow_by=anchor", inventory=False)
    assert back.code == 0, back.output
    assert company.report()["pia.surname@cloud.test"]["ad"]["account"] == "pia@photos.test"


def test_an_export_of_both_sides_names_people_as_active_directory_does(company: Company) -> None:
    company.tenant.change_user("pia@photos.test", upn="pia.surname@cloud.test")
    pia = next(person for person in company.told["people"] if person["identity"] == "pia@photos.test")
    only = '{"export_users": ["' + pia["employee_id"] + '"]}'
    run = company.play("export", "-e", "export_dest=found", *by_anchor("export"), "-e", only, inventory=False)
    assert run.code == 0, run.output
    assert pia["employee_id"] in (company.folder / "found" / "photos.yml").read_text()
