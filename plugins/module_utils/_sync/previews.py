# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small copies of declared and observed pictures of drifting users, for the HTML report. Nothing is kept for others.

A preview is named after the target that it shows and the user: ``ad-<16 hex>.jpg``, ``exo-…``, ``declared-…``.
"""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

from .._core.model import Observation, Outcome, PhotoError, Recipe, SourceError
from .._core.preview_names import DECLARED, preview_name
from .._core.safe_write import make_folder, write_safely
from .._pictures.render import render
from .renditions import Renditions

RECIPE = Recipe(size=120, max_bytes=12_000, crop="none")


class Previews:
    """A folder of previews. Raises PhotoError when it cannot be made; a single failed preview is left out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._declared: set[str] = set()
        self._lock = threading.Lock()
        try:
            make_folder(folder)
        except OSError as error:
            raise PhotoError(f"the folder for previews {folder} cannot be made: {error.strerror}") from error

    def keep(self, outcome: Outcome, seen: Observation, renditions: Renditions) -> None:
        """Write the previews of one user for which there are pictures."""
        if outcome.change.drift == "in_sync":
            return
        user = outcome.definition.user
        if seen.picture is not None:
            self._write(preview_name(outcome.target, user), seen.picture)
        if outcome.definition.source is None or outcome.change.drift == "invalid":
            return
        with self._lock:
            if user in self._declared:
                return
            self._declared.add(user)
        with contextlib.suppress(SourceError, KeyError):
            self._write(preview_name(DECLARED, user), renditions.rendition(outcome.definition).data)

    def _write(self, name: str, picture: bytes) -> None:
        with contextlib.suppress(SourceError, OSError):
            write_safely(self.folder / name, render(picture, [RECIPE], name)[0].data, lasting=False)
