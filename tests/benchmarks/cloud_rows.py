# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of Exchange Online, and of many users."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import CONCURRENCY, LATENCY, Bench, Ran
from measure import REPOSITORY, Took, process
from pairs import Spread, Table, alternately, ratios

SCALE = 20_000


def first(bench: Bench, table: Table) -> None:
    """Users in sync in the cloud, without receipts."""
    photos, ids = bench.cloud
    bench.latency()
    pairs = alternately(
        bench.sizes.turns,
        lambda turn: bench.bare("renditions", ids),
        lambda turn: bench.checked(photos, receipts=bench.fresh("first"), plan_only=True),
    )
    work = f"check {len(photos):,} users in EXO, first run"
    _against_bare(table, work, pairs, 1.15)
    table.add(work, "requests", _each(pairs, lambda ran: ran.totals["requests"]), 0.12 * len(photos), "")
    _cpu(table, work, pairs, len(photos))


def with_receipts(bench: Bench, table: Table) -> None:
    """The same users with receipts."""
    photos, ids = bench.cloud
    bench.latency()
    receipts = bench.fresh("receipts")
    bench.checked(photos, receipts=receipts, plan_only=True)
    pairs = alternately(
        bench.sizes.turns,
        lambda turn: bench.bare("tags", ids),
        lambda turn: bench.checked(photos, receipts=receipts, check=True),
    )
    work = f"check {len(photos):,} users in EXO, receipts"
    _against_bare(table, work, pairs, 1.3)
    table.add(work, "requests", _each(pairs, lambda ran: ran.totals["requests"]), 0.06 * len(photos), "")
    table.add(work, "downloads", _each(pairs, lambda ran: ran.totals["downloads"]), 0, "")
    _cpu(table, work, pairs, len(photos), goal=4)


def put(bench: Bench, table: Table) -> None:
    """First photos of users in the cloud."""
    bench.latency()
    count = bench.sizes.puts
    pairs = alternately(
        bench.sizes.turns, lambda turn: bench.bare_put(f"bare{turn}n"), lambda turn: bench.put(f"put{turn}n")
    )
    work = f"put {count:,} photos in EXO"
    _against_bare(table, work, pairs, 1.1)
    uploads = count * LATENCY["write_ms"] / 1000 / CONCURRENCY
    said = f"requests; the uploads alone could take {uploads:.1f} s"
    table.note(work, said, _each(pairs, lambda ran: ran.totals["requests"]))
    _cpu(table, work, pairs, count)


def _against_bare(table: Table, work: str, pairs: Sequence[tuple[Took, Ran]], goal: float) -> None:
    ours, bare = [ran.took.seconds for _bare, ran in pairs], [took.seconds for took, _ran in pairs]
    table.against_bare(work, ours, bare, goal)


def _each(pairs: Sequence[tuple[Took, Ran]], of: Callable[[Ran], float]) -> Spread:
    return Spread.of(of(ran) for _bare, ran in pairs)


def _cpu(table: Table, work: str, pairs: Sequence[tuple[Took, Ran]], users: int, goal: float | None = None) -> None:
    bare = Spread.of(1000 * took.cpu / users for took, _ran in pairs).median
    tenant = Spread.of(1000 * ran.tenant / users for _bare, ran in pairs).median
    peak = Spread.of(ran.took.peak for _bare, ran in pairs).median
    measured = f"CPU a user (bare client {bare:.2f} ms, tenant {tenant:.2f} ms); {peak:.0f} MiB"
    figure = _each(pairs, lambda ran: 1000 * ran.took.cpu / users)
    if goal is None:
        table.note(work, measured, figure, " ms")
    else:
        table.add(work, measured, figure, goal, " ms")


