# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the files of a report are written: the newest to the folder itself, each run's own to ``runs/<run>``."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import tempfile
import time
import typing as t
from pathlib import Path

from .._core import safe_write
from .._core.model import PhotoError
from .files import Made, make_folder

FILES = {
    "json": "drift.json",
    "markdown": "drift.md",
    "html": "drift.html",
    "junit": "drift.xml",
    "openmetrics": "drift.prom",
}
RUNS = "runs"
#: Seconds that a run waits for another one that writes its report there.
PATIENCE = 10.0
#: Times in a report. A report that differs only in these is the same report.
_STAMP = re.compile(
    rb"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d|^hybrid_photos_last_run_(?:timestamp|duration)_seconds\{.*$", re.MULTILINE
)


def probe(folder: Path, option: str = "dest") -> None:
    """Make the folder, and check that a report can be written there. Raises PhotoError with the reason if not."""
    make_folder(folder, option)
    try:
        safe_write.probe(folder)
    except OSError as ex:
        raise PhotoError(f"{option} {folder} cannot be written to ({ex.strerror}). Name another folder.") from ex


def save(folder: Path, texts: t.Mapping[str, Made], option: str = "dest") -> tuple[dict[str, str], bool]:
    """Write each format's text into the folder. Returns the paths by format, and whether more than a time changed."""
    make_folder(folder, option)
    paths = {name: folder / FILES[name] for name in texts}
    changed = False
    for name, text in texts.items():
        changed = changed or text.differs(paths[name], _timeless)
        text.write(paths[name])
    return {name: str(path) for name, path in paths.items()}, changed


def _timeless(text: bytes) -> bytes:
    return _STAMP.sub(b"", text)


def run_folder(dest: Path, run: str) -> Path:
    """A new folder for one run. If the name exists already, a number is added: no report replaces another."""
    name = re.sub(r"[^\w.+-]+", "-", run).strip(".-") or "run"
    number, folder = 1, dest / RUNS / name
    while not _made(folder):
        number += 1
        folder = dest / RUNS / f"{name}-{number}"
    return folder


def _made(folder: Path) -> bool:
    make_folder(folder.parent)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return False
    except OSError as ex:
        raise PhotoError(f"The folder {folder} of the report cannot be made ({ex.strerror}). Name another one.") from ex
    return True


@contextlib.contextmanager
def locked(folder: Path, option: str = "dest") -> t.Iterator[None]:
    """Other runs wait until this one has written its report there. Makes the folder.

    Raises PhotoError when the folder cannot be made. Where it cannot be locked, or is kept locked, the report is
    written without it: then two runs that end in the same moment could mix their files.
    """
    make_folder(folder, option)
    descriptor: int | None = None
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        until = time.monotonic() + PATIENCE
        while not _took(descriptor) and time.monotonic() < until:
            time.sleep(0.05)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _took(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def forget(dest: Path, keep: int, plan: Path | None, own: Path | None) -> None:
    """Remove the reports of all but the newest ``keep`` runs.

    Other files, the plan's folder and this run's own stay.
    """
    with contextlib.suppress(OSError):
        runs = [path for path in (dest / RUNS).iterdir() if path.is_dir() and not path.is_symlink() and path != own]
        runs.sort(key=lambda path: (path.stat().st_mtime_ns, path.name))
        others = keep - 1  # this run's own is the newest, whatever the clock says
        for folder in runs[:-others] if others > 0 else runs:
            if plan is None or plan.resolve().parent != folder.resolve():
                _empty(folder)


def _empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        for file in FILES.values():
            (folder / file).unlink(missing_ok=True)
        folder.rmdir()


def holds(dest: Path, plan: Path | None) -> bool:
    """Would a report in ``dest`` replace the file of the plan?"""
    if plan is None:
        return False
    return any((dest / file).exists() and (dest / file).samefile(plan) for file in FILES.values() if plan.exists())


def elsewhere() -> Path:
    """A new folder for a report that cannot be written to its own folder."""
    return Path(tempfile.mkdtemp(prefix="photo-report-"))
