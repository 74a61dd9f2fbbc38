# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the sandbox: the CA, the domain, the tenant, the people and their photos, in one state folder."""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import hashlib
import json
import os
import secrets
import shlex
import shutil
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import portraits
from ca import Authority, write_secret
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from domain import controller, schema
from domain.control import Domain
from exchange.control import Control as ExchangeControl
from people import DOMAIN, Person, everyone, faces, held_photo, immutable_id, write_definitions
from processes import Process, SandboxError, tail
from tenant.control import Control

WRITER = f"svc-photos@{DOMAIN}"
READER = f"svc-reader@{DOMAIN}"
PARTS = ("domain", "tenant", "exchange")
EXCHANGE_FQDN = f"ex1.{DOMAIN}"
#: The account that the Exchange server's web service runs as.
_EXCHANGE_ACCOUNT = "svc-exchange"
RECIPIENT_TYPE = "msExchRecipientTypeDetails"
_HERE = Path(__file__).resolve().parent
# The least that each job needs, as docs/permissions would say it.
_APPS = {
    "photos": ["ProfilePhoto.ReadWrite.All", "User.Read.All", "PeopleSettings.Read.All", "GroupMember.Read.All"],
    "reader": ["ProfilePhoto.Read.All", "User.Read.All", "GroupMember.Read.All"],
    "settings": ["PeopleSettings.ReadWrite.All"],
    "powerless": [],
}

Json = dict[str, Any]
Say = Callable[[str], None]


def _password() -> str:
    return f"Aa1-{secrets.token_urlsafe(18)}"


def _save(path: Path, value: Any) -> None:
    """Write JSON that only the owner can read, completely or not at all."""
    draft = path.with_name(path.name + ".new")
    write_secret(draft, json.dumps(value, indent=2, ensure_ascii=False) + "\n")
    draft.replace(path)


