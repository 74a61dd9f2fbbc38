# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a run's token."""

from __future__ import annotations

import threading

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import StoreError
from ansible_collections.hybrid.photos.plugins.module_utils._graph.auth.method import AuthMethod, Token
from ansible_collections.hybrid.photos.plugins.module_utils._graph.auth.token_source import TokenSource
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.concurrency import Clock


class Method(AuthMethod):
    option = "test"

    def __init__(self, *lives: float) -> None:
        self.lives = list(lives)
        self.asked = 0
        self.problem: Exception | None = None
        self.hold: threading.Event | None = None

    def authenticate(self) -> Token:
        self.asked += 1
        if self.hold is not None:
            self.hold.wait(5)
        if self.problem is not None:
            raise self.problem
        return Token(f"t{self.asked}", self.lives.pop(0) if len(self.lives) > 1 else self.lives[0])


class Hours(Clock):
    now = 0.0

    def monotonic(self) -> float:
        return self.now


def test_a_token_is_kept_and_renewed_before_its_end() -> None:
    method, clock = Method(3600.0), Hours()
    source = TokenSource(method, clock)
    seen = []
    for _minute in range(180):
        clock.now += 60
        seen.append(source.token())
    assert method.asked == 4
    assert seen == sorted(seen)


def test_short_tokens_are_not_renewed_all_the_time() -> None:
    method, clock = Method(20.0), Hours()
    source = TokenSource(method, clock)
    for _time in range(14):
        source.token()
        clock.now += 1
    assert method.asked == 1


def test_the_old_token_serves_while_the_login_is_away() -> None:
    method, clock = Method(3600.0), Hours()
    source = TokenSource(method, clock)
    source.token()
    method.problem = StoreError("login away")
    clock.now = 3400
    assert source.token() == "t1"
    assert source.token() == "t1"
    assert method.asked == 2
    clock.now = 3601
    with pytest.raises(StoreError, match="login away"):
        source.token()
    method.problem = None
    assert source.token() == "t4"


def test_many_threads_renew_once() -> None:
    method, clock = Method(3600.0), Hours()
    source = TokenSource(method, clock)
    old = source.token()
    threads = [threading.Thread(target=source.renew, args=(old,)) for _time in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert method.asked == 2
    assert source.token() == "t2"


def test_nobody_waits_for_a_renewal_while_the_old_token_is_good() -> None:
    method, clock = Method(3600.0), Hours()
    source = TokenSource(method, clock)
    source.token()
    clock.now = 3400
    method.hold = threading.Event()
    renewing = threading.Thread(target=source.token)
    renewing.start()
    while method.asked < 2:
        threading.Event().wait(0.001)
    assert source.token() == "t1"
    method.hold.set()
    renewing.join()
    assert source.token() == "t2"
