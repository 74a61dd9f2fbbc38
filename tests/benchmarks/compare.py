# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares the present work tree with an older commit in one run, in pairs. tests/benchmarks/compare shows the usage.

Both use the present sandbox. Its tenant scales photos in the mode ``centred`` here, because an old commit may not
recognize photos of the mode ``microsoft`` and would do other work. Measured is the CPU time (user and system) of the
module's process, from its start to its end.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import Bench
from company import Company
from machine import card
from measure import REPOSITORY, Took, commit, process, publish
from pairs import Spread, Table, alternately, number, ratios
from PIL import Image
from sizes import add_options, chosen, row_of

#: The goals of issue 12: present CPU time as a fraction of the old one.
GOALS = {"first": 0.25, "put": 0.5, "compare": 1 / 3}


class Comparing:
    def __init__(self, bench: Bench, table: Table, old: Path) -> None:
        self.bench, self.table, self.old = bench, table, old

    def pairs(self, run: Callable[[Path, str], Took]) -> list[tuple[Took, Took]]:
        """Old and new, several times. ``run`` is given a work tree and a name of its own."""
        return alternately(
            self.bench.sizes.turns,
            lambda turn: run(self.old, f"old{turn}"),
            lambda turn: run(REPOSITORY, f"new{turn}"),
        )

    def add(self, work: str, users: int, goal: float | None, run: Callable[[Path, str], Took]) -> None:
        pairs = self.pairs(run)
        old, new = ([took.cpu for took in column] for column in zip(*pairs, strict=True))
        before, now = (1000 * Spread.of(column).median / users for column in (old, new))
        seconds = [Spread.of(took.seconds for took in column).median for column in zip(*pairs, strict=True)]
        said = f"CPU a user {number(before)} ms, now {number(now)} ms; {seconds[0]:.1f} s, now {seconds[1]:.1f} s"
        self.row(work, said, ratios(new, old), goal)

    def row(self, work: str, said: str, figure: Spread, goal: float | None) -> None:
        if goal is None:
            self.table.note(work, said, figure, "x")
        else:
            self.table.add(work, said, figure, round(goal, 3), "x")

    # -- rows

    def cloud(self) -> None:
        bench = self.bench
        bench.latency()
        photos, _ids = bench.cloud
        count = len(photos)

        def first(tree: Path, name: str) -> Took:
            return bench.checked(photos, tree, receipts=bench.fresh(f"first-{name}"), plan_only=True).took

        def receipts(tree: Path, name: str) -> Took:
            return bench.checked(photos, tree, receipts=str(bench.file(f"first-{name}.sqlite")), check=True).took

        self.add(f"check {count:,} users in EXO, first run", count, GOALS["first"], first)
        self.add(f"check {count:,} users in EXO, receipts", count, None, receipts)
        puts = bench.sizes.puts
        self.add(f"put {puts:,} photos in EXO", puts, GOALS["put"], lambda tree, name: bench.put(name, tree).took)

    def pictures(self) -> None:
        """Single works with pictures, in a process each."""
        folder = self.bench.file("pictures")
        folder.mkdir()
        for path in self.bench.company.sources(6 * self.bench.sizes.pictures):
            (folder / path.name).write_bytes(path.read_bytes())
            with Image.open(path) as picture:
                for side in (96, 240, 648):
                    kept = folder / f"kept-{side}"
                    kept.mkdir(exist_ok=True)
                    picture.resize((side, side), Image.Resampling.BOX).save(kept / path.name, quality=82)
        script, rounds = str(Path(__file__).with_name("pictures.py")), str(2 + self.bench.sizes.turns)

        def costs(tree: Path, _name: str) -> Took:
            return process([sys.executable, script, str(folder), rounds], {"PYTHONPATH": str(tree / ".dev")})

        found = [tuple(json.loads(took.printed) for took in pair) for pair in self.pairs(costs)]
        for work in found[0][1]:
            old, new = ([each[side][work] for each in found] for side in (0, 1))
            said = f"CPU {number(Spread.of(old).median)} ms, now {number(Spread.of(new).median)} ms"
            goal = GOALS["compare"] if work.startswith("compare") else None
            self.row(work, said, ratios(new, old), goal)

    def directory(self) -> None:
        bench = self.bench
        count, puts = bench.sizes.domain, bench.sizes.without

        def first(tree: Path, name: str) -> Took:
            return bench.ad_checked(bench.fresh(f"ad-{name}"), tree)[0]

        def again(tree: Path, name: str) -> Took:
            return bench.ad_checked(str(bench.file(f"ad-{name}.sqlite")), tree)[0]

        def put(tree: Path, name: str) -> Took:
            return bench.ad_put(bench.fresh(f"ad-put-{name}"), tree)

        self.add(f"check {count:,} users in AD", count, None, first)
        self.add(f"check {count:,} users in AD, nothing changed", count, None, again)
        self.add(f"put {puts:,} photos in AD", puts, None, put)


ROWS: dict[str, Callable[[Comparing], None]] = {
    "cloud": Comparing.cloud, "pictures": Comparing.pictures, "directory": Comparing.directory,
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="tests/benchmarks/compare", description="Today against an older commit.")
    parser.add_argument("old", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("rows", nargs="*", metavar="ROWS", type=row_of(ROWS), help=f"of {', '.join(ROWS)}")
    parser.add_argument("--publish", action="store_true", help="write the table into docs/benchmarks.md")
    add_options(parser)
    options = parser.parse_intermixed_args(arguments)
    sizes, table = chosen(options), Table()
    old = options.old.resolve()
    about = card(f"commit {commit()} against {commit(old)}")
    print(f"\n{about}\n\n{table.head}", flush=True)
    company = Company(Path(os.environ["HYBRID_PHOTOS_SANDBOX"]), sizes.domain, sizes.without)
    with tempfile.TemporaryDirectory(prefix="photos-bench-") as name:
        comparing = Comparing(Bench(company, Path(name), sizes), table, old)
        for row in options.rows or ROWS:
            ROWS[row](comparing)
    about = f"{about} {sizes.turns} pairs of each row."
    if options.publish:
        publish("compare", f"{about}\n\n{table.markdown()}")


if __name__ == "__main__":
    main()
