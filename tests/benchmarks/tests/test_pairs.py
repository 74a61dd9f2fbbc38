# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the benchmarks measure: in turns, by ratios of pairs, and into one place of the documentation."""

from __future__ import annotations

import argparse
import importlib
import sys
import types
import typing as t
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[1]


def loaded(name: str) -> types.ModuleType:
    """A module of tests/benchmarks, which is no package: its scripts are started from their folder."""
    sys.path.insert(0, str(HERE))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(HERE))


pairs = loaded("pairs")
sizes = loaded("sizes")
machine = loaded("machine")


def test_both_take_turns() -> None:
    order: list[str] = []

    def step(name: str) -> t.Callable[[int], str]:
        return lambda turn: order.append(f"{name}{turn}") or name

    assert pairs.alternately(3, step("a"), step("b")) == [("a", "b")] * 3
    assert order == ["a0", "b0", "a1", "b1", "a2", "b2"]


def test_a_moment_in_which_the_machine_is_slow_for_both_does_not_change_the_ratio() -> None:
    assert pairs.ratios([2.0, 20.0, 2.0], [1.0, 10.0, 1.0]) == (2.0, 2.0, 2.0)


def test_the_median_counts_and_the_extremes_are_told() -> None:
    spread = pairs.ratios([1.0, 1.2, 9.0], [1.0, 1.0, 1.0])
    assert spread == (1.2, 1.0, 9.0)
    assert spread.shown("x") == "1.2x (1 to 9)"
    assert pairs.Spread.of([1234.5]).shown(" ms") == "1,234 ms"


@pytest.mark.parametrize("values", [[], [float("nan")], [float("inf"), 1.0]])
def test_no_measurement_is_an_error(values: list[float]) -> None:
    with pytest.raises(ValueError, match="no measurements"):
        pairs.Spread.of(values)


def test_nothing_is_divided_by_a_measurement_of_zero() -> None:
    with pytest.raises(ValueError, match="nothing to compare with"):
        pairs.ratios([1.0], [0.0])


@pytest.mark.parametrize(
    ("figure", "goal", "least", "said"),
    [
        (1.3, 1.3, False, "met"),
        (1.5, 1.0, False, "missed by 50 %"),
        (40.0, 50.0, True, "missed by 20 %"),
        (51.0, 50.0, True, "met"),
        (0.0, 0.0, False, "met"),
        (2.0, 0.0, False, "missed"),
    ],
)
def test_a_goal_is_judged(figure: float, goal: float, least: bool, said: str) -> None:
    assert pairs.judged(figure, goal, least=least) == said


def test_a_table_is_markdown_with_the_same_columns_in_each_row() -> None:
    said: list[str] = []
    table = pairs.Table(said.append)
    table.add("check", "1.0 s; bare 0.9 s", pairs.Spread(1.1, 1.0, 1.2), 1.15, "x")
    table.note("check", "requests", pairs.Spread(10, 10, 10))
    table.note("check", "as told")
    assert said[0] == "| check | 1.0 s; bare 0.9 s | 1.1x (1 to 1.2) | at most 1.15x | met |"
    assert {line.count("|") for line in table.markdown().splitlines()} == {6}


def test_only_what_is_between_the_comments_is_replaced() -> None:
    page = "before\n<!-- measured: run -->\n\nold\n\n<!-- end: run -->\nafter\n"
    new = pairs.published(page, "run", "| new |\n")
    assert new == "before\n<!-- measured: run -->\n\n| new |\n\n<!-- end: run -->\nafter\n"
    assert pairs.published(new, "run", "| new |") == new


@pytest.mark.parametrize(
    "page",
    ["", "<!-- measured: run -->", "<!-- end: run --> <!-- measured: run -->", "<!-- measured: run -->" * 2],
)
def test_a_page_without_a_place_for_the_table_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="does not have"):
        pairs.published(page, "run", "new")


@pytest.mark.parametrize("name", ["run", "compare"])
def test_the_documentation_has_a_place_for_each_table(name: str) -> None:
    page = (HERE.parents[1] / "docs" / "benchmarks.md").read_text()
    assert "measured here" in pairs.published(page, name, "measured here")


def options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    sizes.add_options(parser)
    return parser.parse_args(arguments)


def test_a_row_has_three_pairs_or_more() -> None:
    assert sizes.chosen(options()).turns == 3
    assert sizes.chosen(options("--tiny", "--turns", "5")).turns == 5
    with pytest.raises(SystemExit, match="a row needs 3 pairs"):
        sizes.chosen(options("--turns", "2"))


def test_a_number_that_is_told_holds_with_tiny_too() -> None:
    assert sizes.chosen(options("--tiny", "--in-sync", "7")).in_sync == 7
    assert sizes.chosen(options("--tiny")).domain < 100


def test_the_speed_of_the_machine_is_measured_with_the_same_bytes_everywhere() -> None:
    assert machine.encoded(machine.picture(), 85) == machine.encoded(machine.picture(), 85)
    assert all(spread.least > 0 for spread in machine.speed(rounds=1))
    assert "ms to decode a fixed JPEG of 648x648" in machine.card("commit abc", rounds=1)


@pytest.mark.parametrize(
    ("arguments", "rows"),
    [([], []), (["--tiny"], []), (["put", "--tiny", "ad"], ["put", "ad"]), (["--puts", "3", "put"], ["put"])],
)
def test_rows_are_named_before_or_behind_options_or_not_at_all(arguments: list[str], rows: list[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", nargs="*", type=sizes.row_of(["put", "ad"]))
    sizes.add_options(parser)
    assert parser.parse_intermixed_args(arguments).rows == rows
    with pytest.raises(SystemExit):
        parser.parse_intermixed_args(["none"])
