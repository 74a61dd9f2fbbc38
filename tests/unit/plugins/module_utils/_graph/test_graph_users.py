# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identities to users: quoting, batching, ambiguity, hostile names."""

from __future__ import annotations

import base64
import json
import re
import typing as t
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.choice import Whom
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError, StoreError, Unresolved, User
from ansible_collections.hybrid.photos.plugins.module_utils._graph import lists
from ansible_collections.hybrid.photos.plugins.module_utils._graph.auth.access_token import claims
from ansible_collections.hybrid.photos.plugins.module_utils._graph.errors import parse
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http import batch
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.client import Client
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.transport import Reply
from ansible_collections.hybrid.photos.plugins.module_utils._graph.settings import parse_settings
from ansible_collections.hybrid.photos.plugins.module_utils._graph.users import Directory
from hypothesis import given
from hypothesis import strategies as st


class Tenant:
    """Answers $filter … in (…) as Graph does, strictly: what it cannot parse is a 400."""

    def __init__(self, *people: dict[str, t.Any]) -> None:
        self.people = list(people)
        self.filters: list[list[str]] = []
        self.poison: str | None = None
        self.knows = {"in", "eq", "list", "user"}
        self.requests = 0
        self.count: int | None = None
        self.page = 999

    def send(self, method: str, url: str, headers: t.Any, body: t.Any = None, **_: t.Any) -> Reply:
        self.requests += 1
        if method == "GET":
            status, answer = self.list(url, headers)
            return Reply(status, {"Content-Type": "application/json"}, json.dumps(answer).encode())
        responses = []
        for item in json.loads(body)["requests"]:
            status, answer = self.filter(item["url"])
            responses.append({"id": item["id"], "status": status, "body": answer})
        return Reply(200, {}, json.dumps({"responses": responses}).encode())

    reached = True

    def list(self, url: str, headers: dict[str, str]) -> tuple[int, t.Any]:
        query = parse_qs(urlsplit(url).query)
        if query.get("$count") == ["true"]:
            assert headers["ConsistencyLevel"] == "eventual"
            return 200, {"value": [], **({"@odata.count": self.count} if self.count is not None else {})}
        start = int(query.get("$skiptoken", ["0"])[0])
        answer: dict[str, t.Any] = {"value": self.people[start : start + self.page]}
        if start + self.page < len(self.people):
            answer["@odata.nextLink"] = f"https://graph.test/v1.0/users?$skiptoken={start + self.page}"
        return 200, answer

    def filter(self, url: str) -> tuple[int, t.Any]:
        assert re.fullmatch(r"[A-Za-z0-9/?$=&%,._~-]+", url), "a URL with characters that must be escaped"
        assert len(url) < 8000
        if not url.startswith("/users?"):
            return self.user(unquote(urlsplit(url).path.removeprefix("/users/"), errors="strict"))
        if "list" not in self.knows:
            return 404, {"error": {"code": "ResourceNotFound", "message": "Resource could not be discovered."}}
        query = parse_qs(urlsplit(url).query, strict_parsing=True, errors="strict")
        (text,) = query["$filter"]
        literal = "'(?:[^']|'')*'"
        found = re.fullmatch(rf"(\w+) (?:in \(({literal}(?:,{literal})*)\)|eq {literal})", text, re.S)
        if found is None or ("in" if found[2] else "eq") not in self.knows:
            return 400, {"error": {"code": "BadRequest", "message": "Invalid filter clause"}}
        values = [v.replace("''", "'") for v in re.findall(r"'((?:[^']|'')*)'", text, re.S)]
        if self.poison in values:
            return 400, {"error": {"code": "BadRequest", "message": "no"}}
        self.filters.append(values)
        wanted = {v.lower() for v in values}
        return 200, {"value": [p for p in self.people if str(p.get(found[1], "")).lower() in wanted]}

    def user(self, name: str) -> tuple[int, t.Any]:
        if name == self.poison or "user" not in self.knows:
            return 400, {"error": {"code": "BadRequest", "message": "no"}}
        for one in self.people:
            if name.lower() in (one["id"].lower(), str(one.get("userPrincipalName")).lower()):
                return 200, one
        return 404, {"error": {"code": "Request_ResourceNotFound", "message": f"Resource '{name}' does not exist"}}

    def close(self) -> None:
        pass


