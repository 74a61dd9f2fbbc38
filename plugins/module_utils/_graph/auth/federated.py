# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in with a token of another identity provider (Kubernetes, GitHub), from a file that is renewed meanwhile."""

from __future__ import annotations

from ..._core.model import PhotoError, StoreError
from ..options import with_variables
from .method import AuthMethod, Token, read_file
from .msal_client import application_token, need_msal


class FederatedToken(AuthMethod):
    """Workload identity federation. The file is read again for each token."""

    option = "federated_token_file"
    needs = ("tenant_id", "client_id")

    def validate(self) -> None:
        super().validate()
        need_msal()
        self._assertion()

    def authenticate(self) -> Token:
        return application_token(self.options, self.option, {"client_assertion": self._renewed}, self.login())

    def _assertion(self) -> str:
        path = self.options.federated_token_file or ""
        try:
            assertion = read_file(self.option, path).decode("utf-8").strip()
        except UnicodeDecodeError:
            raise PhotoError(
                f"{with_variables(self.option)}: {path} is not text; name the file that holds the token."
            ) from None
        if not assertion:
            raise PhotoError(f"{with_variables(self.option)}: {path} is empty; is the identity still mounted?")
        return assertion

    def _renewed(self) -> str:
        try:
            return self._assertion()
        except PhotoError as error:  # in the middle of a run no further user can be processed
            raise StoreError(str(error)) from error
