# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups: whole or not there, and a manifest that a killed run cannot spoil."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import User, sha256
from ansible_collections.hybrid.photos.plugins.module_utils._sync.backups import (
    MANIFEST,
    BackupError,
    Backups,
    examine_manifest,
    read_manifest,
)

ALICE = User("alice@x", "1b4db7eb-4057-5ddf-91e0-36dec72071f5", "h")


def test_a_saved_photo_reads_back_with_all_that_a_restore_needs(tmp_path: Path) -> None:
    backups = Backups(tmp_path / "b", "exo", "run-1")
    backups.authority = "tenant"
    path = backups.save(ALICE, b"photo", '"etag"', "why")
    (saved,) = read_manifest(tmp_path / "b")
    assert path.parent == tmp_path / "b" / "exo" / ALICE.id
    assert path.read_bytes() == b"photo"
    assert (saved.user, saved.id, saved.target, saved.authority) == ("alice@x", ALICE.id, "exo", "tenant")
    assert (saved.sha256, saved.tag, saved.run, saved.reason) == (sha256(b"photo"), '"etag"', "run-1", "why")
    assert (saved.done, saved.after) == (False, None)
    backups.done(ALICE, path, '"new"')
    assert [(s.done, s.after) for s in read_manifest(tmp_path / "b")] == [(True, '"new"')]


def test_only_the_owner_can_read_photos_and_manifest(tmp_path: Path) -> None:
    path = Backups(tmp_path / "b", "ad", "run").save(ALICE, b"photo", None, "why")
    assert path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "b" / MANIFEST).stat().st_mode & 0o777 == 0o600
    for folder in (path.parent, path.parent.parent, tmp_path / "b"):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_was_there_before_keeps_its_rights_and_shows_no_photo(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    path = Backups(shared, "ad", "run").save(ALICE, b"photo", None, "why")
    assert shared.stat().st_mode & 0o7777 == 0o1777
    assert {(shared / "ad").stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777} == {0o700}
    assert (shared / MANIFEST).stat().st_mode & 0o777 == 0o600


def test_photo_and_manifest_are_on_disk_before_the_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[tuple[str, bytes]] = []

    def fsync(descriptor: int) -> None:
        name = Path(f"/proc/self/fd/{descriptor}").readlink()
        flushed.append((name.name, name.read_bytes() if name.is_file() else b""))

    monkeypatch.setattr(os, "fsync", fsync)
    path = Backups(tmp_path / "b", "ad", "run").save(ALICE, b"photo", None, "why")
    assert [what for _name, what in flushed[:1]] == [b"photo"]
    assert flushed[1][0] == path.parent.name
    assert flushed[2] == (MANIFEST, (tmp_path / "b" / MANIFEST).read_bytes())


def test_a_line_that_the_disk_has_no_room_for_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "write", lambda _descriptor, data: len(data) // 2)
    with pytest.raises(BackupError, match="No space left"):
        Backups(tmp_path, "ad", "run").save(ALICE, b"photo", None, "why")


def test_many_backups_of_one_user_are_all_kept_in_order(tmp_path: Path) -> None:
    backups = Backups(tmp_path, "ad", "run")
    paths = [backups.save(ALICE, str(n).encode(), None, "why") for n in range(20)]
    assert len(set(paths)) == 20
    assert [tmp_path / saved.file for saved in read_manifest(tmp_path)] == paths


def test_a_line_that_a_killed_run_left_unfinished_spoils_no_other(tmp_path: Path) -> None:
    backups = Backups(tmp_path, "ad", "run")
    backups.save(ALICE, b"1", None, "why")
    with (tmp_path / MANIFEST).open("ab") as file:
        file.write(b'{"event": "saved", "us')
    backups.save(ALICE, b"2", None, "why")
    assert [saved.sha256 for saved in read_manifest(tmp_path)] == [sha256(b"1"), sha256(b"2")]


def test_an_id_from_a_server_cannot_leave_the_folder(tmp_path: Path) -> None:
    path = Backups(tmp_path / "b", "exo", "run").save(User("x", "../../etc", "h"), b"1", None, "why")
    assert path.resolve().is_relative_to(tmp_path / "b")


def lines(folder: Path) -> list[dict[str, t.Any]]:
    return [json.loads(line) for line in (folder / MANIFEST).read_bytes().split(b"\n") if line]


def write_lines(folder: Path, *entries: object) -> None:
    """Each entry a line: bytes as they are, anything else as JSON."""
    data = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in entries]
    (folder / MANIFEST).write_bytes(b"\n".join(data) + b"\n")


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param({"file": "../x.jpg"}, id="out of the folder"),
        pytest.param({"file": "/etc/passwd"}, id="absolute"),
        pytest.param({"file": "a\0b"}, id="no name"),
        pytest.param({"file": 7}, id="number for a file"),
        pytest.param({"file": ["x"]}, id="list for a file"),
        pytest.param({"time": 7}, id="number for a time"),
        pytest.param({"user": None}, id="no user"),
        pytest.param({"done": "yes"}, id="text for a truth value"),
        pytest.param({"more": 1}, id="unknown key"),
        pytest.param({"reason": "x" * 100_000}, id="long line"),
        pytest.param(b'{"event":' + b"[" * 20_000 + b"]" * 20_000 + b"}", id="deep"),
        pytest.param(b'{"event": "saved", "file": }', id="no JSON"),
        pytest.param(b'{"event": "saved"}', id="next to nothing"),
        pytest.param(b"\xff\xfe}", id="no text"),
        pytest.param(b'{"event": "written", "file": ["x"], "after": null}', id="written, of a list"),
    ],
)
def test_a_mangled_line_is_a_finding_and_spoils_no_other(tmp_path: Path, bad: t.Any) -> None:
    folder = tmp_path / "b"
    backups = Backups(folder, "ad", "run")
    backups.save(ALICE, b"1", None, "why")
    backups.save(ALICE, b"2", None, "why")
    first, second = lines(folder)
    write_lines(folder, first, bad if isinstance(bad, bytes) else {**first, "file": "ad/y.jpg", **bad}, second)
    saved, findings = examine_manifest(folder)
    assert [each.sha256 for each in saved] == [sha256(b"1"), sha256(b"2")]
    assert [(finding.file, finding.line) for finding in findings] == [(MANIFEST, 2)]
    assert len(str(findings[0])) < 500


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\r"])
def test_a_character_that_some_take_for_a_line_end_hides_no_backup(tmp_path: Path, end: str) -> None:
    folder = tmp_path / "b"
    backups = Backups(folder, "ad", "run")
    user = User(f"al{end}ice@x", ALICE.id, "h")
    backups.done(user, backups.save(user, b"1", None, f"why{end}"), None)
    saved, findings = examine_manifest(folder)
    assert [(each.user, each.done) for each in saved] == [(user.identity, True)]
    assert findings == []


