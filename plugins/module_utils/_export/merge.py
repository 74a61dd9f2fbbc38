# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Merges exports of two or three targets into one definitions folder: each user's best picture.

Users belong together by the text of their identity. Two photos are compared as a drift run over the merged folder will
compare them: with what the other target's recipe makes of the kept picture. A mailbox is at one place only, so a user
with a mailbox on-premises lacks nothing in the cloud, and the reverse.
"""

from __future__ import annotations

import os
import typing as t
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from .._core.choice import choose
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
from .._core.targets import MAILBOXES, TARGETS
from .._pictures.comparison import by_content, by_pixels
from .._pictures.decode import describe
from .._pictures.render import render
from .folder import ExportFolder

#: A target's name. Of equally good photos, that of the first target in ``TARGETS`` is kept.
SideName = str
State = t.Literal["same", "different", "one_photo", "left_out", "no_photo"]
STATES: tuple[State, ...] = ("same", "different", "one_photo", "left_out", "no_photo")


@dataclass(frozen=True, slots=True)
class Half:
    """The result of an export for one user at one target. ``why``: the photo is not known or cannot be used there."""

    user: str
    id: str | None = None
    path: str | None = None
    has_photo: bool | None = None
    why: str | None = None
    #: It is certain that there is no mailbox.
    no_mailbox: bool = False
    #: The account's own name and source anchor, where the target tells them.
    account: str = ""
    immutable_id: str | None = None

    @classmethod
    def parse(cls, row: t.Mapping[str, t.Any]) -> Half:
        """From a row of an info module's result. Raises PhotoError."""
        try:
            why = row.get("reason") if row.get("problem") or not row["has_photo"] else None
            no_mailbox = bool(row.get("no_mailbox"))
            account, anchor = str(row.get("account") or ""), row.get("immutable_id")
            return cls(
                row["user"], row.get("id"), row.get("path"), row["has_photo"], why, no_mailbox, account, anchor or None
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise PhotoError("a row is not what an info module returned with dest; give its photos") from error


@dataclass(frozen=True, slots=True)
class Merged:
    """One user's result. ``kept`` is the target whose picture is in the folder; ``shown``: the pictures by target."""

    user: str
    state: State
    reason: str
    kept: SideName | None = None
    path: str | None = None
    shown: t.Mapping[SideName, Summary] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Options:
    """``keep_one_sided``: also keep photos of users whom another target does not have.

    ``decided_by``: targets that were asked for some of their users only; a user who is missing there does not count as
    one-sided. ``keep_others``: files of users without a row stay. ``exclude``: names or patterns of users who get no
    row and whose files stay in any case.
    """

    keep_one_sided: bool = False
    decided_by: tuple[SideName, ...] = ()
    keep_others: bool = False
    exclude: tuple[str, ...] = ()
    workers: int = min(8, os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class _Verdict:
    merged: Merged
    picture: bytes | None = None
    user_id: str | None = None
    #: The target could not be examined: the user's file stays in the folder.
    unsure: bool = False


def merge(
    exports: t.Mapping[SideName, t.Sequence[Half]], folder: ExportFolder, options: Options
) -> tuple[list[Merged], bool]:
    """Write the best picture of each user into the folder. Returns all results, and whether the folder changed."""
    sides = {
        target: {identity_key(half.user): half for half in exports[target]} for target in TARGETS if target in exports
    }
    _join_nameless(sides)
    deciding = [sides[side] for side in options.decided_by if side in sides]
    concerned = {key for side in sides.values() for key in side}.intersection(*deciding)
    keys = sorted(choose(concerned, exclude=options.exclude).chosen)
    merged: list[Merged] = []
    gone = set(keys) if options.keep_others else set(choose(folder.keys, exclude=options.exclude).chosen)
    waiting: deque[Future[_Verdict]] = deque()

    def take(verdict: _Verdict) -> None:
        result = verdict.merged
        if verdict.picture is not None and result.kept is not None:
            user = User(result.user, verdict.user_id or "", "")
            try:
                result = replace(result, path=folder.put(user, verdict.picture, None, result.shown[result.kept]))
            except SourceError as error:
                result = replace(result, state="left_out", kept=None, reason=str(error))
        if result.path is not None or verdict.unsure:
            gone.discard(identity_key(result.user))
        merged.append(result)

    with ThreadPoolExecutor(options.workers) as pool:
        for key in keys:
            waiting.append(pool.submit(_judge, {target: side.get(key) for target, side in sides.items()}, options))
            while len(waiting) > 4 * options.workers:
                take(waiting.popleft().result())
        while waiting:
            take(waiting.popleft().result())
    changed = folder.finish(gone)
    return merged, changed


def _join_nameless(sides: t.Mapping[SideName, dict[str, Half]]) -> None:
    """Put accounts without the name that is compared beside the account of the same person at another target.

    Such an account goes by another name. Without this its person would be listed twice, and once as somebody whom that
    target does not have. People are recognized by the source anchor, or else by the account's own name.
    """
    for name, side in sides.items():
        others = [other for other_name, other in sides.items() if other_name != name]
        alone = [(key, half) for key, half in side.items() if not any(key in other for other in others)]
        nameless = [(key, half) for key, half in alone if half.path is None and half.why and not half.no_mailbox]
        if not nameless:
            continue
        partners: dict[str, tuple[str, Half]] = {}
        for other in others:
            for key, half in other.items():
                if key not in side:
                    known = (half.user, half.account, f"anchor {half.immutable_id}" if half.immutable_id else "")
                    partners.update((identity_key(text), (key, half)) for text in known if text)
        for key, half in nameless:
            mine = (f"anchor {half.immutable_id}" if half.immutable_id else "", half.account)
            found = next((partners[identity_key(text)] for text in mine if identity_key(text) in partners), None)
            if found is not None and found[0] not in side:
                del side[key]
                side[found[0]] = replace(half, user=found[1].user)


def _judge(halves: dict[SideName, Half | None], options: Options) -> _Verdict:
    user = next(half.user for half in reversed(halves.values()) if half is not None)
    pictures: dict[SideName, _Picture] = {}
    for side, half in halves.items():
        if half is None or half.path is None:
            continue
        try:
            pictures[side] = _Picture.read(half.path, half.id, side)
        except SourceError as error:
            halves[side] = replace(half, path=None, has_photo=None, why=str(error))
    for side in [side for side in halves if _is_elsewhere(side, halves)]:
        del halves[side]
    if not pictures:
        return _none(user, halves)
    kept = better({side: picture.summary for side, picture in pictures.items()})
    merged = _compared(user, kept, pictures, halves)
    missing = [side for side in halves if side not in pictures and not _has_none(halves[side])]
    if missing and not options.keep_one_sided:
        unsure = any(half is not None and half.id is not None and half.has_photo is None for half in halves.values())
        reason = _why(missing[0], halves[missing[0]])
        return _Verdict(replace(merged, state="left_out", kept=None, reason=reason), unsure=unsure)
    return _Verdict(merged, pictures[kept].data, pictures[kept].user_id)


def _compared(
    user: str, kept: SideName, pictures: t.Mapping[SideName, _Picture], halves: t.Mapping[SideName, Half | None]
) -> Merged:
    """The result of a user whose best picture is that of ``kept``."""
    shown = {side: picture.summary for side, picture in pictures.items()}
    comparisons = {
        side: compare(pictures[kept].data, picture.data, side) for side, picture in pictures.items() if side != kept
    }
    for side, comparison in comparisons.items():
        if comparison.verdict != "same":
            where = f"{TARGETS[side].title}: " if len(comparisons) > 1 else ""
            return Merged(user, "different", f"{where}{comparison.reason}", kept, None, shown)
    without = [side for side in halves if side not in pictures]
    if without:
        reason = "; ".join(_why(side, halves[side]) for side in without)
        return Merged(user, "one_photo", reason, kept, None, shown)
    reasons = [comparison.reason for comparison in comparisons.values()]
    return Merged(user, "same", reasons[0] if reasons else "the user's mailbox is there", kept, None, shown)


def _is_elsewhere(side: SideName, halves: t.Mapping[SideName, Half | None]) -> bool:
    """Does the user have no mailbox at this target because it is at the other target with mailboxes?"""
    half, others = halves[side], [halves.get(other) for other in MAILBOXES if other != side]
    if side not in MAILBOXES or not any(
        other is not None and other.id is not None and other.has_photo is not None and not other.no_mailbox
        for other in others
    ):
        return False
    # A listing of all users of Exchange Server has every mailbox on-premises.
    return half.no_mailbox if half is not None else side == "exchange"


def _has_none(half: Half | None) -> bool:
    """Is the user there without a photo, but could have one?"""
    return half is not None and half.has_photo is False and half.why is None


def _why(side: SideName, half: Half | None) -> str:
    title = TARGETS[side].title
    if half is None:
        return f"{title} has no user of this name"
    return half.why or f"{title} has no photo of this user"


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
        """Raises SourceError for a picture that cannot be decoded."""
        data = load_source(Source(path=path))
        # A picture that cannot be decoded is not the better one, whatever size its header gives.
        render(data, [TARGETS["ad"].recipe], f"the photo in {TARGETS[side].title}")
        return cls(data, describe(data), user_id)


def better(pictures: t.Mapping[SideName, Summary]) -> SideName:
    """The target with most pixels; with equal pixels most bytes; then the first, because Active Directory is the
    source.
    """

    def worth(side: SideName) -> tuple[int, int]:
        picture = pictures[side]
        return (picture.width or 0) * (picture.height or 0), picture.bytes or 0

    return max((side for side in TARGETS if side in pictures), key=worth)


def compare(kept: bytes, other: bytes, other_side: SideName) -> Comparison:
    """Is the other target's photo the same picture as the kept one? Raises SourceError when it is no picture."""
    recipe = TARGETS[other_side].recipe
    rendition = render(kept, [recipe], "the photo that is kept")[0]
    seen = Observation(present=True, sha256=sha256(other), picture=other)
    known = by_content(seen, rendition.sha256, sha256(kept), recipe.digest)
    return known if known is not None else by_pixels(rendition, other)
