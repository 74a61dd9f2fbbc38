# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder on the controller for the files of one run's shards."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import time
import typing as t
from pathlib import Path

from ansible import constants as C

from ..module_utils._core import rows_file
from ..module_utils._core.model import PhotoError

_NAME = "hybrid.photos"
#: Ansible's own folder of a run: its name has the process id and eight random characters.
_OF_A_RUN = re.compile(r"ansible-local-(\d+)\w{8}")
_DAY = 24 * 3600


def run_folder() -> Path:
    """The folder, with mode 0700. Creates it if it is missing. Raises OSError.

    It is in Ansible's temporary folder of this run. All processes of the run share that folder, and Ansible removes it
    at the end, also after an interruption. If a run was killed, the next run removes its folder.
    """
    folder = Path(C.DEFAULT_LOCAL_TMP) / _NAME
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return folder
    with contextlib.suppress(OSError):
        _remove_left(folder.parent.parent)
    return folder


def previews_folder() -> Path:
    """A new folder, mode 0700, for the pictures of the report. Raises OSError.

    Pictures of people are gone with the run folder, however the run ends.
    """
    folder = run_folder() / f"previews-{secrets.token_hex(12)}"
    folder.mkdir(mode=0o700)
    return folder


def keep_rows(what: str, rows: t.Iterable[t.Mapping[str, t.Any]]) -> dict[str, t.Any]:
    """Write rows to a new file in the folder. Returns the value of ``rows_file.write``. Raises PhotoError.

    ``what``: a name for the rows in the message.
    """
    try:
        return rows_file.write(run_folder(), rows)
    except OSError as error:
        raise PhotoError(
            f"{what} cannot be kept in Ansible's temporary folder ({error.strerror}). Set ANSIBLE_LOCAL_TEMP to a "
            "folder with enough room."
        ) from error


def _remove_left(place: Path) -> None:
    """Remove the folders of killed runs: at least a day old, and the process no longer exists.

    The age matters for controllers in containers with the same home: they do not see each other's processes.
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
