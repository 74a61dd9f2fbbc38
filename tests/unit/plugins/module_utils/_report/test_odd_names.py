# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._report import run
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._report import sample


def reason_of(user: str, origin: str) -> str:
    values = {name: argument.get("default") for name, argument in run.ARGUMENTS.items()}
    row: dict[str, t.Any] = {**sample.row(user, "ad", "unresolved"), "origin": origin}
    options = {**values, "results": [sample.result([row], target="ad")], "dest": "/nowhere", "targets": ["ad"]}
    return str(run.prepare(options).report["users"][0]["ad"]["reason"])


@pytest.mark.parametrize(
    ("user", "ending", "said"),
    [
        ("alice@x.test - Copy", ".jpg", "looks like a copy"),
        ("alice@x.test (1)", ".jpg", "looks like a copy"),
        ("alice@x.test.jpg", ".jpg", "the extension is there twice"),
    ],
)
def test_an_unresolved_user_of_a_file_that_looks_like_a_copy_is_told_what_validate_says(
    user: str, ending: str, said: str
) -> None:
    told = reason_of(user, f"{user}{ending}")
    assert f"; {user}{ending}: " in told
    assert said in told


@pytest.mark.parametrize("origin", ["alice@x.test.jpg", "photos.yml:3"])
def test_other_unresolved_users_are_told_nothing_about_names_of_files(origin: str) -> None:
    assert reason_of("alice@x.test", origin) == sample.row("alice@x.test", "ad", "unresolved")["reason"]
