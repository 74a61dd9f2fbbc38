# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`/users` and `/users/{id}`."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

from .directory import DEFAULT_PROPERTIES, User, as_json
from .errors import error
from .odata import QueryError, select_properties, select_users
from .routes import Route
from .state import Tenant
from .wire import Answer, Call

MAX_TOP = 999
_LIST_OPTIONS = frozenset({"$filter", "$select", "$top", "$skiptoken", "$count"})


def get_user(tenant: Tenant, call: Call, route: Route) -> Answer:
    """One user, by object id or UPN."""
    user = tenant.directory.find(route.identity)
    now = tenant.clock.now()
    if user is None:
        return error(call, "request_resource_not_found", now, identity=route.identity)
    try:
        properties = _properties(call)
    except QueryError as ex:
        return error(call, ex.case, now, reason=ex.reason)
    context = f"{call.root}/{call.version}/$metadata#users{_context(call)}/$entity"
    return Answer(200, {"@odata.context": context, **as_json(user, properties)})


def list_users(tenant: Tenant, call: Call) -> Answer:
    """A page of users, filtered or not."""
    try:
        return _list(tenant, call)
    except QueryError as ex:
        return error(call, ex.case, tenant.clock.now(), reason=ex.reason)


def _list(tenant: Tenant, call: Call) -> Answer:
    check_options(call)
    if "$filter" in call.query:
        if not call.query["$filter"].strip():
            raise QueryError("bad_request", "Invalid filter clause: empty.")
        matched = select_users(call.query["$filter"], tenant.directory, is_advanced(call))
    else:
        matched = list(tenant.directory.users.values())
    return page_of(tenant, call, "users", matched)


def check_options(call: Call) -> None:
    """Raises QueryError for an option that a list does not support."""
    for name in call.query:
        if name.startswith("$") and name not in _LIST_OPTIONS:
            raise QueryError("unsupported_query")


def is_advanced(call: Call) -> bool:
    """May the query use the index?"""
    return call.query.get("$count") == "true" and call.headers.get("consistencylevel", "").lower() == "eventual"


def page_of(tenant: Tenant, call: Call, path: str, matched: list[User]) -> Answer:
    """The requested page of a list of users; `path` is the list's path."""
    properties = _properties(call)
    size = _page_size(tenant, call)
    after = _open_token(call.query["$skiptoken"]) if "$skiptoken" in call.query else 0
    rest = [user for user in matched if user.serial > after] if after else matched
    # Graph may return an empty page with a nextLink. A client that stops at an empty page loses users.
    empty = tenant.config.service.empty_pages and "$skiptoken" not in call.query and bool(rest)
    page = [] if empty else rest[:size]
    body: dict[str, Any] = {"@odata.context": f"{call.root}/{call.version}/$metadata#users{_context(call)}"}
    if is_advanced(call):
        body["@odata.count"] = len(matched)
    if len(page) < len(rest):
        body["@odata.nextLink"] = _next_link(call, path, page)
    body["value"] = [as_json(user, properties) for user in page]
    return Answer(200, body)


def _properties(call: Call) -> tuple[str, ...]:
    return select_properties(call.query["$select"]) if "$select" in call.query else DEFAULT_PROPERTIES


def _context(call: Call) -> str:
    return f"({call.query['$select']})" if "$select" in call.query else ""


def _page_size(tenant: Tenant, call: Call) -> int:
    text = call.query.get("$top")
    if text is None:
        return tenant.config.page_size
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_TOP:
        raise QueryError(
            "unsupported_query", f"Invalid page size specified: '{text}'. Must be between 1 and {MAX_TOP} inclusive."
        )
    return int(text)


def _next_link(call: Call, path: str, page: list[User]) -> str:
    token = base64.urlsafe_b64encode(f"page:{page[-1].serial if page else 0}".encode()).decode()
    query = {name: value for name, value in call.query.items() if name != "$skiptoken"}
    query["$skiptoken"] = token
    text = "&".join(f"{quote(name, safe='$')}={quote(value, safe='')}" for name, value in query.items())
    return f"{call.root}/{call.version}/{path}?{text}"


def _open_token(token: str) -> int:
    try:
        word, _colon, serial = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        if word != "page":
            raise ValueError
        return int(serial)
    except ValueError as ex:
        raise QueryError("expired_page") from ex
