# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Erasing one person's photos: all of theirs, nobody else's, and on the record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError, User, sha256
from ansible_collections.hybrid.photos.plugins.module_utils._restore import forget as forgetting
from ansible_collections.hybrid.photos.plugins.module_utils._restore.forget import RECORD, forget
from ansible_collections.hybrid.photos.plugins.module_utils._restore.restore import RestoreRequest, plan
from ansible_collections.hybrid.photos.plugins.module_utils._restore.told import lines
from ansible_collections.hybrid.photos.plugins.module_utils._sync.backups import MANIFEST, Backups, read_manifest
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._restore.backups_made import (
    DAY,
    content,
    names,
    saved,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two syncs and a restore, which knows accounts by id alone. Alice was renamed between the syncs."""
    root = tmp_path / "backups"
    saved(root / "run-1", "run-1", ("alice@x", "ad-1"), "bob", hours=9 * DAY)
    saved(root / "run-1", "run-1", ("alice@x", "exo-1"), "bob", target="exo", hours=9 * DAY)
    saved(root / "run-2", "run-2", ("alice.smith@x", "ad-1"), "bob", hours=8 * DAY)
    saved(root / "restore-1", "restore-1", ("ad-1", "ad-1"), "bob", hours=7 * DAY)
    return root


def pictures(folder: Path) -> list[str]:
    return sorted(name for name in content(folder) if name.endswith(".jpg"))


def record(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / RECORD).read_text().splitlines() if line]


def test_all_photos_of_one_person_go_and_nobody_else_s(folder: Path) -> None:
    of_bob = [name for name in pictures(folder) if "bob" in name]
    before = content(folder)
    told, changed = forget(folder, "ALICE@x", "admin", check=True)
    assert (changed, told.files, told.runs) == (True, 4, ["restore-1", "run-1", "run-2"])
    assert content(folder) == before, "check mode erases nothing and writes nothing"
    assert told.lines(True, True)[0] == (
        "ALICE@x: 4 photos would be erased from the backups of 3 runs (restore-1, run-1, run-2)"
    )
    done, changed = forget(folder, "ALICE@x", "admin", check=False)
    assert (changed, done.files) == (True, 4)
    assert pictures(folder) == of_bob
    assert [each.user for each in read_manifest(folder / "run-2") if each.done] == ["bob"]
    again, changed = forget(folder, "alice@x", "admin", check=False)
    assert not changed
    assert again.lines(False, False)[0].startswith("alice@x: nothing is left to erase; this was done on 20")
    assert len(record(folder)) == 2


def test_neither_the_manifests_nor_the_record_describe_a_picture_any_more(folder: Path) -> None:
    traces = [sha256(data).encode() for name, data in content(folder).items() if "ad-1" in name or "exo-1" in name]
    forget(folder, "alice@x", "admin of payroll", check=False)
    everything = b"".join(content(folder).values())
    assert len(traces) == 4
    assert not any(trace in everything for trace in traces)
    for place in ("run-1", "run-2", "restore-1"):
        for line in (folder / place / MANIFEST).read_text().splitlines():
            if '"ad-1"' in line or '"exo-1"' in line:
                says = json.loads(line)
                assert (says["sha256"], says["tag"], says["file"], says["reason"]) == ("", None, "", "")
                assert "intended" not in says
                assert "after" not in says
    begun, erased = record(folder)
    assert (begun["event"], erased["event"], erased["by"], erased["files"]) == (
        "begun",
        "erased",
        "admin of payroll",
        4,
    )
    assert erased["runs"] == ["restore-1", "run-1", "run-2"]
    assert (folder / RECORD).stat().st_mode & 0o777 == 0o600


def test_a_restore_says_that_it_was_on_purpose_and_when(folder: Path) -> None:
    forget(folder, "alice@x", "", check=False)
    told = plan(folder, RestoreRequest(run="run-1"))
    assert [photo["user"] for photo in told["ad"]["photos"]] == ["ad-bob"]
    assert (told["problems"], [(each["user"], each["target"]) for each in told["erased"]]) == (
        [],
        [("alice@x", "ad"), ("alice@x", "exo")],
    )
    shown = lines([], told["problems"], False, erased=told["erased"])
    assert shown[0].startswith("alice@x (ad): left: the backup was erased on purpose on 20")
    assert "2 left, 0 failed" in shown[-1]
    named = plan(folder, RestoreRequest(("alice@x",), "run-1"))
    assert "erased on purpose on 20" in named["problems"][0]["reason"]
    assert (named["ad"]["photos"], named["erased"]) == ([], [])


def test_a_name_that_went_to_another_person_is_refused_and_an_id_is_exact(tmp_path: Path) -> None:
    saved(tmp_path / "run-1", "run-1", ("alice@x", "ad-1"), hours=9 * DAY)
    saved(tmp_path / "run-1", "run-1", ("alice@x", "exo-1"), target="exo", hours=9 * DAY)
    saved(tmp_path / "run-2", "run-2", ("alice@x", "ad-2"), hours=8 * DAY)
    before = content(tmp_path)
    with pytest.raises(PhotoError, match=r"several accounts.*so nothing was erased.*id ad-1.*id ad-2") as error:
        forget(tmp_path, "alice@x", "", check=False)
    assert "exo-1" not in str(error.value)
    assert content(tmp_path) == before
    done, _changed = forget(tmp_path, "AD-1", "", check=False)
    assert [account.id for account in done.accounts] == ["ad-1"]
    assert sorted(account.id for account in done.others) == ["ad-2", "exo-1"]
    assert any("perhaps" in line or "may be" in line for line in done.lines(False, True))
    assert [name.split("/")[2] for name in pictures(tmp_path)] == ["exo-1", "ad-2"]


def test_one_id_in_two_domains_is_refused_too_when_named_by_name(tmp_path: Path) -> None:
    for authority, id_ in (("corp.test", "ad-1"), ("other.test", "ad-9")):
        backups = Backups(tmp_path / authority, "ad", authority)
        backups.authority = authority
        backups.save(User("alice@x", id_, "h"), b"photo", None, "why")
        backups.close()
    with pytest.raises(PhotoError, match="several accounts"):
        forget(tmp_path, "alice@x", "", check=False)


def test_nobody_of_that_name_is_an_error_and_not_a_success(folder: Path) -> None:
    with pytest.raises(PhotoError, match=r"no backup in .* is of alica@x"):
        forget(folder, "alica@x", "", check=False)
    assert RECORD not in names(folder)


def test_nothing_is_erased_while_a_run_saves_photos(folder: Path) -> None:
    going_on = Backups(folder / "run-2", "ad", "run-2")
    going_on.save(User("carol", "ad-carol", "h"), b"photo", None, "why")
    before = content(folder)
    for check in (True, False):
        with pytest.raises(PhotoError, match=r"run-2: a run is saving photos there.*Nothing was erased"):
            forget(folder, "alice@x", "", check=check)
    assert content(folder) == before
    going_on.close()
    assert forget(folder, "alice@x", "", check=False)[0].files == 4


@pytest.mark.parametrize("step", ["begun", "first manifest", "pictures", "erased"])
def test_what_a_killed_call_began_is_finished_by_the_next(
    folder: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before, between and after the three things that a call does."""
    write, append = forgetting.Place.write, forgetting.append_line
    written = 0

    def stop(*args: object) -> None:
        raise KeyboardInterrupt

    def once(*args: object) -> None:
        nonlocal written
        written += 1
        if written > 1:
            raise KeyboardInterrupt
        write(*args)

    def first_line(path: Path, line: dict[str, object]) -> None:
        if line["event"] == "erased":
            raise KeyboardInterrupt
        append(path, line)

    if step == "begun":
        monkeypatch.setattr(forgetting.Place, "write", stop)
    elif step == "first manifest":
        monkeypatch.setattr(forgetting.Place, "write", once)
    elif step == "pictures":
        monkeypatch.setattr(forgetting, "unlink", stop)
    else:
        monkeypatch.setattr(forgetting, "append_line", first_line)
    with pytest.raises(KeyboardInterrupt):
        forget(folder, "alice@x", "", check=False)
    monkeypatch.undo()
    assert forget(folder, "alice@x", "", check=True)[1]
    done, changed = forget(folder, "alice@x", "", check=False)
    assert changed
    assert done.runs == ["restore-1", "run-1", "run-2"]
    assert all("bob" in name for name in pictures(folder))
    assert record(folder)[-1]["event"] == "erased"
    assert forget(folder, "alice@x", "", check=False)[1] is False


def test_a_link_out_of_the_folder_is_not_followed(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "20260101T000000.000000Z.jpg").write_bytes(b"theirs")
    place = folder / "run-2" / "ad" / "ad-1"
    (photo,) = place.iterdir()
    photo.unlink()
    place.rmdir()
    place.symlink_to(outside)
    forget(folder, "alice@x", "", check=False)
    assert names(outside) == ["20260101T000000.000000Z.jpg"]


def test_a_photo_that_a_killed_run_left_without_a_line_goes_too(folder: Path) -> None:
    (folder / "run-1" / "ad" / "ad-1" / "20260101T000000.000000Z.jpg").write_bytes(b"saved, and then killed")
    assert forget(folder, "alice@x", "", check=False)[0].files == 5
    assert all("bob" in name for name in pictures(folder))


def test_a_damaged_line_is_said_and_a_manifest_that_cannot_be_read_stops_it(folder: Path) -> None:
    with (folder / "run-1" / MANIFEST).open("a") as file:
        file.write('{"event": "saved", "new": true}\n')
    told, _changed = forget(folder, "alice@x", "", check=False)
    assert "the line is damaged; look whether it names this user" in told.problems[0]
    assert '"new": true' in (folder / "run-1" / MANIFEST).read_text()
    (folder / "run-2" / MANIFEST).write_bytes(b"\n" * 70_000)
    with (folder / "run-2" / MANIFEST).open("ab") as file:
        file.truncate(513 * 1024 * 1024)
    with pytest.raises(PhotoError, match=r"more than the .* that are read\. Nothing was erased"):
        forget(folder, "bob", "", check=False)
