# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How to reach and sign in to a domain controller: the options, and their offline checks."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field, replace

from .._core.model import PhotoError
from .._core.option_names import with_environment
from .._core.tls import check_ca_cert
from .._core.wording import ENVIRONMENT_STAYS

TlsMode = t.Literal["ldaps", "start_tls", "none"]
AuthProtocol = t.Literal["simple", "kerberos"]
CertValidation = t.Literal["always", "ignore_hostname", "ignore"]

#: The Global Catalog answers here, and thumbnailPhoto is not in it.
GLOBAL_CATALOG_PORTS = (3268, 3269)
#: For messages.
CA_CERT, SEARCH_BASE = with_environment("ca_cert", "ad"), with_environment("search_base", "ad")
SERVER, TLS_MODE = with_environment("server", "ad"), with_environment("tls_mode", "ad")
USERNAME, PASSWORD = with_environment("username", "ad"), with_environment("password", "ad")


_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_DOMAIN = re.compile(rf"{_LABEL.pattern}(?:\.{_LABEL.pattern})*")


def _texts(given: t.Any) -> tuple[str, ...]:
    """A text or a list of texts, without those that are empty."""
    many = [given] if isinstance(given, str) else given or ()
    return tuple(text for one in many if one is not None and (text := str(one).strip(" ")))


def domain_of_host(host: str, domains: t.Sequence[str]) -> str | None:
    """The domain that a host's full name ends with; of several, the longest."""
    fitting = [domain for domain in domains if host.lower().endswith(f".{domain}")]
    return max(fitting, key=len, default=None)


def _validate_server(server: str) -> None:
    if "://" in server:
        raise PhotoError(
            f"server {server!r} is a URL: give the host name alone; tls_mode says how (ldaps, start_tls, none) "
            "and port says where"
        )
    host, colon, port = server.rpartition(":")
    if colon and ":" not in host and port.isdigit():
        raise PhotoError(f"server {server!r} carries a port: give {host!r} as server and {port} as port")
    if not server or any(c.isspace() or c in "/@[],?%" or not c.isprintable() for c in server):
        raise PhotoError(f"server {server!r} is not a host name: give a domain controller's DNS name")


