# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of one user, and of none, are told in the singular."""

from __future__ import annotations

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._doctor.diagnosis import accounts, identities


@pytest.mark.parametrize(
    ("here", "there", "said"),
    [
        ("1", "1", "the one user of Active Directory and Exchange Server is the same account"),
        ("1", "2", "1 user has one account in Active Directory and another in Exchange Server: a@x"),
    ],
)
def test_one_user_of_active_directory_and_exchange_server(here: str, there: str, said: str) -> None:
    assert accounts({"a@x": ("a@x", here)}, {"a@x": ("a@x", there)}).text == said


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ("1", "the one user at both targets has matching immutable IDs"),
        ("2", "1 user has one account at each target, but the immutable IDs of the two differ: a@x"),
        (None, "1 of 1 cloud account is not synced from Active Directory: a@x"),
    ],
)
def test_one_user_of_active_directory_and_the_tenant(there: str | None, said: str) -> None:
    assert identities({"a@x": ("a@x", "1")}, {"a@x": ("a@x", there)}).text == said
