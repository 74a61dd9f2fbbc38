# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stores against real processes: each test module starts what it needs, on loopback, and ends it by its pid."""

from __future__ import annotations

import sys
import typing as t
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sandbox"))


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[t.Any]:
    """A tenant of this module's own, on a free port."""
    from tenant.testing import running

    with running(tmp_path_factory.mktemp("tenant")) as started:
        yield started
