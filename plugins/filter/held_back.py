# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan without the pictures that are declared for several users."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._report.guard import hold_back


def held_back(results: t.Any, shared: t.Mapping[str, t.Sequence[str]], prefix: str = "") -> list[dict[str, t.Any]]:
    """See held_back.yml."""
    try:
        return hold_back(results, shared, prefix)
    except PhotoError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"held_back": held_back}
