# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several cmdlets at once in one session, and what to do when the server asks to wait or the session is lost.

A job is a generator: it yields a call, is sent the answer, and returns its result. What may be repeated is repeated in
a new session. Of a write that was under way when a session was lost nobody knows, which its job is told.
"""

from __future__ import annotations

import time
import typing as t
from collections import deque
from dataclasses import dataclass

from .._core.model import StoreError
from .cmdlets import Answer, Call
from .errors import BUSY, TRANSIENT, ExchangeBusy, ExchangeGone, milliseconds_in

_Result = t.TypeVar("_Result")
Job = t.Generator[Call, Answer, _Result]

#: A new session is tried so often before the server counts as gone; seconds before each try.
REOPENINGS = (0.0, 2.0, 5.0)
#: Seconds before a call is repeated that the throttling policy refused, when the server does not say.
PAUSES = (2.0, 5.0, 10.0, 20.0, 30.0)
#: Seconds that are waited for the throttling policy in vain, in all and without an answer in between.
PATIENCE = 300.0
#: A call is begun at most so often.
MOST_ATTEMPTS = 4
#: So many sessions in a row may be lost before one call is answered. Two users can end four each.
MOST_FRUITLESS = 2 * MOST_ATTEMPTS


class Sessions(t.Protocol):
    """What ``session.Session`` offers."""

    def open(self) -> None: ...
    def drop(self) -> None: ...
    def begin(self, call: Call) -> t.Any: ...
    def finish(self, running: t.Any) -> Answer: ...


class Clock(t.Protocol):
    """Time, so that tests need not wait."""

    def sleep(self, seconds: float) -> None: ...


class _Clock:
    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(slots=True)
class _Item(t.Generic[_Result]):
    key: t.Any
    job: Job[_Result]
    call: Call
    running: t.Any = None
    attempts: int = 0


class Pipelines:
    """Runs jobs over one session, ``limit`` of them at a time."""

    def __init__(self, session: Sessions, limit: int, clock: Clock | None = None) -> None:
        self._session = session
        self._limit = limit
        self._clock = clock or _Clock()
        self._waited = 0.0
        self._busy = 0
        self._fruitless = 0
        #: Seconds waited because the throttling policy asked for it.
        self.throttled = 0.0
        self.reopened = 0

    def open(self) -> None:
        """Open the session, and wait for a place when the account has too many. Raises as ``Session.open``."""
        while True:
            try:
                self._session.open()
            except ExchangeBusy as busy:
                self.wait(busy, busy.wait)
            else:
                self.answered()
                return

    def one(self, call: Call) -> Answer:
        """The answer to one call."""
        [(_key, answer)] = self.run([(None, ask(call))])
        return answer

    def run(self, jobs: t.Iterable[tuple[t.Any, Job[_Result]]]) -> t.Iterator[tuple[t.Any, _Result]]:
        """Every job's result with its key, as they come. Raises StoreError when the server cannot be worked with."""
        round_ = _Round(self, self._session, iter(jobs), self._limit)
        stopped: StoreError | None = None
        more = True
        while more:
            try:
                more = round_.fill()
                if more:
                    round_.finish_one()
            except StoreError as error:  # first what is known already
                stopped, more = error, False
            while round_.results:
                yield round_.results.popleft()
        if stopped is not None:
            raise stopped

    def reopen(self, gone: ExchangeGone) -> None:
        """A new session instead of one that is lost. Raises ExchangeGone when none comes about."""
        self._session.drop()
        last = gone
        self._fruitless += 1
        if self._fruitless > MOST_FRUITLESS:
            raise ExchangeGone(f"{gone}; {self._fruitless} sessions in a row ended without an answer")
        for pause in REOPENINGS:
            self.sleep(pause)
            try:
                self.open()
            except ExchangeGone as error:
                last = error
            else:
                self.reopened += 1
                return
        raise last

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self._clock.sleep(seconds)

    def answered(self) -> None:
        """The server does what it is asked for."""
        self._waited, self._busy = 0.0, 0

    def fruitful(self) -> None:
        """A call in the session was answered. That a session came about is not enough."""
        self._fruitless = 0

    def wait(self, busy: ExchangeBusy, asked: float | None) -> None:
        """Wait as long as the server asked for. Raises ``busy`` when that was done for long enough."""
        pause = asked if asked is not None else PAUSES[min(self._busy, len(PAUSES) - 1)]
        self._busy += 1
        self._waited += pause
        if self._waited > PATIENCE:
            raise busy
        self.throttled += pause
        self._clock.sleep(pause)


