# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of an Exchange server in words: which option is wrong and what to do.

Decisions use the names of exceptions and codes, never English sentences: the server may use another language.
"""

from __future__ import annotations

import re

from .._core.model import StoreError
from .cmdlets import Failure
from .options import CA_CERT, PASSWORD, SERVER, USERNAME, ExchangeOptions

#: Names of exceptions as administrators see them in FullyQualifiedErrorId ("[FailureCategory=Cmdlet-...]") and in the
#: error's category. Of the errors about pictures, only UserPhotoNotFoundException is widely documented; the meaning of
#: the others is taken from their names.
NO_PHOTO = frozenset({"UserPhotoNotFoundException"})
NOT_FOUND = frozenset({"ManagementObjectNotFoundException"})
AMBIGUOUS = frozenset({"ManagementObjectAmbiguousException"})
NO_CMDLET = frozenset({"CommandNotFoundException"})
NO_PARAMETER = frozenset({"ParameterBindingException", "NamedParameterNotFound"})
#: The endpoint received a script where it only accepts cmdlets. We send no scripts, so it is not Exchange's endpoint.
NO_LANGUAGE = frozenset({"ScriptsNotAllowed"})
#: No call of this cmdlet can succeed in this session.
NOT_THERE = NO_CMDLET | NO_PARAMETER | NO_LANGUAGE
#: Our own name for the error that the server asks for a confirmation.
CONFIRMATION = "ConfirmationPrompt"
OUT_OF_SCOPE = frozenset({"IsOutOfScopeException", "ADScopeException", "OperationRequiresGlobalWriteScopeException"})
TOO_LARGE, TOO_SMALL, NO_IMAGE = "TooLarge", "TooSmall", "NotAnImage"
BUSY = frozenset({"OverBudgetException", "ResourceUnhealthyException"})
#: A temporary problem of the server or its database.
TRANSIENT = frozenset(
    {
        "MapiExceptionNetworkError",
        "MapiExceptionMdbOffline",
        "ConnectionFailedTransientException",
        "StorageTransientException",
        "ADTransientException",
        "MailboxOfflineException",
        "WrongServerException",
    }
)

#: WSMan codes (winerror.h): a quota of the user or of the service is used up; access denied; no such configuration.
FAULT_QUOTAS = frozenset({2150859173, 2150859174, 2150859175, 2150859176})
FAULT_DENIED = 5
FAULT_NO_RESOURCE = frozenset({2150858811, 2150858751})

_KERBEROS: tuple[tuple[str, str], ...] = (
    (
        "Clock skew too great",
        "this host's clock differs by more than five minutes from the domain's; set it by NTP",
    ),
    (
        "Server not found in Kerberos database",
        "Kerberos does not know HTTP/{server}; give the Exchange server's own full host name as server, not an alias, "
        "an address or a load-balanced name (that one would need an alternate service account)",
    ),
    (
        "Cannot find KDC",
        f"no Kerberos service is found for the realm; check the realm in {USERNAME}, "
        "/etc/krb5.conf (KRB5_CONFIG) and DNS",
    ),
    ("Cannot contact any KDC", "the domain's Kerberos service (port 88) does not answer; check the firewall"),
    ("Cannot determine realm", "no realm is known for server; add it to [domain_realm] in /etc/krb5.conf"),
    (
        "not found in Kerberos database",
        f"there is no such account; give {USERNAME} as name@EXAMPLE.COM, with the right realm",
    ),
    ("Preauthentication failed", f"{PASSWORD} is wrong"),
    ("Password incorrect", f"{PASSWORD} is wrong"),
    ("credentials have been revoked", "the account is disabled, expired or locked out"),
    ("Password has expired", f"the account's password has expired; set a new one, and give it in {PASSWORD}"),
    ("expired", f"the Kerberos ticket has expired; get a new one with kinit, or give {USERNAME} and {PASSWORD}"),
    (
        "No Kerberos credentials available",
        "there is no Kerberos ticket; run kinit before (KRB5CCNAME says where it is), give a keytab in "
        f"KRB5_CLIENT_KTNAME, or give {USERNAME} and {PASSWORD}",
    ),
    ("No credentials", f"there is no usable Kerberos ticket; run kinit before, or give {USERNAME} and {PASSWORD}"),
)


def account(username: str, reason: str) -> str:
    """The account for a message, with its environment variable unless ``reason`` names it already."""
    variable = USERNAME.removeprefix("username ")
    return username if variable in reason else f"{username} {variable}"


class ExchangeError(StoreError):
    """An error of the server or its library. The text begins with the address."""


class ExchangeGone(ExchangeError):
    """The connection or the session is lost, or an answer was too late; a new session may succeed."""


class ExchangeBusy(ExchangeError):
    """The throttling policy refused, and nothing was carried out. ``wait``: seconds that the server asked to wait."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


def milliseconds_in(text: str) -> float | None:
    """The seconds from "... for at least 1500 milliseconds", the only number that is read from a quota fault."""
    found = re.search(r"(\d+) (?:ms|milli)", text)
    return int(found[1]) / 1000 if found else None


def sign_in_problem(text: str, options: ExchangeOptions) -> str:
    """The message for a failed sign-in."""
    text = " ".join(text.split())
    reason = next((why for fragment, why in _KERBEROS if fragment.lower() in text.lower()), None)
    who = f" as {account(options.username, reason or '')}" if options.username else ""
    if reason is not None:
        return f"{options.place}: cannot sign in{who}: {reason.format(server=options.server)}"
    return f"{options.place}: cannot sign in{who}: {text}"


