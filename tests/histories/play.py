# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays a history with the true algorithm; after every run it is asked whether the promises were kept."""

from __future__ import annotations

import contextlib
import shutil
import typing as t
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.hybrid.photos.plugins.module_utils._core.model import (
    Definition,
    Expectation,
    Outcome,
    PhotoError,
    Source,
)
from ansible_collections.hybrid.photos.plugins.module_utils._restore import restore
from ansible_collections.hybrid.photos.plugins.module_utils._sync.guards import Limit
from ansible_collections.hybrid.photos.plugins.module_utils._sync.options import Services, Settings
from ansible_collections.hybrid.photos.plugins.module_utils._sync.run import Result, reconcile

from . import pictures
from .door import Applied, Door, Fault, Killed, Ledger, Shelf, set_by_hand
from .story import Step, Story
from .world import Account, World


@dataclass
class Run:
    """One run: what was asked for, what came of it, and what really happened."""

    name: str
    declared: dict[str, int | None]
    options: t.Mapping[str, t.Any]
    door: Door
    expect: dict[str, Expectation]
    restores: str = ""
    result: Result | None = None
    failure: PhotoError | None = None
    #: Index of the account that each name led to when the run began.
    meant: dict[str, int | None] = field(default_factory=dict)
    #: Number of the picture that each name is to show (None: none), in a restore too.
    wanted: dict[str, int | None] = field(default_factory=dict)
    #: Names for which the default picture is declared.
    defaults: frozenset[str] = frozenset()
    #: Did the target show an old photo of anybody when the run began?
    lagging: bool = False

    def asked(self, name: str) -> bool:
        return bool(self.options.get(name))

    @property
    def quiet(self) -> bool:
        """Did nothing go wrong?"""
        return not self.door.trace.fired

    @property
    def writes(self) -> list[Applied]:
        return self.door.trace.applied

    def outcomes(self) -> list[Outcome]:
        return [] if self.result is None else self.result.outcomes


