# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a restore in words."""

from __future__ import annotations

import typing as t

from ansible_collections.hybrid.photos.plugins.module_utils._restore.told import lines, named


def restored(
    results: t.Sequence[dict[str, t.Any]], plan: dict[str, t.Any], check: bool = False
) -> dict[str, list[t.Any]]:
    """See restored.yml."""
    known = [named(result, plan[str(result["target"])]["names"]) for result in results if result.get("target")]
    told = lines(
        known,
        plan["problems"],
        check,
        excluded=plan.get("excluded", ()),
        erased=plan.get("erased", ()),
        first_left=plan.get("first_left", 0),
    )
    return {"results": known, "lines": told}


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"restored": restored}
