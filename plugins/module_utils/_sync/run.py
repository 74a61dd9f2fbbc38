# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one algorithm, for any target: resolve, observe, compare, plan, guard, and (not in check mode) write.

Check mode and a real run share every line up to the call of ``carry_out``. Whatever happens after the first write, a
result with every outcome is returned.
"""

from __future__ import annotations

import time
import typing as t
from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from .._core.model import (
    Change,
    Definition,
    Observation,
    Outcome,
    Pending,
    PhotoError,
    Receipt,
    StoreError,
    User,
)
from .._pictures.mark import seems_of
from . import lookalikes
from .applier import carry_out
from .default_picture import DefaultPictures, check_default
from .guards import base_of, guard
from .moved import moved_away, note
from .options import Services, Settings
from .planner import Planner, is_elsewhere, is_sized
from .renditions import Renditions
from .resolver import Answers, Resolver
from .store import PhotoStore

#: Pictures that may wait for a free core, for each core: limits memory.
WAITING_PER_WORKER = 8
#: A write that was started and was not visible after so long is given up.
FORGOTTEN_AFTER_SECONDS = 24 * 3600.0
#: How many differing pictures are kept to find out whether others changed them.
ODD_ONES = 1000


@dataclass(slots=True)
class Result:
    """Every outcome in the order of the definitions; ``error`` says why the run as a whole stopped, or what failed."""

    outcomes: list[Outcome]
    error: str | None = None
    requests: int = 0
    notes: t.Sequence[str] = ()


def check_definitions(definitions: t.Sequence[Definition]) -> None:
    """Raises PhotoError, which names every user that is declared more than once."""
    counts = Counter(definition.key for definition in definitions)
    twice = sorted({d.user for d in definitions if counts[d.key] > 1})
    if twice:
        raise PhotoError(
            f"declared more than once (upper and lower case make no difference): {', '.join(twice)}; "
            "keep one definition for each user"
        )


def reconcile(
    definitions: t.Sequence[Definition],
    store: PhotoStore,
    settings: Settings,
    services: Services,
    refused: t.Mapping[str, str] | None = None,
) -> Result:
    """Make a target match the definitions; in check mode say which changes that would take.

    ``refused`` gives, by definition key, why a definition was found unusable before this call.
    Raises PhotoError when the definitions as a whole cannot be used. A problem of one user is in that user's outcome. A
    problem of the whole run (the target cannot be used, a guard) is in ``Result.error``, with every outcome.
    """
    check_definitions(definitions)
    run = _Run(definitions, store, settings, services, refused or {})
    check_default(run.usable, run.renditions)
    try:
        error = run.plan()
        if error is None and not settings.check:
            error = run.remember()
        if error is None and not (settings.check or settings.plan_only):
            # Observations come in any order; writes are in the order of the definitions, so that runs are reproducible.
            outcomes = {definition.key: run.outcomes[definition.key] for definition in definitions}
            run.outcomes, error = carry_out(outcomes, store, run.planner, settings, services)
    except StoreError as failure:
        error = str(failure)
        run.give_up(error)
    run.close()
    return Result(run.ordered(), error, store.requests, (*store.notes, *note(run.moved)))


class _ComparisonQueue:
    """Turns observations into outcomes: pictures are compared on all cores while the store continues to read."""

    def __init__(self, run: _Run, workers: int) -> None:
        self.run = run
        self._most = WAITING_PER_WORKER * workers
        self._pool = ThreadPoolExecutor(workers)
        self._waiting: deque[Future[Outcome]] = deque()

    def __enter__(self) -> _ComparisonQueue:
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            self.clear()  # also when the target became unavailable: what was observed is kept
        finally:
            self._pool.shutdown()

    def put(self, definition: Definition, user: User, seen: Observation) -> None:
        """Compare one user's photo, now or soon."""
        if self._is_quick(definition, seen):
            self.run.take(self.run.conclude(definition, user, seen))
        else:
            self._waiting.append(self._pool.submit(self.run.conclude, definition, user, seen))
        while len(self._waiting) > self._most:
            self.run.take(self._waiting.popleft().result())

    def clear(self) -> None:
        """Wait until everything is compared."""
        while self._waiting:
            self.run.take(self._waiting.popleft().result())

    def _is_quick(self, definition: Definition, seen: Observation) -> bool:
        """Is comparing less work than passing it to a thread? Yes when nothing will be decoded or rendered."""
        if seen.picture is None:
            return seen.present
        return seems_of(seen.picture, self.run.renditions.hashes.get(definition.key, "-"))