def users(bench: Bench, table: Table) -> None:
    """With a playbook: our module once, our module in a loop, ansible.builtin.uri in a loop with two forks."""
    bench.latency()
    sizes = bench.sizes
    count = min(sizes.playbook, sizes.in_sync)
    photos = bench.cloud[0]
    receipts = bench.fresh("users")
    bench.checked(photos, receipts=receipts, plan_only=True)
    nothing, ours, looped, uri = [], [], [], []
    for _turn in range(sizes.turns):
        start = bench.playbook("nothing.yml", []).seconds
        nothing.append(start)
        ours.append(bench.playbook("one_call.yml", photos[:count], receipts).seconds - start)
        few, asked = photos[: sizes.looped], photos[: sizes.asked]
        looped.append((bench.playbook("module_looped.yml", few, receipts).seconds - start) / len(few) * count)
        uri.append((bench.playbook("uri_looped.yml", asked, forks=2).seconds - start) / len(asked) * count)
    work = f"check {count} users in EXO, by playbook, receipts"
    own = f"{Spread.of(ours).median:.1f} s without the {Spread.of(nothing).median:.1f} s of ansible-playbook's start"
    said = f"{own}; module looped {Spread.of(looped).median:.0f} s ({sizes.looped} users scaled)"
    table.add(work, said, ratios(looped, ours), 50, "x", least=True)
    said = f"uri looped, two forks, {Spread.of(uri).median:.0f} s ({sizes.asked} users scaled)"
    table.add(work, said, ratios(uri, ours), 50, "x", least=True)


def memory(bench: Bench, table: Table) -> None:
    """Peak memory of one call with receipts, for companies of three sizes, without latency."""
    bench.company.control.latency(read_ms=0, write_ms=0, directory_ms=0)
    largest = bench.sizes.memory
    names, ids = bench.company.cloud("many", largest)
    photos = bench.company.declared(names, side=96)
    tags = bench.file("tags.json")
    bench.bare("tags", ids, str(tags))
    receipts = bench.fresh("many")
    bench.company.write_receipts(Path(receipts), photos, ids, json.loads(tags.read_text()))
    counts = (largest // 50, largest // 5, largest)
    runs = [
        [bench.checked(photos[:count], receipts=receipts, check=True, rows="all") for count in counts]
        for _turn in range(bench.sizes.turns)
    ]
    for count, of_count in zip(counts, zip(*runs, strict=True), strict=True):
        cpu = Spread.of(1000 * ran.took.cpu / count for ran in of_count)
        table.note(f"memory, {count:,} users", f"{cpu.shown()} ms CPU a user", _peak(of_count), " MiB")
    peaks = [[ran.took.peak for ran in turn] for turn in runs]
    table.add("memory", f"one call of {counts[1]:,} users", Spread.of(turn[1] for turn in peaks), 250, " MiB")
    steps = [9 / 40 * (turn[2] - turn[1]) / max(1.0, turn[1] - turn[0]) for turn in peaks]
    said = f"growth a user from {counts[1]:,} to {counts[2]:,}, of that from {counts[0]:,} to {counts[1]:,}"
    table.add("memory", said, Spread.of(steps), 1.15, "x")


def _peak(runs: Sequence[Ran]) -> Spread:
    return Spread.of(ran.took.peak for ran in runs)


def scale(bench: Bench, table: Table) -> None:
    """A tenth of a company of 200,000, with a playbook: 40 shards of 500 in the cloud, two forks; not in make bench."""
    bench.latency()
    names, ids = bench.company.cloud("staff", SCALE)
    declared = bench.company.declared(names, side=96)
    tags, receipts = bench.file("staff.json"), bench.fresh("staff")
    bench.bare("tags", ids, str(tags))
    bench.company.write_receipts(Path(receipts), declared, ids, json.loads(tags.read_text()))
    photos = bench.file("photos")
    photos.mkdir()
    for entry in declared:
        (photos / f"{entry['user']}.jpg").write_bytes(Path(entry["src"]).read_bytes())
    inventory = bench.file("staff.photos.yml")
    inventory.write_text("plugin: hybrid.photos.definitions\npath: photos\n")
    options = {
        "sync_targets": ["exo"],
        "sync_receipts": receipts,
        "sync_formats": ["json", "markdown", "junit"],
        "sync_report_dir": str(bench.file("reports")),
    }
    given = bench.file("options.json")
    given.write_text(json.dumps(options))
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory), "--forks=2"]
    command += ["-e", f"@{given}", "hybrid.photos.sync"]
    bench.company.control.reset_counters()
    took = process(command, {"ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / ".dev")})
    totals = bench.company.control.counters()
    said = " ".join(line for line in took.printed.splitlines() if "sync did" in line)
    note = f"{took.cpu:.0f} s CPU, {totals['requests']} requests, {totals['downloads']} downloads, "
    note += f"ansible-playbook {took.peak:.0f} MiB; {said}"
    table.note(f"{SCALE:,} users in EXO, receipts", note, Spread.of([took.seconds]), " s")
