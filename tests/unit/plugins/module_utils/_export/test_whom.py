# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom an export looks at: nobody who is excluded or left out, and nobody's file goes by that."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.choice import Whom
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._definitions.folder import read_folder
from ansible_collections.hybrid.photos.plugins.module_utils._entry.info import info_results
from ansible_collections.hybrid.photos.plugins.module_utils._export.export import export, holders, names
from ansible_collections.hybrid.photos.plugins.module_utils._export.folder import ExportFolder
from ansible_collections.hybrid.photos.plugins.module_utils._sync.named import NamedStore
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.scripted_store import ScriptedStore, picture

PEOPLE = ("alice@x", "bob@x", "ceo@x", "dora@x")


class Store(ScriptedStore):
    """Remembers whom it was asked about."""

    def __init__(self) -> None:
        super().__init__(PEOPLE, "ad")
        self.seen: set[str] = set()
        for number, name in enumerate(PEOPLE):
            self.put_by_hand(name, picture(number))

    def observe(self, users: t.Any, wanted: t.Any, expected: t.Any = None) -> t.Any:
        self.seen |= {user.identity for user in users}
        return super().observe(users, wanted, expected)

    def read(self, users: t.Any) -> t.Any:
        self.seen |= {user.identity for user in users}
        return super().read(users)


@pytest.fixture
def store() -> Store:
    return Store()


def declared(folder: Path) -> set[str]:
    return {definition.user for definition in read_folder(folder).definitions}


def test_who_is_excluded_is_never_looked_at_and_named(store: Store) -> None:
    for users in ([], ["alice@x", "CEO@x", "bob@x"]):
        found = export(store, users, whom=Whom(exclude=("ceo@*", "dora@x")))
        assert [row.user for row in found.rows] == ["alice@x", "bob@x"]
        assert {name.lower() for name in found.excluded} - {"dora@x"} == {"ceo@x"}
    assert store.seen == {"alice@x", "bob@x"}
    assert [row.user for row in holders(store, Whom(exclude=("ceo@x",))).rows] == ["alice@x", "bob@x", "dora@x"]
    assert "ceo@x" not in store.seen


def test_a_filter_leaves_named_users_out_and_only_restricts_without_a_problem(store: Store) -> None:
    store.inside = {"alice@x", "ceo@x"}
    found = export(store, ["alice@x", "bob@x", "nobody@x", "ceo@x"], whom=Whom(filter="f", exclude=("ceo@x",)))
    assert [(row.user, row.problem) for row in found.rows] == [("alice@x", None), ("nobody@x", "unresolved")]
    assert (list(found.excluded), list(found.left_out)) == (["ceo@x"], ["bob@x"])
    assert [row.user for row in export(store, [], whom=Whom(group="g")).rows] == ["alice@x", "ceo@x"]
    some = export(store, [], whom=Whom(only=("ALICE@x", "nobody@x", "d*")))
    assert [row.user for row in some.rows] == ["alice@x", "dora@x"]
    assert export(store, ["bob@x"], whom=Whom(filter="f")).rows == []


def test_the_patterns_that_matched_somebody_are_known_so_that_the_others_can_be_told(store: Store) -> None:
    whom = Whom(exclude=("ceo@*", "coe@x"))
    for found in (export(store, [], whom=whom), holders(store, whom), names(store, [], whom)):
        assert info_results(found, "ad")["matched"] == ["ceo@*"]


def test_by_another_name_the_store_inside_is_asked_with_the_same_filter(store: Store) -> None:
    store.inside = {"bob@x"}
    named = NamedStore(store, {"robert": "bob@x"}, None, by_anchor=False)
    assert [user.identity for user in named.everyone(Whom(filter="f"))] == ["bob@x"]


def test_files_of_who_is_excluded_or_not_meant_stay(store: Store, tmp_path: Path) -> None:
    def run(**whom: t.Any) -> set[str]:
        export(store, [], ExportFolder(tmp_path, "ad"), Whom(**whom))
        return declared(tmp_path)

    assert run() == set(PEOPLE)
    for name in ("bob@x", "ceo@x"):
        store.put_by_hand(name, None)
    del store.users["dora@x"]
    assert run(exclude=("ceo@x", "dora@x"), only=("alice@x",)) == set(PEOPLE)
    assert run(exclude=("ceo@x", "dora@x")) == {"alice@x", "ceo@x", "dora@x"}
    store.inside = {"alice@x"}
    assert run(filter="f") == {"alice@x", "ceo@x", "dora@x"}
    assert run(group="g", exclude=("bob@x",)) == {"alice@x", "ceo@x", "dora@x"}
    assert run() == {"alice@x"}


@pytest.mark.parametrize(
    ("users", "whom", "said"),
    [
        ([], Whom(filter="f"), "^filter 'f': Active Directory has no such user; correct it"),
        ([], Whom(group="g"), "^group 'g': Active Directory has no such user"),
        ([], Whom(filter="f", group="g"), "^filter 'f' with group 'g': Active Directory"),
        ([], Whom(exclude=("*",)), r"^exclude '\*' excludes all 4 users of Active Directory whom this run concerns"),
        (["bob@x"], Whom(exclude=("bob@x",)), "^exclude 'bob@x' excludes all 1 user named in users"),
        ([], Whom(filter="a\nb"), r"^filter 'a\\nb' cannot be used: it contains a control character"),
        ([], Whom(group="g\x00"), r"^group 'g\\x00' cannot be used"),
        ([], Whom(only=("",)), "^only '' cannot be used: it is empty"),
        ([], Whom(exclude=(" ",)), "^exclude ' ' cannot be used: it is empty"),
    ],
)
def test_bad_input_names_option_and_value_before_anything_is_read(
    store: Store, tmp_path: Path, users: list[str], whom: Whom, said: str
) -> None:
    with pytest.raises(PhotoError, match=said):
        export(store, users, ExportFolder(tmp_path / "out", "ad"), whom)
    assert not (tmp_path / "out").exists() and store.seen == set()
