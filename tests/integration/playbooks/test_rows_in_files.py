# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of shards are in files of the run: the report is made of all of them, and none is left behind or lost unseen."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import time
import typing as t
from pathlib import Path

import pytest

from .conftest import ROOT, Company

PEOPLE = ("alice@photos.test", "wendy@photos.test", "judy@photos.test", "kim@photos.test")
LIMITS = ("-e", "sync_max_replaced=100%", "-e", "sync_max_removed=100%")
EXO = ("-e", '{"drift_targets": ["exo"]}')


@pytest.fixture
def place(company: Company) -> Path:
    """Where Ansible makes its own temporary folder of each run."""
    company.only(*PEOPLE)
    company.environment["ANSIBLE_LOCAL_TEMP"] = str(company.folder / "local")
    return company.folder / "local"


def left(place: Path) -> list[Path]:
    return list(place.rglob("*.jsonl"))


def own_play(company: Company, *tasks: dict[str, t.Any]) -> None:
    """Plan for all shards, then these tasks, then write and report."""
    role = {"name": "hybrid.photos.sync"}
    whole = [
        {"import_role": {**role, "tasks_from": "judge"}},
        *tasks,
        {"import_role": {**role, "tasks_from": "carry_out"}},
        {"import_role": {**role, "tasks_from": "tell"}},
    ]
    play = [{"hosts": "photo_shards", "gather_facts": False, "tasks": whole}]
    (company.folder / "own.yml").write_text(json.dumps(play))


def test_rows_pass_through_no_variable_and_no_file_is_left(company: Company, place: Path) -> None:
    see = "_sync_plan_exo.photos is undefined and _sync_plan_exo.rows_file.rows > 0 and _sync_choice.chosen > 0"
    own_play(
        company,
        {"assert": {"that": see}},
        {"shell": f"stat -c %a {place}/*/hybrid.photos {place}/*/hybrid.photos/*", "register": "modes"},
        {"assert": {"that": "modes.stdout_lines | unique | sort == ['600', '700']"}},
    )
    run = company.play("own.yml", *LIMITS, "--forks", "3", shard_size=2)
    assert {user["state"] for user in company.report().values()} <= {"put", "in_sync", "unresolved"}, run.output
    assert left(place) == []


@pytest.mark.variant
def test_one_shard_after_another_and_a_part_of_them_report_whom_they_concern(company: Company, place: Path) -> None:
    company.play("sync", *LIMITS, "-e", "sync_serial=1", shard_size=1)
    assert len(company.report()) == 4
    company.play("drift", *EXO, "--limit", "photos_0001,photos_0003", "-e", "drift_report_dir=part", shard_size=1)
    assert len(company.report("part")) == 2
    assert left(place) == []


@pytest.mark.variant
def test_a_shard_whose_module_was_killed_is_not_examined(company: Company, place: Path) -> None:
    python = company.folder / "killed"
    python.write_text("#!/bin/sh\nkill -9 $$\n")
    python.chmod(0o700)
    (company.folder / "host_vars").mkdir()
    (company.folder / "host_vars" / "photos_0002.yml").write_text(f"ansible_python_interpreter: {python}\n")
    run = company.play("drift", *EXO, shard_size=2)
    report = json.loads((company.folder / "reports" / "drift.json").read_text())
    assert (report["status"], run.code) == ("failed", 2), run.output
    assert len(report["users"]) == 2
    assert sorted(item["user"] for item in report["not_examined"]) == sorted(PEOPLE)[2:]
    assert {item["shard"] for item in report["not_examined"]} == {"photos_0002"}


@pytest.mark.variant
@pytest.mark.parametrize("harm", ["rm {file}", "truncate -s -20 {file}", "sed -i 's/missing/in_sync/' {file}"])
def test_a_plan_whose_file_was_harmed_writes_nothing_for_that_shard_and_is_not_clean(
    company: Company, place: Path, harm: str
) -> None:
    company.tenant.delete_photo(PEOPLE[0])
    before = company.writes()
    spoil = {"command": harm.format(file="{{ _sync_plan_exo.rows_file.path }}")}
    own_play(company, {**spoil, "when": "inventory_hostname == 'photos_0001'"})
    run = company.play("own.yml", *LIMITS, "-e", '{"sync_targets": ["exo"]}', shard_size=4)
    report = json.loads((company.folder / "reports" / "drift.json").read_text())
    assert run.code == 2
    assert report["status"] == "failed"
    assert [item["user"] for item in report["not_examined"]] == sorted(PEOPLE)
    assert company.writes() == before
    assert left(place) == []


@pytest.mark.variant
def test_a_run_that_is_interrupted_leaves_no_file(company: Company, place: Path) -> None:
    company.tenant.latency(read_ms=2000)
    command = ["ansible-playbook", "-i", str(company.inventory(2)), "hybrid.photos.drift", *EXO, "--forks", "1"]
    own = {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "TMPDIR": str(company.temporary), **company.environment}
    environment = {**os.environ, **own}
    run = subprocess.Popen(
        command, cwd=company.folder, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 120
    # The entries of both shards, and the rows of the first.
    while len(left(place)) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    seen = [stat.S_IMODE(path.stat().st_mode) for path in left(place)]
    run.send_signal(signal.SIGINT)
    run.wait(60)
    company.tenant.latency(read_ms=0)
    assert seen == [0o600] * 3
    assert left(place) == []
    # Neither are the pictures of people that a report was to show.
    assert list(place.rglob("*.jpg")) == []
    assert list(company.temporary.rglob("*.jpg")) == []
