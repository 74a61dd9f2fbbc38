# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds variables that look as if they were meant for a role, but that the role does not have."""

from __future__ import annotations

import difflib
import functools
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible.parsing.dataloader import DataLoader

ROLES = Path(__file__).resolve().parents[2] / "roles"
#: How similar two names must be, from 0 to 1: for a suggestion; to refuse a variable with the role's prefix (only the
#: rest of the name is compared); to refuse one with another prefix or without a prefix.
LIKE, ALIKE, VERY_LIKE = 0.6, 0.75, 0.85
#: Names that many playbooks use and that only look like ours.
OF_OTHERS = frozenset({"validate_certs"})


@dataclass(frozen=True, slots=True)
class Unknown:
    """A variable that the role does not have. ``meant``: the most similar existing name, if there is one."""

    name: str
    meant: str | None

    def __str__(self) -> str:
        return f"{self.name} (did you mean {self.meant}?)" if self.meant else self.name


@functools.cache
def _specification(role: str) -> t.Mapping[str, t.Any]:
    spec: t.Mapping[str, t.Any] = DataLoader().load_from_file(str(ROLES / role / "meta/argument_specs.yml"))
    return spec


def known_variables(role: str) -> frozenset[str]:
    """The names of all variables in a role's argument specification."""
    return frozenset(
        str(name) for entry in _specification(role)["argument_specs"].values() for name in entry["options"]
    )


def options_of(role: str) -> t.Mapping[str, t.Mapping[str, t.Any]]:
    """The variables of a role with their argument specifications."""
    options: t.Mapping[str, t.Mapping[str, t.Any]] = _specification(role)["argument_specs"]["main"]["options"]
    return options


def all_roles() -> tuple[str, ...]:
    """The names of our roles."""
    return tuple(sorted(path.parent.parent.name for path in ROLES.glob("*/meta/argument_specs.yml")))


def meant_for_role(
    role: str, known: t.Collection[str], variables: t.Iterable[str], extra: t.Collection[str], *, ours_alone: bool
) -> tuple[list[Unknown], list[Unknown]]:
    """The variables to refuse, and the variables for a warning.

    ``extra``: the variables given with ``-e``, which are for this call; the others may belong to other roles.
    ``ours_alone``: the playbook is one of this collection, so ``-e`` cannot be meant for anything else.

    With the role's prefix, a variable is refused if it is given with ``-e`` or if its name is similar to one of the
    role's; otherwise there is a warning. Without the prefix, it is refused if it is given with ``-e`` and its name is
    one of the role's without the prefix, or very similar to one.
    """
    prefix = f"{role}_"
    rests = {name.removeprefix(prefix): name for name in known}
    others = tuple(f"{other}_" for other in all_roles() if other != role)
    refused: list[Unknown] = []
    doubtful: list[Unknown] = []
    for name in sorted(set(variables) - set(known) - OF_OTHERS):
        if name.startswith(prefix):
            rest = name.removeprefix(prefix)
            found = Unknown(name, _nearest(rest, rests, LIKE))
            (refused if name in extra or _nearest(rest, rests, ALIKE) else doubtful).append(found)
        elif name in extra and not name.startswith(others):
            # A single word such as "users" may be a variable of the user's playbook.
            if name in rests and (ours_alone or "_" in name):
                refused.append(Unknown(name, rests[name]))
            elif near := _nearest(name, {each: each for each in known}, VERY_LIKE):
                refused.append(Unknown(name, near))
    return refused, doubtful


@dataclass(frozen=True, slots=True)
class OfAnother:
    """A variable of a role that this call does not run.

    ``meant``: the matching variable of the role that it runs, if there is one. ``right``: the nearest name that there
    is, or None if ``name`` is one.
    """

    name: str
    role: str
    meant: str | None
    right: str | None = None

    def refusal(self) -> str | None:
        """Why the call is refused, or None: then a warning is enough."""
        if self.right is not None and self.right == self.meant:
            return f"No role knows a variable {self.name} (did you mean {self.right}?)"
        if self.right is not None:
            where = f"It is of the role {self.role}, which this call does not run"
            return f"No role knows a variable {self.name} (did you mean {self.right}? {where})"
        if self.meant:
            return f"{self.name} is a variable of the role {self.role}, which this call does not run; give {self.meant}"
        return None


def of_other_roles(
    role: str, roles: t.Collection[str], typed: t.Iterable[str], extra: t.Collection[str]
) -> list[OfAnother]:
    """Variables in the command of this call that belong to a role that it does not run, also misspelled ones.

    ``roles``: the roles that the call runs. ``typed``: names in the command itself. ``extra``: all variables given with
    ``-e``. A variable is not reported if the matching variable of the right role is given, too.
    """
    rests = {name.removeprefix(f"{role}_"): name for name in known_variables(role)}
    found: list[OfAnother] = []
    for name in sorted(set(typed)):
        other = name.partition("_")[0]
        if other in roles or other not in all_roles():
            continue
        theirs = _nearest(name, {each: each for each in known_variables(other)}, ALIKE)
        if theirs is None:
            continue
        meant = rests.get(theirs.removeprefix(f"{other}_"))
        if name != theirs:
            found.append(OfAnother(name, other, meant, meant or theirs))
        elif meant is None or meant not in extra:
            found.append(OfAnother(name, other, meant))
    return found


def did_you_mean(name: str, among: t.Iterable[str]) -> str:
    """A part of a message that names the most similar of some names; empty if none is similar."""
    found = difflib.get_close_matches(name, list(among), 1, LIKE)
    return f" (did you mean {found[0]}?)" if found else ""


def _nearest(name: str, among: t.Mapping[str, str], like: float) -> str | None:
    found = difflib.get_close_matches(name, among, 1, like)
    return among[found[0]] if found else None
