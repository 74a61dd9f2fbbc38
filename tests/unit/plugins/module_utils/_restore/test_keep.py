# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which backups are removed, and which are never."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError, User
from ansible_collections.hybrid.photos.plugins.module_utils._restore import places
from ansible_collections.hybrid.photos.plugins.module_utils._restore.keep import Keep, Pruned, prune
from ansible_collections.hybrid.photos.plugins.module_utils._restore.restore import RestoreRequest, plan
from ansible_collections.hybrid.photos.plugins.module_utils._sync.backups import MANIFEST, Backups, read_manifest
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._restore.backups_made import (
    DAY,
    content,
    names,
    saved,
)


def removed(answer: Pruned) -> list[tuple[str, int]]:
    return [(run.name, run.photos) for run in answer.removed]


def test_so_many_runs_are_kept_and_what_goes_is_said(tmp_path: Path) -> None:
    for number in range(4):
        saved(tmp_path / f"run-{number}", f"run-{number}", "alice", "bob", hours=10 * DAY - number)
    told = prune(tmp_path, Keep.parse("2"), "", check=True)
    assert removed(told) == [("run-0", 2), ("run-1", 2)]
    assert len(names(tmp_path)) == 4, "check mode removes nothing"
    assert told.lines(Keep.parse("2"), True)[0] == "Backups of 2 old runs would be removed, 4 photos (2 runs kept):"
    done = prune(tmp_path, Keep.parse("2"), "", check=False)
    assert (removed(done), done.kept, names(tmp_path)) == (removed(told), 2, ["run-2", "run-3"])
    assert done.lines(Keep.parse("2"), False)[1].startswith("  run-0: 2 photos, last saved 20")
    again = prune(tmp_path, Keep.parse("2"), "", check=False)
    assert (again.removed, again.lines(Keep.parse("2"), False)) == ([], [])


def test_check_mode_leaves_no_file_behind(tmp_path: Path) -> None:
    saved(tmp_path / "run-0", "run-0", "alice", hours=9 * DAY)
    saved(tmp_path / "run-1", "run-1", "alice")
    (tmp_path / "run-0" / ".lock").unlink()
    before = content(tmp_path)
    assert removed(prune(tmp_path, Keep.parse("1"), "run-2", check=True, saves=True)) == [("run-0", 1), ("run-1", 1)]
    assert removed(prune(tmp_path, Keep.parse("1"), "run-2", check=True)) == [("run-0", 1)]
    assert content(tmp_path) == before


def test_days_count_from_the_last_photo_of_a_run(tmp_path: Path) -> None:
    saved(tmp_path / "old", "old", "alice", hours=31 * DAY)
    saved(tmp_path / "begun-long-ago", "begun-long-ago", "alice", hours=40 * DAY)
    saved(tmp_path / "begun-long-ago", "begun-long-ago", "bob", hours=29 * DAY)
    saved(tmp_path / "new", "new", "alice", hours=20 * DAY)
    assert removed(prune(tmp_path, Keep.parse("30d"), "", check=False)) == [("old", 1)]
    assert names(tmp_path) == ["begun-long-ago", "new"]


@pytest.mark.parametrize("keep", ["1", "1d"])
def test_neither_the_newest_run_nor_what_a_restore_undoes_by_default_is_removed(tmp_path: Path, keep: str) -> None:
    saved(tmp_path / "run-0", "run-0", "alice", hours=40 * DAY)
    saved(tmp_path / "run-1", "run-1", "alice", hours=30 * DAY)
    saved(tmp_path / "restore-1", "restore-1", "alice", hours=20 * DAY)
    saved(tmp_path / "restore-2", "restore-2", "alice", hours=10 * DAY)
    assert [name for name, _photos in removed(prune(tmp_path, Keep.parse(keep), "", check=False))] == [
        "run-0",
        "restore-1",
    ]
    assert names(tmp_path) == ["restore-2", "run-1"]
    assert plan(tmp_path, RestoreRequest())["run"] == "run-1"


def test_a_run_that_saves_photos_at_this_moment_is_left(tmp_path: Path) -> None:
    going_on = Backups(tmp_path / "run-0", "ad", "run-0")
    going_on.save(User("alice", "id-alice", "h"), b"photo", None, "why")
    saved(tmp_path / "run-0", "run-0", "bob", hours=9 * DAY)
    saved(tmp_path / "run-1", "run-1", "alice")
    for check in (True, False):
        answer = prune(tmp_path, Keep.parse("1"), "", check=check)
        assert (answer.removed, [what for what, _why in answer.left]) == ([], ["run run-0"])
        assert "saving photos there at this moment" in answer.left[0][1]
    assert answer.lines(Keep.parse("1"), False) == [f"Backups left, run run-0: {answer.left[0][1]}"]
    going_on.close()
    assert removed(prune(tmp_path, Keep.parse("1"), "", check=False)) == [("run-0", 2)]


def test_a_run_between_two_batches_is_left_until_its_end_is_recorded(tmp_path: Path) -> None:
    saved(tmp_path / "run-0", "run-0", "alice", hours=0.5)
    saved(tmp_path / "run-1", "run-1", "alice", hours=0.2)
    answer = prune(tmp_path, Keep.parse("1"), "run-1", check=False)
    assert answer.removed == []
    assert "its end is not recorded" in answer.left[0][1]
    prune(tmp_path, None, "run-0", check=False)
    assert removed(prune(tmp_path, Keep.parse("1"), "run-1", check=False)) == [("run-0", 1)]
    assert [each.run for each in read_manifest(tmp_path / "run-1")] == ["run-1"], "the end is no backup"


