# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a server's certificate was refused: by OpenSSL's number, never by its text, and what to do about it.

The numbers are X509_V_ERR_* of OpenSSL's x509_vfy.h.
"""

from __future__ import annotations

import ssl
import sys
import typing as t

from ..._core.option_names import with_environment

_NOT_YET_VALID, _EXPIRED = 9, 10
_NAMES = frozenset({62, 64})
#: What only strict verification asks for, such as key identifiers. Python 3.13 and later ask for it by default.
_STRICT = range(79, 95)
_DEPTH = 12
CA_CERT = with_environment("ca_cert", "exo")


def certificate_problem(error: BaseException, host: str, option: str, ca: str | None) -> str:
    """One sentence for ``error`` or what caused it. ``ca``: the file that names the CAs, None: the system's."""
    refused = _refusal(error)
    code: t.Any = getattr(refused, "verify_code", None)
    said = f" ({refused.verify_message})" if refused is not None else ""
    if code in _NAMES:
        return f"the certificate is not for the name {host}{said}; give a name that is in the certificate as {option}"
    if code == _EXPIRED:
        return f"the certificate has expired{said}; renew it, or set this host's clock"
    if code == _NOT_YET_VALID:
        return f"the certificate is not valid yet{said}; set this host's clock, or wait"
    if code in _STRICT:
        version = ".".join(map(str, sys.version_info[:2]))
        return (
            f"the certificate, or the CA that signed it, lacks what Python {version} demands{said}; issue "
            "it again with "
            "the usual extensions (key identifiers, key usage, critical basic constraints)"
        )
    where = f"by {ca}" if ca else "on this host"
    return f"the certificate is not signed by a CA that is trusted {where}{said}; name its CA certificate in {CA_CERT}"


def _refusal(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """OpenSSL's own error among the layers of libraries that wrapped it."""
    layers: list[object] = [error]
    for _depth in range(_DEPTH):
        if not layers:
            return None
        found = next((layer for layer in layers if isinstance(layer, ssl.SSLCertVerificationError)), None)
        if found is not None:
            return found
        inner = (part for e in layers if isinstance(e, BaseException) for part in (*e.args, getattr(e, "reason", None)))
        layers = [part for part in inner if isinstance(part, BaseException)]
    return None
