# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Microsoft Graph in memory that misbehaves by a seed, and a clock whose threads take turns.

Only one thread runs at a time. It gives way when it waits, and then the seed chooses who goes on; time moves when all
of them wait. So a run is the same each time, whatever the machine does, and an hour of waiting takes no time.
"""

from __future__ import annotations

import base64
import contextlib
import heapq
import itertools
import json
import random
import threading
import typing as t
from dataclasses import dataclass, field

from ansible_collections.hybrid.photos.plugins.module_utils._graph.auth.method import AuthMethod, Token
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.concurrency import Clock
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.transport import Cut, Reply

ROOT = "https://graph.test"
EPOCH = 1_700_000_000


class _Task:
    """A thread that takes turns. ``wait`` numbers its waits, so that an old alarm wakes nobody."""

    def __init__(self) -> None:
        self.turn = threading.Semaphore(0)
        self.wait = 0


class _Condition:
    """What threading.Condition does, among threads of which one runs at a time."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock
        self.waiting: list[tuple[_Task, int]] = []

    def __enter__(self) -> bool:
        return True

    def __exit__(self, *_error: object) -> None:
        pass

    def notify_all(self) -> None:
        waiting, self.waiting = self.waiting, []
        for task, number in waiting:
            self._clock.wake(task, number)


class SimulatedClock(Clock):
    """Time from 0 on. ``end``: seconds after which a simulation is taken for endless."""

    def __init__(self, seed: int, end: float = 1e6) -> None:
        self.now = 0.0
        self.end = end
        self._random = random.Random(seed)
        self._ready: list[_Task] = []
        self._alarms: list[tuple[float, int, _Task, int]] = []
        self._number = itertools.count()
        self._current = self._main = _Task()
        self._alive = 0
        self._stuck = ""

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return EPOCH + self.now

    def condition(self) -> threading.Condition:
        return t.cast(threading.Condition, _Condition(self))

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        mine = self._current
        mine.wait += 1
        t.cast(_Condition, condition).waiting.append((mine, mine.wait))
        self._sleep(seconds)

    def idle(self, condition: threading.Condition) -> None:
        self.wait(condition, 30.0)  # long, so that a notification that is missing shows

    def sleep(self, seconds: float) -> None:
        """The running thread waits for nothing but time."""
        self._current.wait += 1
        self._sleep(seconds)

    def start(self, work: t.Callable[[], None]) -> None:
        task = _Task()
        self._alive += 1

        def run() -> None:
            task.turn.acquire()
            try:
                work()
            finally:
                self._alive -= 1
                self._next().turn.release()

        threading.Thread(target=run, daemon=True).start()
        self._ready.append(task)

    def finish(self) -> None:
        """Let every thread come to its end."""
        while self._alive:
            self.sleep(1.0)

    def wake(self, task: _Task, number: int) -> None:
        if task.wait == number:
            task.wait += 1
            self._ready.append(task)

    def _sleep(self, seconds: float) -> None:
        mine = self._current
        heapq.heappush(self._alarms, (self.now + seconds, next(self._number), mine, mine.wait))
        task = self._next()
        if task is not mine:
            task.turn.release()
            mine.turn.acquire()
        if self._stuck and mine is self._main:
            raise AssertionError(self._stuck)

    def _next(self) -> _Task:
        while not self._ready:
            at, _number, task, number = heapq.heappop(self._alarms)
            if task.wait == number:
                self.now = max(self.now, at)
                self.wake(task, number)
        if self.now > self.end and not self._stuck:
            self._stuck = f"no end after {self.now:.0f} simulated seconds"
        if self._stuck and self._main in self._ready:
            self._ready.remove(self._main)
            self._current = self._main
        else:
            self._current = self._ready.pop(self._random.randrange(len(self._ready)))
        return self._current


@dataclass
class Weather:
    """How a service misbehaves: shares from 0 to 1, seconds."""

    items_throttled: float = 0.0
    requests_throttled: float = 0.0
    failing: float = 0.0
    resets: float = 0.0
    retry_after: float | None = 0.2
    latency: float = 0.1
    lag: float = 0.0
    token_life: float = 3600.0
    #: Calls that are served at once; the others are throttled. ``items_count``: each item of a batch is a call.
    at_once: int | None = None
    items_count: bool = False
    #: A share of answers to a photo's metadata that say, against the truth, that there is none.
    flapping: float = 0.0
    #: A share of looks before which the service stores the photo anew: other bytes, another tag, the same picture.
    stored_anew: float = 0.0


@dataclass
class Photo:
    """What one user's photo was, from when on. ``content`` None: there is none."""

    tag: str
    content: bytes | None
    since: float


