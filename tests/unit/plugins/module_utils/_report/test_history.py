# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The history of runs: appended safely, read within bounds, drawn without a script."""

from __future__ import annotations

import fcntl
import json
import os
import re
import stat
import threading
import typing as t
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._report import history
from ansible_collections.hybrid.photos.plugins.module_utils._report.document import build
from ansible_collections.hybrid.photos.plugins.module_utils._report.gather import gather
from ansible_collections.hybrid.photos.plugins.module_utils._report.history import (
    Past,
    append,
    comparable,
    line_of,
    past_of,
    read,
)
from ansible_collections.hybrid.photos.plugins.module_utils._report.trend import MOST_POINTS, compared, drawing
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._report import sample

NOW = datetime(2026, 11, 27, 2, 15, tzinfo=UTC)
BOTH = frozenset({"ad", "exo"})


def line(days_ago: int = 0, right: int = 9, users: int = 27, **more: t.Any) -> dict[str, t.Any]:
    report = build(gather(sample.with_gaps()), mode="plan", title="T", generated="2026-11-27T02:15:00Z")
    when = (NOW - timedelta(days=days_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {**line_of(report, "drift", 12.3456), "time": when, "right": right, "users": users, **more}


def past(days_ago: int, right: int, users: int = 100, targets: frozenset[str] = BOTH) -> Past:
    return Past(NOW - timedelta(days=days_ago), users, right, targets)


def test_a_run_is_one_line_without_a_name(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    append(path, line())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text(encoding="ascii")
    assert text.count("\n") == 1
    assert "@" not in text
    kept = json.loads(text)
    assert kept["seconds"] == 12.346
    assert kept["states"]["missing"] == 4
    assert kept["targets"]["exo"]["in_sync"] == 14
    assert (kept["clean"], kept["status"], kept["right"], kept["users"]) == (False, "failed", 9, 27)


def test_what_was_appended_is_read_back_in_order(tmp_path: Path) -> None:
    for days in (2, 1, 0):
        append(tmp_path / "h", line(days, right=9 - days))
    assert [(each.right, each.percent) for each in read(tmp_path / "h")] == [(7, 25.9), (8, 29.6), (9, 33.3)]


@pytest.mark.parametrize(
    "rest", ['{"version":1,"time":"2026-1', "", "\n", "\x00\x00", "no json", "[]", '{"version":9}']
)
def test_a_line_that_was_cut_off_costs_only_itself(tmp_path: Path, rest: str) -> None:
    path = tmp_path / "h"
    append(path, line(2))
    with path.open("a", encoding="ascii") as file:
        file.write(rest)
    assert len(read(path)) == 1
    append(path, line(1))
    assert len(read(path)) == 2


@pytest.mark.parametrize("start", ['{"vers', '{"version":1,"ti'])
def test_a_first_line_that_was_cut_off_is_still_a_history(tmp_path: Path, start: str) -> None:
    (tmp_path / "h").write_text(start)
    assert read(tmp_path / "h") == []
    append(tmp_path / "h", line())
    assert len(read(tmp_path / "h")) == 1


@pytest.mark.parametrize("text", ['{\n "version": 1}', "hello", '{"users":[]}'])
def test_a_file_that_is_something_else_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "h").write_text(text)
    with pytest.raises(PhotoError, match=r"^history .*/h exists and is not a history of this collection\. Name"):
        read(tmp_path / "h")
    assert (tmp_path / "h").read_text() == text


def test_what_is_no_file_is_refused_and_nobody_waits(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "there").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "there")
    for name in ("folder", "pipe", "link", "there/below", "nowhere/h"):
        for use in (read, lambda path: append(path, line())):
            with pytest.raises(PhotoError, match=f"^history .*/{name}:? "):
                use(tmp_path / name)
    assert not (tmp_path / "nowhere").exists()


def test_only_the_end_of_a_long_history_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for days in range(30, 0, -1):
        append(tmp_path / "h", line(days))
    monkeypatch.setattr(history, "MAX_READ", 3 * len(json.dumps(line(), separators=(",", ":"))))
    found = read(tmp_path / "h")
    assert 1 <= len(found) <= 3
    assert found[-1].time == NOW - timedelta(days=1)


def test_runs_at_once_each_have_a_whole_line(tmp_path: Path) -> None:
    workers = [threading.Thread(target=append, args=(tmp_path / "h", line(days))) for days in range(20)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len({each.time for each in read(tmp_path / "h")}) == 20


def test_a_lock_that_is_never_given_back_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append(tmp_path / "h", line())
    monkeypatch.setattr(history, "PATIENCE", 0.0)
    with (tmp_path / "h").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(PhotoError, match="is locked by another program"):
            append(tmp_path / "h", line())
    assert len(read(tmp_path / "h")) == 1


def test_a_file_system_without_locks_is_appended_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(_descriptor: int, _operation: int) -> t.NoReturn:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    append(tmp_path / "h", line())
    assert len(read(tmp_path / "h")) == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"users": "9"},
        {"users": True},
        {"right": 28},
        {"right": -1},
        {"time": "yesterday"},
        {"time": "2026-11-27T02:15:00"},
        {"targets": 3},
        {"not_chosen": None},
    ],
)
def test_a_line_with_odd_values_is_passed_over(odd: dict[str, t.Any]) -> None:
    assert past_of(line()) is not None
    assert past_of({**line(), **odd}) is None


