# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The percentage of right photos over time: in words, and as a drawing that needs no script. No input or output."""

from __future__ import annotations

import typing as t

from .history import Past

#: The size in the drawing's own units; the page scales it to its width.
WIDTH, HEIGHT = 1000, 120
#: The largest number of runs that can be distinguished in the drawing.
MOST_POINTS = 200
#: How many runs are listed below the drawing.
LISTED = 20


def compared(earlier: t.Sequence[Past], now: Past) -> str:
    """The change since the last run, such as "3 more than at the last run …"; empty if there is no earlier run.

    ``earlier``: runs with the same targets, oldest first.
    """
    before = [past for past in earlier if past.time < now.time]
    if not before or now.partial:
        return ""
    last = before[-1]
    when = f"the last run ({day(last)}: {last.right:,} of {last.users:,})"
    more = now.right - last.right
    if more:
        return f"{abs(more):,} {'more' if more > 0 else 'fewer'} than at {when}"
    return f"as many as at {when}"


def day(past: Past) -> str:
    """The day of a run in words: 7 November 2026."""
    return f"{past.time.day} {past.time:%B %Y}"


def drawing(earlier: t.Sequence[Past], now: Past) -> dict[str, t.Any] | None:
    """The points of the line, the same in words, and rows for a table. None if there are fewer than two runs.

    ``low`` and ``high``: the ends of the scale in percent. See ``_floor``.
    """
    runs = [*(past for past in earlier if past.time < now.time and past.users), now]
    if len(runs) < 2 or now.partial or not now.users:
        return None
    points = _thinned(runs)
    least, most = min(points, key=_share), max(points, key=_share)
    low = _floor(least.percent)
    start, end = points[0].time.timestamp(), points[-1].time.timestamp()

    def place(past: Past) -> str:
        x = WIDTH * (past.time.timestamp() - start) / max(end - start, 1.0)
        y = HEIGHT * (100.0 - past.percent) / (100.0 - low)
        return f"{x:.1f},{y:.1f}"

    line = " ".join(map(place, points))
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "line": line,
        "area": f"0,{HEIGHT} {line} {WIDTH},{HEIGHT}",
        "low": low,
        "first": day(points[0]),
        "last": day(points[-1]),
        "words": (
            f"Share of people with the right photo over {len(runs):,} runs: {points[0].percent:g} % on "
            f"{day(points[0])}, {points[-1].percent:g} % on {day(points[-1])}; the lowest value was "
            f"{least.percent:g} % on {day(least)}, the highest {most.percent:g} % on {day(most)}."
        ),
        "rows": [
            {"time": f"{past.time:%Y-%m-%d %H:%M}", "right": past.right, "users": past.users, "percent": past.percent}
            for past in reversed(runs[-LISTED:])
        ],
        "more": max(0, len(runs) - LISTED),
    }


def _share(past: Past) -> float:
    return past.percent


def _floor(least: float) -> int:
    """The lower end of the scale: a multiple of ten below the lowest point."""
    return max(0, int(least - 5) // 10 * 10)


def _thinned(runs: t.Sequence[Past]) -> list[Past]:
    """At most ``MOST_POINTS`` of the runs, at even distances, with the first and the last."""
    if len(runs) <= MOST_POINTS:
        return list(runs)
    step = (len(runs) - 1) / (MOST_POINTS - 1)
    return [runs[round(number * step)] for number in range(MOST_POINTS)]
