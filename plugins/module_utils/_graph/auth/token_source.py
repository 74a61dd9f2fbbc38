# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The access token of a run, for all threads."""

from __future__ import annotations

import threading

from ..._core.model import StoreError
from ..http.concurrency import Clock
from .method import AuthMethod

#: Seconds before the end of a token when a new one is asked for.
_EARLY = 300.0


class TokenSource:
    """The token of a run. Renewed before it ends and when Graph refuses it, by one thread for all."""

    def __init__(self, method: AuthMethod, clock: Clock) -> None:
        self._method = method
        self._clock = clock
        self._lock = threading.Lock()
        self._value = ""
        self._renew_at = self._ends_at = float("-inf")

    @property
    def current(self) -> str:
        """The token at hand, perhaps none yet."""
        return self._value

    def token(self) -> str:
        """A token that is good now. Threads that still have a good one do not wait for the one that renews."""
        now = self._clock.monotonic()
        if now < self._renew_at:
            return self._value
        if not self._lock.acquire(blocking=now >= self._ends_at):
            return self._value
        try:
            if self._clock.monotonic() >= self._renew_at:
                self._get(keep=self._clock.monotonic() < self._ends_at)
            return self._value
        finally:
            self._lock.release()

    def renew(self, refused: str) -> None:
        """Graph refused this token; the first thread that asks gets a new one for all."""
        with self._lock:
            if self._value == refused:
                self._get(keep=False)

    def _get(self, *, keep: bool) -> None:
        asked = self._clock.monotonic()
        try:
            token = self._method.authenticate()
        except StoreError:
            if not keep:
                raise
            self._renew_at = asked + 30  # the old one still lives; the login may be back by then
            return
        self._value = token.value
        self._ends_at = asked + token.lifetime
        self._renew_at = asked + max(token.lifetime - _EARLY, token.lifetime * 0.75)
