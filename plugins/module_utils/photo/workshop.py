# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The declared pictures of one run: their hashes before a server is called, their renditions when they are needed."""

from __future__ import annotations

import itertools
import threading
import typing as t
from concurrent.futures import ThreadPoolExecutor

from .image import load_source, render
from .model import Definition, Recipe, Rendition, Source, SourceError, sha256

#: Renditions kept from the plan to the write; what does not fit is made again, byte for byte the same.
KEPT_BYTES = 64 * 1024 * 1024

#: Sources hashed by a thread in one go: handing over a single one costs as much as hashing it.
HASHED_TOGETHER = 64
#: A placeholder may be thousands of users' picture; naming them all to each of them would be millions of names.
SHARERS_TOLD = 10


class Workshop:
    """Hashes all sources at once, renders on demand. Safe to use from several threads.

    ``hashes`` has the SHA-256 of every usable source by definition key; ``refused`` why another cannot be used.
    """

    def __init__(self, recipe: Recipe, definitions: t.Sequence[Definition], workers: int) -> None:
        self.recipe = recipe
        self.hashes: dict[str, str] = {}
        self.refused: dict[str, str] = {}
        self._kept: dict[str, Rendition] = {}
        self._kept_bytes = 0
        self._lock = threading.Lock()
        self._sources = {d.key: d.source for d in definitions if d.source is not None}
        sources = list(self._sources.values())
        lots = [sources[start : start + HASHED_TOGETHER] for start in range(0, len(sources), HASHED_TOGETHER)]
        with ThreadPoolExecutor(workers) as pool:
            hashed = itertools.chain.from_iterable(pool.map(lambda lot: [_hash(source) for source in lot], lots))
            for key, (digest, error) in zip(self._sources, hashed, strict=True):
                if error is None:
                    self.hashes[key] = digest
                else:
                    self.refused[key] = error
        #: Who else is declared with the same file contents, by hash.
        self.users_of: dict[str, list[str]] = {}
        for definition in definitions:
            if definition.key in self.hashes:
                self.users_of.setdefault(self.hashes[definition.key], []).append(definition.user)

    def rendition(self, definition: Definition) -> Rendition:
        """What the recipe makes of this definition's source. Raises SourceError."""
        digest = self.hashes[definition.key]
        with self._lock:
            kept = self._kept.get(digest)
        if kept is not None:
            return kept
        source = self._sources[definition.key]
        data = load_source(source)
        if sha256(data) != digest:
            raise SourceError(f"{source.name} changed while the run was under way; run again")
        made = render(data, [self.recipe], source.name)[0]
        with self._lock:
            if digest not in self._kept and self._kept_bytes + len(made.data) <= KEPT_BYTES:
                self._kept[digest] = made
                self._kept_bytes += len(made.data)
        return made

    def made(self, definition: Definition) -> Rendition | None:
        """The rendition, if this run made it and still has it."""
        with self._lock:
            return self._kept.get(self.hashes.get(definition.key, ""))

    def shared_with(self, definition: Definition) -> tuple[str, ...]:
        """Other users who are declared with the same picture: a classic mix-up. The first few, when it is many."""
        users = self.users_of.get(self.hashes.get(definition.key, ""), [])
        return tuple(user for user in users[: SHARERS_TOLD + 1] if user != definition.user)[:SHARERS_TOLD]


def _hash(source: Source) -> tuple[str, str | None]:
    try:
        return sha256(load_source(source)), None
    except SourceError as error:
        return "", str(error)
