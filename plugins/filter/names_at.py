# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the roles make of two targets' answers: names for each target, and where a missing mailbox is."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._sync.people import mailbox_told, people_of


def names_at(photos: t.Iterable[t.Mapping[str, t.Any]], target: str) -> dict[str, t.Any]:
    """See names_at.yml."""
    return {str(entry["user"]): entry[target] for entry in photos if entry.get(target)}


def mailboxes_told(result: t.Mapping[str, t.Any], people: t.Any) -> dict[str, t.Any]:
    """See mailboxes_told.yml."""
    without = {str(user) for user in result.get("no_mailbox") or ()}
    try:
        known = people_of(people, "")
    except PhotoError as error:
        raise AnsibleFilterError(str(error)) from error
    if known is None or not without:
        return dict(result)
    rows = []
    for row in result["photos"]:
        person = known.get(str(row["user"])) if row["user"] in without else None
        rows.append(row if person is None else {**row, "reason": mailbox_told(known.where, person, row["reason"])})
    return {**result, "photos": rows}


class FilterModule:
    """Ansible's way to find the filters."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"names_at": names_at, "mailboxes_told": mailboxes_told}
