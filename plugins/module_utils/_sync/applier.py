# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps 7 to 10 of the algorithm: back up, write on what was seen, verify, receipt. Never called in check mode."""

from __future__ import annotations

import time
import typing as t
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from .._core.model import Comparison, Observation, Outcome, Receipt, SourceError, StoreError, Summary, User, Write
from .._pictures.comparison import clearly_another
from .._pictures.transforms import service_transform
from .backups import BackupError
from .guards import Limit, guard
from .planner import Planner
from .store import PhotoStore

if t.TYPE_CHECKING:
    from .run import Settings, Tools

#: Changes backed up, written and verified together: large enough to keep many requests in flight, small enough to hold.
TOGETHER = 250
#: Seconds between looks at a service that still shows the old photo.
LOOKS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)


def carry_out(
    outcomes: dict[str, Outcome], store: PhotoStore, planner: Planner, settings: Settings, tools: Tools
) -> None:
    """Make every planned change, in place in ``outcomes``. What changed meanwhile is planned again, once."""
    writer = _Writer(outcomes, store, planner, settings, tools)
    todo = [key for key, outcome in outcomes.items() if outcome.change.action != "none"]
    writer.total = len(todo)
    writer.write_all(todo)
    writer.write_all(writer.replan(), last=True)
    writer.wait_for_late_ones()
    writer.pass_on_failure()


class _Look(t.NamedTuple):
    """What reading back has shown of one user, and how that compares with what was written."""

    seen: Observation
    comparison: Comparison | None


