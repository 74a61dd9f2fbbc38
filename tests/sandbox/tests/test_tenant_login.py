# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signing in to the sandbox tenant, with the real MSAL."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import msal
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

SANDBOX = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SANDBOX))

from ca import Authority  # noqa: E402
from tenant import testing  # noqa: E402
from tenant.testing import ALL_ROLES, CLIENT_ID, IDENTITY_HEADER, SECRET, TENANT_ID, Running  # noqa: E402

CERT_APP = "11111111-1111-4111-8111-111111111111"
OTHER_APP = "22222222-2222-4222-8222-222222222222"
FEDERATED_APP = "33333333-3333-4333-8333-333333333333"
ISSUER, SUBJECT, EXCHANGE = "https://issuer.example", "repo:photos:main", "api://AzureADTokenExchange"
PFX_PASSWORD = "opens the pfx"


class Keys:
    """The app's certificate in its three forms, a stranger's, and the key of a federated issuer."""

    def __init__(self, folder: Path) -> None:
        authority = Authority(folder)
        self.crt, self.pem, self.pfx = authority.app("app", "the app", PFX_PASSWORD)
        self.stranger_crt, self.stranger_pem, _pfx = authority.app("stranger", "a stranger", PFX_PASSWORD)
        self.issuer = rsa.generate_private_key(65537, 2048)
        self.issuer_public = (
            self.issuer.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode()
        )


@pytest.fixture(scope="module", name="keys")
def _keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module", name="tenant")
def _tenant(tmp_path_factory: pytest.TempPathFactory, keys: Keys) -> Iterator[Running]:
    config = testing.default_tenant()
    federated = {"issuer": ISSUER, "subject": SUBJECT, "public_key": keys.issuer_public}
    config["apps"] += [
        {"client_id": CERT_APP, "certificates": [keys.crt.read_text()], "roles": list(ALL_ROLES)},
        {"client_id": FEDERATED_APP, "federated": federated, "roles": ["User.Read.All"]},
    ]
    people = [testing.person(1, "ann@example.com")]
    with testing.running(tmp_path_factory.mktemp("tenant"), people, config) as tenant:
        yield tenant


def sign_in(tenant: Running, client_id: str, credential: Any, **options: Any) -> dict[str, Any]:
    session = requests.Session()
    session.verify = tenant.ca
    session.trust_env = False
    app = msal.ConfidentialClientApplication(
        client_id,
        client_credential=credential,
        authority=options.get("authority", tenant.authority),
        instance_discovery=False,
        http_client=session,
    )
    result: dict[str, Any] = app.acquire_token_for_client([options.get("scope", tenant.scope)])
    return result


