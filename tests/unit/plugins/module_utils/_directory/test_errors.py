# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Result codes and what they mean to a person; and why no connection came about."""

from __future__ import annotations

import re
import socket
import threading
import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError, StoreError
from ansible_collections.hybrid.photos.plugins.module_utils._directory import diagnose, errors, session
from ansible_collections.hybrid.photos.plugins.module_utils._directory.options import DirectoryOptions
from ansible_collections.hybrid.photos.plugins.module_utils._directory.session import Session
from ansible_collections.hybrid.photos.plugins.module_utils._directory.ticket import principal

SIMPLE = DirectoryOptions("dc1", username="svc@x", password="pass-of-the-test")
KERBEROS = DirectoryOptions("dc1", auth_protocol="kerberos", tls_mode="none")
GSSAPI = "SASL(-1): generic failure: GSSAPI Error: Unspecified GSS failure. Minor code may provide more information "


@pytest.mark.parametrize(
    ("options", "code", "info", "says"),
    [
        (
            SIMPLE,
            49,
            "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 52e, v1db1",
            "is wrong",
        ),
        (SIMPLE, 49, "comment: AcceptSecurityContext error, data 533, v1db1", "disabled"),
        (SIMPLE, 49, "comment: AcceptSecurityContext error, data 775, v1db1", "locked out"),
        (SIMPLE, 49, "comment: AcceptSecurityContext error, data 532, v4563", "password has expired"),
        (SIMPLE, 49, "data 80090346, v1", "LDAPSASL_CBINDING"),
        (SIMPLE, 49, "", "is wrong"),
        (SIMPLE, 8, "BindSimple: Transport encryption required.", "use tls_mode ldaps"),
        (SIMPLE, 34, "", "name@example.com"),
        (SIMPLE, 99, "odd", "odd"),
        (KERBEROS, -2, GSSAPI + "(Clock skew too great)", "clock differs"),
        (KERBEROS, -2, GSSAPI + "(Server not found in Kerberos database)", "own full host name"),
        (KERBEROS, -2, GSSAPI + "(Ticket expired)", "ticket has expired"),
        (KERBEROS, -2, GSSAPI + "(No Kerberos credentials available (default cache: FILE:/tmp/x))", "run kinit"),
        (KERBEROS, -2, GSSAPI + '(Cannot find KDC for realm "X")', "krb5.conf"),
        (KERBEROS, -2, "SASL(-4): no mechanism available: No worthy mechs found", "libsasl2-modules-gssapi-mit"),
        (KERBEROS, -6, "SASL(-4): no mechanism available", "cyrus-sasl-gssapi"),
    ],
)
def test_sign_in_problems(options: DirectoryOptions, code: int, info: str, says: str) -> None:
    text = errors.sign_in_problem(code, info, "desc", options)
    assert says in text
    assert text.startswith(f"{options.place}: cannot sign in")
    assert "pass-of-the-test" not in text
    if options.username:
        assert text.count("HYBRID_PHOTOS_AD_USERNAME") == 1, "where the account came from, once"


@pytest.mark.parametrize("data", ["52e", "532", "773"])
def test_a_password_that_is_wrong_or_expired_is_told_with_where_it_came_from(data: str) -> None:
    text = errors.sign_in_problem(49, f"AcceptSecurityContext error, data {data}, v1db1", "desc", SIMPLE)
    assert "password (HYBRID_PHOTOS_AD_PASSWORD)" in text


