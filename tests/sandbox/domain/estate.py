# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A company of two domains and three controllers, each in a network namespace of its own, and a DNS that finds them.

The caller is already in its own network and mount namespace (made by tests/sandbox/estate): a bridge connects the
controllers' namespaces with ours, and /etc/resolv.conf names our DNS server, for us and for the controllers. The two
domains are separate forests without a trust. The same account name and password work in both.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ca import Authority, write_secret
from processes import Process, SandboxError

from . import company, controller, schema
from .control import Domain
from .controller import Files, Place

OUR_ADDRESS = "10.77.0.1"
#: The account that reads and writes photos in both domains.
WRITER = f"svc-photos@{company.CLOUD}"
SITE = "Harbour"
_HERE = Path(__file__).resolve().parent


def _place(name: str, domain: str, number: int, kdcs: tuple[int, ...]) -> Place:
    return Place(
        realm=domain.upper(), netbios=domain.partition(".")[0].upper(), host=name, address=f"10.77.0.{number}",
        interfaces="lo eth0", kdcs=tuple(f"10.77.0.{kdc}" for kdc in kdcs), enter=("ip", "netns", "exec", name),
        services="ldap, cldap, kdc, rpc",  # without drepl: replication happens when a test says so, and is real
    )  # fmt: skip


PLACES = {
    "dc1": _place("dc1", company.CORP, 11, (11, 12)),
    "dc2": _place("dc2", company.CORP, 12, (12, 11)),
    "dc3": _place("dc3", company.BRANCH, 13, (13,)),
}