def works(tenant: Running, token: str) -> bool:
    answer = tenant.session.get(f"{tenant.url}/v1.0/users", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code == 200


def test_secret(tenant: Running) -> None:
    result = sign_in(tenant, CLIENT_ID, SECRET)
    assert works(tenant, result["access_token"])
    claims = jwt.decode(result["access_token"], options={"verify_signature": False})
    assert (claims["tid"], claims["appid"], claims["aud"]) == (TENANT_ID, CLIENT_ID, tenant.url)
    assert set(claims["roles"]) == set(ALL_ROLES)
    assert 3590 < claims["exp"] - time.time() < 3610


def test_certificate_pem_with_sha256(tenant: Running, keys: Keys) -> None:
    text = keys.pem.read_text()
    result = sign_in(tenant, CERT_APP, {"private_key": text, "public_certificate": keys.crt.read_text()})
    assert works(tenant, result["access_token"])


def test_certificate_pem_with_sha1(tenant: Running, keys: Keys) -> None:
    thumbprint = x509.load_pem_x509_certificate(keys.crt.read_bytes()).fingerprint(hashes.SHA1()).hex()
    result = sign_in(tenant, CERT_APP, {"private_key": keys.pem.read_text(), "thumbprint": thumbprint})
    assert works(tenant, result["access_token"])


def test_certificate_pfx(tenant: Running, keys: Keys) -> None:
    credential = {"private_key_pfx_path": str(keys.pfx), "passphrase": PFX_PASSWORD, "public_certificate": True}
    assert works(tenant, sign_in(tenant, CERT_APP, credential)["access_token"])
    del credential["public_certificate"]
    assert works(tenant, sign_in(tenant, CERT_APP, credential)["access_token"])


def federated(keys: Keys, **claims: Any) -> str:
    now = int(time.time())
    standard = {"iss": ISSUER, "sub": SUBJECT, "aud": EXCHANGE, "iat": now, "exp": now + 600}
    return jwt.encode({**standard, **claims}, keys.issuer, algorithm="RS256")


def test_federated_assertion(tenant: Running, keys: Keys) -> None:
    result = sign_in(tenant, FEDERATED_APP, {"client_assertion": lambda: federated(keys)})
    assert works(tenant, result["access_token"])


@pytest.mark.parametrize(
    ("claims", "number"),
    [
        ({"sub": "repo:photos:other"}, 700213),
        ({"iss": "https://other.example"}, 700027),
        ({"aud": "api://other"}, 700212),
        ({"exp": 1_000_000_000}, 700024),
    ],
)
def test_federated_assertion_refused(tenant: Running, keys: Keys, claims: dict[str, Any], number: int) -> None:
    result = sign_in(tenant, FEDERATED_APP, {"client_assertion": lambda: federated(keys, **claims)})
    assert (result["error"], result["error_codes"]) == ("invalid_client", [number])


def test_federated_assertion_with_another_key(tenant: Running, keys: Keys) -> None:
    forged = jwt.encode(
        {"iss": ISSUER, "sub": SUBJECT, "aud": EXCHANGE, "exp": int(time.time()) + 600},
        keys.pem.read_bytes().split(b"-----BEGIN CERT")[0],
        algorithm="RS256",
    )
    assert sign_in(tenant, FEDERATED_APP, {"client_assertion": lambda: forged})["error_codes"] == [700027]


def test_wrong_secret_and_strangers(tenant: Running, keys: Keys) -> None:
    wrong = sign_in(tenant, CLIENT_ID, "guess")
    assert (wrong["error"], wrong["error_codes"]) == ("invalid_client", [7000215])
    assert wrong["error_description"].startswith("AADSTS7000215:")
    assert sign_in(tenant, OTHER_APP, SECRET)["error_codes"] == [700016]
    assert sign_in(tenant, CERT_APP, SECRET)["error_codes"] == [7000215]
    stranger = {"private_key": keys.stranger_pem.read_text(), "public_certificate": keys.stranger_crt.read_text()}
    assert sign_in(tenant, CERT_APP, stranger)["error_codes"] == [700027]
    # The right certificate beside the wrong key: the thumbprint is known, the signature is not.
    mixture = {"private_key": keys.stranger_pem.read_text(), "public_certificate": keys.crt.read_text()}
    assert sign_in(tenant, CERT_APP, mixture)["error_codes"] == [700027]


def test_unknown_tenant(tenant: Running) -> None:
    elsewhere = f"{tenant.url}/{uuid.uuid4()}"
    with pytest.raises(ValueError, match=r"."):  # MSAL's own words, without Entra's code
        sign_in(tenant, CLIENT_ID, SECRET, authority=elsewhere)
    for answer in (
        tenant.session.get(f"{elsewhere}/v2.0/.well-known/openid-configuration"),
        tenant.session.post(f"{elsewhere}/oauth2/v2.0/token", data={}),
    ):
        assert (answer.status_code, answer.json()["error_codes"]) == (400, [90002])


@pytest.mark.parametrize(
    ("scope", "number"),
    [("https://graph.example/.default", 500011), ("{url}//.default", 500011), ("{url}/User.Read.All", 1002012)],
)
def test_scope(tenant: Running, scope: str, number: int) -> None:
    result = sign_in(tenant, CLIENT_ID, SECRET, scope=scope.replace("{url}", tenant.url))
    assert result["error_codes"] == [number]


def assertion(tenant: Running, keys: Keys, **claims: Any) -> requests.Response:
    now = int(time.time())
    certificate = x509.load_pem_x509_certificate(keys.crt.read_bytes())
    thumbprint = urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).decode().rstrip("=")
    standard: dict[str, Any] = {
        "iss": CERT_APP,
        "sub": CERT_APP,
        "aud": f"{tenant.authority}/oauth2/v2.0/token",
        "jti": str(uuid.uuid4()),
        "iat": now,
        "exp": now + 600,
    }
    key = keys.pem.read_bytes().split(b"-----BEGIN CERT")[0]
    kept = {name: value for name, value in {**standard, **claims}.items() if value is not None}
    signed = jwt.encode(kept, key, algorithm="PS256", headers={"x5t#S256": thumbprint})
    form = {
        "client_id": CERT_APP,
        "client_assertion": signed,
        "grant_type": "client_credentials",
        "scope": tenant.scope,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }
    return tenant.session.post(f"{tenant.authority}/oauth2/v2.0/token", data=form)


@pytest.mark.parametrize(
    ("claims", "number"),
    [
        ({"aud": "https://login.example/oauth2/v2.0/token"}, 700023),
        ({"exp": int(time.time()) - 3600}, 700024),
        ({"nbf": int(time.time()) + 3600}, 700024),
        ({"iss": CLIENT_ID}, 700021),
        ({"sub": CLIENT_ID}, 700021),
        ({"jti": None}, 50027),
    ],
)
def test_certificate_assertion_refused(tenant: Running, keys: Keys, claims: dict[str, Any], number: int) -> None:
    assert assertion(tenant, keys).status_code == 200
    answer = assertion(tenant, keys, **claims)
    assert (answer.status_code, answer.json()["error_codes"]) == (401, [number])


def test_an_assertion_of_a_client_whose_clock_is_wrong(tenant: Running, keys: Keys) -> None:
    tenant.control.clock_skew(7200)
    try:
        assert assertion(tenant, keys).json()["error_codes"] == [700024]
    finally:
        tenant.control.clock_skew(0)