@dataclass(frozen=True, slots=True)
class DirectoryOptions:
    """The options as values. ``port`` None: the usual one of ``tls_mode``. ``timeout`` in seconds, for each answer.

    ``server`` is the controller in use; ``servers`` are those that were named, in order of preference. Without any, the
    controllers of ``domains`` are looked up in DNS.
    """

    server: str = ""
    port: int | None = None
    tls_mode: TlsMode = "ldaps"
    auth_protocol: AuthProtocol = "simple"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_cert: str | None = None
    cert_validation: CertValidation = "always"
    search_base: str | None = None
    timeout: int = 30
    servers: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    site: str | None = None
    #: What messages put before the names of options: the prefix of a role's variables.
    option_prefix: str = ""

    @classmethod
    def from_params(cls, params: t.Mapping[str, t.Any]) -> DirectoryOptions:
        """From a module's parameters, which may hold more than these; an empty text counts as not given.

        ``server`` and ``domain`` may each be a text or a list of texts.
        """
        given = {name: params.get(name) for name in cls.__dataclass_fields__ if name not in ("servers", "domains")}
        servers = _texts(params.get("server"))
        domains = tuple(domain.strip().rstrip(".").lower() for domain in _texts(params.get("domain")))
        given |= {"server": servers[0] if servers else "", "servers": servers, "domains": domains}
        return cls(**{name: value for name, value in given.items() if value not in (None, "")})

    @property
    def candidates(self) -> tuple[str, ...]:
        """The controllers that were named, in order of preference; none: they are looked up in DNS."""
        return self.servers or ((self.server,) if self.server else ())

    @property
    def domain(self) -> str:
        """The only domain that was named, or an empty text."""
        return self.domains[0] if len(self.domains) == 1 else ""

    @property
    def is_configured(self) -> bool:
        """Was a controller or a domain named at all?"""
        return bool(self.candidates or self.domains)

    def at(self, server: str) -> DirectoryOptions:
        """The same at one controller, whose name Kerberos and the certificate must then carry."""
        return replace(self, server=server)

    def each_domain(self) -> list[DirectoryOptions]:
        """The options for each domain by itself, with the controllers that were named for it."""
        if len(self.domains) < 2:
            return [self]
        made = []
        for domain in self.domains:
            servers = tuple(s for s in self.candidates if domain_of_host(s, self.domains) == domain)
            made.append(replace(self, domains=(domain,), servers=servers, server=servers[0] if servers else ""))
        return made

    @property
    def effective_port(self) -> int:
        """The port that is connected to."""
        return self.port if self.port is not None else (636 if self.tls_mode == "ldaps" else 389)

    @property
    def place(self) -> str:
        """``host:port`` for messages; the domain while no controller is known."""
        if not self.server:
            return f"domain {', '.join(self.domains)}"
        return f"{self.host_in_uri}:{self.effective_port}"

    @property
    def host_in_uri(self) -> str:
        """The host as a URI has it: an IPv6 address in brackets."""
        return f"[{self.server}]" if ":" in self.server else self.server

    def validate(self) -> None:
        """Check without network. Raises PhotoError that names the option and says what to do."""
        self._validate_place()
        self._validate_sign_in()
        if self.tls_mode != "none" and self.ca_cert and self.cert_validation != "ignore":
            check_ca_cert(self.ca_cert, CA_CERT)

    def _validate_place(self) -> None:
        if not self.is_configured:
            raise PhotoError(
                "server is not given: name one domain controller or more of the users' domain in it (or in the "
                "environment variable HYBRID_PHOTOS_AD_SERVER), or name the domain in domain "
                "(HYBRID_PHOTOS_AD_DOMAIN), and its controllers are looked up in DNS; " + ENVIRONMENT_STAYS
            )
        for server in self.candidates:
            _validate_server(server)
        self._validate_domains()
        if self.port is not None and not 0 < self.port < 65536:
            raise PhotoError(f"port {self.port} is not a port: 636 is LDAPS, 389 is StartTLS and Kerberos without TLS")
        if self.effective_port in GLOBAL_CATALOG_PORTS:
            raise PhotoError(
                f"port {self.effective_port} is the Global Catalog, and thumbnailPhoto is not in it: use 636 or 389 "
                "of a domain controller of the users' own domain"
            )
        if self.timeout <= 0:
            raise PhotoError(f"timeout {self.timeout} must be at least one second")

    def _validate_domains(self) -> None:
        for domain in self.domains:
            if not _DOMAIN.fullmatch(domain):
                raise PhotoError(f"domain {domain!r} is not a domain's DNS name: give it as corp.example.com")
        if len(set(self.domains)) < len(self.domains):
            raise PhotoError(f"domain names one domain twice: {', '.join(self.domains)}")
        if self.site is not None and not _LABEL.fullmatch(self.site):
            raise PhotoError(f"site {self.site!r} is not the name of a site: letters, digits and hyphens, 63 at most")
        if self.site and (self.candidates or not self.domains):
            raise PhotoError(
                f"site {self.site} decides which controllers are looked up first, but with server, or without domain, "
                "none are looked up: leave server out and name domain, or leave site out"
            )
        if len(self.domains) < 2:
            return
        if self.search_base:
            raise PhotoError(
                f"{SEARCH_BASE} {self.search_base!r} is a part of one domain, and domain names {len(self.domains)}: "
                "leave search_base out, or run once for each domain"
            )
        for server in self.candidates:
            if domain_of_host(server, self.domains) is None:
                raise PhotoError(
                    f"server {server!r} is in none of the domains {', '.join(self.domains)} by its name: give its full "
                    "host name (dc1.corp.example.com), or leave server out, and DNS is asked for the controllers"
                )

    def _validate_sign_in(self) -> None:
        if self.auth_protocol == "simple":
            if self.tls_mode == "none":
                raise PhotoError(
                    "tls_mode none with auth_protocol simple would send the password in clear text: use tls_mode "
                    "ldaps or start_tls, or auth_protocol kerberos, which signs and seals"
                )
            if not self.username or not self.password:
                given = {USERNAME: self.username, PASSWORD: self.password}
                missing = " and ".join(name for name, value in given.items() if not value)
                raise PhotoError(
                    f"auth_protocol simple needs {missing} (without, a directory takes the bind for an anonymous "
                    "one): give it in the option or in the environment variable, or "
                    "use auth_protocol kerberos with a ticket; " + ENVIRONMENT_STAYS
                )
            if "\0" in self.username or "\0" in self.password:
                raise PhotoError(f"{USERNAME} or {PASSWORD} contains a NUL character: no directory account has that")
            return
        if bool(self.username) != bool(self.password):
            raise PhotoError(
                f"auth_protocol kerberos needs {USERNAME} and {PASSWORD} together (to get a ticket for this run "
                "only) or neither of them (to use an existing ticket or client keytab)"
            )
        if self.username and ("\\" in self.username or "=" in self.username or self.username.startswith("-")):
            raise PhotoError(
                f"{USERNAME} {self.username!r} is not a Kerberos principal: give it as name@EXAMPLE.COM, or "
                "a name alone in the default realm"
            )