def test_only_whole_runs_over_the_same_targets_compare() -> None:
    same, other = past(2, 50), past(1, 90, targets=frozenset({"ad"}))
    part = Past(NOW, 3, 3, BOTH, partial=True)
    assert comparable([other, same, part, past(4, 1)], ["exo", "ad"]) == [past(4, 1), same]


def test_the_trend_in_words() -> None:
    earlier = [past(2, 10), past(1, 50)]
    assert compared(earlier, past(0, 53)) == "3 more than at the last run (26 November 2026: 50 of 100)"
    assert compared(earlier, past(0, 40)) == "10 fewer than at the last run (26 November 2026: 50 of 100)"
    assert compared(earlier, past(0, 50)) == "as many as at the last run (26 November 2026: 50 of 100)"
    assert compared([], past(0, 50)) == ""
    assert compared([past(0, 50)], past(0, 50)) == "", "this run itself is none before it"


def test_a_course_needs_two_runs() -> None:
    assert drawing([], past(0, 50)) is None
    assert drawing([Past(NOW - timedelta(days=1), 0, 0, BOTH)], past(0, 50)) is None, "nobody was looked at"
    assert drawing([past(1, 5)], Past(NOW, 3, 3, BOTH, partial=True)) is None
    assert drawing([past(1, 5)], past(0, 50)) is not None


def test_the_course_is_drawn_to_scale_and_said_in_words() -> None:
    found = drawing([past(10, 50), past(5, 40)], past(0, 100))
    assert found is not None
    assert found["low"] == 30
    assert found["line"] == "0.0,85.7 500.0,102.9 1000.0,0.0"
    assert found["words"] == (
        "Share of people with the right photo over 3 runs: 50 % on 17 November 2026, 100 % on 27 November 2026; "
        "the lowest value was 40 % on 22 November 2026, the highest 100 % on 27 November 2026."
    )
    assert [row["right"] for row in found["rows"]] == [100, 40, 50]


def test_a_course_that_is_flat_at_the_top_or_bottom_is_within_the_drawing() -> None:
    for share in (0, 100):
        found = drawing([past(5, share)], past(0, share))
        assert found is not None
        heights = [float(point.split(",")[1]) for point in found["line"].split()]
        assert all(0 <= height <= found["height"] for height in heights)


def test_years_of_runs_are_thinned_out_and_keep_both_ends() -> None:
    found = drawing([past(days, 50) for days in range(3000, 0, -1)], past(0, 60))
    assert found is not None
    points = found["line"].split()
    assert len(points) == MOST_POINTS
    assert points[0].startswith("0.0,")
    assert points[-1].startswith("1000.0,")
    assert found["more"] == 2981
    assert re.fullmatch(r"[\d., ]+", found["area"])
