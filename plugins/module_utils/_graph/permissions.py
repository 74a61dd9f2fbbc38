# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which permissions a token carries and which a task needs, in one place."""

from __future__ import annotations

import typing as t

from .._core.model import StoreError
from .errors import parse

#: By task: application permissions that do, the least first (learn.microsoft.com/graph/api/profilephoto-*, user-list).
NEEDED: t.Mapping[str, tuple[str, ...]] = {
    "users": ("User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"),
    "read": ("ProfilePhoto.Read.All", "ProfilePhoto.ReadWrite.All", "User.Read.All", "User.ReadWrite.All"),
    "write": ("ProfilePhoto.ReadWrite.All", "User.ReadWrite.All"),
    "groups": (
        "GroupMember.Read.All",
        "GroupMember.ReadWrite.All",
        "Group.Read.All",
        "Group.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    ),
    "settings_read": ("PeopleSettings.Read.All", "PeopleSettings.ReadWrite.All"),
    "settings_write": ("PeopleSettings.ReadWrite.All",),
}
#: What to ask an administrator for.
LEAST: t.Mapping[str, str] = {task: names[0] for task, names in NEEDED.items()}


class Permissions:
    """What our token may do, as far as it can be read. ``claims`` are those of the token that is in use."""

    def __init__(self, claims: t.Callable[[], t.Mapping[str, t.Any] | None]) -> None:
        self._claims = claims

    def roles(self) -> tuple[str, ...] | None:
        """Application permissions, or the scopes of a delegated token; None: the token cannot be read."""
        claims = self._claims()
        if claims is None:
            return None
        roles = claims.get("roles")
        names = [r for r in roles if isinstance(r, str)] if isinstance(roles, list) else []
        scopes = claims.get("scp")
        return tuple(names + (scopes.split() if isinstance(scopes, str) else []))

    def lacks(self, task: str) -> str | None:
        """The permission to ask for when the token has none that does; None: it has one, or cannot be read."""
        roles = self.roles()
        if roles is None or set(roles).intersection(NEEDED[task]):
            return None
        return LEAST[task]

    def denied(self, task: str) -> StoreError | None:
        """The error for everybody when a 403 comes from a missing permission, else None: it is about one user."""
        missing = self.lacks(task)
        if missing is None:
            return None
        has = ", ".join(self.roles() or ()) or "none"
        return StoreError(
            f"The application lacks the Microsoft Graph application permission {missing} (its token has: {has}). "
            "Grant it with admin consent; a new token is needed afterwards."
        )

    def failed(self, doing: str, status: int, body: object, task: str = "users") -> StoreError:
        """The error for a request that everything depends on."""
        if status == 403:
            denied = self.denied(task)
            if denied is not None:
                return denied
            return StoreError(
                f"Microsoft Graph does not let the application {doing} (403 {parse(status, body)}); grant it the "
                f"application permission {LEAST[task]} with admin consent."
            )
        return StoreError(f"Microsoft Graph could not {doing}: {status} {parse(status, body)}; check graph_url.")