def test_a_line_that_a_killed_run_left_unfinished_is_no_finding(tmp_path: Path) -> None:
    folder = tmp_path / "b"
    Backups(folder, "ad", "run").save(ALICE, b"1", None, "why")
    whole = (folder / MANIFEST).read_bytes()
    (folder / MANIFEST).write_bytes(whole + whole[:60])
    saved, findings = examine_manifest(folder)
    assert (len(saved), findings) == (1, [])


def test_a_manifest_that_is_no_file_of_the_folder_is_refused_and_nothing_of_it_is_shown(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret: 1\n")
    for name, put in {
        "pipe": os.mkfifo,
        "endless": lambda place: place.symlink_to("/dev/zero"),
        "elsewhere": lambda place: place.symlink_to("../secret"),
    }.items():
        (tmp_path / name).mkdir()
        put(tmp_path / name / MANIFEST)
        with pytest.raises(BackupError, match="cannot be used") as caught:
            read_manifest(tmp_path / name)
        assert "s3cret" not in str(caught.value)
        if name != "elsewhere":
            with pytest.raises(BackupError):
                Backups(tmp_path / name, "ad", "run").save(ALICE, b"1", None, "why")


def test_folders_above_the_runs_own_are_closed_under_an_open_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = Backups(tmp_path / "reports" / "backups" / "run-1", "ad", "run-1").save(ALICE, b"1", None, "why")
    finally:
        os.umask(before)
    for folder in path.parents:
        if folder == tmp_path:
            break
        assert (folder, folder.stat().st_mode & 0o777) == (folder, 0o700)


def test_a_folder_without_a_manifest_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="not a backup folder"):
        read_manifest(tmp_path)


def test_a_full_or_closed_place_is_told_with_the_user(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("a file")
    with pytest.raises(BackupError, match="alice@x"):
        Backups(tmp_path / "b", "ad", "run").save(ALICE, b"1", None, "why")


def _save_for_ever(folder: Path) -> None:
    backups = Backups(folder, "ad", "run")
    n = 0
    while True:
        backups.save(ALICE, str(n).encode() * 5000, None, "why")
        n += 1


@pytest.mark.parametrize("pause", [0.03, 0.07, 0.12, 0.2])
def test_every_backup_in_the_manifest_of_a_killed_run_is_whole(tmp_path: Path, pause: float) -> None:
    worker = multiprocessing.get_context("fork").Process(target=_save_for_ever, args=(tmp_path,))
    worker.start()
    time.sleep(pause)
    os.kill(worker.pid or 0, signal.SIGKILL)
    worker.join(10)
    if (tmp_path / MANIFEST).exists():
        for saved in read_manifest(tmp_path):
            assert sha256((tmp_path / saved.file).read_bytes()) == saved.sha256


def test_one_file_that_two_users_lines_name_comes_back_for_neither_of_them(tmp_path: Path) -> None:
    folder = tmp_path / "b"
    backups = Backups(folder, "ad", "run")
    path = backups.save(ALICE, b"1", None, "why")
    backups.done(ALICE, path, "new")
    first, written = lines(folder)
    bob = {**first, "user": "bob@x", "id": "2b4db7eb-4057-5ddf-91e0-36dec72071f5"}
    write_lines(folder, first, written, bob, {**written, "id": bob["id"]})
    saved, findings = examine_manifest(folder)
    assert saved == []
    told = [(each.line, each.saved.user, each.problem) for each in findings if each.saved is not None]
    why = "the file {} is named for several users ({}), so nobody can tell whose photo it is"
    said = why.format(first["file"], "alice@x, bob@x")
    assert told == [(1, "alice@x", said), (3, "bob@x", said)]
