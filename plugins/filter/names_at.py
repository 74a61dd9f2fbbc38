# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of users at one target, from the definitions."""

from __future__ import annotations

import typing as t


def names_at(photos: t.Iterable[t.Mapping[str, t.Any]], target: str) -> dict[str, t.Any]:
    """See names_at.yml."""
    return {str(entry["user"]): entry[target] for entry in photos if entry.get(target)}


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"names_at": names_at}
