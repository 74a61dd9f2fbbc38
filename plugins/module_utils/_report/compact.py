# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report's users as the page carries them: words instead of codes, short keys, nothing that says nothing.

User: u(ser), l(abel), s(tate), f(ile), h(ash), ad, exo, n(ot examined: reason by target), p(ictures, added later).
Side: d(rift), t(old: what is done), a(ction), r(eason), e(rror), x (changed by others),
c(hanged since it was approved), s(ize there),
z (size declared), h(ash or tag), k(ind of h), l(imit in words), o(ver the limit), w(arnings),
m (same picture as), i(d), b(ackup).
"""

from __future__ import annotations

import typing as t

from .._core.model import identity_key
from .rows import EXO_LIMIT
from .words import action_text, exo_limit, picture_size

Short = dict[str, t.Any]

#: Users in these states are shown without pictures.
NOT_PICTURED = frozenset({"in_sync", "not_examined"})
_TARGETS = ("ad", "exo")


def compact(report: t.Mapping[str, t.Any]) -> list[Short]:
    """All users, those of whom nothing but the name is known included, in order of their names."""
    unseen: dict[str, dict[str, str]] = {}
    names: dict[str, str] = {}
    for item in report["not_examined"]:
        if item["user"] is None:
            continue
        key = identity_key(item["user"])
        names.setdefault(key, item["user"])
        for target in [item["target"]] if item["target"] else _TARGETS:
            unseen.setdefault(key, {}).setdefault(target, item["reason"])
    users = []
    for user in report["users"]:
        gaps = unseen.pop(identity_key(user["user"]), None)
        users.append(_user(report["mode"], user, gaps))
    users += [{"u": names[key], "s": "not_examined", "n": gaps} for key, gaps in unseen.items()]
    return sorted(users, key=lambda user: identity_key(user["u"]))


def _user(mode: t.Any, user: t.Mapping[str, t.Any], gaps: dict[str, str] | None) -> Short:
    source = user["source"] or {}
    return _said(
        {
            "u": user["user"],
            "l": user["label"],
            "s": user["state"],
            "f": source.get("path"),
            "h": source.get("sha256"),
            **{target: _side(mode, target, user[target]) for target in _TARGETS if user[target]},
            "n": gaps,
        }
    )


def _side(mode: t.Any, target: str, side: t.Mapping[str, t.Any]) -> Short:
    seen = side["observed"] or {}
    size = seen.get("bytes") if target == "ad" else None
    return _said(
        {
            "d": side["drift"],
            "t": action_text(mode, side),
            "a": side["action"] if side["action"] != "none" else None,
            "r": side["reason"],
            "e": side["error"],
            "x": side["foreign"],
            "c": side["stale"],
            "s": picture_size(seen),
            "z": picture_size(side["desired"]),
            "h": seen.get("sha256") or seen.get("etag"),
            "k": "ETag" if seen.get("etag") and not seen.get("sha256") else None,
            "l": exo_limit(size, EXO_LIMIT),
            "o": size is not None and size > EXO_LIMIT,
            "w": side["warnings"],
            "m": side["shared_with"],
            "i": side["id"],
            "b": side["backup"],
        }
    )


def _said(values: Short) -> Short:
    """Without what is empty: ten thousand users are sent over mail."""
    return {key: value for key, value in values.items() if value not in (None, "", False, [], {})}
