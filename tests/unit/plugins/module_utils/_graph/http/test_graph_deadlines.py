# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of Graph and of the login have an end, in time and in size, and http never leaves this machine."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import typing as t
import zlib
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import StoreError
from ansible_collections.hybrid.photos.plugins.module_utils._graph.auth.login import LoginClient
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.concurrency import Clock
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.retry import RetryPolicy
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.transport import Cut, Endpoint, Http
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.dripping import (
    Tls,
    Treat,
    certificate,
    drip,
    hold,
    serving,
)

#: Longer than the pause between two drips, much shorter than all of them.
QUICK = 0.5
OK = b"HTTP/1.1 200 OK\r\n"


class Hasty(Clock):
    """Time goes on by itself; waiting between two attempts takes none."""

    def __init__(self) -> None:
        self.skipped = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.skipped

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        self.skipped += seconds or 0.0


def request(client: socket.socket) -> bytes:
    """Read one request without a body."""
    read = b""
    while b"\r\n\r\n" not in read:
        more = client.recv(4096)
        if not more:
            raise ConnectionResetError
        read += more
    return read


def answer(client: socket.socket, body: bytes, headers: bytes = b"") -> None:
    client.sendall(OK + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def get(port: int, *, tls: Path | None = None, max_bytes: int = 10_000_000, timeout: float = QUICK) -> bytes:
    root = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    http = Http(Endpoint(root, str(tls) if tls else None, timeout))
    try:
        return http.send("GET", root + "/x", {}, max_bytes=max_bytes).body
    finally:
        http.close()


def after(head: bytes, data: bytes = b"") -> Treat:
    def treat(client: socket.socket) -> None:
        request(client)
        client.sendall(head)
        drip(client, data)

    return treat


@pytest.mark.parametrize(
    "treat",
    [
        after(b"", OK + b"Content-Length: 2\r\n\r\n{}"),
        after(OK + b"X-Long: "),
        after(OK + b"Content-Length: 1000\r\n\r\n"),
        after(OK + b"Connection: close\r\n\r\n"),
        after(OK + b"Transfer-Encoding: chunked\r\n\r\n400\r\n"),
        after(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n" * 100),
        after(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
        hold,
    ],
    ids=["status", "header", "body", "body until the end", "one chunk", "many chunks", "continue", "silence"],
)
def test_an_answer_that_drips_is_given_up(treat: Treat) -> None:
    with serving(treat) as port, pytest.raises(Cut, match=r"took too long|did not answer"):
        get(port)


def test_a_tls_handshake_that_drips_is_given_up(tmp_path: Path) -> None:
    pem = certificate(tmp_path)

    def treat(client: socket.socket) -> None:
        tls = Tls(client, pem)
        drip(client, tls.hello(client.recv(65536)))

    with serving(treat) as port, pytest.raises(Cut):
        get(port, tls=pem)


def test_a_body_that_drips_over_tls_is_given_up(tmp_path: Path) -> None:
    pem = certificate(tmp_path)

    def treat(client: socket.socket) -> None:
        tls = Tls(client, pem)
        tls.shake()
        tls.read()
        tls.send(OK + b"Content-Length: 16000\r\n\r\n")
        drip(client, tls.sealed(bytes(16_000)))

    with serving(treat) as port, pytest.raises(Cut):
        get(port, tls=pem)


def test_a_proxy_that_drips_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(after(OK + b"X-Long: ")) as port:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("no_proxy", "")
        root = "https://graph.test"
        with pytest.raises(Cut, match="took too long"):
            Http(Endpoint(root, str(certificate(tmp_path)), QUICK)).send("GET", root + "/x", {})


def test_a_second_answer_over_a_connection_that_was_kept_has_an_end_too() -> None:
    def treat(client: socket.socket) -> None:
        request(client)
        answer(client, b"first")
        request(client)
        client.sendall(OK + b"X-Long: ")
        drip(client)

    with serving(treat) as port:
        root = f"http://127.0.0.1:{port}"
        http = Http(Endpoint(root, None, QUICK))
        assert http.send("GET", root + "/x", {}).body == b"first"
        with pytest.raises(Cut, match="took too long"):
            http.send("GET", root + "/x", {})


def test_a_token_that_drips_is_given_up() -> None:
    with serving(after(OK + b"Content-Length: 1000\r\n\r\n")) as port:
        root = f"http://127.0.0.1:{port}"
        login = LoginClient(Http(Endpoint(root, None, QUICK)), RetryPolicy(), "authority_url", root, Hasty())
        with pytest.raises(StoreError, match="took too long"):
            login.post(root + "/token", data={"client_secret": "x"})


def test_a_large_answer_over_a_slow_line_is_taken() -> None:
    body = bytes(300_000)

    def treat(client: socket.socket) -> None:
        request(client)
        client.sendall(OK + b"Content-Length: %d\r\n\r\n" % len(body))
        for start in range(0, len(body), 30_000):
            client.sendall(body[start : start + 30_000])
            time.sleep(0.4)

    with serving(treat) as port:
        assert get(port, timeout=1) == body


def test_a_token_answer_has_a_size() -> None:
    def treat(client: socket.socket) -> None:
        request(client)
        answer(client, bytes(2_000_000))

    with serving(treat) as port:
        root = f"http://127.0.0.1:{port}"
        login = LoginClient(Http(Endpoint(root, None, QUICK)), RetryPolicy(), "authority_url", root)
        with pytest.raises(StoreError, match="more than 1048576 bytes"):
            login.get(root + "/discovery")


def encoded(body: bytes, encoding: bytes) -> Treat:
    def treat(client: socket.socket) -> None:
        request(client)
        answer(client, body, b"Content-Encoding: " + encoding + b"\r\n")

    return treat


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [
        (gzip.compress(b"abc" * 100_000), b"gzip"),
        (gzip.compress(b"abc" * 100_000), b"GZIP"),
        (zlib.compress(b"abc" * 100_000), b"deflate"),
        (zlib.compress(b"abc" * 100_000)[2:-4], b"deflate"),
        (b"abc" * 100_000, b"identity"),
    ],
)
def test_packed_answers_are_unpacked(packed: bytes, encoding: bytes) -> None:
    with serving(encoded(packed, encoding)) as port:
        assert get(port, timeout=10) == b"abc" * 100_000


def test_an_answer_that_swells_is_stopped_at_the_limit() -> None:
    packed = gzip.compress(bytes(30_000_000))
    with serving(encoded(packed, b"gzip")) as port, pytest.raises(StoreError, match="more than 10000000 bytes"):
        get(port, timeout=10)


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [(gzip.compress(b"abc" * 9)[:-9], b"gzip"), (b"no gzip at all", b"gzip"), (b"abc", b"br"), (b"abc", b"gzip, gzip")],
)
def test_an_answer_that_cannot_be_unpacked_is_none(packed: bytes, encoding: bytes) -> None:
    with serving(encoded(packed, encoding)) as port, pytest.raises(Cut):
        get(port)


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_http_never_goes_over_a_proxy(variable: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
    stolen: list[bytes] = []

    def proxy(client: socket.socket) -> None:
        stolen.append(request(client))
        answer(client, b"stolen")

    def server(client: socket.socket) -> None:
        request(client)
        answer(client, b"direct")

    with serving(proxy) as proxy_port, serving(server) as port:
        monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy_port}")
        root = f"http://{host}:{port}"
        http = Http(Endpoint(root, None, 5))
        assert http.send("GET", root + "/x", {"Authorization": "Bearer s3cret"}).body == b"direct"
        login = LoginClient(http, RetryPolicy(), "authority_url", root)
        told: t.Any = login.get(root.replace("http:", "https:") + "/discovery")
        assert told.text == "direct"
    assert stolen == []
