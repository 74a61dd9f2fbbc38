# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of preview files: the photo modules write them, the report reads them."""

from __future__ import annotations

import hashlib
import re

from .model import identity_key
from .targets import names

#: What a preview shows, if it is not the photo at a target.
DECLARED = "declared"


def kinds() -> tuple[str, ...]:
    """The possible subjects of a preview: the declared picture, or the photo at one of the targets."""
    return (DECLARED, *names())


def preview_name(kind: str, user: str) -> str:
    """The name of the file with a user's preview. It is a hash, because an identity can have characters that a file
    name cannot.
    """
    digest = hashlib.sha256(identity_key(user).encode()).hexdigest()
    return f"{kind}-{digest[:16]}.jpg"


def is_preview_name(name: str) -> bool:
    """Can ``preview_name`` have made this name?"""
    return re.fullmatch(rf"({'|'.join(map(re.escape, kinds()))})-[0-9a-f]{{16}}\.jpg", name) is not None
