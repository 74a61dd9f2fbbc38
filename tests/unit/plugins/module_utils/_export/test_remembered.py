# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an earlier run read is not read again; and users are listed without a look at their photos."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import User, sha256
from ansible_collections.hybrid.photos.plugins.module_utils._entry.info import info_row, name_results
from ansible_collections.hybrid.photos.plugins.module_utils._export.export import Export, export, names
from ansible_collections.hybrid.photos.plugins.module_utils._export.folder import ExportFolder
from ansible_collections.hybrid.photos.plugins.module_utils._export.remembered import Photos
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._export.test_export import (
    PEOPLE,
    Store,
    filled,
    rows,
)
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.scripted_store import Notebook, picture


@pytest.fixture
def memory() -> Notebook:
    return Notebook()


@pytest.fixture
def store() -> Store:
    return filled()


def run(store: Store, dest: Path, memory: Notebook, *users: str) -> Export:
    """One run; its folder is one that nobody has used before."""
    store.read_ids.clear()
    return export(store, users, ExportFolder(dest, store.target), photos=Photos(memory))


def test_a_second_run_reads_no_photo_and_tells_the_same_hashes(store: Store, tmp_path: Path, memory: Notebook) -> None:
    first = rows(run(store, tmp_path / "1", memory))
    second = rows(run(store, tmp_path / "2", memory))
    assert store.read_ids == ["id-alice@x"], "only who had none"
    assert not [file for file in (tmp_path / "2").iterdir() if file.suffix == ".jpg"]
    for name in PEOPLE[1:]:
        assert (second[name].seen, second[name].tag) == (first[name].seen, first[name].tag)
        assert (second[name].path, second[name].remembered) == (None, True)
    assert info_row(second["bob@x"], "exo")["remembered"] is True


def test_after_one_change_one_photo_is_read(store: Store, tmp_path: Path, memory: Notebook) -> None:
    run(store, tmp_path / "1", memory)
    store.put_by_hand("bob@x", picture(9))
    told = rows(run(store, tmp_path / "2", memory))
    assert [id_ for id_ in store.read_ids if id_ != "id-alice@x"] == ["id-bob@x"]
    assert told["bob@x"].seen.sha256 == sha256(picture(9))
    assert told["bob@x"].path is not None
    store.put_by_hand("bob@x", None)
    assert rows(run(store, tmp_path / "3", memory))["bob@x"].has_photo is False


def test_a_photo_that_is_no_picture_is_read_each_time(store: Store, tmp_path: Path, memory: Notebook) -> None:
    store.put_by_hand("bob@x", b"no picture")
    for number in range(2):
        told = rows(run(store, tmp_path / str(number), memory))
        assert told["bob@x"].problem == "invalid"
        assert "id-bob@x" in store.read_ids


@pytest.mark.parametrize(
    "spoilt", ["", "no json", "[]", '["tag"]', '["tag", 1, 2, 3, 4]', '["tag", "hash", 1, 2, "3"]']
)
def test_a_spoilt_record_means_that_the_photo_is_read(
    store: Store, tmp_path: Path, memory: Notebook, spoilt: str
) -> None:
    run(store, tmp_path / "1", memory)
    memory.values["photo:id-bob@x"] = spoilt
    assert rows(run(store, tmp_path / "2", memory))["bob@x"].path is not None


def test_another_account_under_the_same_name_is_read(store: Store, tmp_path: Path, memory: Notebook) -> None:
    run(store, tmp_path / "1", memory)
    store.users["bob@x"] = User("bob@x", "id-other", "handle")
    store.photos["id-other"], store.tags["id-other"] = store.photos["id-bob@x"], store.tags["id-bob@x"]
    assert rows(run(store, tmp_path / "2", memory))["bob@x"].path is not None


def test_names_are_listed_without_a_look_at_photos(store: Store) -> None:
    store.nameless = {"CON@x": "two accounts", "alice@x": "nobody"}
    store.without = {"alice@x"}
    told = name_results(names(store), "exo")
    assert [user["user"] for user in told["users"]] == ["bob@x", "nora.o'hara@x"]
    assert told["users"][0] == {"user": "bob@x", "id": "id-bob@x", "immutable_id": None}
    assert [(row["user"], row["problem"], row["reason"]) for row in told["photos"]] == [
        ("CON@x", "unresolved", "two accounts")
    ]
    assert store.fetched == store.read_ids == []


def test_of_users_who_are_named_those_without_an_account_have_a_problem(store: Store) -> None:
    told = name_results(names(store, ["bob@x", "nobody@x"]), "exo")
    assert [user["user"] for user in told["users"]] == ["bob@x"]
    assert [(row["user"], row["problem"]) for row in told["photos"]] == [("nobody@x", "unresolved")]
