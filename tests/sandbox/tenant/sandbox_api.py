# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`/sandbox/`: the control API, for tests and benchmarks. Nothing here exists in Graph."""

from __future__ import annotations

import dataclasses
import hmac
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from . import sandbox_users
from .config import ConfigError, Latency, Service, Settings, Throttle, build, build_app
from .directory import DirectoryError, Group
from .faults import RuleError, make_rule
from .login import Login
from .photos import NotAnImage, TooSmall
from .state import Tenant

KEY_HEADER = "X-Sandbox-Key"
_PARTS: dict[str, type[Any]] = {"service": Service, "latency": Latency, "throttle": Throttle, "settings": Settings}


class ControlError(Exception):
    """A control request that is not valid."""


class SandboxApi:
    """Handles requests below `/sandbox/`."""

    def __init__(self, tenant: Tenant, login: Login, begin: Callable[[], Awaitable[None]]) -> None:
        self._tenant = tenant
        self._login = login
        self._begin = begin
        self._routes: dict[tuple[str, str], Callable[[Any], Awaitable[Any]]] = {
            ("GET", "health"): self._health,
            ("GET", "counters"): self._counters,
            ("POST", "counters/reset"): self._reset,
            ("GET", "faults"): self._faults,
            ("PUT", "faults"): self._set_faults,
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): self._clear_faults,
            ("POST", "tokens/revoke"): self._revoke,
            ("PATCH", "tokens"): self._lifetime,
            ("PATCH", "clock"): self._clock,
            ("POST", "apps"): self._register,
            ("PUT", "missing_cases"): self._missing_cases,
            ("POST", "start_over"): self._start_over,
            ("POST", "groups"): self._add_group,
            ("DELETE", "groups"): self._clear_groups,
        }

    async def handle(self, request: web.BaseRequest, path: str, query: dict[str, str]) -> web.Response:
        """Answer one control request."""
        given = request.headers.get(KEY_HEADER, "")
        if not hmac.compare_digest(given.encode(), self._tenant.config.control_key.encode()):
            return web.json_response({"error": f"the header {KEY_HEADER} is missing or wrong"}, status=403)
        raw = await request.content.read()
        try:
            result = await self._dispatch(request.method, path, query, raw)
        except LookupError as ex:
            return web.json_response({"error": str(ex.args[0])}, status=404)
        except (NotAnImage, TooSmall) as ex:
            return web.json_response({"error": f"not a usable picture: {type(ex).__name__}"}, status=400)
        except (ControlError, RuleError, ConfigError, DirectoryError, OSError, TypeError, ValueError) as ex:
            return web.json_response({"error": str(ex)}, status=400)
        if isinstance(result, bytes):
            return web.Response(body=result, content_type="image/jpeg")
        return web.json_response(result if result is not None else {})

    async def _dispatch(self, method: str, path: str, query: dict[str, str], raw: bytes) -> Any:
        if path in _PARTS and method in ("GET", "PATCH"):
            return self._part(path, json.loads(raw) if method == "PATCH" else {})
        if path.split("/", maxsplit=1)[0] in ("user", "users"):
            return await sandbox_users.handle(self._tenant, method, path, query, raw)
        found = self._routes.get((method, path))
        if found is None:
            raise LookupError(f"no control call {method} {path}")
        return await found(json.loads(raw) if raw else {})

    def _part(self, name: str, changes: dict[str, Any]) -> dict[str, Any]:
        part = getattr(self._tenant.config, name)
        if changes:
            fresh = build(_PARTS[name], {**dataclasses.asdict(part), **changes}, name)
            if name == "settings":
                self._tenant.change_settings(fresh)
            else:  # other code keeps a reference to the object, so it is changed in place
                for item in dataclasses.fields(fresh):
                    setattr(part, item.name, getattr(fresh, item.name))
                self._tenant.limits.refill()
        return dataclasses.asdict(getattr(self._tenant.config, name))

    async def _health(self, _body: Any) -> Any:
        return {"users": len(self._tenant.directory.users), "time": self._tenant.clock.now()}

    async def _counters(self, _body: Any) -> Any:
        return self._tenant.counters.as_json()

    async def _reset(self, _body: Any) -> Any:
        self._tenant.counters.reset()

    async def _faults(self, _body: Any) -> Any:
        return [rule.as_json() for rule in self._tenant.faults.rules]

    async def _set_faults(self, body: Any) -> Any:
        self._tenant.faults.rules = [make_rule(rule) for rule in body]

    async def _add_fault(self, body: Any) -> Any:
        self._tenant.faults.rules.append(make_rule(body))

    async def _clear_faults(self, _body: Any) -> Any:
        self._tenant.faults.rules = []

    async def _revoke(self, _body: Any) -> Any:
        self._tenant.tokens.revoke_all()

    async def _lifetime(self, body: Any) -> Any:
        self._tenant.tokens.lifetime = float(body["lifetime"])

    async def _clock(self, body: Any) -> Any:
        self._tenant.clock.skew = float(body["skew"])

    async def _register(self, body: Any) -> Any:
        self._login.register(build_app(body, "app"))

    async def _missing_cases(self, body: Any) -> Any:
        self._tenant.missing_cases = {identity.lower(): case for identity, case in body.items()}

    async def _add_group(self, body: Any) -> Any:
        group = Group(**{"id": str(uuid.uuid4()), **body})
        self._tenant.directory.groups[group.id] = group
        return dataclasses.asdict(group)

    async def _clear_groups(self, _body: Any) -> Any:
        self._tenant.directory.groups.clear()

    async def _start_over(self, _body: Any) -> Any:
        await self._begin()