def refused(options: ExchangeOptions) -> str:
    """The message for a server that still answers 401 after the sign-in."""
    if options.auth_protocol == "basic":
        return (
            f"{options.place}: {USERNAME} or {PASSWORD} is wrong, or Basic is not enabled for remote PowerShell (it is "
            "off by default: Set-PowerShellVirtualDirectory -BasicAuthentication); better use auth_protocol kerberos"
        )
    return (
        f"{options.place}: the server did not accept the Kerberos ticket: check that the clocks agree, that server is "
        "the name that the server's own account has in Kerberos (setspn -Q HTTP/...), and that the account may use "
        "remote PowerShell (Set-User -RemotePowerShellEnabled $true)"
    )


def no_kerberos(offered: str, options: ExchangeOptions) -> str:
    """The message for a server that only offers other ways to sign in."""
    return (
        f"{options.place}: the server offers {offered or 'no way to sign in'} and not Kerberos (Negotiate): enable it "
        "on its PowerShell virtual directory; NTLM is never used"
    )


def fault(code: object, text: str, options: ExchangeOptions) -> ExchangeError:
    """A WSMan fault as an error that says what to do."""
    shown = " ".join(text.split())[:300] or "no details"
    if code in FAULT_QUOTAS:
        return ExchangeBusy(
            f"{options.place}: the throttling policy of the account refused ({shown}); run again later, lower "
            "concurrency, or end other remote PowerShell sessions of the account",
            milliseconds_in(shown),
        )
    if code == FAULT_DENIED:
        return ExchangeError(
            f"{options.place}: access denied: the account may not use remote PowerShell, or has no management role; "
            "enable it (Set-User -RemotePowerShellEnabled $true) and assign the role (see the safety page)"
        )
    if code in FAULT_NO_RESOURCE:
        return ExchangeError(
            f"{options.place}: the server has remote PowerShell, but no Exchange (configuration Microsoft.Exchange "
            "does not exist); name an Exchange server as server"
        )
    return ExchangeGone(f"{options.place}: the session was ended by the server ({shown}, code {code})")


def no_exchange(status: int, options: ExchangeOptions) -> ExchangeError:
    """The error for an HTTP status that is not an answer of remote PowerShell."""
    if status in (429, 503):
        return ExchangeBusy(f"{options.place}: the server is busy (HTTP {status}); run again later")
    if status >= 500:
        return ExchangeGone(f"{options.place}: the server failed (HTTP {status}); run again later")
    if status == 403:
        return ExchangeError(
            f"{options.place}: the server refuses (HTTP 403): it may demand TLS (tls_mode https), or it may "
            "block this host"
        )
    return ExchangeError(
        f"{options.place}: this server has no Exchange remote PowerShell (HTTP {status}); check {SERVER}, port and "
        "tls_mode"
    )


def untrusted(why: str, options: ExchangeOptions) -> ExchangeError:
    """The error for a server certificate that is not accepted."""
    return ExchangeError(
        f"{options.place}: the server's certificate is not accepted ({why}); give the authority's certificate in "
        f"{CA_CERT}, and the name that stands in the certificate as {SERVER}, or use tls_mode http with Kerberos"
    )


def no_tls(why: object, options: ExchangeOptions) -> ExchangeError:
    """The error for a failed TLS connection."""
    return ExchangeError(f"{options.place}: no TLS connection was possible ({why}); check port and tls_mode")


def missing_role(failure: Failure, cmdlet: str, options: ExchangeOptions) -> ExchangeError:
    """The error for a session that does not have the cmdlet or the parameter, or does not accept it."""
    if failure.name in NO_LANGUAGE:
        return ExchangeError(
            f"{options.place}: the session does not accept {cmdlet} ({failure.name}: {failure.text}). Exchange's own "
            "endpoint takes cmdlets with their parameters; name an Exchange server itself as server, and no gateway or "
            "session configuration of your own"
        )
    return ExchangeError(
        f"{options.place}: the account's management role has no {cmdlet} with these parameters ({failure.name}); "
        "assign a role with Get-Mailbox, Get-User, Get-UserPhoto, Set-UserPhoto and Remove-UserPhoto (see the safety "
        "page)"
    )


def user_problem(failure: Failure, task: str, size: int | None = None) -> str:
    """The message about one user's photo that could not be read or written, with what to do."""
    said = f"{failure.name}: {failure.text}" if failure.text else failure.name
    if failure.name in NOT_FOUND:
        return (
            f"Exchange Server has no mailbox of this user: it is in the cloud, was removed, or never existed ({said})"
        )
    if failure.name in AMBIGUOUS:
        return f"several mailboxes match this user ({said})"
    if failure.name in OUT_OF_SCOPE:
        return f"the mailbox is outside of the account's write scope ({said}); widen the scope of its management role"
    if TOO_LARGE in failure.name:
        of = f" of {size:,} bytes" if size is not None else ""
        return f"Exchange Server refuses the photo{of} as too large ({said}); lower max_bytes or size"
    if TOO_SMALL in failure.name:
        return f"Exchange Server refuses the photo as too small ({said}); use a larger source picture"
    if NO_IMAGE in failure.name:
        return f"Exchange Server cannot read it as an image ({said}); check the source picture"
    if failure.name == CONFIRMATION:
        return f"Exchange Server did not {task} the photo: {failure.text}"
    if failure.name in TRANSIENT:
        return f"the mailbox cannot be reached at the moment ({said}); run again later"
    return f"Exchange Server could not {task} the photo ({said})"