@dataclass
class SimulatedGraph:
    """Stands where Http stands. ``asked`` counts requests and batch items by user id."""

    clock: SimulatedClock
    weather: Weather
    seed: int
    reached: bool = True
    clock_skew: float | None = None
    photos: dict[str, list[Photo]] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    carried_out: dict[str, int] = field(default_factory=dict)
    requests: int = 0
    in_flight: int = 0
    calls: int = 0
    most_in_flight: int = 0
    tokens: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._tags = itertools.count(1)

    # -- what a test does to it -------------------------------------------------------------------------------------

    def store(self, user: str, content: bytes | None) -> str:
        """Somebody, or the service itself, stores a photo; its tag."""
        tag = f'"{next(self._tags):X}"'
        self.photos.setdefault(user, []).append(Photo(tag, content, self.clock.now))
        return tag

    def now(self, user: str) -> Photo:
        return self.photos[user][-1] if self.photos.get(user) else Photo("", None, 0.0)

    def shown(self, user: str) -> Photo:
        """What a reader sees: what was there a lag ago."""
        old = [p for p in self.photos.get(user, []) if p.since <= self.clock.now - self.weather.lag or p.since == 0]
        return old[-1] if old else Photo("", None, 0.0)

    # -- Http -------------------------------------------------------------------------------------------------------

    def send(self, method: str, url: str, headers: t.Mapping[str, str], body: t.Any = None, **_: t.Any) -> Reply:
        path = url.removeprefix(ROOT)
        batch = json.loads(body)["requests"] if path.endswith("/$batch") else []
        self.requests += 1
        for each in batch or [{"url": path.removeprefix("/v1.0")}]:
            user = each["url"].split("/")[2]
            self.asked[user] = self.asked.get(user, 0) + 1
        weather = self.weather
        calls = len(batch) if batch and weather.items_count else 1
        free = weather.at_once is None or self.calls < weather.at_once
        self.in_flight += 1
        self.calls += calls if free else 0
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        before = self.calls - calls
        known = self.tokens.get(headers["Authorization"].removeprefix("Bearer "), -1.0) >= self.clock.now
        try:
            self.clock.sleep(weather.latency * self._random.uniform(0.5, 1.5))
            if not known:
                return self._reply(401, {"error": {"code": "InvalidAuthenticationToken", "message": "expired"}})
            return self._answer(method, path, body, batch, free, before)
        finally:
            self.in_flight -= 1
            self.calls -= calls if free else 0

    def close(self) -> None:
        pass

    def _answer(self, method: str, path: str, body: t.Any, batch: list[t.Any], free: bool, used: int) -> Reply:
        weather = self.weather
        if self._chance(weather.resets):
            if not self._chance(0.5):
                raise Cut("graph.test refused the connection", sent=False)
            if not batch and self._chance(0.5):
                self._serve(method, path, body)
            raise Cut("graph.test broke the connection", sent=True)
        if not free or self._chance(weather.requests_throttled):
            return self._throttled()
        if self._chance(weather.failing):
            return self._failed(method, path, body, carried_out=not batch)
        if not batch:
            return self._serve(method, path, body)
        room = len(batch)
        if weather.at_once is not None and weather.items_count:
            room = max(0, weather.at_once - used)
        responses = [self._item(each, fits=n < room) for n, each in enumerate(batch)]
        return self._reply(200, {"responses": responses})

    def _item(self, each: dict[str, t.Any], *, fits: bool) -> dict[str, t.Any]:
        if not fits or self._chance(self.weather.items_throttled):
            reply = self._throttled()
        elif self._chance(self.weather.failing):
            reply = self._failed("GET", each["url"], None, carried_out=False)
        else:
            reply = self._serve(each["method"], "/v1.0" + each["url"], None)
        body: t.Any = reply.body
        with contextlib.suppress(ValueError):
            body = json.loads(reply.body)
        if isinstance(body, bytes):
            body = base64.b64encode(body).decode()
        return {"id": each["id"], "status": reply.status, "headers": dict(reply.headers), "body": body}

    def _serve(self, method: str, path: str, body: t.Any) -> Reply:
        _empty, _version, _users, user, *what = path.split("/")
        if method in ("PUT", "DELETE"):
            self.carried_out[user] = self.carried_out.get(user, 0) + 1
            self.store(user, body)
            return self._reply(200, {}) if method == "PUT" else Reply(204, {}, b"")
        if what == ["photo"] and self.shown(user).content is not None and self._chance(self.weather.stored_anew):
            self.store(user, (self.now(user).content or b"") + b" anew")
        photo = self.shown(user)
        if photo.content is None or (what == ["photo"] and self._chance(self.weather.flapping)):
            return self._reply(404, {"error": {"code": "ImageNotFound", "message": "x"}})
        if what == ["photo"]:
            tag = {"@odata.mediaEtag": photo.tag, "@odata.mediaContentType": "image/jpeg"}
            return self._reply(200, {**tag, "width": 648, "height": 648})
        return Reply(200, {"Content-Type": "image/jpeg", "ETag": photo.tag}, photo.content)

    def _failed(self, method: str, path: str, body: t.Any, *, carried_out: bool) -> Reply:
        if carried_out and method in ("PUT", "DELETE") and self._chance(0.5):
            self._serve(method, path, body)
        status = self._random.choice([500, 502, 504])
        return self._reply(status, {"error": {"code": "UnknownError", "message": f"it broke {status}"}})

    def _throttled(self) -> Reply:
        after = self.weather.retry_after
        headers = {} if after is None else {"Retry-After": f"{after:g}"}
        return self._reply(429, {"error": {"code": "TooManyRequests", "message": "slow down"}}, headers)

    def _reply(self, status: int, body: t.Any, headers: t.Mapping[str, str] | None = None) -> Reply:
        return Reply(status, {"Content-Type": "application/json", **(headers or {})}, json.dumps(body).encode())

    def _chance(self, share: float) -> bool:
        return share > 0 and self._random.random() < share


class SimulatedLogin(AuthMethod):
    """Gives tokens that live as long as the weather says."""

    option = "test"

    def __init__(self, graph: SimulatedGraph) -> None:
        self._graph = graph

    def authenticate(self) -> Token:
        life = self._graph.weather.token_life
        value = f"t{len(self._graph.tokens)}"
        self._graph.tokens[value] = self._graph.clock.now + life
        return Token(value, life)
