# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds definitions that lead to the same account, because one of them gives the user another name at a target."""

from __future__ import annotations

import typing as t

from .._core.model import Definition, identity_key
from .._core.targets import TARGETS


class Clash(t.NamedTuple):
    """Two definitions of one account. ``later`` uses a name that ``earlier`` already has."""

    later: Definition
    earlier: Definition
    target: str
    name: str

    @property
    def line(self) -> int | None:
        """The line of photos.yml that gives the name."""
        line = self.later.origin.rpartition(":")[2]
        return int(line) if line.isdecimal() else None

    def __str__(self) -> str:
        where = f" ({self.earlier.origin})" if self.earlier.origin else ""
        return (
            f"{self.later.user} is {self.name} at {self.target}, and so is {self.earlier.user}{where}; no account has "
            "two definitions, so keep one of them or correct the name"
        )


def clashes(definitions: t.Sequence[Definition]) -> t.Iterator[Clash]:
    """Every pair of definitions that names one account at a target. Users without other names never conflict."""
    if not any(definition.accounts for definition in definitions):
        return
    for target in TARGETS:
        here = [d for d in definitions if not d.targets or target in d.targets]
        # Users with a name of their own come last, so that the message shows their line.
        owners: dict[str, Definition] = {}
        for definition in sorted(here, key=lambda d: d.named_at(target) != d.user):
            name = definition.named_at(target)
            earlier = owners.setdefault(identity_key(name), definition)
            if earlier is not definition:
                yield Clash(definition, earlier, target, name)
