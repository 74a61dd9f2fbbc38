# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sizes of the measurements: those of docs/benchmarks.md, or small ones that only test that the benchmarks run."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace

from pairs import LEAST_TURNS


@dataclass(frozen=True)
class Sizes:
    """Numbers of users by default.

    ``in_sync``: checked in the cloud. ``puts``: photos put there. ``playbook``: checked by playbook; of which so many
    are ``looped`` by module and ``asked`` by uri, and scaled. ``domain`` and ``without``: users of the domain with and
    without a photo. ``exchange`` and ``exchange_puts``: checked and put on Exchange Server. ``memory``: the largest of
    three companies, the others being a fifth and a fiftieth. ``pictures``: files of 12 megapixels. ``turns``: pairs of
    each row.
    """

    in_sync: int = 5_000
    puts: int = 1_000
    playbook: int = 500
    looped: int = 20
    asked: int = 60
    domain: int = 10_000
    without: int = 1_000
    exchange: int = 300
    exchange_puts: int = 60
    memory: int = 50_000
    pictures: int = 12
    turns: int = LEAST_TURNS


TINY = Sizes(40, 10, 20, 2, 4, 40, 8, 6, 3, 50, 1)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tiny", action="store_true", help="a few users of each, to see whether all rows still run")
    for field in fields(Sizes):
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=int, help=argparse.SUPPRESS)


def row_of(rows: Iterable[str]) -> Callable[[str], str]:
    """A check that an argument is a row. argparse's ``choices`` would not allow an empty list."""

    def row(text: str) -> str:
        if text not in rows:
            raise argparse.ArgumentTypeError(f"there is no row {text}; there are {', '.join(rows)}")
        return text

    return row


def chosen(options: argparse.Namespace) -> Sizes:
    """The chosen sizes. Raises SystemExit if a row would have too few pairs."""
    told = {field.name: value for field in fields(Sizes) if (value := getattr(options, field.name)) is not None}
    sizes = replace(TINY if options.tiny else Sizes(), **told)
    if sizes.turns < LEAST_TURNS:
        raise SystemExit(f"--turns {sizes.turns}: a row needs {LEAST_TURNS} pairs or more")
    return sizes