class Play:
    """One history on one folder. ``judge`` holds the promises (promises.Judge)."""

    def __init__(self, story: Story, folder: Path, judge: t.Any) -> None:
        self.story = story
        self.folder = folder
        self.world = self.new_world()
        self.declared: dict[str, int | None] = {}
        #: Names with the default picture, which ``declared`` has for them as well; and its number.
        self.defaults: set[str] = set()
        self.default_number = pictures.NOBODY
        self.runs: list[Run] = []
        self.faults: Counter[str] = Counter()
        self.judge = judge
        judge.begin(self)

    def new_world(self) -> World:
        return World(self.story.kind, self.story.accounts)

    def new_door(self, run: str, faults: t.Sequence[Fault], match_by: str) -> Door:
        return Door(self.world, run, faults)

    def play(self) -> None:
        """All steps. Raises promises.Broken."""
        for step in self.story.steps:
            getattr(self, step.kind)(step)

    # -- the world ----------------------------------------------------------------------------------------------------

    def _account(self, step: Step) -> Account:
        return self.world.accounts[step.who % len(self.world.accounts)]

    def _name(self, step: Step) -> str:
        names = sorted(self.world.names)
        return names[step.who % len(names)]

    def declare(self, step: Step) -> None:
        """Somebody declares, for whoever has the name now, one of that person's own pictures, or none."""
        name = self._name(step)
        mine = self.world.names[name] * pictures.EACH
        self.declared[name] = None if step.value % 9 == 0 else mine + step.value % (pictures.EACH - 3)
        self.defaults.discard(name)

    def default(self, step: Step) -> None:
        """Somebody declares the default picture for a name."""
        name = self._name(step)
        self.declared[name] = self.default_number
        self.defaults.add(name)

    def new_default(self, step: Step) -> None:
        """Another picture becomes the default one."""
        self.default_number = pictures.NOBODY + step.value % 3
        self.declared.update(dict.fromkeys(self.defaults, self.default_number))

    def undeclare(self, step: Step) -> None:
        if self.declared:
            name = sorted(self.declared)[step.who % len(self.declared)]
            del self.declared[name]
            self.defaults.discard(name)

    def person(self, step: Step) -> None:
        set_by_hand(self.world, self._account(step), step.value)

    def anew(self, step: Step) -> None:
        self.world.store_anew(self._account(step))

    def rename(self, step: Step) -> None:
        """An account gets a name that nobody had; Git learns of it half of the times."""
        name = self._name(step)
        new = f"{name}{step.value}"
        if new in self.world.names:
            return
        self.world.names[new] = self.world.names.pop(name)
        if step.value % 2 and name in self.declared:
            self.declared[new] = self.declared.pop(name)
            if name in self.defaults:
                self.defaults.remove(name)
                self.defaults.add(new)

    def reuse(self, step: Step) -> None:
        """An account gets another one's name, which gets a new one; as when two people of one name come and go."""
        name = self._name(step)
        other = sorted(self.world.names)[step.value % len(self.world.names)]
        if other == name:
            return
        index = self.world.names.pop(other)
        former = self.world.names[name]
        self.world.names[name] = index
        new = f"{name}x{step.value}"
        if new not in self.world.names:
            self.world.names[new] = former

    def hire(self, step: Step) -> None:
        """Somebody new gets the name of somebody who left."""
        free = sorted(name for name, index in self.world.names.items() if self.world.accounts[index].deleted)
        if free:
            self.world.hire(free[step.who % len(free)])

    def leave(self, step: Step) -> None:
        self._account(step).deleted = True

    def wait(self, step: Step) -> None:
        self.world.clock.now += step.value

    def trouble(self, step: Step) -> None:
        """An account loses its mailbox, or the right to be read, or gets it back."""
        account = self._account(step)
        account.problem = ("no mailbox", "denied")[step.value % 2] if account.problem is None else None

    def lose_receipts(self, _step: Step) -> None:
        for end in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                self.receipts_file.with_name(self.receipts_file.name + end).unlink()
        self.judge.receipts_were_lost()

    # -- runs ---------------------------------------------------------------------------------------------------------

    @property
    def receipts_file(self) -> Path:
        return self.folder / "receipts.sqlite"

    @property
    def backups(self) -> Path:
        return self.folder / "backups"

    def run(self, step: Step) -> None:
        self._sync(step.options, step.faults)

    def check_then_run(self, step: Step) -> None:
        """A check run, and a real one right after it."""
        plan = self._sync({**step.options, "check": True, "plan_only": False})
        real = self._sync({**step.options, "check": False, "plan_only": False})
        self.judge.plan_was_carried_out(plan, real)

    def approve_then_run(self, step: Step) -> None:
        """A plan is approved; things change; the plan is carried out."""
        plan = self._sync({**step.options, "check": True, "plan_only": False})
        approved = {o.definition.user: _approved(o) for o in plan.outcomes() if o.change.action != "none"}
        meddle = (self.person, self.anew, self.declare, self.reuse, self.wait)[step.value % 5]
        meddle(Step(meddle.__name__, step.who, step.value))
        everyone = {name: approved.get(name, Expectation("none")) for name in self.declared}
        self._sync({**step.options, "check": False, "plan_only": False}, step.faults, everyone)

    def settle(self, _step: Step) -> None:
        """After everything that went wrong: time passes, and two quiet runs."""
        self.world.clock.now += 20_000
        how = {"keep": False, "verify": True, "backups": True, "guarded": False}
        first = self._sync(how)
        self.judge.all_is_as_declared(first)
        self.judge.second_run_changed_nothing(self._sync(how))
        self.judge.second_run_changed_nothing(self._sync({**how, "keep": True}))

    def restore(self, step: Step) -> None:
        """Bring a run back, as the role restore does."""
        undone = [run for run in self.runs if run.asked("backups") and not run.asked("check")]
        if not undone:
            return
        run = undone[-1 - step.value % min(3, len(undone))] if step.value % 4 else undone[-1]
        try:
            request = restore.RestoreRequest(
                (), run.name, (self.world.kind,), step.options["force"], step.options["first"]
            )
            plan = restore.plan(self.backups, request)[self.world.kind]
        except PhotoError:
            return  # that run saved nothing
        definitions, expect = [], {}
        for photo in plan["photos"]:
            source = Source(path=photo["src"]) if photo["state"] == "present" else None
            definitions.append(Definition(photo["user"], photo["state"], source))
        for each in plan["approved"] or ():
            expect[each["user"]] = Expectation(
                each["action"], each["tag"], None, each["id"], each.get("fingerprint"), each.get("untouched")
            )
        if plan["approved"] is not None:
            none = Expectation("none")
            definitions = [Definition(d.user, d.state, d.source, expect=expect.get(d.user, none)) for d in definitions]
        options = {"backups": True, "verify": True, **step.options}
        again = self._reconcile(definitions, options, step.faults, restores=run.name)
        self.judge.restore_undid(run, again)

    def _sync(
        self,
        options: t.Mapping[str, t.Any],
        faults: t.Sequence[Fault] = (),
        expect: dict[str, Expectation] | None = None,
    ) -> Run:
        definitions = []
        for name, number in sorted(self.declared.items()):
            source = None if number is None else Source(content=pictures.source(number))
            state: t.Literal["present", "absent"] = "absent" if number is None else "present"
            mine = None if expect is None else expect.get(name)
            definitions.append(Definition(name, state, source, expect=mine, default=name in self.defaults))
        return self._reconcile(definitions, {"receipts": True, **options}, faults)

    def _reconcile(
        self,
        definitions: t.Sequence[Definition],
        options: t.Mapping[str, t.Any],
        faults: t.Sequence[Fault],
        restores: str = "",
    ) -> Run:
        kind = self.world.kind
        name = f"{'restore-' if restores else ''}run-{len(self.runs)}"
        match_by = "id" if restores else "userPrincipalName"
        door = self.new_door(name, faults, match_by)
        expect = {d.user: d.expect for d in definitions if d.expect is not None}
        run = Run(name, dict(self.declared) if not restores else {}, options, door, expect, restores)
        run.wanted = {d.user: _wanted(d) for d in definitions}
        run.defaults = frozenset(d.user for d in definitions if d.default)
        check = run.asked("check")
        settings = Settings(
            (pictures.AS_IS if restores else pictures.RECIPES)[kind],
            match_by,
            Limit.parse("max_replaced", "30%" if run.asked("guarded") else "100%"),
            Limit.parse("max_removed", "10%" if run.asked("guarded") else "100%"),
            check=check,
            plan_only=run.asked("plan_only"),
            on_foreign_change="keep" if run.asked("keep") else "overwrite",
            verify=bool(options.get("verify", True)),
            workers=1,
        )
        self.judge.before(run, definitions)
        door.on_apply = lambda applied: self.judge.wrote(run, applied)
        ledger: Ledger | None = None
        try:
            if run.asked("receipts"):
                ledger = Ledger(self.receipts_file, kind, check, door)
            door.remember_in(ledger)
            shelf = Shelf(self.backups / name, door) if run.asked("backups") and not check else None
            run.result = reconcile(definitions, door, settings, Services(ledger, shelf))
        except Killed:
            pass
        except PhotoError as error:
            run.failure = error
        finally:
            if ledger is not None:
                ledger.close()
            door.end()
        self.runs.append(run)
        self.faults.update(f"{fault.what} at {fault.point}" for fault in door.trace.fired)
        self.judge.after(run)
        return run

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def _wanted(definition: Definition) -> int | None:
    """The picture that a definition declares, by its number; None: none."""
    source = definition.source
    if source is None:
        return None
    return pictures.number_of(source.content if source.path is None else Path(source.path).read_bytes())


def _approved(outcome: Outcome) -> Expectation:
    seen = outcome.observed
    here = seen is not None and seen.present
    return Expectation(
        outcome.change.action,
        seen.tag if seen is not None and here else None,
        outcome.source_sha256 if outcome.change.action == "put" else None,
        outcome.user.id if outcome.user is not None else None,
        seen.fingerprint if seen is not None and here else None,
    )
