# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provisions, starts and stops the sandbox's domain controller: Samba's AD DC from Debian's packages."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ca import write_secret
from processes import Process, SandboxError, tail

REALM = "PHOTOS.TEST"
NETBIOS = "PHOTOS"
HOST = "dc1"
FQDN = "dc1.photos.test"
BASE = "DC=photos,DC=test"
PEOPLE_OU = f"OU=People,{BASE}"
PORTS = (88, 389, 636)
_ALL_PORTS = (*PORTS, 135, 464, 3268, 3269)
# Samba has Unix sockets below its folder, and the kernel allows at most 107 bytes for a socket's path.
_LONGEST_FOLDER = 72
# GUIDs of Microsoft's schema: the attribute thumbnailPhoto, the class user.
_THUMBNAIL_PHOTO = "8d3bca50-1d7e-11d0-a081-00aa006c33ed"
_USER_CLASS = "bf967aba-0de6-11d0-a285-00aa003049e2"


@dataclass(frozen=True)
class Place:
    """Which domain, and where its controller is. ``enter``: the command that enters the controller's network."""

    realm: str = REALM
    netbios: str = NETBIOS
    host: str = HOST
    address: str = "127.0.0.1"
    interfaces: str = "lo"
    #: Addresses of all controllers of the domain, for Kerberos.
    kdcs: tuple[str, ...] = ("127.0.0.1",)
    enter: tuple[str, ...] = ()
    services: str = "ldap, cldap, kdc, rpc, drepl"

    @property
    def domain(self) -> str:
        """The domain's DNS name."""
        return self.realm.lower()

    @property
    def fqdn(self) -> str:
        """The controller's full name."""
        return f"{self.host}.{self.domain}"

    @property
    def base(self) -> str:
        """The domain as a distinguished name."""
        return ",".join(f"DC={part}" for part in self.domain.split("."))


HERE = Place()


@dataclass(frozen=True)
class Files:
    """Where the parts of a controller are in the state folder."""

    root: Path

    @property
    def samba(self) -> Path:
        """Samba's own databases."""
        return self.root / "samba"

    @property
    def conf(self) -> Path:
        """Samba's settings; /etc/samba is never used."""
        return self.root / "smb.conf"

    @property
    def krb5_conf(self) -> Path:
        """Kerberos settings for clients (KRB5_CONFIG)."""
        return self.root / "krb5.conf"

    @property
    def log(self) -> Path:
        """Samba's log."""
        return self.root / "samba.log"

    @property
    def pid(self) -> Path:
        """The pid file of the controller."""
        return self.root / "samba.pid"

    @property
    def keytab(self) -> Path:
        """Keys of the service accounts."""
        return self.root / "accounts.keytab"

    @property
    def exchange_keytab(self) -> Path:
        """The key of the Exchange server's web service."""
        return self.root / "exchange.keytab"


_SMB_CONF = """\
[global]
    netbios name = {host}
    realm = {realm}
    workgroup = {netbios}
    server role = active directory domain controller
    server services = {services}
    interfaces = {interfaces}
    bind interfaces only = yes
    private dir = {samba}/private
    state directory = {samba}/state
    cache directory = {samba}/cache
    lock directory = {samba}
    pid directory = {samba}
    ncalrpc dir = {samba}/ncalrpc
    binddns dir = {samba}/bind-dns
    ntp signd socket directory = {samba}/ntp
    winbindd socket directory = {samba}/winbindd
    log file = {log}
    logging = file
    max log size = 0
    # As AD: inside TLS a Kerberos bind need not sign or seal; simple binds still need TLS.
    ldap server require strong auth = allow_sasl_over_tls
    # Nothing here has to outlive a power cut; without waiting for the disk, users are made many times faster.
    ldb:nosync = yes
    tls enabled = yes
    tls certfile = {cert}
    tls keyfile = {key}
    tls cafile = {ca}

[sysvol]
    path = {samba}/state/sysvol
    read only = no

[netlogon]
    path = {samba}/state/sysvol/{domain}/scripts
    read only = no
"""

_KRB5_CONF = """\
[libdefaults]
    default_realm = {realm}
    dns_lookup_realm = false
    dns_lookup_kdc = false
    dns_canonicalize_hostname = false
    rdns = false
    # Loopback has no packet loss, and one transport less to wait for.
    udp_preference_limit = 1
[realms]
    {realm} = {{
{kdcs}
    }}
[domain_realm]
    .{domain} = {realm}
"""


