# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports: what is told, what is written, and what is left alone."""

from __future__ import annotations

import os
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import (
    Observation,
    PhotoError,
    Resolution,
    Unresolved,
    User,
    sha256,
)
from ansible_collections.hybrid.photos.plugins.module_utils._definitions.folder import read_folder
from ansible_collections.hybrid.photos.plugins.module_utils._entry.info import complain
from ansible_collections.hybrid.photos.plugins.module_utils._export.export import Export, Row, export, holders
from ansible_collections.hybrid.photos.plugins.module_utils._export.folder import RECORD, ExportFolder
from ansible_collections.hybrid.photos.plugins.module_utils._sync.store import Wanted
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.scripted_store import ScriptedStore, picture

PEOPLE = ("alice@x", "bob@x", "nora.o'hara@x", "CON@x")


class Store(ScriptedStore):
    """Looks without pictures give no hash, reads do; some accounts are not found again by their name."""

    def __init__(self, users: t.Iterable[str] = PEOPLE, target: str = "exo") -> None:
        super().__init__(users, target)
        self.service = lambda data: data
        self.read_ids: list[str] = []
        self.nameless: dict[str, str] = {}
        #: Of these, who has no such name at all.
        self.without: set[str] = set()
        self.no_mailbox: set[str] = set()

    def resolve(self, identities: t.Sequence[str]) -> dict[str, Resolution]:
        found = super().resolve(identities)
        names = self.nameless
        return {i: Unresolved(i, names[i], gone=i in self.without) if i in names else user for i, user in found.items()}

    def observe(self, users: t.Sequence[User], wanted: Wanted) -> t.Iterator[tuple[User, Observation]]:
        for user, seen in super().observe(users, wanted):
            yield user, replace(seen, no_mailbox=user.id in self.no_mailbox)

    def read(self, users: t.Sequence[User]) -> t.Iterator[tuple[User, Observation]]:
        for user, seen in super().read(users):
            self.read_ids.append(user.id)
            yield user, seen if seen.picture is None else replace(seen, sha256=sha256(seen.picture))


def filled() -> Store:
    """All but the first have a photo."""
    made = Store()
    for seed, name in enumerate(PEOPLE[1:], 1):
        made.put_by_hand(name, picture(seed))
    return made


@pytest.fixture
def store() -> Store:
    return filled()


def run(store: Store, dest: Path, *users: str, check: bool = False) -> Export:
    """One export, as a module would make it."""
    return export(store, users, ExportFolder(dest, store.target, check))


def rows(result: Export) -> dict[str, Row]:
    """Rows by user."""
    return {row.user: row for row in result.rows}


def declared(dest: Path) -> dict[str, bytes]:
    """What the folder declares, read as any definitions folder is."""
    return {
        d.user: Path(d.source.path).read_bytes() for d in read_folder(dest).definitions if d.source and d.source.path
    }


def listing(dest: Path) -> dict[str, tuple[int, bytes]]:
    """Every file with the time it was written."""
    return {file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in dest.iterdir()}


def test_without_a_folder_no_picture_is_fetched(store: Store) -> None:
    told = rows(export(store, []))
    assert store.fetched == []
    assert [told[name].has_photo for name in PEOPLE] == [False, True, True, True]


def test_the_folder_declares_the_very_bytes_of_those_who_have_a_photo(store: Store, tmp_path: Path) -> None:
    result = run(store, tmp_path / "photos")
    assert result.changed
    assert declared(tmp_path / "photos") == {name: store.photos[f"id-{name}"] for name in PEOPLE[1:]}
    assert all(Path(row.path).is_file() for row in result.rows if row.path)


def test_files_are_closed_to_others(store: Store, tmp_path: Path) -> None:
    run(store, tmp_path / "photos")
    assert (tmp_path / "photos").stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "photos").iterdir()} == {0o600}


def test_a_second_run_fetches_and_writes_nothing(store: Store, tmp_path: Path) -> None:
    first = run(store, tmp_path)
    before = listing(tmp_path)
    store.read_ids.clear()
    again = run(store, tmp_path)
    assert not again.changed
    assert listing(tmp_path) == before
    assert "id-bob@x" not in store.read_ids
    assert rows(again) == rows(first)


def test_check_mode_tells_the_same_and_writes_nothing(store: Store, tmp_path: Path) -> None:
    checked = run(store, tmp_path / "photos", check=True)
    assert not (tmp_path / "photos").exists()
    assert checked.changed
    assert checked.rows == run(store, tmp_path / "photos").rows


def test_only_what_changed_is_fetched_and_written(store: Store, tmp_path: Path) -> None:
    run(store, tmp_path)
    before = listing(tmp_path)
    store.read_ids.clear()
    store.put_by_hand("bob@x", picture(7))
    assert run(store, tmp_path).changed
    after = listing(tmp_path)
    assert declared(tmp_path)["bob@x"] == picture(7)
    assert {name for name in after if after[name] != before[name]} == {"bob@x.jpg", RECORD}
    assert "id-CON@x" not in store.read_ids


