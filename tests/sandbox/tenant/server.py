# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP server: bytes -> calls, answers -> bytes, and connections that end too early on request."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Any

from aiohttp import web

from .faults import NOTHING, Subject
from .graph import Graph
from .login import Login
from .query import split_target
from .sandbox_api import SandboxApi
from .state import Tenant
from .wire import Answer, Call, new_id

_DIAGNOSTIC = (
    '{"ServerInfo":{"DataCenter":"Sandbox","Slice":"E","Ring":"5","ScaleUnit":"001","RoleInstance":"SANDBOX0001"}}'
)
_JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


class Server:
    """One tenant on one TLS port; `load` reads it from its files."""

    def __init__(self, load: Callable[[], Awaitable[Tenant]]) -> None:
        self._load = load
        self._runner: web.ServerRunner | None = None

    async def _begin(self) -> None:
        """Load the state from the files, and discard the present one."""
        self._tenant = tenant = await self._load()
        self._graph = Graph(tenant)
        self._login = Login(tenant.config, tenant.tokens, tenant.clock)
        self._sandbox = SandboxApi(tenant, self._login, self._begin)
        if self._runner is not None:
            tenant.tokens.port = int(self._runner.addresses[0][1])

    async def start(self, host: str, port: int, context: ssl.SSLContext) -> int:
        """Listen; returns the port."""
        await self._begin()
        # When the tenant ends, clients that still wait for an answer are disconnected soon.
        server = web.Server(self._answer, access_log=None, keepalive_timeout=300)
        runner = web.ServerRunner(server, shutdown_timeout=0.5)
        await runner.setup()
        site = web.TCPSite(runner, host, port, ssl_context=context, backlog=512)
        await site.start()
        self._runner = runner
        self._tenant.tokens.port = int(runner.addresses[0][1])
        return self._tenant.tokens.port

    async def stop(self) -> None:
        """End all connections and stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        raw_path, query = split_target(request.raw_path)
        version, slash, rest = raw_path[1:].partition("/")
        if version == "sandbox":
            return await self._sandbox.handle(request, rest, query)
        request_id = new_id()
        headers = {name.lower(): value for name, value in request.headers.items()}
        graph = version in ("v1.0", "beta")
        call = Call(
            method=request.method, version=version, raw_path=slash + rest if graph else raw_path, query=query,
            headers=headers, body=await self._body(request), host=headers.get("host", ""), request_id=request_id,
            client_request_id=headers.get("client-request-id", request_id),
        )  # fmt: skip
        answer = await (self._graph.handle(call) if graph else self._sign_in(call))
        return await self._send(request, call, answer)

    async def _body(self, request: web.BaseRequest) -> bytes:
        if not request.can_read_body:
            return b""
        # One byte over the limit is enough to refuse; the rest is read and discarded.
        limit = self._tenant.config.service.max_bytes + 1
        chunks: list[bytes] = []
        size = 0
        async for chunk in request.content.iter_any():
            if size < limit:
                chunks.append(chunk)
            size += len(chunk)
        return b"".join(chunks)

    async def _sign_in(self, call: Call) -> Answer:
        tenant = self._tenant
        kind = "msi" if call.raw_path.startswith("/msi/") else "login"
        plan = tenant.faults.plan(Subject(call.method, call.raw_path, kind)) if tenant.faults.rules else NOTHING
        pause = plan.delay + tenant.config.latency.login_ms / 1000
        if pause:
            await asyncio.sleep(pause)
        if plan.cut == "before":
            return Answer(503, cut="before")
        if plan.case is not None:
            tenant.counters.totals["faults"] += 1
            waiting = {"Retry-After": plan.retry_after} if plan.retry_after else {}
            busy = {"error": "temporarily_unavailable", "error_description": "AADSTS90033: A transient error occurred."}
            return Answer(plan.status or 503, {**busy, "error_codes": [90033]}, waiting)
        answer = self._login.handle(call)
        if call.method == "POST" or kind == "msi":
            tenant.counters.totals["token_requests"] += 1
            if answer.status == 200:
                tenant.counters.totals["tokens_issued"] += 1
        answer.cut = plan.cut
        return answer

    async def _send(self, request: web.BaseRequest, call: Call, answer: Answer) -> web.StreamResponse:
        headers = {
            "Cache-Control": "private", "Strict-Transport-Security": "max-age=31536000", "request-id": call.request_id,
            "client-request-id": call.client_request_id, "x-ms-ags-diagnostic": _DIAGNOSTIC,
            "Date": formatdate(self._tenant.clock.now(), usegmt=True), **answer.headers,
        }  # fmt: skip
        body = _encode(answer, headers)
        if answer.cut is None:
            return web.Response(status=answer.status, headers=headers, body=body)
        if answer.cut == "body" and body:
            response = web.StreamResponse(status=answer.status, headers={**headers, "Content-Length": str(len(body))})
            await response.prepare(request)
            await response.write(body[: len(body) // 2])
            if request.transport is not None:
                request.transport.close()  # sends the half that was written
            return response
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=503)


def _encode(answer: Answer, headers: dict[str, Any]) -> bytes | None:
    if isinstance(answer.body, dict):
        headers.setdefault("Content-Type", _JSON if answer.status < 400 else "application/json")
        return json.dumps(answer.body, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    return answer.body
