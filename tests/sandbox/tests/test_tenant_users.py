# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users of the sandbox tenant: keys, filters, pages and permissions."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tenant import testing
from tenant.testing import Running, person

PEOPLE = [
    person(1, "ann@example.com", employee_id="E1", immutable_id="AbC==", given_name="Ann", surname="Lee"),
    person(2, "pat.o'neil+x@example.com", mail="Pat@mail.example", employee_id="E2", immutable_id="abc=="),
    person(3, "guest_other.example#EXT#@example.com", mail="guest@other.example", user_type="Guest"),
    person(4, "on-prem@ad.example", cloud_upn="Zoë@example.com", mail="twin@example.com"),
    person(5, "twin2@example.com", mail="twin@example.com",
           proxy_addresses=["SMTP:twin@example.com", "smtp:old@example.com"]),
    person(6, "gone@example.com", in_cloud=False),
    person(7, "100% a/b@example.com", mail=None),
]  # fmt: skip


@pytest.fixture(scope="module", name="tenant")
def _tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with testing.running(tmp_path_factory.mktemp("tenant"), PEOPLE) as tenant:
        tenant.control.generate_users(45, prefix="many")
        yield tenant


def ask(tenant: Running, text: str, **options: str) -> requests.Response:
    query = "&".join(f"${name}={quote(value, safe='')}" for name, value in {"filter": text, **options}.items())
    return tenant.get(f"/users?{query}")


def found(tenant: Running, text: str) -> list[str]:
    answer = ask(tenant, text)
    assert answer.status_code == 200, answer.text
    return [user["userPrincipalName"] for user in answer.json()["value"]]


@pytest.mark.parametrize("upn", [entry["upn"] for entry in PEOPLE if entry["in_cloud"] and "cloud_upn" not in entry])
def test_a_user_by_upn_and_id(tenant: Running, upn: str) -> None:
    user = tenant.get(f"/users/{quote(upn, safe='')}").json()
    assert user["userPrincipalName"] == upn
    assert tenant.get(f"/users/{user['id'].upper()}").json()["userPrincipalName"] == upn
    assert tenant.get(f"/users/{quote(upn.upper(), safe='')}").json()["id"] == user["id"]


def test_a_path_is_decoded_once(tenant: Running) -> None:
    assert tenant.get("/users/pat.o'neil+x@example.com").status_code == 200
    assert tenant.get("/users/pat.o%27neil%2Bx@example.com").status_code == 200
    assert tenant.get("/users/pat.o%2527neil+x@example.com").status_code == 404
    assert tenant.get("/users/Zo%C3%AB@example.com").status_code == 200
    # An encoded slash belongs to the name, a bare one ends it.
    assert tenant.get("/users/100%25%20a%2Fb@example.com").status_code == 200
    assert tenant.get("/users/100%25%20a/b@example.com").status_code == 400


HOSTILE = [
    "line\nfeed@x.example", "\N{FACE WITH TEARS OF JOY}@x.example", "x" * 300 + "@x.example", "%2F@x.example",
    "a/b@x.example", "'", "''", "(a)(*)@x.example", "back\\slash@x.example", "a?b@x.example", "a#b&c=d@x.example",
    "a b+c@x.example", "$value", "\0@x.example", "\u00df@x.example", '"quoted"@x.example',
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=repr)
def test_hostile_names_mean_one_user(tenant: Running, name: str) -> None:
    user = tenant.control.add_user(name)["id"]
    path = f"/users/{quote(name, safe='')}?$select=id"
    clause = "userPrincipalName eq '" + name.replace("'", "''") + "'"
    query = f"/users?$select=id&$filter={quote(clause, safe='')}"
    assert tenant.get(path).json()["id"] == user
    assert tenant.get(query).json()["value"] == [{"id": user}]
    items = [{"id": name, "method": "GET", "url": url} for name, url in (("path", path), ("query", query))]
    answers = tenant.responses(items)
    assert answers["path"]["body"]["id"] == user
    assert answers["query"]["body"]["value"] == [{"id": user}]
    tenant.control.delete_user(user)


def test_who_is_not_there(tenant: Running) -> None:
    for name in ("gone@example.com", "on-prem@ad.example", "Pat@mail.example", "00000000-0000-4000-8000-000000000006"):
        answer = tenant.get(f"/users/{name}")
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "Request_ResourceNotFound"