def check_machine(root: Path) -> None:
    """Raise SandboxError that names what is missing on this machine, before anything is made."""
    if os.geteuid() != 0:
        raise SandboxError("the domain controller needs root: its ports (88, 389, 636) are fixed and below 1024")
    missing = [tool for tool in ("samba", "samba-tool") if shutil.which(tool) is None]
    if missing or not Path("/usr/share/samba/setup/provision.ldif").exists():
        raise SandboxError(
            f"Samba is not complete on this machine ({', '.join(missing) or 'samba-ad-provision'} missing): "
            "apt-get install the packages of tests/sandbox/apt.txt"
        )
    if len(str(root)) > _LONGEST_FOLDER:
        raise SandboxError(f"{root} is too long a path for Samba's sockets (at most {_LONGEST_FOLDER}): use --dir")


def check_ports() -> None:
    """Refuse to start if another directory server runs, because the ports are fixed."""
    for port in _ALL_PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as err:
                raise SandboxError(
                    f"port {port} is taken ({err.strerror}), by another sandbox or another server. A domain's ports "
                    "are fixed, so one domain at a time: stop it, or use a network of its own: "
                    "sandbox run --netns -- COMMAND"
                ) from err


def answers() -> bool:
    """Can a controller be reached from here?"""
    try:
        socket.create_connection(("127.0.0.1", PORTS[-1]), timeout=2).close()
    except OSError:
        return False
    return True


def name_the_host(hosts: Path = Path("/etc/hosts"), fqdn: str = FQDN) -> None:
    """Add the controller's name (or another name) for 127.0.0.1 to the hosts file, if it is not there."""
    with hosts.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # two sandboxes may start at once
        text = file.read()
        if any(fqdn in line.partition("#")[0].split()[1:] for line in text.splitlines()):
            return
        end = "" if not text or text.endswith("\n") else "\n"
        file.write(f"{end}127.0.0.1 {fqdn} {fqdn.partition('.')[0]} # hybrid.photos sandbox\n")


def _tool(files: Files, *arguments: str, place: Place = HERE) -> str:
    return tool(files, "samba-tool", *arguments, place=place)


def tool(files: Files, *command: str, place: Place = HERE) -> str:
    """Run one of Samba's programs in the controller's network. Raises SandboxError with its output."""
    # Samba's bindings are in the system's Python, so the settings of a virtual environment are removed.
    env = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(files.root),
        "KRB5_CONFIG": str(files.krb5_conf),
    }  # fmt: skip
    done = subprocess.run(
        [*place.enter, *command], capture_output=True, text=True, check=False, env=env, stdin=subprocess.DEVNULL
    )
    with files.log.open("a") as log:
        log.write(done.stdout + done.stderr)
    if done.returncode != 0:
        lines = (done.stdout + done.stderr).strip().splitlines() or ["no message"]
        said = next((line for line in lines if line.startswith("ERROR")), lines[-1])
        raise SandboxError(f"{' '.join(command[:3])} failed: {said} (see {files.log})")
    return done.stdout


def provision(files: Files, admin_password: str, cert: Path, key: Path, ca: Path, place: Place = HERE) -> None:
    """Make a new domain in the state folder (about three seconds)."""
    configure(files, cert, key, ca, place)
    _tool(
        files, "domain", "provision", f"--configfile={files.conf}", f"--realm={place.realm}",
        f"--domain={place.netbios}", f"--host-name={place.host}", "--server-role=dc", "--dns-backend=NONE",
        f"--adminpass={admin_password}", f"--host-ip={place.address}", f"--option=interfaces={place.interfaces}",
        "--option=bind interfaces only=yes", place=place,
    )  # fmt: skip


def join(files: Files, admin_password: str, cert: Path, key: Path, ca: Path, place: Place, first: Place) -> None:
    """Make another controller of the domain of `first`, which must run (about seven seconds)."""
    configure(files, cert, key, ca, place)
    _tool(
        files, "domain", "join", place.domain, "DC", f"--configfile={files.conf}", f"--server={first.fqdn}",
        f"--username=administrator@{place.realm}", f"--password={admin_password}", "--dns-backend=NONE", place=place,
    )  # fmt: skip


