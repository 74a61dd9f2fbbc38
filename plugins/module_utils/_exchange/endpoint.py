# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoint as somebody sees it who has not signed in: for the doctor. Nothing but an empty request is sent."""

from __future__ import annotations

import email.utils
import http.client
import socket
import ssl
import time
import typing as t

from .._core.deadline import bounded
from .errors import ExchangeError
from .options import CA_CERT, ExchangeOptions

_PATH = "/PowerShell/"


class Endpoint(t.NamedTuple):
    """``offers``: the ways to sign in. ``skew``: seconds that its clock is ahead of ours, None when it does not say.

    ``certificate_end``: seconds since the epoch; None where no certificate is checked.
    """

    status: int
    offers: str
    skew: float | None
    certificate_end: float | None


def look(options: ExchangeOptions) -> Endpoint:
    """Ask once. Raises ExchangeError, whose text names the option to look at."""
    try:
        seen: Endpoint = bounded(lambda: _asked(options), options.timeout + 5.0)
    except ssl.SSLCertVerificationError as error:
        raise ExchangeError(
            f"{options.place}: the server's certificate is not accepted ({error.verify_message}); give the "
            f"authority's certificate in {CA_CERT}, and the name that stands in the certificate as server, or use "
            "tls_mode http with Kerberos"
        ) from error
    except ssl.SSLError as error:
        raise ExchangeError(
            f"{options.place}: no TLS connection was possible ({error.reason or error}); check port and tls_mode"
        ) from error
    except TimeoutError as error:
        raise ExchangeError(f"{options.place}: no answer in time; check server, port and the firewall") from error
    except socket.gaierror as error:
        raise ExchangeError(f"{options.place}: the name {options.server} is not known to DNS; check server") from error
    except (OSError, http.client.HTTPException) as error:
        why = getattr(error, "strerror", None) or error
        raise ExchangeError(f"{options.place}: no connection ({why}); check server, port and tls_mode") from error
    return seen


def _asked(options: ExchangeOptions) -> Endpoint:
    place, timeout = (options.server, options.effective_port), float(options.timeout)
    connection = http.client.HTTPConnection(*place, timeout=timeout)
    if options.tls_mode == "https":
        connection = http.client.HTTPSConnection(*place, timeout=timeout, context=_context(options))
    try:
        connection.connect()
        told = connection.sock.getpeercert() if isinstance(connection.sock, ssl.SSLSocket) else None
        connection.request("POST", _PATH, b"", {"Content-Type": "application/soap+xml;charset=UTF-8"})
        answer = connection.getresponse()
        offers = ", ".join(answer.headers.get_all("WWW-Authenticate", []))
        return Endpoint(answer.status, offers, _skew(answer.headers.get("Date")), _end(told or {}))
    finally:
        connection.close()


def _context(options: ExchangeOptions) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=options.ca_cert if options.cert_validation != "ignore" else None)
    context.check_hostname = options.cert_validation == "always"
    if options.cert_validation == "ignore":
        context.verify_mode = ssl.CERT_NONE
    return context


def _end(certificate: t.Mapping[str, t.Any]) -> float | None:
    ends = certificate.get("notAfter")
    return ssl.cert_time_to_seconds(ends) if isinstance(ends, str) else None


def _skew(date: str | None) -> float | None:
    try:
        return None if date is None else email.utils.parsedate_to_datetime(date).timestamp() - time.time()
    except ValueError:
        return None
