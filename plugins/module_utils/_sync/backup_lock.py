# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may write into a folder of backups, and who may remove something there.

Runs that save photos share the lock, and removing wants it alone. It is an advisory lock on a file in the folder
(flock(2)): the kernel frees it when a process ends in whatever way, so a killed run locks nobody out.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from pathlib import Path

from .._core.safe_write import make_folder

LOCK = ".lock"
#: How often a folder may be removed between two of our steps. Something that is no file there ends the loop too.
_ATTEMPTS = 20
_FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Lock:
    """A lock that is held. It is free when ``free`` is called, or when nothing refers to it any more."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def free(self) -> None:
        """Safe to call twice."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def __del__(self) -> None:
        self.free()


def shared(folder: Path) -> Lock | None:
    """For a run that saves photos: waits until nobody removes anything. Makes the folder.

    None where the file system knows no locks: a photo is saved all the same. Raises OSError when the folder cannot be
    made.
    """
    for _attempt in range(_ATTEMPTS):
        make_folder(folder)
        try:
            descriptor = os.open(folder / LOCK, _FLAGS | os.O_CREAT, 0o600)
        except FileNotFoundError:
            continue  # the folder was removed just now
        except OSError:
            return None
        lock = Lock(descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        except OSError:
            return None
        if _is_still_there(folder / LOCK, descriptor):
            return lock
        lock.free()  # it was removed with the folder while we waited
    return None


def alone(folder: Path, *, make: bool = True) -> Lock | None:
    """For removing: None when a run is saving photos there, or another process removes something.

    ``make`` False makes no file: where there is none, nobody holds a lock. Raises OSError where there are no locks.
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
