# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in with a certificate and its private key. The only file with cryptography, which MSAL brings along."""

from __future__ import annotations

import datetime
import re
import typing as t

from ..._core.model import PhotoError
from ..errors import one_line
from ..options import with_variables
from .method import AuthMethod, Token, read_file
from .msal_client import application_token, need_msal

_PATH = with_variables("certificate_path")


class Certificate(AuthMethod):
    """One PEM file with certificate and key, or a PFX file; either may be protected by ``certificate_password``.

    The file is opened before anything is sent, and read again for each token, since certificates are rotated.
    """

    option = "certificate_path"
    needs = ("tenant_id", "client_id")

    def validate(self) -> None:
        super().validate()
        need_msal()
        self._credential()

    def authenticate(self) -> Token:
        return application_token(self.options, self.option, self._credential(), self.login())

    def ends(self) -> float | None:
        """When the certificate ends."""
        path, password = self.options.certificate_path or "", self.options.certificate_password
        raw = read_file(self.option, path)
        return end_of_pem(raw) if b"-----BEGIN" in raw else end_of_pfx(path, raw, password)

    def _credential(self) -> t.Mapping[str, str | None]:
        path, password = self.options.certificate_path or "", self.options.certificate_password
        raw = read_file(self.option, path)
        return pem(path, raw, password) if b"-----BEGIN" in raw else pfx(path, raw, password)


def pem(path: str, raw: bytes, password: str | None) -> dict[str, str | None]:
    """Key and certificates (the first is ours, others its chain) of one PEM file; the key may be encrypted."""
    text = raw.decode("latin-1")
    keys = re.findall(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----.*?-----END (?:[A-Z]+ )?PRIVATE KEY-----", text, re.S)
    certificates = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", text, re.S)
    if not keys or not certificates:
        what = "private key" if not keys else "certificate"
        raise PhotoError(f"{_PATH}: {path} holds no {what}; put key and certificate into one PEM file.")
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    encrypted = "ENCRYPTED" in keys[0]
    try:
        load_pem_private_key(keys[0].encode(), password.encode() if password and encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as ex:
        raise PhotoError(_unopened(path, password)) from ex
    proof: dict[str, str | None] = {"private_key": keys[0], "public_certificate": "\n".join(certificates)}
    return {**proof, "passphrase": password} if password and encrypted else proof


def pfx(path: str, raw: bytes, password: str | None) -> dict[str, str | None]:
    """A PKCS#12 file, which MSAL opens by itself."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import pkcs12

    try:
        key, certificate, _chain = pkcs12.load_key_and_certificates(raw, password.encode() if password else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as ex:
        raise PhotoError(_unopened(path, password)) from ex
    if key is None or certificate is None:
        raise PhotoError(f"{_PATH}: {path} must hold a certificate and its private key.")
    return {"private_key_pfx_path": path, "passphrase": password}


def end_of_pem(raw: bytes) -> float | None:
    """When the first certificate of a PEM file ends, in seconds since the epoch."""
    from cryptography import x509

    found = re.search(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", raw, re.S)
    return None if found is None else _end(x509.load_pem_x509_certificate(found[0]))


def end_of_pfx(path: str, raw: bytes, password: str | None) -> float | None:
    """The same for a PKCS#12 file. Raises PhotoError when it does not open."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import pkcs12

    try:
        certificate = pkcs12.load_key_and_certificates(raw, password.encode() if password else None)[1]
    except (ValueError, TypeError, UnsupportedAlgorithm) as ex:
        raise PhotoError(_unopened(path, password)) from ex
    return None if certificate is None else _end(certificate)


def _end(certificate: t.Any) -> float:
    # not_valid_after_utc is new in cryptography 42; what was there before has no zone and is in UTC.
    ends = getattr(certificate, "not_valid_after_utc", None)
    if ends is None:
        ends = certificate.not_valid_after.replace(tzinfo=datetime.UTC)
    return float(ends.timestamp())


def _unopened(path: str, password: str | None) -> str:
    why = "certificate_password does not open it, or it is damaged" if password else "it needs certificate_password"
    return f"{_PATH}: {one_line(path)}: {with_variables(why)}, or it is no PEM or PFX file."
