# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The receipts file: shared, transactional, and clear about what is wrong with it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import multiprocessing
import os
import signal
import sqlite3
import time
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Pending, Receipt, Summary, User
from ansible_collections.hybrid.photos.plugins.module_utils._sync import receipts_file as module
from ansible_collections.hybrid.photos.plugins.module_utils._sync.receipts import (
    Holder,
    Receipts,
    ReceiptsError,
    erase_account,
)
from ansible_collections.hybrid.photos.plugins.module_utils._sync.source_hashes import Hashed


def opened(path: Path, authority: str = "tenant", target: str = "exo", read_only: bool = False) -> Receipts:
    receipts = Receipts(path, target, read_only)
    receipts.authority = authority
    return receipts


def kept(path: Path) -> list[str]:
    """The ids of all users that have a receipt in the file."""
    db = sqlite3.connect(path)
    try:
        return [row[0] for row in db.execute("SELECT user_id FROM receipt")]
    finally:
        db.close()


def receipt(user_id: str, tag: str | None = "t1") -> Receipt:
    return Receipt(user_id, "source", "recipe", tag, Summary("hash", 10, 20, 30), None, 5.0)


def test_a_receipt_reads_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    opened(path).save([receipt("a"), receipt("b", None)])
    assert opened(path).get(["a", "b", "c"]) == {"a": receipt("a"), "b": receipt("b", None)}
    assert path.stat().st_mode & 0o777 == 0o600


