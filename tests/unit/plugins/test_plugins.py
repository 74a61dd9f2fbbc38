# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every plugin of the controller can be loaded. One that cannot fails a run in the middle."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
NAMES = sorted(
    f"{path.parent.name}.{path.stem}"
    for kind in ("action", "filter", "inventory")
    for path in (PLUGINS / kind).glob("*.py")
)


@pytest.mark.parametrize("name", NAMES)
def test_it_can_be_loaded(name: str) -> None:
    plugin = importlib.import_module(f"ansible_collections.hybrid.photos.plugins.{name}")
    assert {"ActionModule", "FilterModule", "InventoryModule"} & set(vars(plugin))
