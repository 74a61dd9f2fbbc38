# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All ways to sign in, by the option that names each."""

from __future__ import annotations

import typing as t

from ..http.concurrency import Clock
from ..options import GraphOptions
from .access_token import AccessToken
from .certificate import Certificate
from .federated import FederatedToken
from .login import LoginClient
from .managed_identity import ManagedIdentity
from .method import AuthMethod
from .secret import ClientSecret

METHODS: t.Mapping[str, type[AuthMethod]] = {
    method.option: method for method in (ClientSecret, Certificate, FederatedToken, ManagedIdentity, AccessToken)
}


def method_for(options: GraphOptions, login: t.Callable[[], LoginClient], clock: Clock) -> AuthMethod:
    """The one way that the options name; PhotoError when they name none or several."""
    return METHODS[options.credential](options, login, clock)
