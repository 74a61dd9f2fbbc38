# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties that Graph wants to be asked for in another way: on-premises names, and lists of addresses."""

from __future__ import annotations

import json
import typing as t
from urllib.parse import parse_qs, urlsplit

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Unresolved, User
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.transport import Reply
from ansible_collections.hybrid.photos.plugins.module_utils._graph.users import Directory

ID = "00000000-0000-4000-8000-{:012x}"
ALICE = {
    "id": ID.format(1),
    "userPrincipalName": "alice.smith@example.com",
    "displayName": "Alice Smith",
    "onPremisesSamAccountName": "alice",
    "onPremisesUserPrincipalName": "alice@corp.local",
    "proxyAddresses": ["smtp:asmith@example.com", "SMTP:alice.smith@example.com", "X500:/o=x"],
}
BOB = {
    "id": ID.format(2),
    "userPrincipalName": "bob@example.com",
    "onPremisesSamAccountName": "bob",
    "proxyAddresses": ["SMTP:bob@example.com", "smtp:asmith@example.com"],
}


class Recorder:
    """Answers every question with the same people, a page each, and keeps what was asked, and with which headers."""

    reached = True

    def __init__(self, *people: dict[str, t.Any], pages: bool = False) -> None:
        self.people = people
        self.pages = pages
        self.asked: list[tuple[dict[str, str], dict[str, str]]] = []

    def send(self, method: str, url: str, headers: t.Mapping[str, str], body: t.Any = None, **_: t.Any) -> Reply:
        if method == "GET":
            return Reply(200, {"Content-Type": "application/json"}, json.dumps(self.answer(url, headers)).encode())
        answers = [
            {"id": item["id"], "status": 200, "body": self.answer(item["url"], item.get("headers", {}))}
            for item in json.loads(body)["requests"]
        ]
        return Reply(200, {}, json.dumps({"responses": answers}).encode())

    def answer(self, url: str, headers: t.Mapping[str, str]) -> dict[str, t.Any]:
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        self.asked.append((query, dict(headers)))
        if not self.pages:
            return {"value": self.people}
        at = int(query.get("$skiptoken", "0"))
        more = {"@odata.nextLink": f"https://graph.test/v1.0/users?$count=true&$skiptoken={at + 1}"}
        return {"value": [self.people[at]], **(more if at + 1 < len(self.people) else {})}

    def close(self) -> None:
        pass


@pytest.fixture
def directory(graph: t.Any) -> t.Callable[..., Directory]:
    def made(recorder: Recorder, match_by: str) -> Directory:
        graph.client._http = recorder
        return Directory(graph.client, match_by, graph.permissions)

    return made


@pytest.mark.parametrize("match_by", ["onPremisesSamAccountName", "onPremisesUserPrincipalName"])
def test_names_from_on_premises_are_asked_for_with_count_and_eventual_consistency(
    match_by: str, directory: t.Callable[..., Directory]
) -> None:
    recorder = Recorder(ALICE, BOB, pages=True)
    (answer,) = directory(recorder, match_by).resolve([str(ALICE[match_by]).upper()]).values()
    assert isinstance(answer, User)
    assert (answer.id, answer.account) == (ALICE["id"], "alice.smith@example.com")
    assert len(recorder.asked) == 2  # the second page is asked for in the same way
    for query, headers in recorder.asked:
        assert query["$count"] == "true"
        assert headers["ConsistencyLevel"] == "eventual"


@pytest.mark.parametrize("match_by", ["userPrincipalName", "employeeId", "mail"])
def test_nothing_else_is_asked_of_an_index_that_lags_behind(
    match_by: str, directory: t.Callable[..., Directory]
) -> None:
    recorder = Recorder()
    directory(recorder, match_by).resolve(["x"])
    ((query, headers),) = recorder.asked
    assert "$count" not in query
    assert "ConsistencyLevel" not in headers


def test_any_address_finds_the_user(directory: t.Callable[..., Directory]) -> None:
    recorder = Recorder(ALICE)
    answers = directory(recorder, "proxyAddresses").resolve(["ALICE.smith@example.com", "x500:/o=X", "o'x@example.com"])
    ((query, _headers),) = recorder.asked
    assert query["$filter"] == (
        "proxyAddresses/any(p:p eq 'smtp:ALICE.smith@example.com') or proxyAddresses/any(p:p eq 'x500:/o=X') or "
        "proxyAddresses/any(p:p eq 'smtp:o''x@example.com')"
    )
    assert [isinstance(answer, User) for answer in answers.values()] == [True, True, False]


def test_an_address_of_two_users_is_nobody(directory: t.Callable[..., Directory]) -> None:
    (answer,) = directory(Recorder(ALICE, BOB), "proxyAddresses").resolve(["asmith@example.com"]).values()
    assert isinstance(answer, Unresolved)
    assert "'asmith@example.com' is the proxyAddresses of 2 users" in answer.reason


def test_everybody_goes_by_the_primary_address(directory: t.Callable[..., Directory]) -> None:
    everyone = directory(Recorder(ALICE, BOB), "proxyAddresses").everyone()
    assert [user.identity for user in everyone] == ["alice.smith@example.com", "bob@example.com"]


def test_an_address_without_text_is_refused(directory: t.Callable[..., Directory]) -> None:
    recorder = Recorder()
    (answer,) = directory(recorder, "proxyAddresses").resolve(["smtp:"]).values()
    assert isinstance(answer, Unresolved)
    assert "empty" in answer.reason
    assert recorder.asked == []
