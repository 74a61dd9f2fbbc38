# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in as the Azure machine that the module runs on."""

from __future__ import annotations

from .method import AuthMethod, Token
from .msal_client import machine_token, need_msal


class ManagedIdentity(AuthMethod):
    """The machine's managed identity; ``client_id`` picks a user-assigned one."""

    option = "managed_identity"

    def validate(self) -> None:
        super().validate()
        need_msal()

    def authenticate(self) -> Token:
        return machine_token(self.options, self.option, self.login())
