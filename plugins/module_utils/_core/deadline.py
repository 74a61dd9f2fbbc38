# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A time limit for reading from a socket.

A socket's own timeout starts again with each byte. So a server that sends one byte a second is waited for without end.
Here one thread for all connections shuts a socket down when its caller's time is over. The caller's read then ends at
once, in any library (http.client, OpenSSL, GnuTLS, libldap).
"""

from __future__ import annotations

import contextlib
import os
import queue
import socket
import threading
import time
import typing as t


class _Watch:
    """The one thread of a process that shuts sockets down."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self._guards: set[Guard] = set()
        self._thread: threading.Thread | None = None
        self._wakes = float("inf")

    def add(self, guard: Guard) -> None:
        with self.changed:
            self._guards.add(guard)
            # After a fork the thread does not run in the child process.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            elif guard.ends < self._wakes:
                self.changed.notify()

    def remove(self, guard: Guard) -> None:
        with self.changed:
            self._guards.discard(guard)

    def _run(self) -> None:
        with self.changed:
            while True:
                now = time.monotonic()
                for guard in self._guards:
                    if guard.ends <= now and not guard.late:
                        guard.cut()
                self._wakes = min((guard.ends for guard in self._guards if not guard.late), default=float("inf"))
                self.changed.wait(None if self._wakes == float("inf") else self._wakes - now)


_WATCH = _Watch()


class Guard:
    """The time that one exchange with a server may take. Made by ``deadline``."""

    def __init__(self, seconds: float) -> None:
        self.started = time.monotonic()
        self.ends = self.started + seconds
        #: The time was over before the exchange ended.
        self.late = False
        self._sockets: list[socket.socket] = []

    def watch(self, fileno: int) -> None:
        """Shut this socket down when the time is over. A copy of the descriptor is kept, because TLS moves the socket
        to another object.
        """
        copy = socket.socket(fileno=os.dup(fileno))
        with _WATCH.changed:
            self._sockets.append(copy)
            if self.late:
                self.cut()

    def extend(self, seconds: float) -> None:
        """End so many seconds after the start, if that is later than the present end."""
        self.ends = max(self.ends, self.started + seconds)

    def cut(self) -> None:
        """The time is over. Called by the watch."""
        self.late = True
        for copy in self._sockets:
            with contextlib.suppress(OSError):  # it is already closed
                copy.shutdown(socket.SHUT_RDWR)

    def let_go(self) -> None:
        """Close the copies of the descriptors."""
        for copy in self._sockets:
            copy.close()


@contextlib.contextmanager
def deadline(seconds: float) -> t.Iterator[Guard]:
    """Sockets given to the guard are shut down after so many seconds.

    Check ``late`` before you use an answer: the end of a stream that was cut looks like the end of an answer.
    """
    guard = Guard(seconds)
    _WATCH.add(guard)
    try:
        yield guard
    finally:
        _WATCH.remove(guard)
        guard.let_go()


class _Worker:
    """A thread that makes calls, one at a time. It does not keep the process alive."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[t.Callable[[], t.Any] | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[t.Any, BaseException | None]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="bounded", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            try:
                self._answers.put((call(), None))
            except BaseException as error:
                self._answers.put((None, error))
            del call  # what it works on is not kept until the next call

    @property
    def usable(self) -> bool:
        """Does its thread run? Not after a fork."""
        return self._thread.is_alive()

    def answer(self, call: t.Callable[[], t.Any], seconds: float) -> tuple[t.Any, BaseException | None]:
        """The result of a call or what it raised. Raises queue.Empty after so many seconds; then this is its last
        call.
        """
        self._calls.put(call)
        try:
            return self._answers.get(timeout=seconds)
        except queue.Empty:
            self._calls.put(None)
            raise


#: Workers without a call. A check of Exchange Server makes three calls for each user, and a new thread for each call
#: takes 0.15 ms.
_IDLE: list[_Worker] = []


def _worker() -> _Worker:
    while True:
        try:
            worker = _IDLE.pop()
        except IndexError:
            return _Worker()
        if worker.usable:
            return worker


def bounded(call: t.Callable[[], t.Any], seconds: float) -> t.Any:
    """The result of a call, or TimeoutError after so many seconds. For libraries that do not give access to their
    socket.

    The call continues in its thread, which does not keep the process alive. Do not use again what that call works on.
    """
    worker = _worker()
    try:
        value, error = worker.answer(call, seconds)
    except queue.Empty:
        raise TimeoutError(f"no answer within {seconds:g} s") from None
    _IDLE.append(worker)
    if error is not None:
        raise error
    return value
