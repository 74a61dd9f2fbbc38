# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The organizational unit that an account is in, as people read it."""

from __future__ import annotations

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.units import unit_of


@pytest.mark.parametrize(
    ("dn", "unit"),
    [
        ("CN=Ann,OU=Sales,OU=Berlin,DC=photos,DC=test", "Berlin / Sales"),
        ("CN=Ann,CN=Users,DC=photos,DC=test", "Users"),
        ("CN=Ann,DC=photos,DC=test", None),
        ("", None),
        (r"CN=Smith\, Ann,OU=R\, D \+ X,DC=photos,DC=test", "R, D + X"),
        (r"CN=a\\,OU=b\\,DC=x", "b\\"),
        (r"CN=Ann,OU=B\C3\BCro,DC=x", "Büro"),
        (r"CN=Ann,ou=Büro Köln , DC=x", "Büro Köln"),
        ("CN=Ann\\0ADEL:1,OU=a=b,DC=x", "a=b"),
    ],
)
def test_the_unit_of_an_account_from_the_top(dn: str, unit: str | None) -> None:
    assert unit_of(dn) == unit
