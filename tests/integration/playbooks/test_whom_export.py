# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom an export concerns: filters, groups with a group in them, and excluded persons, by the packaged playbook."""

from __future__ import annotations

import json
import typing as t

import pytest
import yaml

if t.TYPE_CHECKING:
    from .conftest import Company, Play


def upn(name: str) -> str:
    return f"{name}@photos.test"


@pytest.fixture
def office(company: Company) -> t.Iterator[Company]:
    """Pia and Umar in a group on each side, Quinn and Tessa in a group in it; Rosa in none."""
    dns = {name: company.domain.entry(upn(name), ["cn"])[0] for name in ("pia", "umar", "quinn", "tessa")}
    inner = company.domain.add_group("Office inner", [dns["quinn"], dns["tessa"]])
    outer = company.domain.add_group("Office", [dns["pia"], dns["umar"], inner], mail="office@photos.test")
    within = company.tenant.add_group("Office inner", ["quinn", "tessa"])["id"]
    company.tenant.add_group("Office", ["pia", "umar", within])
    for name in ("quinn", "rosa", "xaver"):
        company.tenant.change_user(name, department="Sales")
    yield company
    for dn in (outer, inner):
        company.domain.delete(dn)


def export(company: Company, *arguments: str, **variables: t.Any) -> Play:
    given = {"export_dest": "out", **{f"export_{name}": value for name, value in variables.items()}}
    return company.play("export", "-e", json.dumps(given), *arguments, inventory=False)


def exported(company: Company) -> set[str]:
    manifest = company.folder / "out" / "photos.yml"
    return {user.partition("@")[0] for user in yaml.safe_load(manifest.read_text())["photos"]}


def listed(company: Company) -> str:
    return (company.folder / "out" / "different.txt").read_text()


@pytest.mark.variant
def test_a_group_in_active_directory_decides_for_both_and_who_is_excluded_is_named(office: Company) -> None:
    checked = export(office, "--check", ad_group="office@photos.test", exclude=["TESSA@*"])
    assert checked.code == 0, checked.output
    assert not (office.folder / "out").exists()
    run = export(office, ad_group="office@photos.test", exclude=["TESSA@*"])
    assert run.code == 0, run.output
    for output in (checked.output, run.output):
        assert "export_exclude excluded 1 user: tessa@photos.test" in output
        assert "3 of 3 users have a photo" in output
    assert exported(office) == {"pia", "quinn", "umar"}
    # Umar has no photo in the cloud; nobody else is missing anywhere.
    assert "Not exported" not in listed(office) and "umar@photos.test" in listed(office)


@pytest.mark.variant
def test_a_filter_of_the_cloud_decides_for_both(office: Company) -> None:
    run = export(office, exo_filter="department eq 'Sales'")
    assert run.code == 0, run.output
    assert exported(office) == {"quinn", "rosa"}
    # Xaver is found in the cloud, has no photo, and no account in Active Directory.
    assert "pia" not in listed(office) and "umar" not in listed(office)
    assert "2 of 3 users have a photo" in run.output


@pytest.mark.variant
def test_with_a_group_on_one_side_and_a_filter_on_the_other_both_must_mean_a_user(office: Company) -> None:
    run = export(office, ad_filter="(|(cn=Quinn*)(sAMAccountName=rosa))", exo_group="Office")
    assert run.code == 0, run.output
    assert exported(office) == {"quinn"}


@pytest.mark.variant
def test_files_of_excluded_persons_and_of_who_is_not_meant_stay(office: Company) -> None:
    users = [upn(name) for name in ("pia", "quinn", "tessa", "rosa")]
    assert export(office, users=users).code == 0
    assert exported(office) == {"pia", "quinn", "tessa", "rosa"}
    for name in ("quinn", "tessa", "rosa"):
        office.tenant.delete_photo(name)
        office.domain.set_photo(upn(name), None)
    for more in ({}, {"targets": ["ad"]}, {"targets": ["exo"]}):
        folder = {"dest": "out" if not more else more["targets"][0]}
        if more:
            assert export(office, **folder, users=[upn("pia")], **more).code == 0
        run = export(
            office,
            **folder,
            exclude=[upn("tessa")],
            users=[*users, upn("nobody")],
            exo_group="",
            **more,
            ignore_problems=["unresolved"],
        )
        assert run.code == 0, run.output
    assert exported(office) == {"pia", "tessa"}
    some = export(office, exo_group="Office", users=users)
    assert some.code == 0, some.output
    assert "1 of export_users is not meant by the filter or the group: rosa@photos.test" in some.output
    assert exported(office) == {"pia"}


@pytest.mark.variant
def test_an_excluded_person_is_recognized_by_the_anchor_under_another_name(office: Company) -> None:
    names = {"targets": ["exo"], "ad_match_by": "userPrincipalName", "exo_match_by": "anchor"}
    office.tenant.put_photo(upn("boris"), office.tenant.photo("pia"))
    run = export(office, **names, exclude=["boris@corp.photos.test"])
    assert run.code == 0, run.output
    assert "boris" not in exported(office) and "pia" in exported(office)
    both = export(office, **{**names, "targets": ["ad", "exo"]}, dest="both", exclude=["boris@corp.photos.test"])
    assert both.code == 0, both.output
    assert "boris" not in (office.folder / "both" / "photos.yml").read_text()
    assert "boris" not in (office.folder / "both" / "different.txt").read_text()


@pytest.mark.variant
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"ad_filter": "(department=Sales"}, "export_ad_filter '(department=Sales' is not an LDAP filter"),
        ({"ad_filter": "(departmant=Sales)"}, "has no attribute departmant"),
        ({"ad_filter": "(department=None)"}, "export_ad_filter '(department=None)': Active Directory has no such user"),
        ({"ad_group": "Nobody"}, "export_ad_group 'Nobody' does not exist"),
        ({"exo_filter": "department like 'x'"}, "export_exo_filter 'department like 'x'': Microsoft Graph does not"),
        ({"exo_group": "Nobody"}, "export_exo_group 'Nobody' does not exist in the tenant"),
        ({"exo_group": "Nob\nody"}, "cannot be used: it contains a control character"),
        ({"exclude": ["*"]}, "export_exclude '*' excludes all"),
        ({"exclude": "pia*,*", "targets": ["ad"]}, "export_exclude 'pia*', '*' excludes all"),
        ({"exo_filter": "department eq 'Sales'", "targets": ["ad"]}, "export_exo_filter cannot be used, because"),
    ],
)
def test_bad_input_is_one_message_and_nothing_is_written(company: Company, given: dict[str, t.Any], said: str) -> None:
    run = export(company, **given)
    assert run.code == 2
    assert said in run.output, run.output
    assert not (company.folder / "out").exists()
