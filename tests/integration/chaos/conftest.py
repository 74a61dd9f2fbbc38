# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dozen people in the running sandbox, the photo modules as real processes, and what must always hold."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import sqlite3
import subprocess
import sys
import time
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from domain.control import Domain
from exchange.control import Control as Exchange
from PIL import Image, ImageDraw
from tenant.control import Control

ROOT = Path(__file__).resolve().parents[3]
MODULES = {"ad": "ad_thumbnail_photo", "exchange": "exchange_user_photo", "exo": "exo_user_photo"}
PEOPLE = 12
#: The last two of them are declared absent every now and then; of the others nobody may ever be without a photo.
STAYING = PEOPLE - 2


def face(seed: int) -> bytes:
    """A picture like no other one."""
    dice = random.Random(seed)
    image = Image.new("RGB", (220, 220), tuple(dice.randrange(256) for _channel in range(3)))
    draw = ImageDraw.Draw(image)
    for _part in range(6):
        x, y = dice.randrange(150), dice.randrange(150)
        draw.ellipse((x, y, x + 70, y + 70), fill=tuple(dice.randrange(256) for _channel in range(3)))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=92)
    return out.getvalue()


def sha256(data: bytes | None) -> str | None:
    return None if data is None else hashlib.sha256(data).hexdigest()


@dataclass
class Answer:
    """How a module ended; ``result`` is empty when it was killed."""

    code: int
    result: dict[str, t.Any]
    output: str


@dataclass
class Crowd:
    """The people of one test on one target."""

    target: str
    folder: Path
    told: dict[str, t.Any]
    domain: Domain
    tenant: Control
    exchange: Exchange
    names: list[str]
    options: dict[str, t.Any] = field(default_factory=dict)
    runs: int = 0

    @property
    def backup(self) -> Path:
        return self.folder / "backup"

    @property
    def receipts(self) -> Path:
        return self.folder / "receipts.sqlite"

    def seed(self) -> None:
        """Everybody has a photo that somebody else made, and two pictures lie ready for each of them."""
        for number, name in enumerate(self.names):
            self.set(name, face(3000 + number))
            for edition in (0, 1):
                (self.folder / f"{number}-{edition}.jpg").write_bytes(face(1000 * edition + number))

    def set(self, name: str, picture: bytes) -> None:
        if self.target == "ad":
            self.domain.set_photo(name, picture)
        elif self.target == "exchange":
            self.exchange.put_photo(name, picture)
        else:
            self.tenant.put_photo(name, picture)

    def latency(self, write_ms: int, read_ms: int) -> None:
        """Let the server take its time."""
        self.tenant.latency(write_ms=write_ms, read_ms=read_ms)
        self.exchange.service(latency=write_ms / 1000)

    def truth(self) -> dict[str, str | None]:
        """Hashes of what the target truly holds."""
        if self.target == "ad":
            held = self.domain.photos()
            return {name: sha256(held[name]) for name in self.names}
        if self.target == "exchange":
            return {name: sha256(self.exchange.photo(name)) for name in self.names}
        return {name: sha256(self.tenant.photo(name)) for name in self.names}

    def settle(self) -> None:
        """Wait until the server has done what a killed process had asked of it: the request outlives who sent it."""
        if self.target == "exo":
            while self.tenant.counters()["in_flight"]:
                time.sleep(0.01)
            return
        if self.target == "exchange":
            while self.exchange.counters()["running"]:
                time.sleep(0.01)
            # Exchange ends the idle session of a process that is gone after some minutes; until then it counts against
            # the account's 18, and a run waits for a place.
            self.exchange.end_sessions()
            return
        before, now = None, self.truth()
        while now != before:
            time.sleep(0.1)
            before, now = now, self.truth()

    def writes(self) -> int:
        """What the server itself counts."""
        if self.target == "ad":
            return self.domain.photo_writes()
        if self.target == "exchange":
            return self.exchange.counters().get("writes", 0)
        counters = self.tenant.counters()
        return int(counters["photo_puts"]) + int(counters["photo_deletes"])

    def declared(self, edition: int, removing: bool = False) -> list[dict[str, str]]:
        """The definitions: everybody's picture of this edition; with ``removing`` the last two shall have none."""
        return [
            {"user": name, "state": "absent"}
            if removing and number >= STAYING
            else {"user": name, "src": str(self.folder / f"{number}-{edition}.jpg")}
            for number, name in enumerate(self.names)
        ]

    def start(self, photos: list[dict[str, str]]) -> subprocess.Popen[str]:
        """A process of its own that runs the module, as Ansible would on this host."""
        self.runs += 1
        arguments = {
            "photos": photos,
            "backup_dir": str(self.backup),
            "receipts": str(self.receipts),
            "run_id": f"run-{self.runs}",
            "max_replaced": "100%",
            "max_removed": "100%",
            "verify_timeout": 3,
            **self.options,
        }
        path = self.folder / f"arguments-{self.runs}.json"
        path.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}))
        command = [sys.executable, str(ROOT / "plugins/modules" / f"{MODULES[self.target]}.py"), str(path)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / ".dev"), "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)

    def finish(self, process: subprocess.Popen[str], timeout: float = 60) -> Answer:
        output = process.communicate(timeout=timeout)[0]
        assert "Traceback" not in output, output
        lines = [line for line in output.splitlines() if line.startswith("{")]
        return Answer(process.returncode, json.loads(lines[-1]) if lines else {}, output)

    def run(self, photos: list[dict[str, str]]) -> Answer:
        return self.finish(self.start(photos))

    def saved(self) -> list[dict[str, t.Any]]:
        """The manifest's whole lines of saved photos; a killed run may leave one that is cut."""
        try:
            lines = (self.backup / "manifest.jsonl").read_text().splitlines()
        except FileNotFoundError:
            return []
        entries = []
        for line in filter(None, lines):
            try:
                entries.append(json.loads(line))
            except ValueError:
                continue
        return [entry for entry in entries if entry["event"] == "saved"]

    def check(self, before: dict[str, str | None]) -> int:
        """What must hold after a run, however it ended. The number of photos that it changed."""
        after = self.truth()
        assert all(after[name] for name in self.names[:STAYING] if before[name]), "a declared photo is gone"
        kept: dict[str, str | None] = {}
        for entry in self.saved():
            held: str | None = None  # a first photo has a line and no file
            if entry["file"]:
                file = self.backup / entry["file"]
                held = sha256(file.read_bytes())
                assert held == entry["sha256"], f"{file} is not whole"
            if entry["run"] == f"run-{self.runs}":
                kept[entry["user"]] = held
        for name, held in kept.items():
            assert held == before[name], f"the backup of {name} is not what was there"
        changed = [name for name in self.names if after[name] != before[name]]
        lost = [name for name in changed if before[name] and name not in kept]
        assert not lost, f"overwritten without a backup: {lost}"
        if self.receipts.exists():
            with sqlite3.connect(self.receipts) as receipts:
                assert receipts.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        return len(changed)

    def converge(self, photos: list[dict[str, str]]) -> None:
        """The next run brings everybody in line, and the one after has nothing to do."""
        before = self.truth()
        answer = self.run(photos)
        assert answer.code == 0, answer.result.get("msg", answer.output)
        self.check(before)
        writes, held = self.writes(), self.truth()
        again = self.run(photos)
        odd = [
            (row["user"], row["drift"], row["reason"]) for row in again.result["photos"] if row["drift"] != "in_sync"
        ]
        assert odd == []
        assert (again.code, again.result["changed"], again.result["summary"]["in_sync"]) == (0, False, PEOPLE)
        assert (self.writes(), self.truth()) == (writes, held)


