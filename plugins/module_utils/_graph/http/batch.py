# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One JSON batch: up to twenty reads in one request, answered in any order, each with a status of its own."""

from __future__ import annotations

import base64
import binascii
import json
import typing as t

from ..._core.json_text import loads
from ..errors import GraphError, parse
from .retry import NO_ANSWER
from .transport import Reply

#: Microsoft's limit (learn.microsoft.com/graph/json-batching).
MOST = 20
_NO_HEADERS: t.Mapping[str, str] = {}


class Item:
    """One request on its way, with the caller's own ``key`` (mostly a user) and ``step`` (what is asked about it).

    ``single``: sent alone, not in a batch. ``again``: may be sent again by the engine when it fails; else each failure
    is judged by the caller. ``check``: what must be true right before it is sent, and until when that is known.
    """

    __slots__ = (
        "again",
        "attempts",
        "body",
        "check",
        "headers",
        "key",
        "method",
        "path",
        "renewed",
        "single",
        "step",
        "waited",
    )

    def __init__(
        self,
        path: str,
        key: t.Any,
        step: str,
        *,
        method: str = "GET",
        body: bytes | None = None,
        single: bool = False,
        again: bool = True,
        headers: t.Mapping[str, str] | None = None,
    ) -> None:
        self.path = path
        self.key = key
        self.step = step
        self.method = method
        self.body = body
        self.single = single
        self.again = again
        #: Besides those that every request has.
        self.headers = _NO_HEADERS if headers is None else headers
        self.attempts = 0
        self.waited = 0.0
        self.check: Check | None = None
        self.renewed = False


class Check(t.NamedTuple):
    """A question that must be answered as expected before an item is sent. After ``good_until`` (monotonic) it is
    asked again, right before the item.

    When ``holds`` then returns False, the item is not sent, and the question and its answer are returned instead.
    """

    good_until: float
    question: Item
    holds: t.Callable[[Answer], bool]


class Answer(t.NamedTuple):
    """The answer to one item. Status 0: there was none; ``problem`` says why, ``sent`` whether the item was sent.

    ``body`` is a dict for JSON, bytes for anything else, or None.
    """

    status: int
    headers: t.Mapping[str, str]
    body: t.Any
    problem: str = ""
    sent: bool = True

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def error(self) -> GraphError:
        """What a failed answer means."""
        return parse(self.status, self.body)

    def header(self, name: str) -> str | None:
        """A header by its lower-case name; batch items carry theirs in any case."""
        return next((value for key, value in self.headers.items() if key.lower() == name), None)

    def __str__(self) -> str:
        return self.problem if self.status == NO_ANSWER else f"{self.status} {self.error()}"


def nothing(problem: str, *, sent: bool = True) -> Answer:
    """No answer at all."""
    return Answer(NO_ANSWER, _NO_HEADERS, None, problem, sent)


def pack(items: t.Sequence[Item]) -> bytes:
    """The batch request's body; an item's id is its place."""
    requests = [
        {"id": str(n), "method": item.method, "url": item.path, **({"headers": item.headers} if item.headers else {})}
        for n, item in enumerate(items)
    ]
    return json.dumps({"requests": requests}, separators=(",", ":")).encode()


def unpack(reply: Reply, count: int) -> list[Answer]:
    """Answers in the order of the request. One that is missing or cannot be read is status 0, never a guess."""
    answers = [nothing("Microsoft Graph left it out of a batch's answer")] * count
    try:
        responses = loads(reply.body)["responses"]
    except (ValueError, KeyError, TypeError):
        responses = None
    if not isinstance(responses, list):
        return [nothing("Microsoft Graph's answer to a batch could not be read")] * count
    seen: set[int] = set()
    for response in responses:
        if not isinstance(response, dict):
            continue
        place = _place(response.get("id"), count)
        if place is None or place in seen:
            continue
        seen.add(place)
        answers[place] = _answer(response)
    return answers


def single(reply: Reply) -> Answer:
    """The answer to an item that was sent alone."""
    if "json" in reply.headers.get("Content-Type", ""):
        try:
            return Answer(reply.status, reply.headers, loads(reply.body))
        except ValueError:
            if 200 <= reply.status < 300:
                return nothing("Microsoft Graph's answer could not be read")
    return Answer(reply.status, reply.headers, reply.body)


def _place(name: object, count: int) -> int | None:
    if isinstance(name, str) and name.isascii() and name.isdigit() and int(name) < count:
        return int(name)
    return None


def _answer(response: dict[str, t.Any]) -> Answer:
    status, headers, body = response.get("status"), response.get("headers"), response.get("body")
    if not isinstance(headers, dict):
        headers = _NO_HEADERS
    if not isinstance(status, int) or isinstance(status, bool):
        return nothing("Microsoft Graph's answer in a batch has no status")
    if isinstance(body, str):
        # Bodies that are not JSON are base64. A part of one must not be taken for a picture.
        try:
            return Answer(status, headers, base64.b64decode("".join(body.split()), validate=True))
        except (binascii.Error, ValueError):
            if 200 <= status < 300:
                return nothing("a picture in Microsoft Graph's answer to a batch was damaged")
            return Answer(status, headers, body.encode("utf-8", "replace"))
    return Answer(status, headers, body)
