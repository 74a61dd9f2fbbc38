# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL at random moments, many times: no photo is lost, no backup is half written, and the next run converges."""

from __future__ import annotations

import random
import time
import typing as t

if t.TYPE_CHECKING:
    from .conftest import Crowd

KILLS = 24


def test_killed_at_any_moment(crowd: Crowd) -> None:
    dice = random.Random(20260101)
    crowd.latency(write_ms=15, read_ms=5)
    started = time.monotonic()
    assert crowd.run(crowd.declared(0)).code == 0
    takes = time.monotonic() - started
    photos, struck, halfway = crowd.declared(0), 0, 0
    try:
        for number in range(KILLS):
            photos = crowd.declared(edition=(number + 1) % 2, removing=dice.random() < 0.5)
            before = crowd.truth()
            process = crowd.start(photos)
            wait_for_a_moment(crowd, dice, takes, at_the_writes=number % 2 == 0)
            process.kill()
            process.communicate()
            crowd.settle()
            struck += process.returncode == -9
            halfway += 0 < crowd.check(before) < STAYING_AND_LEAVING
    finally:
        crowd.latency(write_ms=0, read_ms=0)
    print(f"{crowd.target}: {struck} of {KILLS} runs killed, {halfway} of them between their first and last write")
    assert struck >= KILLS // 2
    assert halfway
    crowd.converge(photos)


#: Everybody changes in every run of this test, as the editions take turns.
STAYING_AND_LEAVING = 12


def wait_for_a_moment(crowd: Crowd, dice: random.Random, takes: float, at_the_writes: bool) -> None:
    """Any moment of a run, or one soon after its first photo was saved, which is when it begins to write."""
    manifest = crowd.backup / "manifest.jsonl"
    if not at_the_writes:
        time.sleep(dice.uniform(0.1, 0.95) * takes)
        return
    size, end = manifest.stat().st_size, time.monotonic() + 3 * takes
    while manifest.stat().st_size == size and time.monotonic() < end:
        time.sleep(0.002)
    time.sleep(dice.uniform(0.0, 0.12) * takes)
