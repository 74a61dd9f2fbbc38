# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A history as a list of steps, drawn from a seed. Steps hold no state, so any of them can be left out."""

from __future__ import annotations

import random
import typing as t
from dataclasses import dataclass, field, replace

from .door import POINTS, Fault


@dataclass(frozen=True)
class Step:
    """``kind`` is a method of Play; ``who`` and ``value`` are numbers that it makes something of."""

    kind: str
    who: int = 0
    value: int = 0
    options: t.Mapping[str, t.Any] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    def __str__(self) -> str:
        parts = [self.kind, f"who={self.who}", f"value={self.value}"]
        parts += [f"{name}={value}" for name, value in self.options.items()]
        parts += [f"{f.what} at {f.point} {f.nth}" + (f" ({f.value})" if f.value else "") for f in self.faults]
        return "  ".join(parts)


@dataclass(frozen=True)
class Story:
    """``together``: changes that are carried out in one lot."""

    seed: int
    kind: str
    accounts: int
    together: int
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        head = f"seed {self.seed}: {self.kind}, {self.accounts} accounts, lots of {self.together}"
        return "\n".join([head, *(f"  {number}. {step}" for number, step in enumerate(self.steps))])


#: How often each kind of step comes.
WEIGHTS = {
    "declare": 10,
    "undeclare": 1,
    "person": 6,
    "anew": 2,
    "rename": 1,
    "reuse": 1,
    "hire": 1,
    "leave": 1,
    "wait": 2,
    "trouble": 1,
    "lose_receipts": 1,
    "run": 16,
    "check_then_run": 1,
    "approve_then_run": 2,
    "restore": 6,
    "settle": 1,
}


#: Kinds of stories, those with more ways to go wrong more often.
MEMORY = ("exo", "exo", "ad")


def draw(seed: int, kinds: t.Sequence[str] = MEMORY) -> Story:
    """The history of a seed."""
    rng = random.Random(seed)
    kind = rng.choice(kinds)
    accounts = 12 if rng.random() < 0.15 else rng.randint(1, 4)
    steps = [Step("declare", who, rng.randrange(100)) for who in range(accounts) if rng.random() < 0.9]
    steps += [Step("person", who, rng.randrange(1, 100)) for who in range(accounts) if rng.random() < 0.5]
    rng.shuffle(steps)
    for _step_number in range(rng.randint(3, 11)):
        name = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        if name == "run" and rng.random() < 0.6:  # a run with nothing to do meets few faults
            steps += [Step("declare", rng.randrange(100), rng.randrange(100)) for _one in range(rng.randint(1, 3))]
        steps.append(_step(rng, name, accounts))
    steps.append(Step("settle"))
    return Story(seed, kind, accounts, rng.choice((1, 2, 250, 250)), tuple(_with_default_picture(seed, steps)))


def _with_default_picture(seed: int, steps: t.Sequence[Step]) -> t.Iterator[Step]:
    """In every third history some users get the default picture instead of one of their own, and it may change.

    Drawn apart, so that the other histories stay as they are.
    """
    rng = random.Random(f"default picture {seed}")
    some = rng.random() < 0.33
    for step in steps:
        if some and step.kind in ("run", "approve_then_run", "settle") and rng.random() < 0.3:
            yield Step("new_default", 0, rng.randrange(100))
        if some and step.kind == "declare" and rng.random() < 0.5:
            yield replace(step, kind="default")
        else:
            yield step


def _step(rng: random.Random, name: str, accounts: int) -> Step:
    options: dict[str, t.Any] = {}
    faults: tuple[Fault, ...] = ()
    if name in ("run", "check_then_run", "approve_then_run"):
        options = _options(rng)
    if name == "restore":
        options = {
            "first": rng.choice(("keep", "remove")),
            "force": rng.random() < 0.1,
            "receipts": rng.random() < 0.85,
            "check": rng.random() < 0.1,
        }
    if name in ("run", "restore", "approve_then_run") and rng.random() < 0.85:
        faults = tuple(_fault(rng, accounts) for _one in range(rng.choice((1, 2, 3, 4))))
    value = rng.randrange(100)
    if name == "wait":
        value = rng.choice((1, 30, 600, 1800, 5000, 100_000))
    return Step(name, rng.randrange(100), value, options, faults)


def _options(rng: random.Random) -> dict[str, t.Any]:
    options = {
        "keep": rng.random() < 0.5,
        "verify": rng.random() < 0.8,
        "backups": rng.random() < 0.8,
        "guarded": rng.random() < 0.5,
        "plan_only": rng.random() < 0.05,
        "check": rng.random() < 0.05,
    }
    return options


def _fault(rng: random.Random, accounts: int) -> Fault:
    # Most of what is interesting lies around the write.
    points = list(POINTS)
    point = rng.choices(points, [1, 2, 5, 3, 14, 5, 3, 3, 2, 1])[0]
    what = rng.choice(POINTS[point])
    nth = min(rng.randrange(2 * accounts + 1), rng.randrange(2 * accounts + 1))
    if point in ("write", "written", "read", "backups", "noted"):
        nth = min(rng.randrange(accounts) for _one in range(3))
    elif point in ("open", "resolve"):
        nth = 0
    value = rng.randrange(1, 100)
    if what in ("lag", "lost and late"):
        value = rng.choice((1, 5, 60, 2000, 10_000))
    return Fault(point, nth, what, value if what in ("person", "lag", "lost and late") else 0)
