# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of photos that are for one target, and problems that are known."""

from __future__ import annotations

import typing as t

from ansible_collections.hybrid.photos.plugins.module_utils._core.results import Row
from ansible_collections.hybrid.photos.plugins.module_utils._entry.photo_module import complain
from ansible_collections.hybrid.photos.plugins.module_utils._entry.photo_spec import definitions_from


def entry(user: str, **more: t.Any) -> dict[str, t.Any]:
    return {"user": user, "src": f"{user}.jpg", "content": None, "state": "present", **more}


def test_an_entry_for_another_target_is_left_out() -> None:
    photos = [entry("guest", targets=["exo"], known_problems=["unavailable"]), entry("alice", targets=None)]
    params = {"photos": photos, "state": "present", "approved": None}
    at_ad, _refused = definitions_from(params, "ad")
    at_exo, _refused = definitions_from(params, "exo")
    assert [definition.user for definition in at_ad] == ["alice"]
    assert [definition.user for definition in at_exo] == ["guest", "alice"]
    assert at_exo[0].known_problems == {"unavailable"}


def test_a_problem_that_is_known_does_not_fail_the_module() -> None:
    known = Row("a", "exo", "unavailable", reason="no mailbox", accepted=True)
    assert complain([known], [], wrote=True) is None
    told = complain([known, Row("b", "exo", "unavailable", reason="no mailbox")], [], wrote=True)
    assert told is not None
    assert told.startswith("1 of 2 users")


def test_a_hash_stands_for_a_picture_that_is_elsewhere_and_must_be_one() -> None:
    known, wrong = ({"src": None, "source_sha256": value, "copied": True} for value in ("AB" * 32, "abc"))
    params = {"photos": [entry("a", **known), entry("b", **wrong)], "state": "present", "approved": None}
    definitions, refused = definitions_from(params, "exo")
    source = definitions[0].source
    assert source is not None
    assert (source.sha256, source.at_hand, definitions[0].copied) == ("ab" * 32, False, True)
    assert "source_sha256 'abc' is not a SHA-256 hash" in refused["b"]
