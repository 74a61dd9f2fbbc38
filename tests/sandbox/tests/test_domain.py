# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox's domain is what it claims to be: strict, countable, least-privileged, and gone when told to go."""

from __future__ import annotations

import base64
import importlib.machinery
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ldap
import ldap.sasl
import pytest
import requests

SANDBOX = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SANDBOX))

from assembly import Sandbox  # noqa: E402
from domain.control import Domain  # noqa: E402
from people import everyone, held_photo  # noqa: E402
from processes import Process, SandboxError, leave_network, own_network  # noqa: E402

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a domain controller needs root")
ALICE = "alice@photos.test"
ABSENT = "tessa@photos.test"


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A sandbox of our own in a network of our own, whatever else runs on this machine."""
    former = own_network()
    try:
        # Not pytest's folder: Samba's sockets want a short path.
        with tempfile.TemporaryDirectory(prefix="hp-") as name:
            found = Sandbox(Path(name))
            try:
                found.up()
                yield found
            finally:
                found.down()
    finally:
        leave_network(former)


@pytest.fixture
def told(box: Sandbox) -> dict[str, Any]:
    """What sandbox.json says."""
    return box.told()


@pytest.fixture
def door(box: Sandbox) -> Iterator[Domain]:
    """The administrator's door."""
    found = Domain.from_sandbox(box.root)
    yield found
    found.close()


def connect(told: dict[str, Any], uri: str | None = None, ca: str | None = None) -> Any:
    connection = ldap.initialize(uri or told["domain"]["uri"])
    connection.set_option(ldap.OPT_REFERRALS, 0)
    connection.set_option(ldap.OPT_X_TLS_CACERTFILE, ca or told["ca_cert"])
    connection.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
    connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    return connection


def bound(told: dict[str, Any], who: str = "") -> Any:
    connection = connect(told)
    connection.simple_bind_s(told["domain"][f"{who}username"], told["domain"][f"{who}password"])
    return connection


def writable(told: dict[str, Any], who: str, base: str) -> set[tuple[bytes, ...]]:
    rows = bound(told, who).search_s(base, ldap.SCOPE_SUBTREE, "(objectClass=user)", ["allowedAttributesEffective"])
    users = [entry for dn, entry in rows if dn]
    assert users
    return {tuple(entry.get("allowedAttributesEffective", ())) for entry in users}


def test_signing_in_writes_nothing(told: dict[str, Any], door: Domain) -> None:
    # The first test here: it would see nothing if another had signed in before, as the first time is what counts.
    domain = told["domain"]
    for account in ("", "reader_"):
        usn = door.highest_usn()
        bound(told, account).unbind_s()
        assert door.highest_usn() == usn, domain[f"{account}username"]


def test_the_writer_may_write_the_photo_and_nothing_else(told: dict[str, Any], door: Domain) -> None:
    assert writable(told, "", told["domain"]["people_ou"]) == {(b"thumbnailPhoto",)}
    dn = door.entry(ALICE)[0]
    before = door.photo_writes(ALICE)
    writer = bound(told)
    writer.modify_s(dn, [(ldap.MOD_ADD, "thumbnailPhoto", [b"one"])])
    for attribute in ("mail", "displayName", "jpegPhoto", "userPrincipalName", "description", "unicodePwd"):
        with pytest.raises((ldap.INSUFFICIENT_ACCESS, ldap.CONSTRAINT_VIOLATION)):
            writer.modify_s(dn, [(ldap.MOD_REPLACE, attribute, [b"x"])])
    with pytest.raises(ldap.INSUFFICIENT_ACCESS):
        writer.delete_s(dn)
    writer.modify_s(dn, [(ldap.MOD_DELETE, "thumbnailPhoto", [b"one"])])
    assert door.photo_writes(ALICE) == before + 2


def test_the_writer_may_write_no_photo_outside_the_ou(told: dict[str, Any]) -> None:
    reader = f"CN=svc-reader,CN=Users,{told['domain']['base']}"
    assert writable(told, "", reader) == {()}


def test_the_reader_may_write_nothing(told: dict[str, Any], door: Domain) -> None:
    assert writable(told, "reader_", told["domain"]["people_ou"]) == {()}
    with pytest.raises(ldap.INSUFFICIENT_ACCESS):
        bound(told, "reader_").modify_s(door.entry(ALICE)[0], [(ldap.MOD_REPLACE, "thumbnailPhoto", [b"x"])])


def test_simple_bind_wants_tls(told: dict[str, Any]) -> None:
    plain = connect(told, "ldap://dc1.photos.test")
    with pytest.raises(ldap.STRONG_AUTH_REQUIRED):
        plain.simple_bind_s(told["domain"]["username"], told["domain"]["password"])
    plain = connect(told, "ldap://dc1.photos.test")
    plain.start_tls_s()
    plain.simple_bind_s(told["domain"]["username"], told["domain"]["password"])


