# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls of libraries that do not end by themselves."""

from __future__ import annotations

import gc
import os
import threading
import warnings
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.deadline import bounded


def test_one_call_after_another_is_made_in_the_same_thread() -> None:
    assert bounded(threading.get_ident, 60) == bounded(threading.get_ident, 60) != threading.get_ident()


def test_calls_at_the_same_time_do_not_wait_for_each_other() -> None:
    both = threading.Barrier(2, timeout=60)
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(lambda _number: bounded(both.wait, 60), range(2))) == [0, 1]


def test_what_a_call_raises_is_raised_and_the_next_call_is_made() -> None:
    with pytest.raises(ZeroDivisionError):
        bounded(lambda: 1 / 0, 60)
    assert bounded(lambda: "next", 60) == "next"


def test_a_late_call_is_left_alone_and_its_answer_is_nobody_elses() -> None:
    release = threading.Event()
    with pytest.raises(TimeoutError, match="within 0 s"):
        bounded(lambda: release.wait(60) and "late", 0)
    assert bounded(lambda: "next", 60) == "next"
    release.set()
    assert bounded(lambda: "after", 60) == "after"


def test_a_call_is_made_after_a_fork_too() -> None:
    assert bounded(lambda: "before", 60) == "before"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # from Python 3.12 on: a process with threads forks
        child = os.fork()
    if child == 0:
        os._exit(0 if bounded(lambda: "child", 30) == "child" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_what_a_call_works_on_is_not_kept() -> None:
    class Thing:
        def work(self) -> bool:
            return True

    thing = Thing()
    known = weakref.ref(thing)
    assert bounded(thing.work, 60)
    bounded(lambda: None, 60)
    del thing
    gc.collect()
    assert known() is None
