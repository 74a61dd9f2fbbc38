# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mailbox that moved to another target since the last run: its receipt here ends, in either direction."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Definition, Observation, Source, User
from ansible_collections.hybrid.photos.plugins.module_utils._core.targets import TARGETS
from ansible_collections.hybrid.photos.plugins.module_utils._sync.guards import Limit
from ansible_collections.hybrid.photos.plugins.module_utils._sync.moved import end_of_left_out
from ansible_collections.hybrid.photos.plugins.module_utils._sync.options import Services, Settings
from ansible_collections.hybrid.photos.plugins.module_utils._sync.receipts import Receipts
from ansible_collections.hybrid.photos.plugins.module_utils._sync.run import Result, reconcile
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.scripted_store import ScriptedStore, picture


class Mailboxes(ScriptedStore):
    """Some users have no mailbox here."""

    def __init__(self, users: t.Iterable[str], target: str) -> None:
        super().__init__(users, target)
        self.elsewhere: set[str] = set()

    def _observed(self, user: User, wanted: t.Any) -> Observation:
        if user.identity in self.elsewhere:
            return Observation(problem="the mailbox is on the other side", no_mailbox=True)
        return super()._observed(user, wanted)


ANNE = Definition("anne", source=Source(content=picture(1)))
BEN = Definition("ben", source=Source(content=picture(2)))


class Runs:
    """Runs against one target with one receipts file."""

    def __init__(self, folder: Path, store: ScriptedStore) -> None:
        self.folder = folder
        self.store = store

    def opened(self, check: bool = False) -> Receipts:
        return Receipts(self.folder / "receipts.sqlite", self.store.target, check)

    def __call__(self, check: bool = False, plan_only: bool = False, keep: bool = False) -> Result:
        no_limit = Limit.parse("x", "100%")
        settings = Settings(
            TARGETS["exo"].recipe,
            "userPrincipalName",
            no_limit,
            no_limit,
            check=check,
            plan_only=plan_only,
            on_foreign_change="keep" if keep else "overwrite",
            patience=0.0,
        )
        receipts = self.opened(check)
        try:
            return reconcile([ANNE, BEN], self.store, settings, Services(receipts))
        finally:
            receipts.close()

    def known(self) -> set[str]:
        receipts = self.opened(check=True)
        receipts.authority = self.store.authority
        try:
            return set(receipts.get(["id-anne", "id-ben"]))
        finally:
            receipts.close()


@pytest.fixture(params=["exchange", "exo"])
def runs(request: pytest.FixtureRequest, tmp_path: Path) -> Runs:
    made = Runs(tmp_path, Mailboxes(["anne", "ben"], request.param))
    assert made().error is None
    assert made.known() == {"id-anne", "id-ben"}
    return made


@pytest.mark.parametrize("plan_only", [False, True])
def test_the_receipt_of_a_mailbox_that_moved_away_ends_and_that_is_said(runs: Runs, plan_only: bool) -> None:
    t.cast(Mailboxes, runs.store).elsewhere = {"anne"}
    checked = runs(check=True)
    assert runs.known() == {"id-anne", "id-ben"}, "check mode writes nothing"
    assert checked.notes == ()
    result = runs(plan_only=plan_only)
    assert runs.known() == {"id-ben"}
    assert "the mailbox of 1 user is not here any more" in result.notes[-1]
    assert "anne" in result.notes[-1]
    assert runs().notes == (), "it is said once"


def test_what_a_mailbox_brings_with_it_when_it_moves_back_is_no_change_by_others(runs: Runs) -> None:
    store = t.cast(Mailboxes, runs.store)
    store.elsewhere = {"anne"}
    runs()
    store.elsewhere = set()
    store.put_by_hand("anne", picture(7))
    first = runs(keep=True).outcomes[0]
    assert (first.change.action, first.change.foreign) == ("put", False)


def test_a_photo_that_could_not_be_read_is_no_move(runs: Runs) -> None:
    runs.store.problems["id-anne"] = "the mailbox cannot be reached at the moment"
    runs()
    assert runs.known() == {"id-anne", "id-ben"}


@pytest.mark.parametrize("opened", [False, True])
def test_the_receipt_of_who_is_left_out_ends_also_where_nobody_else_is_looked_at(runs: Runs, opened: bool) -> None:
    receipts = runs.opened()
    receipts.authority = runs.store.authority if opened else ""
    stranger = Definition("someone", source=ANNE.source)
    assert end_of_left_out(receipts, [ANNE, stranger]) == ["anne"]
    assert end_of_left_out(receipts, [ANNE, stranger]) == []
    receipts.close()
    assert runs.known() == {"id-ben"}
