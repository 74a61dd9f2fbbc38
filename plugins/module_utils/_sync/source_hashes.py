# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hashes of picture files that need not be read again: what Git's index does for a work tree.

A hash stands for a file as long as its size, its two times and its inode are the ones it had when it was opened. A file
that changed so shortly before that a further change could bear the same times ("racily clean") is not remembered, and
so is read again until it has come to rest.
"""

from __future__ import annotations

import hashlib
import os
import time
import typing as t
from pathlib import Path

from .._core.files import load_file
from .._core.model import sha256

#: Steps in which file systems keep times are at most this long (FAT: two seconds), in nanoseconds.
COARSEST_STEP = 2 * 10**9


class Hashed(t.NamedTuple):
    """A file, what it looked like, and the hash of its bytes."""

    path: bytes
    stamp: str
    sha256: str

    @property
    def seal(self) -> str:
        """Over all of it: a record that does not have this seal was spoilt."""
        return hashlib.sha256(b"\0".join((self.path, self.stamp.encode(), self.sha256.encode()))).hexdigest()[:16]


def key(path: str) -> bytes | None:
    """The name under which a file is remembered; None for a name that no file can have."""
    try:
        return os.fsencode(path if path.startswith("/") else Path(path).absolute())
    except (OSError, ValueError):
        return None


def remembered(path: str, known: Hashed) -> bool:
    """Is the file still the one whose hash is known?"""
    try:
        return _stamp(os.stat(path)) == known.stamp  # noqa: PTH116 - a Path costs three times the look itself
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
