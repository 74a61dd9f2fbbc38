# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which users changed since the last run, so that unchanged photos are not read again.

Every object of a domain controller carries uSNChanged, a number that is the controller's own and grows with each change
of the object ([MS-ADTS] 3.1.1.1.9). For each user we keep the number that came in the same entry as the photo, with the
photo's hash. The same number from the same controller in the same state of its database (invocationId; a restored one
gets another) means the same photo. And when the controller's highestCommittedUSN is still the one that was read before
the photo was, nothing at all has changed there since, and no user is looked up.

Each record is valid by itself, so records of half a run, or of shards that share a file, are no risk. DirSync is not
used: it would need the replication right, and would save little more.
"""

from __future__ import annotations

import hashlib
import json
import typing as t
from dataclasses import dataclass

from .._core.json_text import loads
from .._sync.store import Memory
from .options import DirectoryOptions
from .rootdse import RootDSE


@dataclass(frozen=True, slots=True)
class Seen:
    """A user's photo as an earlier run found it."""

    invocation_id: str
    #: highestCommittedUSN before the photo was read.
    before: int
    #: uSNChanged of the user, from the same entry as the photo.
    usn: int
    #: SHA-256 of the photo; None: there was none.
    tag: str | None
    #: The account that the identity then meant.
    user_id: str

    def as_text(self) -> str:
        """For Memory."""
        return json.dumps([self.invocation_id, self.before, self.usn, self.tag, self.user_id], separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Seen | None:
        """None for what another version of this code wrote."""
        try:
            invocation_id, before, usn, tag, user_id = loads(text)
        except (ValueError, TypeError):
            return None
        if not (isinstance(before, int) and isinstance(usn, int) and isinstance(invocation_id, str)):
            return None
        return cls(invocation_id, before, usn, tag, user_id)


class Changes:
    """The records of one store, by identity. Without a memory it knows nothing, and keeps nothing."""

    def __init__(self, memory: Memory | None, options: DirectoryOptions, match_by: str) -> None:
        self._memory = memory
        # What is visible depends on the account and the server, so records of another account are not used.
        scope = [options.search_base, options.auth_protocol, options.username, match_by, options.domains]
        self._scope = hashlib.sha256(json.dumps(scope).encode()).hexdigest()[:12]
        self._fresh: dict[str, str] = {}
        self.notes: list[str] = []

    @property
    def remembers(self) -> bool:
        """Is there a memory at all?"""
        return self._memory is not None

    def recall(self, identities: t.Iterable[str], root: RootDSE) -> dict[str, Seen]:
        """Records that are valid for this domain controller in this state."""
        if self._memory is None or not root.invocation_id:
            return {}
        self.flush()
        keys = {self._key(identity): identity for identity in identities}
        found: dict[str, Seen] = {}
        stale = 0
        for key, text in self._memory.recall_many(list(keys)).items():
            seen = Seen.from_text(text)
            if seen is None:
                continue
            if seen.invocation_id != root.invocation_id or seen.before > root.usn:
                stale += 1
            else:
                found[keys[key]] = seen
        if stale:
            self._note(
                f"{root.host or 'the domain controller'} is not the same as in the last run, or was restored since: "
                "all photos are read again in this run"
            )
        return found

    def record(self, identity: str, seen: Seen) -> None:
        """Record a photo; it is stored by ``flush``."""
        if self._memory is not None and seen.invocation_id:
            self._fresh[self._key(identity)] = seen.as_text()

    def flush(self) -> None:
        """Store what was recorded."""
        if self._memory is not None and self._fresh:
            self._memory.remember_many(self._fresh)
            self._fresh = {}

    def _key(self, identity: str) -> str:
        return f"seen:{self._scope}:{identity}"

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)
