# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How to reach and sign in to Microsoft Graph: the options, checked before anything is sent."""

from __future__ import annotations

import ipaddress
import os
import re
import typing as t
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

from .._core.model import PhotoError
from .._core.wording import ENVIRONMENT_STAYS

#: Login root and Graph root of each cloud (learn.microsoft.com/graph/deployments).
CLOUDS: t.Mapping[str, tuple[str, str]] = {
    "public": ("https://login.microsoftonline.com", "https://graph.microsoft.com"),
    "usgov": ("https://login.microsoftonline.us", "https://graph.microsoft.us"),
    "usgov_dod": ("https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
    "china": ("https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn"),
}

#: The ways to sign in: each option alone says who we are. Their environment variables are in ENVIRONMENT.
CREDENTIALS = ("client_secret", "certificate_path", "federated_token_file", "managed_identity", "access_token")

ENVIRONMENT: t.Mapping[str, str] = {
    "tenant_id": "AZURE_TENANT_ID",
    "client_id": "AZURE_CLIENT_ID",
    "client_secret": "AZURE_CLIENT_SECRET",
    "certificate_path": "AZURE_CLIENT_CERTIFICATE_PATH",
    "certificate_password": "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "federated_token_file": "AZURE_FEDERATED_TOKEN_FILE",
    "access_token": "HYBRID_PHOTOS_ACCESS_TOKEN",
    "cloud": "HYBRID_PHOTOS_CLOUD",
    "authority_url": "AZURE_AUTHORITY_HOST",
    "graph_url": "HYBRID_PHOTOS_GRAPH_URL",
    "ca_cert": "HYBRID_PHOTOS_GRAPH_CA_CERT",
}

_NAMES = re.compile(rf"\b(?:{'|'.join(ENVIRONMENT)})\b(?! \()")


def with_variables(text: str) -> str:
    """A message of ours with the environment variable after the first mention of each option that has one."""
    told: set[str] = set()

    def named(found: re.Match[str]) -> str:
        option = found[0]
        again = option in told
        told.add(option)
        return option if again else f"{option} ({ENVIRONMENT[option]})"

    return _NAMES.sub(named, text)


# A directory (tenant) id or one of the tenant's domains; it becomes a path segment of the login URL.
_TENANT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
# Names of endpoints that stand for "any tenant": an application cannot sign in there.
_MULTI_TENANT = frozenset({"common", "organizations", "consumers"})


@dataclass(frozen=True, slots=True)
class GraphOptions:
    """The connection options as given. What a way to sign in needs besides is its own to check (auth/)."""

    tenant_id: str | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    certificate_path: str | None = None
    certificate_password: str | None = field(default=None, repr=False)
    federated_token_file: str | None = None
    managed_identity: bool = False
    access_token: str | None = field(default=None, repr=False)
    cloud: str = "public"
    authority_url: str | None = None
    graph_url: str | None = None
    ca_cert: str | None = None
    timeout: int = 30
    max_attempts: int = 6
    #: Seconds without progress after which a run ends.
    max_wait: int = 600
    #: What messages put before the names of options: the prefix of a role's variables.
    option_prefix: str = ""

    @classmethod
    def from_params(cls, params: t.Mapping[str, t.Any], environ: t.Mapping[str, str] | None = None) -> GraphOptions:
        """Take ours out of a module's parameters; empty text counts as not given.

        Of several credentials, one that merely sits in the environment gives way to one that was written down.
        """
        ours = {f.name: params[f.name] for f in fields(cls) if params.get(f.name) not in (None, "")}
        environ = os.environ if environ is None else environ
        given = [name for name in CREDENTIALS if ours.get(name)]
        explicit = [name for name in given if not _from_environment(name, ours[name], environ)]
        if explicit:
            for name in set(given) - set(explicit):
                del ours[name]
        return cls(**ours)

    @property
    def is_configured(self) -> bool:
        """Was a credential given at all?"""
        return any(getattr(self, name) for name in CREDENTIALS)

    @property
    def login_root(self) -> str:
        """Scheme, host and port where tokens are asked for, without a slash at the end."""
        url = self.authority_url or CLOUDS[self.cloud][0]
        # The variable holds a bare host in some tools and a URL in others.
        return (url if "://" in url else f"https://{url}").rstrip("/")

    @property
    def graph_root(self) -> str:
        """Graph's URL without a version and without a slash at the end."""
        url = (self.graph_url or CLOUDS[self.cloud][1]).rstrip("/")
        return re.sub(r"/(v1\.0|beta)$", "", url)

    @property
    def credential(self) -> str:
        """The one option that says how to sign in; PhotoError when none or several do."""
        given = [name for name in CREDENTIALS if getattr(self, name)]
        if len(given) == 1:
            return given[0]
        if not given:
            raise PhotoError(
                with_variables(
                    "No credential for Microsoft Graph: set client_secret, certificate_path or federated_token_file, "
                    "each with tenant_id and client_id; or managed_identity; or access_token; "
                )
                + ENVIRONMENT_STAYS
            )
        named = with_variables(", ".join(given))
        raise PhotoError(f"Several credentials for Microsoft Graph: {named}. Only one can count; remove the others.")

    def check(self) -> None:
        """Raise PhotoError naming the option that cannot be used. Looks at the options alone."""
        if self.cloud not in CLOUDS:
            raise PhotoError(f"cloud: {self.cloud!r} is not known; use one of {', '.join(CLOUDS)}.")
        _check_url("authority_url", self.login_root, path_allowed=False)
        _check_url("graph_url", self.graph_root, path_allowed=True)
        if self.timeout < 1:
            raise PhotoError(f"timeout: {self.timeout} is not a number of seconds from 1 up.")
        if self.max_attempts < 1:
            raise PhotoError(f"max_attempts: {self.max_attempts} is not a count from 1 up.")
        if self.max_wait < 1:
            raise PhotoError(f"max_wait: {self.max_wait} is not a number of seconds from 1 up.")
        if self.tenant_id is not None:
            self._check_tenant(self.tenant_id)
        # pylint: disable-next=pointless-statement
        self.credential  # noqa: B018 - it raises where none or several are given

    def validate(self) -> None:
        """The same, and the file that ``ca_cert`` names."""
        self.check()
        if self.ca_cert is not None and "-----BEGIN" not in _read("ca_cert", self.ca_cert):
            raise PhotoError(f"ca_cert: {self.ca_cert} holds no certificate in PEM form; convert it to PEM.")

    @staticmethod
    def _check_tenant(tenant: str) -> None:
        if tenant.lower() in _MULTI_TENANT:
            raise PhotoError(
                f"{with_variables('tenant_id')}: {tenant!r} stands for any tenant; give your directory id "
                "or a domain of it."
            )
        if not _TENANT.fullmatch(tenant):
            raise PhotoError(f"{with_variables('tenant_id')}: {tenant!r} is neither a directory id nor a domain name.")


def _from_environment(name: str, value: object, environ: t.Mapping[str, str]) -> bool:
    left = environ.get(ENVIRONMENT.get(name, ""))
    # Options of type path arrive with ~ and variables expanded.
    return left is not None and value in (left, os.path.expanduser(os.path.expandvars(left)))  # noqa: PTH111


def _check_url(name: str, url: str, *, path_allowed: bool) -> None:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as ex:
        raise PhotoError(f"{name}: {url!r} is not a URL ({ex}).") from ex
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host or "")):
        raise PhotoError(f"{name}: {url!r} must begin with https://, since tokens travel over it.")
    if not host or parts.username is not None or parts.query or parts.fragment or re.search(r"[\s\\]", url):
        raise PhotoError(f"{name}: {url!r} must be https://, a host and optionally a port, nothing else.")
    if parts.path and not path_allowed:
        raise PhotoError(f"{name}: {url!r} must end after host and port; the tenant goes into tenant_id.")


def _is_loopback(host: str) -> bool:
    """Is it this machine, from which nothing can be overheard on the way?"""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="latin-1")
    except OSError as ex:
        raise PhotoError(
            f"{name}: {path} cannot be read ({ex.strerror}); check the path and this user's rights."
        ) from ex
