# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file in which a module writes its progress, for the action plugin that reads it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path


def silent(what: str, done: int, total: int) -> None:
    """A progress that nobody reads."""


class ProgressFile:
    """The progress of a long run for an action plugin: one JSON line, replaced at most twice a second."""

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
            return  # A failure to write the progress must not stop the run.
