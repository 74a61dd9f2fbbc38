# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users of a report in a file are read as a list would be, as often as needed."""

from __future__ import annotations

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._report.users import Users

SOME = [{"user": f"{number} älice\n@x", "more": "x" * 300} for number in range(3000)]


def test_users_are_read_as_often_as_needed_and_side_by_side() -> None:
    users = Users(iter(SOME))
    assert len(users) == 3000
    assert list(users) == SOME
    assert all(a == b == c for a, b, c in zip(users, users, SOME, strict=True))


def test_one_of_them_and_some_of_them() -> None:
    users = Users(SOME)
    assert (users[0], users[-1], users[1:3]) == (SOME[0], SOME[-1], SOME[1:3])
    for index in (3000, -3001):
        with pytest.raises(IndexError):
            users[index]


def test_they_equal_a_list_of_the_same() -> None:
    assert Users(SOME) == SOME == Users(SOME)
    assert Users(SOME) != SOME[1:]
    assert Users([]) == []
    assert Users([]) != "nothing"


def test_each_user_is_one_line_of_json() -> None:
    assert list(Users([{"user": "ä\n"}]).lines()) == ['{"user": "ä\\n"}']
