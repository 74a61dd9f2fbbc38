# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a file whose path may lead to anything. Every file that another person may have put there is read here.

Such a path may lead to a named pipe (reading waits for ever), to a device without an end, to a place outside the
folder, or to a file that grows. Writing is in safe_write.py.
"""

from __future__ import annotations

import os
import stat
import typing as t
from pathlib import Path

from .model import PhotoError, Source, SourceElsewhere, SourceError

MAX_FILE_BYTES = 64 * 1024 * 1024
_PIECE = 1024 * 1024
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class UnusableFile(PhotoError):
    """A file that is not read. ``why`` is the message without the path; ``missing``: there is no such file.

    ``kind``: what the path leads to instead, such as "a named pipe".
    """

    def __init__(self, path: str, why: str, *, missing: bool = False, kind: str | None = None) -> None:
        super().__init__(f"{path}: {why}")
        self.why = why
        self.missing = missing
        self.kind = kind


class TooLarge(UnusableFile):
    """A file with more bytes than the limit. ``bytes``: its size as far as it is known."""

    def __init__(self, path: str, count: int, limit: int) -> None:
        super().__init__(path, f"it has {count:,} bytes, more than the {limit:,} that are read")
        self.bytes = count


def load_source(source: Source, max_file_bytes: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of a source. Raises SourceError for anything but a readable, ordinary, non-empty file within the limit.

    Never waits: a FIFO without a writer is refused, not read.
    """
    if not source.at_hand:
        raise SourceElsewhere("only the hash of the picture was given (source_sha256); give src or content")
    if source.content is None:
        return load_file(source.name, max_file_bytes)[0]
    return _checked(source.content, source.name, max_file_bytes)


def load_file(path: str, max_file_bytes: int = MAX_FILE_BYTES) -> tuple[bytes, os.stat_result]:
    """The bytes of a file as ``load_source`` gives them, and its status (os.stat_result) when it was opened."""
    try:
        data, status = read_file(path, max_file_bytes)
    except TooLarge as error:
        raise SourceError(too_many_bytes(path, error.bytes, max_file_bytes)) from error
    except UnusableFile as error:
        if error.kind is not None:
            raise SourceError(f"{path}: it is {error.kind}, not a picture file; name a file") from error
        advice = "check the path and its permissions, on the host that runs the module"
        raise SourceError(f"{path}: {error.why}; {advice}") from error
    return _checked(data, path, max_file_bytes), status


def read_file(
    path: str | Path, limit: int, *, inside: Path | None = None, follow: bool = True
) -> tuple[bytes, os.stat_result]:
    """The bytes of an ordinary file of at most ``limit`` bytes, and its status when it was opened.

    ``inside``: with all links followed, the file must lie in this folder, also when somebody replaces a link meanwhile.
    ``follow``: False refuses a file that is itself a link.
    Raises UnusableFile, whose text has nothing of the content. Never waits for a writer.
    """
    name = str(path)
    descriptor = _open(path, inside, follow)
    try:
        status = os.fstat(descriptor)
        if status.st_size > limit:
            raise TooLarge(name, status.st_size, limit)
        data = _read(descriptor, status.st_size + 1, limit)
    except OSError as error:
        raise UnusableFile(name, f"it cannot be read ({error.strerror})") from error
    finally:
        os.close(descriptor)
    if len(data) > limit:
        raise TooLarge(name, len(data), limit)
    return data, status


def open_file(path: str | Path) -> t.BinaryIO:
    """An ordinary file, open for reading. Raises UnusableFile for anything else; never waits for a writer."""
    return open(_open(path, None, True), "rb")


def _open(path: str | Path, inside: Path | None, follow: bool) -> int:
    """A descriptor of an ordinary file. Raises UnusableFile."""
    name = str(path)
    try:
        if inside is not None:
            descriptor = _open_inside(Path(path), inside, follow)
        else:
            descriptor = os.open(path, _FLAGS if follow else _FLAGS | os.O_NOFOLLOW)
    except (OSError, ValueError, RuntimeError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        missing = isinstance(error, (FileNotFoundError, NotADirectoryError))
        raise UnusableFile(name, f"it cannot be opened ({why})", missing=missing) from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise UnusableFile(name, f"it is {file_type(mode)}, not a file", kind=file_type(mode))
    return descriptor


def _open_inside(path: Path, folder: Path, follow: bool) -> int:
    """A descriptor of a file below a folder. It is opened folder by folder, so that no link is followed that is put
    there now.
    """
    root = folder.resolve()
    target = path.resolve() if follow else path.parent.resolve() / path.name
    if not target.is_relative_to(root) or target == root:
        raise UnusableFile(str(path), f"it leads out of the folder {folder}")
    *parents, last = target.relative_to(root).parts
    below = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for parent in parents:
            following = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=below)
            os.close(below)
            below = following
        return os.open(last, _FLAGS | os.O_NOFOLLOW, dir_fd=below)
    finally:
        os.close(below)


def _read(descriptor: int, expected: int, limit: int) -> bytes:
    """All bytes of a file, or a few more than the limit when it grows. A file object would take twice the time."""
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


def file_type(mode: int) -> str:
    """What is there instead of an ordinary file, in words for a message."""
    for test, words in (
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISLNK, "a link"),
    ):
        if test(mode):
            return words
    return "not an ordinary file"


def too_many_bytes(name: str, count: int, limit: int) -> str:
    """The text of a message about a picture over the limit."""
    return f"{name}: it has {count:,} bytes, more than the {limit:,} that are read; commit a smaller picture"