def test_receipts_of_another_target_or_tenant_are_not_ours(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    opened(path).save([receipt("a")])
    assert opened(path, authority="other").get(["a"]) == {}
    assert opened(path, target="ad").get(["a"]) == {}


def test_a_forgotten_receipt_is_gone_and_thousands_can_be_asked_for_at_once(tmp_path: Path) -> None:
    receipts = opened(tmp_path / "r.sqlite")
    receipts.save([receipt(f"u{n}") for n in range(3000)])
    receipts.save([], forget=["u5"])
    assert len(receipts.get([f"u{n}" for n in range(3000)])) == 2999


def test_identities_are_known_for_a_time_and_without_regard_to_case(tmp_path: Path) -> None:
    receipts = opened(tmp_path / "r.sqlite")
    user = User("Alice@X", "id", "handle", "Alice", "imm")
    receipts.save_users("userPrincipalName", [user])
    found = receipts.users("userPrincipalName", ["alice@x"], time.time() - 60)
    assert found["alice@x"].id == "id"
    assert receipts.users("userPrincipalName", ["alice@x"], time.time() + 60) == {}
    assert receipts.users("mail", ["alice@x"], 0) == {}
    receipts.save_users("userPrincipalName", [], forget=["ALICE@X"])
    assert receipts.users("userPrincipalName", ["alice@x"], 0) == {}


def test_identities_of_a_clock_that_was_ahead_are_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a name would be taken for known until the clock is where it was."""
    receipts = opened(tmp_path / "r.sqlite")
    next_year = time.time() + 365 * 24 * 3600
    with monkeypatch.context() as ahead:
        ahead.setattr(time, "time", lambda: next_year)
        receipts.save_users("userPrincipalName", [User("alice@x", "a", "a", "Alice")])
    assert receipts.users("userPrincipalName", ["alice@x"], time.time() - 60) == {}
    receipts.save_users("userPrincipalName", [User("alice@x", "a", "a", "Alice")])
    assert set(receipts.users("userPrincipalName", ["alice@x"], time.time() - 60)) == {"alice@x"}


def test_a_holder_of_a_clock_that_was_ahead_is_not_the_latest(tmp_path: Path) -> None:
    receipts = opened(tmp_path / "r.sqlite")
    receipts.save_holders("mail", {"alice@x": Holder("former", None, time.time() + 3600)})
    receipts.save_holders("userPrincipalName", {"alice@x": Holder("present", None)})
    assert receipts.holders(["alice@x"])["alice@x"].user_id == "present"


def test_a_name_that_only_looks_alike_is_not_known_as_the_other(tmp_path: Path) -> None:
    receipts = opened(tmp_path / "r.sqlite")
    receipts.save_users("userPrincipalName", [User("stra\u00dfe@x", "id", "handle")])
    assert receipts.users("userPrincipalName", ["strasse@x"], 0) == {}
    assert set(receipts.users("userPrincipalName", ["STRA\u00dfE@X"], 0)) == {"STRA\u00dfE@X"}


def test_reading_only_makes_no_file_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    receipts = opened(path, read_only=True)
    receipts.save([receipt("a")])
    receipts.remember_many({"k": "v"})
    assert receipts.get(["a"]) == {}
    assert list(tmp_path.iterdir()) == []
    writer = opened(path)
    writer.save([receipt("a")])
    writer.close()
    before = sorted(p.name for p in tmp_path.iterdir())
    reader = opened(path, read_only=True)
    reader.save([receipt("b")])
    assert set(reader.get(["a", "b"])) == {"a"}
    reader.close()
    assert sorted(p.name for p in tmp_path.iterdir()) == before


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("content", [b"this is no database at all, but a text file\n" * 50, b"\0" * 5000])
def test_a_damaged_file_is_an_error_that_says_how_to_go_on(tmp_path: Path, content: bytes, read_only: bool) -> None:
    path = tmp_path / "r.sqlite"
    path.write_bytes(content)
    with pytest.raises(ReceiptsError, match=r"r\.sqlite"):
        opened(path, read_only=read_only)
    assert path.read_bytes() == content


def test_damage_within_the_file_is_an_error_too(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    receipts = opened(path)
    receipts.save([receipt(f"u{n}") for n in range(2000)])
    receipts.close()
    data = bytearray(path.read_bytes())
    data[8192 : len(data) - 4096] = b"\xff" * (len(data) - 12288)
    path.write_bytes(bytes(data))
    with pytest.raises(ReceiptsError, match="Move the file away"):
        opened(path).get([f"u{n}" for n in range(2000)])


def test_a_database_of_another_program_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE other (x)")
    db.close()
    before = path.read_bytes()
    with pytest.raises(ReceiptsError, match="another program"):
        opened(path)
    assert path.read_bytes() == before


def test_a_file_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    opened(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(ReceiptsError, match="newer"):
        opened(path)


def test_a_missing_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "hybrid" / "photos" / "r.sqlite"
    opened(path).close()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert set(opened(path).get([])) == set()


def test_a_folder_that_is_there_keeps_its_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    opened(tmp_path / "r.sqlite").close()
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_reading_only_makes_no_folder(tmp_path: Path) -> None:
    opened(tmp_path / "gone" / "r.sqlite", read_only=True).close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ReceiptsError, match="file") as error:
        opened(tmp_path / "file" / "r.sqlite")
    assert "folder" in str(error.value)
    assert "Move the file away" not in str(error.value)


def test_a_check_run_beside_a_real_one_reads_receipts_as_they_are_at_one_moment(tmp_path: Path) -> None:
    """Nobody writes the file when it is opened for reading only; then a run does."""
    path = tmp_path / "r.sqlite"
    everybody = [f"u{n}" for n in range(3000)]
    writer = opened(path)
    writer.save([receipt(user, "t" * 200) for user in everybody])
    writer.close()
    reader = opened(path, read_only=True)
    assert len(reader.get(everybody[:1500])) == 1500
    writer = opened(path)
    writer.save([receipt(user, "n" * 50) for user in everybody[::2]], forget=everybody[1::2])
    writer.save([receipt(f"new-{n}", "x" * 300) for n in range(3000)])
    writer.close()
    assert set(reader.get(everybody)) == set(everybody[::2])
    assert {found.tag for found in reader.get(everybody).values()} == {"n" * 50}
    assert reader.problem() is None
    reader.close()
    assert [file.name for file in tmp_path.iterdir()] == ["r.sqlite"]


def test_a_file_that_goes_away_beside_a_check_run_is_as_good_as_none(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    writer = opened(path)
    writer.save([receipt("a")])
    writer.close()
    reader = opened(path, read_only=True)
    path.unlink()
    assert reader.get(["a"]) == {}


def test_a_file_that_another_program_keeps_locked_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.1)
    path = tmp_path / "r.sqlite"
    receipts = opened(path)
    receipts.save([receipt("a")])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ReceiptsError, match=r"database is locked\. Wait until the run that uses it has ended") as told:
        receipts.save([receipt("b")])
    assert "Move" not in str(told.value)
    other.close()
    receipts.save([receipt("b")])
    assert kept(path) == ["a", "b"]


def test_a_full_disk_is_not_called_damage_and_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    receipts = opened(path)
    receipts.save([receipt("a")])
    with receipts._cursor() as db:
        db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")
    with pytest.raises(ReceiptsError, match=r"is full\. Free disk space there") as told:
        receipts.save([receipt(f"u{n}", "t" * 500) for n in range(2000)])
    assert "Move" not in str(told.value)
    with receipts._cursor() as db:
        db.execute("PRAGMA max_page_count = 100000")
    receipts.save([receipt("b")])
    assert kept(path) == ["a", "b"]


def _write_many(path: Path, name: str) -> None:
    receipts = opened(path)
    for n in range(50):
        receipts.save([receipt(f"{name}-{n}-{m}") for m in range(4)])


def test_many_processes_share_one_file(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_write_many, args=(path, f"w{n}")) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert len(kept(path)) == 4 * 200


@pytest.mark.parametrize("round_", range(5))
def test_shards_that_start_together_make_the_file_together(tmp_path: Path, round_: int) -> None:
    path = tmp_path / "r.sqlite"
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=lambda: opened(path).close()) for _number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * 8


def _write_for_ever(path: Path) -> None:
    receipts = opened(path)
    n = 0
    while True:
        receipts.save([receipt(f"{n}-{m}") for m in range(10)])
        n += 1


@pytest.mark.parametrize("pause", [0.02, 0.05, 0.11, 0.23])
def test_a_killed_writer_leaves_a_file_that_is_right_as_far_as_it_goes(tmp_path: Path, pause: float) -> None:
    path = tmp_path / "r.sqlite"
    worker = multiprocessing.get_context("fork").Process(target=_write_for_ever, args=(path,))
    worker.start()
    time.sleep(pause)
    os.kill(worker.pid or 0, signal.SIGKILL)
    worker.join(10)
    receipts = opened(path)
    assert receipts.problem() is None
    assert len(kept(path)) % 10 == 0


def test_an_older_file_is_brought_up_to_date_and_keeps_its_receipts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.sqlite"
    older = opened(path)
    older.save([receipt("a")])
    older.close()
    newer = (*module.MIGRATIONS, ("CREATE TABLE more (x TEXT)", "INSERT INTO more VALUES ('new')"))
    monkeypatch.setattr(module, "MIGRATIONS", newer)
    with pytest.raises(ReceiptsError, match=f"older format {len(newer) - 1}"):
        opened(path, read_only=True)
    receipts = opened(path)
    assert receipts.get(["a"]) == {"a": receipt("a")}
    receipts.close()
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA user_version").fetchone() == (len(newer),)
    assert db.execute("SELECT x FROM more").fetchall() == [("new",)]
    db.close()


def test_a_file_of_the_first_format_is_used_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.sqlite"
    with monkeypatch.context() as patch:
        patch.setattr(module, "MIGRATIONS", module.MIGRATIONS[:1])
        first = opened(path)
        first.close()
    old = receipt("a")
    row = ("exo", "tenant", "a", old.source_sha256, old.recipe, old.tag, *dataclasses.astuple(old.rendition), None)
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("INSERT INTO receipt VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, old.written_at))
        db.commit()
    receipts = opened(path)
    hashed = Hashed(b"/photos/a", "10 1 1 7", "0" * 64)
    receipts.save_hashes([hashed])
    assert receipts.hashes([b"/photos/a", b"/photos/b"]) == {b"/photos/a": hashed}
    assert receipts.get(["a"]) == {"a": receipt("a")}


def test_an_update_that_is_killed_half_way_leaves_the_older_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.sqlite"
    older = opened(path)
    older.save([receipt("a")])
    older.close()
    with monkeypatch.context() as patch:
        patch.setattr(module, "MIGRATIONS", (*module.MIGRATIONS, ("CREATE TABLE more (x TEXT)", "no SQL at all")))
        with pytest.raises(ReceiptsError):
            opened(path)
    assert opened(path).get(["a"]) == {"a": receipt("a")}


def test_a_file_that_cannot_be_used_is_named_as_its_reader_can_set_it(tmp_path: Path) -> None:
    (tmp_path / "nope.sqlite").write_text("no database" * 100)
    with pytest.raises(ReceiptsError, match=r"^restore_receipts .*nope\.sqlite"):
        Receipts(tmp_path / "nope.sqlite", "ad", option="restore_receipts")
    with pytest.raises(ReceiptsError, match=r"^restore_receipts .* does not exist"):
        erase_account(tmp_path / "none", "ad", "x", "1", True, option="restore_receipts")


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("suffix", ["", "-wal", "-journal"])
def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path, read_only: bool, suffix: str) -> None:
    os.mkfifo(tmp_path / f"pipe{suffix}")
    with pytest.raises(ReceiptsError, match="is a named pipe"):
        Receipts(tmp_path / "pipe", "ad", read_only=read_only)
    (tmp_path / f"zero{suffix}").symlink_to("/dev/zero")
    with pytest.raises(ReceiptsError, match="is a device"):
        Receipts(tmp_path / "zero", "ad", read_only=read_only)


def test_folders_that_are_made_are_closed_under_an_open_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Receipts(tmp_path / "a" / "b" / "receipts.db", "ad").close()
    finally:
        os.umask(before)
    assert [(tmp_path / place).stat().st_mode & 0o777 for place in ("a", "a/b")] == [0o700, 0o700]


def with_spoilt_holder(path: Path, column: str, value: str | bytes) -> Path:
    """A file that knows who holds a@x, and one column of that is spoilt."""
    receipts = opened(path)
    receipts.save_holders("userPrincipalName", {"a@x": Holder("id-a", "1 2")})
    receipts.close()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"UPDATE holder SET {column} = ?", (value,))
    return path


@pytest.mark.parametrize("since", ["x", "1e400", "-1e300", "9e99"])
def test_a_holders_time_that_is_spoilt_is_not_known_and_the_holder_is(tmp_path: Path, since: str) -> None:
    path = with_spoilt_holder(tmp_path / "r.sqlite", "since", since)
    assert opened(path).holders(["a@x"]) == {"a@x": Holder("id-a", "1 2", 0.0)}


@pytest.mark.parametrize("column", ["user_id", "source_sha256"])
def test_a_holder_that_is_spoilt_is_an_error_and_never_nobody(tmp_path: Path, column: str) -> None:
    path = with_spoilt_holder(tmp_path / "r.sqlite", column, b"\x00\xff")
    with pytest.raises(ReceiptsError, match="a record of who held a@x is damaged"):
        opened(path).holders(["a@x"])


@pytest.mark.parametrize(
    "spoilt",
    [
        {"begun_at": "x"},
        {"unseen": None},
        {"sent": "no"},
        {"sha256": 5},
        {"earlier": 5},
        {"more": 1},
        {"rendition": {"bytes": 1, "x": 2}},
    ],
)
def test_a_spoilt_record_of_a_write_under_way_is_as_good_as_none(tmp_path: Path, spoilt: dict[str, object]) -> None:
    path = tmp_path / "r.sqlite"
    receipts = opened(path)
    receipts.save([dataclasses.replace(receipt("a"), pending=Pending("s", "r", None, begun_at=5.0))])
    receipts.close()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        (text,) = db.execute("SELECT pending FROM receipt").fetchone()
        db.execute("UPDATE receipt SET pending = ?", (json.dumps({**json.loads(text), **spoilt}),))
    assert opened(path).get(["a"])["a"].pending is None


def test_who_held_a_name_is_known_whatever_names_are_matched_by_and_the_last_one_counts(tmp_path: Path) -> None:
    receipts = opened(tmp_path / "r.sqlite")
    receipts.save_holders("userPrincipalName", {"a@x": Holder("id-1", "1", 10.0), "b@x": Holder("id-2", None, 10.0)})
    receipts.save_holders("mail", {"A@x": Holder("id-3", "3", 20.0)})
    found = receipts.holders(["a@x", "b@x", "c@x"])
    assert {name: holder.user_id for name, holder in found.items()} == {"a@x": "id-3", "b@x": "id-2"}


def test_what_is_known_of_one_account_is_erased_without_a_trace_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    receipts = opened(path)
    for name in ("alice", "bob"):
        receipts.save([dataclasses.replace(receipt(f"id-{name}"), fingerprint=f"fingerprint-{name}")])
        receipts.save_users("upn", [User(f"{name}@x", f"id-{name}", "h")])
        receipts.save_holders("upn", {f"{name}@x": Holder(f"id-{name}", f"source-{name}", 5.0)})
        receipts.remember_many({f"usn:{name}@x": f'["inv", 1, 2, "hash-{name}", "id-{name}"]'})
    receipts.close()
    before = path.read_bytes()
    assert erase_account(path, "exo", "tenant", "id-alice", True) == 4
    assert path.read_bytes() == before
    assert erase_account(path, "exo", "tenant", "id-alice", False) == 4
    assert erase_account(path, "exo", "tenant", "id-alice", False) == 0
    for file in tmp_path.iterdir():
        for trace in (b"fingerprint-alice", b"source-alice", b"hash-alice"):
            assert trace not in file.read_bytes(), (file, trace)
    after = opened(path)
    assert list(after.get(["id-alice", "id-bob"])) == ["id-bob"]
    # That the name was this account's stays, so that another account of that name is held back.
    assert after.holders(["alice@x"])["alice@x"].user_id == "id-alice"
    assert after.recall_many(["usn:bob@x"])
    with pytest.raises(ReceiptsError, match="does not exist"):
        erase_account(tmp_path / "none.sqlite", "exo", "tenant", "id-alice", True)
