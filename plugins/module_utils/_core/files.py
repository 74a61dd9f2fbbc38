# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bytes of a source picture, from a path that may lead to anything."""

from __future__ import annotations

import os
import stat

from .model import Source, SourceError

MAX_FILE_BYTES = 64 * 1024 * 1024
_PIECE = 1024 * 1024


def load_source(source: Source, max_file_bytes: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of a source. SourceError for whatever is not a readable, ordinary, non-empty file within the limit.

    Never waits: a FIFO without a writer is refused, not read.
    """
    if source.content is None:
        return load_file(source.name, max_file_bytes)[0]
    return _checked(source.content, source.name, max_file_bytes)


def load_file(path: str, max_file_bytes: int = MAX_FILE_BYTES) -> tuple[bytes, os.stat_result]:
    """The bytes of a file as ``load_source`` gives them, and what the file looked like when it was opened."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise SourceError(f"{path}: it cannot be opened ({why}); check the path and its permissions") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise SourceError(f"{path}: it is {_file_type(status.st_mode)}, not a picture file; name a file")
        if status.st_size > max_file_bytes:
            raise SourceError(too_many_bytes(path, status.st_size, max_file_bytes))
        data = _read(descriptor, status.st_size + 1, max_file_bytes)
    except OSError as error:
        raise SourceError(f"{path}: it cannot be read ({error.strerror}); check the disk it is on") from error
    finally:
        os.close(descriptor)
    return _checked(data, path, max_file_bytes), status


def _read(descriptor: int, expected: int, limit: int) -> bytes:
    """All of a file, or a little more than the limit of one that grows. A file object would cost twice the time."""
    data = os.read(descriptor, expected)
    if len(data) == expected - 1:
        return data
    grown = bytearray(data)
    while len(grown) <= limit and (more := os.read(descriptor, _PIECE)):
        grown += more
    return bytes(grown)


def _checked(data: bytes, name: str, limit: int) -> bytes:
    if not data:
        raise SourceError(f"{name}: it is empty (0 bytes); put a picture there or declare state absent")
    if len(data) > limit:
        raise SourceError(too_many_bytes(name, len(data), limit))
    return data


def _file_type(mode: int) -> str:
    for test, words in (
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
        (stat.S_ISSOCK, "a socket"),
    ):
        if test(mode):
            return words
    return "no ordinary file"


def too_many_bytes(name: str, count: int, limit: int) -> str:
    """What a message says about a file over the limit."""
    return f"{name}: it has {count:,} bytes, more than the {limit:,} that are read; commit a smaller picture"
