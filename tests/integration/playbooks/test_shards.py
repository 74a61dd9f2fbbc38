# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shards are hosts: serial with a canary, slices, and a run that shows in a terminal that it lives."""

from __future__ import annotations

import os
import pty
import re
import time

import pytest

from .conftest import ROOT, Company

#: Of the few photos that the seeded people have, a first sync replaces and removes more than the guards allow.
LIMITS = ("-e", "sync_max_replaced=100%", "-e", "sync_max_removed=100%")


def changed(report: dict[str, dict[str, dict[str, object]]]) -> list[str]:
    return [name for name, user in report.items() if any(user.get(side, {}).get("changed") for side in ("ad", "exo"))]


def batches(output: str) -> list[set[str]]:
    """Which shards wrote, play by play of those that write."""
    plays = re.split(r"^PLAY ", output, flags=re.MULTILINE)
    writing = [play for play in plays if play.startswith("[Make photos match")]
    return [set(re.findall(r"^(photos_\d+): [\w ]+: .*\bput\b", play, re.MULTILINE)) for play in writing]


@pytest.mark.variant
def test_a_canary_goes_first_and_the_others_follow(company: Company) -> None:
    run = company.play(
        "sync", *LIMITS, "-e", '{"sync_serial": [1, "100%"], "sync_receipts": "r.sqlite"}', shard_size=10
    )
    # The fourth shard holds people whose pictures are broken alone.
    assert batches(run.output) == [{"photos_0001"}, {"photos_0002", "photos_0003"}]
    assert len(company.report()) == 32
    company.play("drift", "-e", "drift_report_dir=after", "-e", "drift_receipts=r.sqlite")
    left = {name: user for name, user in company.report("after").items() if user["state"] in ("missing", "different")}
    assert not left


def test_after_a_canary_that_went_wrong_no_other_shard_is_begun(company: Company) -> None:
    company.tenant.add_fault({"fail": {"case": "too_small"}}, method="PUT", user="alice@photos.test")
    # A play itself sees no variable of the inventory.
    (company.folder / "group_vars").mkdir()
    (company.folder / "group_vars" / "all.yml").write_text("sync_serial: 1\n")
    run = company.play("sync", *LIMITS, shard_size=8)
    company.tenant.clear_faults()
    assert run.code == 2
    assert "An earlier shard failed" in " ".join(run.output.split())
    report = company.report()
    assert len(report) == 32, "the report names everybody"
    assert report["alice@photos.test"]["exo"]["error"]
    first = sorted(report, key=str.casefold)[:8]
    assert changed(report) and set(changed(report)) <= set(first)
    company.play("sync", *LIMITS)
    assert company.report()["alice@photos.test"]["exo"]["changed"]


@pytest.mark.variant
def test_guards_see_all_shards_before_the_canary_writes(company: Company) -> None:
    company.play("sync", *LIMITS)
    for name in ("alice", "wendy", "judy", "kim", "liam"):
        company.domain.set_photo(f"{name}@photos.test", company.domain.photo("frank@photos.test"))
    usn = company.domain.highest_usn()
    run = company.play("sync", *LIMITS, "-e", "sync_serial=1", "-e", "sync_max_replaced=4", shard_size=8)
    assert run.code == 2
    assert company.domain.highest_usn() == usn


@pytest.mark.variant
def test_the_role_itself_refuses_serial(company: Company) -> None:
    (company.folder / "own.yml").write_text(
        "- hosts: photo_shards\n  serial: 1\n  gather_facts: false\n  roles: [hybrid.photos.sync]\n"
    )
    before = company.writes()
    run = company.play("own.yml", shard_size=16)
    assert "sync_serial" in run.output
    assert company.writes() == before


@pytest.mark.parametrize("strategy", ["free", "host_pinned"])
@pytest.mark.parametrize("role", ["drift", "sync"])
def test_a_strategy_that_ignores_run_once_is_refused(company: Company, role: str, strategy: str) -> None:
    """Each shard would judge and report for itself, and pictures for the report would stay behind."""
    (company.folder / "own.yml").write_text(
        f"- hosts: photo_shards\n  strategy: {strategy}\n  gather_facts: false\n  roles: [hybrid.photos.{role}]\n"
    )
    before = company.writes()
    run = company.play("own.yml", shard_size=16)
    assert run.code == 2
    assert "set strategy: linear in the play" in " ".join(run.output.split())
    assert company.writes() == before
    assert not (company.folder / "reports").exists()


@pytest.mark.variant
def test_slices_do_each_their_own_part(company: Company) -> None:
    # What AWX does for a job with three slices: each job gets every third host of the inventory.
    for first in (1, 2, 3):
        hosts = ",".join(f"photos_{number:04d}" for number in range(first, 7, 3))
        company.play("sync", *LIMITS, "--limit", hosts, "-e", f"sync_report_dir=slice-{first}", shard_size=6)
    reports = [company.report(f"slice-{first}") for first in (1, 2, 3)]
    assert [len(report) for report in reports] == [12, 12, 8]
    assert len({name for report in reports for name in report}) == 32


def test_in_a_terminal_a_run_shows_that_it_lives(company: Company) -> None:
    company.tenant.latency(read_ms=1500)
    command = [
        "ansible-playbook",
        "-i",
        str(company.inventory()),
        "hybrid.photos.drift",
        "-e",
        '{"drift_targets": ["exo"]}',
    ]
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(company.folder)
        os.execvpe(command[0], command, {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "TERM": "xterm"})
    seen = b""
    lived = ended = 0.0
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the other side of the terminal is closed
            break
        if not part:
            break
        seen += part
        now = time.monotonic()
        if not lived and re.search(rb"photos_0001: Exchange Online: checked \d+ of 32", seen):
            lived = now
        if not ended and re.search(rb"photos_0001: Exchange Online: \d+ ", seen):
            ended = now
    os.close(terminal)
    os.waitpid(pid, 0)
    company.tenant.latency(read_ms=0)
    assert lived and ended, seen.decode()
    assert ended - lived > 1, "the line came while the module was still at work"