def person(n: int, upn: str, **more: t.Any) -> dict[str, t.Any]:
    return {"id": f"00000000-0000-4000-8000-{n:012x}", "userPrincipalName": upn, "displayName": f"U {n}", **more}


@pytest.fixture
def resolve(graph: t.Any) -> t.Callable[..., t.Any]:
    def call(tenant: Tenant, identities: list[str], match_by: str = "userPrincipalName") -> dict[str, t.Any]:
        graph.client._http = tenant
        return Directory(graph.client, match_by, graph.permissions).resolve(identities)

    return call


def test_fifteen_values_twenty_filters_one_request(resolve: t.Any) -> None:
    tenant = Tenant(*(person(n, f"u{n}@x.org") for n in range(300)))
    found = resolve(tenant, [f"U{n}@x.org" for n in range(300)])
    assert tenant.requests == 1
    assert {len(values) for values in tenant.filters} == {15}
    assert all(found[f"U{n}@x.org"].id.endswith(f"{n:012x}") for n in range(300))
    assert found["U7@x.org"] == User("U7@x.org", *[person(7, "")["id"]] * 2, "U 7", None, account="u7@x.org")


def test_the_department_is_asked_for_only_when_it_is_wanted(graph: t.Any) -> None:
    tenant = Tenant(person(1, "a@x", department=" Sales "), person(2, "b@x", department=None))
    graph.client._http = tenant
    found = Directory(graph.client, "userPrincipalName", graph.permissions, ("department",)).resolve(["a@x", "b@x"])
    assert [found[name].group for name in ("a@x", "b@x")] == ["Sales", None]
    assert Directory(graph.client, "id", graph.permissions)._select == (
        "id,userPrincipalName,displayName,onPremisesImmutableId"
    )


def test_a_quote_in_a_name_is_part_of_the_name(resolve: t.Any) -> None:
    tenant = Tenant(person(1, "o'brien@x"), person(2, "x"))
    tenant.knows = {"in", "list"}
    found = resolve(tenant, ["O'Brien@x", "nobody' or userPrincipalName eq 'x"])
    assert tenant.filters == [["O'Brien@x", "nobody' or userPrincipalName eq 'x"]]
    assert found["O'Brien@x"].id.endswith("1")
    assert isinstance(found["nobody' or userPrincipalName eq 'x"], Unresolved)


def test_none_and_several(resolve: t.Any) -> None:
    tenant = Tenant(person(1, "a@x", mail="both@x"), person(2, "b@x", mail="Both@x"), person(3, "c@x", mail="c@x"))
    found = resolve(tenant, ["BOTH@x", "c@x", "nobody@x"], "mail")
    assert "2 users" in found["BOTH@x"].reason
    assert found["c@x"].id.endswith("3")
    assert "'nobody@x'" in found["nobody@x"].reason


def test_two_spellings_of_one_identity_are_both_answered(resolve: t.Any) -> None:
    found = resolve(Tenant(person(1, "a@x")), ["A@x", "a@X"])
    assert [found["A@x"].identity, found["a@X"].identity] == ["A@x", "a@X"]
    assert found["A@x"].id == found["a@X"].id


def test_base64_is_matched_exactly(resolve: t.Any) -> None:
    tenant = Tenant(person(1, "a@x", onPremisesImmutableId="AbCd=="))
    found = resolve(tenant, ["abcd==", "AbCd=="], "onPremisesImmutableId")
    assert isinstance(found["abcd=="], Unresolved)
    assert found["AbCd=="].immutable_id == "AbCd=="


def test_ids_must_be_guids(resolve: t.Any) -> None:
    tenant = Tenant(person(1, "a@x"))
    found = resolve(tenant, ["00000000-0000-4000-8000-000000000001".upper(), "a@x", "1' or '1'='1"], "id")
    assert isinstance(found["00000000-0000-4000-8000-000000000001".upper()], User)
    assert "not an object id" in found["a@x"].reason
    assert [len(values) for values in tenant.filters] == [1]


@pytest.mark.parametrize("identity", ["", "  ", "a\nb@x", "a\x00@x", "a\u2028@x", "\ud800@x", "x" * 1001, "é" * 999])
def test_what_cannot_be_an_identity_is_never_sent(resolve: t.Any, identity: str) -> None:
    tenant = Tenant()
    found = resolve(tenant, [identity])
    assert isinstance(found[identity], Unresolved)
    assert tenant.requests == 0
    assert found[identity].reason.isprintable()


