# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps 9 and 10: read back what was written, report what the target shows, and record it in receipts and backups."""

from __future__ import annotations

import time
import typing as t
from dataclasses import replace

from .._core.model import Comparison, Observation, PhotoError, Receipt, SourceError, StoreError
from .._core.wording import UNVERIFIED
from .._pictures.comparison import clearly_another
from .._pictures.fingerprint import matches
from .._pictures.transforms import service_transform
from .change import ChangeRecord, Written
from .on_its_way import never_shown
from .options import Services, Settings
from .planner import Planner, is_sized
from .store import PhotoStore

#: Seconds between reads of a service that still shows the old photo.
LOOKS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)


class Look(t.NamedTuple):
    """The read-back of one user, and how it compares with what was written."""

    seen: Observation
    comparison: Comparison | None


class Verifier:
    """Moves changes from ``written`` or ``unknown`` to a final state. ``receipts`` has the intentions of this run."""

    def __init__(self, store: PhotoStore, planner: Planner, settings: Settings, services: Services) -> None:
        self.store = store
        self.planner = planner
        self.settings = settings
        self.services = services
        self.receipts: dict[str, Receipt] = {}
        #: The receipts from before, None where there was none.
        self.before: dict[str, Receipt | None] = {}
        #: Writes that the service does not show yet.
        self.late: list[ChangeRecord] = []

    def look(self, changes: t.Sequence[ChangeRecord]) -> dict[str, Look]:
        """Read back, by user id. Changes nothing here, because it may run while the next lot is written.

        Without verification only changes without an answer are read. Raises StoreError.
        """
        by_id = {c.user.id: c for c in changes if self.settings.verify or c.state == "unknown"}
        if not by_id:
            return {}
        users = [change.user for change in by_id.values()]
        looks: dict[str, Look] = {}
        for user, seen in self.store.observe(users, lambda _user, _tag: True):
            looks[user.id] = Look(seen, self._compared(by_id[user.id], seen))
        return looks

    def _compared(self, change: ChangeRecord, seen: Observation) -> Comparison | None:
        """Compare with what was written; None when there is nothing to compare."""
        if change.removes or not seen.present:
            return None
        written = t.cast(Written, change.written)
        if seen.sha256 is not None and seen.sha256 == written.sha256:
            return Comparison("same", "bytes", "the same bytes")
        if seen.tag == change.tag:
            return None
        try:
            return self.planner.compare(self.planner.renditions.rendition(change.outcome.definition), seen)
        except SourceError:
            # The source disappeared during the run; its hash and fingerprint are still known.
            if seen.picture is not None and matches(written.fingerprint, seen.picture):
                return Comparison("same", "pixels", "the same photo, re-encoded; its source file no longer exists")
            return None

    def examine_all(self, changes: t.Sequence[ChangeRecord], looks: t.Mapping[str, Look]) -> str | None:
        """Move the changes that were read back, and record it.

        Returns the message of a failure of the receipts file, or None.
        """
        kept: list[Receipt] = []
        for change in changes:
            look = looks.get(change.user.id)
            receipt = self._taken(change) if look is None else self._examine(change, look)
            if receipt is not None:
                kept.append(receipt)
        return self._keep(kept)

    def cannot_look(self, changes: t.Sequence[ChangeRecord], why: str) -> None:
        """The target became unavailable before the change could be read back."""
        kept = [self._doubt(change, why) for change in changes if change.state in ("written", "unknown")]
        self._keep([receipt for receipt in kept if receipt is not None])

    def wait_for_late_ones(self) -> str | None:
        """Wait for a service with a delay: for all users together, and at most for the run's patience."""
        end = time.monotonic() + self.settings.patience
        pauses = iter(LOOKS)
        stopped: str | None = None
        while self.late and stopped is None:
            pause = next(pauses, LOOKS[-1])
            if time.monotonic() + pause > end:
                break
            time.sleep(pause)
            changes, self.late = self.late, []
            try:
                stopped = self.examine_all(changes, self.look(changes))
            except StoreError as error:
                stopped, self.late = str(error), changes
        late = [change for change in self.late if not change.ended]
        kept = [self._doubt(change, stopped or _shown_instead(change), unseen=True) for change in late]
        self.late = []
        return self._keep([receipt for receipt in kept if receipt is not None]) or stopped

    def forget(self, changes: t.Sequence[ChangeRecord]) -> None:
        """Nothing was written for these users: restore their former receipts. Raises PhotoError."""
        receipts = self.services.receipts
        if receipts is None:
            return
        mine = {c.user.id: self.before[c.user.id] for c in changes if c.user.id in self.before}
        receipts.save([r for r in mine.values() if r is not None], [key for key, r in mine.items() if r is None])

    def not_made(self, change: ChangeRecord) -> None:
        """The photo that was backed up for this change is still at the target."""
        if self.services.backups is not None:
            self.services.backups.dropped(change.user, change.backup)
        change.backup = None if change.state == "conflict" else change.backup

    def _keep(self, kept: t.Sequence[Receipt]) -> str | None:
        if self.services.receipts is None:
            return None
        try:
            self.services.receipts.save(kept)
        except PhotoError as error:
            return str(error)
        return None

    # -- one look ------------------------------------------------------------------------------------------------------

    def _examine(self, change: ChangeRecord, look: Look) -> Receipt | None:
        """Move one change by its read-back. Returns its receipt."""
        seen = look.seen
        if seen.problem is not None:
            return self._doubt(change, f"it could not be read back: {seen.problem}")
        if change.removes and not seen.present:
            return self._confirm(change, Receipt(change.user.id, None, None, None))
        by_bytes = look.comparison is not None and look.comparison.rung == "bytes"
        if (seen.tag if seen.present else None) == change.tag and not by_bytes:
            self.late.append(change)
            return self._taken(change)
        if change.removes:
            return self._doubt(change, "a photo is there again after it was removed")
        if not seen.present:
            return self._doubt(change, "the target shows no photo after it was written")
        return self._examine_picture(change, look)

    def _examine_picture(self, change: ChangeRecord, look: Look) -> Receipt | None:
        """Is the photo that is there now the one that we sent, or the service's copy of it?"""
        seen, comparison, written = look.seen, look.comparison, t.cast(Written, change.written)
        receipt = Receipt(
            change.user.id,
            change.outcome.source_sha256,
            self.settings.recipe.digest,
            seen.tag,
            written.summary,
            fingerprint=written.fingerprint,
        )
        if comparison is None:
            return self._doubt(change, "its source file no longer exists to compare it with")
        # A target that keeps our bytes would show them: the same photo in other bytes was written by somebody else.
        others = self.store.keeps_bytes and comparison.rung != "bytes"
        if comparison.verdict == "same" and change.state == "unknown" and others:
            why = "it is not known whether it was written; the declared photo is there now, and others wrote it"
            change.to("failed", why)
            return None
        if comparison.verdict == "same":
            return self._confirm(change, receipt)
        if seen.picture is None:
            return self._doubt(change, comparison.reason)
        # A target that keeps bytes shows our bytes, or what somebody else wrote right after us.
        fact = None
        if not self.store.keeps_bytes:
            fact = self._transformed(change, seen.picture, comparison, sized=is_sized(seen))
        if fact is not None:
            change.warn(fact)
            return self._confirm(change, replace(receipt, service_transform=fact))
        why = (
            f"the target shows another picture than the one that was written ({comparison.reason}); check "
            "this user's photo"
        )
        if change.state == "unknown":
            why = f"it is not known whether it was written, and another picture is there now ({comparison.reason})"
        change.to("failed", why)
        return None

    def _transformed(self, change: ChangeRecord, picture: bytes, comparison: Comparison, *, sized: bool) -> str | None:
        """How the service transformed our upload, in a sentence; None: this is another picture."""
        known, fact = t.cast(Written, change.written).fingerprint, None
        somewhat = f"the target shows our upload slightly changed: {comparison.reason}"
        try:
            ours = self.planner.renditions.rendition(change.outcome.definition)
            fact = service_transform(ours.data, picture)
            if fact is None and not clearly_another(ours, picture, sized=sized):
                fact = somewhat
        except SourceError:
            pass  # the source disappeared during the run; its hash and fingerprint are still known
        return fact or (somewhat if matches(known, picture) else None)

    def _confirm(self, change: ChangeRecord, receipt: Receipt) -> Receipt:
        change.to("verified" if self.settings.verify else "written")
        self._note_done(change, receipt.tag)
        return receipt

    def _note_done(self, change: ChangeRecord, tag: str | None) -> None:
        change.after = tag
        if self.services.backups is not None:
            self.services.backups.done(change.user, change.backup, tag)

    def _taken(self, change: ChangeRecord) -> Receipt | None:
        """The target accepted the write, but it was not visible: the receipt records this."""
        receipt = self.receipts.get(change.user.id)
        if receipt is None or receipt.pending is None or change.state != "written":
            return None
        return replace(receipt, pending=replace(receipt.pending, sent=True))

    def _doubt(self, change: ChangeRecord, why: str, unseen: bool = False) -> Receipt | None:
        """Written but not seen: unverified. Not even known to be written: this is reported at the end."""
        if change.state == "unknown":
            change.error = why if change.error is None else f"{change.error}; {why}"
            return None
        if change.state != "written" or not self.settings.verify:
            return self._taken(change)
        receipt = self._taken(change)
        runs = 1
        if unseen and receipt is not None and receipt.pending is not None:
            runs = receipt.pending.unseen + 1
            receipt = replace(receipt, pending=replace(receipt.pending, unseen=runs))
        change.warn(UNVERIFIED + why)
        change.to("unverified", never_shown(runs))
        return receipt


def _shown_instead(change: ChangeRecord) -> str:
    """What the target shows, when it does not show yet what was written."""
    shows = "shows no photo yet" if change.tag is None else "still shows the photo from before"
    return f"the target {shows}; it may be late"
