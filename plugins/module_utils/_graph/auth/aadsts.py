# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Entra ID's sign-in errors (AADSTS codes) mean for the options, without repeating what we sent."""

from __future__ import annotations

import re
import typing as t

from ..._core.model import StoreError
from ..errors import one_line
from ..options import with_variables

# learn.microsoft.com/entra/identity-platform/reference-error-codes
_ADVICE: t.Mapping[str, str] = {
    "7000215": "client_secret is wrong; give the secret's value, not its id",
    "7000222": "client_secret has expired; make a new one for the app registration",
    "700016": "client_id is not an application of this tenant; check client_id and tenant_id",
    "7000112": "the application is disabled in this tenant",
    "90002": "tenant_id is not known; check it, and that cloud is the one that the tenant lives in",
    "900023": "tenant_id is neither a directory id nor a domain of a tenant",
    "700027": "the certificate is not registered with the application, or has expired; upload its public part",
    "700023": "the assertion is meant for another login; check authority_url",
    "700024": "the assertion is not within its time; check this machine's clock, and that the file is renewed",
    "70021": "no federated credential of the application matches issuer, subject and audience of the token file",
    "700211": "no federated credential of the application matches the issuer of the token file",
    "700212": "no federated credential of the application matches the audience of the token file",
    "700213": "no federated credential of the application matches the subject of the token file",
    "50027": "the assertion is not a valid JWT; check the file",
    "53003": "a Conditional Access policy blocks the application",
    "500011": "Graph is not known in this tenant under this URL; check graph_url and cloud",
    "1002012": "the scope made of graph_url is not valid; check graph_url",
    "65001": "an administrator has not consented to the application's permissions",
}


# A JWT, or anything else that is long and looks like no word.
_TOKEN = re.compile(r"eyJ[A-Za-z0-9_.-]+|[A-Za-z0-9_-]{40,}(?:\.[A-Za-z0-9_-]+)*")


def explain(option: str, told: str, secrets: t.Sequence[str]) -> StoreError:
    """A sign-in failure in one line. ``told`` is the login's or MSAL's text; ``secrets`` never appear in it."""
    found = re.search(r"AADSTS(\d+)", told)
    code = found.group(1) if found else ""
    advice = _ADVICE.get(code)
    if advice is not None:
        return StoreError(with_variables(f"Sign-in with {option} was refused (AADSTS{code}): {advice}."))
    if "authority configuration" in told:  # MSAL, of a login that knows no such tenant, or is none
        return StoreError(
            with_variables(
                f"Sign-in with {option} failed: the login has no such tenant; check tenant_id, and cloud or "
                "authority_url."
            )
        )
    return StoreError(
        f"Sign-in with {with_variables(option)} was refused: {quote(told, secrets) or 'no reason given'}."
    )


def quote(told: str, secrets: t.Iterable[str]) -> str:
    """The login's own words, one line of them, without secrets and tokens and without the trace ids that follow."""
    text = re.split(r"\s*Trace ID:", told, maxsplit=1)[0]
    for secret in secrets:
        text = text.replace(secret, "***")
    return one_line(_TOKEN.sub("***", text).strip(": "), 300)
