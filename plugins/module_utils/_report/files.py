# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing a report: complete or not at all, readable only by its owner, and not again if nothing changed."""

from __future__ import annotations

import itertools
import typing as t
from pathlib import Path

from .._core import safe_write
from .._core.files import UnusableFile, open_file, read_file
from .._core.model import PhotoError
from .scratch import explained, scratch

#: A larger file is not one of our reports, and is replaced.
_MAX_REPORT = 1024 * 1024 * 1024


def make_folder(folder: Path, named: str = "The report's folder") -> bool:
    """Make the folder. Returns True if it is new; only its owner can use it then, since reports show people's photos.

    ``named``: the option that names the folder. Raises PhotoError.
    """
    try:
        return safe_write.make_folder(folder)
    except FileExistsError as ex:
        raise PhotoError(f"{named} {folder} exists and is not a folder. Name another one.") from ex
    except OSError as ex:
        raise PhotoError(f"{named} {folder} cannot be made ({ex.strerror}). Name another one.") from ex


def present(path: Path) -> str | None:
    """The present text of a file; None when it does not exist or is not a text that we wrote."""
    try:
        return read_file(path, _MAX_REPORT)[0].decode()
    except (UnusableFile, UnicodeDecodeError):
        return None


def write(path: Path, text: str) -> None:
    """Replace a file in one step."""
    Made([text]).write(path)


class Made:
    """The text of a report before it is written to its place; it is in memory or in a temporary file."""

    def __init__(self, pieces: t.Iterable[str]) -> None:
        """Raises the errors of ``pieces``, and PhotoError when the temporary folder is full."""
        self._file = scratch()
        with explained():
            for piece in pieces:
                self._file.write(piece.encode("utf-8"))
            self._file.flush()

    def differs(self, path: Path, timeless: t.Callable[[bytes], bytes]) -> bool:
        """Is the content of the file different (times are ignored), or can it not be read?"""
        self._file.seek(0)
        try:
            with open_file(path) as there:
                pairs = itertools.zip_longest(self._file, there)
                return any(mine != its and timeless(mine or b"") != timeless(its or b"") for mine, its in pairs)
        except (UnusableFile, OSError):
            return True

    def write(self, path: Path) -> None:
        """Replace a file in one step: a reader sees the old report or the new one, never an incomplete one."""
        self._file.seek(0)
        try:
            safe_write.write_safely(path, t.cast("t.BinaryIO", self._file), lasting=False)
        except OSError as ex:
            raise PhotoError(f"The report {path} cannot be written ({ex.strerror}). Name another folder.") from ex
