# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmarks, each row beside what it is compared with, in one run. See docs/benchmarks.md.

tests/benchmarks/run [ROW ...]      rows: first receipts put users ad memory scale company
"""

from __future__ import annotations

import base64
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bench_company
from company import Company
from measure import REPOSITORY, Took, cpu_of, module, process, python

#: Milliseconds of a photo read, a write, a question to the directory; a batch has 4 items at a time.
LATENCY = {"read_ms": 50, "write_ms": 300, "directory_ms": 50}
CONCURRENCY = 8
#: Users of the rows ``first`` and ``receipts``, and of ``put``; the suite runs them with a few.
IN_SYNC = int(os.environ.get("BENCH_IN_SYNC", "5000"))
PUTS = int(os.environ.get("BENCH_PUTS", "1000"))
SCALE = 20_000
#: A turn of the row ``ad`` takes seconds, and other work on the machine comes and goes as fast.
AD_TURNS = 3
SHORT_TURNS = 3


class Table:
    """What was measured; printed row by row, and as Markdown at the end."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, work: str, measured: str, figure: float, goal: float, unit: str, least: bool = False) -> None:
        """One figure and its goal: the most that it may be, or with ``least`` the least."""
        met = figure >= goal if least else figure <= goal
        away = abs(figure / goal - 1) * 100 if goal else 100
        said = "met" if met else f"missed by {away:.0f} %"
        shown = f"{figure:.3g}{unit}" if figure < 100 else f"{figure:.0f}{unit}"
        bound = "at least" if least else "at most"
        self.lines.append(f"| {work} | {measured} | {shown} | {bound} {goal:g}{unit} | {said} |")
        print(self.lines[-1], flush=True)

    def note(self, work: str, measured: str) -> None:
        self.lines.append(f"| {work} | {measured} | | | |")
        print(self.lines[-1], flush=True)


