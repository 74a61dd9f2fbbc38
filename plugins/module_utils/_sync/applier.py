# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps 7 to 10 of the algorithm: intend, back up, write with the observation, verify. Never called in check mode.

Every planned change is one ChangeRecord (change.py), and these steps move it. Whatever fails on the way, each record
gets a final state and the run returns a result.
"""

from __future__ import annotations

import time
import typing as t
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from .._core.model import Observation, Outcome, Pending, PhotoError, Receipt, SourceError, StoreError, Write
from .._core.wording import UNVERIFIED
from .._pictures.fingerprint import matches
from .backups import BackupError, Intended
from .change import ChangeRecord, Written
from .guards import base_of, count, guard
from .options import Services, Settings
from .planner import Planner
from .store import PhotoStore
from .verifier import Look, Verifier

#: How many earlier writes that were never visible are remembered besides the last one.
EARLIER_KEPT = 5
#: Changes that are backed up, written and verified together: enough to keep many requests in flight, few enough for
#: memory.
TOGETHER = 250

Outcomes = dict[str, Outcome]


def carry_out(
    outcomes: Outcomes, store: PhotoStore, planner: Planner, settings: Settings, services: Services
) -> tuple[Outcomes, str | None]:
    """Make every planned change. What changed since the plan is planned again, once.

    Returns the outcomes, and the error that stopped the whole run, or None. Raises nothing: after the first write there
    is always a result.
    """
    run = _Applier(outcomes, store, planner, settings, services)
    try:
        run.work()
    except Exception as error:  # an error in our own code must not hide what was written before it
        run.stop(f"the run was interrupted: {type(error).__name__}: {error}")
    run.end()
    return run.results(), run.why_stopped()


class _Applier:
    def __init__(
        self, outcomes: Outcomes, store: PhotoStore, planner: Planner, settings: Settings, services: Services
    ) -> None:
        self.outcomes = outcomes
        self.store = store
        self.planner = planner
        self.settings = settings
        self.services = services
        self.changes = {key: ChangeRecord(o) for key, o in outcomes.items() if o.change.action != "none"}
        self.verifier = Verifier(store, planner, settings, services)
        #: Why nothing more can be written; None while writing goes on.
        self.stopped: str | None = None

    def work(self) -> None:
        """All steps, for all changes."""
        self.write_all(list(self.changes.values()))
        again = self.plan_again()
        self.write_all(again)
        if self.stopped is None:
            self.stop_if(self.verifier.wait_for_late_ones())

    def stop(self, why: str) -> None:
        """Stop writing. The first reason is kept."""
        self.stopped = self.stopped or why

    def stop_if(self, why: str | None) -> None:
        if why is not None:
            self.stop(why)

    def tell_progress(self) -> None:
        done = sum(change.ended or change.state == "written" for change in self.changes.values())
        self.services.progress("written", done, len(self.changes))

    def write_all(self, changes: t.Sequence[ChangeRecord]) -> None:
        """Process the changes in lots. If the store allows it, one lot is read back while the next one is written."""
        lots = [changes[start : start + TOGETHER] for start in range(0, len(changes), TOGETHER)]
        with ThreadPoolExecutor(1) as pool:
            written: list[ChangeRecord] = []
            for lot in lots:
                looks = pool.submit(self.verifier.look, written) if written else None
                before, written = written, self.write(lot)
                if looks is not None:
                    self.verify(before, looks)
                if not self.store.overlaps:
                    self.verify(written)
                    written = []
                self.tell_progress()
            self.verify(written)
            self.tell_progress()

    def verify(self, written: t.Sequence[ChangeRecord], looks: Future[dict[str, Look]] | None = None) -> None:
        """Read back, or use what was already read back in ``looks``."""
        try:
            found = self.verifier.look(written) if looks is None else looks.result()
        except StoreError as error:
            self.stop(str(error))
            self.verifier.cannot_look(written, f"it could not be read back: {error}")
        else:
            self.stop_if(self.verifier.examine_all(written, found))
        for change in written:
            if change.ended and not change.removes:
                self.planner.renditions.release(change.outcome.definition)

    def write(self, lot: t.Sequence[ChangeRecord]) -> list[ChangeRecord]:
        """One lot of changes, from backup to write. Returns those to read back."""
        if self.stopped is not None:
            return []
        try:
            self.back_up(lot)
            ready = self.prepared([change for change in lot if change.state == "saved"])
            self.intend(ready)
        except StoreError as error:
            self.stop(str(error))
            return []
        except PhotoError as error:  # the receipts file failed: without an intention nothing is written
            self.stop(str(error))
            return []
        return self.send([change for change in lot if change.state == "intended"])

    # -- before the write ---------------------------------------------------------------------------------------------

    def back_up(self, lot: t.Sequence[ChangeRecord]) -> None:
        """Save photos that will be lost. A photo other than the one planned for is a conflict."""
        backups = self.services.backups
        losing = {change.user.id: change for change in lot if change.outcome.change.replaces}
        if backups is not None and losing:
            for user, seen in self.store.read([change.user for change in losing.values()]):
                change = losing[user.id]
                if seen.problem is not None:
                    why = "its present photo could not be read for the backup, so it was left as it is"
                    change.to("failed", f"{why}: {seen.problem}")
                elif not self.still_there(change, seen):
                    self.meet_conflict(change)
                else:
                    change.held, change.tag = seen.picture, seen.tag
        for change in lot:
            if change.state != "planned":
                continue
            if backups is not None and change.outcome.change.replaces and change.held is None:
                why = "the target did not return its present photo for the backup, so it was left as it is; run again"
                change.to("failed", why)
            else:
                change.to("saved")

    @staticmethod
    def still_there(change: ChangeRecord, seen: Observation) -> bool:
        """Is this still the photo that the change was planned for, perhaps with a new tag from the service?"""
        if not seen.present:
            return False
        return seen.tag == change.tag or (seen.picture is not None and matches(change.planned_on, seen.picture))

    def prepared(self, lot: t.Sequence[ChangeRecord]) -> list[ChangeRecord]:
        """The changes whose content is known and whose photo is backed up."""
        ready: list[ChangeRecord] = []
        for change in lot:
            try:
                change.written = self.what_is_written(change)
                self.save(change)
            except (BackupError, SourceError) as error:
                change.to("failed", str(error))
            else:
                ready.append(change)
        return ready

    def what_is_written(self, change: ChangeRecord) -> Written:
        if change.removes:
            return Written()
        rendition = self.planner.renditions.rendition(change.outcome.definition)
        return Written.of(rendition, keeps_bytes=self.store.keeps_bytes)

    def save(self, change: ChangeRecord) -> None:
        """Back up the photo, with a record of what will be written over it; a first photo is only recorded."""
        backups = self.services.backups
        if backups is None:
            return
        written = t.cast(Written, change.written)
        change.backup = backups.save(
            change.user,
            change.held,
            change.tag,
            change.outcome.change.reason,
            Intended(written.sha256, written.fingerprint),
        )

    def intend(self, ready: t.Sequence[ChangeRecord]) -> None:
        """Write the intentions into the receipts, before the write. Raises PhotoError when this fails."""
        receipts, now = self.services.receipts, time.time()
        if receipts is not None:
            kept = receipts.get([change.user.id for change in ready])
            fresh = []
            for change in ready:
                written = t.cast(Written, change.written)
                before = kept.get(change.user.id)
                pending = Pending(
                    change.outcome.source_sha256 if not change.removes else None,
                    self.settings.recipe.digest if not change.removes else None,
                    change.tag,
                    written.sha256,
                    written.fingerprint,
                    now,
                    unseen=_unseen_so_far(before, change),
                    rendition=written.summary,
                    over_foreign=change.outcome.change.foreign,
                    earlier=_not_seen_yet(before),
                )
                fresh.append(replace(_known_by_now(before, change), pending=pending))
            receipts.save(fresh)
            self.verifier.receipts.update({receipt.user_id: receipt for receipt in fresh})
            self.verifier.before.update({change.user.id: kept.get(change.user.id) for change in ready})
        for change in ready:
            change.to("intended")

    # -- the write ----------------------------------------------------------------------------------------------------

    def send(self, lot: t.Sequence[ChangeRecord]) -> list[ChangeRecord]:
        """Write. Returns the changes that were written or may have been written."""
        waiting: dict[str, ChangeRecord] = {}
        writes: list[Write] = []
        for change in lot:
            try:
                write = self.as_write(change)
            except SourceError as error:
                change.to("failed", str(error))
                self.verifier.not_made(change)
                continue
            change.to("sent")
            waiting[change.user.id] = change
            writes.append(write)
        sent = list(waiting.values())
        try:
            for user, result in self.store.write(writes):
                change = waiting.pop(user.id)
                if result.status == "written":
                    change.to("written")
                elif result.status == "uncertain":
                    change.to("unknown", result.error)
                elif result.status == "failed":
                    change.to("refused", result.error or "the target refused it")
                else:
                    self.meet_conflict(change)
        except StoreError as error:
            # What was in flight when the target became unavailable may have been carried out; verification finds out.
            self.stop(str(error))
        finally:
            for change in waiting.values():
                change.to("unknown", self.stopped)
        for change in sent:
            if change.state in ("refused", "conflict", "failed"):
                self.verifier.not_made(change)
        self.forget_intentions([change for change in sent if change.state in ("refused", "conflict", "failed")])
        return [change for change in sent if change.state in ("written", "unknown")]

    def forget_intentions(self, changes: t.Sequence[ChangeRecord]) -> None:
        """Nothing was written, so no write is pending."""
        try:
            self.verifier.forget(changes)
        except PhotoError as error:
            self.stop(str(error))

    def as_write(self, change: ChangeRecord) -> Write:
        """The change with its bytes; a source that changed since the plan no longer gives them. Raises SourceError."""
        data = None
        if not change.removes:
            data = self.planner.renditions.rendition(change.outcome.definition).data
        known = change.planned_on
        same = None if known is None else (lambda picture: matches(known, picture))
        return Write(change.user, data, change.tag, change.held, same)

    def meet_conflict(self, change: ChangeRecord) -> None:
        """Somebody else wrote in between. At the second conflict the photo stays as it is."""
        change.to("conflict")
        if change.again:
            change.error = "others changed this photo twice while it was being written; it was left as it is"

    # -- once more ----------------------------------------------------------------------------------------------------

    def plan_again(self) -> list[ChangeRecord]:
        """Observe again what somebody changed in between; returns the changes that still have to be made."""
        changes = [change for change in self.changes.values() if change.state == "conflict"]
        if not changes or self.stopped is not None:
            return []
        by_id = {change.user.id: change for change in changes}
        try:
            for user, seen in self.store.observe([change.user for change in changes], lambda _user, _tag: True):
                change = by_id[user.id]
                outcome = self.planner(change.outcome.definition, change.user, seen)
                change.plan_again(replace(outcome, shared_with=change.outcome.shared_with))
        except StoreError as error:
            self.stop(str(error))
            return []
        return self.guarded([change for change in changes if change.state == "planned"])

    def guarded(self, changes: list[ChangeRecord]) -> list[ChangeRecord]:
        """The new plan may replace more photos than the first one; the limits apply to both plans together."""
        now = [self.changes[key].outcome if key in self.changes else o for key, o in self.outcomes.items()]
        planned = ((outcome.definition.user, outcome.change) for outcome in now)
        if guard(planned, base_of(now), self.settings.limits) is None:
            return changes
        for change in changes:
            why = "others changed it during the run, and a limit now forbids to overwrite it"
            change.to("failed", why)
        return []

    # -- the end ------------------------------------------------------------------------------------------------------

    def end(self) -> None:
        """Give every planned change a final state."""
        why = self.stopped or "the run ended before this user was processed"
        for change in self.changes.values():
            if change.state in ("planned", "saved", "intended"):
                change.to("failed", f"not written: {why}")
            elif change.state == "sent":
                change.to("unknown", why)
            if change.state == "conflict" and change.error is None:
                change.error = f"others changed this photo in the meantime, so it was not written: {why}"
            if change.state == "unknown":
                what = (change.error or why).replace("; run again later", "")  # said once, at the end
                change.error = f"it is not known whether it was written ({what}); run again"
            elif change.state == "written" and self.settings.verify:
                change.to("unverified")
                change.warn(UNVERIFIED + why)

    def why_stopped(self) -> str | None:
        """The error that stopped the run, and how many changes were not written; None if the run was not stopped."""
        if self.stopped is None:
            return None
        states = [change.state for change in self.changes.values()]
        unknown = states.count("unknown")
        left = sum(not change.wrote for change in self.changes.values()) - unknown - states.count("dropped")
        done = [f"{left} of {count(len(states), 'planned change')} not written"] if left else []
        done += [f"{unknown} of {count(len(states), 'planned change')} possibly not written"] if unknown else []
        return f"{', '.join(done) or 'All planned changes were written, and then the run stopped'}: {self.stopped}"

    def results(self) -> Outcomes:
        """The outcomes with the results of the changes."""
        return {key: _result(self.changes[key]) if key in self.changes else o for key, o in self.outcomes.items()}


def _result(change: ChangeRecord) -> Outcome:
    verified: bool | None = None
    if change.state == "verified":
        verified = True
    elif change.state == "unverified" or (change.state == "failed" and change.wrote):
        verified = False
    return replace(
        change.outcome,
        changed=change.wrote,
        verified=verified if change.state != "dropped" else change.outcome.verified,
        backup=None if change.backup is None else str(change.backup),
        error=change.error,
        warnings=(*change.outcome.warnings, *change.warnings),
        state=change.state,
    )


def _known_by_now(before: Receipt | None, change: ChangeRecord) -> Receipt:
    """The receipt with what planning found: a photo that is not a foreign one is ours, also under a new tag."""
    if before is None:
        return Receipt(change.user.id, None, None, None, seen=False)
    if change.outcome.change.foreign or (before.seen and before.tag == change.tag):
        return before
    seen = change.outcome.observed
    mark = seen.fingerprint if seen is not None and seen.present else None
    return Receipt(change.user.id, None, None, change.tag, written_at=before.written_at, fingerprint=mark)


def _not_seen_yet(before: Receipt | None) -> tuple[str, ...]:
    """Fingerprints of our writes that the target may still show, the latest first."""
    return before.pending.prints[:EARLIER_KEPT] if before is not None and before.pending is not None else ()


def _unseen_so_far(before: Receipt | None, change: ChangeRecord) -> int:
    """In how many runs in a row the target accepted this same picture and did not show it."""
    pending = before.pending if before is not None else None
    if pending is None or not pending.sent or pending.sha256 != t.cast(Written, change.written).sha256:
        return 0
    return pending.unseen
