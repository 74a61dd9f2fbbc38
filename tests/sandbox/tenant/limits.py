# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real throttling, and the counters that tests read."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from .config import Throttle


class Limits:
    """A token bucket for the whole app, and a limit for concurrent requests to one mailbox."""

    def __init__(self, settings: Throttle) -> None:
        self.settings = settings
        self._level = 0.0
        self._filled = -math.inf  # long ago, also on a machine that has just started
        self._busy: Counter[str] = Counter()

    def refill(self) -> None:
        """Begin again with a full bucket."""
        self._filled = -math.inf  # long ago, also on a machine that has just started

    def enter(self, mailbox: str | None, now: float) -> float | None:
        """Take a place. Returns None if there was one, otherwise the seconds to wait. Each None needs one `leave`."""
        settings = self.settings
        if mailbox and settings.per_mailbox and self._busy[mailbox] >= settings.per_mailbox:
            return 0.5
        if settings.rate > 0:
            full = settings.burst or settings.rate
            self._level = min(full, self._level + (now - self._filled) * settings.rate)
            self._filled = now
            if self._level < 1:
                return (1 - self._level) / settings.rate
            self._level -= 1
        if mailbox:
            self._busy[mailbox] += 1
        return None

    def leave(self, mailbox: str | None) -> None:
        """Give the place back."""
        if mailbox:
            self._busy[mailbox] -= 1
            if self._busy[mailbox] <= 0:
                del self._busy[mailbox]


class Counters:
    """The counters since the last reset."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Reset everything except the number of running requests."""
        self.in_flight: int = getattr(self, "in_flight", 0)
        self.max_in_flight = self.in_flight
        self.totals: Counter[str] = Counter()
        self.routes: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()

    def begin(self) -> None:
        """One more HTTP request for Graph."""
        self.totals["requests"] += 1
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)

    def end(self) -> None:
        """That request is answered."""
        self.in_flight -= 1

    def as_json(self) -> dict[str, Any]:
        """As the control API shows it; every total is there, also when it is zero."""
        return {
            **{name: self.totals[name] for name in TOTALS},
            "in_flight": self.in_flight,
            "max_in_flight": self.max_in_flight,
            "routes": dict(self.routes),
            "statuses": dict(self.statuses),
        }


TOTALS = (
    "requests",  # HTTP requests for Graph; a batch is one
    "batches",
    "batch_items",
    "photo_puts",  # PUT and PATCH of a photo that arrived, accepted or not, alone or in a batch
    "photo_deletes",
    "photo_writes",  # changes that the service really made
    "downloads",  # pictures given out, of any size
    "download_bytes",
    "upload_bytes",
    "settings_writes",
    "tokens_issued",
    "token_requests",
    "throttled",
    "faults",
)
