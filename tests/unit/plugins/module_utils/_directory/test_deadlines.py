# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory that sends a byte now and then is given up, in every phase of a connection."""

from __future__ import annotations

import socket
import time
import typing as t
from pathlib import Path

import pytest

pytest.importorskip("ldap")

from ansible_collections.hybrid.photos.plugins.module_utils._directory import diagnose
from ansible_collections.hybrid.photos.plugins.module_utils._directory.errors import DirectoryGone
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
