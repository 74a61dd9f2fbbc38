# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guards over the results of many shards."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._core.results import from_result
from ansible_collections.hybrid.photos.plugins.module_utils._report.guard import held_back, judge


def result(target: str, **rows: str) -> dict[str, t.Any]:
    """Rows by user: in_sync, replaced, first, removed or kept."""
    kinds = {
        "in_sync": ("in_sync", "none", True),
        "replaced": ("different", "put", True),
        "kept": ("different", "none", True),
        "first": ("missing", "put", False),
        "removed": ("unwanted", "remove", True),
        "fulfilled": ("in_sync", "none", False),
        "unanswered": ("unavailable", "none", False),
        "unreadable": ("unavailable", "none", False),
    }
    photos = []
    for user, kind in rows.items():
        drift, action, there = kinds[kind]
        observed = {"sha256": "0" * 64} if there else None
        row = {"user": user, "drift": drift, "action": action, "observed": observed, "reason": "as it is"}
        photos.append({**row, "no_answer": True} if kind == "unanswered" else row)
    return {"target": target, "photos": photos}


def test_photos_that_stay_do_not_count_as_replaced() -> None:
    users = {f"u{n}": "in_sync" for n in range(10)} | {f"k{n}": "kept" for n in range(10)}
    verdict = judge({"results": [result("ad", **users)], "max_replaced": "0", "max_removed": "0"})
    assert verdict["allowed"]
    assert verdict["figures"]["ad"] == {"checked": 20, "replaced": 0, "removed": 0, "added": 0}


def test_shards_are_judged_together() -> None:
    small = [result("exo", **{f"s{n}u{m}": "replaced" for m in range(3)}) for n in range(4)]
    verdict = judge({"results": small, "max_replaced": "30%", "max_removed": "10%"})
    assert not verdict["allowed"]
    assert "12 of 12 photos would be replaced" in verdict["msg"]
    assert "s0u0 (Exchange Online)" in verdict["msg"]


def test_one_target_in_order_does_not_hide_the_other() -> None:
    in_order = result("ad", **{f"u{n}": "in_sync" for n in range(90)})
    out_of_order = result("exo", **{f"u{n}": "removed" for n in range(10)})
    verdict = judge({"results": [in_order, out_of_order], "max_replaced": "30%", "max_removed": "10%"})
    assert not verdict["allowed"]
    assert "10 of 10 photos would be removed" in verdict["msg"]
    assert "max_removed" in verdict["msg"]


def test_limits_that_are_passed_at_several_targets_are_one_message() -> None:
    both = [result(target, **{f"u{n}": "removed" for n in range(10)}) for target in ("ad", "exo")]
    verdict = judge({"results": both, "max_replaced": "30%", "max_removed": "10%"})
    assert verdict["msg"].count("10 of 10 photos would be removed") == 2
    for once in ("Nothing was written", "Look at the plan", "raise max_removed for this run"):
        assert verdict["msg"].count(once) == 1


def test_first_time_photos_do_not_count() -> None:
    first = result("exo", **{f"u{n}": "first" for n in range(50)})
    assert judge({"results": [first], "max_replaced": "0%", "max_removed": "0%"})["allowed"]


def test_who_is_declared_absent_and_has_no_photo_makes_no_limit_larger() -> None:
    users = {f"a{n}": "fulfilled" for n in range(91)} | {f"u{n}": "removed" for n in range(9)}
    verdict = judge({"results": [result("ad", **users)], "max_replaced": "30%", "max_removed": "10%"})
    assert not verdict["allowed"]
    assert "9 of 9 photos would be removed (100 users checked)" in verdict["msg"]


def test_a_user_in_sync_in_short_form_counts_as_one_photo() -> None:
    short = {"target": "ad", "photos": [], "in_sync": [[f"u{n}", str(n)] for n in range(90)]}
    verdict = judge({"results": [short, result("ad", gone="removed")], "max_replaced": "30%", "max_removed": "10%"})
    assert verdict["allowed"]


def test_a_plan_that_lacks_answers_writes_nothing() -> None:
    users = {f"a{n}": "unanswered" for n in range(30)} | {f"u{n}": "in_sync" for n in range(60)}
    verdict = judge({"results": [result("exo", one="replaced", **users)], "max_replaced": "30%", "max_removed": "10%"})
    assert not verdict["allowed"]
    assert "no answer for 30 more users" in verdict["msg"]


def test_who_cannot_be_read_for_a_reason_of_his_own_is_not_counted() -> None:
    users = {f"a{n}": "unreadable" for n in range(30)} | {f"u{n}": "in_sync" for n in range(60)}
    verdict = judge({"results": [result("exo", one="replaced", **users)], "max_replaced": "30%", "max_removed": "10%"})
    assert verdict["allowed"]


def test_a_limit_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(PhotoError, match="max_removed"):
        judge({"results": [], "max_replaced": "30%", "max_removed": "many"})


def test_first_photos_are_limited_where_that_is_asked_for() -> None:
    first = result("exo", **{f"u{n}": "first" for n in range(50)})
    options = {"results": [first], "max_replaced": "0%", "max_removed": "0%", "max_added": "10%", "prefix": "sync_"}
    verdict = judge(options)
    assert not verdict["allowed"]
    assert "50 of 50 users would get a first photo" in verdict["msg"]
    assert "sync_max_added" in verdict["msg"]
    assert judge({**options, "max_added": "50"})["allowed"]


def sharing(user: str, picture: str, kind: str = "first") -> dict[str, t.Any]:
    shard = result("ad", **{user: kind})
    shard["photos"][0]["source"] = {"sha256": picture * 64, "path": f"{user}.jpg"}
    return shard


def test_one_picture_for_users_of_several_shards_is_held_back_for_all_of_them() -> None:
    shards = [sharing("a", "1"), sharing("b", "1"), sharing("c", "2"), sharing("d", "3", "in_sync"), sharing("e", "3")]
    options = {"results": shards, "max_replaced": "0%", "max_removed": "0%"}
    assert judge(options)["shared"] == {}
    verdict = judge({**options, "shared_pictures": "refuse"})
    assert verdict["shared"] == {"a": ["b"], "b": ["a"], "e": ["d"]}
    assert verdict["figures"]["ad"]["added"] == 1
    rows = [from_result(shard["photos"][0], "ad", "results") for shard in shards]
    held = [held_back(row, verdict["shared"], "sync_") for row in rows]
    assert [(row.drift, row.action) for row in held] == [
        ("invalid", "none"),
        ("invalid", "none"),
        ("missing", "put"),
        ("in_sync", "none"),
        ("invalid", "none"),
    ]
    assert "allow it with sync_shared_pictures" in held[0].reason


def test_the_default_picture_of_many_shards_is_held_back_for_nobody() -> None:
    def shard(user: str, **more: t.Any) -> dict[str, t.Any]:
        row = {"user": user, "drift": "missing", "action": "put", "source": {"sha256": "1" * 64, "path": None}}
        return {"target": "ad", "photos": [{**row, **more}]}

    limits = {"max_replaced": "100%", "max_removed": "100%", "shared_pictures": "refuse"}
    default = [shard("alice", default=True), shard("bob", default=True)]
    assert judge({"results": [*default, shard("carol")], **limits})["shared"] == {}
    both = judge({"results": [*default, shard("carol"), shard("dave")], **limits})
    assert set(both["shared"]) == {"carol", "dave"}
