# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory that sends a byte now and then is given up, in every phase of a connection."""

from __future__ import annotations

import contextlib
import socket
import time
import typing as t
from pathlib import Path

import pytest

pytest.importorskip("ldap")

from ansible_collections.hybrid.photos.plugins.module_utils._directory import diagnose, session
from ansible_collections.hybrid.photos.plugins.module_utils._directory.errors import DirectoryError, DirectoryGone
from ansible_collections.hybrid.photos.plugins.module_utils._directory.options import DirectoryOptions
from ansible_collections.hybrid.photos.plugins.module_utils._directory.session import Session
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.dripping import (
    Tls,
    certificate,
    drip,
    hold,
    serving,
)

#: BindResponse to message 1, success (RFC 4511, 4.2.2).
BOUND = bytes.fromhex("300c02010161070a010004000400")
#: SearchResultDone to message 2, success, that is said to be 200 bytes long.
LONG_DONE = bytes.fromhex("3081c802010265")
#: The head of a TLS handshake record of 16,000 bytes.
LONG_RECORD = bytes.fromhex("16030340")


def options(port: int, mode: t.Any, **more: t.Any) -> DirectoryOptions:
    return DirectoryOptions("127.0.0.1", port, mode, username="u", password="p", timeout=1, **more)


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return certificate(tmp_path)


def dripping_handshake(client: socket.socket) -> None:
    client.recv(4096)
    drip(client, LONG_RECORD)


def test_a_tls_handshake_that_drips_is_silence() -> None:
    with serving(dripping_handshake) as port:
        assert "did not answer within 1 s" in (diagnose.why_silent(options(port, "ldaps")) or "")
        assert "did not answer within 1 s" in diagnose.why_no_connection(options(port, "ldaps"))


def test_a_handshake_that_drips_only_when_libldap_comes_is_given_up(pem: Path) -> None:
    def treat(client: socket.socket) -> None:
        tls = Tls(client, pem)
        drip(client, tls.hello(client.recv(65536)))

    with (
        serving(lambda client: Tls(client, pem).shake(), treat) as port,
        pytest.raises(DirectoryGone, match="did not end within 3 s"),
    ):
        Session(options(port, "ldaps", ca_cert=str(pem))).open()


def test_a_server_that_is_silent_only_when_libldap_comes_is_given_up(pem: Path) -> None:
    with (
        serving(lambda client: Tls(client, pem).shake(), hold) as port,
        pytest.raises(DirectoryGone, match="did not end within 3 s"),
    ):
        Session(options(port, "ldaps", ca_cert=str(pem))).open()


def test_an_answer_that_drips_is_given_up() -> None:
    def treat(client: socket.socket) -> None:
        client.recv(4096)
        client.sendall(BOUND)
        client.recv(4096)
        drip(client, LONG_DONE)

    with serving(treat) as port, pytest.raises(DirectoryGone):
        Session(options(port, "none")).open()


def tagged(tag: int, content: bytes) -> bytes:
    """A value in BER, with its length in four bytes."""
    return bytes((tag, 0x84)) + len(content).to_bytes(4, "big") + content


def entry(photo: bytes) -> bytes:
    """SearchResultEntry to message 2 (RFC 4511, 4.5.2)."""
    attribute = tagged(0x30, tagged(4, b"thumbnailPhoto") + tagged(0x31, tagged(4, photo)))
    return tagged(0x30, b"\x02\x01\x02" + tagged(0x64, tagged(4, b"CN=a,DC=example") + tagged(0x30, attribute)))


def answered(treat: t.Callable[[socket.socket], None]) -> None:
    """Read one answer of a server that signs us in and then sends what ``treat`` sends."""

    def both(client: socket.socket) -> None:
        client.recv(4096)
        client.sendall(BOUND)
        client.recv(4096)
        treat(client)

    with serving(both) as port:
        connection = Session(options(port, "none"))
        connection._ldap = connection._initialize()
        connection._ldap.simple_bind_s("u", "p")
        try:
            connection.result(connection.send_search("DC=example", "(a=b)", ["thumbnailPhoto"]))
        finally:
            connection.close()


#: SearchResultReference to message 2.
REFERENCE = tagged(0x30, b"\x02\x01\x02" + tagged(0x73, tagged(4, b"ldap://other.example/")))


@pytest.mark.parametrize("piece", [entry(bytes(100_000)), entry(b""), REFERENCE], ids=["photo", "nothing", "reference"])
def test_an_answer_that_swells_is_stopped_at_the_limit(monkeypatch: pytest.MonkeyPatch, piece: bytes) -> None:
    monkeypatch.setattr(session, "MAX_ANSWER", 1_000_000)
    sent: list[int] = []

    def swell(client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client.sendall(piece)
                sent.append(len(piece))

    with pytest.raises(DirectoryError, match="an answer has more than 1,000,000 bytes") as raised:
        answered(swell)
    assert not isinstance(raised.value, DirectoryGone)
    assert sent


def test_entries_that_drip_are_given_up_by_the_time_of_the_whole_answer() -> None:
    def few(client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client.sendall(entry(b"x"))
                time.sleep(0.2)

    with pytest.raises(DirectoryGone):
        answered(few)


def test_a_tls_record_that_drips_is_given_up(pem: Path) -> None:
    def treat(client: socket.socket) -> None:
        tls = Tls(client, pem)
        tls.shake()
        tls.read()
        tls.send(BOUND)
        tls.read()
        drip(client, tls.sealed(bytes(16_000)))

    with serving(lambda client: Tls(client, pem).shake(), treat) as port, pytest.raises(DirectoryGone):
        Session(options(port, "ldaps", ca_cert=str(pem))).open()


def test_a_sign_in_that_drips_is_given_up(pem: Path) -> None:
    def treat(client: socket.socket) -> None:
        tls = Tls(client, pem)
        tls.shake()
        tls.read()
        drip(client, tls.sealed(bytes(16_000)))

    with serving(lambda client: Tls(client, pem).shake(), treat) as port, pytest.raises(DirectoryGone):
        Session(options(port, "ldaps", ca_cert=str(pem))).open()


def test_a_write_that_is_taken_a_little_at_a_time_is_given_up() -> None:
    def treat(client: socket.socket) -> None:
        client.recv(4096)
        client.sendall(BOUND)
        for _time in range(30):
            client.recv(100)
            time.sleep(0.3)
        while client.recv(1_000_000):
            pass

    with serving(treat) as port:
        connection = Session(options(port, "none"))
        connection._ldap = connection._initialize()
        connection._ldap.simple_bind_s("u", "p")
        with pytest.raises(DirectoryGone):
            connection.send_modify("thumbnailPhoto", "CN=x", (None, bytes(30_000_000)))
        connection.close()
