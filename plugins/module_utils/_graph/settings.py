# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant's photoUpdateSettings: where photos come from and who may change them (beta endpoint only)."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from .._core.json_text import loads
from .._core.model import StoreError
from .errors import one_line
from .http.client import Client
from .permissions import Permissions

Source = t.Literal["cloud", "on_premises"]
#: ``default``: the tenant told null, with which every tenant begins. Photos may then come from both sides.
Told = t.Literal["cloud", "on_premises", "default"]
_PATH = "/beta/admin/people/photoUpdateSettings"
_FROM_GRAPH: t.Mapping[str, Source] = {"cloud": "cloud", "onpremises": "on_premises"}
_TO_GRAPH: t.Mapping[Source, str] = {"cloud": "cloud", "on_premises": "onPremises"}


@dataclass(frozen=True, slots=True)
class PhotoSettings:
    """``source`` None: the service did not say (the global one may omit it), or says a word that is not known here.

    ``allowed_roles``: template ids of the directory roles that may change photos, sorted, lower case; None: everyone.
    """

    source: Told | None
    allowed_roles: tuple[str, ...] | None


class SettingsNotThere(StoreError):
    """Graph answered, but not with the settings: we may not see them, or the tenant does not have them."""


class SettingsApi:
    """Reads and changes the settings. A change takes effect within 24 hours."""

    def __init__(self, client: Client, permissions: Permissions) -> None:
        self._client = client
        self._permissions = permissions

    def get(self) -> PhotoSettings:
        """The settings as they are now; SettingsNotThere when Graph's answer is another one."""
        reply = self._client.call("GET", _PATH)
        if reply.status == 404:
            raise SettingsNotThere("This tenant has no photoUpdateSettings (404); Microsoft keeps them in beta only.")
        if not 200 <= reply.status < 300:
            failed = self._permissions.failed("read people settings", reply.status, reply.body, "settings_read")
            raise SettingsNotThere(str(failed))
        return parse_settings(reply.body)

    def patch(
        self,
        source: Source | None = None,
        allowed_roles: t.Sequence[str] | None = None,
        *,
        everyone: bool = False,
    ) -> PhotoSettings:
        """Change what is given; ``everyone`` removes the limit to roles. Returns the new settings.

        That is the answer to the change where it names a source, else what it answers to the next question.
        """
        body: dict[str, t.Any] = {}
        if source is not None:
            body["source"] = _TO_GRAPH[source]
        if everyone or allowed_roles is not None:
            body["allowedRoles"] = None if everyone else _roles(list(allowed_roles or ()))
        raw = json.dumps(body).encode()
        reply = self._client.call("PATCH", _PATH, raw, "application/json")
        if not 200 <= reply.status < 300:
            raise self._permissions.failed("change people settings", reply.status, reply.body, "settings_write")
        if reply.body.strip():
            said = parse_settings(reply.body)
            if source is None or said.source not in (None, "default"):
                return said
        return self.get()

    def reset(self) -> None:
        """Go back to the default of every tenant: both sources may write, and everybody may change their photo."""
        reply = self._client.call("DELETE", _PATH)
        if not 200 <= reply.status < 300:
            raise self._permissions.failed("reset people settings", reply.status, reply.body, "settings_write")


def parse_settings(raw: bytes) -> PhotoSettings:
    """An answer's body as settings; StoreError when it is no JSON object."""
    try:
        body = loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise StoreError(
            f"Microsoft Graph's photo settings could not be read: {one_line(raw[:60].decode('latin-1'))!r}."
        )
    roles = body.get("allowedRoles")
    return PhotoSettings(_source(body), tuple(_roles(roles)) or None if isinstance(roles, list) else None)


def _source(body: t.Mapping[str, t.Any]) -> Told | None:
    if "source" not in body:
        return None
    source = body["source"]
    if source is None:
        return "default"
    return _FROM_GRAPH.get(source.lower()) if isinstance(source, str) else None


def _roles(roles: list[t.Any]) -> list[str]:
    return sorted({role.lower() for role in roles if isinstance(role, str)})
