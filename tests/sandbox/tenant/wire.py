# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values between the HTTP server, the batch and the services: a call and its answer."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Literal

CutMoment = Literal["before", "headers", "body"]


class Clock:
    """The tenant's own clock, so that a clock skew changes tokens and the Date header in the same way."""

    def __init__(self) -> None:
        self.skew = 0.0

    def now(self) -> float:
        """Seconds since the epoch, by this tenant's clock."""
        return time.time() + self.skew


@dataclass(slots=True)
class Call:
    """One Graph request, whether it came alone or inside a batch."""

    method: str
    version: str
    raw_path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    host: str
    roles: frozenset[str] = frozenset()
    inside_batch: bool = False
    request_id: str = ""
    client_request_id: str = ""

    @property
    def root(self) -> str:
        """The Graph root as this client sees it."""
        return f"https://{self.host}"


@dataclass(slots=True)
class Answer:
    """One Graph response. `body`: bytes for a picture, a dict for JSON, None for an empty body."""

    status: int
    body: bytes | dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: CutMoment | None = None
    # A recorded oddity: inside a batch a 404 can come with neither headers nor body.
    bare_in_batch: bool = False


def new_id() -> str:
    """A request id."""
    return str(uuid.uuid4())
