# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom the roles hand on to the modules."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.hybrid.photos.plugins.filter.concerned import concerned, declared_at
from ansible_collections.hybrid.photos.plugins.inventory.definitions import entry
from ansible_collections.hybrid.photos.plugins.module_utils._definitions.folder import read_folder

PHOTOS: list[dict[str, t.Any]] = [
    {"user": "alice@x", "src": "a.jpg"},
    {"user": "guest@x", "src": "g.jpg", "targets": ["exo"]},
    {"user": "gone@x", "state": "absent"},
    {"user": "sick@x", "src": "s.jpg", "known_problems": ["unavailable"]},
]


def test_entries_are_handed_on_as_they_are() -> None:
    found = concerned(PHOTOS, ["*@x"], ["GONE@x"])
    assert found["photos"] == [PHOTOS[0], PHOTOS[1], PHOTOS[3]]
    assert found["photos"][1] is PHOTOS[1]
    assert (found["excluded"], found["not_chosen"], found["matched"]) == (["gone@x"], 0, ["*@x", "GONE@x"])


def test_what_is_no_list_of_photos_is_said() -> None:
    with pytest.raises(AnsibleFilterError, match="must be a list of entries"):
        concerned("photos")


def test_a_user_of_one_target_is_declared_there_and_nowhere_else() -> None:
    assert declared_at(PHOTOS, "ad") == ["alice@x", "gone@x", "sick@x"]
    assert declared_at(PHOTOS, "exo") == ["alice@x", "guest@x", "gone@x", "sick@x"]
    assert declared_at(PHOTOS, "exo", expected=True) == ["alice@x", "guest@x"]


def test_the_inventory_hands_on_what_photos_yml_says(tmp_path: Path) -> None:
    (tmp_path / "guest@x.jpg").write_bytes(b"")
    (tmp_path / "photos.yml").write_text("photos: {guest@x: {targets: [exo], known_problems: [invalid]}}\n")
    (definition,) = read_folder(tmp_path).definitions
    assert entry(definition) == {
        "user": "guest@x",
        "src": str(tmp_path / "guest@x.jpg"),
        "origin": "photos.yml:1",
        "targets": ["exo"],
        "known_problems": ["invalid"],
    }


@pytest.mark.parametrize(
    ("only", "exclude", "said"),
    [
        ([], ["bo\nb"], r"^sync_exclude 'bo\\nb' cannot be used"),
        (["a\x1b"], [], r"^sync_users 'a\\x1b' cannot be used"),
    ],
)
def test_a_name_that_no_user_can_have_is_refused_with_the_variable(
    only: list[str], exclude: list[str], said: str
) -> None:
    with pytest.raises(AnsibleFilterError, match=said):
        concerned(PHOTOS, only, exclude, "sync_")
