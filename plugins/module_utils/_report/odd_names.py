# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users who were not found, and whose picture file has a name like that of a copy, or a second extension."""

from __future__ import annotations

from .._definitions.ignored import odd_names
from .gather import Gathered


def tell_odd_names(gathered: Gathered) -> None:
    """Add the message of ``validate`` about the file's name to the reason of such a user."""
    for key, row in gathered.rows.items():
        # The origin of a user who is not in photos.yml is the name of the picture file.
        for odd in odd_names([row.origin]) if row.drift == "unresolved" and row.origin else ():
            gathered.rows[key] = row._replace(reason=f"{row.reason}; {odd.file}: {odd.why}")
