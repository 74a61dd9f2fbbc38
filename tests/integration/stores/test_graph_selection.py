# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a filter and a group leave: the tenant's answers, and what a person reads when it refuses."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.choice import Whom
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._export.export import export
from ansible_collections.hybrid.photos.plugins.module_utils._graph.options import GraphOptions
from ansible_collections.hybrid.photos.plugins.module_utils._graph.store import GraphPhotoStore
from tenant.testing import CLIENT_ID, SECRET, TENANT_ID, picture


@pytest.fixture(scope="module")
def office(tenant: t.Any) -> t.Any:
    """Four people in three groups, one inside of another, and two groups of one name."""
    control = tenant.control
    for name, fields in {
        "ann": {"department": "Sales & Co", "job_title": "Boss"},
        "bob": {"department": "Sales & Co", "account_enabled": False},
        "o'neil": {"department": "IT"},
        "di": {},
    }.items():
        control.add_user(f"{name}@example.com", key=name, mail=f"{name}@example.com", **fields)
    control.put_photo("ann", picture())
    control.put_photo("bob", picture())
    inner = control.add_group("Inner", ["bob", "o'neil"])["id"]
    control.add_group("People's board", ["ann", inner], mail="board@example.com")
    control.add_group("Twin", ["ann"])
    control.add_group("Twin", ["bob"])
    control.add_group("Empty", [])
    return tenant


@pytest.fixture
def store(office: t.Any) -> t.Iterator[GraphPhotoStore]:
    made = _store(office)
    yield made
    made.close()


def _store(office: t.Any, client_id: str = CLIENT_ID) -> GraphPhotoStore:
    options = GraphOptions(
        tenant_id=TENANT_ID, client_id=client_id, client_secret=SECRET,
        authority_url=office.url, graph_url=office.url, ca_cert=office.ca, timeout=10,
    )  # fmt: skip
    return GraphPhotoStore(options)


def names(store: GraphPhotoStore, **whom: str) -> list[str]:
    return [user.identity.partition("@")[0] for user in store.everyone(Whom(**whom))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("department eq 'Sales & Co'", "ann bob"),
        ("department eq 'Sales & Co' and accountEnabled eq true", "ann"),
        ("startswith(userPrincipalName,'o''')", "o'neil"),
        ("department ne 'Sales & Co'", "o'neil di"),
        ("endswith(mail,'@example.com') and jobTitle eq 'Boss'", "ann"),
        ("department eq null", "di"),
    ],
)
def test_a_filter_is_asked_for_as_it_is_and_as_an_advanced_query_where_it_must(
    store: GraphPhotoStore, text: str, found: str
) -> None:
    assert names(store, filter=text) == found.split()


@pytest.mark.parametrize("name", ["board@example.com", "People's board"])
def test_a_group_has_the_members_of_the_groups_in_it_page_by_page(
    store: GraphPhotoStore, office: t.Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from ansible_collections.hybrid.photos.plugins.module_utils._graph import users

    monkeypatch.setattr(users, "_PAGE", 1)
    assert sorted(names(store, group=name)) == ["ann", "bob", "o'neil"]
    assert names(store, group=name, filter="department eq 'IT'") == ["o'neil"]


def test_a_group_by_its_id(store: GraphPhotoStore, office: t.Any) -> None:
    id_ = office.control.add_group("By id", ["di"])["id"]
    assert names(store, group=id_.upper()) == ["di"]


@pytest.mark.parametrize(
    ("whom", "said"),
    [
        (
            {"filter": "department like 'a'"},
            r"^filter 'department like.* does not take it \(BadReq",
        ),
        ({"filter": "contains(mail,'a')"}, r"^filter 'contains.*Request_UnsupportedQuery"),
        ({"group": "Nobody"}, "^group 'Nobody' does not exist in the tenant"),
        ({"group": "x' or displayName eq 'Twin"}, "^group 'x' or displayName eq 'Twin' does not exist"),
        ({"group": "Twin"}, "^group 'Twin' is 2 groups: Twin"),
    ],
)
def test_what_the_tenant_does_not_take_is_said_with_option_and_value(
    store: GraphPhotoStore, whom: dict[str, str], said: str
) -> None:
    with pytest.raises(PhotoError, match=said):
        names(store, **whom)


def test_without_the_permission_for_groups_the_permission_is_named(office: t.Any) -> None:
    office.control.register_app({"client_id": "few", "secret": SECRET, "roles": ["User.Read.All"]})
    store = _store(office, "few")
    assert names(store, filter="department eq 'IT'") == ["o'neil"]
    with pytest.raises(PhotoError, match=r"lacks .* GroupMember\.Read\.All"):
        names(store, group="Inner")
    store.close()


def test_an_export_looks_at_nobody_else_and_counts_who_is_left_out(store: GraphPhotoStore) -> None:
    everybody = export(store, [], whom=Whom(group="board@example.com", exclude=("bob*",)))
    assert sorted(row.user for row in everybody.rows) == ["ann@example.com", "o'neil@example.com"]
    assert (everybody.excluded, everybody.left_out) == (["bob@example.com"], ())
    named = ["ann@example.com", "bob@example.com", "di@example.com", "nobody@example.com"]
    some = export(store, named, whom=Whom(group="board@example.com", exclude=("BOB@example.com",)))
    assert [(row.user, row.problem) for row in some.rows] == [
        ("ann@example.com", None),
        ("nobody@example.com", "unresolved"),
    ]
    assert (list(some.excluded), list(some.left_out)) == (["bob@example.com"], ["di@example.com"])


@pytest.mark.parametrize(
    ("whom", "said"),
    [
        (Whom(group="Empty"), "^group 'Empty': Exchange Online has no such user"),
        (Whom(filter="department eq 'none'", group="Inner"), "^filter .* with group 'Inner': Exchange Online has no"),
        (Whom(group="Inner", exclude=("*@example.com",)), r"^exclude '\*@example.com' excludes all 2 users"),
        (Whom(filter="mail eq\n'a'"), r"^filter 'mail eq\\n'a'' cannot be used: it contains a control character"),
        (Whom(exclude=("",)), "^exclude '' cannot be used: it is empty"),
    ],
)
def test_nobody_left_is_an_error_that_names_the_option(store: GraphPhotoStore, whom: Whom, said: str) -> None:
    with pytest.raises(PhotoError, match=said):
        export(store, [], whom=whom)