def test_a_value_that_graph_cannot_digest_spoils_no_other(resolve: t.Any) -> None:
    tenant = Tenant(*(person(n, f"u{n}@x.org") for n in range(30)))
    tenant.poison = "%%%"
    found = resolve(tenant, [f"u{n}@x.org" for n in range(30)] + ["%%%"])
    assert isinstance(found["%%%"], Unresolved)
    assert "400" in found["%%%"].reason
    assert all(isinstance(found[f"u{n}@x.org"], User) for n in range(30))


@pytest.mark.parametrize("knows", [{"eq", "list", "user"}, {"list", "user"}, {"user"}])
def test_a_service_that_knows_fewer_filters_is_asked_in_another_way(resolve: t.Any, knows: set[str]) -> None:
    tenant = Tenant(*(person(n, f"o'u{n}+#EXT#@x.org") for n in range(20)))
    tenant.knows = knows
    found = resolve(tenant, [*(f"o'U{n}+#EXT#@x.org" for n in range(20)), "nobody@x.org"])
    assert all(found[f"o'U{n}+#EXT#@x.org"].id.endswith(f"{n:012x}") for n in range(20))
    assert "no user of the tenant" in found["nobody@x.org"].reason


def test_a_space_at_the_end_of_a_name_is_shown(resolve: t.Any) -> None:
    found = resolve(Tenant(person(1, "grace@x.org")), ["grace@x.org ", "grace@x.org"])
    assert isinstance(found["grace@x.org"], User)
    assert found["grace@x.org "].reason == (
        "no user of the tenant has the userPrincipalName 'grace@x.org '; remove the space at its beginning or end"
    )


def test_a_service_that_knows_only_equality_finds_by_any_property(resolve: t.Any) -> None:
    tenant = Tenant(person(1, "a@x", mail="m@x"), person(2, "b@x", mail="n@x"))
    tenant.knows = {"eq", "list"}
    found = resolve(tenant, ["M@x", "n@x"], "mail")
    assert [found["M@x"].id[-1], found["n@x"].id[-1]] == ["1", "2"]


@pytest.mark.parametrize("name", ["../x@y", "a/photo@x", "x%2f@y", "..", "no name"])
def test_a_name_that_leads_elsewhere_is_never_part_of_a_path(resolve: t.Any, name: str) -> None:
    tenant = Tenant()
    tenant.knows = {"list"}
    assert "400" in resolve(tenant, [name])[name].reason
    assert tenant.requests == 2


def test_where_users_cannot_be_listed_or_named_the_address_is_doubted(resolve: t.Any) -> None:
    tenant = Tenant()
    tenant.knows = set()
    tenant.user = lambda _name: (404, {"error": {"code": "NotFound", "message": "no such page"}})  # type: ignore[method-assign]
    with pytest.raises(StoreError, match="graph_url"):
        resolve(tenant, ["a@x"])


def test_the_kelvin_sign_is_not_k(resolve: t.Any) -> None:
    # str.lower makes them one, and so would a directory that folds as generously.
    found = resolve(Tenant(person(1, "kate@x")), ["\u212aate@x", "KATE@x"])
    assert isinstance(found["\u212aate@x"], Unresolved)
    assert isinstance(found["KATE@x"], User)


def test_the_whole_list_when_that_is_cheaper(resolve: t.Any) -> None:
    tenant = Tenant(*(person(n, f"u{n}@x.org") for n in range(2500)))
    tenant.count = 2500
    found = resolve(tenant, [f"u{n}@x.org" for n in range(2400)] + ["new@x.org"])
    assert sum(isinstance(u, User) for u in found.values()) == 2400
    assert isinstance(found["new@x.org"], Unresolved)
    assert tenant.filters == [["new@x.org"]]
    assert tenant.requests == 1 + 3 + 1


@pytest.mark.parametrize("count", [100_000, None])
def test_filters_in_a_large_or_silent_tenant(resolve: t.Any, count: int | None) -> None:
    tenant = Tenant(*(person(n, f"u{n}@x.org") for n in range(900)))
    tenant.count = count
    found = resolve(tenant, [f"u{n}@x.org" for n in range(900)])
    assert sum(isinstance(u, User) for u in found.values()) == 900
    assert tenant.requests == 1 + 3


