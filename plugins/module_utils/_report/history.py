# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The history: one line of JSON is appended for each run, so that a report can show drift over time.

It contains no names of people. An incomplete line (full disk, crash) is ignored; the next run begins a new line after
it.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
import time
import typing as t
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .._core.files import file_type
from .._core.json_text import loads
from .._core.model import PhotoError
from .people import percent

#: How many bytes at the end of a history are read: about 2,000 runs. The file itself has no limit.
MAX_READ = 1024 * 1024
#: How long to wait for another run that is writing its line, in seconds.
PATIENCE = 10.0
_VERSION = 1
_BEGINS = b'{"version":'
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
#: A file system without locks. There, too, a line that is appended with one call is complete.
_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS})


@dataclass(frozen=True, slots=True)
class Past:
    """A run from the history, with the values for the drawing."""

    time: datetime
    users: int
    right: int
    targets: frozenset[str]
    #: Only some of the declared users were chosen, so the figures cannot be compared with other runs.
    partial: bool = False

    @property
    def percent(self) -> float:
        """The share of people with the right photo."""
        return percent(self.right, self.users)


def line_of(report: t.Mapping[str, t.Any], run: str, seconds: float | None) -> dict[str, t.Any]:
    """The line of the history for a report."""
    people, counts = report["people"], report["counts"]
    undeclared = report["undeclared"]
    return {
        "version": _VERSION,
        "time": report["generated"],
        "run": run,
        "mode": report["mode"],
        "seconds": None if seconds is None else round(max(0.0, seconds), 3),
        "status": report["status"],
        "clean": report["clean"],
        "users": people["users"],
        "right": people["right"],
        "percent": people["percent"],
        "states": counts["states"],
        "targets": {target: counts["at"][target]["states"] for target in report["targets"]},
        "targets_not_examined": [item["target"] for item in report["targets_not_examined"]],
        "excluded": len(report["excluded"]),
        "not_chosen": report["not_chosen"],
        "undeclared": None if undeclared is None else len(undeclared),
        "digest": report["digest"],
    }


def past_of(line: t.Any) -> Past | None:
    """The run of a line; None if the line is not one of ours."""
    try:
        if line["version"] != _VERSION:
            return None
        when = datetime.fromisoformat(str(line["time"]))
        users, right, targets = line["users"], line["right"], line["targets"]
        numbers = (users, right, line["not_chosen"])
        if not all(map(_is_count, numbers)) or right > users or when.tzinfo is None:
            return None
        return Past(when, users, right, frozenset(map(str, targets)), partial=line["not_chosen"] > 0)
    except (KeyError, TypeError, ValueError):
        return None


def read(path: Path, option: str = "history") -> list[Past]:
    """The runs in the last ``MAX_READ`` bytes, oldest first. Creates the file if it is missing, but never a folder.

    ``option``: the name of the option in messages.
    Raises PhotoError when the file cannot be read and written, or has other content.
    """
    descriptor = _open(path, option)
    try:
        size = os.fstat(descriptor).st_size
        start = max(0, size - MAX_READ)
        data = os.pread(descriptor, size - start, start)
    except OSError as ex:
        raise PhotoError(f"{option} {path} cannot be read ({ex.strerror}). Name another file.") from ex
    finally:
        os.close(descriptor)
    lines = data.split(b"\n")
    if start:
        del lines[0]  # the beginning of this line was not read
    known = [past for past in map(_parsed, lines) if past is not None]
    # An incomplete first line comes from a run that was interrupted; the file is still a history.
    if not known and not _BEGINS.startswith(data.lstrip()[: len(_BEGINS)]):
        raise PhotoError(f"{option} {path} exists and is not a history of this collection. Name another file.")
    return known


def _parsed(line: bytes) -> Past | None:
    try:
        return past_of(loads(line)) if line.strip() else None
    except (ValueError, RecursionError):
        return None


def append(path: Path, line: t.Mapping[str, t.Any], option: str = "history") -> None:
    """Add a run. Raises PhotoError, also for another file. Two runs at once wait for each other."""
    read(path, option)
    data = json.dumps(line, ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode() + b"\n"
    descriptor = _open(path, option)
    try:
        _lock(descriptor, path, option)
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            data = b"\n" + data
        if os.write(descriptor, data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError as ex:
        raise PhotoError(f"{option} {path} cannot be written ({ex.strerror}). Name another file.") from ex
    finally:
        os.close(descriptor)


def _open(path: Path, option: str) -> int:
    """A descriptor to read and append. A new file is for its owner only. No folder is created: it may be a typo.

    Raises PhotoError.
    """
    try:
        descriptor = os.open(path, _FLAGS, 0o600)
    except FileNotFoundError as ex:
        raise PhotoError(
            f"{option} {path}: the folder {path.parent} does not exist. Create it, or name another file."
        ) from ex
    except OSError as ex:
        why = "it is a link" if ex.errno == errno.ELOOP else ex.strerror
        raise PhotoError(f"{option} {path} cannot be read and written ({why}). Name another file.") from ex
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise PhotoError(f"{option} {path} is {file_type(mode)}, not a file. Name another file.")
    return descriptor


def _lock(descriptor: int, path: Path, option: str) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as ex:
            if time.monotonic() >= until:
                raise PhotoError(f"{option} {path} is locked by another program. This run was not added to it.") from ex
            time.sleep(0.05)
        except OSError as ex:
            if ex.errno not in _NO_LOCKS:
                raise
            return


def comparable(history: t.Sequence[Past], targets: t.Iterable[str]) -> list[Past]:
    """The runs of all users at the same targets, oldest first."""
    asked = frozenset(targets)
    return sorted((past for past in history if past.targets == asked and not past.partial), key=lambda past: past.time)


def now_of(report: t.Mapping[str, t.Any]) -> Past:
    """A report in the form of the history."""
    people = report["people"]
    when = datetime.fromisoformat(report["generated"])
    return Past(when, people["users"], people["right"], frozenset(report["targets"]), report["not_chosen"] > 0)


def _is_count(number: t.Any) -> bool:
    """Is it a whole number of at least 0? For Python, JSON's true is an int, too."""
    return isinstance(number, int) and not isinstance(number, bool) and number >= 0
