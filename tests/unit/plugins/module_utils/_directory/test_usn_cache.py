# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is remembered of a directory from run to run, and when it counts."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._directory.options import DirectoryOptions
from ansible_collections.hybrid.photos.plugins.module_utils._directory.rootdse import RootDSE
from ansible_collections.hybrid.photos.plugins.module_utils._directory.usn_cache import Changes, Seen
from ansible_collections.hybrid.photos.plugins.module_utils._sync.receipts import Receipts

OPTIONS = DirectoryOptions("dc1", username="svc", password="secret-of-the-test")
ROOT = RootDSE("DC=x", "", "dc1", "CN=NTDS Settings", 100, None, frozenset(), "invocation-1")
ALICE = "alice@x"
SEEN = Seen("invocation-1", 90, 80, "ab" * 32, "id-1")


@pytest.fixture
def receipts(tmp_path: Path) -> t.Iterator[Receipts]:
    receipts = Receipts(tmp_path / "receipts.db", "ad")
    receipts.authority = "x"
    yield receipts
    receipts.close()


def kept(receipts: Receipts, seen: Seen = SEEN) -> Changes:
    changes = Changes(receipts, OPTIONS, "mail")
    changes.record(ALICE, seen)
    changes.flush()
    return Changes(receipts, OPTIONS, "mail")


def test_the_same_controller_is_taken_at_its_word(receipts: Receipts) -> None:
    changes = kept(receipts)
    assert changes.recall([ALICE, "bob@x"], ROOT) == {ALICE: SEEN}
    assert changes.notes == []


@pytest.mark.parametrize("root", [replace(ROOT, invocation_id="invocation-2"), replace(ROOT, usn=89)])
def test_another_one_or_an_older_state_is_not(receipts: Receipts, root: RootDSE) -> None:
    changes = kept(receipts)
    assert changes.recall([ALICE], root) == {}
    assert changes.recall([ALICE], root) == {}
    assert len(changes.notes) == 1


def test_a_controller_that_does_not_say_who_it_is(receipts: Receipts) -> None:
    assert kept(receipts).recall([ALICE], replace(ROOT, invocation_id="")) == {}
    changes = Changes(receipts, OPTIONS, "mail")
    changes.record("bob@x", replace(SEEN, invocation_id=""))
    assert changes._fresh == {}


@pytest.mark.parametrize("options", [replace(OPTIONS, username="other"), replace(OPTIONS, search_base="OU=x"), OPTIONS])
def test_who_asks_and_where_matters(receipts: Receipts, options: DirectoryOptions) -> None:
    kept(receipts)
    found = Changes(receipts, options, "mail").recall([ALICE], ROOT)
    assert bool(found) is (options == OPTIONS)
    assert Changes(receipts, OPTIONS, "employeeID").recall([ALICE], ROOT) == {}


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "[1,2]", '["a","b","c",null,null]', '["a",1,2,null,"x",9]'])
def test_what_another_version_wrote_is_ignored(receipts: Receipts, text: str) -> None:
    changes = kept(receipts)
    receipts.remember_many({changes._key(ALICE): text})
    assert changes.recall([ALICE], ROOT) == {}


def test_nothing_secret_is_kept(receipts: Receipts) -> None:
    kept(receipts)
    receipts.close()
    assert b"secret-of-the-test" not in receipts.path.read_bytes()


def test_check_mode_keeps_nothing(tmp_path: Path) -> None:
    receipts = Receipts(tmp_path / "receipts.db", "ad", read_only=True)
    assert kept(receipts).recall([ALICE], ROOT) == {}
    assert not (tmp_path / "receipts.db").exists()


def test_without_memory() -> None:
    changes = Changes(None, OPTIONS, "mail")
    changes.record(ALICE, SEEN)
    changes.flush()
    assert (changes.remembers, changes.recall([ALICE], ROOT)) == (False, {})
