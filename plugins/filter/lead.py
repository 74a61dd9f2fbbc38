# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes the results of the leading side for the role lead."""

from __future__ import annotations

import typing as t

from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._export import leading


def lead_complaint(settings: t.Mapping[str, t.Any]) -> str:
    """See lead_complaint.yml."""
    try:
        size = int(settings["shard_size"])
    except (TypeError, ValueError):
        return f"lead_shard_size is {settings['shard_size']!r:.80}; give a number of users from 1 up"
    first, match_by, follow_by, limit = (str(settings[name]) for name in ("from", "match_by", "follow_by", "limit"))
    chosen = [target for target, texts in settings.get("chosen", {}).items() if texts]
    return leading.complaint(leading.Settings(first, list(settings["to"]), match_by, follow_by, size, limit, chosen))


def lead_shards(
    listing: t.Mapping[str, t.Any],
    size: t.Any,
    following: t.Sequence[t.Mapping[str, t.Any]] = (),
    follow_by: str = "",
    taken: t.Sequence[str] = (),
) -> dict[str, t.Any]:
    """See lead_shards.yml."""
    try:
        users, outside = leading.chosen(listing, following, follow_by)
    except PhotoError as error:
        # Ansible would show a failed filter with all its templates, so the role shows the message in its own task.
        return {"shards": [], "users": [], "outside": 0, "problem": str(error)}
    return {"shards": leading.shards(users, int(size), set(taken)), "users": users, "outside": outside, "problem": ""}


def lead_photos(rows: t.Sequence[t.Mapping[str, t.Any]], absent: bool = False) -> list[dict[str, t.Any]]:
    """See lead_photos.yml."""
    return leading.photos(rows, absent)


def lead_joined(found: t.Mapping[str, t.Any], more: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """See lead_joined.yml."""
    return leading.joined(found, more)


class FilterModule:
    """Ansible's way to find the filters."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {
            "lead_complaint": lead_complaint,
            "lead_joined": lead_joined,
            "lead_photos": lead_photos,
            "lead_shards": lead_shards,
        }
