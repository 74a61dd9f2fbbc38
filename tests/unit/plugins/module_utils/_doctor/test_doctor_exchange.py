# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor's checks of Exchange Server, on a server that says what it is told to say."""

from __future__ import annotations

import http.server
import threading
import time
import typing as t
from dataclasses import replace

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import User
from ansible_collections.hybrid.photos.plugins.module_utils._doctor import diagnosis
from ansible_collections.hybrid.photos.plugins.module_utils._doctor.answer import answer
from ansible_collections.hybrid.photos.plugins.module_utils._doctor.exchange import OnPremises
from ansible_collections.hybrid.photos.plugins.module_utils._doctor.model import Check
from ansible_collections.hybrid.photos.plugins.module_utils._exchange import endpoint
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.errors import ExchangeError
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.options import ExchangeOptions
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._exchange.scripted_exchange import (
    NO_CMDLET,
    ScriptedSession,
    store_over,
)

OPTIONS = ExchangeOptions(
    "ex1.corp.example.com", username="svc@CORP.EXAMPLE.COM", password="pass-of-the-test", timeout=5
)
FINE = endpoint.Endpoint(401, "Negotiate", 0.0, None)


class Organization:
    """Two mailboxes on-premises, one in the cloud."""

    def __init__(self) -> None:
        self.session = ScriptedSession()
        self.alice = self.session.add("alice@example.com")
        self.bob = self.session.add("bob@example.com")
        self.session.add("cleo@example.com", "RemoteUserMailbox")
        self.session.photos[self.alice] = b"alice's own photo"
        self.users = ["alice@example.com", "bob@example.com", "cleo@example.com"]

    def __call__(
        self, options: ExchangeOptions = OPTIONS, seen: endpoint.Endpoint = FINE, **more: t.Any
    ) -> dict[str, Check]:
        doctor = OnPremises(
            options,
            self.users,
            open_store=lambda _options, match_by: store_over(self.session, match_by),
            look=lambda _options: seen,
            **more,
        )
        return {check.name: check for check in doctor.checks() if check.area == "exchange"}


@pytest.fixture
def organization() -> Organization:
    return Organization()


def bad(checks: dict[str, Check]) -> dict[str, str]:
    return {name: check.status for name, check in checks.items() if check.status != "ok"}


def test_a_server_in_order_and_nothing_is_written(organization: Organization) -> None:
    before = dict(organization.session.photos)
    checks = organization()
    assert bad(checks) == {}
    assert "2 of 3 users have the mailbox here, 1 in the cloud" in checks["mailboxes"].text
    assert "2 users that were checked" in checks["right to write"].text
    assert organization.session.photos == before
    assert b"alice's own photo" in organization.session.tried, "what a user has is what is tried with"
    assert not organization.session.records


def test_a_server_that_is_not_configured_is_skipped() -> None:
    [check] = OnPremises(ExchangeOptions(), []).checks()
    assert (check.area, check.status) == ("exchange", "skipped")


@pytest.mark.parametrize(
    ("options", "seen", "name", "status", "says"),
    [
        (replace(OPTIONS, username="svc"), FINE, "options", "fail", "name@EXAMPLE.COM"),
        (OPTIONS, FINE._replace(offers="NTLM"), "endpoint", "fail", "offers NTLM and not Kerberos"),
        (OPTIONS, FINE._replace(status=404, offers=""), "endpoint", "fail", "no Exchange remote PowerShell (HTTP 404)"),
        (OPTIONS, FINE._replace(status=403, offers=""), "endpoint", "fail", "tls_mode https"),
        (
            replace(OPTIONS, auth_protocol="basic", tls_mode="https"),
            FINE._replace(certificate_end=time.time() + 9e7),
            "endpoint",
            "fail",
            "not Basic",
        ),
        (OPTIONS, FINE._replace(skew=400.0), "clock", "fail", "five minutes"),
        (
            replace(OPTIONS, tls_mode="https"),
            FINE._replace(certificate_end=time.time() + 9 * 86400),
            "certificate",
            "warn",
            "9 more days",
        ),
        (replace(OPTIONS, tls_mode="https"), FINE, "certificate", "warn", "is not checked"),
    ],
)
def test_the_way_to_the_server(
    organization: Organization, options: ExchangeOptions, seen: endpoint.Endpoint, name: str, status: str, says: str
) -> None:
    check = organization(options, seen)[name]
    assert check.status == status
    assert says in check.text


