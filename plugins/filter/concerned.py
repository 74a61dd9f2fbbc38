# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chooses the users of a run from those that a host declares."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.hybrid.photos.plugins.module_utils._core.choice import choose, refuse_unusable
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._core.option_names import called
from ansible_collections.hybrid.photos.plugins.module_utils._core.rows_file import concerns


def concerned(
    photos: t.Any, only: t.Sequence[str] = (), exclude: t.Sequence[str] = (), prefix: str = ""
) -> dict[str, t.Any]:
    """See concerned.yml."""
    try:
        refuse_unusable(called("only", prefix), map(str, only))
        refuse_unusable(called("exclude", prefix), map(str, exclude))
    except PhotoError as error:
        raise AnsibleFilterError(str(error)) from error
    try:
        by_user = {str(entry["user"]): entry for entry in photos}
    except (TypeError, KeyError) as error:
        raise AnsibleFilterError(
            "photos must be a list of entries such as {user: alice@example.com, src: alice.jpg}"
        ) from error
    # The entries are returned unchanged, so that text marked as unsafe keeps its mark.
    choice = choose([str(entry["user"]) for entry in photos], list(map(str, only)), list(map(str, exclude)))
    chosen = set(choice.chosen)
    return {
        "photos": [entry for entry in photos if str(entry["user"]) in chosen],
        "excluded": [by_user[user]["user"] for user in choice.excluded],
        "not_chosen": len(choice.others),
        "matched": sorted(choice.matched),
    }


def declared_at(photos: t.Iterable[t.Mapping[str, t.Any]], target: str, expected: bool = False) -> list[t.Any]:
    """See declared_at.yml."""
    here = [entry for entry in photos if concerns(entry, target)]
    if expected:
        here = [entry for entry in here if entry.get("state") != "absent" and not entry.get("known_problems")]
    return [entry["user"] for entry in here]


class FilterModule:
    """Ansible's way to find the filters."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"concerned": concerned, "declared_at": declared_at}
