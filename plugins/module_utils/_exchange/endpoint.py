# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Examines the endpoint without a sign-in, for the doctor. Only sends an empty request."""

from __future__ import annotations

import email.utils
import http.client
import socket
import ssl
import time
import typing as t

from .._core.deadline import bounded
from .._core.tls import context_of, end_of
from .errors import ExchangeError, no_tls, untrusted
from .options import SERVER, ExchangeOptions

_PATH = "/PowerShell/"


class Endpoint(t.NamedTuple):
    """``offers``: the ways to sign in. ``skew``: seconds that its clock is ahead of ours, None if it is not known.

    ``certificate_end``: seconds since the epoch; None if no certificate is checked.
    """

    status: int
    offers: str
    skew: float | None
    certificate_end: float | None


def look(options: ExchangeOptions) -> Endpoint:
    """Send one request. Raises ExchangeError, whose text names the option to check."""
    try:
        seen: Endpoint = bounded(lambda: _asked(options), options.timeout + 5.0)
    except ssl.SSLCertVerificationError as error:
        raise untrusted(error.verify_message, options) from error
    except ssl.SSLError as error:
        raise no_tls(error.reason or error, options) from error
    except TimeoutError as error:
        raise ExchangeError(f"{options.place}: no answer in time; check {SERVER}, port and the firewall") from error
    except socket.gaierror as error:
        raise ExchangeError(
            f"{options.place}: the name {options.server} is not known to DNS; check {SERVER}"
        ) from error
    except (OSError, http.client.HTTPException) as error:
        why = getattr(error, "strerror", None) or error
        raise ExchangeError(f"{options.place}: no connection ({why}); check {SERVER}, port and tls_mode") from error
    return seen


def _asked(options: ExchangeOptions) -> Endpoint:
    place, timeout = (options.server, options.effective_port), float(options.timeout)
    connection = http.client.HTTPConnection(*place, timeout=timeout)
    if options.tls_mode == "https":
        context = context_of(options.ca_cert, options.cert_validation)
        connection = http.client.HTTPSConnection(*place, timeout=timeout, context=context)
    try:
        connection.connect()
        told = connection.sock.getpeercert() if isinstance(connection.sock, ssl.SSLSocket) else None
        connection.request("POST", _PATH, b"", {"Content-Type": "application/soap+xml;charset=UTF-8"})
        answer = connection.getresponse()
        offers = ", ".join(answer.headers.get_all("WWW-Authenticate", []))
        return Endpoint(answer.status, offers, _skew(answer.headers.get("Date")), end_of(told))
    finally:
        connection.close()


def _skew(date: str | None) -> float | None:
    try:
        return None if date is None else email.utils.parsedate_to_datetime(date).timestamp() - time.time()
    except ValueError:
        return None
