# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hashes of declared files are remembered, and a file that may have changed is always read again."""

from __future__ import annotations

import os
import sqlite3
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import (
    Definition,
    Recipe,
    Rendition,
    Source,
    SourceError,
    sha256,
)
from ansible_collections.hybrid.photos.plugins.module_utils._sync import applier, source_hashes
from ansible_collections.hybrid.photos.plugins.module_utils._sync import renditions as renditions_module
from ansible_collections.hybrid.photos.plugins.module_utils._sync.guards import Limit
from ansible_collections.hybrid.photos.plugins.module_utils._sync.options import Services, Settings
from ansible_collections.hybrid.photos.plugins.module_utils._sync.receipts import Receipts
from ansible_collections.hybrid.photos.plugins.module_utils._sync.renditions import Renditions
from ansible_collections.hybrid.photos.plugins.module_utils._sync.run import reconcile
from ansible_collections.hybrid.photos.plugins.module_utils._sync.source_hashes import Hashed
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.scripted_store import ScriptedStore, picture

DAY = 24 * 3600
EXO = Recipe(648, 4_000_000)


class Folder:
    """Declared files, a receipts file, and a clock; ``read`` names the files that the last look has read."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root / "photos"
        self.root.mkdir()
        self.receipts = root / "receipts.sqlite"
        self.ahead = 60.0
        self.read: list[str] = []
        load, clock = source_hashes.load_file, time.time

        def counted(path: str) -> tuple[bytes, os.stat_result]:
            self.read.append(Path(path).name)
            return load(path)

        monkeypatch.setattr(source_hashes, "load_file", counted)
        monkeypatch.setattr(time, "time", lambda: clock() + self.ahead)
        monkeypatch.setattr(time, "time_ns", lambda: int((clock() + self.ahead) * 10**9))

    def look(self, *names: str, read_only: bool = False) -> Renditions:
        """What a run does first."""
        self.read.clear()
        declared = [Definition(f"{n}@x", source=Source(str(self.root / n))) for n in names]
        receipts = Receipts(self.receipts, "ad", read_only)
        renditions = Renditions(Recipe(96, 10_240), declared, 2, receipts)
        for definition in declared:
            if definition.key in renditions.hashes:
                assert renditions.hashes[definition.key] == sha256((self.root / definition.user[:-2]).read_bytes())
        receipts.close()
        return renditions

    def change_records(self, statement: str, *values: t.Any) -> None:
        with sqlite3.connect(self.receipts) as db:
            db.execute(statement, values)
        db.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    made = Folder(tmp_path, monkeypatch)
    (made.root / "a").write_bytes(b"first")
    (made.root / "b").write_bytes(b"other")
    made.look("a", "b")
    assert sorted(made.read) == ["a", "b"]
    return made


def test_a_file_that_did_not_change_is_not_read_again(folder: Folder) -> None:
    folder.look("a", "b")
    assert folder.read == []


def test_a_changed_file_of_the_same_size_is_found_even_when_its_time_is_put_back(folder: Folder) -> None:
    path = folder.root / "a"
    before = path.stat()
    path.write_bytes(b"FIRST")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    folder.look("a", "b")
    assert folder.read == ["a"]


def test_a_file_that_took_the_place_of_another_is_found(folder: Folder) -> None:
    path, new = folder.root / "a", folder.root / "new"
    new.write_bytes(b"FIRST")
    os.utime(new, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    new.rename(path)
    folder.look("a", "b")
    assert folder.read == ["a"]


def test_a_link_that_leads_elsewhere_now_is_found(folder: Folder) -> None:
    link = folder.root / "link"
    link.symlink_to("a")
    folder.look("link")
    folder.look("link")
    assert folder.read == []
    link.unlink()
    link.symlink_to("b")
    folder.look("link")
    assert folder.read == ["link"]


def test_a_file_that_changed_a_moment_ago_is_read_again_until_it_has_come_to_rest(folder: Folder) -> None:
    path = folder.root / "a"
    path.write_bytes(b"FIRST")
    folder.ahead = 0.5
    for _time in range(2):
        folder.look("a")
        assert folder.read == ["a"]
    folder.ahead = 60
    folder.look("a")
    assert folder.read == ["a"]
    folder.look("a")
    assert folder.read == []


def test_a_file_that_changes_while_it_is_read_is_read_again(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder.root / "new"
    path.write_bytes(b"first")
    load = source_hashes.load_file

    def slow(name: str) -> tuple[bytes, os.stat_result]:
        loaded = load(name)
        path.write_bytes(b"FIRST")
        return loaded

    with monkeypatch.context() as patch:
        patch.setattr(source_hashes, "load_file", slow)
        receipts = Receipts(folder.receipts, "ad")
        Renditions(Recipe(96, 10_240), [Definition("x", source=Source(str(path)))], 1, receipts)
        receipts.close()
    folder.look("new")
    assert folder.read == ["new"]


def test_looking_reads_what_is_remembered_and_writes_nothing(folder: Folder) -> None:
    (folder.root / "a").write_bytes(b"FIRST")
    before = {path.name: path.read_bytes() for path in folder.receipts.parent.glob("receipts*")}
    for _time in range(2):
        folder.look("a", "b", read_only=True).close()
        assert folder.read == ["a"]
    assert {path.name: path.read_bytes() for path in folder.receipts.parent.glob("receipts*")} == before


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE source SET sha256 = 'no hash'",
        "UPDATE source SET sha256 = (SELECT max(sha256) FROM source)",
        "UPDATE source SET stamp = (SELECT max(stamp) FROM source), sha256 = (SELECT max(sha256) FROM source)",
        "UPDATE source SET seal = ''",
        "UPDATE source SET sha256 = x'00ff', stamp = 3, seal = 7",
    ],
)
def test_a_spoilt_record_is_worth_nothing(folder: Folder, spoil: str) -> None:
    folder.change_records(spoil)
    folder.look("a", "b")
    assert "a" in folder.read or "b" in folder.read
    folder.look("a", "b")
    assert folder.read == []


def test_a_wrong_hash_costs_one_run_and_never_a_photo(folder: Folder) -> None:
    path = folder.root / "a"
    path.write_bytes(picture(1))
    folder.look("a")
    receipts = Receipts(folder.receipts, "ad")
    record = receipts.hashes([os.fsencode(path)])[os.fsencode(path)]
    receipts.save_hashes([Hashed(record.path, record.stamp, "0" * 64)])
    definition = Definition("a", source=Source(str(path)))
    renditions = Renditions(Recipe(96, 10_240), [definition], 2, receipts)
    with pytest.raises(SourceError, match="run again"):
        renditions.rendition(definition)
    renditions.close()
    again = Renditions(Recipe(96, 10_240), [definition], 2, receipts)
    assert again.rendition(definition).width == 96
    receipts.close()


def test_every_file_is_read_once_a_month_and_paths_that_are_gone_are_forgotten(folder: Folder) -> None:
    folder.ahead += 31 * DAY
    folder.look("a")
    assert folder.read == ["a"]
    with sqlite3.connect(folder.receipts) as db:
        assert db.execute("SELECT path FROM source").fetchall() == [(os.fsencode(folder.root / "a"),)]
    db.close()


def test_a_file_that_is_gone_or_became_a_folder_is_refused(folder: Folder) -> None:
    (folder.root / "a").unlink()
    (folder.root / "b").unlink()
    (folder.root / "b").mkdir()
    refused = folder.look("a", "b").refused
    assert "cannot be opened" in refused["a@x"]
    assert "it is a directory" in refused["b@x"]


def test_names_that_are_no_text_and_names_from_here_are_remembered_too(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = os.fsdecode(b"\xff\xfe")
    (folder.root / odd).write_bytes(b"odd")
    monkeypatch.chdir(folder.root)
    receipts = Receipts(folder.receipts, "exo")
    declared = [Definition(n, source=Source(n)) for n in (odd, "a", "\0", "\ud800")]
    refused = Renditions(Recipe(96, 10_240), declared, 2, receipts).refused
    assert set(refused) == {"\0", "\ud800"}
    folder.read.clear()
    Renditions(Recipe(96, 10_240), declared[:2], 2, receipts)
    receipts.close()
    assert folder.read == []


def test_a_kept_rendition_keeps_its_small_copy_so_that_reading_back_decodes_nothing(folder: Folder) -> None:
    (folder.root / "a").write_bytes(picture(1))
    renditions = folder.look("a")
    declared = Definition("a@x", source=Source(str(folder.root / "a")))
    made, again = renditions.rendition(declared), renditions.rendition(declared)
    assert made.pixels is not None
    assert again is made


def test_of_more_photos_than_are_kept_each_is_rendered_once_for_the_plan_and_once_for_the_write(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rendered: list[str] = []
    render = renditions_module.render

    def counted(data: bytes, recipes: t.Sequence[Recipe], name: str) -> list[Rendition]:
        rendered.append(sha256(data))
        return render(data, recipes, name)

    names = [f"user{number}" for number in range(10)]
    store = ScriptedStore(names)
    sources = [picture(number) for number in range(9)]
    sources.append(sources[8])  # two users with the same picture
    size = max(len(render(data, [EXO], "x")[0].data) for data in sources) + renditions_module.PREPARED_BYTES
    monkeypatch.setattr(renditions_module, "render", counted)
    monkeypatch.setattr(renditions_module, "KEPT_BYTES", 4 * size)
    monkeypatch.setattr(applier, "TOGETHER", 2)
    settings = Settings(EXO, "x", Limit("a", count=99), Limit("b", count=99), patience=0.0, workers=1)
    declared = [Definition(name, source=Source(content=data)) for name, data in zip(names, sources, strict=True)]
    result = reconcile(declared, store, settings, Services())
    assert [o.verified for o in result.outcomes] == [True] * 10
    times = [rendered.count(sha256(data)) for data in sources[:9]]
    assert sum(times[:8]) <= 8 + 4  # four are kept from the beginning
    assert times[8] <= 3  # planned for two users, and written for them
