# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users who were not found, and whose picture has a name that a copy or a second ending has changed."""

from __future__ import annotations

from dataclasses import replace

from .._definitions.ignored import odd_names
from .gather import Gathered


def tell_odd_names(gathered: Gathered) -> None:
    """Add to the reason of such a user what ``validate`` says about the name of the file."""
    for key, row in gathered.rows.items():
        # A user without a line of photos.yml is declared by a file; its name is the origin.
        for odd in odd_names([row.origin]) if row.drift == "unresolved" and row.origin else ():
            gathered.rows[key] = replace(row, reason=f"{row.reason}; {odd.file}: {odd.why}")
