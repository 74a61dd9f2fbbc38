# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pipeline: many small reads as batches and single requests, a few in flight, always busy, in bounded memory.

Threads send; the caller's thread alone looks at answers and may add what follows from them (a user's metadata asks for
the picture). A throttled or failed item is sent again after its own waiting time, with other items that wait then.
"""

from __future__ import annotations

import collections
import heapq
import itertools
import typing as t

from ..._core.model import StoreError
from .batch import MOST, Answer, Item, nothing, pack, single, unpack
from .client import Client
from .concurrency import Stopped, Ticket
from .retry import NO_ANSWER, THROTTLED, TRANSIENT, retry_after
from .transport import Cut, Reply

_BATCH = "/v1.0/$batch"
#: When the attempts of so many requests fail in a row, Graph cannot be reached. Fewer may be single users' problems.
_AWAY = 3
_FAILURES = TRANSIENT | {NO_ANSWER}


class Unit(t.NamedTuple):
    """Items that were answered together; ``batched`` of them in a batch."""

    answers: list[tuple[Item, Answer]]
    batched: int


class Engine:
    """One run of requests. ``size``: most items in a batch.

    ``ahead`` limits the time between a batched question and the single request that follows from its answer: no batch
    is sent while the single requests that may wait are ``ahead`` times as many as those that may be in flight.

    A run without progress for ``policy.patience`` seconds of waiting ends with StoreError. Progress is an answer after
    which no further request follows for the item.
    """

    def __init__(self, client: Client, *, size: int = MOST, ahead: float | None = None, version: str = "/v1.0") -> None:
        self._client = client
        self._clock = client.clock
        self._size = min(size, MOST)
        self._ahead = ahead
        self._version = version
        self._changed = self._clock.condition()
        self._source: t.Iterator[Item] = iter(())
        self._exhausted = False
        self._ready: collections.deque[Item] = collections.deque()
        self._singles: collections.deque[Item] = collections.deque()
        self._later: list[tuple[float, int, Item]] = []
        self._number = itertools.count()
        self._batched = 0  # items in batches in flight, or answered and not yet handled: each may need a single request
        self._outstanding = 0  # items that were taken from the source and not yet handed over
        self._done: collections.deque[Unit] = collections.deque()
        self._added: list[tuple[Item, float]] = []
        self._failed: BaseException | None = None
        self._stopped = False
        self._lost = 0
        self._idle = 0.0  # seconds that the caller waited since the last progress
        self._trouble = "no answer"

    def run(self, source: t.Iterable[Item]) -> t.Iterator[tuple[Item, Answer]]:
        """Send everything of ``source`` and everything added; yield answers as they come."""
        self._source = iter(source)
        for _thread in range(self._client.limit.maximum):
            self._clock.start(self._work)
        try:
            while (unit := self._next_unit()) is not None:
                yield from unit.answers
                self._settle(unit)
        finally:
            with self._changed:
                self._stopped = True
                self._changed.notify_all()

    def add(self, item: Item, after: float = 0.0) -> None:
        """Send one more, not before ``after`` seconds. For the thread that takes the answers, between two of them."""
        self._added.append((item, after))

    # -- the caller's thread ------------------------------------------------------------------------------------------

    def _next_unit(self) -> Unit | None:
        with self._changed:
            while True:
                if self._done:
                    unit = self._done.popleft()
                    self._changed.notify_all()
                    return unit
                if self._failed is not None:
                    raise self._failed
                self._fill()
                if self._exhausted and not self._outstanding:
                    return None
                began = self._clock.monotonic()
                self._clock.idle(self._changed)
                self._idle += self._clock.monotonic() - began
                if self._idle > self._client.policy.patience:
                    raise StoreError(
                        f"Microsoft Graph accepted no request for {self._idle:.0f} s; the last answer was: "
                        f"{self._trouble}; run again later, or raise max_wait."
                    )

    def _settle(self, unit: Unit) -> None:
        with self._changed:
            answered = any(answer.status not in _FAILURES for _item, answer in unit.answers)
            if answered and len(self._added) < len(unit.answers):
                self._idle = 0.0
            self._batched -= unit.batched
            for item, after in self._added:
                self._enqueue(item, after)
            self._outstanding += len(self._added) - len(unit.answers)
            self._added.clear()
            self._changed.notify_all()

    # -- threads that send --------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            while self._await_work():
                ticket = self._client.limit.acquire(lambda: self._stopped)
                with self._changed:
                    items = self._take()
                if items:
                    self._send(items, ticket)
                else:
                    self._client.limit.give_back(ticket)
        except Stopped:
            pass
        except BaseException as ex:
            with self._changed:
                self._failed = self._failed or ex
                self._stopped = True
                self._changed.notify_all()

    def _await_work(self) -> bool:
        with self._changed:
            while not self._stopped:
                self._wake()
                if len(self._done) < self._client.limit.maximum:
                    self._fill()
                    if self._singles or (self._ready and self._room()):
                        return True
                pause = self._later[0][0] - self._clock.monotonic() if self._later else None
                if pause is not None:
                    self._clock.wait(self._changed, max(pause, 0.001))
                else:
                    self._clock.idle(self._changed)
            return False

    def _take(self) -> list[Item]:
        self._wake()
        self._fill()
        if self._ready and (not self._singles or self._ahead is not None) and self._room():
            items = [self._ready.popleft() for _item in range(min(self._most(), len(self._ready)))]
            self._batched += len(items)
            return items
        return [self._singles.popleft()] if self._singles else []

    def _room(self) -> bool:
        return self._ahead is None or len(self._singles) + self._batched < self._ahead * self._client.limit.current

    def _most(self) -> int:
        most = min(self._size, self._client.batches.current)
        return most if self._ahead is None else max(1, min(most, int(self._ahead * self._client.limit.current)))

    def _fill(self) -> None:
        while not self._exhausted and len(self._ready) < self._size:
            item = next(self._source, None)
            if item is None:
                self._exhausted = True
            else:
                self._outstanding += 1
                self._enqueue(item, 0.0)

    def _wake(self) -> None:
        now = self._clock.monotonic()
        while self._later and self._later[0][0] <= now:
            self._enqueue(heapq.heappop(self._later)[2], 0.0)

    def _enqueue(self, item: Item, after: float) -> None:
        if after > 0:
            heapq.heappush(self._later, (self._clock.monotonic() + after, next(self._number), item))
        else:
            (self._singles if item.single else self._ready).append(item)

    def _send(self, items: list[Item], ticket: Ticket) -> None:
        alone, token = items[0].single, ""
        reply: Reply | None = None
        answers: list[Answer] = []
        try:
            token = self._client.token()
            if alone:
                items[0], reply, answer = self._ask_alone(items[0])
                answers = [answer]
            else:
                reply, answers = self._ask_together(items)
        finally:
            if not alone and reply is not None and reply.status == 200:
                self._look_at_throttling(answers, ticket)
            self._client.feedback(ticket, reply)
        if any(a.status == 401 and not item.renewed for item, a in zip(items, answers, strict=True)):
            self._client.renew(token)
        with self._changed:
            if not alone and reply is not None and reply.status != 200 and reply.status not in TRANSIENT:
                # One bad item can cause the refusal of the whole batch: send each alone, then only that one fails.
                self._batched -= len(items)
                for item in items:
                    item.single = True
                    self._enqueue(item, 0.0)
            else:
                self._sort(items, answers, reply, alone=alone)
            self._changed.notify_all()

    def _look_at_throttling(self, answers: t.Sequence[Answer], ticket: Ticket) -> None:
        throttled = [answer for answer in answers if answer.status in THROTTLED]
        if self._client.batches.answered(ticket, len(throttled), len(answers)):
            self._client.limit.throttled(ticket, retry_after(throttled[0].headers, self._clock.time()))

    def _ask_together(self, items: list[Item]) -> tuple[Reply | None, list[Answer]]:
        try:
            reply = self._client.attempt("POST", _BATCH, pack(items), "application/json")
        except Cut as ex:
            return None, [nothing(str(ex), sent=ex.sent)] * len(items)
        return reply, unpack(reply, len(items)) if reply.status == 200 else [single(reply)] * len(items)

    def _ask_alone(self, item: Item) -> tuple[Item, Reply | None, Answer]:
        """Send one. The first value is what was sent: the item, or its check when that is no longer true."""
        check = item.check
        if check is not None and self._clock.monotonic() > check.good_until:
            reply, answer = self._attempt(check.question)
            if not check.holds(answer):
                return check.question, reply, answer
        return (item, *self._attempt(item))

    def _attempt(self, item: Item) -> tuple[Reply | None, Answer]:
        content_type = "image/jpeg" if item.body is not None else None
        try:
            reply = self._client.attempt(item.method, self._version + item.path, item.body, content_type, item.headers)
        except Cut as ex:
            return None, nothing(str(ex), sent=ex.sent)
        return reply, single(reply)

    def _sort(self, items: list[Item], answers: list[Answer], reply: Reply | None, *, alone: bool) -> None:
        """Hand over items that are answered, and queue those that are sent again."""
        unit: list[tuple[Item, Answer]] = []
        given_up = False
        for item, answer in zip(items, answers, strict=True):
            pause = self._pause(item, answer)
            if answer.status in _FAILURES:
                self._trouble = str(answer)
            if pause is None:
                unit.append((item, answer))
                given_up = given_up or (item.again and answer.status in _FAILURES - THROTTLED)
            else:
                self._batched -= not alone
                self._enqueue(item, pause)
        if unit:
            self._done.append(Unit(unit, 0 if alone else len(unit)))
        if reply is None or (not alone and reply.status != 200 and reply.status not in THROTTLED):
            self._lost += 1
            away = self._lost >= _AWAY * self._client.policy.max_attempts
            if given_up and (away or not self._client.reached):
                raise StoreError(f"Microsoft Graph cannot be reached: {answers[0]}.")
        else:
            self._lost = 0

    def _pause(self, item: Item, answer: Answer) -> float | None:
        """Seconds after which an item is sent again; None: its answer is final."""
        item.attempts += 1
        if not item.again:
            return None
        if answer.status == 401 and not item.renewed:
            item.renewed = True
            return 0.0
        if answer.status not in _FAILURES:
            return None
        return self.patience(item, answer)

    def patience(self, item: Item, answer: Answer) -> float | None:
        """Seconds until another attempt, by the policy (None: no more); they are added to the item's waiting time."""
        asked = retry_after(answer.headers, self._clock.time())
        pause = self._client.give_up_or_wait(item.attempts, item.waited, asked)
        item.waited += pause or 0.0
        return pause
