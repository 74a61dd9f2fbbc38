# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Remembers for which photo a target's tag stands, so that a photo that did not change is not read again.

A record says: with this tag, this account's photo had this hash and these sides. It stays true whatever happens to the
photo elsewhere. The picture is not kept.
"""

from __future__ import annotations

import json
import typing as t

from .._core.json_text import loads
from .._core.model import Summary, User
from .._sync.store import Memory


class Remembered(t.NamedTuple):
    """A photo as it was read. ``tag`` is the target's."""

    tag: str
    seen: Summary


class Photos:
    """The records of one target and authority."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._fresh: dict[str, str] = {}

    def recall(self, users: t.Iterable[User]) -> dict[str, Remembered]:
        """What is remembered, by user id. A damaged record is left out."""
        keys = {_key(user): user.id for user in users}
        found: dict[str, Remembered] = {}
        for key, text in self._memory.recall_many(list(keys)).items():
            known = _parse(text)
            if known is not None:
                found[keys[key]] = known
        return found

    def note(self, user: User, tag: str, seen: Summary) -> None:
        """Keep until ``flush`` saves it."""
        self._fresh[_key(user)] = json.dumps([tag, seen.sha256, seen.bytes, seen.width, seen.height])

    def flush(self) -> None:
        """Save what was noted."""
        if self._fresh:
            self._memory.remember_many(self._fresh)
        self._fresh = {}


def _key(user: User) -> str:
    return f"photo:{user.id}"


def _parse(text: str) -> Remembered | None:
    try:
        tag, digest, *sizes = loads(text)
    except (ValueError, TypeError):
        return None
    if not (isinstance(tag, str) and isinstance(digest, str) and len(sizes) == 3):
        return None
    if not all(isinstance(size, int) and not isinstance(size, bool) for size in sizes):
        return None
    return Remembered(tag, Summary(digest, *sizes))
