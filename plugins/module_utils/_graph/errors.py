# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Graph's errors mean, told by code and exception class and never by an English sentence.

Codes and shapes are from public issues and Microsoft's documentation; the same situation has several shapes.
"""

from __future__ import annotations

import typing as t

from .._core.json_text import loads

Kind = t.Literal[
    "no_photo",
    "no_user",
    "no_mailbox",
    "mailbox_on_premises",
    "denied",
    "policy",
    "too_small",
    "not_an_image",
    "too_large",
    "wrong_type",
    "other",
]

_CODES: t.Mapping[str, Kind] = {
    "imagenotfound": "no_photo",
    "request_resourcenotfound": "no_user",
    "resourcenotfound": "no_user",
    "erroruserresolutionfaileduserdoesnotexist": "no_user",
    "errornonexistentmailbox": "no_mailbox",
    # Microsoft's KB 4462988 names the first two; the others are from public issues of Graph's clients.
    "mailboxnotenabledforrestapi": "mailbox_on_premises",
    "mailboxnotsupportedforrestapi": "mailbox_on_premises",
    "mailboxnothostedinexchangeonline": "mailbox_on_premises",
    "restapinotenabledforcomponentsharedmailbox": "mailbox_on_premises",
    "erroraccessdenied": "denied",
    "accessdenied": "denied",
    "authorization_requestdenied": "denied",
    "forbidden": "denied",
    "forbiddenbypolicy": "policy",
    "validationwidthtoosmall": "too_small",
    "validationheighttoosmall": "too_small",
}
# .NET classes that the photo service names in its messages; the code beside them varies.
_CLASSES: t.Mapping[str, Kind] = {
    "ImageNotFoundException": "no_photo",
    "ProfileNotFoundException": "no_user",
    "ProfileAccessDeniedException": "denied",
}
#: What is the matter with one user, and what to do. Photos have left Exchange, so a licence is no advice any more.
_ABOUT_USERS: t.Mapping[Kind, str] = {
    "no_user": "the user is not there any more, or Microsoft Graph finds no mailbox for them ({})",
    "no_mailbox": "no mailbox was found for this user ({}); if the account is new, run again later",
    "mailbox_on_premises": "the mailbox is on-premises or inactive ({}), so Microsoft Graph cannot reach its photo; "
    "set the photo there, or run again when the mailbox has moved",
    "policy": "a policy of the tenant blocks the application for this user ({}): its role is limited to an "
    "administrative unit without this user, or the user is in a restricted management administrative unit; give the "
    "application a role in the unit of this user",
    "no_photo": "the photo exists but cannot be read ({}); run again later",
}
_DEPTH = 3


class GraphError(t.NamedTuple):
    """An error body: what it means, its code, and one short line of its message."""

    kind: Kind
    code: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.code, self.message) if part) or "no explanation"


def parse(status: int, body: object) -> GraphError:
    """Read an error answer. ``body`` is parsed JSON, bytes or None; nothing in it is trusted to be there."""
    code, message = _envelope(body, _DEPTH)
    return GraphError(_kind(status, code, message), one_line(code, 80), one_line(message))


def explain(error: GraphError, shown: str) -> str | None:
    """What an error says about one user, with ``shown`` as its own words; None: it is about something else."""
    text = _ABOUT_USERS.get(error.kind)
    return None if text is None else text.format(shown)


def one_line(text: str, most: int = 200) -> str:
    """Text from outside, fit for a message: one line, printable, bounded."""
    clean = "".join(c if c.isprintable() else " " for c in text[: most * 2])
    clean = " ".join(clean.split())
    return clean if len(clean) <= most else clean[: most - 1] + "…"


def _kind(status: int, code: str, message: str) -> Kind:
    if status == 413:
        return "too_large"
    if status == 415:
        return "wrong_type"
    known = _CODES.get(code.lower())
    if known is None:
        known = next((kind for name, kind in _CLASSES.items() if name in message), None)
    # A missing photo or user is a 404 wherever it was seen; the same word under another status is something else.
    if known in ("no_photo", "no_user") and status != 404:
        known = None
    if known is None and status == 403:
        return "denied"
    if known is None and "isn't an image" in message:
        return "not_an_image"  # has no code of its own; without this text it is an unknown failure, which is safe
    return known or "other"


def _envelope(body: object, depth: int) -> tuple[str, str]:
    """Code and message; an UnknownError may hold the real error as JSON text inside its message."""
    if isinstance(body, bytes):
        try:
            body = loads(body)
        except ValueError:
            return "", ""
    if not isinstance(body, dict):
        return "", ""
    error = body.get("error", body)
    if not isinstance(error, dict):
        return "", ""
    code = _text(error.get("code") or error.get("errorCode"))
    message = _text(error.get("message"))
    if depth and message.lstrip().startswith("{"):
        try:
            inner = _envelope(loads(message), depth - 1)
        except ValueError:
            inner = ("", "")
        if inner[0]:
            return inner
    return code, message


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
