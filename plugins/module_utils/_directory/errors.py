# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a directory's result codes mean: which option is wrong and what to do.

Knows LDAP's numbers (RFC 4511, appendix A; libldap's own are negative) but not the LDAP library.
"""

from __future__ import annotations

import re

from .._core.model import StoreError
from .options import PASSWORD, SEARCH_BASE, USERNAME, DirectoryOptions

OPERATIONS_ERROR = 1
SIZE_LIMIT = 4
STRONGER_AUTH = 8
REFERRAL = 10
NO_SUCH_ATTRIBUTE = 16
CONSTRAINT = 19
VALUE_EXISTS = 20
INVALID_SYNTAX = 21
NO_SUCH_OBJECT = 32
INVALID_DN = 34
INVALID_CREDENTIALS = 49
NO_RIGHT = 50
BUSY = 51
UNAVAILABLE = 52
UNWILLING = 53
#: libldap: cannot connect or the connection broke; local (SASL) trouble; no answer in time; TLS did not come about.
SERVER_DOWN, LOCAL_ERROR, TIMEOUT, AUTH_UNKNOWN, CONNECT_ERROR = -1, -2, -5, -6, -11
#: libldap: a filter that is none.
BAD_FILTER = -7
#: After these the connection is useless, but another one may work.
GONE = frozenset({SERVER_DOWN, TIMEOUT, CONNECT_ERROR, BUSY, UNAVAILABLE})

#: AD's reason inside invalidCredentials, "... data 52e, ...": Win32 error codes in hexadecimal.
SIGN_IN_REASONS = {
    "525": f"there is no such account; check {USERNAME}",
    "52e": f"{USERNAME} or {PASSWORD} is wrong",
    "530": "the account may not sign in at this hour",
    "531": "the account may not sign in from this computer",
    "532": f"the account's password has expired; set a new one, and give it in {PASSWORD}",
    "533": "the account is disabled; enable it",
    "569": "the account lacks the right to sign in this way",
    "701": "the account has expired",
    "773": f"the account must change its password first; give the new one in {PASSWORD}",
    "775": "the account is locked out; unlock it, and find out what still uses an old password",
    "80090346": (
        "the domain controller demands TLS channel binding (LdapEnforceChannelBinding); set LDAPSASL_CBINDING="
        "tls-endpoint in the environment of the module, or use tls_mode none with auth_protocol kerberos"
    ),
}

#: Parts of the messages of Kerberos libraries (MIT 1.17 to 1.21), in the order in which they are looked for.
_KERBEROS_REASONS: tuple[tuple[str, str], ...] = (
    (
        "Clock skew too great",
        "this host's clock differs by more than five minutes from the domain controller's; set it by NTP",
    ),
    (
        "Server not found in Kerberos database",
        "server is not a name that Kerberos knows for the domain controller; give its own full host name "
        "(dc1.example.com), not an address, an alias or the domain's name",
    ),
    ("expired", f"the Kerberos ticket has expired; get a new one with kinit, or give {USERNAME} and {PASSWORD}"),
    (
        "Cannot find KDC",
        "the domain's Kerberos service is not found; name it in /etc/krb5.conf (KRB5_CONFIG) or in DNS",
    ),
    (
        "Cannot contact any KDC",
        "the domain's Kerberos service (port 88) does not answer; check the firewall and /etc/krb5.conf",
    ),
    (
        "Cannot determine realm",
        "no Kerberos realm is known for server; add it to [domain_realm] in /etc/krb5.conf",
    ),
    (
        "No Kerberos credentials available",
        "there is no Kerberos ticket; run kinit before (KRB5CCNAME says where it is), give a keytab in "
        f"KRB5_CLIENT_KTNAME, or give {USERNAME} and {PASSWORD}",
    ),
    (
        "No credentials were supplied",
        f"there is no usable Kerberos ticket; run kinit before, or give {USERNAME} and {PASSWORD}",
    ),
    (
        "mechanism too weak",
        "the connection could not be sealed (encrypted) by Kerberos; check the encryption types of the account",
    ),
)
_NO_MECHANISM = (
    "the SASL module for GSSAPI is missing; install libsasl2-modules-gssapi-mit (Debian) or cyrus-sasl-gssapi (Red Hat)"
)


HIDDEN_PHOTO = (
    "the user has a photo that this account may not see, so it was not touched; grant the account Read Property on "
    "thumbnailPhoto (dsacls OU /I:S /G DOMAIN\\account:RP;thumbnailPhoto;user)"
)

UNREADABLE = (
    "this account may not read thumbnailPhoto of the user, so it is not known whether there is a photo; grant it Read "
    "Property on thumbnailPhoto (dsacls OU /I:S /G DOMAIN\\account:RP;thumbnailPhoto;user)"
)

UNKNOWABLE = (
    "this account may not read the permissions of the user, so it is not known whether there is a photo "
    "that it may not "
    "see; grant it Read Permissions on users (dsacls OU /I:S /G DOMAIN\\account:RC;;user)"
)


def account(username: str, reason: str) -> str:
    """The account of a message, with the environment variable that names it unless ``reason`` says it."""
    variable = USERNAME.removeprefix("username ")
    return username if variable in reason else f"{username} {variable}"


class DirectoryError(StoreError):
    """An operation that the directory or its library refused. ``code`` and ``info`` are LDAP's."""

    def __init__(self, message: str, code: int = 0, info: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.info = info


class DirectoryGone(DirectoryError):
    """The connection is lost, or an answer did not come in time; another connection may work."""


class SignInRefused(DirectoryError):
    """The sign-in was refused, and every other domain controller would refuse it too."""


#: Kerberos errors that concern one controller alone.
_OF_THE_CONTROLLER = ("Clock skew too great", "Server not found in Kerberos database", "Cannot determine realm")


def sign_in_refused(code: int, info: str, desc: str, options: DirectoryOptions) -> DirectoryError:
    """Why a bind failed, as an error that tells whether another controller may do better."""
    text = sign_in_problem(code, info, desc, options)
    kerberos = options.auth_protocol == "kerberos"
    everywhere = code in (INVALID_CREDENTIALS, INVALID_DN) or (
        kerberos
        and code not in (STRONGER_AUTH, UNWILLING)
        and not any(said.lower() in info.lower() for said in _OF_THE_CONTROLLER)
    )
    return (SignInRefused if everywhere else DirectoryError)(text, code, info)


def sign_in_problem(code: int, info: str, desc: str, options: DirectoryOptions) -> str:
    """Why a bind failed: one sentence that begins with the server and names the option."""
    if options.auth_protocol == "kerberos":
        reason = _kerberos_reason(code, info, options)
    else:
        reason = _simple_reason(code, info, options)
    who = f" as {account(options.username, reason or '')}" if options.username else ""
    return f"{options.place}: cannot sign in{who}: {reason or f'{desc} ({info or code})'}"


def _simple_reason(code: int, info: str, options: DirectoryOptions) -> str | None:
    if code == INVALID_CREDENTIALS:
        data = re.search(r"\bdata ([0-9a-f]+)", info)
        known = SIGN_IN_REASONS.get(data[1]) if data else None
        return known or f"{USERNAME} or {PASSWORD} is wrong ({info or 'no reason given'})"
    if code == INVALID_DN:
        return f"{USERNAME} is not a form that the directory takes; give it as name@example.com"
    if code == STRONGER_AUTH:
        return "the domain controller wants TLS or Kerberos; use tls_mode ldaps or start_tls, or auth_protocol kerberos"
    return None


def _kerberos_reason(code: int, info: str, options: DirectoryOptions) -> str | None:
    if "no mechanism available" in info or "No worthy mechs" in info or code == AUTH_UNKNOWN:
        return _NO_MECHANISM
    if code == INVALID_CREDENTIALS and "80090346" in info:
        return SIGN_IN_REASONS["80090346"]
    if code in (STRONGER_AUTH, UNWILLING) and options.tls_mode != "none":
        return (
            "the domain controller does not take Kerberos inside TLS; use tls_mode none, which Kerberos then signs and "
            "seals (Samba: or set 'ldap server require strong auth = allow_sasl_over_tls')"
        )
    for fragment, reason in _KERBEROS_REASONS:
        if fragment.lower() in info.lower():
            return f"{reason} [{fragment}]"
    return None


def kinit_problem(text: str, options: DirectoryOptions) -> str:
    """Why no ticket could be fetched for username and password."""
    text = " ".join(text.split()).removeprefix("kinit: ")
    known = {
        "Password incorrect": f"{PASSWORD} is wrong",
        "Preauthentication failed": f"{PASSWORD} is wrong",
        "not found in Kerberos database": f"there is no such account; give {USERNAME} as name@EXAMPLE.COM",
        "credentials have been revoked": "the account is disabled, expired or locked out",
        "Password has expired": f"the account's password has expired; set a new one, and give it in {PASSWORD}",
        "Password expired": f"the account's password has expired; set a new one, and give it in {PASSWORD}",
    }
    reason = next((reason for fragment, reason in known.items() if fragment.lower() in text.lower()), None)
    reason = reason or _kerberos_reason(0, text, options)
    who = account(options.username or "", reason or "")
    return f"{options.place}: no Kerberos ticket for {who}: {reason or text or 'kinit gave no reason'}"


def operation_problem(code: int, info: str, desc: str, options: DirectoryOptions) -> str:
    """Why a search failed as a whole."""
    if code in (REFERRAL, NO_SUCH_OBJECT, INVALID_DN) and options.search_base:
        return (
            f"{SEARCH_BASE} {options.search_base!r} is not in the domain of {options.place} ({desc}): correct it, or "
            "name a domain controller of the domain that holds it as server"
        )
    if code == NO_RIGHT:
        return f"{options.place}: the account may not search here ({info or desc}); give it the right to read users"
    if code == OPERATIONS_ERROR and "bind must be completed" in info:
        return f"{options.place}: not signed in; check {USERNAME} and {PASSWORD}"
    return f"{options.place}: the directory refused a search: {desc} ({info or code})"


def write_problem(code: int, info: str, desc: str, size: int, limit: int | None) -> str:
    """Why one user's photo could not be written."""
    if code == NO_RIGHT:
        return (
            "this account may not write thumbnailPhoto of the user; grant it Write Property on thumbnailPhoto "
            "(dsacls OU /I:S /G DOMAIN\\account:WP;thumbnailPhoto;user); members of protected groups such as Domain "
            "Admins inherit nothing (AdminSDHolder)"
        )
    if code in (CONSTRAINT, INVALID_SYNTAX):
        return too_large(size, limit)
    if code == NO_SUCH_OBJECT:
        return "the account is gone: it was deleted, or moved where this account may not see it"
    if code == UNWILLING:
        return f"the domain controller does not accept the change; is it read-only (RODC)? ({info or desc})"
    if code == REFERRAL:
        return "the domain controller refers to another one; is it read-only (RODC)? Name a writable one as server"
    return f"the directory refused the change: {desc} ({info or code})"


def too_large(size: int, limit: int | None) -> str:
    """Why a picture of ``size`` bytes cannot be written. ``limit``: rangeUpper, where the schema tells it."""
    most = f"at most {limit} bytes (rangeUpper of its schema)" if limit else "fewer bytes"
    return f"the directory does not take a picture of {size} bytes: thumbnailPhoto takes {most}; lower max_bytes"
