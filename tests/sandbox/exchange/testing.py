# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts an Exchange server as a separate process for a test, and ends it by its pid."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .control import Control

FQDN = "ex1.photos.test"
CONTROL_KEY = "only for tests"
ACCOUNT = "svc-photos@photos.test"
PASSWORD = "sandbox secret ~ with blanks & signs"
_SANDBOX = Path(__file__).resolve().parents[1]


def mailbox(upn: str, **fields: Any) -> dict[str, Any]:
    """An entry of mailboxes.json."""
    name = upn.partition("@")[0]
    return {"guid": str(uuid.uuid5(uuid.NAMESPACE_DNS, upn)), "upn": upn, "sam": name[:20], "mail": upn, **fields}


@dataclass
class Running:
    """One running server."""

    http_port: int
    https_port: int
    pid: int
    ca: str
    control: Control


@contextmanager
def running(
    folder: Path, mailboxes: list[dict[str, Any]], accounts: list[dict[str, Any]] | None = None, **service: Any
) -> Iterator[Running]:
    """A server process with Basic over https; its output goes to ``folder``/log."""
    sys.path.insert(0, str(_SANDBOX))  # the CA is the sandbox's own
    from ca import Authority  # type: ignore[import-not-found,unused-ignore]
    from domain.controller import name_the_host  # type: ignore[import-not-found,unused-ignore]

    name_the_host(fqdn=FQDN)
    authority = Authority(folder / "ca")
    pair = authority.server("exchange", [FQDN, "127.0.0.1"])
    told = {
        "control_key": CONTROL_KEY,
        "accounts": accounts or [{"principal": ACCOUNT, "role": "photos", "password": PASSWORD}],
        "service": {"basic": True, **service},
    }
    (folder / "exchange.json").write_text(json.dumps(told), encoding="utf-8")
    (folder / "mailboxes.json").write_text(json.dumps(mailboxes), encoding="utf-8")
    ready, log = folder / "ready.json", folder / "log"
    command = [sys.executable, "-m", "exchange", "--state", str(folder), "--cert", str(pair.cert), "--key"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, str(pair.key), "--ready-file", str(ready)], stdout=out, stderr=out,
            env={**os.environ, "PYTHONPATH": str(_SANDBOX)}, cwd=folder,
        )  # fmt: skip
    try:
        for _attempt in range(1500):
            if ready.exists() or process.poll() is not None:
                break
            time.sleep(0.02)
        if not ready.exists():
            raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')}")
        about = json.loads(ready.read_text(encoding="utf-8"))
        control = Control(f"http://127.0.0.1:{about['http_port']}", CONTROL_KEY)
        yield Running(about["http_port"], about["https_port"], about["pid"], str(authority.path), control)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
