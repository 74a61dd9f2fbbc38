# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small pictures for the HTML report. The photo modules write them to a folder if this is requested."""

from __future__ import annotations

import base64
import contextlib
import typing as t
from pathlib import Path

from .._core.files import UnusableFile, read_file
from .._core.preview_names import is_preview_name, kinds, preview_name

#: A larger file is not a preview. The limit also keeps a report small enough for mail.
MAX_BYTES = 64 * 1024


def preview(folder: Path, kind: str, user: str) -> str | None:
    """A preview as a data URI; None if it is missing or cannot be shown."""
    try:
        # A link in a shared folder must not put another file into a report that is passed on.
        data, _status = read_file(folder / preview_name(kind, user), MAX_BYTES, follow=False)
    except UnusableFile:
        return None
    if not data.startswith(b"\xff\xd8\xff"):
        return None
    return "data:image/jpeg;base64," + base64.b64encode(data).decode("ascii")


def previews(folder: Path | None, users: t.Iterable[str]) -> dict[str, dict[str, str]]:
    """The previews of some users, by user, without users who have none."""
    if folder is None:
        return {}
    found = {user: {kind: uri for kind in kinds() if (uri := preview(folder, kind, user))} for user in users}
    return {user: pictures for user, pictures in found.items() if pictures}


def remove(folder: Path) -> None:
    """Remove the previews, and the folder if nothing else is in it."""
    with contextlib.suppress(OSError):
        for path in [path for path in folder.iterdir() if is_preview_name(path.name)]:
            path.unlink()
        folder.rmdir()
