# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small pictures for the HTML report, which the photo modules leave in a folder when they are asked to."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import typing as t
from pathlib import Path

from .._core.files import UnusableFile, read_file
from .._core.model import identity_key

#: Anything larger is no preview, and a report stays something that can be sent by mail.
MAX_BYTES = 64 * 1024
Kind = t.Literal["declared", "ad", "exo"]
KINDS: tuple[Kind, ...] = ("declared", "ad", "exo")
_NAME = re.compile(rf"({'|'.join(KINDS)})-[0-9a-f]{{16}}\.jpg")


def preview_name(kind: Kind, user: str) -> str:
    """The file that holds a user's preview. A hash, since an identity may hold what a file name may not."""
    digest = hashlib.sha256(identity_key(user).encode()).hexdigest()
    return f"{kind}-{digest[:16]}.jpg"


def preview(folder: Path, kind: Kind, user: str) -> str | None:
    """A preview as a data URI; None when there is none that can be shown."""
    try:
        # A link in a shared folder must not bring another file into a report that is passed on.
        data, _status = read_file(folder / preview_name(kind, user), MAX_BYTES, follow=False)
    except UnusableFile:
        return None
    if not data.startswith(b"\xff\xd8\xff"):
        return None
    return "data:image/jpeg;base64," + base64.b64encode(data).decode("ascii")


def previews(folder: Path | None, users: t.Iterable[str]) -> dict[str, dict[Kind, str]]:
    """The previews of some users, by user; who has none is not in it."""
    if folder is None:
        return {}
    found = {user: {kind: uri for kind in KINDS if (uri := preview(folder, kind, user))} for user in users}
    return {user: pictures for user, pictures in found.items() if pictures}


def remove(folder: Path) -> None:
    """Remove the previews, and the folder when nothing else is in it."""
    with contextlib.suppress(OSError):
        for path in [path for path in folder.iterdir() if _NAME.fullmatch(path.name)]:
            path.unlink()
        folder.rmdir()
