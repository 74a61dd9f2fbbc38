# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When what we sign in with ends: a certificate says it itself, a secret only where the app may read it."""

from __future__ import annotations

import datetime
import json
import typing as t
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._graph.auth.certificate import Certificate
from ansible_collections.hybrid.photos.plugins.module_utils._graph.expiry import secret_end
from ansible_collections.hybrid.photos.plugins.module_utils._graph.options import GraphOptions
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

END = datetime.datetime(2027, 3, 1, 12, 0, tzinfo=datetime.UTC)


def made() -> tuple[t.Any, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "app")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(END - datetime.timedelta(days=365)).not_valid_after(END)
    return key, builder.sign(key, hashes.SHA256())


@pytest.mark.parametrize("kind", ["pem", "pfx"])
def test_a_certificate_says_itself_when_it_ends(tmp_path: Path, kind: str) -> None:
    key, certificate = made()
    file = tmp_path / f"app.{kind}"
    if kind == "pem":
        pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        secret = key.private_bytes(serialization.Encoding.PEM, pkcs8, plain)
        file.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    else:
        file.write_bytes(
            pkcs12.serialize_key_and_certificates(b"app", key, certificate, None, serialization.NoEncryption())
        )
    method = Certificate(GraphOptions(certificate_path=str(file)), lambda: None, None)  # type: ignore[arg-type, return-value]
    assert method.ends() == END.timestamp()


def answering(status: int, body: t.Any) -> t.Any:
    asked: list[str] = []

    def call(_method: str, path: str) -> SimpleNamespace:
        asked.append(path)
        return SimpleNamespace(status=status, body=json.dumps(body).encode())

    return SimpleNamespace(call=call, asked=asked)


def test_of_several_secrets_ours_is_known_by_its_first_characters() -> None:
    mine, other = "2027-03-01T12:00:00Z", "2030-01-01T00:00:00Z"
    secrets = [{"hint": "abc", "endDateTime": mine}, {"hint": "xyz", "endDateTime": other}]
    client = answering(200, {"passwordCredentials": secrets})
    assert secret_end(client, "id/1", "abcdef") == END.timestamp()
    assert client.asked == ["/v1.0/applications(appId='id%2F1')?$select=passwordCredentials"]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, {}),
        (200, {}),
        (200, {"passwordCredentials": [{"hint": "zzz", "endDateTime": "2030-01-01T00:00:00Z"}]}),
        (200, {"passwordCredentials": [{"hint": "abc", "endDateTime": "soon"}]}),
        (200, {"passwordCredentials": [{"hint": None, "endDateTime": "2030-01-01T00:00:00Z"}]}),
    ],
)
def test_what_cannot_be_told_is_not_guessed(status: int, body: t.Any) -> None:
    assert secret_end(answering(status, body), "app", "abcdef") is None