def test_a_refused_sign_in_is_the_reason_and_the_rest_is_skipped(organization: Organization) -> None:
    organization.session.opens.append(ExchangeError("http://ex1: cannot sign in: the password is wrong"))
    checks = organization()
    assert "the password is wrong" in checks["sign-in"].text
    assert checks["users"].status == checks["right to write"].status == "skipped"


@pytest.mark.parametrize(
    ("cmdlet", "writes", "status"),
    [
        ("Get-UserPhoto", False, "fail"),
        ("Set-UserPhoto", True, "fail"),
        ("Remove-UserPhoto", True, "fail"),
        ("Get-ManagementRoleEntry", False, "warn"),
    ],
)
def test_the_management_role(organization: Organization, cmdlet: str, writes: bool, status: str) -> None:
    organization.session.events[cmdlet].append(NO_CMDLET)
    check = organization(writes=writes)["management role"]
    assert check.status == status
    if status == "fail":
        assert f"does not have {cmdlet}" in check.text
        assert "safety page" in check.advice
    else:
        assert "may also write photos" in check.text


def test_an_account_that_may_do_more_than_photos(organization: Organization) -> None:
    organization.session.roles = ["Mail Recipients", "User Options"]
    check = organization()["management role"]
    assert (check.status, "Mail Recipients, User Options" in check.text) == ("warn", True)


@pytest.mark.parametrize(
    ("policies", "status"), [([], "ok"), (["18"], "ok"), (["Unlimited", "2"], "warn"), (["Unlimited"], "ok")]
)
def test_the_throttling_policy(organization: Organization, policies: list[str], status: str) -> None:
    organization.session.policies = policies
    check = organization()["throttling policy"]
    assert check.status == status
    assert ("concurrency to 2" in check.advice) is (status == "warn")


def test_users_who_are_nowhere_and_mailboxes_outside_of_the_scope(organization: Organization) -> None:
    organization.users.append("nobody@example.com")
    organization.session.out_of_scope = {organization.bob}
    checks = organization()
    assert bad(checks) == {"users": "fail", "right to write": "fail"}
    assert "bob@example.com" in checks["right to write"].text
    checks = organization(writes=False)
    assert bad(checks) == {"management role": "warn", "users": "warn", "right to write": "skipped"}


def test_people_are_found_by_way_of_active_directory(organization: Organization) -> None:
    organization.users = ["10234"]
    people = {"target": "ad", "users": [{"user": "10234", "id": organization.alice}]}
    assert bad(organization(match_by="employeeID", people=people)) == {}
    assert "match_by employeeID needs people" in organization(match_by="employeeID")["users"].text


def test_the_table_has_exchange_server_where_it_is_a_target_and_nowhere_else() -> None:
    guid = "11111111-1111-1111-1111-111111111111"
    alice = User("alice", guid, guid, "alice", "x", "on_premises")
    away = Check("mailboxes", "warn", "1 of 1 user has the mailbox on-premises", "leave out", "ad")
    both = [
        answer("ad", [away], {"alice": alice}, {}),
        answer("exchange", [Check("sign-in", "ok", "in", area="exchange")], {"alice": alice}, {}),
    ]
    told = diagnosis.diagnosis({"results": both, "targets": ["ad", "exchange"]})
    assert "Exchange Server" in told["lines"]
    assert told["counts"] == {"ok": 3, "warn": 0, "fail": 0, "skipped": 1}, "the mailbox on-premises is no warning then"
    both[1]["users"][0]["id"] = "22222222-2222-2222-2222-222222222222"
    assert not diagnosis.diagnosis({"results": both, "targets": ["ad", "exchange"]})["ok"]
    told = diagnosis.diagnosis({"results": both[:1], "targets": ["ad"]})
    assert "Exchange Server" not in told["lines"]
    assert told["counts"]["warn"] == 1


# -- the endpoint ------------------------------------------------------------------------------------------------------


def test_an_endpoint_says_how_to_sign_in_and_what_time_it_is() -> None:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/PowerShell/"
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Negotiate")
            self.send_header("WWW-Authenticate", "NTLM")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            return

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        seen = endpoint.look(replace(OPTIONS, server="localhost", port=server.server_port))
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert (seen.status, seen.offers, seen.certificate_end) == (401, "Negotiate, NTLM", None)
    assert abs(seen.skew or 9) < 5
    with pytest.raises(ExchangeError, match="no connection"):
        endpoint.look(replace(OPTIONS, server="localhost", port=server.server_port))
    with pytest.raises(ExchangeError, match="not known to DNS"):
        endpoint.look(replace(OPTIONS, server="no-such-host.invalid"))
