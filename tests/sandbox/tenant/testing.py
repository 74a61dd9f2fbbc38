# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts a tenant as a separate process for a test, and ends it by its pid."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from PIL import Image

from .control import Control

TENANT_ID = "5f0c1f6e-3a55-4c3c-9d5e-0f5f1d0f7a01"
CLIENT_ID = "0d9f1a30-8f6b-4d0a-9b43-6a2f3c6f1b02"
SECRET = "sandbox secret ~ with blanks & signs"
CONTROL_KEY = "only for tests"
IDENTITY_HEADER = "identity header of the sandbox"
ALL_ROLES = ("User.Read.All", "ProfilePhoto.ReadWrite.All", "PeopleSettings.ReadWrite.All", "GroupMember.Read.All")
_SANDBOX = Path(__file__).resolve().parents[1]


def picture(side: int = 400, colour: tuple[int, int, int] = (200, 60, 30), form: str = "JPEG", **options: Any) -> bytes:
    """A picture with some content."""
    return rectangle(side, side, colour, form, **options)


def rectangle(width: int, height: int, colour: tuple[int, int, int], form: str = "JPEG", **options: Any) -> bytes:
    """The same, not square."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    image.paste(colour, (width // 4, height // 4, width // 2, height // 2))
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def person(number: int, upn: str, **fields: Any) -> dict[str, Any]:
    """An entry of people.json."""
    return {
        "key": upn.partition("@")[0], "display_name": upn, "upn": upn, "mail": upn, "in_cloud": True,
        "object_id": f"00000000-0000-4000-8000-{number:012d}", **fields,
    }  # fmt: skip


@dataclass
class Running:
    """One running tenant."""

    url: str
    pid: int
    ca: str
    control: Control
    session: requests.Session = field(default_factory=requests.Session)
    _tokens: dict[tuple[str, ...], str] = field(default_factory=dict, repr=False)

    @property
    def authority(self) -> str:
        """The authority for MSAL."""
        return f"{self.url}/{TENANT_ID}"

    @property
    def scope(self) -> str:
        """The scope of a token for this Graph."""
        return f"{self.url}/.default"

    def token(self, *roles: str) -> str:
        """An access token with these roles (ALL_ROLES, when none is named), kept until `forget` is called."""
        wanted = roles or ALL_ROLES
        if wanted not in self._tokens:
            client_id = CLIENT_ID
            if roles:
                client_id = "app-" + "-".join(roles).lower()
                self.control.register_app({"client_id": client_id, "secret": SECRET, "roles": list(roles)})
            answer = self.session.post(
                f"{self.authority}/oauth2/v2.0/token",
                data={"client_id": client_id, "client_secret": SECRET, "grant_type": "client_credentials",
                      "scope": self.scope},
            )  # fmt: skip
            self._tokens[wanted] = str(answer.json()["access_token"])
        return self._tokens[wanted]

    def forget(self) -> None:
        """Get new tokens from now on."""
        self._tokens.clear()

    def call(
        self, method: str, path: str, *, roles: tuple[str, ...] = (), version: str = "v1.0", **options: Any
    ) -> requests.Response:
        """One Graph request; the path is sent unchanged."""
        headers = {"Authorization": f"Bearer {self.token(*roles)}", **options.pop("headers", {})}
        return self.session.request(method, f"{self.url}/{version}{path}", headers=headers, timeout=30, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        """GET."""
        return self.call("GET", path, **options)

    def put(self, user: str, raw: bytes, media: str | None = "image/jpeg", **options: Any) -> requests.Response:
        """PUT a photo."""
        headers = {**options.pop("headers", {}), **({"Content-Type": media} if media else {})}
        return self.call("PUT", f"/users/{user}/photo/$value", data=raw, headers=headers, **options)

    def batch(self, requests_: list[dict[str, Any]], **options: Any) -> requests.Response:
        """POST a batch."""
        return self.call("POST", "/$batch", json={"requests": requests_}, **options)

    def responses(self, requests_: list[dict[str, Any]], **options: Any) -> dict[str, dict[str, Any]]:
        """POST a batch that must succeed; the responses by id."""
        answer = self.batch(requests_, **options)
        assert answer.status_code == 200, answer.text
        return {item["id"]: item for item in answer.json()["responses"]}


def default_tenant() -> dict[str, Any]:
    """A tenant.json with one app that may do everything."""
    return {
        "tenant_id": TENANT_ID,
        "control_key": CONTROL_KEY,
        "apps": [{"client_id": CLIENT_ID, "secret": SECRET, "roles": list(ALL_ROLES)}],
        "managed_identity": {"header": IDENTITY_HEADER, "roles": list(ALL_ROLES)},
    }


@contextmanager
def running(
    folder: Path, people: list[dict[str, Any]] | None = None, tenant: dict[str, Any] | None = None
) -> Iterator[Running]:
    """A tenant process on a free loopback port; its output goes to `folder`/log."""
    sys.path.insert(0, str(_SANDBOX))  # the CA is the sandbox's own
    from ca import Authority  # type: ignore[import-not-found,unused-ignore]

    authority = Authority(folder / "ca")
    pair = authority.server("tenant", ["127.0.0.1", "localhost"])
    (folder / "tenant.json").write_text(json.dumps(tenant or default_tenant()), encoding="utf-8")
    (folder / "people.json").write_text(json.dumps(people or []), encoding="utf-8")
    ready = folder / "ready.json"
    log = folder / "log"
    command = [sys.executable, "-m", "tenant", "--state", str(folder), "--cert", str(pair.cert), "--key", str(pair.key)]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--ready-file", str(ready)], stdout=out, stderr=out,
            env={**os.environ, "PYTHONPATH": str(_SANDBOX)}, cwd=folder,
        )  # fmt: skip
    session = requests.Session()
    try:
        about = _wait(process, ready, log)
        ca = str(authority.path)
        session.verify = ca
        session.trust_env = False
        yield Running(about["url"], about["pid"], ca, Control(about["url"], CONTROL_KEY, ca), session)
    finally:
        session.close()
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], ready: Path, log: Path) -> dict[str, Any]:
    for _attempt in range(1500):
        if ready.exists():
            about: dict[str, Any] = json.loads(ready.read_text(encoding="utf-8"))
            return about
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise RuntimeError(f"the tenant did not start:\n{log.read_text(errors='replace')}")
