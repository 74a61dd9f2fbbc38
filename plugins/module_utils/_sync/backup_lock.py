# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock of a folder of backups: shared for runs that save photos, exclusive for removing backups.

It is an advisory lock on a file in the folder (flock(2)). The kernel releases it when a process ends for any reason, so
a killed run blocks nobody.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from pathlib import Path

from .._core.safe_write import make_folder

LOCK = ".lock"
#: How often the folder may be removed between two of our steps. Also ends the loop when the path is no ordinary file.
_ATTEMPTS = 20
_FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Lock:
    """A lock that is held. It is released when ``free`` is called, or when nothing refers to it any more."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def free(self) -> None:
        """May be called twice."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def __del__(self) -> None:
        self.free()


def shared(folder: Path) -> Lock | None:
    """The lock for a run that saves photos: waits while another process removes backups. Makes the folder.

    None where the file system has no locks: the photo is saved without one. Raises OSError when the folder cannot be
    made.
    """
    for _attempt in range(_ATTEMPTS):
        make_folder(folder)
        try:
            descriptor = os.open(folder / LOCK, _FLAGS | os.O_CREAT, 0o600)
        except FileNotFoundError:
            continue  # the folder was removed in this moment
        except OSError:
            return None
        lock = Lock(descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        except OSError:
            return None
        if _is_still_there(folder / LOCK, descriptor):
            return lock
        lock.free()  # the file was removed with the folder while we waited
    return None


def alone(folder: Path, *, make: bool = True) -> Lock | None:
    """The lock for removing: None when a run saves photos there, or another process removes backups.

    ``make`` False makes no file: if there is none, nobody holds a lock. Raises OSError where there are no locks.
    """
    try:
        descriptor = os.open(folder / LOCK, _FLAGS | (os.O_CREAT if make else 0), 0o600)
    except FileNotFoundError:
        if make:
            raise
        return Lock(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
    lock = Lock(descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None
    return lock if _is_still_there(folder / LOCK, descriptor) else None


def _is_still_there(path: Path, descriptor: int) -> bool:
    held = os.fstat(descriptor)
    try:
        there = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(held.st_mode) and (there.st_dev, there.st_ino) == (held.st_dev, held.st_ino)
