# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The histories find the faults that once were there: each is put back, and a promise is broken soon."""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import replace
from unittest import mock

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError, Receipt
from ansible_collections.hybrid.photos.plugins.module_utils._restore import restore
from ansible_collections.hybrid.photos.plugins.module_utils._sync import guards, resolver, run
from ansible_collections.hybrid.photos.plugins.module_utils._sync.applier import _Applier
from ansible_collections.hybrid.photos.plugins.module_utils._sync.backups import Backups
from ansible_collections.hybrid.photos.plugins.module_utils._sync.default_picture import DefaultPictures
from ansible_collections.hybrid.photos.plugins.module_utils._sync.planner import Planner
from ansible_collections.hybrid.photos.plugins.module_utils._sync.resolver import Resolver
from ansible_collections.hybrid.photos.plugins.module_utils._sync.verifier import Verifier
from ansible_collections.hybrid.photos.tests.histories import runner, story
from ansible_collections.hybrid.photos.tests.histories.door import Door, Ledger

SEEDS = 1500
Fault = t.Callable[[contextlib.ExitStack], None]


def _instead(stack: contextlib.ExitStack, owner: t.Any, name: str, other: t.Any) -> None:
    stack.enter_context(mock.patch.object(owner, name, other))


def a_receipt_without_having_looked(stack: contextlib.ExitStack) -> None:
    """With verification off, whatever is there when the next run comes was taken for our own upload."""

    def is_foreign(self: Planner, receipt: Receipt | None, *args: t.Any) -> bool:
        unseen = receipt is not None and receipt.pending is not None and receipt.pending.sent
        return not unseen and real(self, receipt, *args)

    real = Planner.is_foreign
    _instead(stack, Planner, "is_foreign", is_foreign)


def a_foreign_photo_that_is_forgotten(stack: contextlib.ExitStack) -> None:
    """Verification finds somebody else's photo, and the receipt is dropped."""

    def examine(self: Verifier, change: t.Any, look: t.Any) -> Receipt | None:
        receipt = real(self, change, look)
        if change.state == "failed" and self.services.receipts is not None:
            self.services.receipts.save((), [change.user.id])
        return receipt

    real = Verifier._examine
    _instead(stack, Verifier, "_examine", examine)


def no_intention_in_the_receipts(stack: contextlib.ExitStack) -> None:
    """A run that is killed after its write leaves no word of it."""

    def intend(self: _Applier, ready: t.Sequence[t.Any]) -> None:
        for change in ready:
            change.to("intended")

    _instead(stack, _Applier, "intend", intend)


def no_intention_in_the_backups(stack: contextlib.ExitStack) -> None:
    """A killed run cannot be undone: nothing says what it was about to write."""

    def save(self: Backups, user: t.Any, picture: t.Any, tag: t.Any, reason: str, intended: t.Any = None) -> t.Any:
        return real(self, user, picture, tag, reason, intended and intended._replace(fingerprint=None))

    real = Backups.save
    _instead(stack, Backups, "save", save)


def restores_that_restore_what_the_run_never_touched(stack: contextlib.ExitStack) -> None:
    """What a killed run only meant to write is brought back all the same."""
    _instead(stack, restore, "left_behind", lambda history: {"tag": history[-1].tag, "fingerprint": None})


def restores_without_receipts(stack: contextlib.ExitStack) -> None:
    """What a restore brought back is somebody else's to the next run."""

    def save(self: Ledger, *args: t.Any, **more: t.Any) -> None:
        if not self._door.run.startswith("restore-"):
            real(self, *args, **more)

    real = Ledger.save
    _instead(stack, Ledger, "save", save)


def percentages_of_what_nobody_saw(stack: contextlib.ExitStack) -> None:
    """A target that goes away in the middle of the plan makes the limits wider."""
    real = run.base_of
    _instead(stack, run, "base_of", lambda outcomes: guards.Base(b.checked, b.checked) if (b := real(outcomes)) else b)


def names_that_only_memory_knows(stack: contextlib.ExitStack) -> None:
    """After a rename two people are one and the same account."""

    def settle(self: Resolver, definitions: t.Any, answers: t.Any) -> t.Any:
        return self._without_new_holders(definitions, resolver.without_twins(definitions, answers))

    _instead(stack, Resolver, "settle", settle)


def names_that_pass_on_with_their_picture(stack: contextlib.ExitStack) -> None:
    """The next holder of a name gets the picture of the former one."""
    _instead(stack, Resolver, "_without_new_holders", lambda _self, _definitions, answers: answers)


