# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where AnsibleModule meets the tenant's photo settings: what is asked for, what differs, what is to be sent."""

from __future__ import annotations

import re
import typing as t
from contextlib import closing
from dataclasses import dataclass

from ansible.module_utils.basic import AnsibleModule

from .._core.model import PhotoError
from .._graph.settings import PhotoSettings, Source
from .._graph.store import GraphPhotoStore
from .photo_spec import Spec

SETTINGS_SPEC: Spec = {
    "source": {"type": "str", "choices": ["cloud", "on_premises"]},
    "allowed_roles": {"type": "list", "elements": "str"},
    "send_unseen": {"type": "bool", "default": False},
}
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """``allowed_roles`` None: leave them; empty: everyone. ``send_unseen``: send a source that cannot be compared."""

    source: Source | None = None
    allowed_roles: tuple[str, ...] | None = None
    send_unseen: bool = False

    @classmethod
    def from_params(cls, params: t.Mapping[str, t.Any]) -> Wanted:
        """Raises PhotoError that names the option."""
        given = params["allowed_roles"]
        roles = None if given is None else tuple(sorted({role.strip().lower() for role in given}))
        for role in roles or ():
            if not _GUID.fullmatch(role):
                raise PhotoError(
                    f"allowed_roles: {role!r} is not the template id (a GUID) of a directory role; look it up in "
                    "Microsoft Entra's built-in roles"
                )
        return cls(params["source"], roles, params["send_unseen"])


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be sent, None meaning: leave it; and what a person should know."""

    source: Source | None = None
    allowed_roles: tuple[str, ...] | None = None
    warning: str | None = None

    @property
    def changes(self) -> bool:
        """Is there anything to send?"""
        return self.source is not None or self.allowed_roles is not None


def step(now: PhotoSettings, wanted: Wanted) -> Step:
    """From what is to what is wanted. A source that the service does not tell is not sent again at every run."""
    roles = wanted.allowed_roles
    if roles is not None and (roles or None) == now.allowed_roles:
        roles = None
    if wanted.source is None or wanted.source == now.source:
        return Step(None, roles)
    if now.source is not None:
        return Step(wanted.source, roles)
    said = "This tenant does not tell its photo source, so nobody can see whether it is " + wanted.source
    if wanted.send_unseen:
        return Step(wanted.source, roles, f"{said}; it was sent, and will be at every run with send_unseen.")
    return Step(None, roles, f"{said}; it was left as it is. Set send_unseen to send it once all the same.")


def after(now: PhotoSettings, change: Step) -> PhotoSettings:
    """What the settings are once a step was taken."""
    roles = now.allowed_roles if change.allowed_roles is None else change.allowed_roles or None
    return PhotoSettings(change.source or now.source, roles)


def run_settings_module(module: AnsibleModule, open_store: t.Callable[[dict[str, t.Any]], GraphPhotoStore]) -> None:
    """Bring the tenant's settings in line, and leave by exit_json or fail_json."""
    try:
        wanted = Wanted.from_params(module.params)
        with closing(open_store(module.params)) as store:
            store.open()
            now = store.settings.get()
            change = step(now, wanted)
            if change.changes and not module.check_mode:
                roles = change.allowed_roles
                store.settings.patch(change.source, roles or None, everyone=roles == ())
    except PhotoError as error:
        module.fail_json(msg=str(error), changed=False)
    if change.warning is not None:
        module.warn(change.warning)
    then = after(now, change)
    answer: dict[str, t.Any] = {"changed": change.changes, "source_known": now.source is not None, **shown(then)}
    if module._diff:
        answer["diff"] = {"before": shown(now), "after": shown(then), "before_header": "photoUpdateSettings"}
    module.exit_json(**answer)


def shown(settings: PhotoSettings) -> dict[str, t.Any]:
    """Settings as results show them."""
    return {"source": settings.source, "allowed_roles": list(settings.allowed_roles or ())}
