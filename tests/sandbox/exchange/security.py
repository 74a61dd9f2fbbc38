# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account of a connection (Kerberos, Basic), and the encryption of messages over http."""

from __future__ import annotations

import base64
import re
import struct
from dataclasses import dataclass
from typing import Any

import spnego
from spnego.exceptions import SpnegoError

from .state import Account, Organization

_OID_SPNEGO = b"\x06\x06\x2b\x06\x01\x05\x05\x02"
_KINDS = ("application/HTTP-Kerberos-session-encrypted", "application/HTTP-SPNEGO-session-encrypted")


class NotEncrypted(Exception):
    """A message is not encrypted, or cannot be decrypted."""


@dataclass
class Peer:
    """The state of one TCP connection."""

    context: Any = None
    account: Account | None = None

    def greet(self, header: str, organization: Organization) -> tuple[Account | None, str | None]:
        """The account of an Authorization header, and the token to answer with. None: go on, or nobody."""
        scheme, _space, value = header.partition(" ")
        if scheme.lower() == "basic" and organization.service.basic:
            return self._basic(value, organization), None
        if scheme.lower() not in ("negotiate", "kerberos") or not organization.service.kerberos:
            return None, None
        token = base64.b64decode(value)
        if token.startswith(b"NTLMSSP"):
            return None, None
        try:
            if self.context is None:
                self.context = spnego.server(
                    service="HTTP",
                    protocol="negotiate" if _OID_SPNEGO in token[:16] else "kerberos",
                    options=spnego.NegotiateOptions.wrapping_winrm | spnego.NegotiateOptions.use_gssapi,
                )
            answer = self.context.step(token)
        except Exception as error:  # GSSAPI has many: another key, another name, another clock
            print(f"exchange: a ticket was not accepted: {type(error).__name__}: {error}", flush=True)
            self.context = None
            return None, None
        if self.context.complete:
            principal = str(self.context.client_principal).lower()
            self.account = next((a for a in organization.accounts if a.principal.lower() == principal), None)
            if self.account is None:  # any account of the domain may sign in; it has no role
                self.account = Account(principal, None)
        return self.account, base64.b64encode(answer).decode() if answer else None

    def _basic(self, value: str, organization: Organization) -> Account | None:
        name, _colon, password = base64.b64decode(value).decode().partition(":")
        for account in organization.accounts:
            if account.principal.lower() == name.lower() and account.password and account.password == password:
                self.account = account
                return account
        return None

    def decrypted(self, content_type: str, body: bytes) -> bytes:
        """The message in an encrypted body. Raises NotEncrypted."""
        if not content_type.startswith("multipart/encrypted") or self.context is None:
            raise NotEncrypted("the message is not encrypted")
        parts = [part for part in re.split(rb"--\s*Encrypted Boundary(?:--)?\r\n", body) if part]
        if len(parts) != 2:
            raise NotEncrypted(f"{len(parts)} parts instead of two")
        payload = parts[1].partition(b"application/octet-stream\r\n")[2]
        (length,) = struct.unpack_from("<i", payload)
        try:
            plain: bytes = self.context.unwrap_winrm(payload[4 : 4 + length], payload[4 + length :])
        except SpnegoError as error:
            raise NotEncrypted(str(error)) from error
        told = int(parts[0].split(b"Length=")[1].split()[0])
        if told != len(plain):
            raise NotEncrypted(f"{len(plain)} bytes instead of {told}")
        return plain

    def encrypted(self, content_type: str, message: bytes) -> tuple[str, bytes]:
        """The content type and body of an encrypted answer; Exchange's boundaries have a blank that others lack."""
        kind = next((kind for kind in _KINDS if kind in content_type), _KINDS[1])
        wrapped = self.context.wrap_winrm(message)
        body = (
            b"-- Encrypted Boundary\r\n\tContent-Type: " + kind.encode() + b"\r\n"
            b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length="
            + str(len(message) + wrapped.padding_length).encode()
            + b"\r\n-- Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n"
            + struct.pack("<i", len(wrapped.header))
            + wrapped.header
            + wrapped.data
            + b"-- Encrypted Boundary--\r\n"
        )
        return f'multipart/encrypted;protocol="{kind}";boundary="Encrypted Boundary"', body
