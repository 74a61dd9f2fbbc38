# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shards of the leading side, whom both sides allow, and what the following side must have."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.filter.lead import (
    lead_complaint,
    lead_joined,
    lead_photos,
    lead_shards,
)
from ansible_collections.hybrid.photos.plugins.module_utils._export.leading import explained

GOOD = {"from": "ad", "to": ["exo"], "match_by": "mail", "follow_by": "mail", "shard_size": 500, "limit": ""}


def listing(*users: str, **anchors: str) -> dict[str, t.Any]:
    """What an info module returns with names_only."""
    rows = [{"user": user, "id": user, "immutable_id": None} for user in users]
    return {"users": rows + [{"user": user, "id": user, "immutable_id": anchor} for user, anchor in anchors.items()]}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, ""),
        ({"shard_size": "20"}, ""),
        ({"from": "exchange", "to": ["ad", "exo"]}, ""),
        ({"follow_by": "anchor"}, ""),
        ({"shard_size": 0}, "lead_shard_size is 0"),
        ({"shard_size": "many"}, "lead_shard_size is 'many'"),
        ({"to": []}, "lead_to is []; with lead_from ad give one or more of exchange, exo"),
        ({"to": ["ad"]}, "lead_to is ['ad']; with lead_from ad"),
        ({"to": ["exo", "teams"]}, "lead_to is ['exo', 'teams']"),
        ({"match_by": "id"}, "lead_match_by is 'id', which Active Directory does not know; use one of user"),
        ({"follow_by": "sAMAccountName"}, "lead_follow_by is 'sAMAccountName', which Exchange Online does not know"),
        (
            {"from": "exo", "to": ["ad", "exchange"], "follow_by": "anchor"},
            "lead_follow_by is anchor, which does not lead",
        ),
        ({"chosen": {"ad": "(x=y)", "exchange": "", "exo": "Sales"}}, ""),
        ({"chosen": {"exchange": "x"}}, "lead_exchange_filter or lead_exchange_group is given, and Exchange Server is"),
        ({"limit": "localhost"}, "--limit localhost would leave out the shards"),
    ],
)
def test_variables_that_cannot_work_are_named_with_their_value(changed: dict[str, t.Any], said: str) -> None:
    told = lead_complaint({**GOOD, **changed})
    assert told.startswith(said)
    assert bool(told) == bool(said)


def test_shards_have_all_users_once_and_names_of_their_own() -> None:
    made = lead_shards(listing("a", "b", "c", "d", "e"), 2, taken=["lead_0002", "localhost"])
    assert made["shards"] == [
        {"name": "lead_0001", "users": ["a", "b"]},
        {"name": "lead_0003", "users": ["c", "d"]},
        {"name": "lead_0004", "users": ["e"]},
    ]
    assert (made["users"], made["outside"]) == (["a", "b", "c", "d", "e"], 0)


def test_a_user_must_be_in_every_listing_of_the_following_side() -> None:
    made = lead_shards(listing("a@x", "B@x", "c@x"), 9, [listing("b@x", "a@x", "z@x"), listing("b@X")])
    assert (made["users"], made["outside"]) == (["B@x"], 2)


def test_with_the_anchor_accounts_are_the_same_whatever_they_are_called() -> None:
    made = lead_shards(listing("none@x", a="QUE=", b="QkI="), 9, [listing("other", c="QkI=")], "anchor")
    assert made["users"] == ["b"]


def test_a_listing_that_failed_is_no_empty_one() -> None:
    anchored = lead_shards({**listing("a"), "target": "exchange"}, 9, [listing("a")], "anchor")
    assert "Exchange Server does not tell source anchors" in anchored["problem"]
    failed = {"failed": True, "msg": "group 'Board' is not there", "target": "exo"}
    made = lead_shards(listing("a"), 9, [failed])
    assert made["problem"].startswith("lead_exo_group 'Board' is not there")
    assert made["users"] == made["shards"] == []
    assert lead_shards(listing("a"), 9)["problem"] == ""


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("filter '(x' cannot be used", "lead_ad_filter '(x' cannot be used"),
        ("filter '(x)' with group 'G': nobody", "lead_ad_filter '(x)' with lead_ad_group 'G': nobody"),
        ("exclude '*' excludes all", "lead_exclude '*' excludes all"),
        ("dc1 cannot be reached; see filter 'x'", "dc1 cannot be reached; see filter 'x'"),
    ],
)
def test_a_message_names_the_variable_of_the_role(said: str, meant: str) -> None:
    assert explained(said, "ad") == meant


def test_what_the_following_side_must_have() -> None:
    rows = [
        {"user": "read", "path": "/tmp/read.jpg", "has_photo": True, "sha256": "1"},
        {"user": "same", "path": None, "remembered": True, "has_photo": True, "sha256": "ab"},
        {"user": "none", "path": None, "has_photo": False, "reason": None},
        {"user": "homeless", "path": None, "has_photo": False, "reason": "no mailbox"},
        {"user": "unknown", "path": None, "has_photo": None, "problem": "unavailable", "reason": "denied"},
        {"user": "broken", "path": None, "has_photo": True, "problem": "invalid", "reason": "no picture"},
    ]
    present = [
        {"user": "read", "src": "/tmp/read.jpg", "copied": True},
        {"user": "same", "source_sha256": "ab", "copied": True},
    ]
    assert lead_photos(rows) == present
    assert lead_photos(rows, True) == [*present, {"user": "none", "state": "absent"}]


def test_what_was_read_later_counts() -> None:
    found = {"photos": [{"user": "A", "remembered": True}, {"user": "b", "path": "b.jpg"}], "target": "exo"}
    told = lead_joined(found, {"photos": [{"user": "a", "path": "a.jpg"}], "msg": "1 of 1 users"})
    assert told["photos"] == [found["photos"][1], {"user": "a", "path": "a.jpg"}]
    assert (told["msg"], told["target"]) == ("1 of 1 users", "exo")
    assert lead_joined({**found, "msg": "first"}, {"skipped": True})["msg"] == "first"
