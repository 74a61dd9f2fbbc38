# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor against a domain and a tenant that are made ill in one way at a time."""

from __future__ import annotations

import json
import os
import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml

if t.TYPE_CHECKING:
    from .conftest import Company


GUEST = "gina_partner.example#EXT#@photos.test"


@pytest.fixture(autouse=True)
def declared_where_they_are(company: Company) -> None:
    """Three of the seeded people are on one side only. A sync would fail because of them, so it is said."""
    manifest = company.photos / "photos.yml"
    told = yaml.safe_load(manifest.read_text())["photos"]
    sides = {"wendy@photos.test": "ad", "xaver@photos.test": "exo", GUEST: "exo"}
    told.update({user: {"targets": [side]} for user, side in sides.items()})
    manifest.write_text(yaml.safe_dump({"photos": told}))


def examine(company: Company, *arguments: str, **environment: str) -> tuple[int, dict[tuple[str, str], dict[str, str]]]:
    """Exit status and checks by area and name; nothing was written to either server."""
    # A sign-in is noted by the controller on the account itself, so only the people count.
    before, usn = company.writes(), company.domain.highest_usn()
    run = company.play("doctor", "-e", "doctor_report=reports/doctor.json", *arguments, **environment)
    assert (company.writes(), company.domain.changed_since(usn)) == (before, [])
    told = json.loads((company.folder / "reports" / "doctor.json").read_text())
    assert told["ok"] is (run.code == 0)
    for check in told["checks"]:
        assert check["name"] in run.output, "every check is on the screen"
    for secret in (company.told["tenant"]["client_secret"], company.told["domain"]["password"]):
        assert secret not in run.output
    return run.code, {(check["area"], check["name"]): check for check in told["checks"]}


def failed(checks: dict[tuple[str, str], dict[str, str]]) -> list[tuple[str, str]]:
    return [key for key, check in checks.items() if check["status"] == "fail"]


def warned(checks: dict[tuple[str, str], dict[str, str]]) -> list[tuple[str, str]]:
    return [key for key, check in checks.items() if check["status"] == "warn"]


def test_a_company_in_order(company: Company) -> None:
    code, checks = examine(company)
    assert code == 0
    assert warned(checks) == []
    assert "have matching immutable IDs" in checks["both", "identities"]["text"]
    # The sandbox gives its account a password without an end.
    assert checks["ad", "password"]["status"] == "ok"
    assert "not known" in checks["exo", "credential"]["text"]


THREE = '{"doctor_targets": ["ad", "exchange", "exo"]}'


def test_three_places_in_order(company: Company) -> None:
    code, checks = examine(company, "-e", THREE)
    assert code == 0
    assert warned(checks) == []
    for name in ("endpoint", "sign-in", "management role", "throttling policy", "right to write"):
        assert checks["exchange", name]["status"] == "ok"
    assert "Negotiate" in checks["exchange", "endpoint"]["text"]
    assert "are the same accounts" in checks["both", "accounts"]["text"]


@pytest.mark.variant
@pytest.mark.parametrize(
    ("environment", "name", "words"),
    [
        (
            {"HYBRID_PHOTOS_EXCHANGE_PASSWORD": "wrong-Password-1"},
            "sign-in",
            "password (HYBRID_PHOTOS_EXCHANGE_PASSWORD) is wrong",
        ),
        ({"HYBRID_PHOTOS_EXCHANGE_USERNAME": "svc-photos@NOWHERE.TEST"}, "sign-in", "check the realm"),
        ({"HYBRID_PHOTOS_EXCHANGE_SERVER": "nowhere.photos.test"}, "reachable", "nowhere.photos.test"),
        (
            {
                "HYBRID_PHOTOS_EXCHANGE_USERNAME": "{exchange[reader_username]}",
                "HYBRID_PHOTOS_EXCHANGE_PASSWORD": "{exchange[reader_password]}",
            },
            "management role",
            "does not have Set-UserPhoto, Remove-UserPhoto",
        ),
    ],
)
def test_an_exchange_server_that_cannot_be_worked_with(
    company: Company, environment: dict[str, str], name: str, words: str
) -> None:
    environment = {key: value.format(**company.told) for key, value in environment.items()}
    code, checks = examine(company, "-e", '{"doctor_targets": ["exchange"]}', **environment)
    assert code != 0
    assert failed(checks)[0] == ("exchange", name)
    assert words in checks["exchange", name]["text"]


