# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads which pictures of a definitions folder an export wrote."""

from __future__ import annotations

from pathlib import Path

from .._core.files import UnusableFile, read_file
from .._core.json_text import loads

#: The file in which an export records what it wrote. It is in the folder itself.
RECORD = ".photos-export.json"
#: Enough for half a million users.
MAX_RECORD_BYTES = 256 * 1024 * 1024


def exported(root: Path) -> frozenset[str]:
    """SHA-256 of the pictures that an export wrote, in hex; empty when there is no readable record."""
    try:
        record = loads(read_file(root / RECORD, MAX_RECORD_BYTES, inside=root)[0])
        return frozenset(str(user["seen"]["sha256"]) for user in record["users"])
    except (UnusableFile, ValueError, KeyError, TypeError, RecursionError):
        return frozenset()
