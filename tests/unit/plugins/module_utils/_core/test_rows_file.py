# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of a shard by file: only a file that is whole, and as it was written, is read."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core import rows_file
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError

ROWS = [{"user": "älice@x", "n": 1}, {"user": "bob\n@x", "n": 2}, {"user": "half\udcff"}]


@pytest.fixture
def told(tmp_path: Path) -> dict[str, t.Any]:
    return rows_file.write(tmp_path, ROWS)


def test_rows_come_back_in_their_order(told: dict[str, t.Any]) -> None:
    assert list(rows_file.read(told)) == ROWS
    assert told["rows"] == 3


def test_no_rows_are_a_whole_file_too(tmp_path: Path) -> None:
    assert list(rows_file.read(rows_file.write(tmp_path, []))) == []


def test_only_its_owner_may_read_it_whatever_the_umask_is(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        told = rows_file.write(tmp_path, ROWS)
    finally:
        os.umask(before)
    assert Path(told["path"]).stat().st_mode & 0o777 == 0o600


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


def _cut_between_lines(path: Path) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))


def _row_less(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:1], *lines[2:]]))


def _changed(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"n":1', b'"n":7'))


def _changed_with_its_hash(path: Path) -> None:
    other = rows_file.write(path.parent, [{"user": "eve"}, {"user": "eve"}, {"user": "eve"}])
    Path(other["path"]).replace(path)


def _link(path: Path) -> None:
    path.rename(path.with_suffix(".real"))
    path.symlink_to(path.with_suffix(".real"))


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (Path.unlink, "cannot be opened"),
        (_cut, "its end is missing"),
        (_cut_between_lines, "its end is missing"),
        (lambda path: path.write_bytes(b""), "its end is missing"),
        (_row_less, "it has 2 rows, and the task wrote 3"),
        (_changed, "it was changed"),
        (_changed_with_its_hash, "it was changed"),
        (_link, "cannot be opened"),
        (_pipe, "a named pipe"),
    ],
)
def test_a_file_that_is_not_as_it_was_written_gives_no_row(
    told: dict[str, t.Any], harm: t.Callable[[Path], t.Any], said: str
) -> None:
    harm(Path(told["path"]))
    with pytest.raises(PhotoError, match=said):
        next(rows_file.read(told))


@pytest.mark.parametrize("wrong", [{"rows": 2}, {"sha256": "0" * 64}, {"rows": None}, {"path": None}])
def test_what_the_task_said_must_agree_with_the_file(told: dict[str, t.Any], wrong: dict[str, t.Any]) -> None:
    with pytest.raises(PhotoError):
        next(rows_file.read({**told, **wrong}))


@pytest.mark.parametrize("nothing", [None, "path", []])
def test_a_result_that_names_no_file_gives_no_row(nothing: t.Any) -> None:
    with pytest.raises(PhotoError):
        rows_file.read(nothing)


def test_a_line_that_is_no_row_is_not_taken_for_one(tmp_path: Path) -> None:
    for text in ("[1]\n", "{\n"):
        with pytest.raises(PhotoError, match="no row"):
            list(rows_file.read(rows_file.write_text(tmp_path, text)))


def test_a_result_comes_back_as_it_was_packed(tmp_path: Path) -> None:
    result = {"photos": ROWS, "in_sync": [["x", "1"]], "left_out": ["y"], "msg": "m"}
    for packed in (rows_file.in_one_text(result), result):
        told = rows_file.pack(tmp_path, packed)
        assert told.keys() == {"msg", "rows_file"}
        assert rows_file.whole(told).items() >= result.items()
        assert rows_file.unpack(packed) == result


def test_a_result_without_rows_is_left_as_it_is(tmp_path: Path) -> None:
    assert rows_file.pack(tmp_path, {"msg": "m"}) == rows_file.unpack({"msg": "m"}) == {"msg": "m"}
    assert list(tmp_path.iterdir()) == []