def test_a_run_that_waits_for_the_removal_makes_its_folder_anew(tmp_path: Path) -> None:
    backups = Backups(tmp_path / "run-0", "ad", "run-0")
    saved(tmp_path / "run-0", "run-0", "alice", hours=9 * DAY)
    saved(tmp_path / "run-1", "run-1", "alice")
    prune(tmp_path, Keep.parse("1"), "", check=False)
    backups.save(User("bob", "id-bob", "h"), b"photo", None, "why")
    assert [each.user for each in read_manifest(tmp_path / "run-0")] == ["bob"]


def test_files_of_others_stay(tmp_path: Path) -> None:
    for number in range(2):
        saved(tmp_path / f"run-{number}", f"run-{number}", "alice", hours=(9 - number) * DAY)
    theirs = tmp_path / "theirs" / "ad" / "x"
    theirs.mkdir(parents=True)
    (theirs / "20200101T000000.000000Z.jpg").write_bytes(b"no manifest")
    (tmp_path / "run-0" / "notes.txt").write_text("why this run was wrong")
    (tmp_path / "run-0" / "ad" / "ad-alice" / "portrait.jpg").write_bytes(b"theirs")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "20200101T000000.000000Z.jpg").write_bytes(b"elsewhere")
    (tmp_path / "run-0" / "exo").symlink_to(elsewhere.parent)
    (tmp_path / "run-0" / "ad" / "link").symlink_to(elsewhere)
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    saved(outside, "run-9", "alice", hours=20 * DAY)
    (tmp_path / "run-9").symlink_to(outside)
    assert removed(prune(tmp_path, Keep.parse("1"), "", check=False)) == [("run-0", 1)]
    left = content(tmp_path / "run-0")
    assert set(left) == {"notes.txt", "ad/ad-alice/portrait.jpg"}
    assert (elsewhere / "20200101T000000.000000Z.jpg").exists()
    assert (theirs / "20200101T000000.000000Z.jpg").exists()
    assert len(read_manifest(outside)) == 1


def test_a_manifest_line_that_names_another_file_removes_it_not(tmp_path: Path) -> None:
    saved(tmp_path / "run-0", "run-0", "alice", hours=9 * DAY)
    saved(tmp_path / "run-1", "run-1", "alice")
    (tmp_path / "run-0" / "precious.jpg").write_bytes(b"precious")
    manifest = tmp_path / "run-0" / MANIFEST
    line = json.loads(manifest.read_text().splitlines()[1])
    manifest.write_text(manifest.read_text().replace(line["file"], "precious.jpg"))
    prune(tmp_path, Keep.parse("1"), "", check=False)
    assert (tmp_path / "run-0" / "precious.jpg").read_bytes() == b"precious"


def test_a_manifest_that_is_damaged_or_of_a_newer_release_is_left_and_said(tmp_path: Path) -> None:
    saved(tmp_path / "run-0", "run-0", "alice", hours=9 * DAY)
    saved(tmp_path / "run-1", "run-1", "alice")
    with (tmp_path / "run-0" / MANIFEST).open("a") as file:
        file.write('{"event": "saved", "new": true}\n')
    before = content(tmp_path)
    answer = prune(tmp_path, Keep.parse("1"), "", check=False)
    assert answer.removed == []
    assert "the line is damaged" in answer.left[0][1]
    assert content(tmp_path) == before


def test_photos_that_a_killed_run_left_without_a_line_go_with_it(tmp_path: Path) -> None:
    saved(tmp_path / "run-0", "run-0", "alice", hours=9 * DAY)
    saved(tmp_path / "run-1", "run-1", "alice")
    account = tmp_path / "run-0" / "ad" / "ad-bob"
    account.mkdir()
    (account / "20260101T000000.000000Z.jpg").write_bytes(b"saved, and then killed")
    (account / ".new-abc").write_bytes(b"half")
    prune(tmp_path, Keep.parse("1"), "", check=False)
    assert names(tmp_path) == ["run-1"]


def test_what_a_killed_call_began_is_finished_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(tmp_path / "run-0", "run-0", "alice", "bob", hours=9 * DAY)
    saved(tmp_path / "run-1", "run-1", "alice")
    unlink = os.unlink
    calls = 0

    def killed(*args: object, **more: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        unlink(*args, **more)

    monkeypatch.setattr(places.os, "unlink", killed)
    with pytest.raises(KeyboardInterrupt):
        prune(tmp_path, Keep.parse("1"), "", check=False)
    monkeypatch.undo()
    assert (tmp_path / "run-0" / MANIFEST).exists()
    assert removed(prune(tmp_path, Keep.parse("1"), "", check=False)) == [("run-0", 2)]
    assert names(tmp_path) == ["run-1"]


def test_runs_that_share_one_folder_are_told_apart(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    for number in range(3):
        saved(folder, f"run-{number}", "alice", "bob", hours=(9 - number) * DAY)
    assert removed(prune(folder, Keep.parse("2"), "run-2", check=False)) == [("run-0", 2)]
    left = read_manifest(folder)
    assert [each.run for each in left] == ["run-1", "run-1", "run-2", "run-2"]
    assert all(each.done and (folder / each.file).exists() for each in left)
    assert len([name for name in content(folder) if name.endswith(".jpg")]) == 4


def test_a_folder_that_is_not_there_has_no_old_runs(tmp_path: Path) -> None:
    answer = prune(tmp_path / "nowhere", Keep.parse("1"), "run-1", check=False)
    assert (answer.removed, answer.left, answer.kept) == ([], [], 0)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("text", ["0", "0d", "-1", "30 days", "d", "1.5", "030", "999999", "", "20w", "٣"])
def test_a_retention_of_nothing_or_nonsense_is_refused_with_its_value(text: str) -> None:
    with pytest.raises(PhotoError, match=r"sync_keep_backups: .* is not a number of runs, such as 20, or of days"):
        Keep.parse(text, "sync_keep_backups")
