# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes the backups of old runs.

Never removed: the newest run; the newest run that is not a restore (``restore`` undoes it by default); the run that is
just ending; a run that may still be writing; and anything that may not be a run of this collection.
"""

from __future__ import annotations

import contextlib
import re
import typing as t
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from .._core.model import PhotoError
from .._core.wording import counted
from .._sync.backup_lock import LOCK, alone
from .._sync.backups import ENDED, MANIFEST, append_line
from .places import Place, pictures, places, read_place, remove_empty, unlink
from .restore import RESTORE_PREFIX

_KEEP = re.compile(r"([1-9][0-9]{0,4})(d?)")
#: A run without a recorded end (it failed, was killed, or did not record it) counts as running for so long after its
#: last photo. The lock does not show this: between two batches of shards, no process of the run holds it.
UNENDED_FOR = timedelta(hours=1)
BUSY = "a run is saving photos there at this moment, or backups are being removed there"


@dataclass(frozen=True, slots=True)
class Keep:
    """What is kept: a number of runs, or the runs of a number of days."""

    number: int
    days: bool

    @classmethod
    def parse(cls, text: str, option: str = "keep") -> Keep:
        """``20`` means runs, ``30d`` means days. Raises PhotoError that names the option and the value."""
        match = _KEEP.fullmatch(text.strip())
        if match is None:
            raise PhotoError(
                f"{option}: {text!r} is not a number of runs, such as 20, or of days, such as 30d (1 to 99999). "
                "Nothing was removed"
            )
        return cls(int(match[1]), bool(match[2]))

    def __str__(self) -> str:
        return counted(self.number, "day" if self.days else "run")


@dataclass(slots=True)
class Run:
    """A run with backups. ``photos``: how many pictures it saved."""

    name: str
    time: str = ""
    photos: int = 0
    places: list[Place] = field(default_factory=list)

    @property
    def last(self) -> datetime | None:
        """The time of its last backup; None if the manifest does not have it."""
        try:
            found = datetime.fromisoformat(self.time)
        except ValueError:
            return None
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    def told(self) -> dict[str, t.Any]:
        """The run for the module's result."""
        return {"run": self.name, "time": self.time, "photos": self.photos}


@dataclass(slots=True)
class Pruned:
    """Runs that were removed (in check mode: would be), old runs that were not, and how many runs are kept."""

    removed: list[Run] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    kept: int = 0

    def lines(self, keep: Keep, check: bool) -> list[str]:
        """The lines for the screen; none if there was nothing to remove."""
        verb = "would be removed" if check else "removed"
        told: list[str] = []
        if self.removed:
            photos = counted(sum(run.photos for run in self.removed), "photo")
            runs = counted(len(self.removed), "old run")
            told.append(f"Backups of {runs} {verb}, {photos} ({keep} kept):")
            told += [
                f"  {run.name}: {counted(run.photos, 'photo')}, last saved {run.time[:16]}" for run in self.removed
            ]
        return told + [f"Backups left, {what}: {why}" for what, why in self.left]


def prune(folder: Path, keep: Keep | None, run: str, *, check: bool, saves: bool = False) -> Pruned:
    """Record the end of ``run``, and remove runs that are older than ``keep`` allows. Check mode: only lists them.

    ``saves`` (check mode): the run would save photos, so it counts as one run more. A missing folder has no old runs.
    Raises PhotoError when the folder cannot be read.
    """
    found = places(folder)
    if run and not check:
        found = [_ended(place, run) for place in found]
    answer = Pruned(left=[(str(place.folder), place.problem) for place in found if place.problem])
    runs = _runs([place for place in found if not place.problem])
    if keep is None:
        answer.kept = len(runs)
        return answer
    if check and saves and run not in runs:
        runs[run] = Run(run, datetime.now(UTC).isoformat())
    for old in _too_many(sorted(runs.values(), key=lambda each: each.time), keep, run):
        why = _in_progress(old) or _remove(old, check)
        if why:
            answer.left.append((f"run {old.name}", why))
        else:
            answer.removed.append(old)
    answer.kept = len(runs) - len(answer.removed)
    return answer


def _ended(place: Place, run: str) -> Place:
    if place.problem or not any(saved.run == run for saved in place.saved) or place.ended(run):
        return place
    try:
        append_line(place.folder / MANIFEST, {"event": ENDED, "run": run, "time": datetime.now(UTC).isoformat()})
    except OSError as error:
        return Place(place.folder, problem=f"the end of run {run} cannot be recorded ({error.strerror})")
    return read_place(place.folder)


def _runs(found: t.Iterable[Place]) -> dict[str, Run]:
    runs: dict[str, Run] = {}
    for place in found:
        for saved in place.saved:
            run = runs.setdefault(saved.run, Run(saved.run))
            run.time = max(run.time, saved.time)
            run.photos += bool(saved.file)
            if run.places[-1:] != [place]:
                run.places.append(place)
    return runs


def _too_many(runs: t.Sequence[Run], keep: Keep, ending: str) -> list[Run]:
    """The runs to remove. ``runs`` has the newest last."""
    ordinary = [run.name for run in runs if not run.name.startswith(RESTORE_PREFIX)]
    spared = {ending, *ordinary[-1:], *(run.name for run in runs[-1:])}
    if not keep.days:
        return [run for run in runs[: -keep.number] if run.name not in spared]
    oldest = datetime.now(UTC) - timedelta(days=keep.number)
    return [run for run in runs if run.name not in spared and run.last is not None and run.last < oldest]


def _in_progress(run: Run) -> str:
    if all(place.ended(run.name) for place in run.places):
        return ""
    if run.last is None:
        return "its manifest does not say when it saved its photos"
    if datetime.now(UTC) - run.last < UNENDED_FOR:
        return "it may still be going on: its end is not recorded, and it saved a photo within the last hour"
    return ""


def _remove(run: Run, check: bool) -> str:
    """Remove a run from all its places, or return why not. The next call finishes an incomplete removal."""
    for place in run.places:
        try:
            lock = alone(place.folder, make=not check)
            if lock is None:
                return BUSY
            try:
                why = "" if check else _remove_from(place.folder, run)
            finally:
                lock.free()
        except OSError as error:
            return f"{place.folder} could not be removed ({error.strerror})"
        if why:
            return why
    return ""


def _remove_from(folder: Path, run: Run) -> str:
    """Remove a run from a folder, with the lock held. Pictures first, so that each has a line if this is killed."""
    place = read_place(folder)
    mine = [saved for saved in place.saved if saved.run == run.name]
    if place.problem or any(saved.time > run.time for saved in mine):
        return place.problem or "it saved photos just now"
    others = [entry for entry in place.entries if entry.about("run") != run.name]
    spared = {saved.file for saved in place.saved if saved.run != run.name}
    files = [Path(saved.file).name for saved in mine if saved.file]
    until = max(files, default="") if spared else None
    unlink(folder, pictures(folder, spared, until=until))
    if others:
        place.write(others)
        return ""
    remove_empty(folder)
    (folder / MANIFEST).unlink(missing_ok=True)
    (folder / LOCK).unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # not empty: the folder of all runs, or it has other files
        folder.rmdir()
    return ""
