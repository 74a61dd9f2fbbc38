# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The default picture for members of a group: never for somebody who is declared, under whatever name."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.filter.default_parts import (
    default_for_problem,
    default_parts,
    names_everywhere,
)

PHOTOS: list[dict[str, t.Any]] = [
    {"user": "Alice@x", "src": "a.jpg"},
    {"user": "bob", "src": "b.jpg", "ad": "bob@corp", "exo": "bob.b@x"},
    {"user": "gone@x", "state": "absent"},
    {"user": "guest@x", "src": "g.jpg", "targets": ["exo"]},
]


def listed(target: str, *users: str) -> dict[str, t.Any]:
    return {"target": target, "users": [{"user": user, "id": f"id-{user}"} for user in users]}


def users(parts: dict[str, list[dict[str, t.Any]]]) -> dict[str, list[str]]:
    return {str(entry["user"]): list(entry["targets"]) for entries in parts.values() for entry in entries}


def test_whoever_is_declared_by_any_name_is_left_out() -> None:
    results = [
        listed("ad", "alice@X", "BOB@corp", "bob.b@x", "bob", "new@x", "gone@x", "guest@x"),
        listed("exo", "alice@x", "bob.b@x", "bob@corp", "NEW@x"),
        {"skipped": True, "target": "exchange"},
    ]
    parts = default_parts(results, "/p/nobody.png", [names_everywhere(PHOTOS)], ["h1"])
    assert users(parts) == {"bob.b@x": ["ad"], "bob@corp": ["exo"], "new@x": ["ad", "exo"]}
    entry = parts["h1"][-1]
    assert (entry["src"], entry["default"], entry["known_problems"]) == (
        "/p/nobody.png",
        True,
        ["unavailable", "unresolved"],
    )


def test_hosts_get_equal_parts_and_nobody_twice() -> None:
    names = [f"u{n:02}@x" for n in range(10)]
    parts = default_parts([listed("ad", *names), listed("exo", *names)], "n.png", [], ["h1", "h2", "h3"])
    assert {host: len(entries) for host, entries in parts.items()} == {"h1": 4, "h2": 4, "h3": 2}
    assert users(parts) == {name: ["ad", "exo"] for name in names}
    assert default_parts([], "n.png", [], ["h1"]) == {"h1": []}


@pytest.mark.parametrize(
    ("default_for", "pictures", "said"),
    [
        ({"ad": {"group": "Staff"}}, [], "needs a default picture"),
        ({"ad": {"group": "Staff"}}, ["a.png", "b.png"], "different default pictures: a.png, b.png"),
        ({"ad": {}}, ["a.png"], "default_for.ad needs a group or a filter"),
        ({"ad": {"group": "", "filter": None}}, ["a.png"], "default_for.ad needs a group or a filter"),
        ({"exo": {"group": "Staff"}}, ["a.png"], "default_for.exo cannot be used with match_by anchor"),
        ({"ad": {"group": "Staff"}, "exo": None}, ["a.png", "a.png"], ""),
    ],
)
def test_what_is_wrong_with_the_option_is_said(default_for: dict[str, t.Any], pictures: list[str], said: str) -> None:
    told = default_for_problem(default_for, pictures, {"ad": "", "exo": "anchor"}, "default_for")
    assert said in told
    assert bool(told) == bool(said)
