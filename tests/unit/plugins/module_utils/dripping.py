# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that sends so slowly that no single wait is long, and yet the answer never ends.

A drip comes well within a timeout of half a second, and goes on for longer than any test should take. Then the server
gives up, so that a client without an end in wall time fails its test instead of holding it for ever.
"""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import threading
import time
import typing as t
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Treat = t.Callable[[socket.socket], None]
PAUSE = 0.2
LASTS = 12.0


def drip(client: socket.socket, data: bytes = b"") -> None:
    """Send ``data`` byte by byte, then blanks, until the client is gone or the server gives up."""
    for at in range(int(LASTS / PAUSE)):
        client.sendall(data[at : at + 1] or b" ")
        time.sleep(PAUSE)


def hold(client: socket.socket) -> None:
    """Read, say nothing, and give up after the same time."""
    client.settimeout(LASTS)
    while client.recv(65536):
        pass


@contextlib.contextmanager
def serving(*treats: Treat) -> t.Iterator[int]:
    """The port of a server that treats each connection by the next of ``treats``; the last one stays."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def one(client: socket.socket, treat: Treat) -> None:
            with client, contextlib.suppress(OSError):
                treat(client)

        def loop() -> None:
            for number in range(1000):
                try:
                    client, _address = server.accept()
                except OSError:
                    return
                treat = treats[min(number, len(treats) - 1)]
                threading.Thread(target=one, args=(client, treat), daemon=True).start()

        threading.Thread(target=loop, daemon=True).start()
        yield int(server.getsockname()[1])


def certificate(folder: Path) -> Path:
    """A PEM file with key and certificate for 127.0.0.1."""
    import ipaddress

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


class Tls:
    """TLS on a socket whose bytes on the wire stay ours, so that a record can be sent in pieces."""

    def __init__(self, client: socket.socket, pem: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        self.client = client
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)

    def shake(self) -> None:
        self._until(self._tls.do_handshake)

    def hello(self, greeting: bytes) -> bytes:
        """The server's first answer in the handshake."""
        self._in.write(greeting)
        with contextlib.suppress(ssl.SSLWantReadError):
            self._tls.do_handshake()
        return self._out.read()

    def read(self) -> bytes:
        data: bytes = self._until(lambda: self._tls.read(65536))
        return data

    def sealed(self, data: bytes) -> bytes:
        """What goes over the wire for these bytes."""
        self._tls.write(data)
        return self._out.read()

    def send(self, data: bytes) -> None:
        self.client.sendall(self.sealed(data))

    def _until(self, step: t.Callable[[], t.Any]) -> t.Any:
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                self.client.sendall(self._out.read())
                more = self.client.recv(65536)
                if not more:
                    raise ConnectionResetError from None
                self._in.write(more)
            else:
                self.client.sendall(self._out.read())
                return done