@pytest.mark.parametrize("wrong", ["authority", "name"])
def test_tls_is_verifiable(told: dict[str, Any], wrong: str) -> None:
    ways = {"authority": {"ca": told["other_ca_cert"]}, "name": {"uri": "ldaps://127.0.0.1"}}
    connection = connect(told, **ways[wrong])
    with pytest.raises(ldap.SERVER_DOWN):
        connection.simple_bind_s(told["domain"]["username"], told["domain"]["password"])


@pytest.mark.parametrize(("uri", "most"), [("ldap://dc1.photos.test", 256), ("ldaps://dc1.photos.test", 0)])
def test_kerberos(told: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, uri: str, most: int) -> None:
    monkeypatch.setenv("KRB5_CONFIG", told["domain"]["krb5_conf"])
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path}/tickets")
    keytab, principal = told["domain"]["keytab"], told["domain"]["principal"]
    subprocess.run(["kinit", "-k", "-t", keytab, principal], check=True)
    connection = connect(told, uri)
    # Loopback's address resolves back to "localhost", which has no key: ask for the name that was given.
    connection.set_option(ldap.OPT_X_SASL_NOCANON, ldap.OPT_ON)
    connection.set_option(ldap.OPT_X_SASL_SSF_MAX, most)
    connection.sasl_interactive_bind_s("", ldap.sasl.gssapi())
    if most:  # inside TLS there is no such layer to ask for its strength
        assert connection.get_option(ldap.OPT_X_SASL_SSF) > 0
    assert connection.search_s(told["domain"]["people_ou"], ldap.SCOPE_BASE)


def test_photo_limit_of_the_schema(door: Domain) -> None:
    door.set_photo(ALICE, b"x" * 102_400)
    with pytest.raises(ldap.INVALID_SYNTAX):
        door.set_photo(ALICE, b"x" * 102_401)
    door.set_photo(ALICE, None)


def test_writes_are_counted(door: Domain) -> None:
    began, all_writes, usn = door.highest_usn(), door.photo_writes(), door.usn(ALICE)
    assert door.photos()[ALICE] is None
    assert door.highest_usn() == began  # looking is no writing
    door.set_photo(ALICE, b"1")
    door.set_photo(ALICE, b"2")
    door.set_photo(ALICE, None)
    assert door.changed_since(began) == [ALICE]
    assert door.photo_writes() == all_writes + 3
    assert door.usns()[ALICE] == door.usn(ALICE) > usn


def test_the_controller_restarts_in_mid_run(door: Domain) -> None:
    door.set_photo(ALICE, b"kept")
    for kill in (False, True):
        door.stop(kill=kill)
        with pytest.raises(ldap.SERVER_DOWN):
            door.photo(ALICE)
        door.start()
        assert door.photo(ALICE) == b"kept"


def test_reset_puts_everything_back(box: Sandbox, door: Domain) -> None:
    door.delete_user("bob@photos.test")
    door.add_user("stranger@photos.test", "stranger")
    door.rename("carol@photos.test", "caroline@photos.test")
    door.set_photo(ABSENT, None)
    door.set_photo(ALICE, b"x")
    box.reset()
    assert set(door.users()) == {person.identity for person in everyone() if person.in_ad}
    for person in everyone():
        if person.in_ad:
            assert door.photo(person.identity) == held_photo(person, "ad"), person.key
    usn = door.highest_usn()
    box.reset()
    assert door.highest_usn() == usn


def test_up_again_changes_nothing(box: Sandbox, door: Domain) -> None:
    pids = {name: process.pid() for name, process in box.processes().items()}
    usn = door.highest_usn()
    box.up()
    assert {name: process.pid() for name, process in box.processes().items()} == pids
    assert door.highest_usn() == usn


def test_the_tenant_holds_the_same_people(told: dict[str, Any], door: Domain) -> None:
    tenant, people = told["tenant"], json.loads(Path(told["tenant"]["root"], "people.json").read_text())
    form = {"grant_type": "client_credentials", "client_id": tenant["client_id"],
            "client_secret": tenant["client_secret"], "scope": f"{tenant['url']}/.default"}  # fmt: skip
    with requests.Session() as session:
        session.trust_env, session.verify = False, tenant["ca_cert"]
        answer = session.post(f"{tenant['url']}/{tenant['tenant_id']}/oauth2/v2.0/token", data=form, timeout=10)
        assert answer.status_code == 200, answer.text
        session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        chosen = {"$select": "userPrincipalName,onPremisesImmutableId", "$top": "999"}
        users = session.get(f"{tenant['url']}/v1.0/users", params=chosen, timeout=10).json()["value"]
    found = {user["userPrincipalName"]: user["onPremisesImmutableId"] for user in users}
    assert found == {person["cloud_upn"] or person["upn"]: person["immutable_id"]
                     for person in people if person["in_cloud"]}  # fmt: skip
    assert found["pia@photos.test"] == base64.b64encode(door.guids()["pia@photos.test"]).decode()
    anchored = door.entry(ALICE, ["mS-DS-ConsistencyGuid"])[1]["mS-DS-ConsistencyGuid"][0]
    assert found[ALICE] == base64.b64encode(anchored).decode()


