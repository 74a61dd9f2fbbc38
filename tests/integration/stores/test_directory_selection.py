# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom an LDAP filter and a group leave: a real domain controller's answers (Samba AD DC of the sandbox).

PYTHONPATH=.dev:tests/sandbox tests/sandbox/sandbox run --netns --only domain -- pytest tests/integration/stores
"""

from __future__ import annotations

import os
import typing as t
import uuid
from pathlib import Path

import pytest

pytest.importorskip("ldap")
if "HYBRID_PHOTOS_SANDBOX" not in os.environ:
    pytest.skip("needs the sandbox: tests/sandbox/sandbox run --netns -- pytest ...", allow_module_level=True)

from ansible_collections.hybrid.photos.plugins.module_utils._core.choice import Whom
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._directory.options import DirectoryOptions
from ansible_collections.hybrid.photos.plugins.module_utils._directory.store import DirectoryPhotoStore
from ansible_collections.hybrid.photos.plugins.module_utils._export.export import export
from domain.control import Domain, connection

SANDBOX = Path(os.environ["HYBRID_PHOTOS_SANDBOX"])
#: What a member of the group is called; (R&D*) is syntax in a filter.
NAMES = {name: f"sel-{name}@photos.test" for name in ("ann", "bob", "cy", "di")}


@pytest.fixture(scope="module")
def office() -> t.Iterator[Domain]:
    """Ann in a group, Bob in a group in it, Cy by his primary group, Di in none."""
    door = Domain.from_sandbox(SANDBOX)
    made: list[str] = []
    for name, upn in NAMES.items():
        department = "R&D (*)" if name in ("ann", "di") else "Sales"
        made.append(door.add_user(upn, f"sel-{name}", department=department, mail=f"{name}@mail.test"))
    ann, bob, cy, _di = made
    primary = door.add_group("Sel primary", members=[cy])
    inner = door.add_group("Sel inner", members=[bob, primary])
    outer = door.add_group("Sel, (outer)", members=[ann, inner], mail="outer@mail.test")
    door.add_group("Sel empty")
    door.add_group("Sel twin 1", mail="twin@mail.test")
    door.add_group("Sel twin 2", mail="twin@mail.test")
    # The primary group is in nobody's memberOf, and the user in no member.
    door.set(NAMES["cy"], "primaryGroupID", door.sid(primary).rpartition("-")[2])
    door.add_group("Sel ring", members=[outer])
    yield door
    for dn, _entry in door.search("(&(objectCategory=group)(cn=Sel*))", ["cn"]):
        if dn != primary:
            door.delete(dn)
    for dn in made:
        door.delete(dn)
    door.delete(primary)
    door.close()


@pytest.fixture
def store(office: Domain) -> t.Iterator[DirectoryPhotoStore]:
    store = DirectoryPhotoStore(DirectoryOptions.from_params(connection(SANDBOX)))
    yield store
    store.close()


def names(store: DirectoryPhotoStore, **whom: str) -> list[str]:
    short = {upn: name for name, upn in NAMES.items()}
    return sorted(short[user.identity] for user in store.everyone(Whom(**whom)) if user.identity in short)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("(department=Sales)", "bob cy"),
        ("department=Sales", "bob cy"),
        (r"(&(mail=*@mail.test)(!(department=R&D \28\2a\29)))", "bob cy"),
        ("(| (sAMAccountName=sel-ann) (sAMAccountName=sel-di) )", "ann di"),
        ("(&(anr=sel-ann)(userAccountControl:1.2.840.113556.1.4.803:=512))", "ann"),
    ],
)
def test_a_filter_is_a_part_of_our_own(store: DirectoryPhotoStore, text: str, found: str) -> None:
    assert names(store, filter=text) == found.split()


def test_no_filter_finds_a_computer_or_a_group(store: DirectoryPhotoStore) -> None:
    assert not any(user.handle.startswith("CN=DC") for user in store.everyone(Whom(filter="(objectClass=*)")))


def test_a_group_by_each_of_its_names_with_the_members_of_groups_in_it_and_by_primary_group(
    store: DirectoryPhotoStore, office: Domain
) -> None:
    dn, entry = office.search("(mail=outer@mail.test)", ["objectGUID", "sAMAccountName"])[0]
    guid = str(uuid.UUID(bytes_le=entry["objectGUID"][0]))
    for name in (dn, dn.lower(), guid, entry["sAMAccountName"][0].decode(), "OUTER@mail.test", "Sel ring"):
        assert names(store, group=name) == ["ann", "bob", "cy"], name
    assert names(store, group="Sel inner") == ["bob", "cy"]
    assert names(store, group="Sel primary") == ["cy"]
    assert names(store, group=dn, filter="(department=Sales)") == ["bob", "cy"]
    assert "di" in names(store, group="Domain Users")


@pytest.mark.parametrize(
    ("whom", "said"),
    [
        ({"filter": "(department=Sales"}, r"^filter '\(department=Sales' is not an LDAP filter"),
        ({"filter": "(department=a)(mail=b)"}, "the filter ends before this"),
        ({"filter": "(departmant=Sales)"}, "has no attribute departmant"),
        ({"group": "Sel nobody"}, "^group 'Sel nobody' does not exist in photos.test"),
        ({"group": "Sel*"}, r"^group 'Sel\*' does not exist"),
        ({"group": "sel-ann"}, "^group 'sel-ann' does not exist"),
        ({"group": "twin@mail.test"}, "^group 'twin@mail.test' is 2 groups: CN=Sel twin"),
    ],
)
def test_what_the_directory_does_not_take_is_said_with_option_and_value(
    store: DirectoryPhotoStore, whom: dict[str, str], said: str
) -> None:
    with pytest.raises(PhotoError, match=said):
        names(store, **whom)


def test_an_export_looks_at_nobody_else_and_counts_who_is_left_out(store: DirectoryPhotoStore) -> None:
    found = export(store, [], whom=Whom(group="Sel ring", exclude=("sel-bob@*",)))
    assert sorted(row.user for row in found.rows) == [NAMES["ann"], NAMES["cy"]]
    assert list(found.excluded) == [NAMES["bob"]]
    some = export(store, list(NAMES.values()), whom=Whom(filter="(department=Sales)", exclude=(NAMES["bob"],)))
    assert [row.user for row in some.rows] == [NAMES["cy"]]
    assert (list(some.excluded), sorted(some.left_out)) == ([NAMES["bob"]], [NAMES["ann"], NAMES["di"]])


@pytest.mark.parametrize(
    ("whom", "said"),
    [
        (Whom(group="Sel empty"), "^group 'Sel empty': Active Directory has no such user"),
        (Whom(group="Sel ring", exclude=("sel-*",)), r"^exclude 'sel-\*' excludes all 3 users"),
    ],
)
def test_nobody_left_is_an_error_that_names_the_option(store: DirectoryPhotoStore, whom: Whom, said: str) -> None:
    with pytest.raises(PhotoError, match=said):
        export(store, [], whom=whom)
