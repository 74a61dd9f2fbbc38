# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run did not do: users who were to be examined and were not, changes that were planned and not carried out."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .._core.model import identity_key
from .._core.targets import names
from .gather import Gathered, Message, Mode, Unseen

#: So many messages are given as possible reasons, when nobody knows which one concerns a user.
REASONS_SHOWN = 3


def add_unexamined(gathered: Gathered, users: t.Iterable[str], targets: t.Collection[str]) -> None:
    """Every one of ``users`` without a row for one of ``targets`` is not examined, with the reason if it is known."""
    known = {(identity_key(item.user), item.target) for item in gathered.unseen if item.user is not None}
    explained: set[str] = set()
    # Several targets need the users several times; with one, they may come from a file.
    users = users if len(targets) < 2 else list(users)
    for target in (target for target in names() if target in targets):
        why = _why(gathered.messages, target) or "There is no result for this user."
        for user in map(str, users):
            key = identity_key(user)
            if (
                (key, target) in gathered.left_out
                or (key, target) in gathered.rows
                or (key, target) in known
                or (key, None) in known
            ):
                continue
            gathered.unseen.append(Unseen(why, user=user, target=target))
            known.add((key, target))
            explained.add(target)
    # Parts of the run of which the users were not known: now they are.
    gathered.unseen = [
        item
        for item in gathered.unseen
        if item.user is not None or not (item.target in explained or (item.target is None and explained))
    ]


def settle(gathered: Gathered, mode: Mode) -> None:
    """After a real run, a row of a plan that has no later row is a change that was not carried out."""
    if mode != "done":
        return
    for key, row in gathered.rows.items():
        if row.planned and row.changed:
            why = _why(gathered.messages, row.target)
            error = "This was planned but not carried out" + (f": {why}" if why else ". There is no result for it.")
            gathered.rows[key] = replace(row, changed=False, error=row.error or error)


def _why(messages: t.Iterable[Message], target: str) -> str | None:
    """What stopped a target: the one message, or those that it can have been."""
    whole = (message for message in messages if message.whole and message.target in (target, None))
    said = list(dict.fromkeys(message.text for message in whole))
    if len(said) < 2:
        return said[0] if said else None
    more = f"; and {len(said) - REASONS_SHOWN} more" if len(said) > REASONS_SHOWN else ""
    return "One of these: " + "; or: ".join(said[:REASONS_SHOWN]) + more