@pytest.fixture(params=["ad", "exchange", "exo"])
def crowd(request: pytest.FixtureRequest, tmp_path: Path) -> t.Iterator[Crowd]:
    """People of this test's own, made in the one server and removed afterwards."""
    yield from make_crowd(request.param, tmp_path)


@pytest.fixture
def in_ad(tmp_path: Path) -> t.Iterator[Crowd]:
    yield from make_crowd("ad", tmp_path)


@pytest.fixture
def in_exchange(tmp_path: Path) -> t.Iterator[Crowd]:
    yield from make_crowd("exchange", tmp_path)


@pytest.fixture
def in_cloud(tmp_path: Path) -> t.Iterator[Crowd]:
    yield from make_crowd("exo", tmp_path)


def make_crowd(target: str, folder: Path) -> t.Iterator[Crowd]:
    state = os.environ.get("HYBRID_PHOTOS_SANDBOX")
    if not state:
        pytest.fail("no sandbox: run these with tests/sandbox/sandbox run --netns -- pytest …")
    told = json.loads((Path(state) / "sandbox.json").read_text())
    domain = Domain.from_sandbox(state)
    tenant = Control(told["tenant"]["url"], told["tenant"]["control_key"], told["ca_cert"])
    names = [f"chaos{number:02d}@photos.test" for number in range(PEOPLE)]
    exchange = Exchange(told["exchange"]["control_url"], told["exchange"]["control_key"])
    crowd = Crowd(target, folder, told, domain, tenant, exchange, names)
    for name in names:
        if target != "exo":
            domain.add_user(name, name.partition("@")[0])
        else:
            tenant.add_user(name)
        if target == "exchange":
            exchange.add_mailbox(guid=str(domain.guid(name)), upn=name, sam=name.partition("@")[0], mail=name)
    try:
        crowd.seed()
        yield crowd
    finally:
        tenant.clear_faults()
        exchange.start_over()
        for name in names:
            if target != "exo":
                domain.delete_user(name)
            else:
                tenant.delete_user(name)
        tenant.close()
        domain.close()
