# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""x."""

from __future__ import annotations
import typing as t
from pathlib import Path


def page(report: t.Mapping[str, t.Any], folder: Path | None, max_pictures: int) -> str:
    return ""
