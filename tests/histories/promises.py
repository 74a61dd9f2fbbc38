# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The promises of docs/safety.md as invariants of a history. Each method that can break one is named after it there."""

from __future__ import annotations

import hashlib
import typing as t

from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Definition, Outcome, sha256
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.recipe_check import breach
from ansible_collections.hybrid.photos.plugins.module_utils._sync.backups import MANIFEST, read_manifest

from . import pictures
from .door import Applied
from .truth import Truth
from .world import PERSON, Account, Photo

if t.TYPE_CHECKING:
    from .play import Play, Run


class Broken(BaseException):
    """A promise was broken. No Exception, which the code under test might take for a fault that it has to live with."""

    def __init__(self, promise: str, what: str) -> None:
        super().__init__(f"{promise}: {what}")
        self.promise = promise


class Judge:
    """Asked before and after each run, and at each write."""

    def begin(self, play: Play) -> None:
        self.play = play
        self.world = play.world
        self.truth = Truth(play.world)
        self.start: dict[int, Photo] = {}
        self.lagging: set[int] = set()
        self._files = ""

    def receipts_were_lost(self) -> None:
        self.truth.forget()

    # -- before and while ----------------------------------------------------------------------------------------------

    def before(self, run: Run, definitions: t.Sequence[Definition]) -> None:
        run.meant = {}
        for definition in definitions:
            account = self.world.by_identity(definition.user)
            run.meant[definition.user] = None if account is None else account.index
        self.start = {account.index: account.truth for account in self.world.accounts}
        self.lagging = {account.index for account in self.world.accounts if self.world.lags(account)}
        run.lagging = bool(self.lagging)
        self._files = self._digest() if run.asked("check") else ""

    def _digest(self) -> str:
        """Of everything that runs leave on disk."""
        found = hashlib.sha256()
        for path in sorted(self.play.folder.rglob("*")):
            if path.is_file() and not path.name.endswith("-shm"):
                found.update(path.as_posix().encode() + path.read_bytes())
        return found.hexdigest()

    def wrote(self, run: Run, applied: Applied) -> None:
        """A photo was just changed by a run."""
        account, before = applied.account, applied.before
        who = f"account {account.index}"
        if run.asked("check") or run.asked("plan_only"):
            raise Broken("looking writes nothing", f"{run.name} wrote the photo of {who}")
        shown = run.door.trace.shown.get(account.index, set())
        excused = applied.lagged or self._came_late(applied)
        if not excused and not shown & {("tag", before.tag), ("number", before.number)}:
            raise Broken("nothing newer is overwritten", f"{run.name} overwrote a photo of {who} that it never saw")
        if run.asked("keep") and not applied.lagged and self.truth.is_surely_foreign(account, before):
            raise Broken("nothing newer is overwritten", f"{run.name} overwrote what a person set for {who}, with keep")
        if not run.restores:
            self._right_person(run, applied)
            self._approved(run, applied)
        if run.asked("receipts"):
            self.truth.written(account, applied.before, applied.after)

    def _came_late(self, applied: Applied) -> bool:
        """Was a late write of an earlier run overwritten, which was shown only after the last look at the photo?

        Graph takes no condition on a write, so nothing can prevent that.
        """
        index, graph = applied.account.index, self.play.story.kind == "graph"
        return graph and index in self.lagging and applied.before.seq == self.start[index].seq

    def _right_person(self, run: Run, applied: Applied) -> None:
        index, number = applied.account.index, applied.after.number
        names = [name for name, meant in run.meant.items() if meant == index]
        if len(names) != 1:
            raise Broken("the right person or nobody", f"{len(names)} declared names lead to account {index}")
        name = names[0]
        if run.declared[name] != number:
            raise Broken("the right person or nobody", f"picture {number} was not declared for account {index}")
        if name in run.defaults:
            self._replaces_only_itself(run, applied)
            return
        if self.truth.was_somebody_else(name, index, number):
            raise Broken(
                "the right person or nobody", f"{name} is account {index} now, and got what was of its former holder"
            )
        if run.asked("receipts"):
            self.truth.in_order(name, index, number)

    def _replaces_only_itself(self, run: Run, applied: Applied) -> None:
        """The default picture goes where there is no photo, or a default picture. A late write of ours is not seen."""
        before = applied.before.number
        if before is not None and before < pictures.NOBODY and not applied.lagged and not self._came_late(applied):
            what = f"{run.name} overwrote picture {before} of account {applied.account.index}"
            raise Broken("the default picture replaces nothing but itself", what)

    def _approved(self, run: Run, applied: Applied) -> None:
        """Where a plan was approved: this change, of this account, on the photo that the plan saw."""
        if not run.expect:
            return
        account, before = applied.account, applied.before
        name = next(name for name, meant in run.meant.items() if meant == account.index)
        expect = run.expect[name]
        planned_on = {photo.number for photo in self.truth.seen(account, expect.tag)}
        action = "remove" if applied.after.data is None else "put"
        same = applied.lagged or before.tag == expect.tag or before.number in planned_on
        if expect.action != action or expect.user_id != account.id or not same:
            raise Broken("only what was approved", f"{run.name}: {action} for account {account.index} was not")

    # -- after ---------------------------------------------------------------------------------------------------------

    def after(self, run: Run) -> None:
        """Every promise that one run can break."""
        self.saved_before_it_is_overwritten(run)
        if run.asked("check") and self._digest() != self._files:
            raise Broken("looking writes nothing", f"{run.name} changed files in check mode")
        self.too_much_at_once_is_refused(run)
        self._what_nobody_saw_may_be_ours(run)
        if run.door.trace.killed:
            if run.asked("receipts") and not run.asked("check"):
                self._maybe_adopted(run)
            return
        if run.result is None:
            if run.failure is None:
                raise Broken("a run always has a result", run.name)
            if run.writes:
                raise Broken("a run always has a result", f"{run.name} wrote, and ended with {run.failure}")
            return
        if "the run was interrupted" in str(run.result.error):
            raise Broken("a run always has a result", str(run.result.error))
        for outcome in run.result.outcomes:
            account = self._account(run, outcome)
            if account is not None and outcome.state == "verified" and run.result.error is None:
                self.truth.verified(account)
            self.the_outcome_is_the_truth(run, outcome, account)
            if account is not None and account.index not in run.door.trace.torn:
                self.in_sync_is_as_declared(run, outcome, account)
                self.ours_is_not_foreign(run, outcome, account)
            self.nobody_is_left_out_without_a_reason(run, outcome, account)
        if run.asked("receipts") and not run.asked("check"):
            self._adopted(run)

    def _account(self, run: Run, outcome: Outcome) -> Account | None:
        if outcome.user is None:
            return None
        return next(a for a in self.world.accounts if a.id == outcome.user.id)

    def _number(self, run: Run, outcome: Outcome) -> int | None:
        return run.wanted[outcome.definition.user]

    def the_outcome_is_the_truth(self, run: Run, outcome: Outcome, account: Account | None) -> None:
        promise, user = "one user's failure stops nobody else, and is told", outcome.definition.user
        index = -1 if account is None else account.index
        applied = any(each.account.index == index for each in run.writes)
        # An earlier write that is shown only now cannot be told from ours, whose answer was lost.
        surfaced = index in self.lagging and outcome.verified
        taken = index in run.door.trace.answered or self._set_by_a_person(run, outcome, account)
        if outcome.changed and not applied and not surfaced and not taken:
            raise Broken(promise, f"{run.name} calls {user} changed, and it is not")
        if applied and not outcome.changed and "not known whether" not in str(outcome.error):
            raise Broken(promise, f"{run.name} does not tell that it changed {user} ({outcome.state}, {outcome.error})")
        if outcome.verified and outcome.changed:
            shown = run.door.trace.shown.get(index, set())
            if ("number", self._number(run, outcome)) not in shown:
                raise Broken(promise, f"{run.name} calls {user} verified, and never saw it")
        missing = outcome.change.drift == "missing"
        if missing and ("number", None) not in run.door.trace.shown.get(index, set()):
            raise Broken("what could not be read is never taken for absent", f"{run.name}: {user}")

    def _set_by_a_person(self, run: Run, outcome: Outcome, account: Account | None) -> bool:
        """Did a person set the very picture that this run meant to write, and whose answer was lost?

        A cloud stores photos anew, and a removal is one like the other, so nobody can tell whose it was. Active
        Directory shows the bytes that were written.
        """
        number = self._number(run, outcome)
        if account is None or (self.world.kind == "ad" and number is not None):
            return False
        since = [photo for photo in account.log if photo.seq > self.start[account.index].seq]
        return any(photo.author == PERSON and photo.number == number for photo in since)

    def in_sync_is_as_declared(self, run: Run, outcome: Outcome, account: Account) -> None:
        expect = outcome.definition.expect
        untouched = expect is not None and expect.untouched is not None
        if outcome.change.drift != "in_sync" or outcome.changed or untouched:
            return
        number, seen = self._number(run, outcome), outcome.observed
        if seen is None or seen.problem is not None:
            if number is not None:
                raise Broken("in sync is as declared", f"{outcome.definition.user} was not seen")
            return
        photos = self.truth.seen(account, seen.tag if seen.present else None)
        if outcome.own_photo:
            number = photos[-1].number if photos else None
            if outcome.definition.user not in run.defaults or number in (None, run.wanted[outcome.definition.user]):
                raise Broken(
                    "in sync is as declared", f"{run.name}: {outcome.definition.user} has no photo of their own"
                )
            return
        if not any(photo.number == number for photo in photos):
            raise Broken("in sync is as declared", f"{run.name}: {outcome.definition.user} does not show {number}")
        if self.world.kind == "ad" and number is not None and not run.restores:
            what = breach(t.cast(bytes, photos[-1].data), pictures.RECIPES["ad"])
            if what is not None:
                raise Broken("in sync is as declared", f"{run.name}: {outcome.definition.user}: {what}")

    def ours_is_not_foreign(self, run: Run, outcome: Outcome, account: Account) -> None:
        seen = outcome.observed
        if not outcome.change.foreign or seen is None or run.restores:
            return
        photos = self.truth.seen(account, seen.tag if seen.present else None)
        if photos and all(self.truth.is_surely_ours(account, photo) for photo in photos):
            who = f"{outcome.definition.user} (account {account.index})"
            raise Broken("our own photo is nobody else's", f"{run.name} calls the photo of {who} foreign")

    def nobody_is_left_out_without_a_reason(self, run: Run, outcome: Outcome, account: Account | None) -> None:
        promise, user = "nobody is left out without a reason", outcome.definition.user
        if outcome.change.drift == "invalid":
            raise Broken(promise, f"{run.name}: {user}: {outcome.change.reason}")
        if outcome.change.drift != "unresolved":
            return
        index = run.meant[user]
        twins = sum(meant == index for meant in run.meant.values())
        if index is not None and twins == 1 and not self.truth.may_be_somebody_else(user, index):
            raise Broken(promise, f"{run.name}: {user}: {outcome.change.reason}")

    def saved_before_it_is_overwritten(self, run: Run) -> None:
        losing = [each for each in run.writes if each.before.data is not None and not each.lagged]
        if not run.asked("backups") or not losing:
            return
        folder = self.play.backups / run.name
        saved = read_manifest(folder) if (folder / MANIFEST).exists() else []
        for each in [each for each in losing if not self._came_late(each)]:
            mine = [s for s in saved if s.id == each.account.id and not s.first]
            kept = [(folder / s.file).read_bytes() for s in mine]
            if self.world.kind == "ad" and each.before.data not in kept:
                raise Broken("saved before it is overwritten", f"{run.name}: account {each.account.index}")
            if each.before.number not in [pictures.number_of(data) for data in kept]:
                raise Broken("saved before it is overwritten", f"{run.name}: account {each.account.index}")
            if any(sha256(data) != s.sha256 for data, s in zip(kept, mine, strict=True)):
                raise Broken("saved before it is overwritten", f"{run.name}: account {each.account.index} is spoilt")

    def too_much_at_once_is_refused(self, run: Run) -> None:
        if not run.asked("guarded") or len(run.meant) < 10:
            return
        shown = run.door.trace.shown.values()
        there = sum(any(kind == "tag" and tag is not None for kind, tag in seen) for seen in shown)
        losing = [each for each in run.writes if each.before.data is not None and not each.lagged]
        replaced = {each.account.index for each in losing if each.after.data is not None}
        removed = {each.account.index for each in losing if each.after.data is None}
        if len(replaced) * 100 > 30 * there or len(removed) * 100 > 10 * there:
            what = f"{len(replaced)} replaced, {len(removed)} removed of {there}"
            raise Broken("too much at once is refused", f"{run.name}: {what}")

    # -- what the receipts may know now -------------------------------------------------------------------------------

    def _adopted(self, run: Run) -> None:
        """A photo that is as declared is ours from then on, whoever set it."""
        surely = run.result is not None and run.result.error is None
        for outcome in run.outcomes():
            account, seen = self._account(run, outcome), outcome.observed
            if account is None:
                continue
            # Whoever's photo was about to be changed holds the name; also where somebody else then was quicker, so that
            # nothing was left to do (dropped).
            default = outcome.definition.user in run.defaults
            if (outcome.change.action != "none" or outcome.state == "dropped") and not run.restores and not default:
                self.truth.in_order(
                    outcome.definition.user, account.index, run.declared[outcome.definition.user], False
                )
            if outcome.change.drift != "in_sync" or outcome.error is not None or outcome.state is not None:
                continue
            if seen is not None and seen.problem is None and not outcome.changed and not outcome.own_photo:
                photos = self.truth.seen(account, seen.tag if seen.present else None)
                self.truth.adopted(account, photos, surely and (seen.present or self.truth.is_known(account)))
            if not run.restores and not default:
                name = outcome.definition.user
                self.truth.in_order(name, account.index, run.declared[name], surely)

    def _maybe_adopted(self, run: Run) -> None:
        for name in run.meant:
            for index in self._led_to(run, name):
                account = self.world.accounts[index]
                self.truth.adopted(account, account.log, False)
                if not run.restores and name not in run.defaults:
                    self.truth.in_order(name, index, run.declared[name], False)

    def _led_to(self, run: Run, name: str) -> set[int]:
        """The account that a name means; and the one that it meant to an earlier run, where this run looked at that.

        Names are remembered for some minutes, so a name that moved on since may still lead to its former holder.
        """
        before = {each.meant.get(name) for each in self.play.runs[:-1]}
        return {i for i in {run.meant[name]} | (before & set(run.door.trace.shown)) if i is not None}

    def _what_nobody_saw_may_be_ours(self, run: Run) -> None:
        """What a run meant to write, and does not know whether it did: the receipts keep it until a write is seen.

        A person who sets that very picture cannot be told from the run, whose write may have come late.
        """
        if not run.asked("receipts") or run.asked("check"):
            return
        if run.result is None:
            for name, index in run.meant.items():
                if index is not None and name in run.wanted:
                    self.truth.perhaps_written(self.world.accounts[index], run.wanted[name])
            return
        for outcome in run.result.outcomes:
            account = self._account(run, outcome)
            unknown = outcome.state == "unknown" or (outcome.changed and not outcome.verified)
            # A receipts file that broke keeps the intention, whatever came of it.
            kept = run.result.error is not None and outcome.change.action != "none"
            if account is not None and (unknown or kept):
                self.truth.perhaps_written(account, run.wanted[outcome.definition.user])

    # -- several runs --------------------------------------------------------------------------------------------------

    def plan_was_carried_out(self, plan: Run, real: Run) -> None:
        """Check mode says what a real run then does."""
        if plan.result is None or real.result is None or plan.lagging:
            return
        told = [_plan(outcome) for outcome in plan.result.outcomes]
        done = [_plan(outcome) for outcome in real.result.outcomes]
        if told != done or bool(plan.result.error) != bool(real.result.error):
            raise Broken("check mode says what a real run does", f"{told} became {done}")
        wanted = {each[0] for each in told if each[2] != "none"} if plan.result.error is None else set()
        changed = {outcome.definition.user for outcome in real.result.outcomes if outcome.changed}
        if wanted != changed:
            raise Broken("check mode says what a real run does", f"{wanted} were told, {changed} were changed")

    def second_run_changed_nothing(self, run: Run) -> None:
        if run.writes:
            raise Broken("a second run changes nothing", f"{run.name} wrote")

    def all_is_as_declared(self, run: Run) -> None:
        """Whatever went wrong before: a quiet run puts everything right."""
        promise = "the next run puts the rest right"
        if run.result is None or run.result.error is not None:
            raise Broken(promise, f"{run.name}: {run.failure or (run.result and run.result.error)}")
        for outcome in run.result.outcomes:
            name, account = outcome.definition.user, self._account(run, outcome)
            if account is None or account.problem is not None:
                continue
            if outcome.own_photo:
                self._former_default_is_replaced(run, account)
            elif account.truth.number != run.declared[name]:
                why = outcome.error or outcome.change.reason
                raise Broken(promise, f"{run.name}: {name} shows {account.truth.number}: {why}")
            if outcome.error is not None or outcome.verified is False:
                raise Broken(promise, f"{run.name}: {name}: {outcome.error} {outcome.warnings}")

    def _former_default_is_replaced(self, run: Run, account: Account) -> None:
        """Whoever is surely known to show a default picture of ours from before has no photo of their own."""
        now = account.truth
        if now.number is not None and now.number >= pictures.NOBODY and self.truth.is_surely_ours(account, now):
            what = f"{run.name} left a former default picture for account {account.index}"
            raise Broken("another default picture replaces the former one", what)

    def restore_undid(self, run: Run, again: Run) -> None:
        """Restore touches nothing that the run did not do, and brings back what it did."""
        did = {each.account.index: each for each in run.writes}
        lagged = {each.account.index for each in run.writes if each.lagged} | self.lagging
        for each in again.writes:
            index, mine = each.account.index, did.get(each.account.index)
            if each.lagged or index in lagged:
                continue
            if mine is None:
                if again.asked("force"):
                    continue  # nobody asks then what became of it
                if self._looks_like_it(run, index, each.before):
                    continue
                raise Broken("restore touches nothing that the run did not do", f"{again.name}: account {index}")
            if not again.asked("force") and each.before.number != mine.after.number:
                what = f"{again.name}: account {index} changed since"
                raise Broken("restore touches nothing that the run did not do", what)
            self._is_back(again, mine, each.after)
        if again.door.trace.fired or again.asked("check") or again.result is None:
            return
        waiting = {o.user.id for o in again.outcomes() if o.user is not None and o.verified is False and not o.changed}
        for index, mine in did.items():
            if self.world.accounts[index].id in waiting:
                continue  # an earlier restore wrote it already, and it is not shown yet
            account, start = self.world.accounts[index], self.start[index]
            here = not (account.problem or account.deleted) and index not in lagged
            left = start.seq == mine.after.seq or start.anew_of == mine.after.seq
            if here and left and (mine.before.data is not None or again.options["first"] == "remove"):
                self._is_back(again, mine, account.truth)

    def _looks_like_it(self, run: Run, index: int, now: Photo) -> bool:
        """Is there what this run meant to write, set by somebody who left no backups that could tell?"""
        later = self.play.runs[self.play.runs.index(run) + 1 :]
        told = any(each.name == now.author and each.asked("backups") for each in later)
        names = [name for name, meant in run.meant.items() if meant == index]
        return not told and any(run.declared.get(name) == now.number for name in names)

    def _is_back(self, again: Run, mine: Applied, now: Photo) -> None:
        index = mine.account.index
        if now.number != mine.before.number:
            raise Broken("restore brings back what the run did", f"{again.name}: account {index}")
        if self.world.kind == "ad" and now.data != mine.before.data and mine.before.data[:4] != b"\x89PNG":
            raise Broken("restore brings back what the run did", f"{again.name}: account {index} has other bytes")


def _plan(outcome: Outcome) -> tuple[str, str, str, bool, bool]:
    change = outcome.change
    return outcome.definition.user, change.drift, change.action, change.foreign, outcome.stale
