# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder on the controller for what the shards of one run keep in files."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
import typing as t
from pathlib import Path

from ansible import constants as C

from ..module_utils._core import rows_file
from ..module_utils._core.model import PhotoError

_NAME = "hybrid.photos"
#: Ansible's own folder of a run: the number of its process, and eight characters that nobody can guess.
_OF_A_RUN = re.compile(r"ansible-local-(\d+)\w{8}")
_DAY = 24 * 3600


def run_folder() -> Path:
    """The folder, mode 0700, made when it is not there. Raises OSError.

    It is in Ansible's own temporary folder of this run, which all processes of the run share, and which Ansible removes
    at the end, also of a run that is interrupted. Of a run that was killed, the next one removes it.
    """
    folder = Path(C.DEFAULT_LOCAL_TMP) / _NAME
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return folder
    with contextlib.suppress(OSError):
        _remove_left(folder.parent.parent)
    return folder


def keep_rows(what: str, rows: t.Iterable[t.Mapping[str, t.Any]]) -> dict[str, t.Any]:
    """A new file there, as ``rows_file.write`` tells of it. Raises PhotoError, which names ``what`` the rows are."""
    try:
        return rows_file.write(run_folder(), rows)
    except OSError as error:
        raise PhotoError(
            f"{what} cannot be kept in Ansible's temporary folder ({error.strerror}). Set ANSIBLE_LOCAL_TEMP to a "
            "folder with enough room."
        ) from error


def _remove_left(place: Path) -> None:
    """Remove what killed runs left behind: at least a day old, and of a process that is gone.

    The age is for controllers in containers that share a home: they do not see each other's processes.
    """
    for folder in place.iterdir():
        found = _OF_A_RUN.fullmatch(folder.name)
        left = folder / _NAME
        if found is None or not left.is_dir() or left.is_symlink() or folder.is_symlink():
            continue
        if left.stat().st_mtime < time.time() - _DAY and not _lives(int(found[1])):
            shutil.rmtree(left, ignore_errors=True)
            with contextlib.suppress(OSError):
                folder.rmdir()


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
