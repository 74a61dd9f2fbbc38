# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret, token or picture in anything that is shown or kept, at -vvvv, by whatever way to sign in."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parents[3]
if "HYBRID_PHOTOS_SANDBOX" not in os.environ:
    pytest.skip("needs the sandbox: tests/sandbox/sandbox run --netns -- pytest ...", allow_module_level=True)
STATE = Path(os.environ["HYBRID_PHOTOS_SANDBOX"])
TOLD: dict[str, t.Any] = json.loads((STATE / "sandbox.json").read_text())
TENANT, DOMAIN = TOLD["tenant"], TOLD["domain"]
PICTURE = (Path(TOLD["photos"]) / "pia@photos.test.jpg").read_bytes()
FEDERATED = Path(TENANT["federated_token_file"]).read_text().strip()

#: A JSON Web Token, whoever made it: the tenant's access tokens are such, and what is signed to get them.
TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.")
#: What begins a JPEG in base64.
JPEG = re.compile(r"/9j/[A-Za-z0-9+/]{20,}")


def secrets() -> dict[str, str]:
    """Everything that must stay hidden, by what it is."""
    text = base64.b64encode(PICTURE).decode()
    key = "".join(Path(TENANT["certificate_path"]).read_text().split("PRIVATE KEY-----")[1].split()[:2])[:60]
    return {
        "client secret": TENANT["client_secret"],
        "password of the PFX": TENANT["pfx_password"],
        "federated token": FEDERATED,
        "header of the managed identity": TENANT["managed_identity_header"],
        "private key": key,
        "password of the account": DOMAIN["password"],
        "wrong secret": "wrong-Secret-1",
        "the picture": text[3000:3060],
    }


def shown(folder: Path) -> t.Iterator[tuple[str, str]]:
    """Everything that a run left in its folder but pictures, as text: reports, receipts, manifests, Ansible's log."""
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix not in (".jpg", ".png"):
            yield str(path.relative_to(folder)), path.read_bytes().decode("utf-8", "replace")


def examine(folder: Path, output: str) -> None:
    hidden = secrets()
    for where, text in (("output", output), *shown(folder)):
        # The page of the report shows small pictures of both sides: that is what it is for.
        pictures_belong_there = where.endswith(".html")
        for what, secret in hidden.items():
            assert secret not in text, f"the {what} stands in {where}"
        assert not TOKEN.search(text), f"a token stands in {where}: {TOKEN.findall(text)[0][:20]}…"
        assert pictures_belong_there or not JPEG.search(text), f"a picture stands in {where}"


