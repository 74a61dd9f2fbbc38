# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in to Microsoft Graph: one small class per way, and one token source for all. The only file with msal.

Nothing raised here holds a secret, an assertion or a token.
"""

from __future__ import annotations

import base64
import json
import threading
import typing as t
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ..._core.model import PhotoError, StoreError
from ..http.concurrency import Clock
from ..options import CLOUDS, GraphOptions
from .aadsts import explain
from .certificate import pem, pfx
from .login import LoginClient, as_https

#: Login hosts that MSAL knows how to discover; any other is taken as it is.
_WELL_KNOWN = frozenset(urlsplit(login).hostname for login, _graph in CLOUDS.values())
#: Seconds before the end of a token when a new one is asked for.
_EARLY = 300.0


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and the seconds that it is good for, counted from when it was given."""

    value: str = field(repr=False)
    lifetime: float


class Credential(t.Protocol):
    """One way to sign in."""

    def validate(self) -> None:
        """Look at what can be seen offline; PhotoError names the option and what to do."""

    def acquire(self) -> Token:
        """Ask the login for a fresh token; StoreError says why there is none."""


def need_msal() -> t.Any:
    """The library, imported when it is needed (140 ms), or PhotoError with the way to get it."""
    try:
        import msal
    except ImportError as ex:
        raise PhotoError(
            f"The Python library msal is needed to sign in to Microsoft Graph ({ex}): pip install msal"
        ) from ex
    return msal


class Application(ABC):
    """What secret, certificate and federated token share: an app registration that asks for a token of its own."""

    option = ""

    def __init__(self, options: GraphOptions, login: t.Callable[[], LoginClient]) -> None:
        self._options = options
        self._login = login

    def validate(self) -> None:
        need_msal()

    @abstractmethod
    def proof(self) -> t.Any:
        """What MSAL calls the client credential."""

    def acquire(self) -> Token:
        msal = need_msal()
        options, known = self._options, urlsplit(self._options.login_root).hostname in _WELL_KNOWN
        proof = self.proof()
        try:
            # A new application each time: MSAL's own cache would hand out a token that Graph has just refused, and
            # a certificate or federated token that was rotated is read again. It costs one request an hour.
            app = msal.ConfidentialClientApplication(
                options.client_id,
                client_credential=proof,
                authority=f"{as_https(options.login_root)}/{options.tenant_id}",
                instance_discovery=None if known else False,
                http_client=self._login(),
            )
            answer = app.acquire_token_for_client(scopes=[f"{options.graph_root}/.default"])
        except (PhotoError, KeyboardInterrupt):
            raise
        except Exception as ex:  # MSAL raises ValueError, RuntimeError and what its parts raise
            raise explain(self.option, str(ex), _secrets(options)) from None
        return _token(answer, self.option, _secrets(options))


class Secret(Application):
    """A client secret."""

    option = "client_secret"

    def proof(self) -> t.Any:
        return self._options.client_secret


class Certificate(Application):
    """A certificate with its private key: one PEM file with both, or a PFX."""

    option = "certificate_path"

    def validate(self) -> None:
        super().validate()
        self.proof()

    def proof(self) -> t.Any:
        path, password = self._options.certificate_path or "", self._options.certificate_password
        try:
            raw = Path(path).read_bytes()
        except OSError as ex:
            raise PhotoError(f"certificate_path: {path} cannot be read ({ex.strerror}).") from ex
        return pem(path, raw, password) if b"-----BEGIN" in raw else pfx(path, raw, password)


class Federated(Application):
    """A token of another identity provider (Kubernetes, GitHub), in a file that is renewed under our feet."""

    option = "federated_token_file"

    def proof(self) -> t.Any:
        return {"client_assertion": self._read}

    def _read(self) -> str:
        path = self._options.federated_token_file or ""
        try:
            assertion = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as ex:
            raise StoreError(f"federated_token_file: {path} cannot be read; is the identity still mounted?") from ex
        if not assertion:
            raise StoreError(f"federated_token_file: {path} is empty; is the identity still mounted?")
        return assertion


