# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes that run longer than the command that started them. They are ended by pid, never by name."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_CLONE_NEWNET = 0x40000000


class SandboxError(Exception):
    """A problem that a person has to correct; the message says what to do."""


def _started(pid: int) -> str:
    """When the kernel started this pid (clock ticks since boot), or "" if it has ended or is a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent ends in any way (for preexec_fn)."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def own_network() -> int:
    """Move this thread to a network that only has its own loopback. Returns the value for `leave_network`.

    A domain's ports are fixed: this is how several domains run on one machine.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    former = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    if libc.unshare(_CLONE_NEWNET) != 0:
        why = os.strerror(ctypes.get_errno())
        os.close(former)
        raise SandboxError(f"a network namespace cannot be made: {why} (root is needed)")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    return former


def leave_network(former: int) -> None:
    """Go back to the network that `own_network` left."""
    libc = ctypes.CDLL(None, use_errno=True)
    failed = libc.setns(former, _CLONE_NEWNET) != 0
    os.close(former)
    if failed:
        raise SandboxError(f"the former network cannot be entered: {os.strerror(ctypes.get_errno())}")


class Process:
    """One server process. The pid file also has its start time, because pids are used again."""

    def __init__(self, pid_file: Path) -> None:
        """Does not start or read anything."""
        self.pid_file = pid_file
        self._child: subprocess.Popen[bytes] | None = None

    def pid(self) -> int | None:
        """Return the pid if the process that was started still runs."""
        if self._child is not None:
            self._child.poll()  # reaps our own child, which would stay a zombie otherwise
        try:
            entry = json.loads(self.pid_file.read_text())
            pid, started = int(entry["pid"]), str(entry["started"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return pid if started and _started(pid) == started else None

    def start(self, command: Sequence[str], log: Path, env: dict[str, str] | None = None, bound: bool = False) -> int:
        """Start `command` with its output in `log`; `bound` ends it together with the starting process."""
        with log.open("ab") as out:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=env,
                start_new_session=True,
                preexec_fn=die_with_parent if bound else None,  # noqa: PLW1509 (one thread, no locks held)
            )
        self._child = child
        self.pid_file.write_text(json.dumps({"pid": child.pid, "started": _started(child.pid)}))
        return child.pid

    def stop(self, patience: float = 10.0, kill: bool = False) -> bool:
        """End the process and its children; return False if it was not running."""
        pid = self.pid()
        if pid is None:
            self.pid_file.unlink(missing_ok=True)
            return False
        # It has its own session and group, so the group only has the process and its children.
        own_group = os.getpgid(pid) == pid
        send = os.killpg if own_group else os.kill
        if not kill:
            send(pid, signal.SIGTERM)
            self._wait(patience)
        if self.pid() is not None or kill:
            try:
                send(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it ended between the check and the signal
            self._wait(patience)
        if self.pid() is not None:
            raise SandboxError(f"process {pid} ({self.pid_file}) cannot be ended")
        self.pid_file.unlink(missing_ok=True)
        return True

    def _wait(self, patience: float) -> None:
        limit = time.monotonic() + patience
        while self.pid() is not None and time.monotonic() < limit:
            time.sleep(0.02)


def tail(log: Path, lines: int = 15) -> str:
    """Return the end of a log, for an error message."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return f"({log} cannot be read)"
