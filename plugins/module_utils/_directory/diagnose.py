# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a connection failed.

libldap says "Can't contact LDAP server" and "(unknown error code)" alike of an unknown name, a closed port, an
untrusted authority and a wrong name in a certificate (seen with 2.5.13 on GnuTLS). So after a failure the same
connection is made with Python's own sockets and TLS, which tell these apart. Nothing is sent but the request for
StartTLS.

The same is done before libldap connects: on GnuTLS it waits forever for the TLS handshake of a silent server, whatever
its timeouts, and keeps a core busy. So the server must first answer a handshake of Python's in time.
"""

from __future__ import annotations

import socket
import ssl
import typing as t
from dataclasses import replace

from .._core.deadline import deadline
from .._core.tls import context_of
from .options import CA_CERT, SERVER, TLS_MODE, DirectoryOptions

#: ExtendedRequest, message 1, of StartTLS (RFC 4511, 4.14), in BER.
_OID = b"1.3.6.1.4.1.1466.20037"
START_TLS_REQUEST = bytes([0x30, len(_OID) + 7, 0x02, 0x01, 0x01, 0x77, len(_OID) + 2, 0x80, len(_OID)]) + _OID
#: OpenSSL's X509_V_ERR_* that concern the name or the dates; every other one concerns the authority.
_HOSTNAME_MISMATCH, _ADDRESS_MISMATCH = 62, 64
_NOT_YET_VALID, _EXPIRED = 9, 10


def why_no_connection(options: DirectoryOptions, said: str = "") -> str:
    """One sentence that names the option to check. ``said`` is libldap's message."""
    try:
        found = _walk(options, min(options.timeout, 10))
    except OSError as error:
        found = f"{options.place}: {error.strerror or error}; check {SERVER}, port and the firewall"
    return found or (
        f"{options.place}: no connection, though the name, the port and the certificate seem right from here"
        f"{f' ({said})' if said else ''}; try again, and check that the directory service is healthy"
    )


def why_silent(options: DirectoryOptions) -> str | None:
    """None when the server answered the handshake, with success or not; otherwise why libldap must not connect."""
    if options.tls_mode == "none":
        return None
    try:
        raw = socket.create_connection((options.server, options.effective_port), timeout=options.timeout)
        with raw, deadline(options.timeout) as guard:
            guard.watch(raw.fileno())
            if options.tls_mode == "start_tls":
                _start_tls(raw)
            _tls(raw, replace(options, cert_validation="ignore"))
        if guard.late:
            return _says_nothing(options, options.timeout)
    except (OSError, UnicodeError):
        return why_no_connection(options)
    return None


def tls_context(options: DirectoryOptions) -> ssl.SSLContext:
    """What ``ca_cert`` and ``cert_validation`` mean, for Python's TLS."""
    context = context_of(options.ca_cert, options.cert_validation)
    # As GnuTLS does: any certificate of the file is an anchor, also an authority that is not self-signed.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _walk(options: DirectoryOptions, timeout: float) -> str | None:
    place = options.place
    found: str | None
    try:
        socket.getaddrinfo(options.server, options.effective_port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return f"server {options.server} is not a name that this host can resolve ({error}); check {SERVER} and DNS"
    try:
        raw = socket.create_connection((options.server, options.effective_port), timeout=timeout)
    except ConnectionRefusedError:
        return f"{place}: nothing listens there (connection refused); check {SERVER}, port and {TLS_MODE}"
    except TimeoutError:
        return f"{place}: no connection within {timeout} s; check {SERVER}, port and the firewall between"
    with raw, deadline(timeout) as guard:
        guard.watch(raw.fileno())
        if options.tls_mode == "none":
            return None
        try:
            if options.tls_mode == "start_tls" and not _start_tls(raw):
                found = f"{place}: does not offer StartTLS; use tls_mode ldaps (port 636), or check port"
            else:
                found = _tls(raw, options)
        except TimeoutError:
            return _says_nothing(options, timeout)
    # A connection that we cut after the timeout looks like one that the server closed.
    return _says_nothing(options, timeout) if guard.late else found


def _says_nothing(options: DirectoryOptions, timeout: float) -> str:
    return (
        f"{options.place}: accepted the connection but did not answer within {timeout} s; check port, "
        f"{TLS_MODE} and its health"
    )


def _start_tls(raw: socket.socket) -> bool:
    try:
        raw.sendall(START_TLS_REQUEST)
        answer = raw.recv(4096)
    except TimeoutError:
        raise
    except OSError:
        return False
    # ExtendedResponse [APPLICATION 24] that begins with resultCode ENUMERATED 0, success.
    at = answer.find(b"\x78")
    return at >= 0 and b"\x0a\x01\x00" in answer[at : at + 10]


def _tls(raw: socket.socket, options: DirectoryOptions) -> str | None:
    place = options.place
    try:
        with tls_context(options).wrap_socket(raw, server_hostname=options.server):
            return None
    except ssl.SSLCertVerificationError as error:
        return f"{place}: {_certificate_problem(error, options)}"
    except ssl.SSLError as error:
        return f"{place}: does not speak TLS ({error.reason or error}); check port and {TLS_MODE}"
    except (ConnectionResetError, BrokenPipeError):
        return f"{place}: ended the TLS handshake; check port, {TLS_MODE} and the domain controller's certificate"


def _certificate_problem(error: ssl.SSLCertVerificationError, options: DirectoryOptions) -> str:
    code: t.Any = error.verify_code
    if code in (_HOSTNAME_MISMATCH, _ADDRESS_MISMATCH):
        return (
            f"the certificate is not for the name {options.server} ({error.verify_message}); give a name that is in "
            f"the certificate as {SERVER}, or set cert_validation to ignore_hostname (an option of the modules)"
        )
    if code in (_NOT_YET_VALID, _EXPIRED):
        return f"the certificate is not valid at this time ({error.verify_message}); renew it, or set this host's clock"
    source = f"{CA_CERT} {options.ca_cert}" if options.ca_cert else f"this host; name its CA certificate in {CA_CERT}"
    return f"the certificate is not signed by an authority trusted by {source} ({error.verify_message})"
