# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two exports, of Active Directory and of Exchange Online, into one definitions folder: each user's better picture.

Users belong together by the text of their identity. Whether two photos are the same picture is judged as a drift run
over the merged folder will judge it: by what the other side's recipe makes of the picture that is kept.
"""

from __future__ import annotations

import os
import typing as t
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from .._core.files import load_source
from .._core.model import (
    Comparison,
    Observation,
    PhotoError,
    Source,
    SourceError,
    Summary,
    User,
    identity_key,
    sha256,
)
from .._core.targets import TARGETS
from .._pictures.comparison import by_content, by_pixels
from .._pictures.decode import describe
from .._pictures.render import render
from .folder import ExportFolder

SideName = t.Literal["ad", "exo"]
SIDES: tuple[SideName, SideName] = ("ad", "exo")
State = t.Literal["same", "different", "one_photo", "left_out", "no_photo"]
STATES: tuple[State, ...] = ("same", "different", "one_photo", "left_out", "no_photo")


@dataclass(frozen=True, slots=True)
class Half:
    """What an export said of one user on one side. ``why``: the photo cannot be known or used there."""

    user: str
    id: str | None = None
    path: str | None = None
    has_photo: bool | None = None
    why: str | None = None

    @classmethod
    def parse(cls, row: t.Mapping[str, t.Any]) -> Half:
        """From a row of an info module's result. Raises PhotoError."""
        try:
            why = row.get("reason") if row.get("problem") or not row["has_photo"] else None
            return cls(row["user"], row.get("id"), row.get("path"), row["has_photo"], why)
        except (KeyError, TypeError, AttributeError) as error:
            raise PhotoError("a row is not what an info module returned with dest; give its photos") from error


