# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The changes of a plan, in the form of the photo modules' option ``approved``."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.hybrid.photos.plugins.module_utils._core import rows_file
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError, identity_key
from ansible_collections.hybrid.photos.plugins.module_utils._core.results import Row, approval, from_result
from ansible_collections.hybrid.photos.plugins.module_utils._report.plan import parse, planned_changes


def approved_changes(
    plan: t.Any, target: str, users: t.Any = None, shared: t.Mapping[str, t.Any] | None = None
) -> list[dict[str, t.Any]]:
    """See approved_changes.yml."""
    try:
        keys = None if users is None else {identity_key(user) for user in _names(users)}
        held = {identity_key(str(user)) for user in shared or ()}
        return [
            each
            for each in _approvals(plan, target)
            if (keys is None or identity_key(each["user"]) in keys)
            and not (each["action"] == "put" and identity_key(each["user"]) in held)
        ]
    except PhotoError as error:
        raise AnsibleFilterError(str(error)) from error


def _approvals(plan: t.Any, target: str) -> t.Iterable[dict[str, t.Any]]:
    if isinstance(plan, t.Mapping) and plan.keys() >= {"path", "sha256"}:
        return rows_file.read(plan)
    of_task = isinstance(plan, t.Mapping) and _RESULT & plan.keys()
    return map(approval, _of_result(plan, target) if of_task else _of_report(plan, target))


#: Keys that only the result of a task has.
_RESULT = frozenset({"photos", "rows_file", "msg", "skipped", "skip_reason"})


def _names(users: t.Any) -> t.Iterable[str]:
    if isinstance(users, t.Mapping):
        return (str(entry["user"]) for entry in rows_file.items(users, "photos"))
    return map(str, users)


def _of_result(result: t.Mapping[str, t.Any], target: str) -> list[Row]:
    """The changes of a result; none if it has no rows."""
    photos = rows_file.whole(result).get("photos") or ()
    rows = [from_result(row, target, f"photos[{number}]") for number, row in enumerate(photos)]
    return [row for row in rows if row.action != "none"]


def _of_report(text: t.Any, target: str) -> list[Row]:
    return planned_changes(parse(str(text)), target)


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"approved_changes": approved_changes}
