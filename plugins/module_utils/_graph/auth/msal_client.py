# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens through MSAL: the only file with msal. Failures come out as StoreError, without secrets."""

from __future__ import annotations

import json
import typing as t
from urllib.parse import urlsplit

from ..._core.model import PhotoError, StoreError
from ..options import CLOUDS, GraphOptions
from .aadsts import explain
from .login import LoginClient, as_https
from .method import Token

#: Login hosts that MSAL knows how to discover; any other is taken as it is.
_WELL_KNOWN = frozenset(urlsplit(login).hostname for login, _graph in CLOUDS.values())


def need_msal() -> t.Any:
    """The library, imported when it is needed (140 ms), or PhotoError with the way to get it."""
    try:
        import msal
    except ImportError as ex:
        raise PhotoError(
            f"The Python library msal is needed to sign in to Microsoft Graph ({ex}): pip install msal"
        ) from ex
    return msal


def application_token(options: GraphOptions, option: str, credential: t.Any, login: LoginClient) -> Token:
    """A token for an app registration. ``credential`` is what MSAL calls the client credential."""
    msal = need_msal()
    known = urlsplit(options.login_root).hostname in _WELL_KNOWN
    try:
        # A new application each time: MSAL's own cache would hand out a token that Graph has just refused, and
        # a certificate or federated token that was rotated is read again. It costs one request an hour.
        app = msal.ConfidentialClientApplication(
            options.client_id,
            client_credential=credential,
            authority=f"{as_https(options.login_root)}/{options.tenant_id}",
            instance_discovery=None if known else False,
            http_client=login,
        )
        answer = app.acquire_token_for_client(scopes=[f"{options.graph_root}/.default"])
    except (PhotoError, KeyboardInterrupt):
        raise
    except Exception as ex:  # MSAL raises ValueError, RuntimeError and what its parts raise
        raise explain(option, str(ex), _secrets(options)) from None
    return _token(answer, option, _secrets(options))


def machine_token(options: GraphOptions, option: str, login: LoginClient) -> Token:
    """A token for the managed identity of this machine; ``client_id`` picks a user-assigned one."""
    msal = need_msal()
    client_id = options.client_id
    identity = (
        msal.UserAssignedManagedIdentity(client_id=client_id) if client_id else msal.SystemAssignedManagedIdentity()
    )
    try:
        answer = msal.ManagedIdentityClient(identity, http_client=login).acquire_token_for_client(
            resource=options.graph_root
        )
    except (PhotoError, KeyboardInterrupt):
        raise
    except json.JSONDecodeError:
        raise StoreError(
            f"{option}: what answers on this machine is not Azure's identity service; is this an Azure machine with "
            "an identity? Elsewhere, use client_secret, certificate_path or federated_token_file."
        ) from None
    except Exception as ex:
        raise explain(option, str(ex), ()) from None
    return _token(answer, option, ())


def _token(answer: object, option: str, secrets: t.Sequence[str]) -> Token:
    if not isinstance(answer, dict):
        raise explain(option, "the login gave no answer that could be read", secrets)
    value = answer.get("access_token")
    if isinstance(value, str) and value:
        try:
            return Token(value, float(answer.get("expires_in", 3600)))
        except (TypeError, ValueError):
            return Token(value, 3600.0)
    raise explain(option, f"{answer.get('error', '')}: {answer.get('error_description', '')}", secrets)


def _secrets(options: GraphOptions) -> tuple[str, ...]:
    return tuple(s for s in (options.client_secret, options.certificate_password, options.access_token) if s)