class _Round(t.Generic[_Result]):
    """The jobs of one ``run``: those that wait with a call to begin, and those whose call is under way."""

    def __init__(
        self,
        owner: Pipelines,
        session: Sessions,
        source: t.Iterator[tuple[t.Any, Job[_Result]]],
        limit: int,
    ) -> None:
        self.owner = owner
        self.session = session
        self.source = source
        self.limit = limit
        self.ready: deque[_Item[_Result]] = deque()
        self.running: deque[_Item[_Result]] = deque()
        self.results: deque[tuple[t.Any, _Result]] = deque()

    def fill(self) -> bool:
        """Begin as many calls as may be under way. False: there is nothing left to do."""
        while len(self.running) < self.limit and (self.ready or self._take_new()):
            item = self.ready.popleft()
            item.attempts += 1
            try:
                item.running = self.session.begin(item.call)
            except ExchangeBusy as busy:
                self._put_back(item)
                if self.running:
                    self.limit = len(self.running)  # the policy allows that many at a time
                else:
                    self.owner.wait(busy, busy.wait)
            except ExchangeGone as gone:
                self.running.append(item)
                self._lost(gone)
            else:
                self.running.append(item)
        return bool(self.running)

    def finish_one(self) -> None:
        """Wait for the call that was begun first."""
        item = self.running[0]
        try:
            answer = self.session.finish(item.running)
        except ExchangeBusy as busy:
            self._put_back(self.running.popleft())
            self.owner.wait(busy, busy.wait)
            return
        except ExchangeGone as gone:
            self._lost(gone)
            return
        self.running.popleft()
        failure = answer.failure
        if failure is not None and failure.name in BUSY:
            self._put_back(item)
            why = ExchangeBusy(f"the throttling policy of the account refuses ({failure.name}: {failure.text})")
            self.owner.wait(why, milliseconds_in(failure.text))
            return
        self.owner.answered()
        self.owner.fruitful()
        if failure is not None and failure.name in TRANSIENT and item.attempts < MOST_ATTEMPTS:
            self.owner.sleep(PAUSES[item.attempts - 1])
            self.ready.append(item)
        else:
            self._go_on(item, answer)

    def _take_new(self) -> bool:
        """The next job that has a call. False: there is none."""
        for key, job in self.source:
            try:
                self.ready.append(_Item(key, job, next(job)))
            except StopIteration as end:
                self.results.append((key, end.value))
            else:
                return True
        return False

    def _put_back(self, item: _Item[_Result]) -> None:
        """It was refused, and nothing was carried out."""
        item.attempts -= 1
        self.ready.appendleft(item)

    def _go_on(self, item: _Item[_Result], answer: Answer) -> None:
        """Tell a job its answer; its next call, or its result."""
        try:
            call = item.job.send(answer)
        except StopIteration as end:
            self.results.append((item.key, end.value))
        else:
            # Before new jobs: what was begun is ended first, and a look is still fresh when its write follows.
            self.ready.appendleft(_Item(item.key, item.job, call))

    def _lost(self, gone: ExchangeGone) -> None:
        """The session is lost with all calls under way."""
        lost = list(self.running)
        self.running.clear()
        for item in reversed(lost):
            if item.call.repeatable and item.attempts < MOST_ATTEMPTS:
                self.ready.appendleft(item)
            else:
                self._go_on(item, Answer(lost=str(gone)))
        self.owner.reopen(gone)


def ask(call: Call) -> Job[Answer]:
    """A job of one call, whose result is the answer."""
    return (yield call)
