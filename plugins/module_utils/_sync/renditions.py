# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The declared pictures of one run: hashes before a server is called, renditions when they are needed."""

from __future__ import annotations

import itertools
import threading
import typing as t
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from .._core.files import load_source
from .._core.model import Definition, Recipe, Rendition, Source, SourceError, sha256
from .._pictures.comparison import FirstLook, by_source
from .._pictures.render import render
from . import source_hashes
from .receipts import Receipts
from .source_hashes import Hashed

#: The memory for renditions between plan and verification: those of a shard of 500 users, of 170 kB each. Others are
#: made again for the write, with the same bytes.
KEPT_BYTES = 128 * 1024 * 1024

#: The bytes of the small copy that a rendition has for comparing.
PREPARED_BYTES = 48 * 1024
#: Sources that a thread hashes in one call: passing on a single one costs as much as hashing it.
HASHED_TOGETHER = 64
#: Thousands of users may have the same placeholder picture; listing all of them for each of them would be millions of
#: names.
SHARERS_TOLD = 10


class Renditions:
    """Hashes all sources at once, renders when needed. May be used from several threads.

    ``hashes`` has the SHA-256 of every usable source by definition key; ``refused`` why another one cannot be used.
    """

    def __init__(
        self, recipe: Recipe, definitions: t.Sequence[Definition], workers: int, receipts: Receipts | None = None
    ) -> None:
        self.recipe = recipe
        self.hashes: dict[str, str] = {}
        self.refused: dict[str, str] = {}
        self._receipts = receipts
        self._kept: dict[str, Rendition] = {}
        self._kept_bytes = 0
        #: How many definitions may still need a kept rendition, by hash of the source.
        self._wanted: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._sources = {d.key: d.source for d in definitions if d.source is not None}
        #: Files whose remembered hash was wrong; their times are not trusted.
        self._mistaken: set[bytes] = set()
        self._hash_all(workers)
        self._wanted.update(self.hashes.values())
        #: Other users who are declared with the same bytes, by hash. The default picture is left out.
        self.users_of: dict[str, list[str]] = {}
        for definition in definitions:
            if definition.key in self.hashes and not definition.default:
                self.users_of.setdefault(self.hashes[definition.key], []).append(definition.user)

    def _hash_all(self, workers: int) -> None:
        sources = list(self._sources.values())
        names = [source_hashes.key(s.path) if s.path is not None else None for s in sources]
        known: t.Mapping[bytes, Hashed] = {}
        if self._receipts is not None:
            known = self._receipts.hashes([name for name in names if name is not None])
        asked = [(source, known.get(name or b"")) for source, name in zip(sources, names, strict=True)]
        lots = [asked[start : start + HASHED_TOGETHER] for start in range(0, len(asked), HASHED_TOGETHER)]
        fresh: list[Hashed] = []
        with ThreadPoolExecutor(workers) as pool:
            answers = itertools.chain.from_iterable(pool.map(lambda lot: [_hash(*one) for one in lot], lots))
            for key, answer in zip(self._sources, answers, strict=True):
                if answer.error is not None:
                    self.refused[key] = answer.error
                    continue
                self.hashes[key] = answer.sha256
                if answer.fresh is not None:
                    fresh.append(answer.fresh)
        if self._receipts is not None:
            self._receipts.save_hashes(fresh)

    def close(self) -> None:
        """Forget a remembered hash that was wrong. Call it in the thread in which the run began."""
        if self._receipts is not None:
            self._receipts.save_hashes((), self._mistaken)

    def rendition(self, definition: Definition) -> Rendition:
        """The rendition of this definition's source. Raises SourceError."""
        digest = self.hashes[definition.key]
        with self._lock:
            kept = self._kept.get(digest)
        if kept is not None:
            return kept
        source = self._sources[definition.key]
        data = self._read(definition)
        made = render(data, [self.recipe], source.name)[0]
        with self._lock:
            if digest not in self._kept and self._kept_bytes + _size(made) <= KEPT_BYTES:
                self._kept[digest] = made
                self._kept_bytes += _size(made)
        return made

    def release(self, definition: Definition) -> None:
        """This user is done: its rendition may be replaced by others."""
        digest = self.hashes.get(definition.key, "")
        with self._lock:
            self._wanted[digest] -= 1
            if self._wanted[digest] <= 0 and digest in self._kept:
                self._kept_bytes -= _size(self._kept.pop(digest))

    def first_look(self, definition: Definition, observed: bytes, *, sized: bool) -> FirstLook | None:
        """Is this certainly the declared photo? None: the rendition is needed to decide. Raises SourceError."""
        if self.made(definition) is not None:
            return None
        source = self._sources[definition.key]
        return by_source(self._read(definition), self.recipe, source.name, observed, sized=sized)

    def _read(self, definition: Definition) -> bytes:
        """The source's bytes, as they were when they were hashed. Raises SourceError."""
        source = self._sources[definition.key]
        data = load_source(source)
        if sha256(data) != self.hashes[definition.key]:
            if source.path is not None and (name := source_hashes.key(source.path)) is not None:
                self._mistaken.add(name)
            raise SourceError(f"{source.name} changed while the run was under way; run again")
        return data

    def made(self, definition: Definition) -> Rendition | None:
        """The rendition, if this run made it and still has it."""
        with self._lock:
            return self._kept.get(self.hashes.get(definition.key, ""))

    def shared_with(self, definition: Definition) -> tuple[str, ...]:
        """Other users who are declared with the same picture, which is often a mistake. Only the first few of many."""
        if definition.default:
            return ()
        users = self.users_of.get(self.hashes.get(definition.key, ""), [])
        if len(users) < 2:  # nearly always: the user alone
            return ()
        return tuple(user for user in users[: SHARERS_TOLD + 1] if user != definition.user)[:SHARERS_TOLD]


def _size(made: Rendition) -> int:
    """Bytes of memory that a kept rendition takes."""
    return len(made.data) + (PREPARED_BYTES if made.pixels is not None else 0)


class _Answer(t.NamedTuple):
    """A source's hash, or why it cannot be used; and what to remember of it."""

    sha256: str
    error: str | None = None
    fresh: Hashed | None = None


def _hash(source: Source, known: Hashed | None) -> _Answer:
    try:
        if source.sha256 is not None and not source.at_hand:
            return _Answer(source.sha256)
        if source.path is None:
            return _Answer(sha256(load_source(source)))
        if known is not None and source_hashes.remembered(source.path, known):
            return _Answer(known.sha256)
        digest, fresh = source_hashes.hash_file(source.path)
        return _Answer(digest, fresh=fresh)
    except SourceError as error:
        return _Answer("", str(error))
