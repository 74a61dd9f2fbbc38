# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Room for what a report is made of: in memory, and only what is large in the temporary folder.

So the report of a small run is written also when the temporary folder is full. It may be the only place that says so.
"""

from __future__ import annotations

import contextlib
import tempfile
import typing as t

from .._core.model import PhotoError

#: Bytes of each text that stay in memory: the report of some thousand users.
IN_MEMORY = 4 * 1024 * 1024


def scratch() -> tempfile.SpooledTemporaryFile[bytes]:
    """A file without a name, so nothing is left behind however the process ends."""
    return tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)


@contextlib.contextmanager
def explained() -> t.Iterator[None]:
    """Raises PhotoError for the OSError of a temporary folder that takes no more."""
    try:
        yield
    except OSError as error:
        raise PhotoError(no_room(error.strerror or str(error))) from error


def no_room(why: str) -> str:
    """What to do about it."""
    return (
        f"the temporary folder {tempfile.gettempdir()} cannot be written to ({why}). Free space there, or set TMPDIR "
        "to a folder with enough room."
    )
