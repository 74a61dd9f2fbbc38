# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan would change, as a unified diff for the screen: summaries of pictures, never the pictures."""

from __future__ import annotations

import difflib
import typing as t

from .._core.results import Row, difference


def diff_lines(rows: t.Iterable[Row]) -> list[str]:
    """A diff for each user that would change, in the order of their names."""
    lines: list[str] = []
    for row in sorted((row for row in rows if row.changed), key=lambda row: (row.key, row.target)):
        part = difference(row)
        before, after = part["before"].splitlines(), part["after"].splitlines()
        head = part["before_header"]
        lines += difflib.unified_diff(before, after, f"before: {head}", f"after: {head}", lineterm="")
    return lines
