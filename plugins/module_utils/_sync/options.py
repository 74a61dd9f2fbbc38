# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of a run, and the services that it may use."""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass, field

from .._core.model import OnForeignChange, Recipe
from .backups import Backups
from .guards import Limit, Limits
from .previews import Previews
from .receipts import Receipts

Progress = t.Callable[[str, int, int], None]
SharedPictures = t.Literal["allow", "refuse"]


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a run. ``patience``: how many seconds verification waits for a service with a delay."""

    recipe: Recipe
    match_by: str
    max_replaced: Limit
    max_removed: Limit
    max_added: Limit | None = None
    check: bool = False
    #: Stop before the first write, but record in the receipts which photos were found to be the same.
    plan_only: bool = False
    on_foreign_change: OnForeignChange = "overwrite"
    shared_pictures: SharedPictures = "allow"
    #: Put before the name of an option in messages: a role names its own variables.
    option_prefix: str = ""
    #: Keys of definitions whose name may now lead to another account than before.
    confirmed: frozenset[str] = frozenset()
    #: Find each user's department or unit, which receipts do not have.
    grouped: bool = False
    verify: bool = True
    patience: float = 15.0
    workers: int = field(default_factory=lambda: min(8, os.cpu_count() or 1))

    @property
    def limits(self) -> Limits:
        """The limits of the guards, together."""
        return Limits(self.max_replaced, self.max_removed, self.max_added)


@dataclass(frozen=True, slots=True)
class Services:
    """The services of a run. Each may be missing."""

    receipts: Receipts | None = None
    backups: Backups | None = None
    previews: Previews | None = None
    progress: Progress = lambda what, done, total: None