@dataclass(frozen=True, slots=True)
class Merged:
    """One user afterwards. ``kept`` is the side whose picture is in the folder."""

    user: str
    state: State
    reason: str
    kept: SideName | None = None
    path: str | None = None
    ad: Summary | None = None
    exo: Summary | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """``keep_one_sided``: also keep photos of users whom the other side does not have.

    ``decided_by``: sides that were asked for some of their users; who is missing there is not concerned, and is no
    one-sided user. ``keep_others``: files of users without a row stay. ``excluded``: and of these in any case.
    """

    keep_one_sided: bool = False
    decided_by: tuple[SideName, ...] = ()
    keep_others: bool = False
    excluded: tuple[str, ...] = ()
    workers: int = min(8, os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class _Verdict:
    merged: Merged
    picture: bytes | None = None
    user_id: str | None = None
    #: The target could not be looked at: what the folder holds of the user stays.
    unsure: bool = False


def merge(
    ad: t.Sequence[Half], exo: t.Sequence[Half], folder: ExportFolder, options: Options
) -> tuple[list[Merged], bool]:
    """The better picture of each user into the folder; what became of everybody, and whether the folder changed."""
    sides: dict[SideName, dict[str, Half]] = {
        "ad": {identity_key(half.user): half for half in ad},
        "exo": {identity_key(half.user): half for half in exo},
    }
    concerned = {*sides["ad"], *sides["exo"]}.intersection(*(sides[side] for side in options.decided_by))
    keys = sorted(concerned.difference(map(identity_key, options.excluded)))
    merged: list[Merged] = []
    gone = set(keys) if options.keep_others else folder.keys - {identity_key(name) for name in options.excluded}
    waiting: deque[Future[_Verdict]] = deque()

    def take(verdict: _Verdict) -> None:
        result = verdict.merged
        if verdict.picture is not None:
            size = (result.ad if result.kept == "ad" else result.exo) or Summary()
            user = User(result.user, verdict.user_id or "", "")
            try:
                result = replace(result, path=folder.put(user, verdict.picture, None, size))
            except SourceError as error:
                result = replace(result, state="left_out", kept=None, reason=str(error))
        if result.path is not None or verdict.unsure:
            gone.discard(identity_key(result.user))
        merged.append(result)

    with ThreadPoolExecutor(options.workers) as pool:
        for key in keys:
            waiting.append(pool.submit(_judge, sides["ad"].get(key), sides["exo"].get(key), options))
            while len(waiting) > 4 * options.workers:
                take(waiting.popleft().result())
        while waiting:
            take(waiting.popleft().result())
    changed = folder.finish(gone)
    return merged, changed


def _judge(ad: Half | None, exo: Half | None, options: Options) -> _Verdict:
    halves: dict[SideName, Half | None] = {"ad": ad, "exo": exo}
    user = next(half.user for half in (exo, ad) if half is not None)
    pictures: dict[SideName, _Picture] = {}
    for side, half in halves.items():
        if half is None or half.path is None:
            continue
        try:
            pictures[side] = _Picture.read(half.path, half.id, side)
        except SourceError as error:
            halves[side] = replace(half, path=None, has_photo=None, why=str(error))
    shown = {side: picture.summary for side, picture in pictures.items()}
    if len(pictures) == 2:
        return _two(user, pictures, shown)
    if not pictures:
        return _none(user, halves)
    side, picture = next(iter(pictures.items()))
    other: SideName = "exo" if side == "ad" else "ad"
    there = halves[other]
    if there is not None and there.has_photo is False and there.why is None:
        why = f"{TARGETS[other].title} has no photo of this user"
        merged = Merged(user, "one_photo", why, side, None, shown.get("ad"), shown.get("exo"))
        return _Verdict(merged, picture.data, picture.user_id)
    why = (there.why if there is not None else None) or f"{TARGETS[other].title} has no user of this name"
    if options.keep_one_sided:
        merged = Merged(user, "one_photo", why, side, None, shown.get("ad"), shown.get("exo"))
        return _Verdict(merged, picture.data, picture.user_id)
    unsure = there is not None and there.id is not None and there.has_photo is None
    merged = Merged(user, "left_out", why, None, None, shown.get("ad"), shown.get("exo"))
    return _Verdict(merged, unsure=unsure)


def _two(user: str, pictures: t.Mapping[SideName, _Picture], shown: t.Mapping[SideName, Summary]) -> _Verdict:
    kept = better(pictures["ad"].summary, pictures["exo"].summary)
    other: SideName = "exo" if kept == "ad" else "ad"
    comparison = compare(pictures[kept].data, pictures[other].data, other)
    state: State = "same" if comparison.verdict == "same" else "different"
    merged = Merged(user, state, comparison.reason, kept, None, shown["ad"], shown["exo"])
    return _Verdict(merged, pictures[kept].data, pictures[kept].user_id)


def _none(user: str, halves: t.Mapping[SideName, Half | None]) -> _Verdict:
    unsure = [half for half in halves.values() if half is not None and half.has_photo is not False]
    if unsure:
        why = unsure[0].why or "the photo could not be read"
        return _Verdict(Merged(user, "left_out", why), unsure=any(half.id is not None for half in unsure))
    return _Verdict(Merged(user, "no_photo", "no photo on either side"))


@dataclass(frozen=True, slots=True)
class _Picture:
    data: bytes
    summary: Summary
    user_id: str | None

    @classmethod
    def read(cls, path: str, user_id: str | None, side: SideName) -> _Picture:
        """A picture that can be decoded. Raises SourceError."""
        data = load_source(Source(path=path))
        # What cannot be decoded is not the better one, however large its header says it is.
        render(data, [TARGETS["ad"].recipe], f"the photo in {TARGETS[side].title}")
        return cls(data, describe(data), user_id)


def better(ad: Summary, exo: Summary) -> SideName:
    """The side with more pixels; of as many, the one with more bytes; else Active Directory, which is the source."""

    def worth(picture: Summary) -> tuple[int, int]:
        return (picture.width or 0) * (picture.height or 0), picture.bytes or 0

    return "exo" if worth(exo) > worth(ad) else "ad"


def compare(kept: bytes, other: bytes, other_side: SideName) -> Comparison:
    """Is the other side's photo the same picture as the kept one? Raises SourceError when that is none."""
    recipe = TARGETS[other_side].recipe
    rendition = render(kept, [recipe], "the photo that is kept")[0]
    seen = Observation(present=True, sha256=sha256(other), picture=other)
    known = by_content(seen, rendition.sha256, sha256(kept), recipe.digest)
    return known if known is not None else by_pixels(rendition, other)
