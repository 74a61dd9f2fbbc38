# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backup folders, for code that removes photos there.

Only folders with a manifest are changed, and in them only files with names that this collection gives. Links are never
followed, neither links to folders nor links to files.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._core.json_text import loads
from .._core.safe_write import write_safely
from .._core.targets import names
from .._sync.backups import ENDED, MANIFEST, BackupError, Saved, examine_lines, manifest_bytes

#: The name that backups.py gives a photo, and the start of the name of an incomplete photo from a killed run.
_PICTURE = re.compile(r"\d{8}T\d{6}\.\d{6}Z\.jpg")
_UNFINISHED = ".new-"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a manifest: its bytes and its content; None if the content cannot be read."""

    raw: bytes
    says: dict[str, t.Any] | None

    def about(self, name: str) -> str:
        """The text of a field, or an empty text."""
        return str((self.says or {}).get(name, ""))


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with a manifest: its backups, its lines, and the problem if it cannot be used."""

    folder: Path
    saved: tuple[Saved, ...] = ()
    entries: tuple[Entry, ...] = ()
    problem: str = ""

    def ended(self, run: str) -> bool:
        """Does the manifest say that this run has ended?"""
        return any(entry.about("event") == ENDED and entry.about("run") == run for entry in self.entries)

    def write(self, entries: t.Sequence[Entry]) -> None:
        """Replace the manifest in one step. Raises OSError."""
        write_safely(self.folder / MANIFEST, b"".join(b"\n" + entry.raw + b"\n" for entry in entries))


def places(folder: Path) -> list[Place]:
    """The folder itself and the folders in it, if they have a manifest; none if the folder does not exist.

    Raises BackupError.
    """
    found = [folder] if _has_manifest(folder) else []
    try:
        found += sorted(child for child in folder.iterdir() if _has_manifest(child))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise BackupError(f"{folder} cannot be read ({error.strerror}); name a folder with backups") from error
    return [read_place(each) for each in found]


def read_place(folder: Path) -> Place:
    """A folder with a manifest. If the manifest cannot be read or parsed, ``problem`` says so."""
    try:
        data = manifest_bytes(folder, follow=False)
    except BackupError as error:
        return Place(folder, problem=str(error))
    saved, findings = examine_lines(folder, data)
    return Place(folder, tuple(saved), tuple(entries_of(data)), str(findings[0]) if findings else "")


def entries_of(data: bytes) -> t.Iterator[Entry]:
    """The complete lines of a manifest, or of a similar file."""
    lines = (line.rstrip() for line in data.split(b"\n"))
    return (Entry(line, _said(line)) for line in lines if line.endswith(b"}"))


def _said(line: bytes) -> dict[str, t.Any] | None:
    try:
        says = loads(line.decode("utf-8", "replace"))
    except ValueError:
        return None
    return says if isinstance(says, dict) else None


def _has_manifest(folder: Path) -> bool:
    try:
        there = os.lstat(folder), os.lstat(folder / MANIFEST)
    except OSError:
        return False
    return stat.S_ISDIR(there[0].st_mode) and stat.S_ISREG(there[1].st_mode)


def pictures(
    place: Path, spared: t.Collection[str], *, only: tuple[str, str] | None = None, until: str | None = None
) -> list[str]:
    """Our photos in a place, also of a killed run, as ``<target>/<id>/<file>``; without those in ``spared``.

    ``only``: target and folder of one account. ``until``: a file name; photos that were saved later are left out.
    """
    found: list[str] = []
    targets = [only[0]] if only else list(names())
    for target in targets:
        for account in [only[1]] if only else _listed(place, target):
            for file in _listed(place, target, account):
                name = f"{target}/{account}/{file}"
                if name in spared:
                    continue
                if file.startswith(_UNFINISHED) or (_PICTURE.fullmatch(file) and (until is None or file <= until)):
                    found.append(name)
    return found


def unlink(place: Path, files: t.Iterable[str]) -> int:
    """Remove photos that ``pictures`` found, and the empty folders. Returns the number of photos. Raises OSError."""
    removed = 0
    folders = set()
    for name in files:
        target, account, file = name.split("/")
        folders.add((target, account))
        with contextlib.suppress(FileNotFoundError), _opened(place, target, account) as folder:
            os.unlink(file, dir_fd=folder)
            removed += 1
    for target, account in sorted(folders):
        _remove_empty(place, target, account)
    for target in sorted({target for target, _account in folders}):
        _remove_empty(place, target)
    return removed


def remove_empty(place: Path) -> None:
    """Remove the folders of accounts and of targets that are empty."""
    for target in names():
        for account in _listed(place, target):
            _remove_empty(place, target, account)
        _remove_empty(place, target)


def _listed(place: Path, *below: str) -> list[str]:
    """The names in a folder; none if it is a link or not a folder."""
    with (
        contextlib.suppress(NotADirectoryError, FileNotFoundError),
        _opened(place, *below) as folder,
        os.scandir(folder) as entries,
    ):
        return sorted(entry.name for entry in entries)
    return []


def _remove_empty(place: Path, *below: str) -> None:
    with contextlib.suppress(OSError), _opened(place, *below[:-1]) as folder:
        os.rmdir(below[-1], dir_fd=folder)


@contextlib.contextmanager
def _opened(place: Path, *below: str) -> t.Iterator[int]:
    """A descriptor of a folder below a place. Raises OSError, also for a link."""
    descriptor = os.open(place, _FOLDER)
    try:
        for part in below:
            following = os.open(part, _FOLDER, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = following
        yield descriptor
    finally:
        os.close(descriptor)
