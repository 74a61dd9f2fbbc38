# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test company's tenant: the accounts that Entra Connect would make for the people of both domains."""

from __future__ import annotations

import base64
import json
import os
import secrets
import sys
import time
import uuid
from collections.abc import Mapping
from pathlib import Path

from ca import Authority
from processes import Process, SandboxError, tail
from tenant.control import Control

from . import company

_HERE = Path(__file__).resolve().parents[1]


class Cloud:
    """One running tenant in its own folder. `guids`: objectGUIDs by on-premises userPrincipalName."""

    def __init__(self, root: Path, guids: Mapping[str, bytes]) -> None:
        self.root = root
        self._authority = Authority(root / "ca")
        self._secret, self._key = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self._tenant, self._app = str(uuid.uuid4()), str(uuid.uuid4())
        self._process = Process(root / "tenant.pid")
        roles = ["ProfilePhoto.ReadWrite.All", "User.Read.All", "PeopleSettings.Read.All"]
        apps = [{"client_id": self._app, "secret": self._secret, "roles": roles}]
        self._save("tenant.json", {"tenant_id": self._tenant, "control_key": self._key, "apps": apps})
        self._save("people.json", [_person(one, guids[one.upn]) for one in company.everyone()])
        self.url = self._start()
        self.control = Control(self.url, self._key, str(self._authority.path))

    def _save(self, name: str, value: object) -> None:
        (self.root / name).write_text(json.dumps(value))

    def _start(self) -> str:
        pair = self._authority.server("tenant", ["localhost", "127.0.0.1"])
        ready, log = self.root / "ready.json", self.root / "tenant.log"
        command = [
            sys.executable, "-m", "tenant", "--state", str(self.root), "--cert", str(pair.cert), "--key", str(pair.key),
            "--ready-file", str(ready),
        ]  # fmt: skip
        self._process.start(command, log, env={**os.environ, "PYTHONPATH": str(_HERE)}, bound=True)
        limit = time.monotonic() + 60
        while not ready.exists():
            if self._process.pid() is None or time.monotonic() > limit:
                raise SandboxError(f"the tenant did not start:\n{tail(log)}")
            time.sleep(0.05)
        return str(json.loads(ready.read_text())["url"])

    @property
    def environment(self) -> dict[str, str]:
        """The variables that connect a playbook."""
        return {
            "AZURE_TENANT_ID": self._tenant, "AZURE_CLIENT_ID": self._app, "AZURE_CLIENT_SECRET": self._secret,
            "AZURE_AUTHORITY_HOST": self.url, "HYBRID_PHOTOS_GRAPH_URL": self.url,
            "HYBRID_PHOTOS_GRAPH_CA_CERT": str(self._authority.path),
        }  # fmt: skip

    def writes(self) -> int:
        """Photo writes so far, as the tenant counts them."""
        counters = self.control.counters()
        return int(counters["photo_puts"]) + int(counters["photo_deletes"])

    def close(self) -> None:
        """End it."""
        self.control.close()
        self._process.stop(kill=True)


def _person(one: company.Employee, guid: bytes) -> dict[str, object]:
    return {
        "key": one.key, "display_name": str(one.attributes["displayName"]), "upn": one.cloud_upn,
        "object_id": str(uuid.uuid5(uuid.NAMESPACE_URL, one.upn)), "mail": one.mail, "sam": one.key,
        "immutable_id": base64.b64encode(guid).decode(), "mailbox": not one.mailbox_is_on_premises,
    }  # fmt: skip