def test_who_is_not_found_stops_a_sync_and_no_drift(company: Company) -> None:
    wendy = {"wendy@photos.test": {"targets": ["exo", "ad"]}, "nobody@photos.test": {"state": "absent"}}
    manifest = company.photos / "photos.yml"
    told = {**yaml.safe_load(manifest.read_text())["photos"], **wendy}
    manifest.write_text(yaml.safe_dump({"photos": told}))
    code, checks = examine(company)
    assert (code != 0, failed(checks)) == (True, [("exo", "users")])
    assert "wendy@photos.test" in checks["exo", "users"]["text"]
    reader = company.told["tenant"]["apps"]["reader"]
    only_read = {"AZURE_CLIENT_ID": reader["client_id"], "AZURE_CLIENT_SECRET": reader["secret"]}
    code, checks = examine(company, "-e", "doctor_writes=false", **only_read)
    # This account may not read the tenant's photo source either.
    assert (code, warned(checks)) == (0, [("exo", "photo source"), ("exo", "users")])
    told["wendy@photos.test"] = {"known_problems": ["unresolved"]}
    manifest.write_text(yaml.safe_dump({"photos": told}))
    assert examine(company)[0] == 0


@pytest.mark.variant
@pytest.mark.parametrize(
    ("environment", "name", "words"),
    [
        ({"HYBRID_PHOTOS_AD_PASSWORD": "wrong-Password-1"}, "sign-in", "password (HYBRID_PHOTOS_AD_PASSWORD) is wrong"),
        ({"HYBRID_PHOTOS_AD_CA_CERT": "{other_ca_cert}"}, "certificate", "not signed by an authority"),
        ({"HYBRID_PHOTOS_AD_CA_CERT": "/nowhere/ca.pem"}, "options", "/nowhere/ca.pem"),
        ({"HYBRID_PHOTOS_AD_SERVER": "localhost"}, "certificate", "not for the name localhost"),
        ({"HYBRID_PHOTOS_AD_SERVER": "nowhere.photos.test"}, "reachable", "nowhere.photos.test"),
        ({"HYBRID_PHOTOS_AD_SERVER": "ldaps://dc1.photos.test"}, "options", "URL"),
        ({"HYBRID_PHOTOS_AD_SEARCH_BASE": "OU=Nowhere,DC=photos,DC=test"}, "search base", "OU=Nowhere"),
        ({"HYBRID_PHOTOS_AD_TLS_MODE": "none"}, "options", "tls_mode none"),
    ],
)
def test_a_domain_that_cannot_be_worked_with(
    company: Company, environment: dict[str, str], name: str, words: str
) -> None:
    environment = {key: value.format(**company.told) for key, value in environment.items()}
    code, checks = examine(company, "-e", '{"doctor_targets": ["ad"]}', **environment)
    assert code != 0
    assert failed(checks) == [("ad", name)]
    assert words in checks["ad", name]["text"]
    assert checks["ad", "right to write"]["status"] == "skipped"


def test_one_side_that_is_ill_does_not_hide_the_other(company: Company) -> None:
    code, checks = examine(company, HYBRID_PHOTOS_AD_PASSWORD="wrong-Password-1", AZURE_CLIENT_SECRET="wrong")
    assert code != 0
    assert failed(checks) == [("ad", "sign-in"), ("exo", "sign-in")]
    assert "client_secret" in checks["exo", "sign-in"]["text"]
    assert checks["both", "identities"]["status"] == "skipped"


def test_an_account_that_may_not_write(company: Company) -> None:
    domain = company.told["domain"]
    reader = {
        "HYBRID_PHOTOS_AD_USERNAME": domain["reader_username"],
        "HYBRID_PHOTOS_AD_PASSWORD": domain["reader_password"],
    }
    code, checks = examine(company, **reader)
    assert (code != 0, failed(checks)) == (True, [("ad", "right to write")])
    assert "dsacls" in checks["ad", "right to write"]["advice"]
    code, checks = examine(company, "-e", "doctor_writes=false", **reader)
    assert (code, failed(checks)) == (0, [])


@pytest.mark.variant
def test_an_account_that_may_write_more(company: Company) -> None:
    domain = company.told["domain"]
    admin = {
        "HYBRID_PHOTOS_AD_USERNAME": domain["admin_username"],
        "HYBRID_PHOTOS_AD_PASSWORD": domain["admin_password"],
    }
    code, checks = examine(company, "-e", '{"doctor_targets": ["ad"]}', **admin)
    assert code == 0
    assert ("ad", "right to write") in warned(checks)
    assert "attributes besides thumbnailPhoto" in checks["ad", "right to write"]["text"]


@pytest.mark.variant
@pytest.mark.parametrize(
    ("app", "fails", "words"),
    [
        ("reader", ["permissions"], "lacks ProfilePhoto.ReadWrite.All"),
        ("powerless", ["permissions", "users"], "lacks User.Read.All and ProfilePhoto.ReadWrite.All"),
        ("settings", ["permissions", "users"], "its token has: PeopleSettings.ReadWrite.All"),
    ],
)
def test_an_application_that_lacks_permissions(company: Company, app: str, fails: list[str], words: str) -> None:
    told = company.told["tenant"]["apps"][app]
    code, checks = examine(company, AZURE_CLIENT_ID=told["client_id"], AZURE_CLIENT_SECRET=told["secret"])
    assert code != 0
    assert failed(checks) == [("exo", name) for name in fails]
    assert words in checks["exo", "permissions"]["text"]


