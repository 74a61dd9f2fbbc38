# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a domain controller is reached and signed in to: the options, and what can be said about them offline."""

from __future__ import annotations

import ssl
import typing as t
from dataclasses import dataclass, field

from ansible.module_utils.basic import env_fallback

from .._core.model import PhotoError

TlsMode = t.Literal["ldaps", "start_tls", "none"]
AuthProtocol = t.Literal["simple", "kerberos"]
CertValidation = t.Literal["always", "ignore_hostname", "ignore"]

#: The Global Catalog answers here, and thumbnailPhoto is not in it.
GLOBAL_CATALOG_PORTS = (3268, 3269)


def directory_argument_spec() -> dict[str, t.Any]:
    """The connection options of every ``ad_*`` module; documented in the doc fragment ``directory``."""
    return {
        "server": {"type": "str", "required": True, "fallback": (env_fallback, ["HYBRID_PHOTOS_AD_SERVER"])},
        "port": {"type": "int"},
        "tls_mode": {
            "type": "str",
            "choices": ["ldaps", "start_tls", "none"],
            "default": "ldaps",
            "fallback": (env_fallback, ["HYBRID_PHOTOS_AD_TLS_MODE"]),
        },
        "auth_protocol": {
            "type": "str",
            "choices": ["simple", "kerberos"],
            "default": "simple",
            "fallback": (env_fallback, ["HYBRID_PHOTOS_AD_AUTH_PROTOCOL"]),
        },
        "username": {"type": "str", "fallback": (env_fallback, ["HYBRID_PHOTOS_AD_USERNAME"])},
        "password": {"type": "str", "no_log": True, "fallback": (env_fallback, ["HYBRID_PHOTOS_AD_PASSWORD"])},
        "ca_cert": {"type": "path", "fallback": (env_fallback, ["HYBRID_PHOTOS_AD_CA_CERT"])},
        "cert_validation": {
            "type": "str",
            "choices": ["always", "ignore_hostname", "ignore"],
            "default": "always",
        },
        "search_base": {"type": "str", "fallback": (env_fallback, ["HYBRID_PHOTOS_AD_SEARCH_BASE"])},
        "timeout": {"type": "int", "default": 30},
    }


@dataclass(frozen=True, slots=True)
class DirectoryOptions:
    """The options as values. ``port`` None: the usual one of ``tls_mode``. ``timeout`` in seconds, for each answer."""

    server: str
    port: int | None = None
    tls_mode: TlsMode = "ldaps"
    auth_protocol: AuthProtocol = "simple"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_cert: str | None = None
    cert_validation: CertValidation = "always"
    search_base: str | None = None
    timeout: int = 30

    @classmethod
    def from_params(cls, params: t.Mapping[str, t.Any]) -> DirectoryOptions:
        """From a module's parameters, which may hold more than these; an empty text counts as not given."""
        given = {name: params.get(name) for name in cls.__dataclass_fields__}
        return cls(
            **{name: value for name, value in given.items() if value not in (None, "")}
            | {"server": given["server"] or ""}
        )

    @property
    def effective_port(self) -> int:
        """The port that is connected to."""
        return self.port if self.port is not None else (636 if self.tls_mode == "ldaps" else 389)

    @property
    def place(self) -> str:
        """``host:port`` for messages."""
        return f"{self.host_in_uri}:{self.effective_port}"

    @property
    def host_in_uri(self) -> str:
        """The host as a URI has it: an IPv6 address in brackets."""
        return f"[{self.server}]" if ":" in self.server else self.server

    def validate(self) -> None:
        """What is wrong before anybody is asked. Raises PhotoError that names the option and says what to do."""
        self._validate_place()
        self._validate_sign_in()
        if self.tls_mode != "none" and self.ca_cert and self.cert_validation != "ignore":
            self._validate_ca_cert(self.ca_cert)

    def _validate_place(self) -> None:
        server = self.server.strip()
        if not server:
            raise PhotoError(
                "server is not given: name a domain controller of the users' domain, in the option or in the "
                "environment variable HYBRID_PHOTOS_AD_SERVER"
            )
        if "://" in server:
            raise PhotoError(
                f"server {server!r} is a URL: give the host name alone; tls_mode says how (ldaps, start_tls, none) "
                "and port says where"
            )
        host, colon, port = server.rpartition(":")
        if colon and ":" not in host and port.isdigit():
            raise PhotoError(f"server {server!r} carries a port: give {host!r} as server and {port} as port")
        if server != self.server or any(c.isspace() or c in "/@[],?%" or not c.isprintable() for c in server):
            raise PhotoError(f"server {self.server!r} is not a host name: give the one domain controller's DNS name")
        if self.port is not None and not 0 < self.port < 65536:
            raise PhotoError(f"port {self.port} is not a port: 636 is LDAPS, 389 is StartTLS and Kerberos without TLS")
        if self.effective_port in GLOBAL_CATALOG_PORTS:
            raise PhotoError(
                f"port {self.effective_port} is the Global Catalog, and thumbnailPhoto is not in it: use 636 or 389 "
                "of a domain controller of the users' own domain"
            )
        if self.timeout <= 0:
            raise PhotoError(f"timeout {self.timeout} must be at least one second")

    def _validate_sign_in(self) -> None:
        if self.auth_protocol == "simple":
            if self.tls_mode == "none":
                raise PhotoError(
                    "tls_mode none with auth_protocol simple would send the password in clear text: use tls_mode "
                    "ldaps or start_tls, or auth_protocol kerberos, which signs and seals"
                )
            if not self.username or not self.password:
                missing = " and ".join(name for name in ("username", "password") if not getattr(self, name))
                raise PhotoError(
                    f"auth_protocol simple needs {missing} (without, a directory takes the bind for an anonymous "
                    "one): give it in the option or in HYBRID_PHOTOS_AD_USERNAME and HYBRID_PHOTOS_AD_PASSWORD, or "
                    "use auth_protocol kerberos with a ticket"
                )
            if "\0" in self.username or "\0" in self.password:
                raise PhotoError("username or password contains a NUL character: no directory account has that")
            return
        if bool(self.username) != bool(self.password):
            raise PhotoError(
                "auth_protocol kerberos takes username and password together (a ticket is then fetched for this run "
                "alone) or neither (the ticket or client keytab that is there is used)"
            )
        if self.username and ("\\" in self.username or "=" in self.username or self.username.startswith("-")):
            raise PhotoError(
                f"username {self.username!r} is no Kerberos principal: give it as name@EXAMPLE.COM, or as a name alone "
                "in the default realm"
            )

    @staticmethod
    def _validate_ca_cert(path: str) -> None:
        try:
            ssl.create_default_context(cafile=path)
        except ssl.SSLError as error:
            raise PhotoError(f"ca_cert {path} holds no certificate in PEM form ({error.reason or error})") from error
        except OSError as error:
            raise PhotoError(
                f"ca_cert {path} cannot be read ({error.strerror}): it is a PEM file on the host that runs the module"
            ) from error