@dataclass
class Sandbox:
    """One state folder and the servers that use it."""

    root: Path
    extra: int = 0
    bound: bool = False  # for a run: servers end with this process and start with the seeded state
    say: Say = lambda _line: None

    # -- files

    @property
    def file(self) -> Path:
        """The file with all data for tests."""
        return self.root / "sandbox.json"

    @property
    def domain_files(self) -> controller.Files:
        """The controller's files."""
        return controller.Files(self.root / "dc")

    @property
    def tenant_folder(self) -> Path:
        """The tenant's files."""
        return self.root / "tenant"

    @property
    def exchange_folder(self) -> Path:
        """The Exchange server's files."""
        return self.root / "exchange"

    @property
    def photos(self) -> Path:
        """The definitions folder."""
        return self.root / "photos"

    @property
    def _seeded(self) -> Path:
        """The initial pictures: the definitions folder, and the photos of both targets."""
        return self.root / "seeded"

    def told(self) -> Json:
        """Return sandbox.json, {} before the first `up`."""
        try:
            told: Json = json.loads(self.file.read_text())
        except FileNotFoundError:
            return {}
        return told

    def processes(self) -> dict[str, Process]:
        """Return the server processes by part."""
        return {
            "domain": Process(self.domain_files.pid),
            "tenant": Process(self.tenant_folder / "tenant.pid"),
            "exchange": Process(self.exchange_folder / "exchange.pid"),
        }

    # -- up, down, reset

    def up(self, parts: tuple[str, ...] = PARTS) -> Json:
        """Make missing parts and start stopped ones. Another call changes nothing."""
        if "domain" in parts:
            controller.check_machine(self.domain_files.root)
        self.root.mkdir(parents=True, exist_ok=True)
        with self._locked():
            told = self._foundations()
            if "domain" in parts:
                self._domain_up(told)
            if "tenant" in parts:
                self._tenant_up(told)
            if "exchange" in parts:
                if self.processes()["domain"].pid() is None:
                    raise SandboxError("the Exchange server needs the domain, for Kerberos: start both")
                self._exchange_up(told)
            self._write_env(told)
        return told

    def prepare(self) -> None:
        """Download what is needed from the network, before the sandbox has its own network."""
        portraits.fetch({face.partition("/")[0] for face in faces(everyone(self.extra))})

    def down(self) -> list[str]:
        """Stop the servers of this folder, and nothing else. Return the names of the parts that ran."""
        if not self.root.is_dir():
            return []
        with self._locked():
            return [name for name, process in self.processes().items() if process.stop()]

    def reset(self) -> None:
        """Reset people and photos of the running parts to the seeded state."""
        with self._locked():
            told = self.told()
            running = {name for name, process in self.processes().items() if process.pid() is not None}
            if not running:
                raise SandboxError(f"no sandbox runs in {self.root}: sandbox up")
            people = everyone(told["extra"])
            if "domain" in running:
                self._reset_domain(told)
            self._reset_definitions()
            if "tenant" in running:
                self._tenant_people(told, people)
                self._tenant_start_over(told)
                self.say("tenant: as it was seeded")
            if "exchange" in running:
                self._exchange_control(told).start_over()
                self.say("exchange: as it was seeded")

    def _reset_domain(self, told: Json) -> None:
        with self._admin(told) as door:
            changed = self._seed_domain(door, everyone(told["extra"]))
        self.say(f"domain: {changed} users put back")

    def _reset_definitions(self) -> None:
        shutil.rmtree(self.photos, ignore_errors=True)
        shutil.copytree(self._seeded / "photos", self.photos)

    def _make_pictures(self, people: list[Person]) -> None:
        """Make every picture once, because encoding them again takes longer than the rest of a reset."""
        write_definitions(people, self._seeded / "photos")
        for target in ("ad", "cloud"):
            (self._seeded / target).mkdir()
            for person in people:
                photo = held_photo(person, target)
                if photo is not None:
                    self._held(person, target).write_bytes(photo)

    def _held(self, person: Person, target: str) -> Path:
        """The file of the initial photo at a target ("ad" or "cloud"); it does not exist if there is no photo."""
        return self._seeded / target / f"{person.key}.jpg"

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.root / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    # -- parts

    def _foundations(self) -> Json:
        """CA, accounts' secrets, pictures: everything that is not a server. Made again if this code has changed."""
        told = self.told()
        made_by = _digest()
        if told.get("made_by") == made_by and told.get("extra") == self.extra:
            if self.bound:  # a run always begins with the seeded state
                self._reset_definitions()
            return told
        for process in self.processes().values():
            process.stop()
        for entry in ("ca", "dc", "tenant", "exchange", "photos", "seeded"):
            shutil.rmtree(self.root / entry, ignore_errors=True)
        self.file.unlink(missing_ok=True)
        people = everyone(self.extra)
        self._timed("portraits", lambda: portraits.fetch({face.partition("/")[0] for face in faces(people)}))
        self._timed("pictures", lambda: self._make_pictures(people))
        self._reset_definitions()
        (self.root / "team.photos.yml").write_text("---\nplugin: hybrid.photos.definitions\npath: photos\n")
        authority = Authority(self.root / "ca")
        dc = authority.server("dc", [controller.FQDN])
        web = authority.server("tenant", ["localhost", "127.0.0.1"])
        mail = authority.server("exchange", [EXCHANGE_FQDN])
        pfx_password = _password()
        crt, pem, pfx = authority.app("app", "hybrid.photos sandbox app", pfx_password)
        stranger = Authority(self.root / "ca" / "other", "Another Root CA")
        told = {
            "made_by": made_by,
            "root": str(self.root),
            "extra": self.extra,
            "ca_cert": str(authority.path),
            "other_ca_cert": str(stranger.path),
            "photos": str(self.photos),
            "inventory": str(self.root / "team.photos.yml"),
            "files": {
                "dc_cert": str(dc.cert), "dc_key": str(dc.key), "tenant_cert": str(web.cert),
                "tenant_key": str(web.key), "exchange_cert": str(mail.cert),
                "exchange_key": str(mail.key),
                "app_crt": str(crt), "app_pem": str(pem), "app_pfx": str(pfx),
                "app_pfx_password": pfx_password,
            },
            "people": [_public(person) for person in people],
        }  # fmt: skip
        _save(self.file, told)
        return told

    def _domain_up(self, told: Json) -> None:
        files = self.domain_files
        if "domain" in told:
            if self.processes()["domain"].pid() is None:
                controller.name_the_host()
                self._timed("domain started", lambda: controller.start(files, self.bound))
                if self.bound:
                    self._reset_domain(told)
            elif not controller.answers():
                raise SandboxError(f"the domain of {self.root} runs in another network: end it, or use another --dir")
            return
        Process(files.pid).stop()  # left by an interrupted start
        controller.check_ports()
        controller.name_the_host()
        told["domain"] = {
            "host": controller.FQDN,
            "uri": f"ldaps://{controller.FQDN}",
            "realm": controller.REALM,
            "base": controller.BASE,
            "people_ou": controller.PEOPLE_OU,
            "root": str(files.root),
            "log": str(files.log),
            "ca_cert": told["ca_cert"],
            "admin_username": f"administrator@{DOMAIN}",
            "admin_password": _password(),
            "username": WRITER,
            "password": _password(),
            "reader_username": READER,
            "reader_password": _password(),
            "krb5_conf": str(files.krb5_conf),
            "keytab": str(files.keytab),
            "principal": f"svc-photos@{controller.REALM}",
            "reader_principal": f"svc-reader@{controller.REALM}",
        }
        there = told["files"]
        self._timed(
            "domain provisioned",
            lambda: controller.provision(
                files, told["domain"]["admin_password"], Path(there["dc_cert"]), Path(there["dc_key"]),
                Path(told["ca_cert"]),
            ),
        )  # fmt: skip
        # Only the attribute for the place of a mailbox from Exchange's schema. Only tests write values.
        self._timed("schema extended", lambda: schema.extend(files, controller.HERE, [RECIPIENT_TYPE]))
        self._timed("domain started", lambda: controller.start(files, self.bound))
        self._timed("people of the domain", lambda: self._populate(told))
        _save(self.file, told)  # marks a complete domain: an incomplete one is made again

    def _populate(self, told: Json) -> None:
        files = self.domain_files
        with self._admin(told) as door:
            door.add_spn(f"ldap/{controller.FQDN}")
            door.add_ou()
            writer = door.add_account("svc-photos", told["domain"]["password"])
            door.add_account("svc-reader", told["domain"]["reader_password"])
            # Before the users are made, so that each of them inherits it.
            controller.allow_photo_writes(files, door.sid(writer))
            controller.export_keys(files, ["svc-photos", "svc-reader"])
            door.add_service(_EXCHANGE_ACCOUNT, _password(), f"HTTP/{EXCHANGE_FQDN}")
            controller.export_keys(files, [f"HTTP/{EXCHANGE_FQDN}"], files.exchange_keytab)
            self._seed_domain(door, everyone(self.extra))
        # A controller writes an account's first sign-in to lastLogonTimestamp, and the next one days later. After these
        # sign-ins, a run that writes nothing changes no entry. Tests rely on this.
        for account in ("", "reader_"):
            self._sign_in(told, f"{account}username", f"{account}password").close()

    @contextlib.contextmanager
    def _admin(self, told: Json) -> Iterator[Domain]:
        with contextlib.closing(self._sign_in(told, "admin_username", "admin_password")) as door:
            yield door

    def _sign_in(self, told: Json, username: str, password: str) -> Domain:
        domain = told["domain"]
        return Domain(domain["uri"], domain["base"], domain[username], domain[password], domain["ca_cert"],
                      self.domain_files.root)  # fmt: skip

    def _attributes(self, person: Person) -> dict[str, bytes | None]:
        """A person's seeded attributes in the domain, with the photo."""
        given, surname = person.names
        held = self._held(person, "ad")
        texts = {
            "userPrincipalName": person.identity, "displayName": person.display_name, "givenName": given, "sn": surname,
            "mail": person.address, "employeeID": person.employee_id,
        }  # fmt: skip
        return {
            **{name: value.encode() for name, value in texts.items()},
            "mS-DS-ConsistencyGuid": person.anchor,
            RECIPIENT_TYPE: None,
            "thumbnailPhoto": held.read_bytes() if held.exists() else None,
        }

    def _seed_domain(self, door: Domain, people: list[Person]) -> int:
        """Give the people's OU exactly these people, with these attributes. Return how many users were changed."""
        wanted = {_sam(person): self._attributes(person) for person in people if person.in_ad}
        names = ["sAMAccountName", *next(iter(wanted.values()))]
        found = {entry["sAMAccountName"][0].decode(): (dn, entry)
                 for dn, entry in door.search("(objectClass=user)", names, door.people_ou)}  # fmt: skip
        changed = 0
        for sam, (dn, _entry) in found.items():
            if sam not in wanted:
                door.delete(dn)
                changed += 1
        for sam, attributes in wanted.items():
            if sam not in found:
                door.add_user((attributes["userPrincipalName"] or b"").decode(), sam, None, **attributes)
                changed += 1
                continue
            dn, entry = found[sam]
            held = {name: (entry.get(name) or [None])[0] for name in attributes}
            differing = {name: value for name, value in attributes.items() if held[name] != value}
            if differing:
                door.replace(dn, differing)
                changed += 1
        return changed

    def _tenant_up(self, told: Json) -> None:
        if self.processes()["tenant"].pid() is not None:
            return
        if "tenant" not in told:
            self.tenant_folder.mkdir(exist_ok=True)
            told["tenant"] = self._registrations(told)
        self._timed("people of the tenant", lambda: self._tenant_people(told, everyone(self.extra)))
        self._timed("tenant started", lambda: self._tenant_start(told))
        _save(self.file, told)

    def _registrations(self, told: Json) -> Json:
        """Write tenant.json with every way to sign in. Return the values that tests need for each."""
        tenant_id, control_key = str(uuid.uuid4()), secrets.token_urlsafe(24)
        apps = {name: {"client_id": str(uuid.uuid4()), "secret": secrets.token_urlsafe(30), "roles": roles}
                for name, roles in _APPS.items()}  # fmt: skip
        issuer, subject = "https://issuer.photos.test", "system:serviceaccount:photos:sync"
        key = rsa.generate_private_key(65537, 2048)
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        now = datetime.datetime.now(datetime.UTC)
        claims = {"iss": issuer, "sub": subject, "aud": "api://AzureADTokenExchange", "iat": now, "nbf": now,
                  "exp": now + datetime.timedelta(days=30), "jti": str(uuid.uuid4())}  # fmt: skip
        token_file = write_secret(self.tenant_folder / "federated.jwt", jwt.encode(claims, key, "RS256"))
        identity = {"header": secrets.token_urlsafe(24), "roles": _APPS["photos"]}
        registered: list[Json] = [dict(app) for app in apps.values()]
        registered[0]["certificates"] = [Path(told["files"]["app_crt"]).read_text()]
        registered[0]["federated"] = {"issuer": issuer, "subject": subject, "public_key": public.decode()}
        config = {"tenant_id": tenant_id, "control_key": control_key, "apps": registered, "managed_identity": identity}
        _save(self.tenant_folder / "tenant.json", config)
        return {
            "tenant_id": tenant_id, "control_key": control_key, "apps": apps, "client_id": apps["photos"]["client_id"],
            "client_secret": apps["photos"]["secret"], "certificate_path": told["files"]["app_pem"],
            "pfx_path": told["files"]["app_pfx"], "pfx_password": told["files"]["app_pfx_password"],
            "federated_token_file": str(token_file), "managed_identity_header": identity["header"],
            "root": str(self.tenant_folder), "log": str(self.tenant_folder / "tenant.log"),
            "ca_cert": told["ca_cert"],
        }  # fmt: skip

    def _tenant_people(self, told: Json, people: list[Person]) -> None:
        guids = self._guids(told)
        entries = []
        for person in people:
            given, surname = person.names
            entry: Json = {
                "key": person.key, "display_name": person.display_name, "given_name": given, "surname": surname,
                "upn": person.identity, "cloud_upn": person.cloud_upn or None, "mail": person.address,
                "employee_id": person.employee_id, "object_id": person.object_id, "in_cloud": person.in_cloud,
                "mailbox": person.mailbox, "user_type": person.user_type, "sam": _sam(person),
                "immutable_id": immutable_id(person, guids.get(person.identity)),
            }  # fmt: skip
            if self._held(person, "cloud").exists():
                entry["cloud_photo"] = str(self._held(person, "cloud"))
            entries.append(entry)
        _save(self.tenant_folder / "people.json", entries)

    def _guids(self, told: Json) -> dict[str, bytes]:
        """Return objectGUIDs by userPrincipalName: the domain's, or invented ones if no domain runs."""
        if self.processes()["domain"].pid() is None:
            return {person.identity: uuid.uuid5(uuid.NAMESPACE_URL, person.identity).bytes_le
                    for person in everyone(self.extra)}  # fmt: skip
        with self._admin(told) as door:
            return door.guids()

    def _tenant_start(self, told: Json) -> None:
        tenant, there = told["tenant"], told["files"]
        ready = self.tenant_folder / "ready.json"
        ready.unlink(missing_ok=True)
        process, log = self.processes()["tenant"], Path(tenant["log"])
        command = [
            sys.executable, "-m", "tenant", "--state", str(self.tenant_folder), "--cert", there["tenant_cert"],
            "--key", there["tenant_key"], "--port", str(tenant.get("port", 0)), "--ready-file", str(ready),
        ]  # fmt: skip
        environment = {**os.environ, "PYTHONPATH": str(_HERE), "PYTHONDONTWRITEBYTECODE": "1"}
        process.start(command, log, env=environment, bound=self.bound)
        limit = time.monotonic() + 60
        while not ready.exists():
            if process.pid() is None:
                raise SandboxError(f"the tenant ended while starting:\n{tail(log)}")
            if time.monotonic() > limit:
                process.stop(kill=True)
                raise SandboxError(f"the tenant is not ready after 60 s:\n{tail(log)}")
            time.sleep(0.02)
        tenant["port"] = json.loads(ready.read_text())["port"]
        tenant["url"] = f"https://127.0.0.1:{tenant['port']}"

    def _tenant_start_over(self, told: Json) -> None:
        tenant = told["tenant"]
        with contextlib.closing(Control(tenant["url"], tenant["control_key"], tenant["ca_cert"])) as control:
            control.start_over()

    # -- the Exchange server

    def _exchange_up(self, told: Json) -> None:
        process, folder = self.processes()["exchange"], self.exchange_folder
        if process.pid() is not None:
            return
        folder.mkdir(exist_ok=True)
        controller.name_the_host(fqdn=EXCHANGE_FQDN)
        if "exchange" not in told:
            told["exchange"] = {
                "host": EXCHANGE_FQDN, "control_key": secrets.token_urlsafe(24), "root": str(folder),
                "log": str(folder / "exchange.log"), "ca_cert": told["ca_cert"],
                "username": f"svc-photos@{controller.REALM}", "password": told["domain"]["password"],
                "reader_username": f"svc-reader@{controller.REALM}",
                "reader_password": told["domain"]["reader_password"],
            }  # fmt: skip
        there = told["exchange"]
        accounts = [
            {"principal": there["username"], "role": "photos", "password": there["password"]},
            {"principal": there["reader_username"], "role": "reader", "password": there["reader_password"]},
        ]
        _save(folder / "exchange.json", {"control_key": there["control_key"], "accounts": accounts,
                                         "domain": str(self.root), "service": {"basic": True}})  # fmt: skip
        guids = self._guids(told)
        _save(folder / "mailboxes.json", [
            {"guid": str(uuid.UUID(bytes_le=guids[person.identity])), "upn": person.identity, "sam": _sam(person),
             "mail": person.address, "kind": person.recipient, "display_name": person.display_name}
            for person in everyone(self.extra) if person.in_ad
        ])  # fmt: skip
        _save(self.file, told)  # the server reads where the domain is
        self._timed("exchange started", lambda: self._exchange_start(told))
        _save(self.file, told)

    def _exchange_start(self, told: Json) -> None:
        there, folder, files = told["exchange"], self.exchange_folder, told["files"]
        ready, process = folder / "ready.json", self.processes()["exchange"]
        ready.unlink(missing_ok=True)
        command = [
            sys.executable, "-m", "exchange", "--state", str(folder), "--cert", files["exchange_cert"], "--key",
            files["exchange_key"], "--http-port", str(there.get("http_port", 0)), "--https-port",
            str(there.get("https_port", 0)), "--domain", str(self.root), "--ready-file", str(ready),
        ]  # fmt: skip
        environment = {
            **os.environ, "PYTHONPATH": str(_HERE), "PYTHONDONTWRITEBYTECODE": "1",
            "KRB5_CONFIG": str(self.domain_files.krb5_conf), "KRB5_KTNAME": str(self.domain_files.exchange_keytab),
        }  # fmt: skip
        process.start(command, Path(there["log"]), env=environment, bound=self.bound)
        limit = time.monotonic() + 60
        while not ready.exists():
            if process.pid() is None:
                raise SandboxError(f"the Exchange server ended while starting:\n{tail(Path(there['log']))}")
            if time.monotonic() > limit:
                process.stop(kill=True)
                raise SandboxError(f"the Exchange server is not ready after 60 s:\n{tail(Path(there['log']))}")
            time.sleep(0.02)
        about = json.loads(ready.read_text())
        there |= {"http_port": about["http_port"], "https_port": about["https_port"],
                  "control_url": f"http://127.0.0.1:{about['http_port']}"}  # fmt: skip

    def _exchange_control(self, told: Json) -> ExchangeControl:
        return ExchangeControl(told["exchange"]["control_url"], told["exchange"]["control_key"])

    # -- for other programs

    def environment(self, told: Json) -> dict[str, str]:
        """Return the environment variables with which a playbook connects."""
        found = {"HYBRID_PHOTOS_SANDBOX": str(self.root)}
        if "domain" in told:
            domain = told["domain"]
            found |= {
                "HYBRID_PHOTOS_AD_SERVER": domain["host"],
                "HYBRID_PHOTOS_AD_USERNAME": domain["username"],
                "HYBRID_PHOTOS_AD_PASSWORD": domain["password"],
                "HYBRID_PHOTOS_AD_CA_CERT": domain["ca_cert"],
                "KRB5_CONFIG": domain["krb5_conf"],
            }
        if "url" in told.get("tenant", {}):
            tenant = told["tenant"]
            found |= {
                "AZURE_TENANT_ID": tenant["tenant_id"],
                "AZURE_CLIENT_ID": tenant["client_id"],
                "AZURE_CLIENT_SECRET": tenant["client_secret"],
                "AZURE_AUTHORITY_HOST": tenant["url"],
                "HYBRID_PHOTOS_GRAPH_URL": tenant["url"],
                "HYBRID_PHOTOS_GRAPH_CA_CERT": tenant["ca_cert"],
            }
        if "control_url" in told.get("exchange", {}):
            exchange = told["exchange"]
            found |= {
                "HYBRID_PHOTOS_EXCHANGE_SERVER": exchange["host"],
                "HYBRID_PHOTOS_EXCHANGE_PORT": str(exchange["http_port"]),
                "HYBRID_PHOTOS_EXCHANGE_USERNAME": exchange["username"],
                "HYBRID_PHOTOS_EXCHANGE_PASSWORD": exchange["password"],
            }
        return found

    def _write_env(self, told: Json) -> None:
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in self.environment(told).items()]
        write_secret(self.root / "env.sh", "".join(lines))

    def _timed(self, what: str, work: Callable[[], Any]) -> None:
        began = time.monotonic()
        work()
        self.say(f"{what} ({time.monotonic() - began:.1f} s)")


def _digest() -> str:
    """A digest of this code, so that a state folder of older code is recognized."""
    files = [path for folder in (_HERE, _HERE / "domain", _HERE / "exchange") for path in folder.glob("*.py")]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(files))).hexdigest()[:16]


def _public(person: Person) -> Json:
    """The data of a person for tests."""
    return {**vars(person), "identity": person.identity, "mail": person.address, "object_id": person.object_id,
            "employee_id": person.employee_id, "sam": _sam(person)}  # fmt: skip


def _sam(person: Person) -> str:
    return person.key[:20]