class _Run:
    """The outcomes of one run while it goes on, by definition key."""

    def __init__(
        self,
        definitions: t.Sequence[Definition],
        store: PhotoStore,
        settings: Settings,
        services: Services,
        refused: t.Mapping[str, str],
    ) -> None:
        self.definitions = definitions
        self.store = store
        self.settings = settings
        self.services = services
        #: Definitions that were not found unusable before.
        self.usable = [d for d in definitions if d.key not in refused]
        self.renditions = Renditions(settings.recipe, self.usable, settings.workers, services.receipts)
        self.renditions.refused.update(refused)
        self.receipts: dict[str, Receipt] = {}
        self.defaults = DefaultPictures()
        self.with_default = any(definition.default for definition in definitions)
        self.planner = self._planner(None)
        self.resolver = Resolver(store, settings, services.receipts, self.renditions.hashes)
        self.outcomes: dict[str, Outcome] = {}
        #: Users whose mailbox moved to another target since the last run.
        self.moved: list[str] = []
        #: What the target holds for users whose photo is another one, by definition key.
        self.shown: dict[str, lookalikes.Shown] = {}
        for definition in definitions:
            if definition.key in self.renditions.refused:
                self.problem(definition, "invalid", self.renditions.refused[definition.key])

    def _planner(self, limit: int | None) -> Planner:
        store = self.store
        return Planner(
            store.target, store.keeps_bytes, self.renditions, self.receipts, self.settings, limit, self.defaults
        )

    def problem(
        self, definition: Definition, drift: t.Literal["invalid", "unresolved", "unavailable", "in_sync"], why: str
    ) -> None:
        self.outcomes[definition.key] = Outcome(
            definition,
            self.store.target,
            Change(drift, "none", why),
            source_sha256=self.renditions.hashes.get(definition.key),
            shared_with=self.renditions.shared_with(definition),
        )

    def ordered(self) -> list[Outcome]:
        return [self.outcomes[definition.key] for definition in self.definitions]

    def give_up(self, why: str) -> None:
        """The target became unavailable: users without an outcome get the state unavailable."""
        for definition in self.definitions:
            if definition.key not in self.outcomes:
                self.problem(definition, "unavailable", why)

    def close(self) -> None:
        """Forget remembered hashes that were wrong. A damaged receipts file was reported before."""
        try:
            self.renditions.close()
        except PhotoError:
            return

    def plan(self) -> str | None:
        """Steps 2 to 5. Returns the message of a guard that forbids the plan, or None."""
        usable = [d for d in self.definitions if d.key not in self.outcomes]
        if not usable:
            return None
        authority = self.store.open()
        for keeper in (self.services.receipts, self.services.backups):
            if keeper is not None:
                keeper.authority = authority
        blocked = self.store.blocked()
        if blocked is not None:
            self.give_up(blocked)
            return None
        self.planner = self._planner(self.store.limit())
        self.look(usable)
        self.check_identities()
        lookalikes.tell(self.outcomes, self.shown, self.renditions)
        outcomes = self.ordered()
        planned = ((o.definition.user, o.change) for o in outcomes)
        return guard(planned, base_of(outcomes), self.settings.limits)

    def look(self, definitions: t.Sequence[Definition]) -> None:
        """Steps 2 to 4. A store may read photos while it resolves users; these users are not observed again."""
        self.services.progress("checked", len(self.outcomes), len(self.definitions))  # the first answer may take long
        definition_of = {definition.user: definition for definition in definitions}
        with _ComparisonQueue(self, self.settings.workers) as queue:

            def on_observed(seen: t.Sequence[tuple[User, Observation]]) -> None:
                self.recall([user for user, _what in seen])
                for user, what in seen:
                    queue.put(definition_of[user.identity], user, what)

            answers = self.resolver.resolve(definitions, on_observed)
            queue.clear()
            self.observe(self.found(definitions, answers), queue)

    def found(self, definitions: t.Sequence[Definition], answers: Answers) -> list[tuple[Definition, User]]:
        """The users that were resolved; the others get an outcome at once."""
        found: list[tuple[Definition, User]] = []
        for definition in definitions:
            answer = answers[definition.key]
            if isinstance(answer, User):
                found.append((definition, answer))
            elif answer.no_answer:
                self.problem(definition, "unavailable", answer.reason)
            elif answer.gone and definition.state == "absent":
                self.problem(definition, "in_sync", f"declared absent, and there is no such account: {answer.reason}")
            else:
                self.problem(definition, "unresolved", answer.reason)
        return found

    def observe(self, found: t.Sequence[tuple[Definition, User]], queue: _ComparisonQueue) -> None:
        """Steps 3 and 4, for users without an outcome."""
        rest = [(definition, user) for definition, user in found if definition.key not in self.outcomes]
        users = [user for _definition, user in rest]
        definition_of = {user.id: definition for definition, user in rest}
        self.recall(users)
        planner, previews = self.planner, self.services.previews

        def wanted(user: User, tag: str | None) -> bool:
            definition = definition_of[user.id]
            if planner.wanted(definition, user, tag):
                return True
            if previews is None or is_elsewhere(definition) or planner.has_own(definition, user, tag):
                return False
            known = planner.known(definition, user, tag)
            return known is None or known.verdict != "same"

        for user, seen in self.store.observe(users, wanted, planner.expected):
            queue.put(definition_of[user.id], user, seen)
        queue.clear()

    def recall(self, users: t.Sequence[User]) -> None:
        """Load what was written to these users' photos before."""
        if self.services.receipts is not None:
            ids = [user.id for user in users]
            self.receipts.update(self.services.receipts.get(ids))
            if self.with_default:
                self.defaults.recall(self.services.receipts, ids)

    def conclude(self, definition: Definition, user: User, seen: Observation) -> Outcome:
        """Step 4 for one user. Called in several threads."""
        outcome = self.planner(definition, user, seen)
        if self.services.previews is not None:
            self.services.previews.keep(outcome, seen, self.renditions)
        if outcome.change.drift == "different" and seen.picture is not None and len(self.shown) < ODD_ONES:
            self.shown[outcome.definition.key] = lookalikes.Shown(seen.picture, is_sized(seen))
        return outcome

    def take(self, outcome: Outcome) -> None:
        self.outcomes[outcome.definition.key] = outcome
        self.services.progress("checked", len(self.outcomes), len(self.definitions))

    def check_identities(self) -> None:
        """Resolve users from the receipts again before a change is planned, or if no photo could be read.

        An address may belong to another person now; then this user is observed again. Check mode does the same, so that
        it plans what a real run would do.
        """
        remembered = self.resolver.remembered
        doubtful = [
            o.definition
            for o in self.outcomes.values()
            if o.user is not None
            and o.definition.key in remembered
            and (o.change.action != "none" or o.change.drift == "unavailable")
        ]
        if not doubtful:
            return
        before = {key: o.user for key, o in self.outcomes.items() if o.user is not None}
        answers: Answers = dict(before)
        answers.update(self.resolver.ask_again(doubtful))
        concerned = [d for d in self.definitions if d.key in answers]
        answers = self.resolver.settle(concerned, answers)
        moved: list[tuple[Definition, User]] = []
        for definition, user in self.found([d for d in concerned if answers[d.key] != before.get(d.key)], answers):
            if user.id == before[definition.key].id:
                self.outcomes[definition.key] = replace(self.outcomes[definition.key], user=user)
            else:
                del self.outcomes[definition.key]
                moved.append((definition, user))
        with _ComparisonQueue(self, self.settings.workers) as queue:
            self.observe(moved, queue)

    def remember(self) -> str | None:
        """Write receipts for photos that are in sync without one, so that the next run need not compare pictures.

        It also records which account has each name, for photos that are in order or will be put or removed. This is
        done before the write, because it is true also for a run that is killed, or whose write somebody overwrites.
        Returns the message of a failure of the receipts file, before anything was written to the target; or None.
        """
        receipts = self.services.receipts
        if receipts is None:
            return None
        fresh = [receipt for outcome in self.outcomes.values() if (receipt := self._adopted(outcome)) is not None]
        try:
            moved = moved_away(self.outcomes.values(), self.receipts)
            receipts.save(fresh, forget=moved.values())
            self.moved = list(moved)
            self.resolver.keep_holders(*self._led_to(self.outcomes.values()))
            if not self.settings.recipe.as_is:  # a restored photo says nothing about what is declared
                how = {"keeps_bytes": self.store.keeps_bytes, "writes": not self.settings.plan_only}
                self.defaults.remember(receipts, self.outcomes.values(), self.renditions, **how)
        except PhotoError as error:
            return f"nothing was written to the target: {error}"
        return None

    def _led_to(self, outcomes: t.Iterable[Outcome]) -> tuple[dict[str, User], list[Definition]]:
        """Users by key, and definitions, whose photo is as declared or will be made so."""
        users: dict[str, User] = {}
        definitions: list[Definition] = []
        for outcome in outcomes:
            ends_well = outcome.change.drift == "in_sync"
            if outcome.change.action != "none" and not self.settings.plan_only:
                ends_well = True
            if outcome.user is not None and ends_well:
                users[outcome.definition.key] = outcome.user
                definitions.append(outcome.definition)
        return users, definitions

    def _adopted(self, outcome: Outcome) -> Receipt | None:
        seen, user = outcome.observed, outcome.user
        if outcome.change.drift != "in_sync" or user is None or seen is None or seen.problem is not None:
            return None
        before, recipe = self.receipts.get(user.id), self.settings.recipe.digest
        pending = _still_on_its_way(before, seen)
        if not seen.present:
            # Without a receipt there is nothing to remember.
            if before is None or (before.seen and before.tag is None and before.pending == pending):
                return None
            return Receipt(user.id, None, None, None, pending=pending)
        if outcome.definition.state == "absent" or seen.tag is None:
            return None
        now = (seen.tag, outcome.source_sha256, recipe, pending)
        if before is not None and (before.tag, before.source_sha256, before.recipe, before.pending) == now:
            return None
        if outcome.desired is None:
            return None
        mark = seen.fingerprint or (before.fingerprint if before is not None and before.tag == seen.tag else None)
        transform = before.service_transform if before is not None and before.tag == seen.tag else None
        source = outcome.source_sha256
        return Receipt(user.id, source, recipe, seen.tag, outcome.desired, transform, fingerprint=mark, pending=pending)


def _still_on_its_way(before: Receipt | None, seen: Observation) -> Pending | None:
    """An earlier write that may still become visible, because the target holds what it held before the write."""
    pending = before.pending if before is not None else None
    if pending is None or (seen.tag if seen.present else None) != pending.before:
        return None
    return pending if 0 <= time.time() - pending.begun_at < FORGOTTEN_AFTER_SECONDS else None
