# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file in which a module says how far it is, for the action plugin that follows it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path


def silent(what: str, done: int, total: int) -> None:
    """The progress of a run that nobody follows."""


class ProgressFile:
    """A file that an action plugin follows to show that a long run lives: one JSON line, replaced twice a second."""

    def __init__(self, path: Path, every: float = 0.5) -> None:
        self.path = path
        self.every = every
        self._last = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._last < self.every and done < total:
            return
        self._last = now
        new = self.path.with_name(self.path.name + ".new")
        try:
            new.write_text(json.dumps({"what": what, "done": done, "total": total, "pid": os.getpid()}))
            new.replace(self.path)
        except OSError:
            return  # progress is a courtesy; the run is not
