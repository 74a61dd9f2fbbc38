# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The entry of Graph: permissions, faults, delays, and the choice of the service."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import unquote

from . import groups_api, settings_api, users_api
from .batch import run_batch
from .directory import User
from .errors import error
from .faults import NOTHING, Plan, Subject
from .photo_api import PhotoService
from .routes import Route, parse
from .state import Tenant
from .wire import Answer, Call

_READ_USERS = frozenset({"User.Read.All", "User.ReadWrite.All"})
_READ_GROUPS = frozenset({"GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"})
_WRITE_PHOTO = frozenset({"ProfilePhoto.ReadWrite.All", "User.ReadWrite.All"})
_READ_PHOTO = _WRITE_PHOTO | {"ProfilePhoto.Read.All"}
_WRITE_SETTINGS = frozenset({"PeopleSettings.ReadWrite.All"})
_READ_SETTINGS = _WRITE_SETTINGS | {"PeopleSettings.Read.All"}


class Graph:
    """Answers calls to /v1.0 and /beta."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._photos = PhotoService(tenant)

    async def handle(self, call: Call) -> Answer:
        """One HTTP request: a single call or a batch of them."""
        counters = self._tenant.counters
        counters.begin()
        try:
            roles = self._tenant.tokens.check(call.headers.get("authorization"))
            if isinstance(roles, str):
                return error(call, roles, self._tenant.clock.now())
            call.roles = roles
            return await self.serve(call)
        finally:
            counters.end()

    async def serve(self, call: Call) -> Answer:
        """One call, alone or as an item of a batch."""
        tenant = self._tenant
        route = parse(call.raw_path)
        counters = tenant.counters
        if call.inside_batch:
            counters.totals["batch_items"] += 1
            counters.routes[f"batch {call.method} {route.template}"] += 1
        else:
            counters.routes[f"{call.method} {route.template}"] += 1
        if route.kind == "photo_value" and call.method != "GET":
            counters.totals["photo_deletes" if call.method == "DELETE" else "photo_puts"] += 1
        user = tenant.directory.find(route.identity) if route.identity else None
        plan = self._plan(call, route, user) if tenant.faults.rules else NOTHING
        if plan.delay:
            await asyncio.sleep(plan.delay)
        if plan.cut == "before":
            return Answer(503, cut="before")
        if plan.case is not None:
            places = {"identity": route.identity, "tenant": tenant.config.tenant_id, "reason": "Bad request."}
            query = unquote(call.raw_path)
            answer = error(call, plan.case, tenant.clock.now(), status=plan.status, query=query, **places)
            counters.statuses[str(answer.status)] += 1
            return self._throttled(answer, plan.retry_after)
        answer = await self._within_limits(call, route, user, plan)
        answer.cut = answer.cut or plan.cut
        if plan.truncate is not None and isinstance(answer.body, bytes):
            answer.body = answer.body[: int(len(answer.body) * plan.truncate)]
        counters.statuses[str(answer.status)] += 1
        return answer

    def _plan(self, call: Call, route: Route, user: User | None) -> Plan:
        names = {route.identity.lower()}
        if user is not None:
            names |= {user.id.lower(), user.upn.lower(), user.key.lower()}
        path = f"/{call.version}{unquote(call.raw_path)}"
        subject = Subject(call.method, path, route.kind, frozenset(names), call.inside_batch)
        plan = self._tenant.faults.plan(subject)
        if plan != NOTHING:
            self._tenant.counters.totals["faults"] += 1
        return plan

    def _throttled(self, answer: Answer, retry_after: str | None) -> Answer:
        if answer.status in (429, 503):
            self._tenant.counters.totals["throttled"] += 1
        if retry_after is not None:
            answer.headers["Retry-After"] = retry_after
        return answer

    async def _within_limits(self, call: Call, route: Route, user: User | None, plan: Plan) -> Answer:
        tenant = self._tenant
        if route.kind == "batch":  # only its items are counted
            return await self._dispatch(call, route, user, plan)
        mailbox = user.id if route.is_photo and user else None
        wait = tenant.limits.enter(mailbox, time.monotonic())
        if wait is not None:
            return self._throttled(error(call, "throttled", tenant.clock.now()), f"{wait:.3f}")
        try:
            latency = tenant.config.latency
            if not route.is_photo:
                pause = latency.directory_ms
            else:
                pause = latency.read_ms if call.method == "GET" else latency.write_ms
            if pause:
                await asyncio.sleep(pause / 1000)
            return await self._dispatch(call, route, user, plan)
        finally:
            tenant.limits.leave(mailbox)

    async def _dispatch(self, call: Call, route: Route, user: User | None, plan: Plan) -> Answer:
        tenant, now, kind = self._tenant, self._tenant.clock.now(), route.kind
        reads = call.method == "GET"
        if route.is_photo:
            if not call.roles & (_READ_PHOTO if reads else _WRITE_PHOTO):
                return error(call, "photo_access_denied" if reads else "photo_write_denied", now)
            return await self._photos.handle(call, route, user, plan)
        if kind in ("users", "user"):
            if not reads:
                return error(call, "method_not_allowed", now)
            if not call.roles & _READ_USERS:
                return error(call, "request_denied", now)
            return users_api.list_users(tenant, call) if kind == "users" else users_api.get_user(tenant, call, route)
        if kind in ("groups", "members"):
            if not reads:
                return error(call, "method_not_allowed", now)
            if not call.roles & _READ_GROUPS:
                return error(call, "request_denied", now)
            if kind == "groups":
                return groups_api.list_groups(tenant, call)
            return groups_api.list_members(tenant, call, route)
        if kind in ("people", "settings"):
            if not call.roles & (_READ_SETTINGS if reads else _WRITE_SETTINGS):
                return error(call, "request_denied", now)
            return settings_api.handle(tenant, call, route)
        if kind == "batch":
            if call.inside_batch:
                return error(call, "bad_request", now, reason="A batch inside a batch is not allowed.")
            if call.method != "POST":
                return error(call, "method_not_allowed", now)
            tenant.counters.totals["batches"] += 1
            return await run_batch(tenant, call, self.serve)
        if kind == "unknown_segment":
            return error(call, "unsupported_segment", now, query=unquote(call.raw_path))
        if kind == "me":
            reason = "/me request is only valid with delegated authentication flow."
            return error(call, "bad_request", now, reason=reason)
        return error(call, "bad_request", now, reason="Resource not found for the segment.")
