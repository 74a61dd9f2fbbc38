# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run is asked for, and what it may keep and tell."""

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
    """What a run was asked for. ``patience`` is how many seconds verification waits for a service that lags."""

    recipe: Recipe
    match_by: str
    max_replaced: Limit
    max_removed: Limit
    max_added: Limit | None = None
    check: bool = False
    #: Stop before the first write, and yet remember in the receipts what was found to be the same.
    plan_only: bool = False
    on_foreign_change: OnForeignChange = "overwrite"
    shared_pictures: SharedPictures = "allow"
    #: What messages put before the name of an option: a role names its own variables.
    option_prefix: str = ""
    #: Definition keys whose name may lead to another account than before.
    confirmed: frozenset[str] = frozenset()
    #: Say of each user the department or unit, which memory does not know.
    grouped: bool = False
    verify: bool = True
    patience: float = 15.0
    workers: int = field(default_factory=lambda: min(8, os.cpu_count() or 1))

    @property
    def limits(self) -> Limits:
        """The guards' limits together."""
        return Limits(self.max_replaced, self.max_removed, self.max_added)


@dataclass(frozen=True, slots=True)
class Services:
    """What a run may keep and tell. Every part may be missing."""

    receipts: Receipts | None = None
    backups: Backups | None = None
    previews: Previews | None = None
    progress: Progress = lambda what, done, total: None