def overwriting_without_a_backup(stack: contextlib.ExitStack) -> None:
    """What could not be saved is overwritten all the same."""

    def save(self: _Applier, change: t.Any) -> None:
        with contextlib.suppress(PhotoError):
            real(self, change)

    real = _Applier.save
    _instead(stack, _Applier, "save", save)


def another_tag_is_another_photo(stack: contextlib.ExitStack) -> None:
    """A service that stores photos anew makes all of them foreign."""

    def is_foreign(self: Planner, receipt: Receipt | None, seen: t.Any, comparison: t.Any) -> bool:
        return real(self, receipt, seen if self.keeps_bytes else replace(seen, picture=None), comparison)

    real = Planner.is_foreign
    _instead(stack, Planner, "is_foreign", is_foreign)


def a_conflict_that_is_overwritten(stack: contextlib.ExitStack) -> None:
    """The write does not say which photo it is planned on."""

    def write(self: Door, writes: t.Sequence[t.Any]) -> t.Any:
        return real(self, [replace(w, same=lambda _picture: True) for w in writes])

    real = Door.write
    _instead(stack, Door, "write", write)


def a_change_that_is_not_told(stack: contextlib.ExitStack) -> None:
    """A write whose answer was lost is told as one that was not made."""
    real = _Applier.end

    def end(self: _Applier) -> None:
        real(self)
        for change in self.changes.values():
            if change.state == "unknown":
                change.error = "not written"

    _instead(stack, _Applier, "end", end)


def a_default_picture_that_replaces_a_photo_of_ones_own(stack: contextlib.ExitStack) -> None:
    """Whatever is there counts as the default picture."""
    _instead(stack, DefaultPictures, "may_replace", lambda *_args: True)


def a_default_picture_of_before_that_is_taken_for_ones_own(stack: contextlib.ExitStack) -> None:
    """Nothing is remembered of who got the default picture."""
    _instead(stack, DefaultPictures, "recall", lambda *_args: None)


FAULTS: list[tuple[Fault, set[str]]] = [
    (a_receipt_without_having_looked, {"nothing newer is overwritten"}),
    (a_foreign_photo_that_is_forgotten, {"nothing newer is overwritten"}),
    (no_intention_in_the_receipts, {"our own photo is nobody else's"}),
    (no_intention_in_the_backups, {"restore brings back what the run did"}),
    (restores_that_restore_what_the_run_never_touched, {"restore brings back what the run did"}),
    (restores_without_receipts, {"our own photo is nobody else's"}),
    (percentages_of_what_nobody_saw, {"too much at once is refused"}),
    (names_that_only_memory_knows, {"nobody is left out without a reason"}),
    (names_that_pass_on_with_their_picture, {"the right person or nobody"}),
    (overwriting_without_a_backup, {"saved before it is overwritten"}),
    (another_tag_is_another_photo, {"our own photo is nobody else's"}),
    (a_conflict_that_is_overwritten, {"nothing newer is overwritten"}),
    (a_default_picture_that_replaces_a_photo_of_ones_own, {"the default picture replaces nothing but itself"}),
    (a_default_picture_of_before_that_is_taken_for_ones_own, {"another default picture replaces the former one"}),
    (a_change_that_is_not_told, {"one user's failure stops nobody else, and is told"}),
]


@pytest.mark.parametrize(("fault", "promises"), FAULTS, ids=lambda each: getattr(each, "__name__", ""))
def test_a_fault_is_found(fault: Fault, promises: set[str]) -> None:
    with runner.at_one_speed(), contextlib.ExitStack() as stack:
        fault(stack)
        found = (runner.tell(story.draw(seed)) for seed in range(SEEDS))
        first = next((each for each in found if each.broken in promises), None)
    assert first is not None, f"{SEEDS} histories did not find it"


def test_a_failing_history_is_told_in_few_steps_and_can_be_played_again() -> None:
    with contextlib.ExitStack() as stack:
        names_that_pass_on_with_their_picture(stack)
        with runner.at_one_speed():
            found = (runner.tell(story.draw(seed)) for seed in range(SEEDS))
            failing = next(each for each in found if each.broken == "the right person or nobody")
        told = runner.explained(failing)
        assert f"--seed {failing.story.seed}" in told
        assert len(told.splitlines()) <= 2 + 7
        again = runner.play_seeds([failing.story.seed])[0]
    assert (again.broken, again.text) == (failing.broken, failing.text)