@dataclass(slots=True)
class _Writer:
    outcomes: dict[str, Outcome]
    store: PhotoStore
    planner: Planner
    settings: Settings
    tools: Tools
    total: int = 0
    finished: int = 0
    #: Definition keys whose target was changed by somebody between the look and the write.
    conflicts: list[str] = field(default_factory=list)
    #: Definition keys of writes that the service does not show yet.
    late: list[str] = field(default_factory=list)
    backups: dict[str, Path] = field(default_factory=dict)
    #: Definition keys of writes whose answer was lost: they may or may not have been carried out.
    unsure: set[str] = field(default_factory=set)
    #: Why the target as a whole went away, once it did.
    gone: str | None = None

    def update(self, key: str, **values: t.Any) -> None:
        self.outcomes[key] = replace(self.outcomes[key], **values)

    def fail(self, key: str, error: str) -> None:
        self.update(key, error=error, changed=False)
        self.finish()

    def finish(self) -> None:
        self.finished += 1
        self.tools.progress("written", self.finished, self.total)

    def user(self, key: str) -> User:
        return t.cast(User, self.outcomes[key].user)

    def tag(self, key: str) -> str | None:
        """What the target held when the change was planned."""
        seen = self.outcomes[key].observed
        return seen.tag if seen is not None and seen.present else None

    def write_all(self, keys: t.Sequence[str], last: bool = False) -> None:
        """In lots. Where the store allows it, one lot is read back while the next one is written."""
        lots = [keys[start : start + TOGETHER] for start in range(0, len(keys), TOGETHER)]
        with ThreadPoolExecutor(1) as pool:
            written: list[str] = []
            for lot in lots:
                looks = pool.submit(self.see, written) if written else None
                before, written = written, self.write(lot, last)
                if looks is not None:
                    self.verify(before, looks)
                if not self.store.overlaps:
                    self.verify(written)
                    written = []
            self.verify(written)

    def write(self, keys: t.Sequence[str], last: bool) -> list[str]:
        """One lot of changes, from backup to write; the keys to read back. ``last``: a conflict is a failure now."""
        if self.gone is not None:
            for key in keys:
                self.fail(key, f"not written: {self.gone}")
            return []
        try:
            writes = self.prepared(keys, self.backed_up(keys))
        except StoreError as error:
            self.gone = str(error)
            for key in keys:
                if self.is_open(key):
                    self.fail(key, f"not written: {self.gone}")
            return []
        return self.send(writes, last)

    def is_open(self, key: str) -> bool:
        return self.outcomes[key].error is None and key not in self.conflicts

    def send(self, writes: t.Mapping[str, Write], last: bool) -> list[str]:
        """Write; the keys that were written, or that may have been (``unsure`` names those too)."""
        waiting = {write.user.id: key for key, write in writes.items()}
        written: list[str] = []
        try:
            for user, result in self.store.write(list(writes.values())):
                key = waiting.pop(user.id)
                if result.status == "written":
                    self.update(key, changed=True)
                    written.append(key)
                elif result.status == "uncertain":
                    self.unsure.add(key)
                    written.append(key)
                elif result.status == "failed":
                    self.not_made(key)
                    self.fail(key, result.error or "the target refused it")
                elif last:
                    self.not_made(key)
                    why = "somebody else changed this photo twice while it was being written; it was left as it is"
                    self.fail(key, why)
                else:
                    self.not_made(key)
                    self.conflicts.append(key)
        except StoreError as error:
            # What was under way when the target went away may have been done; that is for verification to say.
            self.gone = str(error)
            self.unsure.update(waiting.values())
            written.extend(waiting.values())
        return written

    def not_made(self, key: str) -> None:
        """The photo that was backed up for this change is still there."""
        if key in self.backups and self.tools.backups is not None:
            self.tools.backups.dropped(self.backups[key])

    def made(self, key: str, after: str | None) -> None:
        """The write was carried out and left this tag: what a restore must find to be sure of its ground."""
        if key in self.backups and self.tools.backups is not None:
            self.tools.backups.done(self.backups[key], after)

    def backed_up(self, keys: t.Sequence[str]) -> dict[str, Observation]:
        """Photos that are about to be lost, by definition key, saved where backups are wanted.

        A change whose backup cannot be made is dropped from the lot (its outcome says so), and one whose target holds
        another photo than the planned-on one becomes a conflict.
        """
        backups = self.tools.backups
        losing = {self.user(key).id: key for key in keys if self.outcomes[key].change.replaces}
        if backups is None or not losing:
            return {}
        saved: dict[str, Observation] = {}
        for user, seen in self.store.read([self.user(key) for key in losing.values()]):
            key = losing[user.id]
            if seen.problem is not None:
                self.fail(key, f"its present photo could not be read for the backup, so it was left: {seen.problem}")
            elif not seen.present or seen.tag != self.tag(key):
                self.conflicts.append(key)
            elif seen.picture is not None:
                try:
                    reason = self.outcomes[key].change.reason
                    path = backups.save(user, seen.picture, seen.tag, reason, self.replacement(key))
                except (BackupError, SourceError) as error:
                    self.fail(key, str(error))
                else:
                    saved[key] = seen
                    self.backups[key] = path
                    self.update(key, backup=str(path))
        return saved

    def replacement(self, key: str) -> bytes | None:
        """What will be written; None: the photo will be removed. Raises SourceError."""
        outcome = self.outcomes[key]
        return self.planner.renditions.rendition(outcome.definition).data if outcome.change.action == "put" else None

    def prepared(self, keys: t.Sequence[str], saved: t.Mapping[str, Observation]) -> dict[str, Write]:
        """The writes of a lot, without those that failed or met a conflict before."""
        writes: dict[str, Write] = {}
        for key in keys:
            outcome = self.outcomes[key]
            if outcome.error is not None or key in self.conflicts:
                continue
            if outcome.change.replaces and self.tools.backups is not None and key not in saved:
                self.fail(key, "its present photo did not arrive for the backup, so it was left as it is; run again")
                continue
            try:
                data = self.replacement(key)
            except SourceError as error:
                self.fail(key, str(error))
                continue
            held = saved[key].picture if key in saved else None
            writes[key] = Write(self.user(key), data, self.tag(key), held)
        return writes

    def verify(self, written: t.Sequence[str], looks: Future[dict[str, _Look]] | None = None) -> None:
        """Planner what was read back, now or in ``looks``, and find out what became of writes whose answer got lost."""
        try:
            self.judge_looks(self.see(written) if looks is None else looks.result())
        except StoreError as error:
            self.gone = str(error)
            for key in self.looked_at(written):
                self.doubt(key, f"it could not be read back: {error}")
        if not self.settings.verify:
            for _key in written:
                self.finish()

    def looked_at(self, written: t.Sequence[str]) -> list[str]:
        tags_wanted = self.settings.verify or self.tools.receipts is not None
        return [key for key in written if tags_wanted or key in self.unsure or key in self.backups]

    def see(self, written: t.Sequence[str]) -> dict[str, _Look]:
        """Read back. Changes nothing here, for it may run while the next lot is written."""
        keys = self.looked_at(written)
        if not keys:
            return {}
        key_of = {self.user(key).id: key for key in keys}
        pictures = self.settings.verify or not self.unsure.isdisjoint(keys)
        looks: dict[str, _Look] = {}
        for user, seen in self.store.observe([self.user(key) for key in keys], lambda _user, _tag: pictures):
            looks[key_of[user.id]] = _Look(seen, self.compared(key_of[user.id], seen) if pictures else None)
        return looks

    def compared(self, key: str, seen: Observation) -> Comparison | None:
        """With what was written; None where there is nothing to compare, or the source is not there any more."""
        outcome = self.outcomes[key]
        if outcome.change.action != "put" or not seen.present or seen.tag == self.tag(key):
            return None
        try:
            return self.planner.compare(self.planner.renditions.rendition(outcome.definition), seen)
        except SourceError:
            return None

    def judge_looks(self, looks: t.Mapping[str, _Look]) -> None:
        receipts: list[Receipt] = []
        forget: list[str] = []
        for key, look in looks.items():
            receipt = self.examine(key, look)
            if receipt is not None:
                receipts.append(receipt)
            else:
                forget.append(self.user(key).id)
        if self.tools.receipts is not None:
            self.tools.receipts.save(receipts, forget)

    def examine(self, key: str, look: _Look) -> Receipt | None:
        """Planner one read-back; the receipt it earns, or None when the target's state is not known to be ours."""
        action, seen = self.outcomes[key].change.action, look.seen
        if seen.problem is not None:
            self.doubt(key, f"it could not be read back: {seen.problem}")
            return None
        if action == "remove" and not seen.present:
            return self.confirm(key, Receipt(self.user(key).id, None, None, None))
        if (seen.tag if seen.present else None) == self.tag(key):
            self.late.append(key)
            return None
        if action == "remove":
            self.doubt(key, "a photo is there again after it was removed")
            return None
        if not seen.present:
            self.doubt(key, "the target shows no photo after it was written")
            return None
        return self.examine_picture(key, look)

    def examine_picture(self, key: str, look: _Look) -> Receipt | None:
        """Is the photo that is there now the one we sent, or what the service made of it?"""
        outcome, seen, comparison = self.outcomes[key], look.seen, look.comparison
        desired = outcome.desired or Summary()
        receipt = Receipt(self.user(key).id, outcome.source_sha256, self.settings.recipe.digest, seen.tag, desired)
        if not self.settings.verify and key not in self.unsure:
            self.made(key, seen.tag)
            return receipt
        if comparison is None:
            self.doubt(key, "its source is not there any more to compare it with")
            return None
        if comparison.verdict == "same":
            return self.confirm(key, receipt)
        if seen.picture is None:
            self.doubt(key, comparison.reason)
            return None
        ours = self.planner.renditions.rendition(outcome.definition).data
        fact = service_transform(ours, seen.picture)
        if fact is None and not clearly_another(ours, seen.picture):
            fact = f"the target shows our upload somewhat changed: {comparison.reason}"
        if fact is not None:
            self.update(key, warnings=(*outcome.warnings, fact))
            return self.confirm(key, replace(receipt, service_transform=fact))
        self.update(key, verified=False)
        why = f"what was written came back as another picture ({comparison.reason}); look at this user's photo by hand"
        self.fail(key, why)
        return None

    def confirm(self, key: str, receipt: Receipt) -> Receipt:
        self.unsure.discard(key)
        self.update(key, changed=True, verified=True if self.settings.verify else None)
        self.made(key, receipt.tag)
        if self.settings.verify:
            self.finish()
        return receipt

    def doubt(self, key: str, why: str) -> None:
        """Written but not shown to be so: unverified. Not even known to be written: failed."""
        if key in self.unsure:
            self.fail(key, f"it is not known whether it was written ({why}); run again")
        elif self.settings.verify:
            self.update(key, verified=False, warnings=(*self.outcomes[key].warnings, f"unverified: {why}"))
            self.finish()

    def replan(self) -> list[str]:
        """Look again at what somebody changed in between; the keys that still have to be written."""
        keys, self.conflicts = self.conflicts, []
        if not keys:
            return []
        if self.gone is not None:
            for key in keys:
                self.fail(key, f"not written: {self.gone}")
            return []
        key_of = {self.user(key).id: key for key in keys}
        definitions = {key: self.outcomes[key].definition for key in keys}
        try:
            for user, seen in self.store.observe([self.user(key) for key in keys], lambda _user, _tag: True):
                key = key_of[user.id]
                self.outcomes[key] = self.planner(definitions[key], self.user(key), seen)
        except StoreError as error:
            self.gone = str(error)
            for key in keys:
                self.fail(key, f"not written: {self.gone}")
            return []
        return self.guarded([key for key in keys if self.outcomes[key].change.action != "none"])

    def guarded(self, keys: list[str]) -> list[str]:
        """The new plan may lose more photos than the first one did; the guards hold for both together."""
        planned = ((o.definition.user, o.change) for o in self.outcomes.values())
        limits: tuple[Limit, Limit] = (self.settings.max_replaced, self.settings.max_removed)
        forbidden = guard(planned, len(self.outcomes), limits)
        if forbidden is None:
            return keys
        for key in keys:
            self.fail(key, "it was changed by somebody else during the run, and a guard now forbids to overwrite it")
        return []

    def wait_for_late_ones(self) -> None:
        """Give a service that lags its time, all together, and no more than the run's patience."""
        end = time.monotonic() + self.settings.patience
        pauses = iter(LOOKS)
        while self.late and self.gone is None:
            pause = next(pauses, LOOKS[-1])
            if time.monotonic() + pause > end:
                break
            time.sleep(pause)
            keys, self.late = self.late, []
            try:
                self.judge_looks(self.see(keys))
            except StoreError as error:
                self.gone = str(error)
                self.late = keys
        for key in self.late:
            self.doubt(key, self.gone or "the target still shows what it showed before; it may only be late")

    def pass_on_failure(self) -> None:
        """Nothing planned may be left without an answer."""
        for key, outcome in self.outcomes.items():
            if outcome.change.action != "none" and not outcome.changed and outcome.error is None:
                self.fail(key, f"not written: {self.gone or 'the run ended before its turn'}")
