# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a request is sent again, and after how long: one policy for Graph, its batches and the login."""

from __future__ import annotations

import email.utils
import math
import random
import typing as t
from dataclasses import dataclass

#: Statuses after which the same request may be sent again. 500 and 502 only where sending twice is harmless.
THROTTLED = frozenset({429, 503, 509})
TRANSIENT = frozenset({408, 429, 500, 502, 503, 504, 509})
#: There was no answer: the connection was refused, reset or cut. Used as a status beside the real ones.
NO_ANSWER = 0


def retry_after(headers: t.Mapping[str, str], now: float) -> float | None:
    """Seconds that an answer asks us to wait: a number (decimals have been seen) or an HTTP date; None: not said.

    ``headers`` of a batch item is a plain dict whose names come in any case.
    """
    value = headers.get("Retry-After")
    if value is None:
        value = next((v for k, v in headers.items() if k.lower() == "retry-after"), None)
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(str(value)).timestamp() - now
        except (ValueError, TypeError, OverflowError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """``max_attempts`` for one request; ``patience`` bounds the seconds that it waits in all.

    ``patience`` is also how long a run may wait without getting anything done (engine.py).
    """

    max_attempts: int = 6
    patience: float = 600.0
    first: float = 0.5
    factor: float = 2.5
    longest: float = 60.0
    rand: t.Callable[[], float] = random.random

    def wait(self, attempts: int, waited: float, asked: float | None) -> float | None:
        """Seconds until the next attempt after ``attempts`` of them; None: give up.

        Never shorter than the service asked for, and longer from the second time on if that was too short. Jitter
        prevents many clients from trying again at the same moment.
        """
        if attempts >= self.max_attempts:
            return None
        pause = self._backoff(attempts)
        if asked:
            pause = max(asked * (1 + 0.1 * self.rand()), self._backoff(attempts - 1) if attempts > 1 else 0.0)
        return pause if waited + pause <= self.patience else None

    def _backoff(self, attempts: int) -> float:
        return min(self.longest, self.first * self.factor ** (attempts - 1)) * (0.75 + 0.5 * self.rand())