class Run:
    def __init__(self, company: Company, folder: Path) -> None:
        self.company = company
        self.folder = folder
        self.table = Table()
        self.receipts = folder / "receipts.sqlite"
        self._cloud: tuple[list[dict[str, str]], list[str]] | None = None

    def exo(self, photos: list[dict[str, str]], **more: Any) -> tuple[Took, dict[str, Any], dict[str, Any], float]:
        """Our module; its result, the tenant's counters and the tenant's CPU."""
        control = self.company.control
        control.reset_counters()
        before = cpu_of(self.company.tenant_pid)
        arguments = {"concurrency": CONCURRENCY, "max_replaced": "100%", "rows": "drifting", **more}
        took, answer = module("exo_user_photo", self.folder, photos=photos, **arguments)
        return took, answer, control.counters(), cpu_of(self.company.tenant_pid) - before

    def bare(self, what: str, ids: list[str], *more: str) -> Took:
        users = self.folder / "ids.json"
        users.write_text(json.dumps(ids))
        return python("bare_graph.py", what, str(users), str(CONCURRENCY), *more)

    def cloud(self) -> tuple[list[dict[str, str]], list[str]]:
        if self._cloud is None:
            names, ids = self.company.cloud("sync", IN_SYNC)
            self._cloud = self.company.declared(names), ids
        return self._cloud

    # -- rows

    def first(self) -> None:
        """5,000 in-sync users in the cloud, without and then with receipts."""
        photos, ids = self.cloud()
        self.company.control.latency(**LATENCY)
        self.receipts.unlink(missing_ok=True)
        bare = self.bare("renditions", ids)
        ours, answer, totals, tenant = self.exo(photos, receipts=str(self.receipts), plan_only=True)
        assert answer["summary"]["in_sync"] == IN_SYNC, answer["summary"]
        add, users = self.table.add, f"check {IN_SYNC:,} users in EXO, first run"
        add(users, f"{ours.seconds:.1f} s; bare client {bare.seconds:.1f} s", ours.seconds / bare.seconds, 1.5, "x")
        add(users, f"{totals['requests']} requests", totals["requests"] / IN_SYNC, 0.12, " a user")
        note = f"{1000 * ours.cpu / IN_SYNC:.1f} ms CPU a user (bare {1000 * bare.cpu / IN_SYNC:.1f}, "
        self.table.note(users, f"{note}tenant {1000 * tenant / IN_SYNC:.1f}), {ours.peak:.0f} MiB")

    def with_receipts(self) -> None:
        photos, ids = self.cloud()
        self.company.control.latency(**LATENCY)
        if not self.receipts.exists():
            self.exo(photos, receipts=str(self.receipts), plan_only=True)
        bare = self.bare("tags", ids)
        ours, answer, totals, tenant = self.exo(photos, receipts=str(self.receipts), check=True)
        assert answer["summary"]["in_sync"] == IN_SYNC, answer["summary"]
        add, users = self.table.add, f"check {IN_SYNC:,} users in EXO, receipts"
        add(users, f"{ours.seconds:.1f} s; bare client {bare.seconds:.1f} s", ours.seconds / bare.seconds, 1.3, "x")
        add(users, f"{totals['requests']} requests", totals["requests"] / IN_SYNC, 0.06, " a user")
        add(users, f"{totals['downloads']} downloads", totals["downloads"], 0, "")
        each = f"bare {1000 * bare.cpu / IN_SYNC:.2f} ms, tenant {1000 * tenant / IN_SYNC:.2f} ms"
        add(users, f"{ours.cpu:.1f} s CPU; {each}", 1000 * ours.cpu / IN_SYNC, 4, " ms CPU a user")

    def put(self) -> None:
        """1,000 photos into the cloud."""
        self.company.control.latency(**LATENCY)
        names, _ids = self.company.cloud("put", PUTS, fraction=0)
        photos = self.company.declared(names)
        _names, ids = self.company.cloud("bare", PUTS, fraction=0)
        bare = self.bare("put", ids, photos[0]["src"])
        ours, answer, totals, tenant = self.exo(photos, receipts=str(self.folder / "put.sqlite"))
        assert answer["summary"]["put"] == PUTS, answer["summary"]
        work = f"put {PUTS:,} photos in EXO"
        self.table.add(
            work, f"{ours.seconds:.1f} s; bare client {bare.seconds:.1f} s", ours.seconds / bare.seconds, 1.2, "x"
        )
        uploads = PUTS * LATENCY["write_ms"] / 1000 / CONCURRENCY
        note = f"{totals['requests']} requests; uploads alone could take {uploads:.1f} s; {ours.cpu:.1f} s CPU, "
        self.table.note(work, f"{note}tenant {tenant:.1f} s")

    def users(self) -> None:
        """500 users by playbook: our module once, our module looped, ansible.builtin.uri looped by two forks."""
        self.company.control.latency(**LATENCY)
        photos, _ids = self.cloud()
        if not self.receipts.exists():
            self.exo(photos, receipts=str(self.receipts), plan_only=True)
        # Both take a second or two, which a moment's other work on the machine doubles.
        nothing = min(self.playbook("nothing.yml", []).seconds for _turn in range(SHORT_TURNS))
        ours = min(self.playbook("one_call.yml", photos[:500]).seconds for _turn in range(SHORT_TURNS)) - nothing
        few = 20
        looped = (self.playbook("module_looped.yml", photos[:few]).seconds - nothing) / few * 500
        asked = 60
        uri = (self.playbook("uri_looped.yml", photos[:asked], forks=2).seconds - nothing) / asked * 500
        work = "check 500 users in EXO, by playbook, receipts"
        start = f"without the {nothing:.1f} s of ansible-playbook's start"
        self.table.add(
            work,
            f"{ours:.1f} s; module looped {looped:.0f} s ({few} users scaled); {start}",
            looped / ours,
            50,
            "x",
            True,
        )
        self.table.add(work, f"uri looped, two forks, {uri:.0f} s ({asked} users scaled)", uri / ours, 50, "x", True)

    def playbook(self, name: str, photos: list[dict[str, str]], forks: int = 5) -> Took:
        given = self.folder / "photos.json"
        given.write_text(json.dumps({"bench_photos": photos, "bench_receipts": str(self.receipts)}))
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", f"--forks={forks}"]
        command += ["-e", f"@{given}", str(Path(__file__).parent / "playbooks" / name)]
        paths = f"{REPOSITORY / '.dev'}:{collections()}"
        return process(
            command, {"ANSIBLE_COLLECTIONS_PATH": paths, "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal"}
        )

    def ad(self) -> None:
        """10,000 in-sync users of the domain, then 1,000 photos into it; best of three turns, one after the other."""
        there, without = self.company.people()
        photos = self.company.declared(there)
        options = {"search_base": self.company.ou, "rows": "drifting", "max_replaced": "100%"}
        turns = []
        for turn in range(AD_TURNS):
            search = self.ldapsearch()
            kept = {**options, "receipts": str(self.folder / f"ad-{turn}.sqlite"), "photos": photos, "plan_only": True}
            runs = [module("ad_thumbnail_photo", self.folder, **kept) for _run in ("first", "again")]
            assert all(answer["summary"]["in_sync"] == len(there) for _took, answer in runs), runs[0][1]["summary"]
            turns.append((search, runs[0][0], runs[1][0]))
        search, first, again = (min(column, key=lambda took: took.seconds) for column in zip(*turns, strict=True))
        add, work = self.table.add, "check 10,000 users in AD"
        measured = f"{first.seconds:.1f} s ({first.cpu:.1f} s CPU, {first.peak:.0f} MiB)"
        add(work, f"{measured}; ldapsearch {search.seconds:.1f} s", first.seconds / search.seconds, 2.5, "x")
        add(
            "the same, nothing changed since",
            f"{again.seconds:.2f} s",
            again.seconds / first.seconds,
            0.1,
            " of the first",
        )
        dns = self.folder / "dns.json"
        dns.write_text(json.dumps([self.company.dn(name) for name in without]))
        thumbnail = self.company.folder / "thumbnails" / "1.jpg"
        wanted = self.company.declared(without)
        puts = []
        for turn in range(AD_TURNS):
            python("bare_ldap.py", str(dns), "-")
            bare = python("bare_ldap.py", str(dns), str(thumbnail))
            python("bare_ldap.py", str(dns), "-")
            options["receipts"] = str(self.folder / f"ad-put-{turn}.sqlite")
            ours, answer = module("ad_thumbnail_photo", self.folder, photos=wanted, **options)
            assert answer["summary"]["put"] == len(without), answer["summary"]
            puts.append((bare, ours))
        bare, ours = (min(column, key=lambda took: took.seconds) for column in zip(*puts, strict=True))
        work = "put 1,000 photos in AD"
        measured = f"{ours.seconds:.1f} s ({ours.cpu:.1f} s CPU); bare python-ldap, one by one, {bare.seconds:.1f} s"
        add(work, measured, ours.seconds / bare.seconds, 1, "x")
        nothing = self.playbook("nothing.yml", []).seconds
        few = 20
        python("bare_ldap.py", str(dns), "-")
        text = base64.b64encode(thumbnail.read_bytes()).decode()[: thumbnail.stat().st_size]
        given = [{"dn": self.company.dn(name), "text": text} for name in without[:few]]
        looped = (self.playbook("ldap_attrs.yml", given).seconds - nothing) / few * len(without)
        add(
            work,
            f"community.general.ldap_attrs looped {looped:.0f} s ({few} users scaled)",
            looped / ours.seconds,
            50,
            "x",
            True,
        )

    def ldapsearch(self) -> Took:
        environ = os.environ
        command = ["ldapsearch", "-LLL", "-x", "-H", f"ldaps://{environ['HYBRID_PHOTOS_AD_SERVER']}"]
        command += ["-D", environ["HYBRID_PHOTOS_AD_USERNAME"], "-w", environ["HYBRID_PHOTOS_AD_PASSWORD"]]
        command += ["-b", self.company.ou, "-E", "pr=1000/noprompt", "(thumbnailPhoto=*)"]
        command += ["userPrincipalName", "objectGUID", "displayName", "uSNChanged", "thumbnailPhoto"]
        took = process(command, {"LDAPTLS_CACERT": environ["HYBRID_PHOTOS_AD_CA_CERT"]})
        assert took.printed.count("userPrincipalName:") >= 10_000, took.printed[-500:]
        return took

    def memory(self) -> None:
        """Peaks of one call with receipts, for companies of three sizes, without latency."""
        control = self.company.control
        control.latency(read_ms=0, write_ms=0, directory_ms=0)
        names, ids = self.company.cloud("many", 50_000)
        photos = self.company.declared(names, side=96)
        tags = self.folder / "tags.json"
        self.bare("tags", ids, str(tags))
        receipts = self.folder / "many.sqlite"
        self.company.write_receipts(receipts, photos, ids, json.loads(tags.read_text()))
        peaks = {}
        for count in (1_000, 10_000, 50_000):
            ours, answer, _totals, _tenant = self.exo(photos[:count], receipts=str(receipts), check=True, rows="all")
            assert answer["summary"]["in_sync"] == count, answer["summary"]
            peaks[count] = ours.peak
            self.table.note(
                f"memory, {count:,} users", f"{ours.peak:.0f} MiB, {1000 * ours.cpu / count:.2f} ms CPU a user"
            )
        self.table.add("memory", "one call of 10,000 users", peaks[10_000], 250, " MiB")
        slope = (peaks[50_000] - peaks[10_000]) / max(1.0, peaks[10_000] - peaks[1_000]) * 9 / 40
        self.table.add("memory", "growth a user from 10,000 to 50,000, of that from 1,000 to 10,000", slope, 1.15, "x")

    def scale(self) -> None:
        """A tenth of a company of 200,000, by playbook: 40 shards of 500 in the cloud, two forks; not in make bench."""
        self.company.control.latency(**LATENCY)
        names, ids = self.company.cloud("staff", SCALE)
        declared = self.company.declared(names, side=96)
        tags, receipts = self.folder / "staff.json", self.folder / "staff.sqlite"
        self.bare("tags", ids, str(tags))
        self.company.write_receipts(receipts, declared, ids, json.loads(tags.read_text()))
        photos = self.folder / "photos"
        photos.mkdir()
        for entry in declared:
            (photos / f"{entry['user']}.jpg").write_bytes(Path(entry["src"]).read_bytes())
        inventory = self.folder / "staff.photos.yml"
        inventory.write_text("plugin: hybrid.photos.definitions\npath: photos\n")
        options = {
            "sync_targets": ["exo"],
            "sync_receipts": str(receipts),
            "sync_formats": ["json", "markdown", "junit"],
        }
        options["sync_report_dir"] = str(self.folder / "reports")
        given = self.folder / "options.json"
        given.write_text(json.dumps(options))
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory), "--forks=2"]
        command += ["-e", f"@{given}", "hybrid.photos.sync"]
        self.company.control.reset_counters()
        took = process(command, {"ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / ".dev")})
        totals = self.company.control.counters()
        said = [line for line in took.printed.splitlines() if "sync did" in line]
        note = f"{took.seconds:.0f} s, {took.cpu:.0f} s CPU, {totals['requests']} requests, "
        note += f"{totals['downloads']} downloads, "
        self.table.note(
            f"{SCALE:,} users in EXO, receipts", f"{note}ansible-playbook {took.peak:.0f} MiB; {' '.join(said)}"
        )


def collections() -> Path:
    return REPOSITORY / ".venv-bench"


def machine() -> str:
    model = next(
        (x.split(":")[1].strip() for x in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in x), ""
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = f"load {os.getloadavg()[0]:.1f} at the start"
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, Python {platform.python_version()}, {load}"


def main() -> None:
    began = time.monotonic()
    company = Company(Path(os.environ["HYBRID_PHOTOS_SANDBOX"]))
    with tempfile.TemporaryDirectory(prefix="photos-bench-") as name:
        run = Run(company, Path(name))
        rows: dict[str, Callable[[], None]] = {
            "first": run.first, "receipts": run.with_receipts, "put": run.put, "users": run.users, "ad": run.ad,
            "memory": run.memory, "scale": run.scale, "company": lambda: bench_company.company(run),
        }  # fmt: skip
        print(f"\n{machine()}\n\n| work | measured | figure | goal | |\n|---|---|---:|---|---|", flush=True)
        for chosen in sys.argv[1:] or list(rows)[:-2]:
            rows[chosen]()
    print(f"\n{time.monotonic() - began:.0f} s in all")


if __name__ == "__main__":
    main()
