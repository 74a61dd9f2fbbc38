# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module can be loaded: what it imports from our rooms is there."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

MODULES = sorted(path.stem for path in (Path(__file__).parents[4] / "plugins/modules").glob("*.py"))


@pytest.mark.parametrize("name", MODULES)
def test_a_module_finds_everything_that_it_imports(name: str) -> None:
    module = importlib.import_module(f"ansible_collections.hybrid.photos.plugins.modules.{name}")
    assert module.DOCUMENTATION