def test_selected_properties_only(tenant: Running) -> None:
    plain = tenant.get("/users/ann@example.com").json()
    assert set(plain) == {
        "@odata.context", "businessPhones", "displayName", "givenName", "id", "jobTitle", "mail", "mobilePhone",
        "officeLocation", "preferredLanguage", "surname", "userPrincipalName",
    }  # fmt: skip
    chosen = tenant.get("/users/ann@example.com?$select=id,employeeId,onPremisesImmutableId,proxyAddresses").json()
    del chosen["@odata.context"]
    assert chosen == {
        "id": "00000000-0000-4000-8000-000000000001",
        "employeeId": "E1",
        "onPremisesImmutableId": "AbC==",
        "proxyAddresses": ["SMTP:ann@example.com"],
    }
    assert tenant.get("/users/ann@example.com?$select=id,colour").status_code == 400
    listed = tenant.get("/users?$select=id&$top=1").json()["value"]
    assert listed == [{"id": "00000000-0000-4000-8000-000000000001"}]


def test_filters(tenant: Running) -> None:
    pat = "pat.o'neil+x@example.com"
    assert found(tenant, "userPrincipalName eq 'PAT.O''NEIL+x@example.com'") == [pat]
    assert found(tenant, "mail eq 'pat@mail.example'") == [pat]
    assert found(tenant, "employeeId in ('E2', 'E1', 'nobody')") == ["ann@example.com", pat]
    assert found(tenant, "onPremisesImmutableId eq 'AbC=='") == ["ann@example.com"]
    assert found(tenant, "id eq '00000000-0000-4000-8000-000000000002'") == [pat]
    assert found(tenant, "mail eq 'twin@example.com'") == ["Zoë@example.com", "twin2@example.com"]
    assert found(tenant, "proxyAddresses/any(p:p eq 'smtp:old@example.com')") == ["twin2@example.com"]
    assert found(tenant, "mail eq 'a' or (employeeId eq 'E1' and surname eq 'Lee')") == ["ann@example.com"]
    assert found(tenant, "displayName eq 'x'') or (1 eq 1'") == []


@pytest.mark.parametrize("name", ["onPremisesSamAccountName", "onPremisesUserPrincipalName"])
def test_filters_that_need_the_advanced_query(tenant: Running, name: str) -> None:
    upn, sam = f"{name}@example.com".lower(), f"sam-{name}"
    tenant.control.add_user(upn, sam=sam, immutable_id=name)
    value = sam if name == "onPremisesSamAccountName" else upn
    path = "/users?$filter=" + quote(f"{name} eq '{value}'", safe="")
    eventual = {"ConsistencyLevel": "eventual"}
    for query, headers in ((path, {}), (path, eventual), (path + "&$count=true", {})):
        answer = tenant.get(query, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "Request_UnsupportedQuery")
    found_there = tenant.get(path + "&$count=true", headers=eventual).json()
    assert [user["userPrincipalName"] for user in found_there["value"]] == [upn]
    assert found_there["@odata.count"] == 1
    tenant.control.delete_user(upn)


def test_fifteen_clauses_and_no_more(tenant: Running) -> None:
    def names(count: int) -> list[str]:
        return [f"many{number:06d}@bench.example" for number in range(1, count + 1)]

    for build in (
        lambda values: f"userPrincipalName in ({','.join(values)})",
        lambda values: " or ".join(f"mail eq {value}" for value in values),
    ):
        assert len(found(tenant, build([f"'{name}'" for name in names(15)]))) == 15
        assert ask(tenant, build([f"'{name}'" for name in names(16)])).status_code == 400


@pytest.mark.parametrize(
    "text",
    [
        "userPrincipalName eq 'o'neil'", "mail eq \"x\"", "mail eq", "", "mail eq 'a' or", "mail in ()",
        "colour eq 'x'", "mail = 'x'", "(mail eq 'x'", "mail eq 'x')", "mail eq 'x' extra",
    ],
)  # fmt: skip
def test_broken_filters(tenant: Running, text: str) -> None:
    answer = ask(tenant, text)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "BadRequest"