def ansible(folder: Path, *command: str, **environment: str) -> str:
    """Run a command of Ansible at -vvvv with its log, and return all that it showed."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "HYBRID_PHOTOS_"))}
    done = subprocess.run(
        [*command, "-vvvv"],
        cwd=folder,
        env={
            **plain,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_LOG_PATH": str(folder / "ansible.log"),
            "KRB5_CONFIG": DOMAIN["krb5_conf"],
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr


def options(way: str) -> tuple[str, dict[str, t.Any], dict[str, str]]:
    """The module of a way to sign in, its options, and its environment."""
    graph = {"authority_url": TENANT["url"], "graph_url": TENANT["url"], "ca_cert": TENANT["ca_cert"]}
    application = {**graph, "tenant_id": TENANT["tenant_id"], "client_id": TENANT["client_id"]}
    directory = {"server": DOMAIN["host"], "username": DOMAIN["username"], "ca_cert": DOMAIN["ca_cert"]}
    identity = {"IDENTITY_ENDPOINT": f"{TENANT['url']}/msi/token", "IDENTITY_HEADER": TENANT["managed_identity_header"]}
    password = DOMAIN["password"]
    ways: dict[str, tuple[str, dict[str, t.Any], dict[str, str]]] = {
        "secret": ("exo", {**application, "client_secret": TENANT["client_secret"]}, {}),
        "wrong secret": ("exo", {**application, "client_secret": "wrong-Secret-1"}, {}),
        "PEM": ("exo", {**application, "certificate_path": TENANT["certificate_path"]}, {}),
        "PFX": (
            "exo",
            {**application, "certificate_path": TENANT["pfx_path"], "certificate_password": TENANT["pfx_password"]},
            {},
        ),
        "federated token": ("exo", {**application, "federated_token_file": TENANT["federated_token_file"]}, {}),
        "managed identity": ("exo", {**graph, "managed_identity": True}, identity),
        "access token": ("exo", {**graph, "access_token": access_token()}, {}),
        "password": ("ad", {**directory, "password": password}, {}),
        "wrong password": ("ad", {**directory, "password": "wrong-Secret-1"}, {}),
        "Kerberos": ("ad", {**directory, "password": password, "auth_protocol": "kerberos", "tls_mode": "none"}, {}),
    }
    return ways[way]


def access_token() -> str:
    """A token as some other tool gets it."""
    answer = requests.post(
        f"{TENANT['url']}/{TENANT['tenant_id']}/oauth2/v2.0/token",
        data={
            "client_id": TENANT["client_id"],
            "client_secret": TENANT["client_secret"],
            "grant_type": "client_credentials",
            "scope": f"{TENANT['url']}/.default",
        },
        verify=TENANT["ca_cert"],
        timeout=30,
    )
    return str(answer.json()["access_token"])


WAYS = (
    "secret", "wrong secret", "PEM", "PFX", "federated token", "managed identity", "access token", "password",
    "wrong password", "Kerberos",
)  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_modules(way: str, tmp_path: Path) -> None:
    target, connection, environment = options(way)
    module = {"ad": "ad_thumbnail_photo", "exo": "exo_user_photo"}[target]
    arguments = {
        **connection,
        "photos": [{"user": "pia@photos.test", "content": base64.b64encode(PICTURE).decode()}],
        "size": 64,
        "receipts": str(tmp_path / "receipts.sqlite"),
        "backup_dir": str(tmp_path / "backup"),
    }
    command = ["ansible", "localhost", "-m", f"hybrid.photos.{module}", "-a", json.dumps(arguments)]
    output = ansible(tmp_path, *command, "-e", f"ansible_python_interpreter={sys.executable}", **environment)
    assert ("FAILED!" in output) == way.startswith("wrong"), output[-3000:]
    assert "pia@photos.test" in output
    assert "Traceback" not in output
    assert (tmp_path / "ansible.log").stat().st_size > 1000
    examine(tmp_path, output)


@pytest.mark.parametrize(
    "module", ["exo_photo_update_settings", "exo_user_photo_info", "ad_thumbnail_photo_info", "ad_user_info"]
)
def test_other_modules(module: str, tmp_path: Path) -> None:
    _target, connection, environment = options("secret" if module.startswith("exo") else "password")
    more: dict[str, t.Any] = {"dest": str(tmp_path / "exported")} if module.endswith("photo_info") else {}
    more |= {"source": "cloud"} if "settings" in module else {}
    command = ["ansible", "localhost", "-m", f"hybrid.photos.{module}", "-a", json.dumps({**connection, **more})]
    output = ansible(tmp_path, *command, "-e", f"ansible_python_interpreter={sys.executable}", **environment)
    assert "localhost | " in output
    assert "Traceback" not in output
    examine(tmp_path, output)


def test_playbooks(tmp_path: Path) -> None:
    shutil.copytree(TOLD["photos"], tmp_path / "photos")
    (tmp_path / "team.photos.yml").write_text("plugin: hybrid.photos.definitions\npath: photos\n")
    connection = {name: value for name, value in os.environ.items() if name.startswith(("AZURE_", "HYBRID_PHOTOS_"))}
    for playbook, more in {"drift": [], "sync": ["-e", "sync_max_replaced=100%"]}.items():
        command = ["ansible-playbook", "-i", "team.photos.yml", f"hybrid.photos.{playbook}", "--diff", *more]
        command += ["-e", f"{playbook}_receipts={tmp_path}/receipts.sqlite"]
        output = ansible(tmp_path, *command, **connection)
        # Nobody else writes this photo here, so it is missing in the sandbox whichever tests ran before.
        assert "alice@photos.test" in output
        examine(tmp_path, output)
    others = {
        "doctor": ["-e", "doctor_report=doctor.json"],
        "export": ["-e", "export_dest=exported"],
        "onprem_to_cloud": ["-e", "lead_report_dir=leading", "-e", "lead_max_replaced=100%"],
        "restore": ["-e", "restore_from=reports/backups"],
        "validate": ["-e", "validate_path=photos", "-e", "validate_junit=validate.xml"],
    }
    for playbook, more in others.items():
        command = ["ansible-playbook", "-i", "team.photos.yml", f"hybrid.photos.{playbook}", "--diff", *more]
        output = ansible(tmp_path, *command, **connection)
        assert "PLAY RECAP" in output, output[-3000:]
        examine(tmp_path, output)
    kept = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert {"doctor.json", "validate.xml"} <= kept
    assert {"drift.json", "drift.md", "receipts.sqlite", "manifest.jsonl", "ansible.log"} <= kept
    for path in tmp_path.rglob("backups/**/*"):
        assert path.stat().st_mode & 0o077 == 0, f"{path} can be read by others"
