# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Joins the results of the modules: rows, who was not examined, and why. Only this file knows a whole result."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass, field

from .._core import rows_file
from .._core.model import PhotoError, identity_key
from .._core.results import Row, from_result, number, plain, text
from .._core.targets import checked_name
from .._core.text import in_one_line
from .._core.wording import counted
from .rows import Rows

Mode = t.Literal["plan", "done"]


@dataclass(frozen=True, slots=True)
class Unseen:
    """A user who was not examined; with ``user`` None: a part of the run whose users are not known."""

    reason: str
    user: str | None = None
    target: str | None = None
    shard: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """What a module reported when it failed."""

    text: str
    target: str | None = None
    shard: str | None = None
    #: The module returned no row, so this message is the reason why its users were not examined.
    whole: bool = False


@dataclass(slots=True)
class Gathered:
    """All results of a run, joined."""

    rows: Rows = field(default_factory=Rows)
    unseen: list[Unseen] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    requests: Counter[str] = field(default_factory=Counter)
    #: Rows that were replaced by a later one of the same user and target.
    repeated: int = 0
    #: Whether the results say that they are of a check run; None if they do not say it.
    checked_only: bool | None = None
    #: By shard and target: how many users its results name.
    came: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: Keys and targets of declared users that a module left out because their mailbox is elsewhere.
    left_out: set[tuple[str, str]] = field(default_factory=set)
    #: Keys and targets of users whose problem made the run fail, so that nobody can have meant to ignore it.
    not_ignored: set[tuple[str, str]] = field(default_factory=set)
    #: Shards on which a module could not be started.
    not_started: set[str] = field(default_factory=set)
    #: Targets with a user whose mailbox is on the other side; such rows are left out.
    answered: set[str] = field(default_factory=set)

    @property
    def mode(self) -> Mode:
        """From the results; if they do not say it, from the rows: only written photos are verified or backed up."""
        if self.checked_only is not None:
            return "plan" if self.checked_only else "done"
        written = any((row.changed and row.verified is not None) or row.backup for row in self.rows.values())
        return "done" if written else "plan"

    @property
    def targets(self) -> frozenset[str]:
        """Every target of a result or a failure."""
        about = [*self.rows.targets()]
        about += [item.target for item in self.unseen if item.target is not None]
        about += [message.target for message in self.messages if message.target is not None]
        return frozenset(about)


def gather(results: t.Iterable[t.Any]) -> Gathered:
    """Join results in their order. If a user has two rows for a target, the later row is used."""
    into = Gathered()
    for place, result in _flat(results, "results"):
        _take(result, place, into)
    # Another result for the same target may have a row of the user.
    into.unseen = [unseen for unseen in into.unseen if not _seen(into, unseen)]
    return into


def _seen(into: Gathered, unseen: Unseen) -> bool:
    if unseen.user is None or unseen.target is None:
        return False
    return (identity_key(unseen.user), unseen.target) in into.rows


def _flat(results: t.Any, place: str) -> t.Iterator[tuple[str, t.Mapping[str, t.Any]]]:
    """Results one by one. A registered loop has them in ``results``."""
    if isinstance(results, t.Mapping):
        if isinstance(results.get("results"), (list, tuple)):
            yield from _flat(results["results"], f"{place}.results")
        else:
            yield place, results
        return
    if isinstance(results, str) or not isinstance(results, t.Iterable):
        raise PhotoError(f"{place} must be what the photo modules returned, not {results!r:.80}.")
    for n, result in enumerate(results):
        yield from _flat(result, f"{place}[{n}]")


def _take(result: t.Mapping[str, t.Any], place: str, into: Gathered) -> None:
    result, lost = _whole(result)
    target = _target_of(result, place)
    photos = _list(result.get("photos"), f"{place}.photos")
    compact = _list(result.get("in_sync"), f"{place}.in_sync")
    if result.get("skipped") and not photos:
        return
    said = lost or _failure(result)
    if "photos" not in result and "in_sync" not in result and said is None:
        raise PhotoError(f"{place} is not what a photo module returned: it has no photos.")
    planned = bool(result.get("check_mode"))
    rows = [
        *(_row(photo, target, f"{place}.photos[{n}]", planned=planned) for n, photo in enumerate(photos)),
        *(_in_sync(entry, target, f"{place}.in_sync[{n}]") for n, entry in enumerate(compact)),
    ]
    found = [row for row in rows if row is not None]
    for row in found:
        into.repeated += into.rows.add(row)
        (into.not_ignored.add if result.get("not_ignored") else into.not_ignored.discard)((row.key, row.target))
    left_out = {identity_key(str(user)) for user in result.get("left_out") or ()}
    if target is not None:
        into.left_out.update((key, target) for key in left_out)
    if isinstance(result.get("check_mode"), bool):
        # One real run among check runs makes the whole a real run.
        into.checked_only = bool(result["check_mode"]) and into.checked_only is not False
    summary = _mapping(result.get("summary"))
    if target is not None:
        into.requests[target] += number(summary.get("requests")) or 0
    shard = _shard(result)
    if result.get("not_started"):
        into.not_started.add(shard or place)
    if said is not None:
        # With failed_when, a task with such a message may count as not failed.
        into.messages.append(Message(said, target, shard, whole=not rows))
    came = {row.key for row in found} | left_out
    if shard is not None and target is not None:
        into.came[shard, target] = max(into.came[shard, target], len(came))
    into.unseen += _lost(result, came, len(found), said, target)


