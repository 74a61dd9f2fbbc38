# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmarks: each row is measured in pairs with its comparison, in one run. See docs/benchmarks.md.

tests/benchmarks/run [--publish] [--tiny] [ROW ...]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import bench_company
import bench_exchange
import bench_render
import cloud_rows
import directory_rows
from bench import Bench
from company import Company
from machine import card
from measure import commit, publish
from pairs import Table
from sizes import add_options, chosen, row_of

ROWS: dict[str, Callable[[Bench, Table], None]] = {
    "render": bench_render.row,
    "first": cloud_rows.first,
    "receipts": cloud_rows.with_receipts,
    "put": cloud_rows.put,
    "users": cloud_rows.users,
    "ad": directory_rows.check,
    "ad_put": directory_rows.put,
    "ldap_attrs": directory_rows.ldap_attrs,
    "exchange": bench_exchange.row,
    "memory": cloud_rows.memory,
    "scale": cloud_rows.scale,
    "company": bench_company.row,
}
#: These take minutes and are not part of the table.
NOT_BY_ITSELF = ("scale", "company")


def main() -> None:
    began = time.monotonic()
    parser = argparse.ArgumentParser(prog="tests/benchmarks/run", description="Rows of docs/benchmarks.md.")
    parser.add_argument("rows", nargs="*", metavar="ROW", type=row_of(ROWS), help=f"of {', '.join(ROWS)}")
    parser.add_argument("--publish", action="store_true", help="write the table into docs/benchmarks.md")
    add_options(parser)
    options = parser.parse_intermixed_args()
    sizes, table = chosen(options), Table()
    about = card(f"commit {commit()}")
    print(f"\n{about}\n\n{table.head}", flush=True)
    company = Company(Path(os.environ["HYBRID_PHOTOS_SANDBOX"]), sizes.domain, sizes.without)
    with tempfile.TemporaryDirectory(prefix="photos-bench-") as name:
        bench = Bench(company, Path(name), sizes)
        for row in options.rows or [row for row in ROWS if row not in NOT_BY_ITSELF]:
            ROWS[row](bench, table)
    about = f"{about} {sizes.turns} pairs of each row; {(time.monotonic() - began) / 60:.0f} minutes in all."
    print(f"\n{about}")
    if options.publish:
        publish("run", f"{about}\n\n{table.markdown()}")


if __name__ == "__main__":
    main()
