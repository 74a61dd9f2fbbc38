# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The message of a failed module: the first users with their reasons; and its arguments. The same for every module."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule

from .._core.wording import counted

MESSAGES_SHOWN = 10


def complaint(bad: t.Sequence[str], total: int, what: str, others: str = "") -> str | None:
    """Why a module fails, or None when nothing is ``bad``: how many of ``total`` users, then the first lines.

    ``what`` is the verb ("could not be read"); ``others`` is added when not all users failed.
    """
    if not bad:
        return None
    more = f"\n  and {len(bad) - MESSAGES_SHOWN} more, see photos" if len(bad) > MESSAGES_SHOWN else ""
    lines = "".join(f"\n  {line}" for line in bad[:MESSAGES_SHOWN])
    rest = f"; {others}" if others and len(bad) < total else ""
    return f"{len(bad)} of {counted(total, 'user')} {what}{rest}:{lines}{more}"


def invocation(module: AnsibleModule) -> dict[str, t.Any]:
    """The arguments, without pictures and without ten thousand rows. Secrets are masked by AnsibleModule."""
    return {"module_args": {name: _short(name, value) for name, value in module.params.items()}}


def _short(name: str, value: t.Any) -> t.Any:
    if name == "content" and value is not None:
        return "(picture)"
    if name == "people" and value is not None:
        return "(people)"
    # Entries that are dictionaries can have a picture, even if there are few of them.
    if isinstance(value, list) and (len(value) > MESSAGES_SHOWN or any(isinstance(each, t.Mapping) for each in value)):
        return counted(len(value), "entry", "entries")
    return value