def test_missing_permission_names_it(graph: t.Any) -> None:
    graph.claims["roles"] = []
    graph.script.on(
        "GET /v1.0/users?$select=id,userPrincipalName,displayName,onPremisesImmutableId"
        "&$filter=userPrincipalName%20in%20%28%27a%40x%27%29",
        (403, {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges"}}),
    )
    with pytest.raises(StoreError, match=r"User\.Read\.All.*none"):
        Directory(graph.client, "userPrincipalName", graph.permissions).resolve(["a@x"])


LOOKUP = (
    "GET /v1.0/users?$select=id,userPrincipalName,displayName,onPremisesImmutableId"
    "&$filter=userPrincipalName%20in%20%28%27a%40x%27%29"
)


@pytest.mark.parametrize("answer", [(504, {"error": {"code": "UnknownError"}}), (429, None), (-1, None)])
def test_a_lookup_without_an_answer_says_nothing_of_the_user(graph: t.Any, answer: t.Any) -> None:
    graph.script.on(LOOKUP, answer)
    found = Directory(graph.client, "userPrincipalName", graph.permissions).resolve(["a@x"])["a@x"]
    assert isinstance(found, Unresolved)
    assert (found.no_answer, found.gone) == (True, False)


def test_a_lookup_that_finds_nobody_is_certain_of_it(graph: t.Any) -> None:
    graph.script.on(LOOKUP, (200, {"value": []}))
    found = Directory(graph.client, "userPrincipalName", graph.permissions).resolve(["a@x", " "])
    assert (found["a@x"].no_answer, found["a@x"].gone) == (False, True)
    assert (found[" "].no_answer, found[" "].gone) == (False, False)


def test_advice_names_what_its_reader_can_set(graph: t.Any) -> None:
    graph.script.on(LOOKUP, (200, {"value": []}))
    directory = Directory(graph.client, "userPrincipalName", graph.permissions, option="drift_exo_match_by")
    assert directory.resolve(["a@x"])["a@x"].reason.endswith("correct it, or choose another drift_exo_match_by")  # type: ignore[union-attr]
    by_id = Directory(graph.client, "id", graph.permissions, option="drift_exo_match_by")
    assert by_id.resolve(["a@x"])["a@x"].reason.endswith("correct it or choose another drift_exo_match_by")  # type: ignore[union-attr]


def test_a_next_link_to_another_server_is_not_followed(graph: t.Any) -> None:
    path = "GET /v1.0/users?$select=id,userPrincipalName,displayName,onPremisesImmutableId&$top=999"
    graph.script.on(path, (200, {"value": [], "@odata.nextLink": "https://evil.test/v1.0/users"}))
    with pytest.raises(StoreError, match="another server"):
        list(Directory(graph.client, "id", graph.permissions).everyone())


def test_everyone_has_a_name(resolve: t.Any, graph: t.Any) -> None:
    graph.client._http = Tenant(person(1, "a@x", mail="A.A@x"), person(2, "b@x", mail=None), person(3, "c@x"))
    graph.client._http.page = 2
    everyone = list(Directory(graph.client, "mail", graph.permissions).everyone())
    assert [u.identity for u in everyone] == ["A.A@x", "b@x", "c@x"]


@given(st.lists(st.text(max_size=40), max_size=40, unique=True), st.text(max_size=30))
def test_no_name_reaches_another_user_or_breaks_a_request(names: list[str], victim: str) -> None:
    from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.concurrency import AdaptiveLimit
    from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.retry import RetryPolicy
    from ansible_collections.hybrid.photos.plugins.module_utils._graph.permissions import Permissions

    tenant = Tenant(person(1, victim), person(2, "fixed@x"))
    tokens = type("Tokens", (), {"token": lambda _self: "t", "renew": lambda _self, _refused: None})()
    client = Client(
        t.cast(t.Any, tenant), "https://graph.test", tokens, limit=AdaptiveLimit(2), policy=RetryPolicy(max_attempts=1)
    )
    found = Directory(client, "userPrincipalName", Permissions(lambda: None)).resolve([*names, "fixed@x"])
    assert set(found) == {*names, "fixed@x"}
    assert found["fixed@x"].id.endswith("2") or victim.lower() == "fixed@x"
    for name in names:
        if isinstance(found[name], User) and found[name].id.endswith("1"):
            assert name.lower() == victim.lower()


LIST = "GET /v1.0/users?$select=id,userPrincipalName,displayName,onPremisesImmutableId&$top=999"
DEEP = b'{"value":' + b"[" * 200_000


@pytest.fixture(params=[True, False], ids=["always a new link", "the same link"])
def endless(graph: t.Any, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[t.Any]:
    """What each page of each list holds; every page leads to one more."""
    held: list[t.Any] = []
    asked = 0

    def send(*_arguments: t.Any, **_options: t.Any) -> Reply:
        nonlocal asked
        asked += 1
        assert asked < 1000
        link = f"https://graph.test/v1.0/users?$skiptoken={asked if request.param else 'x'}"
        return Reply(200, {}, json.dumps({"value": held, "@odata.nextLink": link}).encode())

    monkeypatch.setattr(graph.client._http, "send", send)
    return held


@pytest.mark.parametrize("people", [[person(1, "a@x")], []], ids=["users", "empty pages"])
def test_a_list_without_an_end_is_given_up(
    graph: t.Any, endless: list[t.Any], people: list[t.Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "_MOST_PAGES", 300)
    endless += people
    with pytest.raises(StoreError, match="has no end"):
        list(Directory(graph.client, "id", graph.permissions).everyone())


@pytest.mark.usefixtures("endless")
def test_a_look_for_a_group_without_an_end_is_given_up(graph: t.Any) -> None:
    with pytest.raises(StoreError, match="list of groups has no end"):
        list(Directory(graph.client, "id", graph.permissions).everyone(Whom(group="Office")))


def test_a_list_by_filter_that_breaks_off_gives_nobody_twice(graph: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def send(_method: str, url: str, *_arguments: t.Any, **_options: t.Any) -> Reply:
        if "skiptoken" in url:
            return Reply(400, {}, b'{"error":{"code":"Directory_ExpiredPageToken","message":"The token is expired."}}')
        link = "https://graph.test/v1.0/users?$skiptoken=x"
        return Reply(200, {}, json.dumps({"value": [person(1, "a@x")], "@odata.nextLink": link}).encode())

    monkeypatch.setattr(graph.client._http, "send", send)
    found = []
    with pytest.raises(PhotoError, match="Directory_ExpiredPageToken"):
        for user in Directory(graph.client, "id", graph.permissions).everyone(Whom(filter="accountEnabled eq true")):
            found.append(user.id)
    assert len(found) == 1


@pytest.mark.parametrize("fresh", [True, False], ids=["always a new link", "the same link"])
def test_one_answer_without_an_end_spoils_no_other_user(graph: t.Any, fresh: bool) -> None:
    class Endless(Tenant):
        def filter(self, url: str) -> tuple[int, t.Any]:
            self.requests += 1
            assert self.requests < 1000
            if "skiptoken" not in url and "user0%40x" not in url:
                return super().filter(url)
            link = f"https://graph.test/v1.0/users?$skiptoken={self.requests if fresh else 'x'}"
            return 200, {"value": [], "@odata.nextLink": link}

    graph.client._http = Endless(*(person(n, f"user{n}@x") for n in range(40)))
    names = [f"user{n}@x" for n in range(40)]
    found = Directory(graph.client, "userPrincipalName", graph.permissions).resolve(names)
    assert "has no end" in t.cast(Unresolved, found["user0@x"]).reason
    assert all(isinstance(found[f"user{n}@x"], User) for n in range(15, 40))


def test_a_list_that_is_nested_without_an_end_is_one_message(graph: t.Any) -> None:
    graph.script.on(LIST, (200, DEEP))
    with pytest.raises(StoreError, match="could not be read"):
        list(Directory(graph.client, "id", graph.permissions).everyone())


def test_nested_answers_are_no_traceback_anywhere() -> None:
    json_type = {"Content-Type": "application/json"}
    assert batch.single(Reply(200, json_type, DEEP)).status == 0
    assert batch.single(Reply(500, json_type, DEEP)).error().kind == "other"
    assert batch.unpack(Reply(200, json_type, DEEP), 2)[1].status == 0
    assert parse(500, DEEP).kind == "other"
    with pytest.raises(StoreError, match="could not be read"):
        parse_settings(DEEP)
    token = "x." + base64.urlsafe_b64encode(DEEP).decode() + ".x"
    assert claims(token) is None
