# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guards for all shards of a play together, before the first write to any target."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from dataclasses import dataclass, field

from .._core.model import Change
from .._core.option_names import called
from .._core.results import Row
from .._core.targets import names, title
from .._sync.guards import Base, Limit, Limits, complaints, refusal, shared_reason
from .gather import gather
from .rows import Rows

ARGUMENTS: dict[str, t.Any] = {
    "results": {"type": "list", "elements": "dict", "required": True},
    "max_replaced": {"type": "str", "default": "30%"},
    "max_removed": {"type": "str", "default": "10%"},
    "max_added": {"type": "str"},
    "shared_pictures": {"type": "str", "choices": ["allow", "refuse"], "default": "allow"},
    "prefix": {"type": "str", "default": ""},
}


def judge(options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """``allowed``, and the figures by target. Raises PhotoError for a limit or results that cannot be read.

    ``prefix``: what messages put before the name of a limit, so that they name the variable of a role.

    Each target is judged by its own figures, because totals would hide many changes at one target.
    """
    prefix = str(options.get("prefix") or "")
    added = options.get("max_added")
    limits = Limits(
        Limit.parse(called("max_replaced", prefix), str(options["max_replaced"])),
        Limit.parse(called("max_removed", prefix), str(options["max_removed"])),
        Limit.parse(called("max_added", prefix), str(added)) if added else None,
    )
    gathered = gather(options["results"])
    held = shared(gathered.rows) if options.get("shared_pictures") == "refuse" else {}
    targets = {target: _Planned(Base(0, 0, 0)) for target in names()}
    for row in gathered.rows.values():
        targets[row.target].add(held_back(row, held, prefix))
    found = [said for each in targets.values() if (said := complaints(each.changes, each.base, limits))]
    return {
        "allowed": not found,
        "figures": {target: each.figures for target, each in targets.items()},
        "shared": held,
        "msg": refusal(found) if found else "The plan is within limits.",
    }


def shared(rows: Rows) -> dict[str, list[str]]:
    """Users whose planned picture is declared for other users, too, with these other users.

    A photo module sees only the users of its own shard; here are those of all shards. The default picture is not
    counted, because it is meant for many users.
    """
    by_picture: dict[str, dict[str, str]] = defaultdict(dict)
    planned: dict[str, str] = {}
    several = _of_several(rows)
    for row in rows.values() if several else ():
        if row.source_sha256 is not None and not row.default and _short(row.source_sha256) in several:
            by_picture[row.source_sha256][row.key] = row.user
            if row.action == "put":
                planned[row.key] = row.source_sha256
    found: dict[str, list[str]] = {}
    for key, picture in planned.items():
        others = [user for other, user in sorted(by_picture[picture].items()) if other != key]
        if others:
            found[by_picture[picture][key]] = others
    return found


def _of_several(rows: Rows) -> set[int]:
    """Pictures that several users have, each as a number, to save memory: there may be several hundred thousand."""
    once: set[int] = set()
    several: set[int] = set()
    for _key, of_user in rows.by_user():
        mine = {_short(row.source_sha256) for row in of_user if row.source_sha256 is not None and not row.default}
        several |= mine & once
        once |= mine
    return several


def _short(picture: str) -> int:
    """A number for a picture. Pictures with the same number are compared by their whole hash."""
    return hash(picture)


def held_back(row: Row, held: t.Mapping[str, t.Sequence[str]], prefix: str) -> Row:
    """The row without its put if its picture is declared for other users, too, with the photo modules' own reason."""
    others = held.get(row.user)
    if not others or row.action != "put":
        return row
    why = f"{row.user}: {shared_reason(others, prefix)}"
    return row._replace(drift="invalid", action="none", changed=False, reason=why, shared_with=tuple(others))


@dataclass(slots=True)
class _Planned:
    """The changes planned at one target, and the base for percentages."""

    base: Base
    changes: list[tuple[str, Change]] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Add a row. A row in short form has no reason: the user is in sync and counts as having a photo."""
        present = row.observed is not None or (row.drift == "in_sync" and not row.reason)
        base = self.base
        self.base = Base(base.checked + 1, base.present + present, base.unanswered + row.no_answer)
        if row.action != "none":
            change = Change(row.drift, row.action, row.reason, row.foreign, replaces=_replaces(row))
            self.changes.append((f"{row.user} ({title(row.target)})", change))

    @property
    def figures(self) -> dict[str, int]:
        """For the result."""
        changes = [change for _user, change in self.changes]
        losing = [change for change in changes if change.replaces]
        removed = sum(change.action == "remove" for change in losing)
        return {
            "checked": self.base.checked,
            "replaced": len(losing) - removed,
            "removed": removed,
            "added": sum(change.action == "put" and not change.replaces for change in changes),
        }


def _replaces(row: Row) -> bool:
    """Would the planned change of this user overwrite or remove a photo?"""
    return row.action != "none" and row.observed is not None


def hold_back_shared(rows: Rows, held: t.Mapping[str, t.Sequence[str]], prefix: str) -> None:
    """Hold back pictures that are declared for users of several shards. ``held``: see ``shared``."""
    for key, row in rows.items() if held else ():
        if (without := held_back(row, held, prefix)) is not row:
            rows[key] = without
