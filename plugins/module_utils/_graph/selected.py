# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users that an administrator's OData filter and group leave."""

from __future__ import annotations

import typing as t
import uuid
from urllib.parse import quote

from .._core.choice import Whom
from .._core.model import PhotoError, User
from .._core.text import shown
from .http.client import Client
from .lists import Question, Refused, literal, pages
from .permissions import Permissions

#: Characters of a filter; gateways refuse longer URLs.
_LONGEST = 3000
_GROUP = "id,displayName,mail"


class Lists(t.Protocol):
    """Lists of users, page by page."""

    def listed(self, path: str, question: Question) -> t.Iterator[tuple[User, ...]]:
        """The pages of ``path``, which $select and $top are added to. Raises Refused for a 400."""


def selected(client: Client, permissions: Permissions, lists: Lists, whom: Whom) -> t.Iterator[User]:
    """The users that ``whom`` asks for. Raises PhotoError for a filter that is none, and a group that is not one."""
    if len(quote(whom.filter)) > _LONGEST:
        raise PhotoError(f"filter '{shown(whom.filter[:60])}…' is too long to be sent; shorten it, or make a group")
    group = _group(client, permissions, whom.group) if whom.group else None
    if group is None:
        yield from _by_filter(lists, whom.filter)
        return
    inside = {user.id for user in _by_filter(lists, whom.filter)} if whom.filter else None
    for user in _members(lists, group, whom.group):
        if inside is None or user.id in inside:
            yield user


def _by_filter(lists: Lists, text: str) -> t.Iterator[User]:
    """Asked plainly first: that is up to date, and does for most filters."""
    path = f"/users?$filter={quote(text, safe='')}"
    begun = False
    for advanced in (False, True):
        try:
            for page in lists.listed(path, Question(advanced)):
                begun = True
                yield from page
        except Refused as error:
            # A list that breaks off is not asked for again: its first users were given already.
            if advanced or begun:
                raise PhotoError(
                    f"filter '{shown(text)}': Microsoft Graph does not take it ({error.why}); write it as "
                    "department eq 'Sales' and accountEnabled eq true"
                ) from error
        else:
            return


def _members(lists: Lists, group: str, name: str) -> t.Iterator[User]:
    """Members of a group and of the groups in it. Only an advanced question can ask for users alone."""
    path = f"/groups/{group}/transitiveMembers/microsoft.graph.user"
    question = Question(True, "read the members of groups", "groups")
    try:
        for page in lists.listed(path, question):
            yield from page
    except Refused as error:
        raise PhotoError(f"group '{shown(name)}': its members could not be read ({error.why})") from error


def _group(client: Client, permissions: Permissions, name: str) -> str:
    """The id of the one group of that id, mail or displayName. Raises PhotoError."""
    found: dict[str, str] = {}
    try:
        id_ = str(uuid.UUID(name)) if len(name) == 36 else ""
    except ValueError:
        id_ = ""
    clauses = [f"id eq '{id_}'"] if id_ else [f"{key} eq {literal(name)}" for key in ("mail", "displayName")]
    path = f"/groups?$select={_GROUP}&$filter={quote(' or '.join(clauses), safe='')}"
    try:
        for page in pages(client, permissions, path, Question(False, "read groups", "groups", "groups")):
            found.update((raw["id"], str(raw.get("displayName"))) for raw in page if isinstance(raw.get("id"), str))
            if len(found) > 1:
                break
    except Refused as error:
        raise PhotoError(f"group '{shown(name)}' cannot be looked up ({error.why}); correct it") from error
    if len(found) == 1:
        return quote(next(iter(found)), safe="")
    if not found:
        raise PhotoError(f"group '{shown(name)}' does not exist in the tenant; give its id, mail or displayName")
    some = ", ".join(f"{label} ({id_})" for id_, label in list(found.items())[:5])
    raise PhotoError(f"group '{shown(name)}' is {len(found)} groups: {shown(some)}; give the id of the one meant")
