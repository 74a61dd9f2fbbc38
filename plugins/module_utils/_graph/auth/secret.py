# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in with a client secret of the app registration."""

from __future__ import annotations

from .method import AuthMethod, Token
from .msal_client import application_token, need_msal


class ClientSecret(AuthMethod):
    """A client secret: its value, not its id."""

    option = "client_secret"
    needs = ("tenant_id", "client_id")

    def validate(self) -> None:
        super().validate()
        need_msal()

    def authenticate(self) -> Token:
        return application_token(self.options, self.option, self.options.client_secret, self.login())
