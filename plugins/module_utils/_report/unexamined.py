# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run did not do: users who should have been examined, and planned changes that were not carried out."""

from __future__ import annotations

import typing as t

from .._core.model import PhotoError, identity_key
from .._core.targets import names
from .gather import Gathered, Message, Mode, Unseen
from .shards import Shard

#: How many messages are named as possible reasons if it is not known which one belongs to a user.
REASONS_SHOWN = 3


def add_unexamined(gathered: Gathered, users: t.Iterable[str], targets: t.Collection[str]) -> None:
    """Add each of ``users`` without a row for one of ``targets`` as not examined, with the reason if it is known."""
    # With several targets, the users are read several times.
    users = users if len(targets) < 2 else list(users)
    for target in (target for target in names() if target in targets):
        _add(gathered, target, [(None, users)])


def add_lost_shards(gathered: Gathered, shards: t.Iterable[Shard], target: str) -> None:
    """The same for the users that shards declare at a target. Does not read the files of complete shards."""
    groups: list[tuple[str | None, t.Iterable[str]]] = []
    for shard in shards:
        if gathered.came[shard.name, target] >= shard.declared.get(target, 0):
            continue
        try:
            groups.append((shard.name, shard.users(target)))
        except PhotoError as error:
            # The rows were in the same folder: then the part is known already, with its reason.
            if not _known_part(gathered, target, shard.name):
                gathered.unseen.append(Unseen(str(error), target=target, shard=shard.name))
    _add(gathered, target, groups)


def _known_part(gathered: Gathered, target: str, shard: str) -> bool:
    return any(item.user is None and (item.target, item.shard) == (target, shard) for item in gathered.unseen)


def _add(gathered: Gathered, target: str, groups: t.Sequence[tuple[str | None, t.Iterable[str]]]) -> None:
    """``groups``: shards with their users; the shard is None if it is not known."""
    known = {(identity_key(item.user), item.target) for item in gathered.unseen if item.user is not None}
    explained: set[str | None] = set()
    for shard, users in groups:
        why = _why(gathered.messages, target, shard) or "There is no result for this user."
        for user in map(str, users):
            key = identity_key(user)
            here = (key, target)
            if here in gathered.left_out or here in gathered.rows or here in known or (key, None) in known:
                continue
            gathered.unseen.append(Unseen(why, user=user, target=target, shard=shard))
            known.add(here)
            explained.add(shard)
    if not explained:
        return
    # The users of these parts of the run are known now.
    gathered.unseen = [
        item
        for item in gathered.unseen
        if item.user is not None
        or item.target not in (target, None)
        or not (None in explained or item.shard is None or item.shard in explained)
    ]


def settle(gathered: Gathered, mode: Mode) -> None:
    """After a real run: a planned change without a later row was not carried out, and is reported as failed."""
    if mode != "done":
        return
    for key, row in gathered.rows.items():
        if row.planned and row.changed:
            why = _why(gathered.messages, row.target)
            error = "This was planned but not carried out" + (f": {why}" if why else ". There is no result for it.")
            gathered.rows[key] = row._replace(changed=False, error=row.error or error)


def _why(messages: t.Iterable[Message], target: str, shard: str | None = None) -> str | None:
    """What stopped a target: its only message, or the possible ones. The shard's own messages are preferred."""
    whole = [message for message in messages if message.whole and message.target in (target, None)]
    own = [message for message in whole if shard is not None and message.shard == shard]
    said = list(dict.fromkeys(message.text for message in own or whole))
    if len(said) < 2:
        return said[0] if said else None
    more = f"; and {len(said) - REASONS_SHOWN} more" if len(said) > REASONS_SHOWN else ""
    return "One of these: " + "; or: ".join(said[:REASONS_SHOWN]) + more