def test_who_has_no_photo_any_more_is_taken_out(store: Store, tmp_path: Path) -> None:
    run(store, tmp_path)
    store.put_by_hand("bob@x", None)
    assert run(store, tmp_path).changed
    assert set(declared(tmp_path)) == set(PEOPLE[2:])
    assert not (tmp_path / "bob@x.jpg").exists()


def test_who_is_no_user_any_more_is_taken_out(store: Store, tmp_path: Path) -> None:
    run(store, tmp_path)
    del store.users["bob@x"]
    run(store, tmp_path)
    assert "bob@x" not in declared(tmp_path)


def test_what_could_not_be_read_stays_as_it_was(store: Store, tmp_path: Path) -> None:
    run(store, tmp_path)
    store.problems["id-bob@x"] = "the server was tired"
    result = run(store, tmp_path)
    assert not result.changed
    assert rows(result)["bob@x"].problem == "unavailable"
    assert "bob@x" in declared(tmp_path)


def test_a_target_that_goes_away_takes_nothing_out(store: Store, tmp_path: Path) -> None:
    run(store, tmp_path)
    before = listing(tmp_path)
    store.gone_after = store.requests + 1
    result = run(store, tmp_path)
    assert result.error == "the server went away"
    assert {row.problem for row in result.rows} == {"unavailable"}
    assert listing(tmp_path) == before


def test_an_export_of_some_leaves_the_others(store: Store, tmp_path: Path) -> None:
    run(store, tmp_path)
    store.put_by_hand("bob@x", None)
    result = run(store, tmp_path, "BOB@X".lower(), "bob@x")
    assert [row.user for row in result.rows] == ["bob@x"]
    assert set(declared(tmp_path)) == set(PEOPLE[2:])


def test_a_file_that_was_changed_by_hand_is_neither_kept_as_ours_nor_removed(store: Store, tmp_path: Path) -> None:
    run(store, tmp_path)
    (tmp_path / "bob@x.jpg").write_bytes(b"mine")
    store.put_by_hand("bob@x", None)
    run(store, tmp_path)
    assert (tmp_path / "bob@x.jpg").read_bytes() == b"mine"


def test_a_file_of_somebody_else_is_not_overwritten(store: Store, tmp_path: Path) -> None:
    (tmp_path / "bob@x.jpg").write_bytes(b"mine")
    row = rows(run(store, tmp_path))["bob@x"]
    assert row.problem == "invalid"
    assert "bob@x.jpg" in str(row.reason)
    assert (tmp_path / "bob@x.jpg").read_bytes() == b"mine"


def test_what_people_added_to_the_manifest_stays(store: Store, tmp_path: Path) -> None:
    run(store, tmp_path)
    with (tmp_path / "photos.yml").open("a") as file:
        file.write("  carol@x: {state: absent}\n  dave@x: own.jpg\n")
    (tmp_path / "own.jpg").write_bytes(picture(9))
    store.put_by_hand("bob@x", None)
    run(store, tmp_path)
    found = {d.user: d.state for d in read_folder(tmp_path).definitions}
    assert found == {PEOPLE[2]: "present", PEOPLE[3]: "present", "carol@x": "absent", "dave@x": "present"}


@pytest.mark.parametrize("what", ["photos: {}\n", "- no mapping"])
def test_a_manifest_of_somebody_else_is_refused(store: Store, tmp_path: Path, what: str) -> None:
    (tmp_path / "photos.yml").write_text(what)
    with pytest.raises(PhotoError, match=r"photos\.yml that no export wrote"):
        run(store, tmp_path)
    assert (tmp_path / "photos.yml").read_text() == what


def test_an_export_of_the_other_target_is_refused(store: Store, tmp_path: Path) -> None:
    run(store, tmp_path)
    with pytest.raises(PhotoError, match="an export of Exchange Online"):
        ExportFolder(tmp_path, "ad")


@pytest.mark.parametrize("record", [b"", b"[]", b'{"target": "exo"}', b"\xff", b'{"target":"exo","users":[{"a":1}]}'])
def test_a_damaged_record_is_refused(tmp_path: Path, record: bytes) -> None:
    (tmp_path / RECORD).write_bytes(record)
    with pytest.raises(PhotoError, match="cannot be read"):
        ExportFolder(tmp_path, "exo")


def test_a_record_cannot_name_files_outside(tmp_path: Path, store: Store) -> None:
    run(store, tmp_path)
    record = tmp_path / RECORD
    record.write_text(record.read_text().replace('"bob@x.jpg"', '"../bob@x.jpg"'))
    with pytest.raises(PhotoError, match="outside of the folder"):
        ExportFolder(tmp_path, "exo")


def test_a_link_in_the_place_of_a_photo_is_not_followed(store: Store, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"mine")
    dest = tmp_path / "photos"
    dest.mkdir()
    (dest / "bob@x.jpg").symlink_to(outside)
    assert rows(run(store, dest))["bob@x"].problem == "invalid"
    assert outside.read_bytes() == b"mine"


def test_what_is_no_picture_is_told_and_not_exported(tmp_path: Path) -> None:
    store = Store(target="ad")
    store.put_by_hand("bob@x", b"no picture at all")
    row = rows(run(store, tmp_path))["bob@x"]
    assert (row.has_photo, row.problem, row.path) == (True, "invalid", None)


