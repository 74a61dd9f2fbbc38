# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real ansible-playbook runs against the sandbox whose variables are set (tests/run sets them)."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "sandbox"))

from assembly import Sandbox  # noqa: E402
from domain.control import Domain  # noqa: E402
from tenant.control import Control  # noqa: E402

CONNECTION = ("AZURE_", "HYBRID_PHOTOS_", "KRB5_")


@dataclass
class Play:
    """How a playbook ended."""

    code: int
    output: str

    @property
    def line(self) -> str:
        """The one line of summary that ends every run."""
        lines = re.findall(r"^(?:\d+ drift|sync did).*", self.output, re.MULTILINE)
        return str(lines[0]) if lines else ""


@dataclass
class Company:
    """The sandbox, and a folder of this test's own to call ansible-playbook in."""

    state: Path
    folder: Path
    told: dict[str, t.Any]
    domain: Domain
    tenant: Control
    temporary: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def photos(self) -> Path:
        """This test's own copy of the definitions folder."""
        return self.folder / "photos"

    def only(self, *users: str) -> None:
        """Declare nobody else, where the others would only take time."""
        for path in self.photos.iterdir():
            if path.is_file() and path.stem.lower() not in users and path.name != "photos.yml":
                path.unlink()
        manifest = self.photos / "photos.yml"
        told = yaml.safe_load(manifest.read_text())["photos"]
        left = {user: photo for user, photo in told.items() if user in users}
        if left:
            manifest.write_text(yaml.safe_dump({"photos": left}))
        else:
            manifest.unlink()

    def inventory(self, shard_size: int = 500) -> Path:
        """An inventory file for the copy."""
        path = self.folder / "team.photos.yml"
        path.write_text(f"plugin: hybrid.photos.definitions\npath: photos\nshard_size: {shard_size}\n")
        return path

    def play(
        self, playbook: str, *arguments: str, shard_size: int = 500, inventory: bool = True, **environment: str
    ) -> Play:
        """``ansible-playbook -i team.photos.yml hybrid.photos.<playbook>``, or a file, called in this test's folder.

        However it ends, it must have left nothing in the temporary folder.
        """
        name = playbook if playbook.endswith(".yml") else f"hybrid.photos.{playbook}"
        source = ["-i", str(self.inventory(shard_size))] if inventory else []
        command = ["ansible-playbook", *source, name, *arguments]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                "TMPDIR": str(self.temporary),
                **self.environment,
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        output = done.stdout + done.stderr
        assert "Traceback" not in output, output
        assert list(self.temporary.rglob("*")) == [], output
        return Play(done.returncode, output)

    def report(self, folder: str = "reports") -> dict[str, t.Any]:
        """The report that a run wrote, users by name."""
        report = json.loads((self.folder / folder / "drift.json").read_text())
        return {user["user"]: user for user in report["users"]}

    def writes(self) -> tuple[int, int]:
        """Photo writes so far as both servers count them themselves: tenant, domain controller."""
        counters = self.tenant.counters()
        return int(counters["photo_puts"]) + int(counters["photo_deletes"]), self.domain.photo_writes()


@pytest.fixture(scope="session")
def state() -> Path:
    """The sandbox's state folder."""
    name = os.environ.get("HYBRID_PHOTOS_SANDBOX")
    if not name:
        pytest.fail("no sandbox: run these with tests/sandbox/sandbox run --netns -- pytest …")
    return Path(name)


@pytest.fixture
def company(state: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Company]:
    """The servers as they were seeded, and a copy of the definitions."""
    Sandbox(state).reset()
    told = json.loads((state / "sandbox.json").read_text())
    shutil.copytree(told["photos"], tmp_path / "photos")
    domain = Domain.from_sandbox(state)
    tenant = Control(told["tenant"]["url"], told["tenant"]["control_key"], told["ca_cert"])
    yield Company(state, tmp_path, told, domain, tenant, tmp_path_factory.mktemp("temporary"))
    tenant.close()
    domain.close()
