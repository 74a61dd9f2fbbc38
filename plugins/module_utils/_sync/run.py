# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one algorithm, for either target: resolve, observe, compare, plan, guard, and (not in check mode) write.

Check mode and a real run share every line up to the call of ``carry_out``.
"""

from __future__ import annotations

import os
import time
import typing as t
from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from .._core.model import (
    Change,
    Definition,
    Observation,
    OnForeignChange,
    Outcome,
    PhotoError,
    Receipt,
    Recipe,
    StoreError,
    Unresolved,
    User,
)
from .._pictures.mark import seems_of
from . import lookalikes
from .applier import carry_out
from .backups import Backups
from .guards import Limit, guard
from .planner import Planner
from .previews import Previews
from .receipts import Receipts
from .renditions import Renditions
from .store import OnObserved, PhotoStore

#: How long a remembered resolution of an identity is good enough for looking; before a write it is always asked anew.
RESOLVED_FOR_SECONDS = 24 * 3600.0
#: Pictures that may wait for a free core, for each core: bounds memory.
WAITING_PER_WORKER = 8
#: Differing pictures that are kept to find out whether they are somebody else's.
ODD_ONES = 1000

Progress = t.Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run was asked for. ``patience`` is how many seconds verification waits for a service that lags."""

    recipe: Recipe
    match_by: str
    max_replaced: Limit
    max_removed: Limit
    check: bool = False
    #: Stop before the first write, and yet remember in the receipts what was found to be the same.
    plan_only: bool = False
    on_foreign_change: OnForeignChange = "overwrite"
    verify: bool = True
    patience: float = 15.0
    workers: int = field(default_factory=lambda: min(8, os.cpu_count() or 1))


@dataclass(frozen=True, slots=True)
class Tools:
    """What a run may keep and tell. Every part may be missing."""

    receipts: Receipts | None = None
    backups: Backups | None = None
    previews: Previews | None = None
    progress: Progress = lambda what, done, total: None


@dataclass(slots=True)
class Result:
    """Every outcome in the order of the definitions; ``error`` says why the run as a whole stopped."""

    outcomes: list[Outcome]
    error: str | None = None
    requests: int = 0
    notes: t.Sequence[str] = ()


def check_definitions(definitions: t.Sequence[Definition]) -> None:
    """Raises PhotoError, naming every user that is declared more than once."""
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
    tools: Tools,
    refused: t.Mapping[str, str] | None = None,
) -> Result:
    """Bring a target in line with definitions, or in check mode say what that would take.

    ``refused`` gives, by definition key, why a definition was found unusable before it came here.
    Raises PhotoError when the definitions as a whole cannot be used. What concerns one user is in that user's outcome;
    what stops the whole run (the target cannot be worked with, a guard) is in ``Result.error``, with every outcome.
    """
    check_definitions(definitions)
    run = _Run(definitions, store, settings, tools, refused or {})
    try:
        error = run.plan()
        if error is None and not settings.check:
            run.adopt()
        if error is None and not (settings.check or settings.plan_only):
            # Observations come in any order; writes go in the order of the definitions, so that runs are alike.
            run.outcomes = {definition.key: run.outcomes[definition.key] for definition in definitions}
            carry_out(run.outcomes, store, run.planner, settings, tools)
    except StoreError as failure:
        error = str(failure)
        run.give_up(error)
    run.renditions.close()
    return Result(run.ordered(), error, store.requests, tuple(store.notes))


class _ComparisonQueue:
    """Observations on their way to outcomes: pictures are compared on all cores while the store goes on reading."""

    def __init__(self, run: _Run, workers: int) -> None:
        self.run = run
        self._most = WAITING_PER_WORKER * workers
        self._pool = ThreadPoolExecutor(workers)
        self._waiting: deque[Future[Outcome]] = deque()

    def __enter__(self) -> _ComparisonQueue:
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            self.clear()  # also when the store went away: who was seen was seen
        finally:
            self._pool.shutdown()

    def put(self, definition: Definition, user: User, seen: Observation) -> None:
        """Planner one user, now or soon."""
        if self._is_quick(definition, seen):
            self.run.take(self.run.conclude(definition, user, seen))
        else:
            self._waiting.append(self._pool.submit(self.run.conclude, definition, user, seen))
        while len(self._waiting) > self._most:
            self.run.take(self._waiting.popleft().result())

    def clear(self) -> None:
        """Wait until nothing lies here any more."""
        while self._waiting:
            self.run.take(self._waiting.popleft().result())

    def _is_quick(self, definition: Definition, seen: Observation) -> bool:
        """Is judging less work than handing it over? It is where nothing will be decoded or rendered."""
        if seen.picture is None:
            return seen.present
        return seems_of(seen.picture, self.run.renditions.hashes.get(definition.key, "-"))


