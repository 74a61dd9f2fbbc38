# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users that a run left out, and users with a photo at a target and without a definition."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass

from .._core.choice import choose
from .._core.model import PhotoError, identity_key
from .._core.results import plain, text
from .._core.targets import checked_name, names
from .._core.text import in_one_line
from .gather import Gathered, Message


@dataclass(frozen=True, slots=True)
class Undeclared:
    """A photo at a target whose user has no definition."""

    user: str
    target: str
    id: str | None = None
    label: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        """For the report."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Scope:
    """``excluded``: declared users who were excluded by name. ``not_chosen``: how many other users were not chosen.

    ``undeclared`` None: it was not requested. ``notes``: further messages of the report, none of them a failure.
    """

    excluded: tuple[str, ...] = ()
    not_chosen: int = 0
    undeclared: tuple[Undeclared, ...] | None = None
    notes: tuple[str, ...] = ()


def find_undeclared(
    everyone: t.Iterable[t.Mapping[str, t.Any]],
    gathered: Gathered,
    declared: t.Iterable[str],
    exclude: t.Sequence[str] = (),
) -> tuple[Undeclared, ...]:
    """Users with a photo who are not declared. ``everyone``: results of the info modules without ``users``.

    An account counts as declared when a row of the run has its id, or when a definition has its name. ``exclude``:
    patterns of names that are ignored. A target that could not be read becomes a message of the report.
    Raises PhotoError for anything that is not a result of an info module.
    """
    # If only the default picture is declared and the user has an own photo, that photo is not declared.
    ids: set[tuple[str, str]] = set()
    keys = {identity_key(str(user)) for user in declared}
    for row in gathered.rows.values():
        if not row.own_photo:
            keys.add(row.key)
            if row.id is not None:
                ids.add((row.target, row.id))
    found: list[Undeclared] = []
    for result in everyone:
        if result.get("skipped"):
            continue
        target = checked_name(result.get("target"), "everyone")
        photos = result.get("photos")
        if not isinstance(photos, (list, tuple)):
            why = in_one_line(text(result.get("msg")) or "the module returned no photos")
            gathered.messages.append(Message(f"Undeclared photos are not known: {why}", target))
            continue
        if said := text(result.get("msg")):
            gathered.messages.append(Message(f"Some undeclared photos may be missing: {in_one_line(said)}", target))
        for photo in photos:
            if not isinstance(photo, t.Mapping) or "has_photo" not in photo or not photo.get("user"):
                raise PhotoError("everyone must hold what the info modules returned")
            user, identity = plain(photo["user"]), text(photo.get("id"))
            if photo["has_photo"] and (target, identity) not in ids and identity_key(user) not in keys:
                found.append(Undeclared(user, target, identity, text(photo.get("label"))))
    left = set(choose([each.user for each in found], exclude=exclude).chosen)
    order = {name: number for number, name in enumerate(names())}
    kept = [each for each in found if each.user in left]
    return tuple(sorted(kept, key=lambda each: (identity_key(each.user), order[each.target])))
