# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several domains: who is found where, who is nobody, and at which controller each photo is read and written."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import (
    PhotoError,
    StoreError,
    Unresolved,
    User,
    Write,
)
from ansible_collections.hybrid.photos.plugins.module_utils._directory.store import DirectoryPhotoStore
from domain.company import BRANCH, CORP, Employee, everyone
from domain.estate import Estate

MakeStore = t.Callable[..., DirectoryPhotoStore]
BOTH = [CORP, BRANCH]


def users_of(answers: t.Mapping[str, User | Unresolved]) -> list[User]:
    assert all(isinstance(answer, User) for answer in answers.values()), answers
    return [t.cast(User, answer) for answer in answers.values()]


@pytest.mark.parametrize("match_by", ["employeeNumber", "mail", "proxyAddresses", "userPrincipalName"])
def test_people_of_both_domains_are_found(match_by: str, make_store: MakeStore) -> None:
    store = make_store(match_by, domain=BOTH)
    name = {
        "employeeNumber": "employee_number",
        "mail": "mail",
        "proxyAddresses": "mail",
        "userPrincipalName": "upn",
    }[match_by]
    staff = everyone()
    answers = store.resolve([getattr(one, name) for one in staff])
    assert [user.label for user in users_of(answers)] == [one.upn for one in staff]
    assert store.authority == CORP


def test_each_photo_is_read_and_written_in_the_user_s_own_domain(
    estate: Estate, make_store: MakeStore, corp: list[Employee], branch: list[Employee]
) -> None:
    store = make_store("employeeNumber", domain=BOTH)
    users = users_of(store.resolve([one.employee_number for one in (*corp, *branch)]))
    written = dict(store.write([Write(user, user.label.encode(), None) for user in users]))
    assert {result.status for result in written.values()} == {"written"}
    for name, some in (("dc1", corp), ("dc3", branch)):
        with estate.door(name) as door:
            assert door.photos() == {one.upn: one.upn.encode() for one in some}
    assert {user.label: what.picture for user, what in store.read(users)} == {
        one.upn: one.upn.encode() for one in everyone()
    }
    assert len(list(store.everyone())) >= 40


def test_the_same_name_in_two_domains_is_nobody(
    estate: Estate, make_store: MakeStore, corp: list[Employee], branch: list[Employee]
) -> None:
    seen: list[t.Any] = []
    with estate.door("dc3") as door:
        door.set(branch[0].upn, "employeeNumber", corp[0].employee_number)
        try:
            store = make_store("employeeNumber", domain=BOTH)
            answer = store.resolve([corp[0].employee_number], seen.extend)[corp[0].employee_number]
        finally:
            door.set(branch[0].upn, "employeeNumber", branch[0].employee_number)
    assert isinstance(answer, Unresolved)
    assert "2 accounts have employeeNumber" in answer.reason
    assert "in 2 domains" in answer.reason
    assert "DC=corp,DC=test" in answer.reason
    assert "DC=branch,DC=test" in answer.reason
    assert seen == []


def test_the_anchor_tells_two_of_the_same_name_apart(
    make_store: MakeStore, corp: list[Employee], branch: list[Employee]
) -> None:
    by_number = make_store("employeeNumber", domain=BOTH)
    one, other = users_of(by_number.resolve([corp[0].employee_number, branch[0].employee_number]))
    by_anchor = make_store("onPremisesImmutableId", domain=BOTH)
    answers = by_anchor.resolve([t.cast(str, one.immutable_id), t.cast(str, other.immutable_id)])
    assert [user.id for user in users_of(answers)] == [one.id, other.id]


def test_a_distinguished_name_says_which_domain(make_store: MakeStore, branch: list[Employee]) -> None:
    store = make_store("distinguishedName", domain=BOTH)
    dn = f"CN={branch[0].key},OU=People,DC=branch,DC=test"
    elsewhere = "CN=x,DC=elsewhere,DC=test"
    answers = store.resolve([dn, elsewhere])
    assert isinstance(answers[dn], User)
    nobody = answers[elsewhere]
    assert isinstance(nobody, Unresolved)
    assert "belongs to the domain elsewhere.test" in nobody.reason


def test_one_domain_alone_does_not_know_the_other_s_people(make_store: MakeStore, branch: list[Employee]) -> None:
    both = make_store(domain=BOTH)
    (user,) = users_of(both.resolve([branch[0].upn]))
    alone = make_store(domain=CORP)
    assert isinstance(alone.resolve([branch[0].upn])[branch[0].upn], Unresolved)
    ((_user, seen),) = alone.read([user])
    assert "not found any more" in (seen.problem or "")


def test_an_account_of_a_domain_that_is_not_named_is_a_problem(make_store: MakeStore) -> None:
    store = make_store(domain=BOTH)
    user = User("x", "8d3bca50-1d7e-11d0-a081-00aa006c33ed", "CN=x,DC=elsewhere,DC=test")
    ((_user, seen),) = store.observe([user], lambda _user, _tag: True)
    assert "the account is in elsewhere.test" in (seen.problem or "")
    ((_user, result),) = store.write([Write(user, b"x", None)])
    assert (result.status, "elsewhere.test" in (result.error or "")) == ("failed", True)


def test_a_domain_that_cannot_be_asked_ends_the_run(estate: Estate, make_store: MakeStore) -> None:
    estate.stop("dc3")
    with pytest.raises(StoreError, match=r"dc3\.branch\.test.*connection refused"):
        make_store(domain=BOTH).open()


def test_named_servers_belong_to_the_domain_that_their_name_ends_with(make_store: MakeStore) -> None:
    store = make_store(domain=BOTH, server=["dc2.corp.test", "dc3.branch.test"])
    store.open()
    assert [domain.connection.root.host for domain in store.domains] == ["dc2.corp.test", "dc3.branch.test"]
    with pytest.raises(PhotoError, match=r"server 'dc9\.else\.test' is in none of the domains"):
        make_store(domain=BOTH, server=["dc9.else.test"]).open()


# -- what Exchange's schema adds ---------------------------------------------------------------------------------------


def test_where_the_mailbox_is(make_store: MakeStore, corp: list[Employee], branch: list[Employee]) -> None:
    store = make_store(domain=BOTH)
    users = users_of(store.resolve([one.upn for one in (*corp, *branch)]))
    assert [user.mailbox for user in users] == [
        *["on_premises"] * 5,
        *["cloud"] * 25,
        *[None] * 10,  # the second domain's schema has nothing of Exchange
    ]


def test_a_user_is_found_by_an_extension_attribute(make_store: MakeStore, corp: list[Employee]) -> None:
    store = make_store("extensionAttribute3", domain=CORP)
    (user,) = users_of(store.resolve([f"badge {corp[7].employee_number}"]))
    assert user.label == corp[7].upn
    with pytest.raises(StoreError, match=r"match_by extensionAttribute3: the schema of branch\.test has no such"):
        make_store("extensionAttribute3", domain=BRANCH).resolve(["badge 1"])
