# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to sign in: what each looks at before anything is sent, and what it never says."""

from __future__ import annotations

import base64
import datetime
import json
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError, StoreError
from ansible_collections.hybrid.photos.plugins.module_utils._graph.auth.aadsts import explain
from ansible_collections.hybrid.photos.plugins.module_utils._graph.auth.access_token import claims
from ansible_collections.hybrid.photos.plugins.module_utils._graph.auth.methods import METHODS
from ansible_collections.hybrid.photos.plugins.module_utils._graph.auth.msal_client import need_msal
from ansible_collections.hybrid.photos.plugins.module_utils._graph.options import CREDENTIALS, GraphOptions
from ansible_collections.hybrid.photos.plugins.module_utils._graph.permissions import Permissions
from ansible_collections.hybrid.photos.plugins.module_utils._graph.store import GraphPhotoStore
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

APP = {"tenant_id": "contoso.example", "client_id": "app"}


def jwt(**what: t.Any) -> str:
    def part(value: t.Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part(what)}.c2ln"


def test_every_credential_has_one_way_to_sign_in() -> None:
    assert set(METHODS) == set(CREDENTIALS)


def test_making_a_store_reads_no_file_and_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: t.Any, **_kw: t.Any) -> t.Any:
        raise AssertionError("I/O in a constructor")

    for name in ("read_bytes", "read_text", "open"):
        monkeypatch.setattr(Path, name, refuse)
    monkeypatch.setattr("socket.socket.connect", refuse)
    ways: list[dict[str, t.Any]] = [
        {"client_secret": "s"}, {"certificate_path": "/no/file"}, {"federated_token_file": "/no/file"},
        {"managed_identity": True}, {"access_token": "t"},
    ]  # fmt: skip
    for way in ways:
        store = GraphPhotoStore(GraphOptions(**APP, **way, ca_cert="/no/file"))
        assert (store.authority, store.requests) == ("", 0)


def certificate(folder: Path, password: str | None, kind: str) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    lock = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    path = folder / f"app.{kind}"
    if kind == "pfx":
        path.write_bytes(pkcs12.serialize_key_and_certificates(b"app", key, made, None, lock))
    else:
        pem = made.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)
        path.write_bytes(b"bag attributes\n" + pem)
    return str(path)


@pytest.mark.parametrize("kind", ["pem", "pfx"])
@pytest.mark.parametrize("password", [None, "open sesame"])
def test_certificates_are_opened_before_anything_is_sent(tmp_path: Path, kind: str, password: str | None) -> None:
    path = certificate(tmp_path, password, kind)
    GraphPhotoStore(GraphOptions(**APP, certificate_path=path, certificate_password=password)).validate()
    if password:
        with pytest.raises(PhotoError, match="needs certificate_password"):
            GraphPhotoStore(GraphOptions(**APP, certificate_path=path)).validate()
        with pytest.raises(PhotoError, match="does not open it") as caught:
            GraphPhotoStore(GraphOptions(**APP, certificate_path=path, certificate_password="wr0ng")).validate()
        assert "wr0ng" not in str(caught.value)


def test_a_certificate_file_without_key_or_of_another_kind(tmp_path: Path) -> None:
    pem = Path(certificate(tmp_path, None, "pem"))
    pem.write_text(pem.read_text().split("-----BEGIN PRIVATE")[0])
    with pytest.raises(PhotoError, match="no private key"):
        GraphPhotoStore(GraphOptions(**APP, certificate_path=str(pem))).validate()
    pem.write_bytes(b"\x00nonsense")
    with pytest.raises(PhotoError, match="no PEM or PFX"):
        GraphPhotoStore(GraphOptions(**APP, certificate_path=str(pem))).validate()


def test_a_given_token_that_has_ended() -> None:
    with pytest.raises(PhotoError, match=r"access_token \(HYBRID_PHOTOS_ACCESS_TOKEN\): it expired"):
        GraphPhotoStore(GraphOptions(access_token=jwt(exp=1000))).validate()


def test_a_given_token_cannot_be_renewed_and_tells_the_tenant() -> None:
    store = GraphPhotoStore(GraphOptions(access_token=jwt(exp=9e9, tid="ABC", roles=["User.Read.All"])))
    assert store.token_roles() == ("User.Read.All",)
    assert store.authority == "abc"
    with pytest.raises(StoreError, match=r"access_token.*new one"):
        store._tokens.renew(store._tokens.token())


@pytest.mark.parametrize("token", ["", "opaque", "a.b.c", "a.eyJ.c", "x." + base64.b64encode(b"[1]").decode() + ".z"])
def test_a_token_that_cannot_be_read(token: str) -> None:
    assert claims(token) is None
    assert Permissions(lambda: claims(token)).lacks("write") is None


def test_the_login_is_quoted_without_secrets() -> None:
    known = explain("client_secret", "invalid_client: AADSTS7000215: Invalid client secret 'hush'.", ["hush"])
    assert "AADSTS7000215" in str(known)
    assert str(known).startswith("Sign-in with client_secret (AZURE_CLIENT_SECRET) was refused")
    assert str(known).count("AZURE_CLIENT_SECRET") == 1
    assert "hush" not in str(known)
    other = explain("client_secret", "x: AADSTS99999: hush " + jwt(a=1) + " Trace ID: 1\nCorrelation", ["hush"])
    assert "AADSTS99999" in str(other)
    assert str(other).startswith("Sign-in with client_secret (AZURE_CLIENT_SECRET) was refused")
    assert "hush" not in str(other)
    assert "Trace" not in str(other)
    assert jwt(a=1)[:50] not in str(other)


@pytest.mark.parametrize(
    ("code", "variables"),
    [
        ("7000222", ["AZURE_CLIENT_SECRET"]),
        ("700016", ["AZURE_CLIENT_SECRET", "AZURE_CLIENT_ID", "AZURE_TENANT_ID"]),
        ("90002", ["AZURE_CLIENT_SECRET", "AZURE_TENANT_ID", "HYBRID_PHOTOS_CLOUD"]),
    ],
)
def test_a_refused_sign_in_names_where_each_value_came_from(code: str, variables: list[str]) -> None:
    said = str(explain("client_secret", f"AADSTS{code}: no", []))
    assert re.findall(r"\(([A-Z_]+)\)", said) == variables


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "msal", None)
    with pytest.raises(PhotoError, match="pip install msal"):
        need_msal()


def test_a_given_token_needs_no_msal_and_options_need_no_library() -> None:
    code = (
        "import sys\n"
        "sys.modules['msal'] = None\n"
        "from ansible_collections.hybrid.photos.plugins.module_utils._graph.options import GraphOptions\n"
        "assert 'requests' not in sys.modules\n"
        "from ansible_collections.hybrid.photos.plugins.module_utils._graph.store import GraphPhotoStore\n"
        "GraphPhotoStore(GraphOptions(access_token='t')).open()\n"
        "sys.modules.pop('msal'); assert 'cryptography' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(p for p in sys.path if p)})