def configure(files: Files, cert: Path, key: Path, ca: Path, place: Place) -> None:
    """Write the settings of a new controller to an empty folder."""
    shutil.rmtree(files.samba, ignore_errors=True)
    files.root.mkdir(parents=True, exist_ok=True)
    files.conf.write_text(
        _SMB_CONF.format(
            host=place.host.upper(),
            realm=place.realm,
            netbios=place.netbios,
            domain=place.domain,
            interfaces=place.interfaces,
            services=place.services,
            samba=files.samba,
            log=files.log,
            cert=cert,
            key=key,
            ca=ca,
        )
    )
    files.krb5_conf.write_text(krb5_conf([place], place.realm))
    for folder in ("private", "state", "cache", "ncalrpc"):
        (files.samba / folder).mkdir(parents=True, mode=0o755)
    (files.samba / "private").chmod(0o700)


def krb5_conf(places: Sequence[Place], default_realm: str) -> str:
    """Kerberos settings for the realms of these controllers."""
    head, _realms, rest = _KRB5_CONF.partition("[realms]\n")
    realm, _names, name = rest.partition("[domain_realm]\n")
    of_realm = {place.realm: place for place in places}.values()
    kdcs = {place.realm: "\n".join(f"        kdc = {address}" for address in place.kdcs) for place in of_realm}
    realms = [realm.format(realm=place.realm, kdcs=kdcs[place.realm]) for place in of_realm]
    names = [name.format(realm=place.realm, domain=place.domain) for place in of_realm]
    return "".join([head.format(realm=default_realm), "[realms]\n", *realms, "[domain_realm]\n", *names])


def start(files: Files, bound: bool = False, patience: float = 20.0, place: Place = HERE) -> int:
    """Start the provisioned controller, and return its pid when its ports answer."""
    process = Process(files.pid)
    running = process.pid()
    if running is not None:
        return running
    if not place.enter:
        check_ports()
    # One process for all services: what is started is what is stopped, and SIGKILL leaves nothing behind.
    command = [*place.enter, "samba", "--interactive", "--model=single", f"--configfile={files.conf}"]
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "KRB5_CONFIG": str(files.krb5_conf), "LC_ALL": "C.UTF-8"}
    pid = process.start(command, files.log, env=env, bound=bound)
    limit = time.monotonic() + patience
    waiting = list(PORTS)
    while waiting:
        if process.pid() is None:
            raise SandboxError(f"samba ended while starting:\n{tail(files.log)}")
        if time.monotonic() > limit:
            process.stop(kill=True)
            raise SandboxError(f"samba does not answer on ports {waiting} after {patience:.0f} s:\n{tail(files.log)}")
        try:
            socket.create_connection((place.address, waiting[0]), timeout=1).close()
            waiting.pop(0)
        except OSError:
            time.sleep(0.02)
    return pid


def stop(files: Files, kill: bool = False) -> bool:
    """Stop the controller; `kill`: with SIGKILL."""
    return Process(files.pid).stop(kill=kill)


def allow_photo_writes(files: Files, account_sid: str, ou: str = PEOPLE_OU, place: Place = HERE) -> None:
    """Let an account write thumbnailPhoto, and nothing else, on users below an OU.

    The same as `dsacls "OU=People,DC=photos,DC=test" /I:S /G "PHOTOS\\svc-photos:WP;thumbnailPhoto;user"`.
    """
    ace = f"(OA;CIIO;WP;{_THUMBNAIL_PHOTO};{_USER_CLASS};{account_sid})"
    _tool(
        files, "dsacl", "set", f"--configfile={files.conf}", f"--objectdn={ou}", f"--sddl={ace}",
        "-H", str(files.samba / "private" / "sam.ldb"), place=place,
    )  # fmt: skip


def export_keys(files: Files, accounts: list[str], keytab: Path | None = None) -> None:
    """Write the accounts' Kerberos keys into the keytab."""
    keytab = keytab or files.keytab
    write_secret(keytab, b"")
    keytab.unlink()
    for account in accounts:
        _tool(files, "domain", "exportkeytab", str(keytab), f"--configfile={files.conf}", f"--principal={account}")
    keytab.chmod(0o600)