def test_incomplete_requests(tenant: Running) -> None:
    url = f"{tenant.authority}/oauth2/v2.0/token"
    good = {"client_id": CLIENT_ID, "client_secret": SECRET, "grant_type": "client_credentials", "scope": tenant.scope}
    for missing, number in [("client_id", 900144), ("scope", 900144), ("client_secret", 7000218)]:
        form = {name: value for name, value in good.items() if name != missing}
        assert tenant.session.post(url, data=form).json()["error_codes"] == [number]
    assert tenant.session.post(url, data={**good, "grant_type": "password"}).json()["error_codes"] == [70003]
    assert tenant.session.post(url, json=good).json()["error_codes"] == [900144]
    body = tenant.session.post(url, data={**good, "client_secret": "no"}).json()
    assert set(body) == {"error", "error_description", "error_codes", "timestamp", "trace_id", "correlation_id",
                         "error_uri"}  # fmt: skip


def test_managed_identity(tenant: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    session = requests.Session()
    session.verify = tenant.ca
    session.trust_env = False
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{tenant.url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", IDENTITY_HEADER)
    client = msal.ManagedIdentityClient(msal.SystemAssignedManagedIdentity(), http_client=session)
    result = client.acquire_token_for_client(resource=tenant.url)
    assert works(tenant, result["access_token"])
    refused = msal.ManagedIdentityClient(msal.SystemAssignedManagedIdentity(), http_client=session)
    assert "error" in refused.acquire_token_for_client(resource="https://other.example")
    monkeypatch.setenv("IDENTITY_HEADER", "wrong")
    assert "error" in refused.acquire_token_for_client(resource=tenant.url)


def test_tokens_that_graph_refuses(tenant: Running) -> None:
    def ask(token: str | None) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        return tenant.session.get(f"{tenant.url}/v1.0/users", headers=headers)

    answers = {
        "missing": ask(None),
        "unparsable": ask("abc"),
        "forged": ask(jwt.encode({"aud": tenant.url, "tid": TENANT_ID}, "x" * 32, algorithm="HS256")),
    }
    for name, answer in answers.items():
        assert answer.status_code == 401, name
        assert answer.json()["error"]["code"] == "InvalidAuthenticationToken", name
        assert answer.headers["WWW-Authenticate"].startswith("Bearer "), name


def test_expired_and_revoked_tokens(tenant: Running) -> None:
    first = sign_in(tenant, CLIENT_ID, SECRET)["access_token"]
    assert works(tenant, first)
    tenant.control.revoke_tokens()
    assert not works(tenant, first)
    second = sign_in(tenant, CLIENT_ID, SECRET)["access_token"]
    assert works(tenant, second)
    tenant.control.token_lifetime(1)
    try:
        short = sign_in(tenant, CLIENT_ID, SECRET)
        assert short["expires_in"] == 1
        assert works(tenant, second)
        tenant.control.clock_skew(2)
        assert not works(tenant, short["access_token"])
    finally:
        tenant.control.clock_skew(0)
        tenant.control.token_lifetime(3599)


def test_counters_of_sign_in(tenant: Running) -> None:
    tenant.control.reset_counters()
    sign_in(tenant, CLIENT_ID, SECRET)
    sign_in(tenant, CLIENT_ID, "wrong")
    counters = tenant.control.counters()
    assert (counters["tokens_issued"], counters["token_requests"], counters["requests"]) == (1, 2, 0)


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("tenant.json", "{", "is not JSON"),
        ("tenant.json", '{"tenant_id": "x", "control_key": "k"}', "apps"),
        ("tenant.json", '{"tenant_id": 1, "control_key": "k", "apps": []}', "tenant_id"),
        ("tenant.json", '{"tenant_id": "x", "control_key": "k", "apps": [], "colour": 1}', "colour"),
        ("tenant.json", '{"tenant_id": "x", "control_key": "k", "apps": [{"client_id": "c", "roles": []}]}', "secret"),
        ("people.json", "{}", "list of people"),
        ("people.json", '[{"key": "a", "display_name": "A", "upn": "a@b"}]', "object_id"),
        ("people.json", json.dumps([testing.person(1, "a@b", mailbox="yes")]), "mailbox"),
        ("people.json", json.dumps([testing.person(1, "a@b", cloud_photo="none.jpg")]), "none.jpg"),
        ("people.json", json.dumps([testing.person(1, "a@b"), testing.person(2, "A@B")]), "taken"),
        ("people.json", json.dumps([testing.person(1, "a@b", cloud_photo="tenant.json")]), "no usable photo"),
    ],
)
def test_a_bad_state_folder_is_one_clear_line(tmp_path: Path, name: str, content: str, complaint: str) -> None:
    (tmp_path / "tenant.json").write_text(json.dumps(testing.default_tenant()))
    (tmp_path / "people.json").write_text("[]")
    (tmp_path / name).write_text(content)
    pair = Authority(tmp_path / "ca").server("tenant", ["127.0.0.1"])
    done = subprocess.run(
        [sys.executable, "-m", "tenant", "--state", str(tmp_path), "--cert", str(pair.cert), "--key", str(pair.key)],
        cwd=SANDBOX,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert complaint in done.stderr
    assert name in done.stderr
    assert done.stderr.count("\n") == 1
