# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measurements in pairs (A B A B), and their table. No input or output.

Other work on the machine has about the same effect on both measurements of a pair. So each pair gives one ratio, and
the result is the median of the ratios. The lowest and the highest ratio show how reliable it is.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

A = TypeVar("A")
B = TypeVar("B")

#: The least number of pairs for a row.
LEAST_TURNS = 3


class Spread(NamedTuple):
    """The median of several measurements, with the lowest and the highest one."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """Raises ValueError if there is no value, or one that is not a number."""
        found = list(values)
        if not found or not all(map(math.isfinite, found)):
            raise ValueError(f"no measurements: {found}")
        return cls(statistics.median(found), min(found), max(found))

    def shown(self, unit: str = "") -> str:
        """``1.12x (1.08 to 1.21)``; one number if all are equal."""
        if self.least == self.most:
            return f"{number(self.median)}{unit}"
        return f"{number(self.median)}{unit} ({number(self.least)} to {number(self.most)})"


def number(value: float) -> str:
    """A number with three significant digits, without an exponent."""
    return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"


def alternately(turns: int, first: Callable[[int], A], second: Callable[[int], B]) -> list[tuple[A, B]]:
    """Call both, one after the other, ``turns`` times, with the number of the turn from 0."""
    return [(first(turn), second(turn)) for turn in range(turns)]


def ratios(tops: Sequence[float], bottoms: Sequence[float]) -> Spread:
    """Each top divided by the bottom of its pair. Raises ValueError for a bottom of 0."""
    if any(bottom <= 0 for bottom in bottoms):
        raise ValueError(f"nothing to compare with took {list(bottoms)}")
    return Spread.of(top / bottom for top, bottom in zip(tops, bottoms, strict=True))


class Table:
    """The measurements, row by row: printed immediately, and as Markdown at the end."""

    head = "| work | measured | figure (least to highest) | goal | |\n|---|---|---:|---|---|"

    def __init__(self, say: Callable[[str], None] = lambda line: print(line, flush=True)) -> None:
        self.lines: list[str] = []
        self._say = say

    def add(self, work: str, measured: str, figure: Spread, goal: float, unit: str, *, least: bool = False) -> None:
        """Add a figure and its goal: the largest allowed median, or with ``least`` the smallest one."""
        bound = f"{'at least' if least else 'at most'} {goal:g}{unit}"
        self._line(work, measured, figure.shown(unit), bound, judged(figure.median, goal, least=least))

    def against_bare(self, work: str, ours: Sequence[float], bare: Sequence[float], goal: float) -> None:
        """Add the ratio of our seconds to those of a bare client, pair by pair."""
        measured = f"{Spread.of(ours).median:.1f} s; bare client {Spread.of(bare).median:.1f} s"
        self.add(work, measured, ratios(ours, bare), goal, "x")

    def note(self, work: str, measured: str, figure: Spread | None = None, unit: str = "") -> None:
        """Add a row without a goal, with or without a figure."""
        self._line(work, measured, figure.shown(unit) if figure is not None else "", "", "")

    def _line(self, *cells: str) -> None:
        self.lines.append(f"| {' | '.join(cells)} |")
        self._say(self.lines[-1])

    def markdown(self) -> str:
        """The whole table."""
        return "\n".join([self.head, *self.lines])


def judged(figure: float, goal: float, *, least: bool = False) -> str:
    """``met``, or by how much the goal was missed."""
    if figure >= goal if least else figure <= goal:
        return "met"
    return f"missed by {abs(figure / goal - 1) * 100:.0f} %" if goal else "missed"


def published(document: str, name: str, text: str) -> str:
    """The document with the text between the two comments with this name. Raises ValueError if they are missing.

    The comments are ``<!-- measured: NAME -->`` and ``<!-- end: NAME -->``, each on a line of its own.
    """
    begin, end = f"<!-- measured: {name} -->", f"<!-- end: {name} -->"
    if document.count(begin) != 1 or document.count(end) != 1 or document.index(begin) > document.index(end):
        raise ValueError(f"the document does not have {begin} and {end}, once each and in this order")
    before, _begin, rest = document.partition(begin)
    _old, _end, after = rest.partition(end)
    return f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}"
