# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs exo_photo_update_settings for AnsibleModule: compares the tenant's photo settings and sends what differs."""

from __future__ import annotations

import re
import typing as t
from contextlib import closing
from dataclasses import dataclass, replace

from ansible.module_utils.basic import AnsibleModule

from .._core.model import PhotoError
from .._graph.settings import PhotoSettings, SettingsApi, Source
from .._graph.store import GraphPhotoStore
from .text_module import Spec

SETTINGS_SPEC: Spec = {
    "state": {"type": "str", "choices": ["present", "default"], "default": "present"},
    "source": {"type": "str", "choices": ["cloud", "on_premises"]},
    "allowed_roles": {"type": "list", "elements": "str"},
    "send_unseen": {"type": "bool", "default": False},
}
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """``allowed_roles`` None: do not change them; empty: everyone.

    ``send_unseen``: send a source that cannot be compared.

    ``default``: the defaults of a new tenant.
    """

    source: Source | None = None
    allowed_roles: tuple[str, ...] | None = None
    send_unseen: bool = False
    default: bool = False

    @classmethod
    def from_params(cls, params: t.Mapping[str, t.Any]) -> Wanted:
        """Raises PhotoError that names the option."""
        given = params["allowed_roles"]
        default = params["state"] == "default"
        if default and (params["source"] is not None or given is not None):
            raise PhotoError("state: default resets source and allowed_roles; leave these two options out")
        roles = None if given is None else tuple(sorted({role.strip().lower() for role in given}))
        for role in roles or ():
            if not _GUID.fullmatch(role):
                raise PhotoError(
                    f"allowed_roles: {role!r} is not the template id (a GUID) of a directory role; look it up in "
                    "Microsoft Entra's built-in roles"
                )
        return cls(params["source"], roles, params["send_unseen"], default)


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be sent (None: no change), and hints for the reader."""

    source: Source | None = None
    allowed_roles: tuple[str, ...] | None = None
    warning: str | None = None
    reset: bool = False

    @property
    def changes(self) -> bool:
        """Is there anything to send?"""
        return self.reset or self.source is not None or self.allowed_roles is not None


def step(now: PhotoSettings, wanted: Wanted) -> Step:
    """The step from the present to the wanted settings.

    A source that the service does not return is not sent at every run.
    """
    if wanted.default:
        return _to_default(now, wanted)
    roles = wanted.allowed_roles
    if roles is not None and (roles or None) == now.allowed_roles:
        roles = None
    if wanted.source is None or wanted.source == now.source:
        return Step(None, roles)
    if now.source is not None:
        return Step(wanted.source, roles)
    said = f"This tenant does not return its photo source, so it is not known whether it is {wanted.source}"
    if wanted.send_unseen:
        return Step(wanted.source, roles, f"{said}; it was sent, and will be sent at every run with send_unseen.")
    return Step(None, roles, f"{said}; it was not changed. Set send_unseen for one run to send it anyway.")


def _to_default(now: PhotoSettings, wanted: Wanted) -> Step:
    if now.allowed_roles is not None or now.source in ("cloud", "on_premises"):
        return Step(reset=True)
    if now.source == "default":
        return Step()
    said = "This tenant does not return its photo source, so it is not known whether it is the default"
    if wanted.send_unseen:
        return Step(reset=True, warning=f"{said}; it was reset, and will be reset at every run with send_unseen.")
    return Step(warning=f"{said}; it was not changed. Set send_unseen for one run to reset it anyway.")


def after(now: PhotoSettings, change: Step) -> PhotoSettings:
    """The settings after a step."""
    if change.reset:
        return PhotoSettings("default", None)
    roles = now.allowed_roles if change.allowed_roles is None else change.allowed_roles or None
    return PhotoSettings(change.source or now.source, roles)


def answered(now: PhotoSettings, change: Step, told: PhotoSettings) -> tuple[PhotoSettings, Step]:
    """The result of a step that was sent, by what the service returns afterwards.

    A source that the service does not return counts as no change: otherwise every run would report it again.
    """
    then = after(now, change)
    if change.source is None or told.source == change.source or change.warning is not None:
        return then, change
    if told.source in ("cloud", "on_premises"):
        late = (
            f"Microsoft 365 accepted source {change.source} and still returns {told.source}; a change "
            "takes up to 24 hours."
        )
        return then, replace(change, warning=late)
    unseen = (
        f"Microsoft 365 accepted source {change.source}, but does not return it afterwards, so it is not known "
        "whether it is set. It is reported as unchanged, and will be sent again at every run."
    )
    return PhotoSettings(told.source, then.allowed_roles), Step(None, change.allowed_roles, unseen)


def run_settings_module(module: AnsibleModule, open_store: t.Callable[[dict[str, t.Any]], GraphPhotoStore]) -> None:
    """Make the tenant's settings match, and end with exit_json or fail_json."""
    try:
        wanted = Wanted.from_params(module.params)
        with closing(open_store(module.params)) as store:
            store.open()
            now = store.settings.get()
            change = step(now, wanted)
            then = after(now, change)
            if change.changes and not module.check_mode:
                then, change = _send(store.settings, now, change)
    except PhotoError as error:
        module.fail_json(msg=str(error), changed=False)
    if change.warning is not None:
        module.warn(change.warning)
    answer: dict[str, t.Any] = {"changed": change.changes, "source_known": now.source is not None, **shown(then)}
    if module._diff:
        answer["diff"] = {"before": shown(now), "after": shown(then), "before_header": "photoUpdateSettings"}
    module.exit_json(**answer)


def _send(settings: SettingsApi, now: PhotoSettings, change: Step) -> tuple[PhotoSettings, Step]:
    if change.reset:
        settings.reset()
        return after(now, change), change
    roles = change.allowed_roles
    told = settings.patch(change.source, roles or None, everyone=roles == ())
    return answered(now, change, told)


def shown(settings: PhotoSettings) -> dict[str, t.Any]:
    """Settings as results show them; the default is null, as in Graph."""
    source = None if settings.source == "default" else settings.source
    return {"source": source, "allowed_roles": list(settings.allowed_roles or ())}
