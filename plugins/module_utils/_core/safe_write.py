# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes files: completely or not at all, and readable only for their owner, because photos are personal data."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import typing as t
from pathlib import Path

_PIECE = 1024 * 1024


def make_folder(folder: Path) -> bool:
    """Make a folder and the missing ones above it, each with mode 0700, whatever the umask is.

    The mode of an existing folder stays: others may need it (/var/lib). Returns True when the folder is new.
    Raises OSError; FileExistsError when something else is there.
    """
    if folder.is_dir():
        return False
    if not folder.parent.exists() and folder.parent != folder:
        make_folder(folder.parent)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not folder.is_dir():  # another process has made it meanwhile
            raise
        return False
    return True


def probe(folder: Path) -> None:
    """Can a file be written into this folder? Leaves no file there. Raises OSError when it cannot."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"x")
        file.flush()


def write_safely(path: Path, data: bytes | t.BinaryIO, *, lasting: bool = True, mode: int = 0o600) -> None:
    """Write a file that is either complete, with this mode, or not there. ``lasting`` flushes it to disk. Raises
    OSError.

    ``data`` may be a file, which is copied from its present position. An existing file is replaced and never written
    into; so a link, a named pipe or a device there does no harm.
    """
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            if isinstance(data, bytes):
                file.write(data)
            else:
                shutil.copyfileobj(data, file, _PIECE)
            if mode != 0o600:
                os.fchmod(file.fileno(), mode)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
    if not lasting:
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
