# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options for the connection and sign-in to an Exchange server, and their check without a connection."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from .._core.model import PhotoError
from .._core.option_names import with_environment
from .._core.tls import check_ca_cert
from .._core.wording import ENVIRONMENT_STAYS

TlsMode = t.Literal["https", "http"]
AuthProtocol = t.Literal["kerberos", "basic"]
CertValidation = t.Literal["always", "ignore_hostname", "ignore"]

#: How many remote PowerShell sessions an account may have at a time by default (PowerShellMaxConcurrency).
MOST_SESSIONS = 18
#: The option and its environment variable, for messages.
CA_CERT = with_environment("ca_cert", "exchange")
SERVER = with_environment("server", "exchange")
USERNAME, PASSWORD = with_environment("username", "exchange"), with_environment("password", "exchange")
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9_])?")
_ADDRESS = re.compile(r"[0-9.]+|.*:.*")


@dataclass(frozen=True, slots=True)
class ExchangeOptions:
    """The options as values. ``port`` None: 443 for https, 80 for http. ``timeout`` in seconds, for each answer."""

    server: str = ""
    port: int | None = None
    tls_mode: TlsMode = "http"
    auth_protocol: AuthProtocol = "kerberos"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_cert: str | None = None
    cert_validation: CertValidation = "always"
    domain_controller: str | None = None
    timeout: int = 30
    concurrency: int = 5
    #: The prefix before option names in messages, for the variables of a role.
    option_prefix: str = ""

    @classmethod
    def from_params(cls, params: t.Mapping[str, t.Any]) -> ExchangeOptions:
        """From a module's parameters, which may have other keys, too. An empty text counts as not given."""
        given = {name: params.get(name) for name in cls.__dataclass_fields__}
        return cls(**{name: value for name, value in given.items() if value not in (None, "")})

    @property
    def is_configured(self) -> bool:
        """Was a server given?"""
        return bool(self.server)

    @property
    def effective_port(self) -> int:
        """The port for the connection."""
        return self.port if self.port is not None else (443 if self.tls_mode == "https" else 80)

    @property
    def place(self) -> str:
        """The address for messages."""
        return f"{self.tls_mode}://{self.server}:{self.effective_port}/PowerShell/"

    @property
    def authority(self) -> str:
        """The authority of receipts: the server's DNS domain. An Exchange organization belongs to one forest."""
        return self.server.partition(".")[2].lower()

    def validate(self) -> None:
        """Check the options without a connection. Raises PhotoError that names the option and says what to do."""
        self._validate_place()
        self._validate_sign_in()
        if self.tls_mode == "https" and self.ca_cert and self.cert_validation != "ignore":
            check_ca_cert(self.ca_cert, CA_CERT)

    def _validate_place(self) -> None:
        if not self.server:
            raise PhotoError(
                "server is not given: name one Exchange server in it, or in the environment variable "
                "HYBRID_PHOTOS_EXCHANGE_SERVER; " + ENVIRONMENT_STAYS
            )
        if "://" in self.server or "/" in self.server:
            raise PhotoError(
                f"server {self.server!r} is a URL: give the host name alone; tls_mode says how (https, http) and port "
                "says where"
            )
        host, colon, port = self.server.rpartition(":")
        if colon and ":" not in host and port.isdigit():
            raise PhotoError(f"server {self.server!r} carries a port: give {host!r} as server and {port} as port")
        if _ADDRESS.fullmatch(self.server) or not _HOST.fullmatch(self.server) or "." not in self.server:
            raise PhotoError(
                f"server {self.server!r} is not the full DNS name of a host: give the Exchange server's own name, such "
                "as ex1.corp.example.com. Kerberos and the receipts need it"
            )
        if self.port is not None and not 0 < self.port < 65536:
            raise PhotoError(f"port (HYBRID_PHOTOS_EXCHANGE_PORT) {self.port} is not a port: 80 is http, 443 is https")
        if self.timeout <= 0:
            raise PhotoError(f"timeout {self.timeout} must be at least one second")
        if not 0 < self.concurrency <= MOST_SESSIONS:
            raise PhotoError(
                f"concurrency {self.concurrency} is not from 1 to {MOST_SESSIONS}, which is what Exchange Server's "
                "default throttling policy allows one account"
            )

    def _validate_sign_in(self) -> None:
        if self.auth_protocol == "basic":
            if self.tls_mode != "https":
                raise PhotoError(
                    "auth_protocol basic with tls_mode http would send the password in clear text: use tls_mode https, "
                    "or auth_protocol kerberos, which encrypts"
                )
            if not self.username or not self.password:
                given = {USERNAME: self.username, PASSWORD: self.password}
                missing = " and ".join(name for name, value in given.items() if not value)
                raise PhotoError(
                    f"auth_protocol basic needs {missing}: give it in the option or in the environment variable, "
                    "or use auth_protocol kerberos with a ticket; " + ENVIRONMENT_STAYS
                )
            return
        if bool(self.username) != bool(self.password):
            raise PhotoError(
                f"auth_protocol kerberos needs {USERNAME} and {PASSWORD} together (to get a ticket for this run "
                "only) or neither of them (to use an existing ticket or client keytab)"
            )
        if self.username and ("\\" in self.username or "=" in self.username or "@" not in self.username):
            raise PhotoError(
                f"{USERNAME} {self.username!r} is not a Kerberos principal: give it as name@EXAMPLE.COM, with the realm"
            )
