# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one run sees: the store, the receipts and the backups, each of which may fail or kill the run at any call."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.hybrid.photos.plugins.module_utils._core.model import (
    Observation,
    Resolution,
    StoreError,
    Unresolved,
    User,
    Write,
    WriteResult,
    sha256,
)
from ansible_collections.hybrid.photos.plugins.module_utils._sync.backups import BackupError, Backups
from ansible_collections.hybrid.photos.plugins.module_utils._sync.receipts import Receipts, ReceiptsError
from ansible_collections.hybrid.photos.plugins.module_utils._sync.store import Expected, OnObserved, Wanted

from . import pictures
from .world import PERSON, Account, Photo, World

#: Where something may go wrong, and what. "written" is after the photo changed and before the answer; "kept" and
#: "noted" are after the receipts and the backups were written.
POINTS: dict[str, tuple[str, ...]] = {
    "open": ("error",),
    "resolve": ("error", "kill", "silent"),
    "observe": ("error", "kill", "person", "anew", "problem", "silent"),
    "read": ("error", "kill", "person", "anew", "problem", "left out"),
    "write": ("error", "kill", "person", "anew", "refuse", "lost", "not sent", "void", "lag", "lost and late"),
    "written": ("error", "kill", "person", "anew"),
    "receipts": ("error", "kill"),
    "kept": ("kill",),
    "backups": ("error", "kill"),
    "noted": ("kill",),
}


class Killed(BaseException):
    """What a killed process does: nothing more."""


class Fault(t.NamedTuple):
    """At the ``nth`` time that a run comes to a point. ``value`` is a picture of a person, or seconds of lag."""

    point: str
    nth: int
    what: str
    value: int = 0


class Applied(t.NamedTuple):
    """A write that the target carried out."""

    account: Account
    before: Photo
    after: Photo
    lagged: bool
    restless: bool


@dataclass
class Trace:
    """What a run really did and saw."""

    applied: list[Applied] = field(default_factory=list)
    #: Tags and numbers that were shown, by account.
    shown: dict[int, set[t.Any]] = field(default_factory=dict)
    #: Accounts whose write was answered "written", with or without truth.
    answered: set[int] = field(default_factory=set)
    problems: set[int] = field(default_factory=set)
    #: Accounts whose tag and picture were shown in two answers, with a person's write between them.
    torn: set[int] = field(default_factory=set)
    fired: list[Fault] = field(default_factory=list)
    killed: bool = False


