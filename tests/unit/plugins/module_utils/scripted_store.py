# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PhotoStore in memory that behaves like the unkind ones: it re-encodes, lags, refuses, and changes under us."""

from __future__ import annotations

import io
import itertools
import typing as t

from ansible_collections.hybrid.photos.plugins.module_utils._core.choice import EVERYBODY, Whom
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import (
    Observation,
    Recipe,
    Resolution,
    StoreError,
    Unresolved,
    User,
    Write,
    WriteResult,
    sha256,
)
from ansible_collections.hybrid.photos.plugins.module_utils._sync.guards import Limit
from ansible_collections.hybrid.photos.plugins.module_utils._sync.options import Settings
from ansible_collections.hybrid.photos.plugins.module_utils._sync.store import Expected, OnObserved, Wanted
from PIL import Image, ImageDraw, UnidentifiedImageError

RECIPE = {"exo": Recipe(648, 4_000_000), "ad": Recipe(96, 10_240, mark=True)}


def usual_settings(target: str, *, max_replaced: str = "30%", max_removed: str = "10%", **more: t.Any) -> Settings:
    """Those of a run against a target, without patience; ``more`` are others of Settings."""
    values: dict[str, t.Any] = {
        "recipe": RECIPE[target],
        "match_by": "userPrincipalName",
        "max_replaced": Limit.parse("max_replaced", max_replaced),
        "max_removed": Limit.parse("max_removed", max_removed),
        "patience": 0.0,
        **more,
    }
    return Settings(**values)


