# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every run ends, whatever the service throttles, loses or delays, with a bound on the requests for each user."""

from __future__ import annotations

import random
import typing as t
from collections import Counter
from dataclasses import dataclass, field, replace

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import (
    Observation,
    StoreError,
    User,
    Write,
    WriteResult,
)
from ansible_collections.hybrid.photos.plugins.module_utils._graph.auth.token_source import TokenSource
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.client import Client
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.concurrency import AdaptiveLimit
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.retry import RetryPolicy
from ansible_collections.hybrid.photos.plugins.module_utils._graph.permissions import Permissions
from ansible_collections.hybrid.photos.plugins.module_utils._graph.photos import Photos
from ansible_collections.hybrid.photos.plugins.module_utils._graph.writes import Writer
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._graph.graph_simulation import (
    ROOT,
    SimulatedClock,
    SimulatedGraph,
    SimulatedLogin,
    Weather,
)

OLD, NEW, FOREIGN = b"\xff\xd8 old \xff\xd9", b"\xff\xd8 new \xff\xd9", b"\xff\xd8 foreign \xff\xd9"
ATTEMPTS = 6
#: For one user, requests and batch items together: six looks; then six looks and six writes that fail, a good look
#: before each write and one more right before it, and the write that is good.
BOUND = ATTEMPTS + 4 * ATTEMPTS + 1
#: What looking into another tag may add, three times.
PICTURES = 3 * ATTEMPTS
#: Simulated seconds after which a run of a hundred users is called endless. Retry-After is at most 2 s here.
END = 3600.0


@dataclass
class Run:
    """A look at everybody and a write to everybody who could be looked at."""

    seed: int
    weather: Weather
    count: int = 100
    max_wait: float = 600.0
    end: float = END
    seen: dict[str, Observation] = field(default_factory=dict)
    results: dict[str, WriteResult] = field(default_factory=dict)
    error: str | None = None

    def __post_init__(self) -> None:
        self.clock = SimulatedClock(self.seed, self.end)
        self.graph = SimulatedGraph(self.clock, self.weather, self.seed)
        self.limit = AdaptiveLimit(8, self.clock)
        policy = RetryPolicy(ATTEMPTS, patience=self.max_wait, rand=random.Random(self.seed).random)
        login = TokenSource(SimulatedLogin(self.graph), self.clock)
        http = t.cast(t.Any, self.graph)
        self.client = Client(http, ROOT, login, limit=self.limit, policy=policy, clock=self.clock)
        self.photos = Photos(self.client, Permissions(lambda: None))
        self.users = [User(f"u{n}@example.com", f"id-{n}", f"id-{n}") for n in range(self.count)]
        for user in self.users[::2]:
            self.graph.store(user.id, OLD)

    def go(self) -> Run:
        try:
            for user, seen in self.photos.observe(self.users, lambda _user, _tag: False):
                assert user.id not in self.seen
                self.seen[user.id] = seen
            for user, result in Writer(self.client, self.photos).write(self.writes()):
                assert user.id not in self.results
                self.results[user.id] = result
        except StoreError as error:
            self.error = str(error)
        self.clock.finish()
        return self

    def writes(self) -> list[Write]:
        return [
            Write(user, NEW, seen.tag if seen.present else None, same=lambda picture: picture.startswith(OLD))
            for user in self.users
            if (seen := self.seen[user.id]).problem is None
        ]

    @property
    def ends(self) -> Counter[str]:
        return Counter(result.status for result in self.results.values())


def weather_of(seed: int) -> Weather:
    """Any mix of what the service may do."""
    pick = random.Random(seed)
    return Weather(
        items_throttled=pick.choice([0, 0.05, 0.1, 0.25, 0.5]),
        requests_throttled=pick.choice([0, 0, 0.05, 0.1, 0.25, 0.5]),
        failing=pick.choice([0, 0, 0.05, 0.2]),
        resets=pick.choice([0, 0, 0.02, 0.1]),
        retry_after=pick.choice([0.2, 0.2, 2.0, None]),
        latency=pick.choice([0.02, 0.1, 1.0]),
        lag=pick.choice([0, 0, 5]),
        token_life=pick.choice([1.5, 5.0, 3600.0]),
        at_once=pick.choice([None, None, 3, 1]),
        items_count=pick.random() < 0.5,
        flapping=pick.choice([0, 0, 0.05]),
        stored_anew=pick.choice([0, 0, 0.05]),
    )


