# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of the tenant, page by page: of users, of groups, of a group's members."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._core.json_text import loads
from .._core.model import StoreError
from .errors import parse
from .http.client import Client
from .permissions import Permissions

#: Some questions are answered only from an index that lags behind, and only with a count
#: (learn.microsoft.com/graph/aad-advanced-queries).
EVENTUAL = {"ConsistencyLevel": "eventual"}
#: So many pages hold ten million users; a tenant that goes on after them, or after so many empty ones, never ends.
_MOST_PAGES = 10_000
_MOST_EMPTY = 100


class Refused(Exception):
    """Graph does not take a question. ``why``: its own words."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Question:
    """How a list is asked for; ``doing``, ``task`` and ``of`` (what is listed) are for messages."""

    advanced: bool = False
    doing: str = "list users"
    task: str = "users"
    of: str = "users"

    @property
    def headers(self) -> t.Mapping[str, str]:
        """What goes with each page."""
        return EVENTUAL if self.advanced else {}


def pages(
    client: Client, permissions: Permissions, path: str, question: Question | None = None
) -> t.Iterator[list[dict[str, t.Any]]]:
    """The pages of a list, as Graph gave them. ``question``: what somebody else worded, so that Graph may refuse it.

    Raises Refused for a 400 to a question, StoreError for what else is no list, or is one without an end.
    """
    plain = question or Question()
    following: str | None = path
    seen: set[str] = set()
    empty = 0
    while following is not None:
        if following in seen or len(seen) >= _MOST_PAGES or empty >= _MOST_EMPTY:
            raise StoreError(
                f"Microsoft Graph's list of {plain.of} has no end: after {len(seen)} pages it "
                f"{'begins again' if following in seen else 'still goes on'}; nothing of it was used. Check "
                "graph_url, and try again."
            )
        seen.add(following)
        reply = client.call("GET", "/v1.0" + following, headers=plain.headers)
        if question is not None and reply.status == 400:
            raise Refused(str(parse(reply.status, reply.body)))
        if not 200 <= reply.status < 300:
            raise permissions.failed(plain.doing, reply.status, reply.body, plain.task)
        try:
            answer = loads(reply.body)
            page = [raw for raw in answer["value"] if isinstance(raw, dict)]
        except (ValueError, KeyError, TypeError):
            raise StoreError(f"Microsoft Graph's list of {plain.of} could not be read; check graph_url.") from None
        empty = 0 if page else empty + 1
        yield page
        link = answer.get("@odata.nextLink")
        following = client.path_of(link)
        if link and following is None:
            raise StoreError(
                f"Microsoft Graph's list of {plain.of} continues at another server, which is not followed."
            )


def literal(text: str) -> str:
    """An OData string literal: quotes doubled."""
    return "'" + text.replace("'", "''") + "'"
