# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report's users for the HTML page: words instead of codes, short keys, no empty values.

User: u(ser), l(abel), o(rigin), s(tate), f(ile), h(ash), a key for each target, n(ot examined: reason by target),
p(ictures, added later).
Target: d(rift), t (action in words), a(ction), r(eason), e(rror), x (changed by others),
c(hanged since it was approved), s(ize there),
z (size declared), h(ash or tag), k(ind of h), l(imit in words), o(ver the limit), w(arnings),
m (same picture as), i(d), b(ackup).
"""

from __future__ import annotations

import itertools
import typing as t
from collections import Counter
from dataclasses import dataclass

from .._core.model import identity_key
from .._core.targets import TARGETS
from .words import action_text, exo_limit, picture_size

Short = dict[str, t.Any]

#: The largest number of users that are listed. A larger page is too slow in a browser and too large for mail.
MOST = 20_000
#: Users in these states are shown without pictures.
NOT_PICTURED = frozenset({"in_sync", "not_examined"})


@dataclass(frozen=True, slots=True)
class Compact:
    """The users that a page lists, and figures of all users of the report."""

    users: list[Short]
    total: int
    #: Users who are not in sync.
    attention: int
    #: For each of ``MARKS``: how many users have it at a target.
    marks: t.Mapping[str, int]

    @property
    def left_out(self) -> int:
        """Users who are not listed."""
        return self.total - len(self.users)


#: Changed by others, changed since it was approved, over the limit.
MARKS = ("x", "c", "o")


def compact(report: t.Mapping[str, t.Any], most: int = MOST) -> Compact:
    """At most ``most`` users in the order of their names, also users of whom only the name is known.

    If not all users can be listed, those who are not in sync are taken first.
    """
    unseen: dict[str, dict[str, str]] = {}
    names: dict[str, str] = {}
    for item in report["not_examined"]:
        if item["user"] is None:
            continue
        key = identity_key(item["user"])
        names.setdefault(key, item["user"])
        for target in [item["target"]] if item["target"] else report["targets"]:
            unseen.setdefault(key, {}).setdefault(target, item["reason"])
    marks: Counter[str] = Counter()
    loud: list[Short] = []
    calm: list[Short] = []
    attention = 0
    for user in report["users"]:
        gaps = unseen.pop(identity_key(user["user"]), None)
        quiet = user["state"] == "in_sync"
        attention += not quiet
        into = calm if quiet else loud
        marks.update({mark for name in report["targets"] if user[name] for mark in _marks(name, user[name])})
        if len(into) < most:
            into.append(_user(report, user, gaps))
    attention += len(unseen)
    for key, gaps in itertools.islice(unseen.items(), max(0, most - len(loud))):
        loud.append({"u": names[key], "s": "not_examined", "n": gaps})
    listed = [*loud, *calm[: max(0, most - len(loud))]]
    listed.sort(key=lambda user: identity_key(user["u"]))
    return Compact(listed, len(report["users"]) + len(unseen), attention, marks)


def _marks(name: str, row: t.Mapping[str, t.Any]) -> list[str]:
    """Which of ``MARKS`` a row has."""
    over = TARGETS[name].within_limit((row["observed"] or {}).get("bytes")) is False
    return [mark for mark, there in zip(MARKS, (row["foreign"], row["stale"], over), strict=True) if there]


def _user(report: t.Mapping[str, t.Any], user: t.Mapping[str, t.Any], gaps: dict[str, str] | None) -> Short:
    source = user["source"] or {}
    return _said(
        {
            "u": user["user"],
            "l": user["label"],
            "o": user["origin"],
            "s": user["state"],
            "f": source.get("path"),
            "h": source.get("sha256"),
            **{
                name: _target(report["mode"], name, user["user"], user[name])
                for name in report["targets"]
                if user[name]
            },
            "n": gaps,
        }
    )


def _target(mode: t.Any, name: str, user: str, row: t.Mapping[str, t.Any]) -> Short:
    seen = row["observed"] or {}
    limit = TARGETS[name].sync_limit
    return _said(
        {
            "d": row["drift"],
            "t": action_text(mode, row),
            "a": row["action"] if row["action"] != "none" else None,
            "r": row["reason"],
            "e": row["error"],
            **dict.fromkeys(_marks(name, row), True),
            "s": picture_size(seen),
            "z": picture_size(row["desired"]),
            "h": seen.get("sha256") or seen.get("etag"),
            "k": "ETag" if seen.get("etag") and not seen.get("sha256") else None,
            "l": exo_limit(seen.get("bytes"), limit) if limit else None,
            "w": (["This problem is known."] if row["accepted"] else []) + row["warnings"],
            "m": row["shared_with"],
            "i": row["id"],
            "y": row["account"] if identity_key(row["account"] or user) != identity_key(user) else None,
            "b": row["backup"],
        }
    )


def _said(values: Short) -> Short:
    """The values that are not empty. This keeps a page of ten thousand users small enough for mail."""
    return {key: value for key, value in values.items() if value not in (None, "", False, [], {})}