class Notebook:
    """A Memory that forgets nothing while the test lasts."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def recall_many(self, keys: t.Sequence[str]) -> dict[str, str]:
        return {key: self.values[key] for key in keys if key in self.values}

    def remember_many(self, values: t.Mapping[str, str]) -> None:
        self.values.update(values)


def picture(seed: int, size: int = 200, fmt: str = "JPEG") -> bytes:
    """A drawn picture; another seed is clearly another picture."""
    image = Image.new("RGB", (size, size), (40 * seed % 256, 90 * seed % 256, 30 + 60 * seed % 200))
    draw = ImageDraw.Draw(image)
    for n in range(6):
        x, y = (seed * 37 + n * 53) % size, (seed * 71 + n * 29) % size
        colour = ((seed * 97 + n * 40) % 256, (seed * 13 + n * 90) % 256, (n * 60 + seed * 7) % 256)
        draw.ellipse((x - 30, y - 30, x + 30, y + 30), fill=colour)
    out = io.BytesIO()
    image.save(out, fmt, **({"quality": 92} if fmt == "JPEG" else {}))
    return out.getvalue()


def thumbnail(seed: int, side: int = 96) -> bytes:
    """What a thumbnail of ``picture(seed)`` looks like that another program made, within what AD takes."""
    out = io.BytesIO()
    Image.open(io.BytesIO(picture(seed))).resize((side, side), Image.Resampling.LANCZOS).save(out, "JPEG", quality=88)
    return out.getvalue()


def reencoded(data: bytes) -> bytes:
    """What a service makes of an upload."""
    out = io.BytesIO()
    Image.open(io.BytesIO(data)).convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue()


def size_of(data: bytes) -> tuple[int, int] | tuple[None, None]:
    """Sides in pixels; nothing for what is no picture."""
    try:
        return Image.open(io.BytesIO(data)).size
    except UnidentifiedImageError:
        return None, None


class ScriptedStore:
    """``photos`` by user id. Every write is in ``written``; knobs are attributes named after what goes wrong."""

    authority = "example.test"

    def __init__(self, users: t.Iterable[str], target: str = "exo") -> None:
        self.target = target
        self.overlaps = target == "exo"
        self.keeps_bytes = target == "ad"
        self.users = {name: User(name, f"id-{name}", f"handle-{name}") for name in users}
        self.photos: dict[str, bytes] = {}
        self.tags: dict[str, str] = {}
        #: Does it see photos while it looks for users?
        self.on_observed = target == "ad"
        self.requests = 0
        self.written: list[tuple[str, str]] = []
        self.fetched: list[str] = []
        self.notes: list[str] = []
        self.why_blocked: str | None = None
        self.problems: dict[str, str] = {}
        #: Called before photos are read for a backup.
        self.before_read: t.Callable[[], None] = lambda: None
        #: Users that a read leaves out.
        self.unread: set[str] = set()
        #: Called with the user's id before each write, to change things under the run.
        self.before_write: t.Callable[[str], None] = lambda user_id: None
        #: How many looks still show the photo from before the last write, by user id.
        self.lag: dict[str, int] = {}
        self.refuse: dict[str, str] = {}
        self.uncertain: set[str] = set()
        #: What an upload comes back as.
        self.service: t.Callable[[bytes], bytes] = reencoded if target == "exo" else lambda data: data
        self.gone_after: int | None = None
        #: Whom a filter or a group finds.
        self.inside: set[str] = set()
        self._numbers = itertools.count(1)
        self._before: dict[str, tuple[bytes | None, str | None]] = {}

    def put_by_hand(self, name: str, data: bytes | None) -> None:
        """Somebody else changes a photo."""
        user_id = self.users[name].id if name in self.users else f"id-{name}"
        if data is None:
            self.photos.pop(user_id, None)
            self.tags.pop(user_id, None)
            return
        self.photos[user_id] = self.service(data)
        self.tags[user_id] = sha256(data) if self.target == "ad" else f'"{next(self._numbers)}"'

    def _answer(self) -> None:
        self.requests += 1
        if self.gone_after is not None and self.requests > self.gone_after:
            raise StoreError("the server went away")

    def resolve(self, identities: t.Sequence[str], on_observed: OnObserved | None = None) -> dict[str, Resolution]:
        self._answer()
        if self.on_observed and on_observed is not None:
            users = [self.users[i] for i in identities if i in self.users and f"id-{i}" not in self.problems]
            on_observed([(user, self._observed(user, lambda _user, _tag: True)) for user in users])
        return {i: self.users.get(i, Unresolved(i, f"{i} is no user here", gone=True)) for i in identities}

    def everyone(self, whom: Whom = EVERYBODY) -> t.Iterator[User]:
        yield from (user for user in self.users.values() if not whom.asks or user.identity in self.inside)

    def open(self) -> str:
        return self.authority

    def observe(
        self, users: t.Sequence[User], wanted: Wanted, expected: Expected | None = None
    ) -> t.Iterator[tuple[User, Observation]]:
        self._answer()
        for user in users:
            yield user, self._observed(user, wanted)

    def _observed(self, user: User, wanted: Wanted) -> Observation:
        if user.id in self.problems:
            return Observation(problem=self.problems[user.id])
        data, tag = self.photos.get(user.id), self.tags.get(user.id)
        if self.lag.get(user.id, 0) > 0:
            self.lag[user.id] -= 1
            data, tag = self._before[user.id]
        if data is None:
            return Observation()
        if self.target != "ad" and not wanted(user, tag):
            return Observation(True, tag, bytes=len(data))
        self.fetched.append(user.id)
        digest = sha256(data) if self.target == "ad" else None
        width, height = size_of(data)
        return Observation(True, tag, digest, len(data), width, height, picture=data)

    def read(self, users: t.Sequence[User]) -> t.Iterator[tuple[User, Observation]]:
        self.before_read()
        yield from self.observe([user for user in users if user.id not in self.unread], lambda _user, _tag: True)

    def write(self, writes: t.Sequence[Write]) -> t.Iterator[tuple[User, WriteResult]]:
        for write in writes:
            self._answer()
            self.before_write(write.user.id)
            yield write.user, self._write(write)

    def _write(self, write: Write) -> WriteResult:
        user_id = write.user.id
        if user_id in self.refuse:
            return WriteResult("failed", self.refuse[user_id])
        expected = write.expected
        if self.target == "ad" and write.expected_bytes is not None:
            expected = sha256(write.expected_bytes)  # a compare-and-swap is made on the value, wherever it comes from
        lags = self.lag.get(user_id, 0) > 0 and user_id in self._before
        shown = self._before[user_id][1] if lags else self.tags.get(user_id)
        if shown != expected and not self._is_the_same(write):
            return WriteResult("conflict")
        if not lags:
            self._before[user_id] = (self.photos.get(user_id), self.tags.get(user_id))
        self.written.append((write.user.identity, "remove" if write.data is None else "put"))
        self.put_by_hand(write.user.identity, write.data)
        return WriteResult("uncertain" if user_id in self.uncertain else "written")

    def _is_the_same(self, write: Write) -> bool:
        held = self.photos.get(write.user.id)
        return held is not None and write.expected is not None and write.same is not None and write.same(held)

    def store_anew(self, name: str, quality: int = 75) -> None:
        """The service stores a photo anew by itself: other bytes, another tag, and nobody wrote."""
        user_id = f"id-{name}"
        out = io.BytesIO()
        Image.open(io.BytesIO(self.photos[user_id])).save(out, "JPEG", quality=quality)
        self.photos[user_id] = out.getvalue()
        self.tags[user_id] = f'"{next(self._numbers)}"'

    def blocked(self) -> str | None:
        return self.why_blocked

    def limit(self) -> int | None:
        return None

    def close(self) -> None:
        return
