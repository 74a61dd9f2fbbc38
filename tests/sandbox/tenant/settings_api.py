# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`/admin/people` and its photoUpdateSettings."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from .errors import error
from .routes import Route
from .state import Tenant
from .wire import Answer, Call

_SOURCES = {"cloud": "cloud", "onpremises": "onPremises"}


def handle(tenant: Tenant, call: Call, route: Route) -> Answer:
    """Answer a settings request whose permissions are checked."""
    if route.kind == "people":
        if call.method != "GET":
            return error(call, "method_not_allowed", tenant.clock.now())
        return Answer(200, {"@odata.context": f"{call.root}/{call.version}/$metadata#admin/people"})
    if call.version != "beta":
        reason = "Resource not found for the segment 'photoUpdateSettings'."
        return error(call, "bad_request", tenant.clock.now(), reason=reason)
    if call.method == "PATCH":
        return _patch(tenant, call)
    if call.method == "DELETE":
        tenant.counters.totals["settings_writes"] += 1
        tenant.change_settings(replace(tenant.config.settings, source=None, allowedRoles=None))
        return Answer(204)
    if call.method != "GET":
        return error(call, "method_not_allowed", tenant.clock.now())
    return _show(tenant, call)


def _show(tenant: Tenant, call: Call) -> Answer:
    settings = tenant.config.settings
    body: dict[str, Any] = {"@odata.context": f"{call.root}/beta/$metadata#admin/people/photoUpdateSettings/$entity"}
    if not settings.omit_source:
        body["source"] = None if settings.null_source else settings.source
    return Answer(200, {**body, "allowedRoles": settings.allowedRoles})


def _patch(tenant: Tenant, call: Call) -> Answer:
    reason = ""
    body: Any = None
    if call.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return error(call, "unsupported_media_type", tenant.clock.now())
    try:
        body = json.loads(call.body)
    except ValueError:
        reason = "The body is not JSON."
    if not reason:
        reason = _complaint(body)
    if reason:
        return error(call, "bad_request", tenant.clock.now(), reason=reason)
    old = tenant.config.settings
    source = old.source if "source" not in body else body["source"] and _SOURCES[body["source"].lower()]
    roles = body.get("allowedRoles", old.allowedRoles)
    tenant.counters.totals["settings_writes"] += 1
    tenant.change_settings(replace(old, source=source, allowedRoles=roles or None))
    return _show(tenant, call)


def _complaint(body: Any) -> str:
    if not isinstance(body, dict):
        return "The body is not an object."
    for name in body:
        if name not in ("source", "allowedRoles") and not name.startswith("@odata."):
            return f"Could not find a property named '{name}' on type 'microsoft.graph.photoUpdateSettings'."
    source, roles = body.get("source"), body.get("allowedRoles")
    if source is not None and not (isinstance(source, str) and source.lower() in _SOURCES):
        return "The value of source is not one of photoUpdateSource."
    if roles is not None and not (isinstance(roles, list) and all(isinstance(role, str) for role in roles)):
        return "allowedRoles is not a collection of strings."
    return ""