def _whole(result: t.Mapping[str, t.Any]) -> tuple[t.Mapping[str, t.Any], str | None]:
    """The result with its rows, also rows that are in a file; and why the rows are lost, or None."""
    try:
        return rows_file.whole(result), None
    except PhotoError as error:
        return result, str(error)


#: What Ansible has in place of a traceback that it does not show.
_NO_TRACEBACK = "(traceback unavailable)"


def _failure(result: t.Mapping[str, t.Any]) -> str | None:
    """Why a module failed, in one line; None if it did not. After a crash: the last line of its output."""
    said = text(in_one_line(str(result.get("msg") or "")))
    if said is None and (result.get("failed") or result.get("unreachable")):
        said = "It failed without a message."
    crash = text(result.get("module_stderr")) or text(result.get("exception"))
    last = crash.strip().splitlines()[-1].strip() if said is not None and crash and crash.strip() else ""
    return f"{said} ({last})" if last and last != _NO_TRACEBACK and last not in str(said) else said


def _lost(
    result: t.Mapping[str, t.Any], came: t.Collection[str], rows: int, said: str | None, target: str | None
) -> list[Unseen]:
    """Users that were requested but have no result, so that an incomplete run never looks clean.

    ``came``: keys of users with a result. ``rows``: how many rows there are.
    """
    shard = _shard(result)
    checked = number(_mapping(result.get("summary")).get("checked")) or 0
    asked = [user for user in _asked(result) if identity_key(user) not in came]
    if not rows and not asked and said is not None:
        return [Unseen(said, target=target, shard=shard)]
    lost = [Unseen(said or "There is no result for this user.", user, target, shard) for user in asked]
    if (without := checked - rows - len(lost)) > 0:
        why = f"{counted(without, 'user was', 'users were')} checked, but the result has no row for them."
        lost.append(Unseen(why, None, target, shard))
    return lost


def _asked(result: t.Mapping[str, t.Any]) -> list[str]:
    """The users of a call, as the playbook added them: a registered result does not contain the arguments."""
    entries = result.get("users")
    if not isinstance(entries, (list, tuple)):
        return []
    users = [entry.get("user") if isinstance(entry, t.Mapping) else entry for entry in entries]
    return [plain(user) for user in users if isinstance(user, str) and user]


def _shard(result: t.Mapping[str, t.Any]) -> str | None:
    for key in ("shard", "host", "item"):
        if isinstance(result.get(key), str) and result[key]:
            return plain(result[key])
    return None


def _target_of(result: t.Mapping[str, t.Any], place: str) -> str | None:
    """The target of a whole result: its own, or else the target of its rows."""
    if result.get("target"):
        return checked_name(result["target"], place)
    photos = result.get("photos")
    first = photos[0] if isinstance(photos, (list, tuple)) and photos else None
    if isinstance(first, t.Mapping) and first.get("target"):
        return checked_name(first["target"], place)
    return None


def _row(photo: t.Any, target: str | None, place: str, *, planned: bool) -> Row | None:
    """A row of a photo module; or of an info module, but only if the photo could not be read."""
    if isinstance(photo, t.Mapping) and "has_photo" in photo:
        if not photo.get("problem"):
            return None
        photo = {**photo, "drift": photo["problem"], "accepted": photo.get("unnamed", False)}
    return from_result(photo, target, place, planned=planned)


def _in_sync(entry: t.Any, target: str | None, place: str) -> Row:
    """A user in sync, in the short form of results.in_short, which has no other values."""
    if isinstance(entry, t.Mapping):
        return from_result({"drift": "in_sync", "action": "none", **entry}, target, place)
    parts = [entry] if isinstance(entry, str) else _list(entry, place)
    if not parts or not isinstance(parts[0], str) or not parts[0]:
        raise PhotoError(f"{place} names no user.")
    identity = text(parts[1]) if len(parts) > 1 else None
    word = parts[2] if len(parts) > 2 else None
    return Row(
        user=plain(parts[0]),
        target=checked_name(target, place),
        drift="in_sync",
        id=identity,
        default=word is not None,
        own_photo=word == "own_photo",
        group=text(parts[3]) if len(parts) > 3 else None,
    )


def _mapping(value: t.Any) -> t.Mapping[str, t.Any]:
    return value if isinstance(value, t.Mapping) else {}


def _list(value: t.Any, place: str) -> list[t.Any]:
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        raise PhotoError(f"{place} must be a list.")
    return list(value)
