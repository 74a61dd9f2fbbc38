# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The changes of a plan as the option ``approved`` of the photo modules takes them."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError, identity_key
from ansible_collections.hybrid.photos.plugins.module_utils._report.plan import approved, parse


def approved_changes(plan: t.Any, target: str, users: t.Sequence[str] | None = None) -> list[dict[str, t.Any]]:
    """See approved_changes.yml."""
    try:
        changes = _of_result(plan) if isinstance(plan, dict) and "photos" in plan else _of_report(plan, target)
    except PhotoError as error:
        raise AnsibleFilterError(str(error)) from error
    if users is None:
        return changes
    keys = {identity_key(str(user)) for user in users}
    return [change for change in changes if identity_key(change["user"]) in keys]


def _of_result(result: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    return [
        {
            "user": str(row["user"]),
            "action": str(row["action"]),
            "tag": None if row["observed"] is None else row["observed"].get("etag") or row["observed"].get("sha256"),
            "source_sha256": row["source"]["sha256"] if row["action"] == "put" else None,
            "id": row["id"],
        }
        for row in result["photos"]
        if row["action"] != "none"
    ]


def _of_report(text: t.Any, target: str) -> list[dict[str, t.Any]]:
    if target not in ("ad", "exo"):
        raise PhotoError(f"approved_changes: the target is ad or exo, not {target!r}")
    return [
        {
            "user": change.user,
            "action": change.action,
            "tag": change.observed,
            "source_sha256": change.source_sha256,
            "id": change.id,
        }
        for change in approved(parse(str(text)), t.cast(t.Any, target))
    ]


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"approved_changes": approved_changes}
