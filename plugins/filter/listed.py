# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a list of a value that may be given as text."""

from __future__ import annotations

import typing as t

from ansible_collections.hybrid.photos.plugins.plugin_utils.role_values import listed


class FilterModule:
    """Ansible's way to find the filters."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"listed": listed}