@pytest.mark.parametrize("seed", range(60))
def test_any_mix_of_faults_comes_to_an_end_with_few_requests_for_each_user(seed: int) -> None:
    run = Run(seed, weather_of(seed)).go()
    told = f"seed {seed}: {run.weather}"
    assert run.error is None, told
    assert len(run.seen) == run.count, told
    assert set(run.results) == {key for key, seen in run.seen.items() if seen.problem is None}, told
    most = BOUND + (PICTURES if run.weather.stored_anew else 0)
    if run.weather.token_life < 60:
        most *= 2  # a token that has ended may cost a request each time
    assert max(run.graph.asked.values()) <= most, told
    assert run.graph.most_in_flight <= 8, told
    for key, result in run.results.items():
        ours = (run.graph.now(key).content or b"").startswith(NEW)
        assert result.status != "written" or ours, told
        assert result.status != "failed" or not ours, told
        assert result.status == "written" or result.error, told


@pytest.mark.parametrize("seed", range(20))
def test_what_somebody_stored_since_the_look_is_never_written_over(seed: int) -> None:
    weather = replace(weather_of(seed), lag=0, stored_anew=0, flapping=0)
    run = Run(seed, weather, count=60)
    run.seen = {user.id: seen for user, seen in run.photos.observe(run.users, lambda _user, _tag: False)}
    theirs = {user.id for user in run.users[::3]}
    for key in theirs:
        run.graph.store(key, FOREIGN)
    results = {user.id: result for user, result in Writer(run.client, run.photos).write(run.writes())}
    run.clock.finish()
    told = f"seed {seed}: {weather}"
    assert {run.graph.now(key).content for key in theirs} == {FOREIGN}, told
    assert not [key for key in theirs & set(results) if results[key].status == "written"], told
    assert not [key for key in set(results) - theirs if results[key].status == "conflict"], told


@pytest.mark.parametrize(
    ("weather", "seconds", "requests"),
    [
        (Weather(), 4.5, 220),
        (Weather(items_throttled=0.1), 6, 240),
        (Weather(items_throttled=0.5), 60, 600),
        (Weather(requests_throttled=0.1), 20, 320),
        (Weather(at_once=3), 20, 320),
        (Weather(at_once=3, items_count=True), 60, 600),
        (Weather(token_life=2.0), 4.5, 220),
    ],
    ids=lambda value: "-".join(k for k, v in vars(value).items() if v != getattr(Weather(), k)) or "calm"
    if isinstance(value, Weather) else "",
)  # fmt: skip
def test_two_hundred_users_are_written_in_seconds(weather: Weather, seconds: float, requests: int) -> None:
    for seed in range(3):
        run = Run(seed, weather, count=200)
        run.seen = dict(run.photos.observe(run.users, lambda _user, _tag: False))  # type: ignore[arg-type]
        run.seen = {t.cast(User, user).id: seen for user, seen in run.seen.items()}
        began, before = run.clock.now, run.graph.requests
        results = Counter(result.status for _user, result in Writer(run.client, run.photos).write(run.writes()))
        took, sent = run.clock.now - began, run.graph.requests - before
        run.clock.finish()
        assert results["written"] >= 0.9 * results.total()
        assert (took <= seconds, sent <= requests) == (True, True), f"seed {seed}: {took:.1f} s, {sent} requests"


def test_a_service_that_lets_nothing_through_ends_the_run_after_max_wait() -> None:
    run = Run(1, Weather(), count=400, max_wait=60.0)
    run.seen = {user.id: seen for user, seen in run.photos.observe(run.users, lambda _user, _tag: False)}
    began = run.clock.now
    run.weather.requests_throttled = 1.0
    results: dict[str, WriteResult] = {}
    with pytest.raises(StoreError, match=r"accepted no request for 6\d s.*429 TooManyRequests: slow down.*max_wait"):
        for user, result in Writer(run.client, run.photos).write(run.writes()):
            results[user.id] = result
    assert run.clock.now - began < 120
    run.clock.finish()
    assert len(results) == 400
    assert {result.status for result in results.values()} == {"failed"}


def test_a_look_that_gets_no_answer_ends_with_the_last_words_of_the_service() -> None:
    run = Run(1, Weather(items_throttled=1.0, retry_after=20.0), count=400, max_wait=60.0).go()
    assert run.error is not None
    assert "429 TooManyRequests: slow down" in run.error
    assert run.clock.now < 120


def test_a_slow_caller_is_not_taken_for_a_service_that_is_stuck() -> None:
    run = Run(1, Weather(), count=100, max_wait=60.0)
    seen = 0
    for _user, _seen in run.photos.observe(run.users, lambda _user, _tag: False):
        run.clock.sleep(30.0)
        seen += 1
    run.clock.finish()
    assert seen == 100


def test_the_same_seed_is_the_same_run() -> None:
    first, second = (Run(7, weather_of(7)).go() for _time in range(2))
    assert (first.clock.now, first.graph.asked, first.ends) == (second.clock.now, second.graph.asked, second.ends)