class Door:
    """A PhotoStore on a world, for one run of a name. The faults of all services are counted here."""

    authority = "tenant"

    def __init__(self, world: World, run: str, faults: t.Sequence[Fault] = ()) -> None:
        self.world = world
        self.run = run
        self.target = world.kind
        self.keeps_bytes = world.kind == "ad"
        self.overlaps = world.kind == "exo"
        self.requests = 0
        self.notes: list[str] = []
        self.trace = Trace()
        self.on_apply: t.Callable[[Applied], None] = lambda _applied: None
        self._faults = {(fault.point, fault.nth): fault for fault in faults}
        self._counts: Counter[str] = Counter()
        self._gone = False

    # -- faults -------------------------------------------------------------------------------------------------------

    def at(self, point: str, account: Account | None = None) -> Fault | None:
        """Come to a point: kills and errors happen here, people and the service do what they do; the rest is given."""
        if self.trace.killed:
            raise Killed
        self.world.clock.now += 0.01
        fault = self._faults.get((point, self._counts[point]))
        self._counts[point] += 1
        if self._gone and point in ("resolve", "observe", "read", "write"):
            raise StoreError("the target is away")
        if fault is None:
            return None
        if fault.what in ("person", "anew") and account is None:
            return None
        self.trace.fired.append(fault)
        if fault.what == "kill":
            self.trace.killed = True
            raise Killed
        if fault.what == "person" and account is not None:
            set_by_hand(self.world, account, fault.value)
        elif fault.what == "anew" and account is not None:
            self.world.store_anew(account)
        elif fault.what == "error" and point not in ("receipts", "backups"):
            self._gone = True
            raise StoreError("the target went away")
        return fault

    # -- the store ----------------------------------------------------------------------------------------------------

    def open(self) -> str:
        self.at("open")
        return self.authority

    def resolve(self, identities: t.Sequence[str], on_observed: OnObserved | None = None) -> dict[str, Resolution]:
        fault = self.at("resolve")
        if fault is not None and fault.what == "silent":
            return {i: Unresolved(i, "no answer", no_answer=True) for i in identities}
        answers: dict[str, Resolution] = {}
        for identity in identities:
            account = self.world.by_identity(identity)
            if account is None:
                answers[identity] = Unresolved(identity, f"{identity} is no user here", gone=True)
            else:
                answers[identity] = User(identity, account.id, account.id)
        if self.world.kind == "ad" and on_observed is not None:
            users = [user for user in answers.values() if isinstance(user, User)]
            on_observed([(user, self._see(user, lambda _user, _tag: True, "observe")) for user in users])
        return answers

    def everyone(self, whom: object = None) -> t.Iterator[User]:
        yield from (User(account.id, account.id, account.id) for account in self.world.accounts)

    def observe(
        self, users: t.Sequence[User], wanted: Wanted, expected: Expected | None = None
    ) -> t.Iterator[tuple[User, Observation]]:
        for user in users:
            yield user, self._see(user, wanted, "observe")

    def read(self, users: t.Sequence[User]) -> t.Iterator[tuple[User, Observation]]:
        for user in users:
            fault: list[Fault | None] = []
            seen = self._see(user, lambda _user, _tag: True, "read", fault)
            if fault[0] is None or fault[0].what != "left out":
                yield user, seen

    def _see(self, user: User, wanted: Wanted, point: str, told: list[Fault | None] | None = None) -> Observation:
        account = self.account(user)
        fault = self.at(point, account)
        if told is not None:
            told.append(fault)
        if account.problem is not None or account.deleted or (fault is not None and fault.what == "problem"):
            self.trace.problems.add(account.index)
            problem = account.problem or "it cannot be read"
            return Observation(problem=problem, no_mailbox=problem == "no mailbox")
        if fault is not None and fault.what == "silent":
            self.trace.problems.add(account.index)
            return Observation(problem="no answer", no_answer=True)
        photo = self.world.view(account)
        self.trace.shown.setdefault(account.index, set()).update({("tag", photo.tag), ("number", photo.number)})
        if photo.data is None:
            return Observation()
        if not self.keeps_bytes and not wanted(user, photo.tag):
            return Observation(True, photo.tag, width=pictures.SIDE, height=pictures.SIDE)
        digest = sha256(photo.data) if self.keeps_bytes or point == "read" else None
        return Observation(True, photo.tag, digest, len(photo.data), pictures.SIDE, pictures.SIDE, picture=photo.data)

    def account(self, user: User) -> Account:
        return next(account for account in self.world.accounts if account.id == user.id)

    def write(self, writes: t.Sequence[Write]) -> t.Iterator[tuple[User, WriteResult]]:
        for write in writes:
            account = self.account(write.user)
            fault = self.at("write", account)
            result = self._write(account, write, fault.what if fault is not None else "", fault.value if fault else 0)
            if result.status == "written":
                self.trace.answered.add(account.index)
            yield write.user, result

    def _write(self, account: Account, write: Write, fault: str, value: int) -> WriteResult:
        if account.problem is not None or account.deleted or fault == "refuse":
            return WriteResult("failed", "refused")
        if fault == "not sent":
            return WriteResult("uncertain", "the connection was cut")
        held = self.world.view(account)
        expected = write.expected
        if self.keeps_bytes and write.expected_bytes is not None:
            expected = sha256(write.expected_bytes)
        if held.tag != expected:
            same = write.same is not None and held.data is not None and write.expected is not None
            if not (same and write.same is not None and held.data is not None and write.same(held.data)):
                return WriteResult("conflict")
        if fault == "void" and not self.keeps_bytes:
            return WriteResult("written")
        lag = float(value) if fault in ("lag", "lost and late") and not self.keeps_bytes else 0.0
        lagged = self.world.lags(account)
        before = account.truth
        after = self.world.set(account, write.data, self.run, lag)
        applied = Applied(account, before, after, lagged or bool(lag), held.tag != expected)
        self.trace.applied.append(applied)
        self.on_apply(applied)
        self.at("written", account)
        return WriteResult("uncertain" if fault.startswith("lost") else "written", None)

    def blocked(self) -> str | None:
        return None

    def limit(self) -> int | None:
        return None

    def close(self) -> None:
        return

    def remember_in(self, memory: Receipts | None) -> None:
        """Where a store keeps its small facts; None: nowhere."""

    def end(self) -> None:
        """The run is over."""


def set_by_hand(world: World, account: Account, value: int) -> None:
    """A person sets or removes the photo of an account; ``value`` says which."""
    if value % 7 == 0:
        if account.truth.data is not None:
            world.set(account, None, PERSON)
        return
    number = account.index * pictures.EACH + value % pictures.EACH
    form = value % 4 if world.kind == "ad" else value % 3
    data = pictures.by_hand(number, form)
    if account.truth.data != data:
        world.set(account, data, PERSON)


class Ledger(Receipts):
    """The true receipts, whose calls may fail. What a store remembers there goes the same way."""

    def __init__(self, path: Path, target: str, read_only: bool, door: Door) -> None:
        self._door = door
        super().__init__(path, target, read_only)

    def _write(self, *changes: tuple[str, list[tuple[t.Any, ...]]]) -> None:
        if self.read_only or not any(rows for _statement, rows in changes):
            return
        fault = self._door.at("receipts")
        if fault is not None:
            raise ReceiptsError("the disk is full")
        super()._write(*changes)
        self._door.at("kept")


class Shelf(Backups):
    """The true backups, whose calls may fail."""

    def __init__(self, folder: Path, door: Door) -> None:
        super().__init__(folder, door.target, door.run)
        self._door = door

    def save(self, *args: t.Any, **more: t.Any) -> Path | None:
        if self._door.at("backups") is not None:
            raise BackupError("the disk is full")
        path = super().save(*args, **more)
        self._door.at("noted")
        return path

    def done(self, *args: t.Any, **more: t.Any) -> None:
        if self._door.at("backups") is not None:
            return  # a full disk: the line is missing
        super().done(*args, **more)
        self._door.at("noted")

    def dropped(self, *args: t.Any, **more: t.Any) -> None:
        if self._door.at("backups") is not None:
            return
        super().dropped(*args, **more)
        self._door.at("noted")