class ManagedIdentity:
    """The identity of the Azure machine that we run on; ``client_id`` picks a user-assigned one."""

    def __init__(self, options: GraphOptions, login: t.Callable[[], LoginClient]) -> None:
        self._options = options
        self._login = login

    def validate(self) -> None:
        need_msal()

    def acquire(self) -> Token:
        msal = need_msal()
        client_id = self._options.client_id
        identity = (
            msal.UserAssignedManagedIdentity(client_id=client_id) if client_id else msal.SystemAssignedManagedIdentity()
        )
        try:
            client = msal.ManagedIdentityClient(identity, http_client=self._login())
            answer = client.acquire_token_for_client(resource=self._options.graph_root)
        except (PhotoError, KeyboardInterrupt):
            raise
        except json.JSONDecodeError:
            raise StoreError(
                "managed_identity: what answers on this machine is not Azure's identity service; is this an Azure "
                "machine with an identity? Elsewhere, use client_secret, certificate_path or federated_token_file."
            ) from None
        except Exception as ex:
            raise explain("managed_identity", str(ex), ()) from None
        return _token(answer, "managed_identity", ())


class Given:
    """A token that somebody else got. It cannot be renewed."""

    def __init__(self, options: GraphOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._used = False

    def validate(self) -> None:
        left = self._left()
        if left is not None and left <= 0:
            raise PhotoError(f"access_token: it ended {-left:.0f} seconds ago; get a new one.")

    def acquire(self) -> Token:
        left = self._left()
        if self._used or (left is not None and left <= 0):
            raise StoreError("access_token: Microsoft Graph refuses it or it has ended; get a new one and run again.")
        self._used = True
        return Token(self._options.access_token or "", left if left is not None else float("inf"))

    def _left(self) -> float | None:
        ends = (claims(self._options.access_token or "") or {}).get("exp")
        return ends - self._clock.time() if isinstance(ends, (int, float)) else None


def credential(options: GraphOptions, login: t.Callable[[], LoginClient], clock: Clock) -> Credential:
    """The one way to sign in that the options name."""
    way = options.credential
    if way == "access_token":
        return Given(options, clock)
    if way == "managed_identity":
        return ManagedIdentity(options, login)
    applications: dict[str, t.Callable[[GraphOptions, t.Callable[[], LoginClient]], Application]] = {
        "client_secret": Secret,
        "certificate_path": Certificate,
        "federated_token_file": Federated,
    }
    return applications[way](options, login)


class TokenSource:
    """The token of a run. Renewed before it ends and when Graph refuses it, by one thread for all."""

    def __init__(self, way: Credential, clock: Clock) -> None:
        self._way = way
        self._clock = clock
        self._lock = threading.Lock()
        self._value = ""
        self._renew_at = self._ends_at = float("-inf")

    @property
    def current(self) -> str:
        """The token at hand, perhaps none yet."""
        return self._value

    def token(self) -> str:
        """A token that is good now. Threads that still have a good one do not wait for the one that renews."""
        now = self._clock.monotonic()
        if now < self._renew_at:
            return self._value
        if not self._lock.acquire(blocking=now >= self._ends_at):
            return self._value
        try:
            if self._clock.monotonic() >= self._renew_at:
                self._get(keep=self._clock.monotonic() < self._ends_at)
            return self._value
        finally:
            self._lock.release()

    def renew(self, refused: str) -> None:
        """Graph refused this token; whoever comes first gets a new one for all."""
        with self._lock:
            if self._value == refused:
                self._get(keep=False)

    def _get(self, *, keep: bool) -> None:
        asked = self._clock.monotonic()
        try:
            token = self._way.acquire()
        except StoreError:
            if not keep:
                raise
            self._renew_at = asked + 30  # the old one still lives; the login may be back by then
            return
        self._value = token.value
        self._ends_at = asked + token.lifetime
        self._renew_at = asked + max(token.lifetime - _EARLY, token.lifetime * 0.75)


def claims(token: str) -> dict[str, t.Any] | None:
    """What our own token says about itself, unverified: for messages and for the tenant's id. None: not readable."""
    try:
        part = token.split(".")[1]
        read = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        return None
    return read if isinstance(read, dict) else None


def _token(answer: object, option: str, secrets: t.Sequence[str]) -> Token:
    if isinstance(answer, dict):
        value = answer.get("access_token")
        if isinstance(value, str) and value:
            try:
                return Token(value, float(answer.get("expires_in", 3600)))
            except (TypeError, ValueError):
                return Token(value, 3600.0)
        told = f"{answer.get('error', '')}: {answer.get('error_description', '')}"
        raise explain(option, told, secrets)
    raise explain(option, "the login gave no answer that could be read", secrets)


def _secrets(options: GraphOptions) -> tuple[str, ...]:
    return tuple(s for s in (options.client_secret, options.certificate_password, options.access_token) if s)
