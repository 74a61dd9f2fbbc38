# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays histories from seeds, and makes a failing one as short as it gets."""

from __future__ import annotations

import concurrent.futures
import contextlib
import importlib
import shutil
import tempfile
import traceback
import typing as t
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest import mock

from . import pictures
from .graph_door import GraphPlay
from .play import Play
from .promises import Broken, Judge
from .story import MEMORY, Story, draw

SYNC = "ansible_collections.hybrid.photos.plugins.module_utils._sync"
TIMED = ("applier", "on_its_way", "receipts", "resolver", "run", "verifier")
POOLED = ("applier", "renditions", "run")


#: By the kind of a story: a store in memory as the cloud and as Active Directory, and the true Graph store.
PLAYS: dict[str, type[Play]] = {"exo": Play, "ad": Play, "graph": GraphPlay}


class AtOnce:
    """A pool whose work is done when it is handed over, so that a seed gives one history."""

    def __init__(self, *_args: t.Any) -> None:
        return

    def __enter__(self) -> AtOnce:
        return self

    def __exit__(self, *_error: object) -> None:
        return

    def submit(self, function: t.Callable[..., t.Any], *args: t.Any) -> concurrent.futures.Future[t.Any]:
        future: concurrent.futures.Future[t.Any] = concurrent.futures.Future()
        try:
            future.set_result(function(*args))
        except BaseException as error:
            future.set_exception(error)
        return future

    def map(self, function: t.Callable[..., t.Any], *each: t.Any) -> t.Iterator[t.Any]:
        return map(function, *each)

    def shutdown(self, *_args: t.Any) -> None:
        return


@dataclass
class Found:
    """What playing one story came to. ``broken``: the promise, and the text; None: all was kept."""

    story: Story
    broken: str | None = None
    text: str = ""
    runs: int = 0
    faults: Counter[str] = field(default_factory=Counter)


@contextlib.contextmanager
def at_one_speed() -> t.Iterator[None]:
    """Pictures are worked out once, and nothing runs beside anything else, while this is open."""
    with contextlib.ExitStack() as stack:
        for name, functions in pictures.PURE.items():
            module = importlib.import_module(f"{SYNC}.{name}")
            for function in functions:
                fast = pictures.remembered(getattr(module, function))
                stack.enter_context(mock.patch.object(module, function, fast))
        for name in POOLED:
            module = importlib.import_module(f"{SYNC}.{name}")
            stack.enter_context(mock.patch.object(module, "ThreadPoolExecutor", AtOnce))
        yield


@contextlib.contextmanager
def _for(play: Play) -> t.Iterator[None]:
    with contextlib.ExitStack() as stack:
        for name in TIMED:
            stack.enter_context(mock.patch.object(importlib.import_module(f"{SYNC}.{name}"), "time", play.world.clock))
        applier = importlib.import_module(f"{SYNC}.applier")
        stack.enter_context(mock.patch.object(applier, "TOGETHER", play.story.together))
        yield


def tell(story: Story) -> Found:
    """Play one story. Call it within ``at_one_speed``."""
    folder = Path(tempfile.mkdtemp(prefix="history-", dir=_quick_folder()))
    play = PLAYS[story.kind](story, folder, Judge())
    found = Found(story)
    try:
        with _for(play):
            play.play()
    except Broken as error:
        found.broken, found.text = error.promise, str(error)
    except Exception as error:
        found.broken = f"a run always has a result ({type(error).__name__})"
        found.text = traceback.format_exc(limit=-6)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found.runs, found.faults = len(play.runs), play.faults
    return found


def _quick_folder() -> str | None:
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() else None


def shortened(story: Story, broken: str) -> Story:
    """The same fault with as few steps, faults and accounts as can be."""
    smaller = True
    while smaller:
        smaller = False
        for shorter in _shorter(story):
            if tell(shorter).broken == broken:
                story, smaller = shorter, True
                break
    return story


def _shorter(story: Story) -> t.Iterator[Story]:
    steps = story.steps
    for size in (len(steps) // 2, len(steps) // 4, 2, 1):
        for start in range(0, len(steps), max(1, size)):
            if 0 < size < len(steps):
                yield replace(story, steps=steps[:start] + steps[start + size :])
    if story.accounts > 1:
        yield replace(story, accounts=story.accounts - 1)
    for number, step in enumerate(steps):
        for fault in step.faults:
            fewer = replace(step, faults=tuple(each for each in step.faults if each != fault))
            yield replace(story, steps=(*steps[:number], fewer, *steps[number + 1 :]))


def play_seeds(
    seeds: t.Iterable[int], kinds: t.Sequence[str] = MEMORY, tell_each: t.Callable[[Found], None] = lambda _found: None
) -> list[Found]:
    """All histories of these seeds; each is told as it ends."""
    found = []
    with at_one_speed():
        for seed in seeds:
            found.append(tell(draw(seed, kinds)))
            tell_each(found[-1])
    return found


def explained(found: Found) -> str:
    """A failure for a person: the promise, the shortest history, and how to play it again."""
    with at_one_speed():
        short = shortened(found.story, t.cast(str, found.broken))
        again = tell(short)
    return f"{again.text}\n{short}\nplay it again: tests/histories/run --seed {found.story.seed}"
