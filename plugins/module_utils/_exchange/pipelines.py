# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs several cmdlets at once in one session, and handles throttling and lost sessions.

A job is a generator: it yields a call, is sent the answer, and returns its result. Repeatable calls are repeated in a
new session. If a session is lost during a write, the result of the write is unknown, and its job is told so.
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

#: The seconds before each attempt to open a new session. After the last one, the server counts as unavailable.
REOPENINGS = (0.0, 2.0, 5.0)
#: Seconds before a call that the throttling policy refused is repeated, if the server does not name a time.
PAUSES = (2.0, 5.0, 10.0, 20.0, 30.0)
#: How many seconds to wait for the throttling policy in total, without an answer in between.
PATIENCE = 300.0
#: How often a call is sent at most.
MOST_ATTEMPTS = 4
#: How many sessions in a row may be lost without an answered call. The calls of two users can end four sessions each.
MOST_FRUITLESS = 2 * MOST_ATTEMPTS


class Sessions(t.Protocol):
    """The interface of ``session.Session``."""

    def open(self) -> None: ...
    def drop(self) -> None: ...
    def begin(self, call: Call) -> t.Any: ...
    def finish(self, running: t.Any) -> Answer: ...


class Clock(t.Protocol):
    """The time functions, so that tests need not wait."""

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
        #: Seconds that the run waited because of the throttling policy.
        self.throttled = 0.0
        self.reopened = 0

    def open(self) -> None:
        """Open the session. Waits if the account has too many sessions. Raises the errors of ``Session.open``."""
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
        """Every job's key and result, in the order in which they end. Raises StoreError when the server is unusable."""
        round_ = _Round(self, self._session, iter(jobs), self._limit)
        stopped: StoreError | None = None
        more = True
        while more:
            try:
                more = round_.fill()
                if more:
                    round_.finish_one()
            except StoreError as error:  # raised below, after the results that are known already
                stopped, more = error, False
            while round_.results:
                yield round_.results.popleft()
        if stopped is not None:
            raise stopped

    def reopen(self, gone: ExchangeGone) -> None:
        """Open a new session in place of a lost one. Raises ExchangeGone when this fails."""
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
        """Note that the server works."""
        self._waited, self._busy = 0.0, 0

    def fruitful(self) -> None:
        """Note that a call in the session was answered. An open session is not enough."""
        self._fruitless = 0

    def wait(self, busy: ExchangeBusy, asked: float | None) -> None:
        """Wait as long as the server asks. Raises ``busy`` when the total would be too long."""
        pause = asked if asked is not None else PAUSES[min(self._busy, len(PAUSES) - 1)]
        self._busy += 1
        self._waited += pause
        if self._waited > PATIENCE:
            raise busy
        self.throttled += pause
        self._clock.sleep(pause)


class _Round(t.Generic[_Result]):
    """The jobs of one ``run``: those with a call to send, and those whose call is running."""

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
        """Send calls up to the limit. Returns False if there is nothing left to do."""
        while len(self.running) < self.limit and (self.ready or self._take_new()):
            item = self.ready.popleft()
            item.attempts += 1
            try:
                item.running = self.session.begin(item.call)
            except ExchangeBusy as busy:
                self._put_back(item)
                if self.running:
                    self.limit = len(self.running)  # the policy allows only so many at a time
                else:
                    self.owner.wait(busy, busy.wait)
            except ExchangeGone as gone:
                self.running.append(item)
                self._lost(gone)
            else:
                self.running.append(item)
        return bool(self.running)

    def finish_one(self) -> None:
        """Wait for the call that was sent first."""
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
        """Take the next job with a call. Returns False if there is none."""
        for key, job in self.source:
            try:
                self.ready.append(_Item(key, job, next(job)))
            except StopIteration as end:
                self.results.append((key, end.value))
            else:
                return True
        return False

    def _put_back(self, item: _Item[_Result]) -> None:
        """Queue a refused call again; nothing was carried out."""
        item.attempts -= 1
        self.ready.appendleft(item)

    def _go_on(self, item: _Item[_Result], answer: Answer) -> None:
        """Send a job its answer. Then queue its next call, or store its result."""
        try:
            call = item.job.send(answer)
        except StopIteration as end:
            self.results.append((item.key, end.value))
        else:
            # Before new jobs, so that the time between a job's read and its write is short.
            self.ready.appendleft(_Item(item.key, item.job, call))

    def _lost(self, gone: ExchangeGone) -> None:
        """Handle a lost session with all its running calls."""
        lost = list(self.running)
        self.running.clear()
        for item in reversed(lost):
            if item.call.repeatable and item.attempts < MOST_ATTEMPTS:
                self.ready.appendleft(item)
            else:
                self._go_on(item, Answer(lost=str(gone)))
        self.owner.reopen(gone)


def ask(call: Call) -> Job[Answer]:
    """A job with one call. Its result is the answer."""
    return (yield call)
