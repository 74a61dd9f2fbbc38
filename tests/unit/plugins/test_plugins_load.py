# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every plugin can be imported. One that cannot ends every play that uses it, and two good changes may meet badly."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
NAMES = sorted(
    ".".join(path.relative_to(PLUGINS).with_suffix("").parts)
    for path in PLUGINS.rglob("*.py")
    if path.name != "__init__.py"
)


@pytest.mark.parametrize("name", NAMES)
def test_it_can_be_imported(name: str) -> None:
    importlib.import_module(f"ansible_collections.hybrid.photos.plugins.{name}")
