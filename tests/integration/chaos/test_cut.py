# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections that break, answers that end early, servers that go away: nothing is lost, and the next run converges."""

from __future__ import annotations

import contextlib
import random
import selectors
import socket
import threading
import time
import typing as t

import pytest

if t.TYPE_CHECKING:
    from .conftest import Crowd

Rule = dict[str, t.Any]

NOW_AND_THEN = {"probability": 0.4, "seed": 1}
SPOILT: dict[str, list[Rule]] = {
    "downloads cut in the body": [{"effect": {"cut": {"when": "body"}}, "method": "GET", **NOW_AND_THEN}],
    "batches cut in the body": [{"effect": {"cut": {"when": "body"}}, "kind": "batch", "times": 3}],
    "downloads truncated": [{"effect": {"truncate": {"keep": 0.5}}, "kind": "photo_value", "times": 6}],
    "uploads cut before": [{"effect": {"cut": {"when": "before"}}, "method": "PUT", "times": 5}],
    "uploads done, not answered": [{"effect": {"cut": {"when": "headers"}}, "method": "PUT", "times": 5}],
    "uploads half answered": [{"effect": {"cut": {"when": "body"}}, "method": "PUT", "times": 5}],
    "throttled as a whole": [{"effect": {"throttle": {"retry_after": "1"}}, "kind": "batch", "times": 2}],
    "throttled inside batches": [
        {"effect": {"throttle": {"retry_after": "0.37"}}, "inside_batch": True, **NOW_AND_THEN, "times": 20}
    ],
    "throttled uploads": [{"effect": {"throttle": {"retry_after": "0.2"}}, "method": "PUT", "times": 8}],
    "away for a while": [{"effect": {"fail": {"case": "unavailable"}}, "times": 6, "skip": 3}],
    "away for good": [{"effect": {"fail": {"case": "unavailable"}}, "skip": 6}],
    "gone in the middle": [{"effect": {"cut": {"when": "before"}}, "skip": 7}],
}  # fmt: skip


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("kind", ["cut", "kill"])
@pytest.mark.parametrize("cmdlet", ["Get-UserPhoto", "Set-UserPhoto", "Remove-UserPhoto"])
def test_exchange_server_goes_away(in_exchange: Crowd, cmdlet: str, kind: str, after: bool) -> None:
    in_exchange.exchange.fault(kind, cmdlet=cmdlet, after=after, times=2)
    before = in_exchange.truth()
    answer = in_exchange.run(in_exchange.declared(0, removing=True))
    assert in_exchange.exchange.counters().get("faults"), "it never happened"
    in_exchange.exchange.clear_faults()
    in_exchange.check(before)
    truth = in_exchange.truth()
    for row in answer.result["photos"]:
        if row["changed"]:
            assert truth[row["user"]] != before[row["user"]], f"{row['user']} is told to be changed, and is not"
    in_exchange.converge(in_exchange.declared(0, removing=True))


@pytest.mark.parametrize("name", SPOILT)
def test_graph_misbehaves(in_cloud: Crowd, name: str) -> None:
    in_cloud.options["max_attempts"] = 3
    for rule in SPOILT[name]:
        in_cloud.tenant.add_fault(**rule)
    before = in_cloud.truth()
    answer = in_cloud.run(in_cloud.declared(0, removing=True))
    fired = [rule["fired"] for rule in in_cloud.tenant.faults()]
    in_cloud.tenant.clear_faults()
    assert all(fired), f"{name}: never happened"
    in_cloud.check(before)
    truth = in_cloud.truth()
    for row in answer.result["photos"]:
        if row["changed"]:
            assert truth[row["user"]] != before[row["user"]], f"{row['user']} is told to be changed, and is not"
    assert (answer.code == 0) == all(row["changed"] for row in answer.result["photos"])
    in_cloud.converge(in_cloud.declared(0, removing=True))


def test_tokens_are_revoked_all_the_time(in_cloud: Crowd) -> None:
    in_cloud.tenant.latency(write_ms=20, read_ms=10)
    done = threading.Event()

    def revoke() -> None:
        while not done.wait(0.25):
            in_cloud.tenant.revoke_tokens()

    other = threading.Thread(target=revoke)
    other.start()
    try:
        before = in_cloud.truth()
        in_cloud.run(in_cloud.declared(1))
        in_cloud.check(before)
    finally:
        done.set()
        other.join()
        in_cloud.tenant.latency(write_ms=0, read_ms=0)
    in_cloud.converge(in_cloud.declared(1))


@pytest.mark.parametrize("moment", [0.4, 0.6, 0.8])
def test_the_controller_is_killed_in_mid_run(in_ad: Crowd, moment: float) -> None:
    started = time.monotonic()
    assert in_ad.run(in_ad.declared(0)).code == 0
    takes = time.monotonic() - started
    in_ad.options["timeout"] = 3
    before = in_ad.truth()
    process = in_ad.start(in_ad.declared(1, removing=True))
    time.sleep(moment * takes)
    in_ad.domain.stop(kill=True)
    answer = in_ad.finish(process)
    in_ad.domain.start()
    assert answer.result["photos"] if "photos" in answer.result else answer.result["msg"]
    in_ad.check(before)
    in_ad.converge(in_ad.declared(1, removing=True))


def test_the_controllers_connection_is_cut_after_any_number_of_bytes(in_ad: Crowd) -> None:
    dice = random.Random(7)
    whole = Cutter(None)
    with whole:
        in_ad.options |= {"port": whole.port, "timeout": 5}
        assert in_ad.run(in_ad.declared(0)).code == 0
    ends = []
    for number in range(7):
        with Cutter(dice.randrange(whole.passed)) as cutter:
            in_ad.options["port"] = cutter.port
            before = in_ad.truth()
            answer = in_ad.run(in_ad.declared((number + 1) % 2, removing=number % 3 == 0))
            ends.append(answer.code)
            in_ad.check(before)
    assert any(ends), "no cut was noticed"
    del in_ad.options["port"]
    in_ad.converge(in_ad.declared(1))


class Cutter:
    """A TCP relay to the controller's LDAPS port that breaks every connection after so many bytes of the server's."""

    def __init__(self, after: int | None) -> None:
        self.after = after
        self.passed = 0
        self._done = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Cutter:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._done.set()
        self._thread.join()
        self._listening.close()

    def _serve(self) -> None:
        self._listening.settimeout(0.1)
        while not self._done.is_set():
            with contextlib.suppress(TimeoutError):
                client, _address = self._listening.accept()
                with client, socket.create_connection(("127.0.0.1", 636)) as server, contextlib.suppress(OSError):
                    self._relay(client, server)

    def _relay(self, client: socket.socket, server: socket.socket) -> None:
        with selectors.DefaultSelector() as ready:
            ready.register(client, selectors.EVENT_READ, server)
            ready.register(server, selectors.EVENT_READ, client)
            while not self._done.is_set():
                for key, _events in ready.select(0.1):
                    data = t.cast(socket.socket, key.fileobj).recv(4096)
                    if not data:
                        return
                    if key.fileobj is server:
                        self.passed += len(data)
                        if self.after is not None and self.passed > self.after:
                            key.data.sendall(data[: max(0, len(data) - (self.passed - self.after))])
                            return
                    key.data.sendall(data)
