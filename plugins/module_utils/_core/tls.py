# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options ``ca_cert`` and ``cert_validation`` for Python's TLS, and the end date of a server's certificate."""

from __future__ import annotations

import ssl
import typing as t

from .model import PhotoError


def check_ca_cert(path: str, option: str) -> None:
    """Can the file be used? Raises PhotoError, which names ``option``."""
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError as error:
        raise PhotoError(f"{option} {path} holds no certificate in PEM form ({error.reason or error})") from error
    except OSError as error:
        raise PhotoError(
            f"{option} {path} cannot be read ({error.strerror}): it is a PEM file on the host that runs the module"
        ) from error


def context_of(ca_cert: str | None, cert_validation: str) -> ssl.SSLContext:
    """A client's TLS context. ``cert_validation``: ``always``, ``ignore_hostname`` or ``ignore``."""
    context = ssl.create_default_context(cafile=ca_cert if cert_validation != "ignore" else None)
    context.check_hostname = cert_validation == "always"
    if cert_validation == "ignore":
        context.verify_mode = ssl.CERT_NONE
    return context


def end_of(certificate: t.Mapping[str, t.Any] | None) -> float | None:
    """The end date in ``getpeercert``'s result, in seconds since the epoch; None when no certificate is checked."""
    ends = (certificate or {}).get("notAfter")
    return ssl.cert_time_to_seconds(ends) if isinstance(ends, str) else None