@pytest.mark.parametrize(
    "text", ["startswith(surname,'smith')", "mail ne 'x'", "endswith(mail,'x')", "not mail eq 'x'"]
)
def test_unsupported_filters(tenant: Running, text: str) -> None:
    answer = ask(tenant, text)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "Request_UnsupportedQuery"


def test_a_plus_in_a_query_is_a_blank(tenant: Running) -> None:
    assert tenant.get("/users?$filter=mail+eq+'pat@mail.example'").json()["value"] != []
    assert tenant.get("/users?$filter=userPrincipalName eq 'pat.o''neil+x@example.com'").json()["value"] == []


def pages(tenant: Running, path: str) -> list[list[str]]:
    result = []
    url = f"{tenant.url}/v1.0{path}"
    while url:
        body = tenant.session.get(url, headers={"Authorization": f"Bearer {tenant.token()}"}).json()
        result.append([user["userPrincipalName"] for user in body["value"]])
        url = body.get("@odata.nextLink", "")
    return result


def flat(lists: list[list[str]]) -> list[str]:
    return [entry for entries in lists for entry in entries]


def test_paging(tenant: Running) -> None:
    everybody = [user["upn"] for user in tenant.control.users()]
    assert len(everybody) == 51
    got = pages(tenant, "/users?$top=20&$select=userPrincipalName")
    assert [len(page) for page in got] == [20, 20, 11]
    assert flat(got) == everybody
    assert pages(tenant, "/users?$top=999") == [everybody]
    for top in ("0", "1000", "-1", "x", ""):
        assert tenant.get(f"/users?$top={top}").status_code == 400
    assert tenant.get("/users?$skiptoken=abc").status_code == 400
    tenant.control.service(empty_pages=True)
    try:
        got = pages(tenant, "/users?$top=30")
        assert [len(page) for page in got] == [0, 30, 21]
    finally:
        tenant.control.service(empty_pages=False)


def test_paging_while_users_come_and_go(tenant: Running) -> None:
    everybody = [user["upn"] for user in tenant.control.users()]
    first = tenant.get("/users?$top=20&$select=userPrincipalName").json()
    # One of the page that was read leaves: a page counted by position would now skip somebody.
    tenant.control.delete_user("many000001@bench.example")
    rest = flat(pages(tenant, first["@odata.nextLink"].split("/v1.0")[1]))
    assert rest == everybody[20:]
    tenant.control.add_user("many000001@bench.example")


@pytest.mark.parametrize("option", ["$search=x", "$orderby=mail", "$expand=manager", "$skip=3"])
def test_other_options_are_refused(tenant: Running, option: str) -> None:
    assert tenant.get(f"/users?{option}").status_code == 400


def test_count_wants_its_header(tenant: Running) -> None:
    assert "@odata.count" not in tenant.get("/users?$count=true").json()
    body = tenant.get("/users?$count=true&$top=1", headers={"ConsistencyLevel": "eventual"}).json()
    assert body["@odata.count"] == len(tenant.control.users())


def test_permissions(tenant: Running) -> None:
    for path in ("/users", "/users/ann@example.com"):
        assert tenant.get(path, roles=("User.Read.All",)).status_code == 200
        answer = tenant.get(path, roles=("ProfilePhoto.ReadWrite.All",))
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "Authorization_RequestDenied"
    assert tenant.call("POST", "/users", json={}).status_code == 405


def test_rename_and_delete(tenant: Running) -> None:
    tenant.control.add_user("before@example.com", key="mover")
    tenant.control.change_user("mover", upn="after@example.com", employee_id="E77")
    assert tenant.get("/users/before@example.com").status_code == 404
    assert tenant.get("/users/after@example.com").status_code == 200
    assert found(tenant, "employeeId eq 'E77'") == ["after@example.com"]
    tenant.control.delete_user("mover")
    assert tenant.get("/users/after@example.com").status_code == 404


