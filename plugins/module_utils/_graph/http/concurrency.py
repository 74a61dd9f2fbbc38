# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits concurrent requests and honours Retry-After: one limit and one gate for everything that is sent."""

from __future__ import annotations

import threading
import time
import typing as t

#: Seconds between two requests when one at a time is too much: the least and the most.
_PACES = (0.05, 5.0)


class Clock:
    """Time and waiting, so that tests need neither. Seconds throughout."""

    def monotonic(self) -> float:
        return time.monotonic()

    def time(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Wait for a notification, at most so long. The condition is held."""
        condition.wait(seconds)

    def idle(self, condition: threading.Condition) -> None:
        """Wait for a notification when nothing but another thread can bring work. The condition is held."""
        condition.wait(0.5)  # half a second, so that Ctrl-C is noticed

    def condition(self) -> threading.Condition:
        """A condition that threads of ``start`` wait on."""
        return threading.Condition()

    def start(self, work: t.Callable[[], None]) -> None:
        """Run ``work`` in a thread of its own, which does not keep the process alive."""
        threading.Thread(target=work, name="graph", daemon=True).start()


class Stopped(Exception):
    """The caller stopped the run while a thread was waiting."""


class Ticket(t.NamedTuple):
    """Permission for one request in flight: since when, and until when the gate was closed before and after."""

    since: float
    gate: float = 0.0
    next_at: float = 0.0


class AdaptiveLimit:
    """A limit that finds how much the service takes.

    It starts modest and grows by one with every good answer until the first throttling (so it doubles in a round),
    then by one in a round. Throttling halves it, once for all requests that were under way together. It never passes
    ``maximum`` and never falls under one; where even one at a time is too much, it leaves time between two requests:
    twice as much with each throttling, never more than the service itself asks for, and half as much with each good
    answer. A Retry-After for a whole request closes the gate for all requests.
    """

    def __init__(self, maximum: int, clock: Clock | None = None, start: int = 4) -> None:
        self.maximum = max(1, maximum)
        self.throttlings = 0
        self._clock = clock or Clock()
        self._changed = self._clock.condition()
        self._current = float(min(start, self.maximum))
        self._in_flight = 0
        self._not_before = 0.0
        self._halved_at = float("-inf")
        self._pace = 0.0

    @property
    def current(self) -> int:
        """How many requests may be in flight now."""
        return int(self._current)

    def acquire(self, stopped: t.Callable[[], bool] = lambda: False) -> Ticket:
        """Wait for permission to send one request; raises Stopped as soon as ``stopped`` returns True."""
        with self._changed:
            while True:
                if stopped():
                    raise Stopped
                now = self._clock.monotonic()
                gate = self._not_before - now
                if gate <= 0 and self._in_flight < int(self._current):
                    self._in_flight += 1
                    before = self._not_before
                    self._not_before = max(before, now + self._pace)
                    return Ticket(now, before, self._not_before)
                # Half a second, so that a stop is noticed wherever it comes from.
                self._clock.wait(self._changed, min(gate, 0.5) if gate > 0 else 0.5)

    def release(self, ticket: Ticket, *, good: bool = False) -> None:
        """The request has ended; ``good`` lets the limit grow."""
        with self._changed:
            self._in_flight -= 1
            if good and ticket.since >= self._halved_at:
                self._pace = self._pace / 2 if self._pace > _PACES[0] else 0.0
                self._current += 1 / self._current if self.throttlings else 1
                self._current = min(self._current, float(self.maximum))
            self._changed.notify_all()

    def give_back(self, ticket: Ticket) -> None:
        """Nothing was sent: the next request need not keep a distance to this one."""
        with self._changed:
            self._in_flight -= 1
            if self._not_before == ticket.next_at:
                self._not_before = ticket.gate
            self._changed.notify_all()

    def throttled(self, ticket: Ticket, asked: float | None = None) -> None:
        """The service asked for less: halve, unless a request of the same time already did. ``asked``: Retry-After."""
        with self._changed:
            self.throttlings += 1
            if ticket.since >= self._halved_at:
                self._halved_at = now = self._clock.monotonic()
                if self._current < 2:
                    most = _PACES[1] if asked is None else min(max(asked, _PACES[0]), _PACES[1])
                    self._pace = min(max(self._pace * 2, _PACES[0]), most)
                    self._not_before = max(self._not_before, now + self._pace)
                self._current = max(1.0, self._current / 2)

    def shut(self, seconds: float) -> None:
        """Nothing is sent for that time; the longest time asked for counts."""
        with self._changed:
            self._not_before = max(self._not_before, self._clock.monotonic() + seconds)


class BatchSize:
    """How many items go into one batch, found like the limit.

    A throttled item of a batch is sent again alone. Batches are too large only when half of the items of one are
    throttled: then the size halves. It grows by one with each batch in which no item was throttled.
    """

    def __init__(self, maximum: int, clock: Clock) -> None:
        self._maximum = maximum
        self._clock = clock
        self._lock = threading.Lock()
        self._current = maximum
        self._halved_at = float("-inf")

    @property
    def current(self) -> int:
        """Items for the next batch."""
        return self._current

    def answered(self, ticket: Ticket, throttled: int, items: int) -> bool:
        """A batch was answered. True: it held one item and was throttled, so fewer requests must be in flight."""
        with self._lock:
            if not throttled:
                self._current = min(self._maximum, self._current + 1)
            elif 2 * throttled >= items and 2 * items >= self._current:
                if self._current == 1:
                    return True
                if ticket.since >= self._halved_at:
                    self._halved_at = self._clock.monotonic()
                    self._current = max(1, self._current // 2)
            return False
