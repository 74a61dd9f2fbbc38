# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that are refused are told apart, by handshakes with a server that has them."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import StoreError
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.tls import certificate_problem
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.transport import Endpoint, Http
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


def certificate(
    folder: Path, name: str = "localhost", start: int = -1, end: int = 1, ca: tuple[t.Any, Path] | None = None
) -> Path:
    """A certificate with its key in the same file. Days from now. ``ca``: key and file of who signs it, or itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer = x509.load_pem_x509_certificate(ca[1].read_bytes()).subject if ca else who
    made = (
        x509.CertificateBuilder().subject_name(who).issuer_name(issuer).public_key(key.public_key()).serial_number(1)
        .not_valid_before(NOW + start * DAY).not_valid_after(NOW + end * DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=ca is None, path_length=None), critical=False)
        .sign(ca[0] if ca else key, hashes.SHA256())
    )  # fmt: skip
    path = folder / f"{name}{start}{end}.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return path


@pytest.fixture
def serve() -> t.Iterator[t.Callable[[Path], int]]:
    """Starts a server that has a certificate and does handshakes; its port."""
    listening: list[socket.socket] = []

    def start(pem: Path) -> int:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        server = socket.create_server(("127.0.0.1", 0))
        listening.append(server)

        def greet() -> None:
            try:
                with server.accept()[0] as raw, context.wrap_socket(raw, server_side=True) as peer:
                    peer.recv(65536)
            except OSError:
                pass  # the client hung up, as it should

        threading.Thread(target=greet, daemon=True).start()
        return t.cast(int, server.getsockname()[1])

    yield start
    for server in listening:
        server.close()


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"start": -3, "end": -2}, "has expired.*renew it"),
        ({"start": 2, "end": 3}, "not valid yet.*clock"),
        ({"name": "other.test"}, "not for the name localhost.*graph_url \\(HYBRID_PHOTOS_GRAPH_URL\\)"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_named(
    serve: t.Callable[[Path], int], tmp_path: Path, about: dict[str, t.Any], words: str
) -> None:
    pem = certificate(tmp_path, **about)
    http = Http(Endpoint(f"https://localhost:{serve(pem)}", str(pem), 5, proxied=False))
    with pytest.raises(StoreError, match=words) as caught:
        http.send("GET", f"https://localhost:{serve(pem)}/", {})
    assert "CA certificate in ca_cert" not in str(caught.value)


def test_a_certificate_of_an_unknown_ca_names_the_file_that_does_not_know_it(
    serve: t.Callable[[Path], int], tmp_path: Path
) -> None:
    other, pem = certificate(tmp_path, "other.test"), certificate(tmp_path)
    port = serve(pem)
    http = Http(Endpoint(f"https://localhost:{port}", str(other), 5, proxied=False))
    with pytest.raises(StoreError, match=rf"not signed by a CA that is trusted by {other}.*ca_cert"):
        http.send("GET", f"https://localhost:{port}/", {})


def test_what_only_strict_verification_refuses_is_told_as_that(serve: t.Callable[[Path], int], tmp_path: Path) -> None:
    authority = certificate(tmp_path, "authority.test")
    key = load_pem_private_key(authority.read_bytes(), None)
    pem = certificate(tmp_path, ca=(key, authority))
    context = ssl.create_default_context(cafile=str(authority))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with (
        socket.create_connection(("127.0.0.1", serve(pem))) as raw,
        pytest.raises(ssl.SSLCertVerificationError) as caught,
    ):
        context.wrap_socket(raw, server_hostname="localhost")
    why = certificate_problem(OSError("outer", caught.value), "localhost", "graph_url", None)
    assert "issue it again" in why
    assert "Python" in why
