# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options and results of the doctor modules."""

from __future__ import annotations

import typing as t

from .._core.model import User
from .model import Check, ends_of


def doctor_argument_spec(match_by: t.Sequence[str]) -> dict[str, dict[str, t.Any]]:
    """The options of each module besides the connection. The first of ``match_by`` is the default."""
    return {
        "users": {"type": "list", "elements": "str", "default": []},
        "names": {"type": "dict", "default": {}},
        "match_by": {"type": "str", "choices": list(match_by), "default": match_by[0]},
        "writes": {"type": "bool", "default": True},
        "receipts": {"type": "path"},
        "option_prefix": {"type": "str", "default": ""},
    }


def side_params(given: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The arguments of a Side from a module's parameters, besides the connection."""
    return {name: given.get(name) for name in ("users", "match_by", "receipts", "writes", "names", "people")}


def answer(
    target: str,
    checks: t.Sequence[Check],
    found: t.Mapping[str, User],
    sizes: t.Mapping[str, int],
    ends: t.Mapping[str, float] | None = None,
) -> dict[str, t.Any]:
    """A module's result, with JSON types only. ``ends``: when credentials expire, in seconds since the epoch."""
    users = [
        {"user": user.identity, "id": user.id, "account": user.account, "immutable_id": user.immutable_id}
        | ({"mailbox": user.mailbox} if user.mailbox is not None else {})
        | ({"bytes": sizes[user.id]} if user.id in sizes else {})
        for user in found.values()
    ]
    return {
        "target": target,
        "ok": all(check.status != "fail" for check in checks),
        "checks": [check.as_dict() for check in checks],
        "expires": ends_of(ends or {}),
        **({"users": users} if users else {}),
    }
