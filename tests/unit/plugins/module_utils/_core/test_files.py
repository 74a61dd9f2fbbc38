# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that others may have put there are read whole, from where they should be, and never without an end."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core import files
from ansible_collections.hybrid.photos.plugins.module_utils._core.files import TooLarge, UnusableFile, read_file
from ansible_collections.hybrid.photos.plugins.module_utils._core.safe_write import make_folder, write_safely


@pytest.fixture
def open_umask() -> t.Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "folder"
    (inside / "below").mkdir(parents=True)
    (inside / "below" / "file").write_bytes(b"inside")
    (tmp_path / "secret").write_bytes(b"s3cret")
    return inside


def test_a_file_and_links_within_the_folder_are_read(folder: Path) -> None:
    (folder / "link").symlink_to("below/file")
    (folder / "way").symlink_to("below")
    for name in ("below/file", "link", "way/file", "below/../below/file"):
        assert read_file(folder / name, 10)[0] == b"inside"
        assert read_file(folder / name, 10, inside=folder)[0] == b"inside"


def test_what_leads_out_of_the_folder_is_not_read(folder: Path) -> None:
    (folder / "link").symlink_to("../secret")
    (folder / "far").symlink_to(folder.parent / "secret")
    (folder / "way").symlink_to("..")
    for name in ("link", "far", "way/secret", "../secret", "."):
        with pytest.raises(UnusableFile, match="leads out of the folder") as caught:
            read_file(folder / name, 10, inside=folder)
        assert "s3cret" not in str(caught.value)


def test_a_link_that_is_put_there_between_look_and_opening_is_not_followed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.resolve

    def resolve(path: Path, strict: bool = False) -> Path:
        found = real(path, strict)
        if path.name == "file":
            path.unlink()
            path.symlink_to(folder.parent / "secret")
        return found

    monkeypatch.setattr(Path, "resolve", resolve)
    with pytest.raises(UnusableFile, match="cannot be opened"):
        read_file(folder / "below" / "file", 10, inside=folder)


def test_a_folder_that_becomes_a_link_meanwhile_is_not_followed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = folder.parent / "other"
    other.mkdir()
    (other / "file").write_bytes(b"s3cret")
    real = Path.resolve

    def resolve(path: Path, strict: bool = False) -> Path:
        found = real(path, strict)
        if path.name == "file":
            (folder / "below").rename(folder / "was")
            (folder / "below").symlink_to(other)
        return found

    monkeypatch.setattr(Path, "resolve", resolve)
    with pytest.raises(UnusableFile, match="cannot be opened"):
        read_file(folder / "below" / "file", 10, inside=folder)


def test_a_link_can_be_refused_wherever_it_leads(folder: Path) -> None:
    (folder / "link").symlink_to("below/file")
    with pytest.raises(UnusableFile, match="cannot be opened"):
        read_file(folder / "link", 10, follow=False)
    (folder / "near").symlink_to(folder / "below" / "file")
    with pytest.raises(UnusableFile, match="cannot be opened"):
        read_file(folder / "near", 10, inside=folder, follow=False)
    assert read_file(folder / "below" / "file", 10, inside=folder, follow=False)[0] == b"inside"


@pytest.mark.parametrize("inside", [True, False])
def test_pipes_folders_and_devices_are_refused_without_waiting(folder: Path, inside: bool) -> None:
    os.mkfifo(folder / "pipe")
    place = folder if inside else None
    with pytest.raises(UnusableFile, match="it is a named pipe"):
        read_file(folder / "pipe", 10, inside=place)
    with pytest.raises(UnusableFile, match="it is a directory"):
        read_file(folder / "below", 10, inside=place)


def test_a_device_is_refused(folder: Path) -> None:
    (folder / "zero").symlink_to("/dev/zero")
    with pytest.raises(UnusableFile, match="it is a device"):
        read_file(folder / "zero", 10)
    with pytest.raises(UnusableFile, match="leads out"):
        read_file(folder / "zero", 10, inside=folder)


def test_a_file_over_the_limit_is_refused_also_when_it_grows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TooLarge, match="it has 6 bytes, more than the 5"):
        read_file(folder / "below" / "file", 5)
    pieces = [b"inside!", b"more", b""]
    monkeypatch.setattr(files.os, "read", lambda _descriptor, _count: pieces.pop(0))
    with pytest.raises(TooLarge):
        read_file(folder / "below" / "file", 8)


def test_a_file_that_is_not_there_is_told_apart(folder: Path) -> None:
    for name in ("nothing", "below/file/further"):
        for inside in (folder, None):
            with pytest.raises(UnusableFile) as caught:
                read_file(folder / name, 10, inside=inside)
            assert caught.value.missing
    with pytest.raises(UnusableFile) as caught:
        read_file(str(folder) + "/a\0b", 10)
    assert not caught.value.missing


# --- writing ---


@pytest.mark.usefixtures("open_umask")
def test_every_folder_that_is_made_is_its_owners_and_one_that_was_there_keeps_its_rights(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o777)
    assert make_folder(shared / "a" / "b" / "c")
    assert not make_folder(shared / "a" / "b" / "c")
    for made in ("a", "a/b", "a/b/c"):
        assert (shared / made).stat().st_mode & 0o777 == 0o700
    assert shared.stat().st_mode & 0o777 == 0o777


def test_a_folder_cannot_be_made_where_something_else_is(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to("nowhere")
    with pytest.raises(FileExistsError):
        make_folder(tmp_path / "file")
    with pytest.raises(NotADirectoryError):
        make_folder(tmp_path / "file" / "below")
    with pytest.raises(FileExistsError):
        make_folder(tmp_path / "dangling")


@pytest.mark.usefixtures("open_umask")
def test_a_link_or_a_pipe_in_a_files_place_is_replaced_and_not_written_into(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to("../secret")
    for name in ("pipe", "link"):
        write_safely(folder / name, b"new", lasting=False)
        assert (folder / name).read_bytes() == b"new"
        assert not (folder / name).is_symlink()
        assert (folder / name).stat().st_mode & 0o777 == 0o600
    assert (folder.parent / "secret").read_bytes() == b"s3cret"
    assert sorted(path.name for path in folder.iterdir()) == ["below", "link", "pipe"]