@dataclass
class Estate:
    """One state folder and its servers. The path must be short because of Samba's sockets."""

    root: Path
    say: Callable[[str], None] = lambda _line: None

    @classmethod
    def from_environment(cls) -> Estate:
        """The estate in which tests/sandbox/estate started this process."""
        return cls(Path(os.environ["HYBRID_PHOTOS_ESTATE"]))

    @property
    def told(self) -> dict[str, Any]:
        """Names, addresses and passwords."""
        told: dict[str, Any] = json.loads((self.root / "estate.json").read_text())
        return told

    @property
    def zone(self) -> Path:
        """The file with the answers of DNS; it is read again for each question."""
        return self.root / "zone.json"

    @property
    def krb5_conf(self) -> Path:
        """Kerberos settings for clients."""
        return self.root / "krb5.conf"

    def files(self, name: str) -> Files:
        """The files of a controller."""
        return Files(self.root / name)

    # -- making it

    def up(self) -> None:
        """Make and start everything. Raises SandboxError."""
        controller.check_machine(self.files("dc1").root)
        self.root.mkdir(parents=True, exist_ok=True)
        self._network()
        authority = Authority(self.root / "ca")
        told = {
            "ca_cert": str(authority.path), "username": WRITER, "password": _password(), "admin_password": _password(),
            "krb5_conf": str(self.krb5_conf), "servers": {name: place.fqdn for name, place in PLACES.items()},
        }  # fmt: skip
        write_secret(self.root / "estate.json", json.dumps(told))
        self.krb5_conf.write_text(controller.krb5_conf(list(PLACES.values()), PLACES["dc1"].realm))
        self._start_dns()
        for name, place in PLACES.items():
            began = time.monotonic()
            self._make(name, authority, told["admin_password"])
            self.say(f"{name}: {place.fqdn} ({time.monotonic() - began:.1f} s)")
        self.replicate("dc1", "dc2")

    def down(self) -> None:
        """Stop the servers of this folder."""
        for name in PLACES:
            Process(self.files(name).pid).stop(kill=True)
        self._dns.stop(kill=True)

    def _network(self) -> None:
        _run("ip", "link", "set", "lo", "up")
        _run("ip", "link", "add", "estate", "type", "bridge")
        _run("ip", "address", "add", f"{OUR_ADDRESS}/24", "dev", "estate")
        _run("ip", "link", "set", "estate", "up")
        for name, place in PLACES.items():
            _run("ip", "netns", "add", name)
            _run("ip", "link", "add", f"to-{name}", "type", "veth", "peer", "name", "eth0", "netns", name)
            _run("ip", "link", "set", f"to-{name}", "master", "estate", "up")
            _run("ip", "-n", name, "link", "set", "lo", "up")
            _run("ip", "-n", name, "address", "add", f"{place.address}/24", "dev", "eth0")
            _run("ip", "-n", name, "link", "set", "eth0", "up")
        for file, text in (("resolv.conf", f"nameserver {OUR_ADDRESS}\n"), ("hosts", "127.0.0.1 localhost\n")):
            (self.root / file).write_text(text)
            _run("mount", "--bind", str(self.root / file), f"/etc/{file}")

    def _start_dns(self) -> None:
        self.write_zone(_zone())
        command = [sys.executable, str(_HERE / "dns_server.py"), OUR_ADDRESS, str(self.zone)]
        self._dns.start(command, self.root / "dns.log", bound=True)

    @property
    def _dns(self) -> Process:
        return Process(self.root / "dns.pid")

    def read_zone(self) -> dict[str, dict[str, list[str]]]:
        """The present answers of DNS."""
        zone: dict[str, dict[str, list[str]]] = json.loads(self.zone.read_text())
        return zone

    def write_zone(self, zone: dict[str, dict[str, list[str]]]) -> None:
        """Change the answers of DNS."""
        new = self.zone.with_suffix(".new")
        new.write_text(json.dumps(zone, indent=1))
        new.replace(self.zone)

    def _make(self, name: str, authority: Authority, admin_password: str) -> None:
        place, files = PLACES[name], self.files(name)
        pair = authority.server(name, [place.fqdn])
        if name == "dc2":
            controller.join(files, admin_password, pair.cert, pair.key, authority.path, place, PLACES["dc1"])
        else:
            controller.provision(files, admin_password, pair.cert, pair.key, authority.path, place)
            if place.domain == company.CORP:
                schema.extend(files, place)
        self.start(name, bound=True)
        with self.door(name) as door:
            self._name_for_replication(name, door)
            door.add_spn(f"ldap/{place.fqdn}", place.host)
            if name != "dc2":
                self._populate(name, door)

    def _name_for_replication(self, name: str, door: Domain) -> None:
        """Controllers find each other by the GUID of their settings below _msdcs."""
        place = PLACES[name]
        base = f"CN=Configuration,{place.base}"
        rows = door.search("(&(objectClass=nTDSDSA)(distinguishedName=*))", ["objectGUID"], base)
        zone = self.read_zone()
        for dn, entry in rows:
            if f"CN={place.host.upper()}," in dn.upper():
                guid = _guid_text(entry["objectGUID"][0])
                zone[f"{guid}._msdcs.{place.domain}"] = {"CNAME": [f"{place.fqdn}."]}
        self.write_zone(zone)

    def _populate(self, name: str, door: Domain) -> None:
        place, files = PLACES[name], self.files(name)
        door.add_ou()
        dn = door.add_account("svc-photos", self.told["password"])
        door.replace(dn, {"userPrincipalName": WRITER.encode()})
        controller.allow_photo_writes(files, door.sid(dn), door.people_ou, place)
        extended = place.domain == company.CORP
        for one in company.everyone():
            if one.domain == place.domain:
                given = {k: v for k, v in one.attributes.items() if extended or k not in schema.ATTRIBUTES}
                door.add_user(one.upn, one.key, **given)

    # -- for tests

    @contextlib.contextmanager
    def door(self, name: str) -> Iterator[Domain]:
        """An administrator's connection to one controller."""
        place, told = PLACES[name], self.told
        door = Domain(
            f"ldaps://{place.fqdn}", place.base, f"administrator@{place.domain}", told["admin_password"],
            told["ca_cert"],
        )  # fmt: skip
        with contextlib.closing(door):
            yield door

    def start(self, name: str, bound: bool = False) -> None:
        """Start a controller, and return when it answers; `bound`: it ends together with this thread."""
        controller.start(self.files(name), bound, place=PLACES[name])

    def stop(self, name: str) -> None:
        """Stop a controller with SIGKILL."""
        controller.stop(self.files(name), kill=True)

    def is_up(self, name: str) -> bool:
        """Does the controller run?"""
        return Process(self.files(name).pid).pid() is not None

    def replicate(self, source: str, destination: str) -> None:
        """Replicate from one controller to another one (about two seconds)."""
        place, files = PLACES[destination], self.files(destination)
        controller.tool(
            files, "samba-tool", "drs", "replicate", place.fqdn, PLACES[source].fqdn, place.base, "--local",
            f"--configfile={files.conf}", f"--username=administrator@{place.realm}",
            f"--password={self.told['admin_password']}", place=place,
        )  # fmt: skip


def _zone() -> dict[str, dict[str, list[str]]]:
    zone: dict[str, dict[str, list[str]]] = {}
    for place in PLACES.values():
        zone[place.fqdn] = {"A": [place.address]}
        zone.setdefault(place.domain, {"A": []})["A"].append(place.address)
        for service, port in (("_ldap", 389), ("_kerberos", 88)):
            for name in (f"{service}._tcp.dc._msdcs.{place.domain}", f"{service}._tcp.{place.domain}"):
                zone.setdefault(name, {"SRV": []})["SRV"].append(f"0 100 {port} {place.fqdn}.")
    site = f"_ldap._tcp.{SITE}._sites.dc._msdcs.{company.CORP}".lower()
    zone[site] = {"SRV": [f"0 100 389 {PLACES['dc2'].fqdn}."]}
    return zone


def _guid_text(raw: bytes) -> str:
    return str(uuid.UUID(bytes_le=raw))


def _password() -> str:
    return f"Aa1-{secrets.token_urlsafe(18)}"


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SandboxError(f"{' '.join(command)}: {done.stderr.strip()}")
