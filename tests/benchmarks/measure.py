# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a process from start to end, and measures it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pairs import published

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "benchmarks.md"
MODULES = "ansible_collections.hybrid.photos.plugins.modules"


@dataclass(frozen=True)
class Took:
    """Wall-clock and CPU seconds, peak memory (MiB) and output of one process."""

    seconds: float
    cpu: float
    peak: float
    printed: str


def process(command: list[str], environment: dict[str, str] | None = None, may_fail: bool = False) -> Took:
    """Run and measure a command, with the start and end of the interpreter."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        began = time.monotonic()
        child = subprocess.Popen(command, stdout=out, stderr=err, env={**os.environ, **(environment or {})})
        peak = 0.0
        while not (ended := os.wait4(child.pid, os.WNOHANG))[0]:
            peak = max(peak, _peak_of(child.pid))
            time.sleep(0.005)
        _pid, status, used = ended
        seconds = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        printed = out.read()
        if child.returncode != 0 and not may_fail:
            raise SystemExit(f"{' '.join(command)[:300]}\n{printed[-2000:]}\n{err.read()[-4000:]}")
    return Took(seconds, used.ru_utime + used.ru_stime, peak, printed)


def _peak_of(pid: int) -> float:
    """The peak memory so far. Not ru_maxrss, which starts with the memory of our own process at the fork."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)


def python(script: str, *arguments: str) -> Took:
    """A script of this folder."""
    return process([sys.executable, str(Path(__file__).with_name(script)), *arguments])


def module(name: str, folder: Path, repository: Path = REPOSITORY, **arguments: Any) -> tuple[Took, dict[str, Any]]:
    """Run a module in the same way as Ansible, but without Ansible. Returns its cost and its result."""
    check = arguments.pop("check", False)
    given = folder / "arguments.json"
    given.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {**arguments, "_ansible_check_mode": check}}))
    took = process(
        [sys.executable, "-m", f"{MODULES}.{name}", str(given)], {"PYTHONPATH": str(repository / ".dev")}, may_fail=True
    )
    answer = json.loads(took.printed)
    if answer.get("failed"):
        raise SystemExit(f"{name}: {answer['msg']}")
    return took, answer


def cpu_of(pid: int) -> float:
    """CPU seconds that a running process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def commit(repository: Path = REPOSITORY) -> str:
    """The commit of a work tree, with a plus if files differ from it."""
    command = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    told = subprocess.run(command, check=False, cwd=repository, capture_output=True, text=True)
    return told.stdout.strip() or "unknown"


def publish(name: str, text: str) -> None:
    """Replace the earlier measurements in docs/benchmarks.md."""
    PAGE.write_text(published(PAGE.read_text(), name, text))
    print(f"written to {PAGE.relative_to(REPOSITORY)}")