@pytest.mark.variant
def test_an_application_that_may_do_too_much(company: Company) -> None:
    roles = ["ProfilePhoto.ReadWrite.All", "User.Read.All", "Mail.ReadWrite"]
    mighty = {"client_id": "11111111-1111-4111-8111-111111111111", "secret": "mighty-secret-1", "roles": roles}
    company.tenant.register_app(mighty)
    code, checks = examine(company, AZURE_CLIENT_ID=mighty["client_id"], AZURE_CLIENT_SECRET=mighty["secret"])
    assert code == 0
    assert "Mail.ReadWrite" in checks["exo", "permissions"]["text"]
    assert checks["exo", "permissions"]["status"] == "warn"


def test_a_tenant_that_takes_photos_from_on_premises_only(company: Company) -> None:
    company.tenant.settings(source="onPremises")
    try:
        code, checks = examine(company)
    finally:
        company.tenant.settings(source="cloud")
    assert (code != 0, failed(checks)) == (True, [("exo", "photo source")])
    assert "exo_photo_update_settings" in checks["exo", "photo source"]["advice"]


@pytest.mark.variant
def test_a_clock_that_is_wrong(company: Company) -> None:
    company.tenant.clock_skew(200)
    try:
        code, checks = examine(company)
        assert (code, checks["exo", "clock"]["status"]) == (0, "warn")
        assert "behind" in checks["exo", "clock"]["text"]
        company.tenant.clock_skew(1000)
        code, checks = examine(company)
        assert (code != 0, failed(checks)) == (True, [("exo", "clock")])
    finally:
        company.tenant.clock_skew(0)


@pytest.mark.variant
def test_accounts_that_do_not_belong_together(company: Company) -> None:
    company.tenant.change_user("alice", immutable_id="AAAAAAAAAAAAAAAAAAAAAA==")
    company.tenant.change_user("dave", immutable_id=None)
    code, checks = examine(company)
    assert (code != 0, failed(checks)) == (True, [("both", "identities")])
    assert "alice@photos.test" in checks["both", "identities"]["text"]
    assert "bob@photos.test" not in checks["both", "identities"]["text"]


def test_a_photo_that_exchange_online_would_not_take_from_entra_id(company: Company) -> None:
    heavy = company.domain.photo("dora@photos.test")
    assert heavy is not None
    company.domain.set_photo("alice@photos.test", heavy)
    code, checks = examine(company)
    assert code == 0
    assert checks["ad", "limit of Entra ID"]["status"] == "warn"
    assert f"alice@photos.test ({len(heavy):,} bytes)" in checks["ad", "limit of Entra ID"]["text"]


@pytest.mark.variant
def test_a_receipts_file_that_is_no_receipts_file(company: Company) -> None:
    (company.folder / "receipts.sqlite").write_bytes(b"spoiled " * 1000)
    code, checks = examine(company, "-e", "doctor_receipts=receipts.sqlite")
    assert (code != 0, failed(checks)) == (True, [("machine", "receipts file")])
    company.only("alice@photos.test")
    company.play("sync", "-e", "sync_receipts=good.sqlite")
    code, checks = examine(company, "-e", "doctor_receipts=good.sqlite")
    assert (code, checks["machine", "receipts file"]["status"]) == (0, "ok")


def test_a_side_that_is_not_configured_or_not_asked_for_is_skipped(company: Company) -> None:
    code, checks = examine(company, HYBRID_PHOTOS_AD_SERVER="")
    assert (code, checks["ad", "connection"]["status"]) == (0, "skipped")
    assert "not configured" in checks["ad", "connection"]["text"]
    code, checks = examine(company, "-e", '{"doctor_targets": ["exo"]}')
    assert checks["ad", "connection"]["text"] == "not asked for"
    code, checks = examine(company, HYBRID_PHOTOS_AD_SERVER="", AZURE_CLIENT_SECRET="")
    assert code != 0, "nothing looked at is no good news"


def test_without_an_inventory_the_connections_are_looked_at(company: Company) -> None:
    arguments = ["-e", "doctor_report=doctor.json", "-e", '{"doctor_users": []}']
    done = subprocess.run(
        ["ansible-playbook", "hybrid.photos.doctor", *arguments],
        cwd=company.folder,
        env={**os.environ, "ANSIBLE_CONFIG": str(Path(__file__).resolve().parents[3] / "ansible.cfg")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    told = {(c["area"], c["name"]): c for c in json.loads((company.folder / "doctor.json").read_text())["checks"]}
    assert told["ad", "sign-in"]["status"] == "ok"
    assert told["exo", "users"]["text"].startswith("no users to check: doctor_users names nobody")
