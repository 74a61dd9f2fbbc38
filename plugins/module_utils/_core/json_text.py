# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads JSON that another program wrote."""

from __future__ import annotations

import json
import typing as t


def loads(text: str | bytes) -> t.Any:
    """``json.loads`` that fails only with ValueError, also for text that is nested deeper than Python can read."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
