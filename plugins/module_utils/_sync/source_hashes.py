# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hashes of picture files that need not be read again: as Git's index does it for a work tree.

A hash is valid as long as the file's size, its two times and its inode are those that it had when it was opened. A file
that was changed so recently that another change could have the same times ("racily clean") is not remembered; it is
read again in later runs until its times are old enough.
"""

from __future__ import annotations

import hashlib
import os
import time
import typing as t
from pathlib import Path

from .._core.files import load_file
from .._core.model import sha256

#: The coarsest resolution of file times in a file system (FAT: two seconds), in nanoseconds.
COARSEST_STEP = 2 * 10**9


class Hashed(t.NamedTuple):
    """A file, its size, times and inode, and the hash of its bytes."""

    path: bytes
    stamp: str
    sha256: str

    @property
    def seal(self) -> str:
        """A checksum of the record: a record without it was damaged."""
        return hashlib.sha256(b"\0".join((self.path, self.stamp.encode(), self.sha256.encode()))).hexdigest()[:16]


def key(path: str) -> bytes | None:
    """The key under which a file is remembered; None for a name that no file can have."""
    try:
        return os.fsencode(path if path.startswith("/") else Path(path).absolute())
    except (OSError, ValueError):
        return None


def remembered(path: str, known: Hashed) -> bool:
    """Is the file still the one whose hash is known?"""
    try:
        return _stamp(os.stat(path)) == known.stamp  # noqa: PTH116 - a Path takes three times as long
    except (OSError, ValueError):
        return False


def hash_file(path: str) -> tuple[str, Hashed | None]:
    """The hash of a file, and what may be remembered of it. Raises SourceError."""
    began = time.time_ns()
    data, status = load_file(path)
    digest, name = sha256(data), key(path)
    at_rest = max(status.st_mtime_ns, status.st_ctime_ns) < began - COARSEST_STEP
    return digest, Hashed(name, _stamp(status), digest) if at_rest and name is not None else None


def _stamp(status: os.stat_result) -> str:
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"
