# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Graph that follows a script, and time that passes when somebody waits for it."""

from __future__ import annotations

import base64
import json
import threading
import typing as t
from collections import defaultdict

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import StoreError, User
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.client import Client
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.concurrency import AdaptiveLimit, Clock
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.retry import RetryPolicy
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.transport import Reply
from ansible_collections.hybrid.photos.plugins.module_utils._graph.permissions import Permissions

ROOT = "https://graph.test"


class FakeClock(Clock):
    """Waiting takes no time, but time passes by it. ``slept`` holds every wait that had an end."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return 1_700_000_000 + self.now

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        if seconds is not None:
            with self._lock:
                self.now += seconds
                self.slept.append(seconds)
        condition.wait(0.001)


class FakeTokens:
    """Tokens t1, t2, …"""

    def __init__(self) -> None:
        self.number = 1
        self.fail = False

    def token(self) -> str:
        return f"t{self.number}"

    def renew(self, refused: str) -> None:
        if self.fail:
            raise StoreError("no new token")
        if refused == self.token():
            self.number += 1


class Script:
    """Stands where Http stands. ``answers`` maps "METHOD path" to a list of answers; the last one stays.

    An answer is (status, body) or (status, body, headers), an exception to raise, or a function of the request.
    Bodies are JSON values or bytes. Batches are taken apart and answered item by item, in reverse order.
    """

    def __init__(self) -> None:
        self.answers: dict[str, list[t.Any]] = defaultdict(list)
        self.sent: list[tuple[str, str, dict[str, str], t.Any]] = []
        self.items: list[str] = []
        self.batches: list[int] = []
        self.reached = True
        self.clock_skew: float | None = None
        self.most_in_flight = 0
        self._in_flight = 0
        self._lock = threading.Lock()

    def on(self, what: str, *answers: t.Any) -> None:
        self.answers[what].extend(answers)

    def send(self, method: str, url: str, headers: t.Mapping[str, str], body: t.Any = None, **_: t.Any) -> Reply:
        assert url.startswith(ROOT + "/")
        path = url[len(ROOT) :]
        with self._lock:
            self.sent.append((method, path, dict(headers), body))
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            if path.endswith("/$batch") and "POST /v1.0/$batch" not in self.answers:
                return self._batch(json.loads(body))
            status, answer, head = self._next(f"{method} {path}", body)
            if status == 200 and answer == "as usual":
                return self._batch(json.loads(body))
            if isinstance(answer, bytes):
                return Reply(status, {"Content-Type": "image/jpeg", **head}, answer)
            return Reply(status, {"Content-Type": "application/json", **head}, json.dumps(answer).encode())
        finally:
            with self._lock:
                self._in_flight -= 1

    def close(self) -> None:
        pass

    def _batch(self, batch: dict[str, t.Any]) -> Reply:
        responses = []
        with self._lock:
            self.batches.append(len(batch["requests"]))
        for item in batch["requests"]:
            assert set(item) == {"id", "method", "url"}
            with self._lock:
                self.items.append(item["url"])
            status, answer, head = self._next(f"{item['method']} /v1.0{item['url']}", None)
            if status == -1:
                continue
            body = base64.b64encode(answer).decode() if isinstance(answer, bytes) else answer
            responses.append({"id": item["id"], "status": status, "headers": head, "body": body})
        return Reply(200, {}, json.dumps({"responses": responses[::-1]}).encode())

    def _next(self, what: str, body: t.Any) -> tuple[int, t.Any, dict[str, str]]:
        with self._lock:
            queue = self.answers.get(what)
            assert queue, f"nobody expected {what}"
            answer = queue.pop(0) if len(queue) > 1 else queue[0]
        if callable(answer) and not isinstance(answer, type):
            answer = answer(body)
        if isinstance(answer, BaseException):
            raise answer
        status, content, *head = answer
        return status, content, head[0] if head else {}


class Graph(t.NamedTuple):
    """Everything a test of a part needs."""

    script: Script
    client: Client
    clock: FakeClock
    tokens: FakeTokens
    permissions: Permissions
    claims: dict[str, t.Any]


@pytest.fixture
def graph() -> Graph:
    """A client over the script, with eight requests in flight at most and six attempts."""
    script, clock, tokens = Script(), FakeClock(), FakeTokens()
    claims: dict[str, t.Any] = {"roles": ["User.Read.All", "ProfilePhoto.ReadWrite.All"]}
    client = Client(
        t.cast(t.Any, script),
        ROOT,
        tokens,
        limit=AdaptiveLimit(8, clock),
        policy=RetryPolicy(rand=lambda: 0.0),
        clock=clock,
    )
    return Graph(script, client, clock, tokens, Permissions(lambda: claims), claims)


@pytest.fixture
def users() -> t.Callable[[int], list[User]]:
    """So many users u0, u1, … whose ids are fit for a URL."""

    def make(count: int) -> list[User]:
        return [User(f"u{n}@example.com", f"id-{n}", f"id-{n}") for n in range(count)]

    return make


@pytest.fixture
def no_photo() -> tuple[int, t.Any]:
    message = "Exception of type 'Microsoft.Fast.Profile.Core.Exception.ImageNotFoundException' was thrown."
    return 404, {"error": {"code": "ImageNotFound", "message": message}}