def test_kinit_problems() -> None:
    options = DirectoryOptions("dc1", auth_protocol="kerberos", username="svc@X", password="pass-of-the-test")
    for said, says in [
        (
            "kinit: Password incorrect while getting initial credentials",
            "password (HYBRID_PHOTOS_AD_PASSWORD) is wrong",
        ),
        ("kinit: Client 'svc@X' not found in Kerberos database while", "no such account"),
        ("kinit: Client's credentials have been revoked while", "disabled, expired or locked"),
        ("kinit: Cannot contact any KDC for realm 'X' while", "port 88"),
        ("something else", "something else"),
        ("", "no reason"),
    ]:
        assert says in errors.kinit_problem(said, options)
        assert "(HYBRID_PHOTOS_AD_USERNAME)" in errors.kinit_problem(said, options)
    assert principal("svc@corp.example.com") == "svc@CORP.EXAMPLE.COM"
    assert principal("svc") == "svc"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (50, "Write Property on thumbnailPhoto"),
        (19, "at most 102400 bytes"),
        (21, "at most 102400 bytes"),
        (32, "account is gone"),
        (53, "read-only"),
        (10, "read-only"),
        (1, "refused the change"),
    ],
)
def test_write_problems(code: int, says: str) -> None:
    assert says in errors.write_problem(code, "info", "desc", 102401, 102400)


def test_search_problems() -> None:
    options = DirectoryOptions("dc1", search_base="OU=x")
    for code in (10, 32, 34):
        assert "search_base (HYBRID_PHOTOS_AD_SEARCH_BASE) 'OU=x'" in errors.operation_problem(code, "", "", options)
    assert "may not search" in errors.operation_problem(50, "", "", options)
    assert "not signed in" in errors.operation_problem(1, "a successful bind must be completed", "", options)
    assert "refused a search" in errors.operation_problem(80, "", "", options)


@pytest.fixture
def serve() -> t.Iterator[t.Callable[[t.Callable[[socket.socket], None]], int]]:
    """A server that treats each connection as it is told; its port."""
    servers: list[socket.socket] = []

    def start(treat: t.Callable[[socket.socket], None]) -> int:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)

        def loop() -> None:
            while True:
                try:
                    client, _address = server.accept()
                except OSError:
                    return
                with client:
                    treat(client)

        threading.Thread(target=loop, daemon=True).start()
        return int(server.getsockname()[1])

    yield start
    for server in servers:
        server.close()


def chatty(client: socket.socket) -> None:
    client.recv(100)
    client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def mute(client: socket.socket) -> None:
    while client.recv(4096):
        pass


def hasty(client: socket.socket) -> None:
    client.recv(1)


@pytest.mark.parametrize(
    ("treat", "mode", "says"),
    [
        (chatty, "ldaps", "does not speak TLS|ended the TLS"),
        (chatty, "start_tls", "does not offer StartTLS"),
        (mute, "ldaps", "did not answer within 1 s"),
        (mute, "start_tls", "did not answer within 1 s"),
        (hasty, "ldaps", "does not speak TLS|ended the TLS"),
        (hasty, "start_tls", "does not offer StartTLS"),
    ],
)
def test_why_there_is_no_connection(serve: t.Any, treat: t.Any, mode: t.Any, says: str) -> None:
    options = DirectoryOptions("127.0.0.1", serve(treat), mode, username="u", password="p", timeout=1)
    assert re.search(says, diagnose.why_no_connection(options))
    if treat is mute:
        assert "did not answer" in (diagnose.why_silent(options) or "")
    pytest.importorskip("ldap")
    with pytest.raises(StoreError):
        Session(options).open()


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    options = DirectoryOptions("127.0.0.1", port, username="u", password="p")
    assert re.search(
        r"connection refused.*HYBRID_PHOTOS_AD_SERVER.*HYBRID_PHOTOS_AD_TLS_MODE", diagnose.why_no_connection(options)
    )
    unknown = DirectoryOptions("no-such-host.invalid", username="u", password="p")
    assert "cannot resolve" in diagnose.why_no_connection(unknown) or "can resolve" in diagnose.why_no_connection(
        unknown
    )


def test_the_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "LDAP_IMPORT_ERROR", ImportError("No module named 'ldap'"))
    with pytest.raises(PhotoError, match=r"python-ldap.*libldap2-dev libsasl2-dev"):
        Session(SIMPLE).open()
