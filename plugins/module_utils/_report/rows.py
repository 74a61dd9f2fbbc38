# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the photo modules returned, as rows. The only place that knows the shape of a module's result."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._core.model import DRIFTS, Action, Drift, PhotoError, identity_key

Target = t.Literal["ad", "exo"]
Mode = t.Literal["plan", "done"]

TARGETS: tuple[Target, ...] = ("ad", "exo")
#: What AD syncs no further than this: Exchange Online takes an on-premises photo of at most so many bytes.
EXO_LIMIT = 10240


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as a report tells it. ``etag`` is what a service names it by that does not show its bytes."""

    sha256: str | None = None
    etag: str | None = None
    bytes: int | None = None
    width: int | None = None
    height: int | None = None

    @property
    def tag(self) -> str | None:
        """What moves when the photo is written: the ETag where there is one, else the hash."""
        return self.etag if self.etag is not None else self.sha256


@dataclass(frozen=True, slots=True)
class Row:
    """One user at one target: what was found, what would mend it or did."""

    user: str
    target: Target
    drift: Drift
    action: Action = "none"
    id: str | None = None
    label: str | None = None
    changed: bool = False
    reason: str = ""
    foreign: bool = False
    verified: bool | None = None
    source_sha256: str | None = None
    source_path: str | None = None
    desired: Picture | None = None
    observed: Picture | None = None
    backup: str | None = None
    error: str | None = None
    warnings: tuple[str, ...] = ()
    shared_with: tuple[str, ...] = ()
    #: Not what was approved, and therefore left out.
    stale: bool = False
    #: Of a run that could not write: ``changed`` is what would be done.
    planned: bool = False

    @property
    def key(self) -> str:
        """Identities are compared without regard to case, as both directories do."""
        return identity_key(self.user)


@dataclass(frozen=True, slots=True)
class Unseen:
    """What was not examined: a user, or (``user`` None) a part of the run of which not even the users are known."""

    reason: str
    user: str | None = None
    target: Target | None = None
    shard: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """What a module said when it failed."""

    text: str
    target: Target | None = None
    shard: str | None = None


@dataclass(slots=True)
class Gathered:
    """All results of a run, joined."""

    rows: dict[tuple[str, Target], Row] = field(default_factory=dict)
    unseen: list[Unseen] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    requests: dict[Target, int] = field(default_factory=lambda: {"ad": 0, "exo": 0})
    #: Rows that were replaced by a later one of the same user and target.
    repeated: int = 0
    #: What the results themselves say about having been a check run; None when they say nothing.
    checked_only: bool | None = None

    @property
    def mode(self) -> Mode:
        """Told by the results, else by evidence: only what was written is ever verified or backed up."""
        if self.checked_only is not None:
            return "plan" if self.checked_only else "done"
        written = any(row.verified is not None or row.backup for row in self.rows.values())
        return "done" if written else "plan"


def gather(results: t.Iterable[t.Any]) -> Gathered:
    """Join results in their order: when a user and target come twice, the later row counts."""
    into = Gathered()
    for place, result in _flat(results, "results"):
        _take(result, place, into)
    # A user may have been seen after all, by another result for the same target.
    into.unseen = [unseen for unseen in into.unseen if not _seen(into, unseen)]
    return into


def _seen(into: Gathered, unseen: Unseen) -> bool:
    if unseen.user is None or unseen.target is None:
        return False
    return (identity_key(unseen.user), unseen.target) in into.rows


def _flat(results: t.Any, place: str) -> t.Iterator[tuple[str, t.Mapping[str, t.Any]]]:
    """Results one by one: a registered loop keeps its own in ``results``."""
    if isinstance(results, t.Mapping):
        if isinstance(results.get("results"), (list, tuple)):
            yield from _flat(results["results"], f"{place}.results")
        else:
            yield place, results
        return
    if isinstance(results, str) or not isinstance(results, t.Iterable):
        raise PhotoError(f"{place} must be what exo_user_photo or ad_thumbnail_photo returned, not {results!r:.80}.")
    for number, result in enumerate(results):
        yield from _flat(result, f"{place}[{number}]")


def _take(result: t.Mapping[str, t.Any], place: str, into: Gathered) -> None:
    target = _target_of(result, place)
    photos = _list(result.get("photos"), f"{place}.photos")
    compact = _list(result.get("in_sync"), f"{place}.in_sync")
    if result.get("skipped") and not photos:
        return
    said = _text(result.get("msg"))
    if said is None and (result.get("failed") or result.get("unreachable")):
        said = "It failed without saying why."
    if "photos" not in result and "in_sync" not in result and said is None:
        raise PhotoError(f"{place} is not what exo_user_photo or ad_thumbnail_photo returned: it has no photos.")
    planned = bool(result.get("check_mode"))
    rows = [_row(photo, target, f"{place}.photos[{number}]", planned) for number, photo in enumerate(photos)]
    rows += [_in_sync(entry, target, f"{place}.in_sync[{number}]") for number, entry in enumerate(compact)]
    for row in rows:
        into.repeated += (row.key, row.target) in into.rows
        into.rows[row.key, row.target] = row
    if isinstance(result.get("check_mode"), bool):
        # One real run among check runs makes the whole a thing that was done.
        into.checked_only = bool(result["check_mode"]) and into.checked_only is not False
    summary = _mapping(result.get("summary"))
    if target is not None:
        into.requests[target] += _int(summary.get("requests")) or 0
    if said is not None:
        # failed_when may say that a failure is none; the message is there all the same.
        into.messages.append(Message(said, target, _shard(result)))
    into.unseen += _lost(result, rows, said, _int(summary.get("checked")) or 0, target)


def _lost(
    result: t.Mapping[str, t.Any], rows: t.Sequence[Row], said: str | None, checked: int, target: Target | None
) -> list[Unseen]:
    """Who was asked for and did not come back, so that a partial run never looks clean."""
    shard = _shard(result)
    came = {row.key for row in rows}
    asked = [user for user in _asked(result) if identity_key(user) not in came]
    if not rows and not asked and said is not None:
        return [Unseen(said, target=target, shard=shard)]
    lost = [Unseen(said or "No outcome came back for this user.", user, target, shard) for user in asked]
    if (without := checked - len(rows) - len(lost)) > 0:
        lost.append(Unseen(f"{without} users were checked, but their rows are not there.", None, target, shard))
    return lost


def _asked(result: t.Mapping[str, t.Any]) -> list[str]:
    """The users of a call, as the playbook added them: a registered result does not keep what it was called with."""
    entries = result.get("users")
    if not isinstance(entries, (list, tuple)):
        return []
    users = [entry.get("user") if isinstance(entry, t.Mapping) else entry for entry in entries]
    return [_plain(user) for user in users if isinstance(user, str) and user]


def _shard(result: t.Mapping[str, t.Any]) -> str | None:
    for key in ("shard", "host", "item"):
        if isinstance(result.get(key), str) and result[key]:
            return _plain(result[key])
    return None


def _target_of(result: t.Mapping[str, t.Any], place: str) -> Target | None:
    """The target of a whole result: told, or that of its rows."""
    if result.get("target"):
        return _target(result["target"], place)
    photos = result.get("photos")
    first = photos[0] if isinstance(photos, (list, tuple)) and photos else None
    if isinstance(first, t.Mapping) and first.get("target"):
        return _target(first["target"], place)
    return None


def _target(value: t.Any, place: str = "targets") -> Target:
    if value == "ad":
        return "ad"
    if value == "exo":
        return "exo"
    raise PhotoError(f"{place}: the target must be ad or exo, not {value!r:.40}.")


def _row(photo: t.Any, target: Target | None, place: str, planned: bool = False) -> Row:
    if not isinstance(photo, t.Mapping) or not photo.get("user"):
        raise PhotoError(f"{place} is not a row of exo_user_photo or ad_thumbnail_photo: it has no user.")
    if photo.get("drift") not in DRIFTS:
        raise PhotoError(f"{place} ({photo['user']}): drift must be one of {', '.join(DRIFTS)}.")
    if photo.get("action", "none") not in ("none", "put", "remove"):
        raise PhotoError(f"{place} ({photo['user']}): action must be none, put or remove.")
    source = _mapping(photo.get("source"))
    verified = photo.get("verified")
    return Row(
        user=_plain(photo["user"]),
        target=_target(photo.get("target") or target, place),
        drift=t.cast("Drift", str(photo["drift"])),
        action=t.cast("Action", str(photo.get("action", "none"))),
        id=_text(photo.get("id")),
        label=_text(photo.get("label")),
        changed=bool(photo.get("changed")),
        reason=_text(photo.get("reason")) or "",
        foreign=bool(photo.get("foreign")),
        verified=None if verified is None else bool(verified),
        source_sha256=_text(source.get("sha256")),
        source_path=_text(source.get("path")),
        desired=_picture(photo.get("desired")),
        observed=_picture(photo.get("observed")),
        backup=_text(photo.get("backup")),
        error=_text(photo.get("error")),
        warnings=_texts(photo.get("warnings")),
        shared_with=_texts(photo.get("shared_with")),
        stale=bool(photo.get("stale")),
        planned=planned,
    )


def _in_sync(entry: t.Any, target: Target | None, place: str) -> Row:
    """A user in sync, told in short as [user, id]: no more is known, and no more is said."""
    if isinstance(entry, t.Mapping):
        return _row({"drift": "in_sync", "action": "none", **entry}, target, place)
    parts = [entry] if isinstance(entry, str) else _list(entry, place)
    if not parts or not isinstance(parts[0], str) or not parts[0]:
        raise PhotoError(f"{place} names no user.")
    identity = _text(parts[1]) if len(parts) > 1 else None
    return Row(user=_plain(parts[0]), target=_target(target, place), drift="in_sync", id=identity)


def _picture(value: t.Any) -> Picture | None:
    if not isinstance(value, t.Mapping):
        return None
    return Picture(
        sha256=_text(value.get("sha256")),
        etag=_text(value.get("etag")),
        bytes=_int(value.get("bytes")),
        width=_int(value.get("width")),
        height=_int(value.get("height")),
    )


def _mapping(value: t.Any) -> t.Mapping[str, t.Any]:
    return value if isinstance(value, t.Mapping) else {}


def _list(value: t.Any, place: str) -> list[t.Any]:
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        raise PhotoError(f"{place} must be a list.")
    return list(value)


def _text(value: t.Any) -> str | None:
    return None if value is None or value == "" else _plain(value)


def _texts(value: t.Any) -> tuple[str, ...]:
    return tuple(_plain(item) for item in value) if isinstance(value, (list, tuple)) else ()


def _plain(value: t.Any) -> str:
    """Text that any file can hold. str() strips Ansible's tags; what is no Unicode (odd file names) becomes "?"."""
    return str(value).encode("utf-8", "replace").decode("utf-8")


def _int(value: t.Any) -> int | None:
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else None
