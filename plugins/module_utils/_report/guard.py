# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guards over all shards of a play, before the first write on any target."""

from __future__ import annotations

import typing as t

from .._core.model import Change
from .._core.results import Row
from .._core.targets import names, title
from .._sync.guards import Base, Limit, Limits, guard
from .gather import gather

ARGUMENTS: dict[str, t.Any] = {
    "results": {"type": "list", "elements": "dict", "required": True},
    "max_replaced": {"type": "str", "default": "30%"},
    "max_removed": {"type": "str", "default": "10%"},
    "prefix": {"type": "str", "default": ""},
}


def judge(options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """``allowed`` and, by target, the figures. Raises PhotoError for a limit or results that cannot be read.

    ``prefix`` is what a message puts before the name of a limit, so that a role can name its own variable.

    Each target is judged by its own figures: changes of one target must not be hidden by another.
    """
    prefix = str(options.get("prefix") or "")
    limits = Limits(
        Limit.parse(prefix + "max_replaced", str(options["max_replaced"])),
        Limit.parse(prefix + "max_removed", str(options["max_removed"])),
    )
    gathered = gather(options["results"])
    complaints: list[str] = []
    figures: dict[str, dict[str, int]] = {}
    for target in names():
        rows = [row for row in gathered.rows.values() if row.target == target]
        changes = [
            (
                f"{row.user} ({title(target)})",
                Change(row.drift, row.action, row.reason, row.foreign, replaces=_replaces(row)),
            )
            for row in rows
        ]
        losing = [change for _user, change in changes if change.replaces]
        removed = sum(change.action == "remove" for change in losing)
        figures[target] = {"checked": len(rows), "replaced": len(losing) - removed, "removed": removed}
        complaint = guard(changes, _base(rows), limits)
        if complaint is not None:
            complaints.append(complaint)
    return {"allowed": not complaints, "figures": figures, "msg": " ".join(complaints) or "The plan is within limits."}


def _base(rows: t.Sequence[Row]) -> Base:
    """What percentages are of. A row in short form has no reason: that user is in sync, and counts as a photo."""
    present = sum(row.observed is not None or (row.drift == "in_sync" and not row.reason) for row in rows)
    return Base(len(rows), present, sum(row.no_answer for row in rows))


def _replaces(row: Row) -> bool:
    """Would a photo be lost by what is planned for this user?"""
    return row.action != "none" and row.observed is not None
