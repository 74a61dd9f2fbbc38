# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole company with a playbook: the nightly check of 200,000 users with receipts and all formats of the report.

tests/benchmarks/run company                      200,000 users: some minutes, and some minutes more to make them
BENCH_COMPANY=5000 tests/benchmarks/run company   fewer users; BENCH_SHARD=2000: users a shard; BENCH_FORKS=4: forks;
                                                  BENCH_PROFILE=FILE: cProfile of the controller

The users of the tenant share 200 photos, so that it fits in memory. The declared pictures are small and all different:
with receipts they are hashed and not decoded. One user in a thousand has another photo than the receipts say.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.hybrid.photos.plugins.inventory.definitions import usual_shard_size
from bench import LATENCY, Bench
from measure import REPOSITORY, cpu_of
from pairs import Spread, Table

SIZE = int(os.environ.get("BENCH_COMPANY", "200000"))
#: If not set, the shards have their default size.
GIVEN_SHARD = os.environ.get("BENCH_SHARD")
SHARD = int(GIVEN_SHARD or usual_shard_size(SIZE))
FORKS = int(os.environ.get("BENCH_FORKS", "2"))
#: One of so many users has a photo that somebody else has set.
DRIFTING = 1000
#: Seconds between two samples of the processes. The time between a process's last sample and its end is not measured.
LOOK = 0.02


@dataclass
class Processes:
    """CPU seconds and peak memory (MiB) of a playbook's processes, by kind, during the run."""

    root: int
    cpu: dict[int, tuple[str, float]] = field(default_factory=dict)
    peak: dict[str, float] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Take samples until ``ended`` is set."""
        while not self.ended.wait(LOOK):
            self._look(self.root, "controller")

    def _look(self, pid: int, kind: str) -> None:
        try:
            self.cpu[pid] = (kind, cpu_of(pid))
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            peak = next((int(x.split()[1]) / 1024 for x in lines if x.startswith("VmHWM:")), 0.0)
            self.peak[kind] = max(self.peak.get(kind, 0.0), peak)
            children = [int(x) for x in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
            for child in children:
                command = Path(f"/proc/{child}/cmdline").read_bytes()
                self._look(child, "modules" if b"AnsiballZ_" in command or kind == "modules" else "workers")
        except (OSError, IndexError):
            return

    def seconds(self, kind: str) -> float:
        return sum(cpu for of, cpu in self.cpu.values() if of == kind)


def row(run: Bench, table: Table) -> None:
    """The row ``company``."""
    folder = run.company.folder / f"company-{SIZE}"
    photos = folder / "photos"
    run.company.control.latency(read_ms=0, write_ms=0, directory_ms=0)
    began = time.monotonic()
    names, ids = run.company.cloud(f"c{SIZE}", SIZE)
    declared = run.company.own_pictures(photos, names)
    tags, receipts = folder / "tags.json", run.folder / "company.sqlite"
    run.bare("tags", ids, str(tags))
    run.company.write_receipts(receipts, declared, ids, json.loads(tags.read_text()))
    for number in range(0, SIZE, DRIFTING):
        run.company.control.put_photo(names[number], run.company.photographs()[number // DRIFTING % 200].read_bytes())
    print(f"({SIZE:,} users and their receipts made in {time.monotonic() - began:.0f} s)", flush=True)
    _check(run, table, folder, receipts)


def _check(run: Bench, table: Table, folder: Path, receipts: Path) -> None:
    reports = run.folder / "reports"
    inventory = folder / "company.photos.yml"
    shard = f"shard_size: {SHARD}\n" if GIVEN_SHARD else ""
    inventory.write_text(f"plugin: hybrid.photos.definitions\npath: photos\n{shard}")
    given = run.folder / "options.json"
    formats = ["json", "markdown", "junit", "html"]
    options = {"drift_targets": ["exo"], "drift_receipts": str(receipts), "drift_formats": formats}
    given.write_text(json.dumps({**options, "drift_report_dir": str(reports)}))
    command = [str(Path(sys.executable).with_name("ansible-playbook"))]
    if os.environ.get("BENCH_PROFILE"):
        command = [sys.executable, "-m", "cProfile", "-o", os.environ["BENCH_PROFILE"], *command]
    command += ["-i", str(inventory), f"--forks={FORKS}", "-e", f"@{given}", "hybrid.photos.drift"]
    run.company.control.latency(**LATENCY)
    run.company.control.reset_counters()
    tenant = cpu_of(run.company.tenant_pid)
    began = time.monotonic()
    out = run.folder / "out"
    with out.open("w") as screen:
        environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / ".dev")}
        child = subprocess.Popen(command, stdout=screen, stderr=subprocess.STDOUT, env=environment)
        seen = Processes(child.pid)
        watcher = threading.Thread(target=seen.watch)
        watcher.start()
        _pid, status, used = os.wait4(child.pid, 0)
        seen.ended.set()
        watcher.join()
        child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    printed = out.read_text()
    if child.returncode != 0:
        raise SystemExit(printed[-6000:])
    cpu = used.ru_utime + used.ru_stime
    tenant = cpu_of(run.company.tenant_pid) - tenant
    totals = run.company.control.counters()
    said = [line for line in printed.splitlines() if " drift" in line and "in sync" in line]
    work = f"check {SIZE:,} users in EXO, receipts, {-(-SIZE // SHARD)} shards, {FORKS} forks"

    def add(measured: str, figure: float, goal: float, unit: str) -> None:
        table.add(work, measured, Spread.of([figure]), goal, unit)

    add(f"{seconds:.0f} s", seconds / 60 * 200_000 / SIZE, 10, " min for 200,000")
    modules, controller = seen.seconds("modules"), seen.seconds("controller")
    kinds = f"controller {controller:.1f} s, workers {cpu - controller - modules:.1f} s, modules {modules:.1f} s"
    add(f"{cpu:.1f} s CPU: {kinds} (tenant {tenant:.1f} s)", 1000 * cpu / SIZE, 1.2, " ms CPU a user")
    add("peak of ansible-playbook", seen.peak["controller"], 500, " MiB")
    table.note(work, ", ".join(f"{kind} {peak:.0f} MiB" for kind, peak in sorted(seen.peak.items())) + " at most each")
    table.note(work, f"{totals['requests']} requests, {totals['downloads']} downloads; {' '.join(said)[:200]}")
    sizes = sorted((path.name, path.stat().st_size / 2**20) for path in reports.iterdir() if path.is_file())
    table.note(work, "; ".join(f"{name} {size:.1f} MiB" for name, size in sizes))
