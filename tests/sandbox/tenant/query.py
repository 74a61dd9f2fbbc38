# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Request targets: the path as it was sent, and the query decoded once."""

from __future__ import annotations

from urllib.parse import parse_qsl


def split_target(target: str) -> tuple[str, dict[str, str]]:
    """The raw path and the query; a `+` in the query is a blank, as in a form. Of doubles, the first counts."""
    path, _mark, text = target.partition("?")
    query: dict[str, str] = {}
    if text:
        for name, value in parse_qsl(text, keep_blank_values=True, errors="replace"):
            query.setdefault(name, value)
    return path, query