def test_secrets_are_for_their_owner(told: dict[str, Any], box: Sandbox) -> None:
    domain, tenant = told["domain"], told["tenant"]
    for path in (box.file, box.root / "env.sh", Path(domain["keytab"]), Path(tenant["root"], "tenant.json"),
                 *(Path(told["files"][name]) for name in ("dc_key", "tenant_key", "app_pem", "app_pfx"))):  # fmt: skip
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.usefixtures("box")
def test_servers_listen_on_loopback_alone() -> None:
    listening = subprocess.run(["ss", "-Hltnup"], capture_output=True, text=True, check=True).stdout.splitlines()
    assert listening
    for line in listening:
        assert line.split()[4].rpartition(":")[0].strip("[]") in ("127.0.0.1", "::1", "127.255.255.255"), line


@pytest.mark.usefixtures("box")
def test_taken_ports_are_named() -> None:
    other = Sandbox(Path(f"/tmp/hp-second-{os.getpid()}"))
    try:
        with pytest.raises(SandboxError, match=r"port \d+ is taken .*one domain at a time"):
            other.up(("domain",))
    finally:
        subprocess.run(["rm", "-rf", str(other.root)], check=True)


def test_a_pid_that_became_somebody_else_is_left_alone(tmp_path: Path) -> None:
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        pid_file = tmp_path / "server.pid"
        pid_file.write_text(json.dumps({"pid": bystander.pid, "started": "1"}))
        process = Process(pid_file)
        assert process.pid() is None
        assert not process.stop()
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


@pytest.fixture(scope="module")
def run_folder() -> Iterator[Path]:
    """A state folder for `sandbox run`, made by the first run and used again by the next."""
    with tempfile.TemporaryDirectory(prefix="hp-") as name:
        yield Path(name)
        Sandbox(Path(name)).down()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL, None])
def test_run_leaves_nothing_behind(run_folder: Path, how: signal.Signals | None) -> None:
    cli = [sys.executable, str(SANDBOX / "sandbox")]
    command = ["sh", "-c", "echo ready; exec sleep 60"] if how else ["sh", "-c", "echo ready; exit 7"]
    with subprocess.Popen(
        [*cli, "run", "--quiet", "--netns", "--dir", str(run_folder), "--", *command], stdout=subprocess.PIPE
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"ready\n"
        if how is not None:
            run.send_signal(how)
        assert run.wait(30) == {None: 7, signal.SIGTERM: 143, signal.SIGKILL: -9}[how]
    limit = time.monotonic() + 10
    servers = Sandbox(run_folder).processes().values()
    while any(process.pid() for process in servers) and time.monotonic() < limit:
        time.sleep(0.05)  # after SIGKILL the kernel ends the servers, a moment later
    assert not any(process.pid() for process in servers)


class NoServers:
    """A sandbox that starts nothing, for what is done around it."""

    def up(self, _parts: tuple[str, ...]) -> dict[str, Any]:
        return {}

    def environment(self, _told: dict[str, Any]) -> dict[str, str]:
        return {}

    def down(self) -> list[str]:
        return []


def test_a_signal_while_the_command_is_launched_ends_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loader = importlib.machinery.SourceFileLoader("sandbox_command", str(SANDBOX / "sandbox"))
    cli = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(cli)
    noted = tmp_path / "pid"

    def told_to_stop() -> None:  # in the child, before it is the command: Popen has not come back yet
        noted.write_text(str(os.getpid()))
        os.kill(os.getppid(), signal.SIGTERM)

    monkeypatch.setattr(cli, "die_with_parent", told_to_stop)
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    try:
        assert cli.run_inside(NoServers(), (), ["sleep", "60"]) == 128 + signal.SIGTERM
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
    assert not Path(f"/proc/{noted.read_text()}").exists()


def test_nothing_answers_after_down(box: Sandbox) -> None:
    assert sorted(box.down()) == ["domain", "exchange", "tenant"]
    for port in (389, 636, 88, box.told()["tenant"]["port"]):
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1)
    assert box.down() == []
    box.up()  # and it comes back, with what was there
    with pytest.raises(SandboxError, match="too long a path"):
        Sandbox(Path("/tmp") / ("long" * 30)).up()