class _Run:
    """The outcomes of one run as they grow, by definition key."""

    def __init__(
        self,
        definitions: t.Sequence[Definition],
        store: PhotoStore,
        settings: Settings,
        tools: Tools,
        refused: t.Mapping[str, str],
    ) -> None:
        self.definitions = definitions
        self.store = store
        self.settings = settings
        self.tools = tools
        usable = [d for d in definitions if d.key not in refused]
        self.renditions = Renditions(settings.recipe, usable, settings.workers, tools.receipts)
        self.renditions.refused.update(refused)
        self.receipts: dict[str, Receipt] = {}
        self.planner = Planner(store.target, self.renditions, self.receipts, settings.on_foreign_change)
        self.outcomes: dict[str, Outcome] = {}
        #: Users taken from the receipts file and not asked for in this run.
        self.remembered: set[str] = set()
        #: What the target holds for users whose photo is another one, by definition key.
        self.shown: dict[str, bytes] = {}
        for definition in definitions:
            if definition.key in self.renditions.refused:
                self.problem(definition, "invalid", self.renditions.refused[definition.key])

    def problem(
        self, definition: Definition, drift: t.Literal["invalid", "unresolved", "unavailable"], why: str
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
        """The target went away: whoever has no outcome yet is unavailable."""
        for definition in self.definitions:
            if definition.key not in self.outcomes:
                self.problem(definition, "unavailable", why)

    def plan(self) -> str | None:
        """Steps 2 to 5. The text of a guard that forbids the plan, or None."""
        usable = [d for d in self.definitions if d.key not in self.outcomes]
        if not usable:
            return None
        blocked = self.store.blocked()
        if blocked is not None:
            self.give_up(blocked)
            return None
        self.learn_authority()
        self.look(usable)
        self.check_identities()
        lookalikes.tell(self.outcomes, self.shown, self.renditions)
        planned = ((o.definition.user, o.change) for o in self.ordered())
        limits = (self.settings.max_replaced, self.settings.max_removed)
        return guard(planned, len(self.definitions), limits)

    def learn_authority(self) -> None:
        for keeper in (self.tools.receipts, self.tools.backups):
            if keeper is not None:
                keeper.authority = self.store.authority

    def look(self, definitions: t.Sequence[Definition]) -> None:
        """Steps 2 to 4. A store may see photos while it looks for users; who was seen is not asked for again."""
        self.tools.progress("checked", len(self.outcomes), len(self.definitions))  # a slow first answer is life too
        definition_of = {definition.user: definition for definition in definitions}
        with _ComparisonQueue(self, self.settings.workers) as queue:

            def on_observed(seen: t.Sequence[tuple[User, Observation]]) -> None:
                self.recall([user for user, _what in seen])
                for user, what in seen:
                    queue.put(definition_of[user.identity], user, what)

            self.observe(self.resolve(definitions, on_observed, queue), queue)

    def resolve(
        self,
        definitions: t.Sequence[Definition],
        on_observed: OnObserved | None = None,
        queue: _ComparisonQueue | None = None,
    ) -> list[tuple[Definition, User]]:
        """Step 2. Who is nobody, several, or somebody else's target too, gets an outcome at once."""
        identities = [d.user for d in definitions]
        receipts = self.tools.receipts
        remembered: t.Mapping[str, User] = {}
        if receipts is not None:
            remembered = receipts.users(self.settings.match_by, identities, time.time() - RESOLVED_FOR_SECONDS)
        self.remembered = {user.id for user in remembered.values()}
        asked = [identity for identity in identities if identity not in remembered]
        resolved = self.store.resolve(asked, on_observed) if asked else {}
        if queue is not None:
            queue.clear()
        if receipts is not None:
            receipts.save_users(
                self.settings.match_by, (answer for answer in resolved.values() if isinstance(answer, User))
            )
        found: list[tuple[Definition, User]] = []
        for definition in definitions:
            answer = remembered.get(definition.user) or resolved[definition.user]
            if isinstance(answer, Unresolved):
                self.problem(definition, "unresolved", answer.reason)
            else:
                found.append((definition, answer))
        return self.without_twins(found)

    def without_twins(self, found: list[tuple[Definition, User]]) -> list[tuple[Definition, User]]:
        """Two definitions that lead to one account cannot both be right, and neither is guessed to be."""
        counts = Counter(user.id for _definition, user in found)
        single: list[tuple[Definition, User]] = []
        for definition, user in found:
            if counts[user.id] == 1:
                single.append((definition, user))
                continue
            others = sorted(d.user for d, u in found if u.id == user.id and d is not definition)
            why = f"{definition.user} and {', '.join(others)} are one and the same account; declare it once"
            self.problem(definition, "unresolved", why)
        return single

    def observe(self, found: t.Sequence[tuple[Definition, User]], queue: _ComparisonQueue) -> None:
        """Steps 3 and 4, for those who have no outcome yet."""
        rest = [(definition, user) for definition, user in found if definition.key not in self.outcomes]
        users = [user for _definition, user in rest]
        definition_of = {user.id: definition for definition, user in rest}
        self.recall(users)
        planner, previews = self.planner, self.tools.previews

        def wanted(user: User, tag: str | None) -> bool:
            definition = definition_of[user.id]
            if planner.wanted(definition, user, tag):
                return True
            if previews is None:
                return False
            known = planner.known(definition, user, tag)
            return known is None or known.verdict != "same"

        for user, seen in self.store.observe(users, wanted):
            queue.put(definition_of[user.id], user, seen)
        queue.clear()

    def recall(self, users: t.Sequence[User]) -> None:
        """Have at hand what was written to these users' photos before."""
        if self.tools.receipts is not None:
            self.receipts.update(self.tools.receipts.get([user.id for user in users]))

    def conclude(self, definition: Definition, user: User, seen: Observation) -> Outcome:
        """Step 4 for one user. Called in several threads."""
        outcome = self.planner(definition, user, seen)
        if self.tools.previews is not None:
            self.tools.previews.keep(outcome, seen, self.renditions)
        if outcome.change.drift == "different" and seen.picture is not None and len(self.shown) < ODD_ONES:
            self.shown[outcome.definition.key] = seen.picture
        return outcome

    def take(self, outcome: Outcome) -> None:
        self.outcomes[outcome.definition.key] = outcome
        self.tools.progress("checked", len(self.outcomes), len(self.definitions))

    def check_identities(self) -> None:
        """Who was known from memory is asked for again before a write, or when nothing could be seen there.

        An address may have gone from one person to another since; then this user is looked at anew.
        """
        doubtful = [
            o.definition
            for o in self.outcomes.values()
            if o.user is not None
            and o.user.id in self.remembered
            and (o.change.action != "none" or o.change.drift == "unavailable")
        ]
        if not doubtful or self.tools.receipts is None:
            return
        before = {d.key: t.cast(User, self.outcomes[d.key].user) for d in doubtful}
        self.tools.receipts.save_users(self.settings.match_by, (), forget=[d.user for d in doubtful])
        again = self.resolve(doubtful)
        for definition, user in again:
            self.outcomes[definition.key] = replace(self.outcomes[definition.key], user=user)
        moved = [(d, user) for d, user in again if user.id != before[d.key].id]
        for definition, _user in moved:
            del self.outcomes[definition.key]
        with _ComparisonQueue(self, self.settings.workers) as queue:
            self.observe(moved, queue)

    def adopt(self) -> None:
        """In sync without a receipt that says so: write one, so that the next run need not compare pictures."""
        receipts = self.tools.receipts
        if receipts is None:
            return
        fresh: list[Receipt] = []
        for outcome in self.outcomes.values():
            seen, user = outcome.observed, outcome.user
            if outcome.change.drift != "in_sync" or user is None or seen is None or not seen.present:
                continue
            before = self.receipts.get(user.id)
            recipe = self.settings.recipe.digest
            if before is not None and (before.tag, before.source_sha256, before.recipe) == (
                seen.tag,
                outcome.source_sha256,
                recipe,
            ):
                continue
            if seen.tag is not None and outcome.desired is not None:
                fresh.append(Receipt(user.id, outcome.source_sha256, recipe, seen.tag, outcome.desired))
        receipts.save(fresh)
