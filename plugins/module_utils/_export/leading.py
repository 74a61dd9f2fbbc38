# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prepares the leading side's result for the role lead: shards of users, and photos for the following side. Pure
functions.

Names and paths are passed on unchanged: text that Ansible marked as unsafe stays unsafe.
"""

from __future__ import annotations

import itertools
import re
import typing as t

from .._core.model import PhotoError, identity_key
from .._core.targets import ANCHOR, TARGETS, title

Json = t.Mapping[str, t.Any]


class Settings(t.NamedTuple):
    """Variables of the role. ``limited`` is the value of ansible-playbook's --limit.

    ``chosen``: targets that have a filter or a group.
    """

    leading: str
    following: t.Sequence[str]
    match_by: str
    follow_by: str
    size: int
    limited: str = ""
    chosen: t.Collection[str] = ()


def complaint(settings: Settings) -> str:
    """Why the variables contradict each other, with the variable and its value; empty when they do not."""
    leading, following, match_by, follow_by, size, limited, chosen = settings
    others = [name for name in TARGETS if name != leading]
    wrong = [name for name in following if name not in others]
    if wrong or not following:
        return (
            f"lead_to is {list(map(str, following))}; with lead_from {leading} give one or more of {', '.join(others)}"
        )
    if match_by not in TARGETS[leading].match_by:
        return _unknown("lead_match_by", match_by, leading)
    for name in following:
        if follow_by not in (*TARGETS[name].match_by, ANCHOR):
            return _unknown("lead_follow_by", follow_by, name)
    if follow_by == ANCHOR and leading == "exo" and "exchange" in following:
        return (
            "lead_follow_by is anchor, which does not lead from Exchange Online to Exchange Server; use one of "
            f"{', '.join(TARGETS['exchange'].match_by)}"
        )
    idle = [name for name in TARGETS if name in chosen and name not in (leading, *following)]
    if idle:
        return (
            f"lead_{idle[0]}_filter or lead_{idle[0]}_group is given, and {title(idle[0])} is neither the leading nor "
            f"the following side (lead_from {leading}, lead_to {', '.join(following)}); leave it out"
        )
    if size < 1:
        return f"lead_shard_size is {size}; give a number of users from 1 up"
    if limited:
        return (
            f"--limit {limited} would leave out the shards, which this run makes itself; use lead_users, or a filter "
            "or a group, to process fewer users"
        )
    return ""


def _unknown(variable: str, value: str, target: str) -> str:
    return (
        f"{variable} is {value!r:.80}, which {title(target)} does not know; use one of "
        f"{', '.join(TARGETS[target].match_by)}"
    )


def chosen(listing: Json, following: t.Sequence[Json], follow_by: str) -> tuple[list[t.Any], int]:
    """The names in the leading side's listing that every one of ``following`` has too; and how many are missing there.

    With ``follow_by: anchor`` accounts belong together by their source anchor, else by name. Raises PhotoError for a
    listing that failed.
    """
    users = _users(listing)
    for some in (listing, *following) if following and follow_by == ANCHOR else ():
        if some.get("target") == "exchange":
            raise PhotoError(
                "lead_follow_by is anchor, and Exchange Server does not tell source anchors, so filters and groups of "
                "the following side cannot be used with it; find users by a name"
            )
    every = [{_same(user, follow_by) for user in _users(other)} - {None} for other in following]
    left = [user for user in users if all(_same(user, follow_by) in some for some in every)]
    return [user["user"] for user in left], len(users) - len(left)


def _same(user: Json, follow_by: str) -> str | None:
    """The value by which an account and its counterpart belong together. An account without an anchor has none."""
    if follow_by == ANCHOR:
        return str(user["immutable_id"]) if user.get("immutable_id") else None
    return identity_key(str(user["user"]))


def _users(listing: Json) -> list[Json]:
    if "users" not in listing:
        raise PhotoError(explained(str(listing.get("msg") or "users could not be listed"), str(listing.get("target"))))
    users = t.cast("list[Json]", listing["users"])
    return users


def explained(message: str, target: str) -> str:
    """A message of an info module with the role's variable instead of the module's option."""
    for option, variable in (
        ("filter", f"lead_{target}_filter"),
        ("group", f"lead_{target}_group"),
        ("exclude", "lead_exclude"),
    ):
        message = re.sub(rf"^(.* with )?{option} '", rf"\g<1>{variable} '", message)
    return message


def shards(users: t.Sequence[t.Any], size: int, taken: t.Collection[str]) -> list[dict[str, t.Any]]:
    """Users in parts of at most ``size``, each with a host name that is not in ``taken``."""
    parts = [list(users[start : start + size]) for start in range(0, len(users), size)]
    numbered = (f"lead_{number:04d}" for number in itertools.count(1))
    free = (name for name in numbered if name not in taken)
    return [{"name": next(free), "users": part} for part in parts]


def photos(rows: t.Iterable[Json], absent: bool) -> list[dict[str, t.Any]]:
    """Rows of an info module with ``dest`` as definitions for the following side.

    ``absent``: also declare absent who certainly has no photo on the leading side. This never includes a user whose
    photo is not known, or who has no mailbox there.
    """
    found: list[dict[str, t.Any]] = []
    for row in rows:
        if row.get("path"):
            found.append({"user": row["user"], "src": row["path"], "copied": True})
        elif row.get("remembered"):
            found.append({"user": row["user"], "source_sha256": row["sha256"], "copied": True})
        elif absent and row.get("has_photo") is False and not row.get("reason"):
            found.append({"user": row["user"], "state": "absent"})
    return found


def joined(found: Json, more: Json) -> dict[str, t.Any]:
    """An info module's result, completed with a second result about some of the same users."""
    later = {identity_key(str(row["user"])) for row in more.get("photos") or ()}
    rows = [row for row in found["photos"] if identity_key(str(row["user"])) not in later]
    answer = {**found, "photos": [*rows, *(more.get("photos") or ())]}
    if more.get("msg") and not found.get("msg"):
        answer["msg"] = more["msg"]
    return answer
