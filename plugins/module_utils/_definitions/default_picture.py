# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the default picture of a folder before a server is called: a bad one would fail for many users."""

from __future__ import annotations

from pathlib import Path

from .._core.files import load_source
from .._core.model import PhotoError, Source
from .._core.targets import TARGETS

#: The strictest target: if its rendition can be made, so can those of the others.
RECIPE = TARGETS["ad"].recipe


def cannot_be_rendered(path: Path) -> str | None:
    """Why a run cannot use this picture, or None. Without Pillow this cannot be checked; the modules report that."""
    # Imported here: the inventory reads folders at the start of each command, and most have no default picture.
    from .._pictures.pillow import available
    from .._pictures.render import render

    try:
        available()
    except PhotoError:
        return None
    try:
        render(load_source(Source(path=str(path))), [RECIPE], path.name)
    except PhotoError as error:
        return str(error).removeprefix(f"{path}: ").removeprefix(f"{path.name}: ")
    except OSError as error:
        return f"it cannot be read ({error.strerror})"
    return None
