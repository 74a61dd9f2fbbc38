# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session with one domain controller: sign in, send, receive. The only file that imports python-ldap.

Every setting is the session's own (OPT_X_TLS_NEWCTX), no wait is without an end, referrals are never followed, and
what was opened is closed when the sign-in fails.
"""

from __future__ import annotations

import contextlib
import ssl
import sys
import time
import typing as t
from dataclasses import dataclass, replace
from itertools import chain

from .._core.deadline import bounded
from .._core.model import PhotoError
from .diagnose import why_no_connection, why_silent
from .errors import GONE, DirectoryError, DirectoryGone, operation_problem, sign_in_refused
from .options import DirectoryOptions
from .rootdse import ROOT_ATTRIBUTES, SCHEMA_NAMES, Attributes, RootDSE, Schema, guid, parse_root, parse_schema
from .ticket import ticket

try:
    import ldap
    from ldap.controls import RequestControl, SimplePagedResultsControl

    LDAP_IMPORT_ERROR: ImportError | None = None
except ImportError as import_error:
    LDAP_IMPORT_ERROR = import_error

#: AD's own limit on a page (MaxPageSize).
PAGE = 1000
#: The most bytes of one answer. A page of photos as large as Active Directory takes (100 KB each) is less than half.
MAX_ANSWER = PAGE * 256 * 1024
#: What an entry takes in memory besides its values, roughly. So an answer of many empty entries is limited as well.
ENTRY_OVERHEAD = 1024
#: Kerberos counts encryption with a key of this many bits or more as sealing; 1 would be signing alone.
SEALED = 56

#: A sign-in connects, speaks TLS and authenticates: each may take a timeout.
SIGN_IN_TIMEOUTS = 3
#: LDAP_SERVER_SD_FLAGS_OID ([MS-ADTS] 3.1.1.3.4.1.11), and its value in BER: DACL_SECURITY_INFORMATION.
SD_FLAGS, DACL_ALONE = "1.2.840.113556.1.4.801", b"\x30\x03\x02\x01\x04"

Entry = tuple[str, Attributes]
#: What one modify does to an attribute: the value to take away and the value to add.
Swap = tuple[t.Optional[bytes], t.Optional[bytes]]
Scope = t.Literal["base", "subtree"]


@dataclass(frozen=True, slots=True)
class Answer:
    """How one modify ended. ``code`` 0: done; None: unknown, since the connection broke."""

    code: int | None
    info: str = ""
    desc: str = ""


def _facts(error: Exception) -> tuple[int, str, str]:
    """python-ldap puts a dictionary into its exceptions; some have only a text."""
    first = error.args[0] if error.args else {}
    if not isinstance(first, dict):
        return (0, str(first), type(error).__name__)
    code = first.get("result")
    code = -5 if isinstance(error, ldap.TIMEOUT) else int(code) if code is not None else 0
    return (code, str(first.get("info", "")), str(first.get("desc", type(error).__name__)))


class Session:
    """A signed-in connection to ``options.server``. Raises StoreError kinds whose text names the option to look at."""

    root: RootDSE
    schema: Schema = Schema()

    def __init__(self, options: DirectoryOptions) -> None:
        self.options = options
        self.requests = 0
        #: Answers since the sign-in: a session that never answered is not replaced by another like it.
        self.answers = 0
        self._ldap: t.Any = None

    def open(self) -> None:
        """Sign in and read what the controller says of itself. Raises PhotoError, DirectoryError, DirectoryGone."""
        if LDAP_IMPORT_ERROR is not None:
            raise PhotoError(
                f"the Python library python-ldap is missing for {sys.executable}: pip install python-ldap (to build "
                "it, Debian needs libldap2-dev libsasl2-dev) or install python3-ldap"
            ) from LDAP_IMPORT_ERROR
        self.close()
        silent = why_silent(self.options)
        if silent is not None:
            raise DirectoryGone(silent)
        opened = self._initialize()
        try:
            # libldap makes its socket inside the call, so there is nothing to shut down: a TLS handshake on GnuTLS, a
            # Kerberos server or a name service that says nothing would hold us whatever the timeouts are.
            bounded(lambda: self._begin(opened), SIGN_IN_TIMEOUTS * self.options.timeout)
        except TimeoutError as error:
            # Not closed: it is still in use, and ends with the process.
            seconds = SIGN_IN_TIMEOUTS * self.options.timeout
            raise DirectoryGone(
                f"{self.options.place}: the sign-in did not end within {seconds} s; check that the directory service "
                "and the name service are healthy"
            ) from error
        except Exception:  # on Ctrl-C it is still in use, and close() would wait
            with contextlib.suppress(ldap.LDAPError):
                opened.unbind_s()
            raise
        try:
            self._ldap = opened
            self._introduce()
        except BaseException:
            self._ldap = None
            with contextlib.suppress(ldap.LDAPError):
                opened.unbind_s()
            raise
        self.answers = 0

    def close(self) -> None:
        """Safe to call twice."""
        opened, self._ldap = self._ldap, None
        if opened is not None:
            with contextlib.suppress(ldap.LDAPError):
                opened.unbind_s()

    # -- sign-in ------------------------------------------------------------------------------------------------------

    def _initialize(self) -> t.Any:
        o = self.options
        scheme = "ldaps" if o.tls_mode == "ldaps" else "ldap"
        opened = ldap.initialize(f"{scheme}://{o.host_in_uri}:{o.effective_port}")
        opened.protocol_version = 3
        opened.set_option(ldap.OPT_REFERRALS, 0)
        opened.set_option(ldap.OPT_NETWORK_TIMEOUT, float(o.timeout))
        opened.set_option(ldap.OPT_TIMEOUT, float(o.timeout))
        # A controller that does not read what we send would otherwise block a write for a quarter of an hour.
        with contextlib.suppress(AttributeError, ValueError, ldap.LDAPError):
            opened.set_option(ldap.OPT_TCP_USER_TIMEOUT, o.timeout * 1000)
        if o.tls_mode != "none":
            self._set_tls(opened)
        if o.auth_protocol == "kerberos":
            sealed = o.tls_mode == "none"
            opened.set_option(ldap.OPT_X_SASL_NOCANON, 1)
            opened.set_option(ldap.OPT_X_SASL_SSF_MIN, SEALED if sealed else 0)
            opened.set_option(ldap.OPT_X_SASL_SSF_MAX, 2**31 - 1 if sealed else 0)
        return opened

    def _set_tls(self, opened: t.Any) -> None:
        o = self.options
        ignore = o.cert_validation == "ignore"
        opened.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_NEVER if ignore else ldap.OPT_X_TLS_DEMAND)
        if o.cert_validation == "ignore_hostname":
            # libldap on GnuTLS then compares no name at all; on OpenSSL it still compares the common name.
            try:
                opened.set_option(ldap.OPT_X_TLS_REQUIRE_SAN, ldap.OPT_X_TLS_NEVER)
            except (AttributeError, ValueError, ldap.LDAPError) as error:
                raise DirectoryError(
                    "cert_validation ignore_hostname needs python-ldap 3.4 and OpenLDAP 2.5 or newer: update them, or "
                    "name server as the certificate does"
                ) from error
        elif not ignore:
            # An administrator's ldap.conf may have set it: "always" means always.
            with contextlib.suppress(AttributeError, ValueError, ldap.LDAPError):
                opened.set_option(ldap.OPT_X_TLS_REQUIRE_SAN, ldap.OPT_X_TLS_TRY)
        trusted = o.ca_cert
        if trusted is None and not opened.get_option(ldap.OPT_X_TLS_CACERTFILE):
            trusted = ssl.get_default_verify_paths().cafile
        if trusted and not ignore:
            try:
                opened.set_option(ldap.OPT_X_TLS_CACERTFILE, trusted)
            except (ValueError, ldap.LDAPError) as error:
                raise DirectoryError(f"ca_cert {trusted} cannot be used; is it a readable PEM file?") from error
        # Last, because it applies the settings, and to this connection alone.
        opened.set_option(ldap.OPT_X_TLS_NEWCTX, 0)

    def _begin(self, opened: t.Any) -> None:
        self._secure(opened)
        self._sign_in(opened)

    def _secure(self, opened: t.Any) -> None:
        if self.options.tls_mode == "start_tls":
            self.requests += 1
            try:
                opened.start_tls_s()
            except ldap.LDAPError as error:
                raise self._unreachable(error) from error

    def _sign_in(self, opened: t.Any) -> None:
        o = self.options
        self.requests += 1
        try:
            if o.auth_protocol == "simple":
                opened.simple_bind_s(o.username, o.password)
            else:
                with ticket(o):
                    opened.sasl_non_interactive_bind_s("GSSAPI")
                if o.tls_mode == "none" and opened.get_option(ldap.OPT_X_SASL_SSF) < SEALED:
                    raise DirectoryError(f"{o.place}: Kerberos did not seal the connection; use tls_mode ldaps")
        except ldap.LDAPError as error:
            code, info, desc = _facts(error)
            if code in GONE:
                raise self._unreachable(error) from error
            raise sign_in_refused(code, info, desc, o) from error

    def _unreachable(self, error: Exception) -> DirectoryGone:
        code, info, desc = _facts(error)
        return DirectoryGone(why_no_connection(self.options, info or desc), code, info)

    def _introduce(self) -> None:
        entries = self._search_now("", "base", "(objectClass=*)", ROOT_ATTRIBUTES)
        root = parse_root(entries[0][1]) if entries else None
        if root is None or not root.naming_context or not root.service_name:
            raise DirectoryError(
                f"{self.options.place}: this directory is not an Active Directory domain controller (its rootDSE has "
                "no defaultNamingContext); check server"
            )
        with contextlib.suppress(DirectoryError):
            found = self._search_now(root.service_name, "base", "(objectClass=*)", ["invocationId"])
            values = found[0][1].get("invocationid") if found else None
            root = replace(root, invocation_id=guid(values[0]) if values else "")
        wanted = "".join(f"(lDAPDisplayName={name})" for name in SCHEMA_NAMES)
        with contextlib.suppress(DirectoryError):
            found = self._search_now(
                root.schema_context, "subtree", f"(|{wanted})", ["lDAPDisplayName", "rangeUpper", "searchFlags"]
            )
            self.schema = parse_schema(attributes for _dn, attributes in found)
        self.root = root

    def read_usn(self) -> int:
        """highestCommittedUSN as it is now; ``root`` keeps it. Raises DirectoryGone."""
        found = self._search_now("", "base", "(objectClass=*)", ["highestCommittedUSN"])
        usn = parse_root(found[0][1]).usn if found else 0
        self.root = replace(self.root, usn=usn)
        return usn

    def _search_now(self, base: str, scope: Scope, filter_: str, attributes: t.Sequence[str]) -> list[Entry]:
        return self.result(self.send_search(base, filter_, attributes, scope=scope))[0]

    # -- sending and receiving ----------------------------------------------------------------------------------------

    def send_search(
        self,
        base: str,
        filter_: str,
        attributes: t.Sequence[str],
        cookie: bytes | None = None,
        *,
        scope: Scope = "subtree",
        permissions: bool = False,
    ) -> int:
        """Send a search; with a cookie (empty for the first page), in pages. Returns its message number.

        ``permissions``: of nTSecurityDescriptor the list of rights alone is wanted, which anybody may be shown.
        """
        if self._ldap is None:
            raise DirectoryGone(f"{self.options.place}: not connected")
        self.requests += 1
        controls = [] if cookie is None else [SimplePagedResultsControl(True, size=PAGE, cookie=cookie)]
        if permissions:
            controls.append(RequestControl(SD_FLAGS, True, DACL_ALONE))
        where = ldap.SCOPE_BASE if scope == "base" else ldap.SCOPE_SUBTREE
        try:
            return t.cast(int, self._ldap.search_ext(base, where, filter_, list(attributes), serverctrls=controls))
        except ldap.LDAPError as error:
            raise self._failed(error) from error

    def result(self, message: int) -> tuple[list[Entry], bytes]:
        """One answer's entries and the cookie of the next page. References to other domains are left out.

        The whole answer is limited in time (``timeout``) and in size (MAX_ANSWER). One entry alone is limited in time
        only: libldap reads it whole, and python-ldap cannot set the limit that libldap has for that. Raises
        DirectoryError, DirectoryGone.
        """
        entries: list[Entry] = []
        size, end = 0, time.monotonic() + self.options.timeout
        while True:
            try:
                kind, data, _message, controls = self._ldap.result3(message, 0, max(end - time.monotonic(), 0.001))
            except ldap.LDAPError as error:
                raise self._failed(error) from error
            for dn, attributes in data:
                size += ENTRY_OVERHEAD
                if dn is None:
                    continue
                size += sum(map(len, chain.from_iterable(attributes.values())))
                entries.append((dn, {name.lower(): values for name, values in attributes.items()}))
            if kind == ldap.RES_SEARCH_RESULT:
                break
            if size > MAX_ANSWER:
                with contextlib.suppress(ldap.LDAPError):
                    self._ldap.abandon(message)
                raise DirectoryError(
                    f"{self.options.place}: an answer has more than {MAX_ANSWER:,} bytes ({len(entries):,} entries so "
                    "far), so it was given up; check that the domain controller is healthy"
                )
        self.answers += 1
        cookies = (c.cookie for c in controls if c.controlType == SimplePagedResultsControl.controlType)
        cookie = next(cookies, b"") or b""
        return entries, cookie.encode() if isinstance(cookie, str) else cookie

    def _failed(self, error: Exception) -> DirectoryError:
        code, info, desc = _facts(error)
        if code in GONE:
            return DirectoryGone(f"{self.options.place}: the connection was lost ({info or desc})", code, info)
        return DirectoryError(operation_problem(code, info, desc, self.options), code, info)

    def send_modify(self, attribute: str, dn: str, swap: Swap) -> int:
        """Send a modify of one attribute. Returns its message number. Raises DirectoryGone."""
        if self._ldap is None:
            raise DirectoryGone(f"{self.options.place}: not connected")
        old, new = swap
        changes = [(ldap.MOD_DELETE, attribute, [old])] if old is not None else []
        changes += [(ldap.MOD_ADD, attribute, [new])] if new is not None else []
        self.requests += 1
        try:
            return t.cast(int, self._ldap.modify_ext(dn, changes))
        except ldap.LDAPError as error:
            raise self._failed(error) from error

    def any_result(self) -> tuple[int, Answer]:
        """The next answer to any modify under way: its message number and how it ended. Raises DirectoryGone."""
        try:
            _kind, _data, message, _controls = self._ldap.result3(ldap.RES_ANY, 1, self.options.timeout)
        except ldap.LDAPError as error:
            code, info, desc = _facts(error)
            first = error.args[0] if error.args else {}
            message = first.get("msgid") if isinstance(first, dict) else None
            if message is None or code < 0:
                raise DirectoryGone(
                    f"{self.options.place}: the connection was lost ({info or desc})", code, info
                ) from error
            self.answers += 1
            return message, Answer(code, info, desc)
        self.answers += 1
        return message, Answer(0)