def test_a_photo_whose_name_leads_nowhere_is_a_problem_and_a_nameless_account_without_one_is_not(
    store: Store, tmp_path: Path
) -> None:
    store.nameless = {"bob@x": "two users have it", "alice@x": "has none"}
    told = rows(run(store, tmp_path))
    assert (told["bob@x"].problem, told["bob@x"].path) == ("unresolved", None)
    assert (told["alice@x"].problem, told["alice@x"].has_photo, told["alice@x"].reason) == (None, False, "has none")
    assert "bob@x" not in declared(tmp_path)


def test_an_account_without_such_a_name_is_reported_and_fails_nothing(store: Store, tmp_path: Path) -> None:
    """A service account without mail must not end every export by mail as failed."""
    store.nameless, store.without = {"bob@x": "no user has it"}, {"bob@x"}
    told = rows(run(store, tmp_path))
    assert (told["bob@x"].problem, told["bob@x"].path, told["bob@x"].unnamed) == ("unresolved", None, True)
    assert "has no value of the attribute that names users" in (told["bob@x"].reason or "")
    assert complain(list(told.values()), [], "exo") is None
    failed = complain([replace(told["bob@x"], unnamed=False)], [], "exo")
    assert (failed or "").startswith("1 of 1 user could not be read in Exchange Online:")


def test_what_an_account_lacks_is_told_by_its_name_and_not_by_that_of_an_option(store: Store, tmp_path: Path) -> None:
    store.nameless, store.without = {"bob@x": "no user has it"}, {"bob@x"}
    said = {
        match_by: rows(export(store, (), ExportFolder(tmp_path, store.target, False), match_by=match_by))[
            "bob@x"
        ].reason
        for match_by in ("mail", "anchor")
    }
    assert str(said["mail"]).endswith("has no value of the attribute mail, so it is not exported")
    assert str(said["anchor"]).endswith("is not found by its source anchor, so it is not exported")


def test_who_has_a_photo_is_told_without_a_picture_or_a_name_being_looked_for(store: Store) -> None:
    store.problems["id-alice@x"] = "the server is busy"
    found = rows(holders(store))
    assert found["bob@x"].has_photo is True
    assert (found["alice@x"].problem, found["alice@x"].reason) == ("unavailable", "the server is busy")
    assert all(row.has_photo is not False for row in found.values())
    assert store.read_ids == []


def test_a_store_that_knows_its_holders_is_asked_for_nobody_else() -> None:
    class Knowing(Store):
        def holders(self) -> t.Iterator[User]:
            yield self.users["bob@x"]

        def everyone(self, whom: object = None) -> t.Iterator[User]:
            raise AssertionError("nobody else is asked for")

    assert [(row.user, row.has_photo) for row in holders(Knowing(target="ad")).rows] == [("bob@x", True)]


def test_no_mailbox_is_a_problem_only_of_who_was_asked_for(store: Store) -> None:
    store.problems["id-bob@x"] = "no mailbox"
    store.no_mailbox = {"id-bob@x"}
    none = Row("bob@x", "id-bob@x", has_photo=False, reason="no mailbox", no_mailbox=True)
    assert rows(export(store, []))["bob@x"] == none
    assert rows(export(store, ["bob@x"]))["bob@x"].problem == "unavailable"


def test_names_that_lead_to_nobody_or_to_one_account_are_rows(store: Store) -> None:
    store.users["bobby@x"] = replace(store.users["bob@x"], identity="bobby@x")
    told = rows(export(store, ["bob@x", "nobody@x", "bobby@x"]))
    assert [told[name].problem for name in ("bob@x", "nobody@x", "bobby@x")] == [None, "unresolved", "unresolved"]
    assert "same account as bob@x" in str(told["bobby@x"].reason)


def test_an_empty_name_is_refused(store: Store) -> None:
    with pytest.raises(PhotoError, match="empty"):
        export(store, ["bob@x", " "])


def test_names_of_any_length_and_kind_come_back(tmp_path: Path) -> None:
    names = ["a" * 300 + "@x", "Ünal/..\\%41@x", "A@x", "..", "-rf@x", "e\u0301@x", "plain", "nul.txt@x", "😀" * 60]
    store = Store(names, "ad")
    for seed, name in enumerate(names):
        store.put_by_hand(name, picture(seed))
    result = run(store, tmp_path)
    assert [row.problem for row in result.rows] == [None] * len(names)
    assert declared(tmp_path) == {name: picture(seed) for seed, name in enumerate(names)}
    assert all(len(os.fsencode(file.name)) < 255 for file in tmp_path.iterdir())


def test_a_picture_of_another_format_keeps_its_ending_and_its_former_file_goes(store: Store, tmp_path: Path) -> None:
    run(store, tmp_path)
    store.put_by_hand("bob@x", picture(3, fmt="PNG"))
    run(store, tmp_path)
    assert {file.name for file in tmp_path.glob("bob@x*")} == {"bob@x.png"}
