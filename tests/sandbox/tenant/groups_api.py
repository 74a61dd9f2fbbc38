# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`/groups` and the users in a group, its groups included (learn.microsoft.com/graph/api/group-list*)."""

from __future__ import annotations

import re

from .directory import Group, User
from .errors import error
from .odata import QueryError
from .routes import Route
from .state import Tenant
from .users_api import check_options, page_of
from .wire import Answer, Call

_PROPERTIES = {"id": "id", "displayName": "display_name", "mail": "mail"}
_NAMES = {name.lower(): name for name in _PROPERTIES}
_CLAUSE = re.compile(r"\s*(\w+)\s+eq\s+'((?:[^']|'')*)'\s*")


def list_groups(tenant: Tenant, call: Call) -> Answer:
    """Groups, by a filter of comparisons for equality joined by `or`."""
    try:
        check_options(call)
        names = [_property(part) for part in call.query.get("$select", "id,displayName,mail").split(",")]
        found = list(tenant.directory.groups.values())
        if "$filter" in call.query:
            found = _filtered(found, call.query["$filter"])
    except QueryError as ex:
        return error(call, ex.case, tenant.clock.now(), reason=ex.reason)
    rows = [{name: getattr(group, _PROPERTIES[name]) for name in names} for group in found]
    return Answer(200, {"@odata.context": f"{call.root}/{call.version}/$metadata#groups", "value": rows})


def list_members(tenant: Tenant, call: Call, route: Route) -> Answer:
    """The users in a group and in the groups in it, each once."""
    now = tenant.clock.now()
    group = tenant.directory.groups.get(route.identity.lower())
    if group is None:
        return error(call, "request_resource_not_found", now, identity=route.identity)
    try:
        check_options(call)
        if "$filter" in call.query:  # which filters an advanced query takes is not in the contract; others take none
            raise QueryError("unsupported_query")
        users = sorted(_inside(tenant, group).values(), key=lambda user: user.serial)
        return page_of(tenant, call, f"groups/{group.id}/transitiveMembers/microsoft.graph.user", users)
    except QueryError as ex:
        return error(call, ex.case, now, reason=ex.reason)


def _inside(tenant: Tenant, group: Group) -> dict[str, User]:
    found: dict[str, User] = {}
    waiting, seen = [group], set[str]()
    while waiting:
        one = waiting.pop()
        seen.add(one.id)
        for member in one.members:
            if (inner := tenant.directory.groups.get(member)) is not None:
                if inner.id not in seen:
                    waiting.append(inner)
            elif (user := tenant.directory.by_key(member)) is not None:
                found[user.id] = user
    return found


def _property(word: str) -> str:
    name = _NAMES.get(word.strip().lower())
    if name is None:
        raise QueryError(
            "bad_request", f"Could not find a property named '{word.strip()}' on type 'microsoft.graph.group'."
        )
    return name


def _filtered(groups: list[Group], text: str) -> list[Group]:
    wanted: list[tuple[str, str]] = []
    at = 0
    while True:
        clause = _CLAUSE.match(text, at)
        if clause is None:
            raise QueryError("bad_request", f"Invalid filter clause: syntax error at position {at}.")
        wanted.append((_property(clause[1]), clause[2].replace("''", "'").lower()))
        at = clause.end()
        if at == len(text):
            break
        if not text.startswith("or ", at):
            raise QueryError("unsupported_query")
        at += 3
    return [
        group
        for group in groups
        if any((getattr(group, _PROPERTIES[name]) or "").lower() == value for name, value in wanted)
    ]
