# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the files of a run into variables for a role: entries of users, rows of a result."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.hybrid.photos.plugins.module_utils._core import rows_file
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError, identity_key
from ansible_collections.hybrid.photos.plugins.plugin_utils.text import no_templates


def chosen_photos(told: t.Any, users: t.Sequence[str] | None = None) -> list[dict[str, t.Any]]:
    """See chosen_photos.yml."""
    try:
        entries: list[dict[str, t.Any]] = no_templates(list(rows_file.items(told, "photos")))
    except PhotoError as error:
        raise AnsibleFilterError(str(error)) from error
    if users is None:
        return entries
    keys = {identity_key(str(user)) for user in users}
    return [entry for entry in entries if identity_key(str(entry["user"])) in keys]


def rows_of(result: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """See rows_of.yml."""
    try:
        return list(no_templates(rows_file.whole(result).get("photos")) or ())
    except PhotoError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Ansible's way to find the filters."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"chosen_photos": chosen_photos, "rows_of": rows_of}
