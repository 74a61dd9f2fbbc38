# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing a report: whole or not at all, for its owner only, and not again when nothing changed."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from .._core.model import PhotoError


def make_folder(folder: Path) -> bool:
    """Make the folder, closed to others when it is new (reports carry pictures of people). True: it is new."""
    if folder.is_dir():
        return False
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError as ex:
        raise PhotoError(f"dest: {folder} is there and is no folder. Name another one.") from ex
    except OSError as ex:
        raise PhotoError(f"dest: the folder {folder} cannot be made ({ex.strerror}).") from ex
    return True


def present(path: Path) -> str | None:
    """What a file holds now; None when it is not there or no text of ours."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def write(path: Path, text: str) -> None:
    """Replace a file in one step, so that a reader sees the old report or the new one, never half of one."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as ex:
        raise PhotoError(f"dest: {path.parent} cannot be written to ({ex.strerror}).") from ex
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(name).replace(path)
    except OSError as ex:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise PhotoError(f"dest: {path} cannot be written ({ex.strerror}).") from ex
