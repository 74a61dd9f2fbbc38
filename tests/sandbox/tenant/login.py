# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The login service: discovery, the token endpoint and a managed identity, with Entra ID's errors."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from .config import App, ConfigError, TenantConfig
from .errors import stamp
from .tokens import Tokens
from .wire import Answer, Call, Clock, new_id

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(eq=False)
class _Refusal(Exception):
    number: int
    error: str
    text: str
    status: int = 400


class Login:
    """Signs in the apps of one tenant."""

    def __init__(self, config: TenantConfig, tokens: Tokens, clock: Clock) -> None:
        self._config = config
        self._tokens = tokens
        self._clock = clock
        self._apps: dict[str, App] = {}
        # thumbprint (hex) -> certificate, by app
        self._certificates: dict[str, dict[str, x509.Certificate]] = {}
        for app in config.apps:
            self.register(app)

    def register(self, app: App) -> None:
        """Add or replace an app registration."""
        found: dict[str, x509.Certificate] = {}
        for text in app.certificates:
            try:
                certificate = x509.load_pem_x509_certificate(text.encode())
            except ValueError as ex:
                raise ConfigError(f"app {app.client_id}: a certificate is not PEM: {ex}") from ex
            for algorithm in (hashes.SHA1(), hashes.SHA256()):
                found[_b64(certificate.fingerprint(algorithm))] = certificate
        if app.federated:
            try:
                load_pem_public_key(app.federated.public_key.encode())
            except ValueError as ex:
                raise ConfigError(f"app {app.client_id}: federated.public_key is not PEM: {ex}") from ex
        self._apps[app.client_id.lower()] = app
        self._certificates[app.client_id.lower()] = found

    def app(self, client_id: str) -> App | None:
        """The registration of this client id."""
        return self._apps.get(client_id.lower())

    def handle(self, call: Call) -> Answer:
        """Answer a request to the login part of the server."""
        segments = [unquote(part) for part in call.raw_path.strip("/").split("/")]
        if segments == ["msi", "token"]:
            return self._managed_identity(call)
        if segments == ["common", "discovery", "instance"]:
            return self._instance_discovery(call)
        try:
            if segments[1:] == ["v2.0", ".well-known", "openid-configuration"] and call.method == "GET":
                self._check_tenant(segments[0])
                return self._discovery(call)
            if segments[1:] == ["oauth2", "v2.0", "token"] and call.method == "POST":
                self._check_tenant(segments[0])
                return self._token(call)
        except _Refusal as refusal:
            return self._refuse(refusal)
        return Answer(404, b"", {"Content-Type": "text/html"})

    def _check_tenant(self, name: str) -> None:
        if name.lower() != self._config.tenant_id.lower():
            raise _Refusal(90002, "invalid_request", f"Tenant '{name}' not found.")

    def _discovery(self, call: Call) -> Answer:
        base = f"{call.root}/{self._config.tenant_id}"
        return Answer(
            200,
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
                "response_types_supported": ["code", "id_token"],
                "scopes_supported": ["openid"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
            },
        )

    def _instance_discovery(self, call: Call) -> Answer:
        endpoint = f"{call.root}/{self._config.tenant_id}/v2.0/.well-known/openid-configuration"
        alias = {"preferred_network": call.host, "preferred_cache": call.host, "aliases": [call.host]}
        return Answer(200, {"tenant_discovery_endpoint": endpoint, "api-version": "1.1", "metadata": [alias]})

    def _token(self, call: Call) -> Answer:
        media = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/x-www-form-urlencoded":
            raise _Refusal(900144, "invalid_request", "The request body must be a form.")
        fields = parse_qs(call.body.decode("utf-8", "replace"), keep_blank_values=True)
        form = {name: values[0] for name, values in fields.items()}
        if any(len(values) > 1 for values in fields.values()):
            raise _Refusal(90100, "invalid_request", "A parameter is given more than once.")
        for needed in ("client_id", "grant_type", "scope"):
            if not form.get(needed):
                raise _Refusal(900144, "invalid_request", f"The request body must contain the parameter '{needed}'.")
        if form["grant_type"] != "client_credentials":
            raise _Refusal(70003, "unsupported_grant_type", "The app requested an unsupported grant type.")
        app = self._apps.get(form["client_id"].lower())
        if app is None:
            raise _Refusal(
                700016, "unauthorized_client", f"Application with identifier '{form['client_id']}' was not found."
            )
        self._authenticate(call, app, form)
        audience = self._audience(form["scope"])
        token, lifetime = self._tokens.issue(app.client_id, app.roles, audience, self._issuer(call))
        return Answer(
            200, {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token}
        )

    def _issuer(self, call: Call) -> str:
        return f"{call.root}/{self._config.tenant_id}/"

    def _audience(self, scope: str) -> str:
        root, dot, rest = scope.rpartition("/.default")
        if not dot or rest or " " in scope:
            raise _Refusal(1002012, "invalid_scope", f"The provided value for scope {scope} is not valid.")
        if not self._tokens.is_root(root):
            raise _Refusal(500011, "invalid_resource", f"The resource principal named {root} was not found.")
        return root

    def _authenticate(self, call: Call, app: App, form: dict[str, str]) -> None:
        if "client_assertion" in form:
            if form.get("client_assertion_type") != ASSERTION_TYPE:
                raise _Refusal(50027, "invalid_client", "The client assertion type is not valid.", 401)
            self._check_assertion(call, app, form["client_assertion"])
        elif "client_secret" in form:
            if app.secret is None or not hmac.compare_digest(form["client_secret"].encode(), app.secret.encode()):
                raise _Refusal(7000215, "invalid_client", "Invalid client secret provided.", 401)
        else:
            raise _Refusal(7000218, "invalid_client", "The request must contain client_assertion or a secret.", 401)

    def _check_assertion(self, call: Call, app: App, assertion: str) -> None:
        try:
            header = jwt.get_unverified_header(assertion)
            unverified = jwt.decode(assertion, options={"verify_signature": False, "verify_aud": False,
                                                        "verify_exp": False, "verify_nbf": False,
                                                        "verify_iat": False})  # fmt: skip
        except jwt.PyJWTError as ex:
            raise _Refusal(50027, "invalid_client", "The client assertion is not a JWT.", 401) from ex
        trust = app.federated
        if trust and unverified.get("iss") == trust.issuer:
            if unverified.get("sub") != trust.subject:
                raise _Refusal(700213, "invalid_client", "No matching federated identity record found.", 401)
            claims = self._verify(assertion, load_pem_public_key(trust.public_key.encode()), ["RS256", "ES256"])
            self._check_claims(claims, {trust.audience}, 700212)
            return
        thumbprint = str(header.get("x5t#S256") or header.get("x5t") or "")
        certificate = self._certificates[app.client_id.lower()].get(thumbprint.rstrip("="))
        if certificate is None:
            raise _Refusal(700027, "invalid_client", "The certificate with this thumbprint is not registered.", 401)
        # SHA-1 thumbprints are used with RS256, SHA-256 thumbprints with PS256; no client mixes them.
        algorithms = ["PS256", "RS256"] if "x5t#S256" in header else ["RS256"]
        claims = self._verify(assertion, certificate.public_key(), algorithms)
        now = self._clock.now()
        if not certificate.not_valid_before_utc.timestamp() <= now <= certificate.not_valid_after_utc.timestamp():
            raise _Refusal(700027, "invalid_client", "The key used is expired.", 401)
        if claims.get("iss") != app.client_id or claims.get("sub") != app.client_id:
            raise _Refusal(700021, "invalid_client", "Issuer and subject must be the client id.", 401)
        if not claims.get("jti"):
            raise _Refusal(50027, "invalid_client", "The client assertion has no jti.", 401)
        base = f"{call.root}/{self._config.tenant_id}"
        self._check_claims(claims, {f"{base}/oauth2/v2.0/token", f"{base}/v2.0"}, 700023)

    @staticmethod
    def _verify(assertion: str, key: Any, algorithms: list[str]) -> dict[str, Any]:
        try:
            return jwt.decode(assertion, key, algorithms=algorithms,
                              options={"verify_aud": False, "verify_exp": False, "verify_nbf": False,
                                       "verify_iat": False})  # fmt: skip
        except (jwt.PyJWTError, TypeError, ValueError) as ex:
            raise _Refusal(700027, "invalid_client", "Client assertion failed signature validation.", 401) from ex

    def _check_claims(self, claims: dict[str, Any], audiences: set[str], audience_error: int) -> None:
        audience = claims.get("aud")
        if not audiences.intersection(audience if isinstance(audience, list) else [audience]):
            raise _Refusal(audience_error, "invalid_client", "Client assertion audience claim is not valid.", 401)
        now = self._clock.now()
        expires, starts = claims.get("exp"), claims.get("nbf", claims.get("iat", 0))
        # Entra ID allows five minutes for clock differences.
        if not isinstance(expires, (int, float)) or expires + 300 < now or starts - 300 > now:
            raise _Refusal(700024, "invalid_client", "Client assertion is not within its valid time range.", 401)

    def _managed_identity(self, call: Call) -> Answer:
        identity = self._config.managed_identity
        given = call.headers.get("x-identity-header", "")
        if identity is None or not hmac.compare_digest(given.encode(), identity.header.encode()):
            return Answer(401, {"statusCode": 401, "message": "The X-IDENTITY-HEADER is missing or wrong."})
        if "api-version" not in call.query or call.method != "GET":
            return Answer(400, {"statusCode": 400, "message": "api-version is required."})
        if call.query.get("client_id", identity.client_id) != identity.client_id:
            return Answer(400, {"statusCode": 400, "message": "No such user assigned identity."})
        resource = call.query.get("resource", "")
        if not self._tokens.is_root(resource):
            return Answer(500, {"statusCode": 500, "message": "The resource is not known."})
        token, lifetime = self._tokens.issue(identity.client_id, identity.roles, resource, self._issuer(call))
        expires = str(int(self._clock.now()) + lifetime)
        return Answer(
            200, {"access_token": token, "expires_on": expires, "resource": resource, "token_type": "Bearer",
                  "client_id": identity.client_id}
        )  # fmt: skip

    def _refuse(self, refusal: _Refusal) -> Answer:
        trace, now = new_id(), stamp(self._clock.now()).replace("T", " ") + "Z"
        text = f"AADSTS{refusal.number}: {refusal.text} Trace ID: {trace} Correlation ID: {trace} Timestamp: {now}"
        return Answer(
            refusal.status,
            {
                "error": refusal.error, "error_description": text, "error_codes": [refusal.number], "timestamp": now,
                "trace_id": trace, "correlation_id": trace,
                "error_uri": f"https://login.microsoftonline.com/error?code={refusal.number}",
            },
        )  # fmt: skip


def _b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
