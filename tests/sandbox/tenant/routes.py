# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Raw path -> route. The path is split before it is decoded, so that an encoded slash stays in its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

Kind = Literal[
    "batch", "users", "user", "photo", "photo_value", "photos", "sized", "sized_value", "people", "settings",
    "me", "groups", "members", "unknown_segment", "unknown",
]  # fmt: skip

TEMPLATES: dict[str, str] = {
    "batch": "/$batch",
    "users": "/users",
    "user": "/users/{id}",
    "photo": "/users/{id}/photo",
    "photo_value": "/users/{id}/photo/$value",
    "photos": "/users/{id}/photos",
    "sized": "/users/{id}/photos/{size}",
    "sized_value": "/users/{id}/photos/{size}/$value",
    "people": "/admin/people",
    "settings": "/admin/people/photoUpdateSettings",
    "me": "/me",
    "groups": "/groups",
    "members": "/groups/{id}/transitiveMembers/microsoft.graph.user",
    "unknown_segment": "/users/{id}/?",
    "unknown": "?",
}
# Kinds that the Outlook side serves: they need a mailbox, and in a batch they run four at a time.
PHOTO_KINDS = frozenset({"photo", "photo_value", "photos", "sized", "sized_value"})
_SIZE = re.compile(r"^(\d{1,4})x(\d{1,4})$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Route:
    """The meaning of a path."""

    kind: Kind
    identity: str = ""
    size: int = 0  # -1: a size that cannot exist

    @property
    def template(self) -> str:
        """The path with places instead of names, for counters."""
        return TEMPLATES[self.kind]

    @property
    def is_photo(self) -> bool:
        """Whether the photo service answers this."""
        return self.kind in PHOTO_KINDS


def parse(raw_path: str) -> Route:
    """The route of a path without its version (`/users/...`)."""
    parts = raw_path.split("/")
    if len(parts) < 2 or parts[0] or not all(parts[1:]):
        return Route("unknown")
    names = [unquote(part, errors="replace") for part in parts[1:]]
    # The case of Graph's own words does not matter. Identities are not changed.
    head, count = names[0].lower(), len(names)
    if head == "$batch" and count == 1:
        return Route("batch")
    if head == "me":
        return Route("me")
    if head == "admin" and count > 1 and names[1].lower() == "people":
        if count == 2:
            return Route("people")
        return Route("settings" if count == 3 and names[2].lower() == "photoupdatesettings" else "unknown")
    if head == "groups":
        return _group(names)
    if head != "users":
        return Route("unknown")
    return Route("users") if count == 1 else _user(names)


def _group(names: list[str]) -> Route:
    if len(names) == 1:
        return Route("groups")
    tail = [name.lower() for name in names[2:]]
    return Route("members" if tail == ["transitivemembers", "microsoft.graph.user"] else "unknown_segment", names[1])


def _user(names: list[str]) -> Route:
    identity, tail = names[1], [name.lower() for name in names[2:]]
    if not tail:
        return Route("user", identity)
    if tail[0] == "photo":
        if tail[1:] == ["$value"]:
            return Route("photo_value", identity)
        if len(tail) == 1:
            return Route("photo", identity)
    elif tail[0] == "photos":
        if len(tail) == 1:
            return Route("photos", identity)
        size = _size(tail[1])
        if len(tail) == 2:
            return Route("sized", identity, size)
        if tail[2:] == ["$value"]:
            return Route("sized_value", identity, size)
    return Route("unknown_segment", identity)


def _size(text: str) -> int:
    found = _SIZE.match(text)
    return int(found.group(1)) if found and found.group(1) == found.group(2) else -1
