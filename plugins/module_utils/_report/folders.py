# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the files of a report go: the newest in the folder itself, and each run's own in ``runs/<run>``."""

from __future__ import annotations

import contextlib
import re
import tempfile
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
#: Times in a report, which do not make it another one.
_STAMP = re.compile(
    rb"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d|^hybrid_photos_last_run_(?:timestamp|duration)_seconds\{.*$", re.MULTILINE
)


def probe(folder: Path, option: str = "dest") -> None:
    """Make the folder, and find out whether a report could be written there. Raises PhotoError that says why not."""
    make_folder(folder, option)
    try:
        safe_write.probe(folder)
    except OSError as ex:
        raise PhotoError(f"{option} {folder} cannot be written to ({ex.strerror}). Name another folder.") from ex


def save(folder: Path, texts: t.Mapping[str, Made], option: str = "dest") -> tuple[dict[str, str], bool]:
    """Write each format's text into the folder. Its paths by format, and whether anything but a time changed."""
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
    """A new folder for one run. A run of a name that is there already gets a number: no report replaces another."""
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


def forget(dest: Path, keep: int, plan: Path | None) -> None:
    """Remove the reports of all but the newest ``keep`` runs. Other files, and the plan's folder, stay."""
    with contextlib.suppress(OSError):
        runs = [path for path in (dest / RUNS).iterdir() if path.is_dir() and not path.is_symlink()]
        runs.sort(key=lambda path: (path.stat().st_mtime_ns, path.name))
        for folder in runs[:-keep] if keep else runs:
            if plan is None or plan.resolve().parent != folder.resolve():
                _empty(folder)


def _empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        for file in FILES.values():
            (folder / file).unlink(missing_ok=True)
        folder.rmdir()


def holds(dest: Path, plan: Path | None) -> bool:
    """Is the plan one of the files that a report in ``dest`` would replace?"""
    if plan is None:
        return False
    return any((dest / file).exists() and (dest / file).samefile(plan) for file in FILES.values() if plan.exists())


def elsewhere() -> Path:
    """A new folder for a report that cannot be written where it should be."""
    return Path(tempfile.mkdtemp(prefix="photo-report-"))
