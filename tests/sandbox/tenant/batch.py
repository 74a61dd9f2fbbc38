# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`$batch`: up to twenty calls in one request, each with its own result."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from .errors import error
from .query import split_target
from .routes import parse
from .state import Tenant
from .wire import Answer, Call

MAX_ITEMS = 20
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
Serve = Callable[[Call], Awaitable[Answer]]


class _BadBatch(Exception):
    """The whole batch is refused."""


@dataclass(slots=True)
class _Item:
    id: str
    call: Call
    depends_on: list[str]


def _body(raw: dict[str, Any], headers: dict[str, str], name: str) -> bytes:
    if "body" not in raw or raw["body"] is None:
        return b""
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    if not media:
        raise _BadBatch(f"Request {name}: a body needs a Content-Type header.")
    if media == "application/json":
        return json.dumps(raw["body"]).encode()
    if not isinstance(raw["body"], str):
        raise _BadBatch(f"Request {name}: a body that is not JSON must be a base64 string.")
    try:
        text = raw["body"].replace("-", "+").replace("_", "/").rstrip("=")
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as ex:
        raise _BadBatch(f"Request {name}: the body is not base64.") from ex


def _item(raw: Any, outer: Call) -> _Item:
    if not isinstance(raw, dict):
        raise _BadBatch("A request is not an object.")
    name, method, url = raw.get("id"), raw.get("method"), raw.get("url")
    if not isinstance(name, str) or not name:
        raise _BadBatch("A request has no id, or one that is not a string.")
    if not isinstance(method, str) or method.upper() not in _METHODS:
        raise _BadBatch(f"Request {name}: the method is missing or unknown.")
    if not isinstance(url, str) or not url.startswith("/") or url.startswith("//"):
        raise _BadBatch(f"Request {name}: the url must be relative and start with a slash.")
    given, depends_on = raw.get("headers") or {}, raw.get("dependsOn") or []
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise _BadBatch(f"Request {name}: headers must be strings.")
    if not isinstance(depends_on, list) or not all(isinstance(other, str) for other in depends_on):
        raise _BadBatch(f"Request {name}: dependsOn must be a list of ids.")
    headers = {str(key).lower(): value for key, value in given.items()}
    path, query = split_target(url.partition("#")[0])
    call = Call(
        method=method.upper(), version=outer.version, raw_path=path, query=query, headers=headers,
        body=_body(raw, headers, name), host=outer.host, roles=outer.roles, inside_batch=True,
        request_id=outer.request_id, client_request_id=outer.client_request_id,
    )  # fmt: skip
    return _Item(name, call, depends_on)


def _items(outer: Call) -> list[_Item]:
    media = outer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise _BadBatch("The Content-Type of a batch must be application/json.")
    try:
        payload = json.loads(outer.body)
    except ValueError as ex:
        raise _BadBatch("The batch is not JSON.") from ex
    requests = payload.get("requests") if isinstance(payload, dict) else None
    if not isinstance(requests, list) or not requests:
        raise _BadBatch("The batch has no requests.")
    if len(requests) > MAX_ITEMS:
        raise _BadBatch(f"Number of batch request steps exceeds the maximum value of {MAX_ITEMS}.")
    items = [_item(raw, outer) for raw in requests]
    names = {item.id for item in items}
    if len(names) < len(items):
        raise _BadBatch("Two requests have the same id.")
    seen: set[str] = set()
    for item in items:
        # A request can only depend on earlier ones, so there are no circles.
        if not seen.issuperset(item.depends_on):
            raise _BadBatch(f"Request {item.id}: dependsOn names a request that does not come before it.")
        seen.add(item.id)
    return items


def _response(item: _Item, answer: Answer) -> dict[str, Any]:
    if answer.bare_in_batch:
        return {"id": item.id, "status": answer.status, "body": None}
    response: dict[str, Any] = {"id": item.id, "status": answer.status, "headers": dict(answer.headers)}
    if isinstance(answer.body, dict):
        response["headers"].setdefault("Content-Type", "application/json")
        response["body"] = answer.body
    elif answer.body is not None:
        response["body"] = base64.b64encode(answer.body).decode() or None
    return response


async def run_batch(tenant: Tenant, outer: Call, serve: Serve) -> Answer:
    """Run a batch. Requests of Outlook run four at a time, and answers come in any order."""
    try:
        items = _items(outer)
    except _BadBatch as ex:
        return error(outer, "bad_request", tenant.clock.now(), reason=str(ex))
    gate = asyncio.Semaphore(tenant.config.service.batch_photo_width)
    running: dict[str, asyncio.Task[Answer]] = {}

    async def run(item: _Item) -> Answer:
        if item.depends_on:
            earlier = await asyncio.gather(*(running[name] for name in item.depends_on))
            if any(answer.status >= 400 for answer in earlier):
                return error(item.call, "failed_dependency", tenant.clock.now())
        if parse(item.call.raw_path).is_photo:
            async with gate:
                return await serve(item.call)
        return await serve(item.call)

    for item in items:
        running[item.id] = asyncio.ensure_future(run(item))
    answers = await asyncio.gather(*running.values())
    responses = [_response(item, answer) for item, answer in zip(items, answers, strict=True)]
    _SHUFFLE.shuffle(responses)
    # A single item cannot be cut off: all items share the connection.
    cut = next((answer.cut for answer in answers if answer.cut), None)
    return Answer(200, {"responses": responses}, cut=cut)


_SHUFFLE = random.Random(1)
