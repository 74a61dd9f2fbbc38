# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measurements in pairs, A B A B, and the table that they end in. Pure: numbers and text.

Other work on a machine comes and goes. It falls on both of a pair in much the same way, so each pair gives one ratio,
and the median of the ratios counts. The least and the highest say how far they can be trusted.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

A = TypeVar("A")
B = TypeVar("B")

#: A row needs so many pairs.
LEAST_TURNS = 3


class Spread(NamedTuple):
    """The median of several measurements, with the least and the highest of them."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """ValueError when there is none, or one that is no number."""
        found = list(values)
        if not found or not all(map(math.isfinite, found)):
            raise ValueError(f"no measurements: {found}")
        return cls(statistics.median(found), min(found), max(found))

    def shown(self, unit: str = "") -> str:
        """``1.12x (1.08 to 1.21)``; one number where all are the same."""
        if self.least == self.most:
            return f"{number(self.median)}{unit}"
        return f"{number(self.median)}{unit} ({number(self.least)} to {number(self.most)})"


def number(value: float) -> str:
    """Three digits that count, without an exponent."""
    return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"


def alternately(turns: int, first: Callable[[int], A], second: Callable[[int], B]) -> list[tuple[A, B]]:
    """Both, one after the other, ``turns`` times. They are given the number of the turn, from 0 on."""
    return [(first(turn), second(turn)) for turn in range(turns)]


def ratios(tops: Sequence[float], bottoms: Sequence[float]) -> Spread:
    """Each top through the bottom of its own pair. ValueError for a bottom of 0."""
    if any(bottom <= 0 for bottom in bottoms):
        raise ValueError(f"nothing to compare with took {list(bottoms)}")
    return Spread.of(top / bottom for top, bottom in zip(tops, bottoms, strict=True))


class Table:
    """What was measured, row by row, printed as it comes and given as Markdown at the end."""

    head = "| work | measured | figure (least to highest) | goal | |\n|---|---|---:|---|---|"

    def __init__(self, say: Callable[[str], None] = lambda line: print(line, flush=True)) -> None:
        self.lines: list[str] = []
        self._say = say

    def add(self, work: str, measured: str, figure: Spread, goal: float, unit: str, *, least: bool = False) -> None:
        """One figure and its goal: the most that its median may be, or with ``least`` the least."""
        bound = f"{'at least' if least else 'at most'} {goal:g}{unit}"
        self._line(work, measured, figure.shown(unit), bound, judged(figure.median, goal, least=least))

    def against_bare(self, work: str, ours: Sequence[float], bare: Sequence[float], goal: float) -> None:
        """Our seconds through those of a bare client, pair by pair."""
        measured = f"{Spread.of(ours).median:.1f} s; bare client {Spread.of(bare).median:.1f} s"
        self.add(work, measured, ratios(ours, bare), goal, "x")

    def note(self, work: str, measured: str, figure: Spread | None = None, unit: str = "") -> None:
        """A figure without a goal, or none."""
        self._line(work, measured, figure.shown(unit) if figure is not None else "", "", "")

    def _line(self, *cells: str) -> None:
        self.lines.append(f"| {' | '.join(cells)} |")
        self._say(self.lines[-1])

    def markdown(self) -> str:
        """All of it."""
        return "\n".join([self.head, *self.lines])


def judged(figure: float, goal: float, *, least: bool = False) -> str:
    """``met``, or by how much the goal was missed."""
    if figure >= goal if least else figure <= goal:
        return "met"
    return f"missed by {abs(figure / goal - 1) * 100:.0f} %" if goal else "missed"


def published(document: str, name: str, text: str) -> str:
    """The document with the text between the two comments that have this name. ValueError when they are not there.

    The comments are ``<!-- measured: NAME -->`` and ``<!-- end: NAME -->``, each on a line of its own.
    """
    begin, end = f"<!-- measured: {name} -->", f"<!-- end: {name} -->"
    if document.count(begin) != 1 or document.count(end) != 1 or document.index(begin) > document.index(end):
        raise ValueError(f"the document does not have {begin} and {end}, once each and in this order")
    before, _begin, rest = document.partition(begin)
    _old, _end, after = rest.partition(end)
    return f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}"
