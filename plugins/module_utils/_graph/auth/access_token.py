# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A token from outside, such as of `az account get-access-token`. It cannot be renewed."""

from __future__ import annotations

import base64
import re
import typing as t

from ..._core.json_text import loads
from ..._core.model import PhotoError, StoreError
from ..options import with_variables
from .method import AuthMethod, Token

_NAMED = with_variables("access_token")


class AccessToken(AuthMethod):
    """Uses the token as it is, once: Graph has refused it when it is asked for a second time."""

    option = "access_token"
    _used = False

    def validate(self) -> None:
        super().validate()
        if not re.fullmatch(r"[!-~]+", self._value):
            raise PhotoError(f"{_NAMED}: it holds spaces or line ends; give the bare token without 'Bearer'.")
        left = self._left()
        if left is not None and left <= 0:
            raise PhotoError(f"{_NAMED}: it expired {-left:.0f} seconds ago; get a new one.")

    def authenticate(self) -> Token:
        left = self._left()
        if self._used or (left is not None and left <= 0):
            raise StoreError(f"{_NAMED}: Microsoft Graph refuses it or it has expired; get a new one and run again.")
        self._used = True
        return Token(self._value, left if left is not None else float("inf"))

    @property
    def _value(self) -> str:
        return self.options.access_token or ""

    def _left(self) -> float | None:
        ends = (claims(self._value) or {}).get("exp")
        return ends - self.clock.time() if isinstance(ends, (int, float)) else None


def claims(token: str) -> dict[str, t.Any] | None:
    """What our own token says about itself, unverified: for messages and for the tenant's id. None: not readable."""
    try:
        part = token.split(".")[1]
        read = loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None
