# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access tokens: real signed JWTs, checked as strictly as Graph checks them."""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from .wire import Clock

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"


class Tokens:
    """Issues and checks tokens."""

    def __init__(self, clock: Clock, tenant_id: str, lifetime: float, audiences: list[str]) -> None:
        self._clock = clock
        self._tenant = tenant_id
        self.lifetime = lifetime
        self._audiences = {audience.rstrip("/") for audience in audiences} | {GRAPH_APP_ID}
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._public = self._key.public_key()
        self.port = 0
        # To check a signature takes longer than an answer, so each token is only checked once.
        self._checked: dict[str, tuple[float, int, frozenset[str]]] = {}
        self._revoked = 0
        self._serial = 0

    def is_root(self, root: str) -> bool:
        """Is this a name of this tenant's Graph: any name with our port, or a configured one?"""
        if root in self._audiences:
            return True
        parts = urlsplit(root)
        try:
            port = parts.port
        except ValueError:
            return False
        return parts.scheme == "https" and port == self.port and not parts.path and not parts.query

    def issue(self, client_id: str, roles: list[str], audience: str, issuer: str) -> tuple[str, int]:
        """A new access token, and its lifetime in seconds."""
        now = self._clock.now()
        self._serial += 1
        claims = {
            "aud": audience, "iss": issuer, "iat": int(now), "nbf": int(now), "exp": int(now + self.lifetime),
            "tid": self._tenant, "appid": client_id, "app_displayname": "sandbox", "idtyp": "app", "roles": roles,
            "oid": str(uuid.uuid5(uuid.NAMESPACE_OID, client_id)), "uti": f"{self._serial}", "ver": "1.0",
        }  # fmt: skip
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": "sandbox"}), int(self.lifetime)

    def revoke_all(self) -> None:
        """Make all tokens issued so far invalid."""
        self._revoked = self._serial

    def check(self, authorization: str | None) -> frozenset[str] | str:
        """The roles of a valid token, or the name of the error case."""
        scheme, _blank, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return "token_missing"
        known = self._checked.get(token)
        if known is None:
            outcome = self._open(token)
            if isinstance(outcome, str):
                return outcome
            if len(self._checked) > 1000:
                self._checked.clear()
            known = self._checked[token] = outcome
        expires, serial, roles = known
        if self._clock.now() >= expires or serial <= self._revoked:
            return "token_expired"
        return roles

    def _open(self, token: str) -> tuple[float, int, frozenset[str]] | str:
        try:
            jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            return "token_unparsable"
        try:
            claims = jwt.decode(
                token, self._public, algorithms=["RS256"],
                # The times are checked at every use, with the tenant's own clock.
                options={"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )  # fmt: skip
        except jwt.PyJWTError:
            return "token_invalid"
        if claims.get("tid") != self._tenant or not self.is_root(str(claims.get("aud"))):
            return "token_invalid"
        return float(claims["exp"]), int(claims["uti"]), frozenset(claims.get("roles", ()))