@pytest.fixture(scope="module", name="office")
def _office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    people = [
        person(1, "ann@example.com", department="Sales", job_title="Boss", surname="Smith"),
        person(2, "bob@example.com", department="sales", account_enabled=False, surname="Smythe"),
        person(3, "cy@other.example", department="IT", job_title="Boss"),
        person(4, "di@example.com"),
    ]
    with testing.running(tmp_path_factory.mktemp("office"), people) as tenant:
        inner = tenant.control.add_group("Inner", ["bob", "cy"])["id"]
        outer = tenant.control.add_group("Outer", ["ann", inner], mail="outer@example.com")["id"]
        tenant.control.add_group("Ring", [outer, "di", "ring"], id="ring")
        yield tenant


EVENTUAL = {"headers": {"ConsistencyLevel": "eventual"}}


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("department eq 'Sales'", "ann bob"),
        ("department eq 'SALES' and accountEnabled eq true", "ann"),
        ("department in ('IT','Sales')", "ann bob cy"),
        ("department eq null", "di"),
        ("startswith(userPrincipalName,'A') or startswith(displayName, 'cy')", "ann cy"),
        ("(jobTitle eq 'Boss' or accountEnabled eq false) and department eq 'sales'", "ann bob"),
        ("jobTitle ge 'b' and jobTitle le 'c'", "ann cy"),
    ],
)
def test_filters_of_every_day(office: Running, text: str, keys: str) -> None:
    assert [upn.partition("@")[0] for upn in found(office, text)] == keys.split()


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("department ne 'Sales'", "cy di"),
        ("not(startswith(mail,'a'))", "bob cy di"),
        ("endswith(mail,'@other.example')", "cy"),
        ("startswith(surname,'smi')", "ann"),
        ("accountEnabled ne true", "bob"),
    ],
)
def test_filters_that_the_index_alone_answers(office: Running, text: str, keys: str) -> None:
    assert ask(office, text).json()["error"]["code"] == "Request_UnsupportedQuery"
    query = f"/users?$count=true&$filter={quote(text, safe='')}"
    assert office.get(query).status_code == 400
    answer = office.get(query, **EVENTUAL)
    assert [user["userPrincipalName"].partition("@")[0] for user in answer.json()["value"]] == keys.split()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("department", "BadRequest"),
        ("department eq", "BadRequest"),
        ("department eq 'Sales", "BadRequest"),
        ("department eq Sales", "BadRequest"),
        ("department eq 'a' and", "BadRequest"),
        ("(department eq 'a'", "BadRequest"),
        ("department = 'a'", "BadRequest"),
        ("departmant eq 'a'", "BadRequest"),
        ("accountEnabled eq 'true'", "BadRequest"),
        ("department eq true", "BadRequest"),
        ("department like 'a'", "BadRequest"),
        ("startswith(department,'a')", "Request_UnsupportedQuery"),
        ("contains(displayName,'a')", "Request_UnsupportedQuery"),
        ("startswith(accountEnabled,'t')", "Request_UnsupportedQuery"),
    ],
)
def test_what_is_no_filter_is_refused_also_by_the_index(office: Running, text: str, code: str) -> None:
    for answer in (ask(office, text), office.get(f"/users?$count=true&$filter={quote(text, safe='')}", **EVENTUAL)):
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, code), answer.text


def test_a_group_is_found_by_its_names_and_lists_the_users_of_the_groups_in_it_once(office: Running) -> None:
    def groups(text: str) -> list[str]:
        rows = office.get(f"/groups?$select=displayName&$filter={quote(text, safe='')}").json()["value"]
        return [row["displayName"] for row in rows]

    assert groups("mail eq 'Outer@example.com' or displayName eq 'x'") == ["Outer"]
    assert groups("id eq 'ring'") == ["Ring"]
    assert office.get("/groups?$filter=members").json()["error"]["code"] == "BadRequest"
    path = "/groups/ring/transitiveMembers/microsoft.graph.user?$select=id&$top=2&$count=true"
    first = office.get(path, **EVENTUAL).json()
    assert (first["@odata.count"], len(first["value"])) == (4, 2)
    rest = office.get(first["@odata.nextLink"].partition("/v1.0")[2], **EVENTUAL).json()
    assert len(rest["value"]) == 2 and "@odata.nextLink" not in rest
    assert office.get("/groups/none/transitiveMembers/microsoft.graph.user").status_code == 404
    denied = office.get("/groups", roles=("User.Read.All",))
    assert (denied.status_code, denied.json()["error"]["code"]) == (403, "Authorization_RequestDenied")
