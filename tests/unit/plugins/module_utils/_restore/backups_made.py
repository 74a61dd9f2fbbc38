# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups as runs leave them, with the time that a test needs."""

from __future__ import annotations

import json
import typing as t
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ansible_collections.hybrid.photos.plugins.module_utils._core.model import User
from ansible_collections.hybrid.photos.plugins.module_utils._sync.backups import MANIFEST, Backups, Intended

DAY = 24.0
AUTHORITY = {"ad": "corp.test", "exchange": "corp.test", "exo": "tenant"}


def saved(folder: Path, run: str, *users: str | tuple[str, str], target: str = "ad", hours: float = 48.0) -> None:
    """A run that saved a photo of each user, so many hours ago. A user is a name, or a name and an id."""
    backups = Backups(folder, target, run)
    backups.authority = AUTHORITY[target]
    for user in users:
        name, id_ = user if isinstance(user, tuple) else (user, f"{target}-{user}")
        account = User(name, id_, "handle")
        path = backups.save(account, f"photo of {id_} in {run}".encode(), "tag", "why", Intended("hash", "print"))
        backups.done(account, path, "after")
    backups.close()
    move(folder, hours)


def move(folder: Path, hours: float) -> None:
    """Move the time of all that a manifest says."""
    lines = []
    for line in (folder / MANIFEST).read_text().splitlines():
        says = json.loads(line) if line else {}
        if says.get("event") == "saved" and datetime.fromisoformat(says["time"]) > datetime.now(UTC) - timedelta(
            hours=0.02
        ):
            says["time"] = (datetime.now(UTC) - timedelta(hours=hours)).isoformat()
        lines.append(json.dumps(says) if says else "")
    (folder / MANIFEST).write_text("\n".join(lines) + "\n")


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return sorted(path.name for path in folder.iterdir())


def content(folder: Path) -> dict[str, t.Any]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
