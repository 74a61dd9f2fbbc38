# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one format of results: an outcome becomes a row; modules return rows, reports and plans contain them, filters
read them.

``fields.py`` lists every field of a row with its type.
"""

from __future__ import annotations

import typing as t
from collections import Counter

from .fields import ACTIONS, FIELDS, SUMMARY, Json
from .model import DRIFTS, PROBLEMS, Action, Drift, Expectation, Outcome, PhotoError, Summary, identity_key
from .targets import TARGETS, checked_name

#: Outcomes of a put that the target accepted.
_PUT = frozenset({"written", "verified", "unverified"})


class Picture(t.NamedTuple):
    """A picture as results show it. ``etag``: its name at a service that does not show its bytes."""

    sha256: str | None = None
    etag: str | None = None
    bytes: int | None = None
    width: int | None = None
    height: int | None = None
    #: Of the photo that a change was planned for, where a service may give the same photo another tag.
    fingerprint: str | None = None

    @property
    def tag(self) -> str | None:
        """What changes when the photo is written: the ETag if there is one, else the hash."""
        return self.etag if self.etag is not None else self.sha256

    def as_dict(self, *names: str) -> Json:
        """The given fields; without names all fields."""
        chosen = names or ("sha256", "etag", "bytes", "width", "height")
        answer = {name: getattr(self, name) for name in chosen}
        return answer if self.fingerprint is None else {**answer, "fingerprint": self.fingerprint}


class Row(t.NamedTuple):
    """One user at one target: what was found, and the change that would mend it or did.

    A tuple, because runs and reports make one for each user. A frozen class takes eight times as long to make.
    """

    user: str
    target: str
    drift: Drift
    action: Action = "none"
    id: str | None = None
    label: str | None = None
    #: The department or organizational unit, if it was asked for.
    group: str | None = None
    #: The account's own name at the target.
    account: str | None = None
    #: Where the photo is declared ("photos.yml:12").
    origin: str | None = None
    changed: bool = False
    reason: str = ""
    foreign: bool = False
    verified: bool | None = None
    source_sha256: str | None = None
    source_path: str | None = None
    #: Is a picture declared? It can be declared without both fields above (``content`` that is no picture).
    sourced: bool = False
    desired: Picture | None = None
    observed: Picture | None = None
    backup: str | None = None
    error: str | None = None
    warnings: tuple[str, ...] = ()
    shared_with: tuple[str, ...] = ()
    #: The change was not approved and therefore not made.
    stale: bool = False
    #: Nothing is known about this user's photo, because the target gave no answer.
    no_answer: bool = False
    #: It is certain that the account has no mailbox at this target; it may have one at another target.
    no_mailbox: bool = False
    #: The final state of the change; None: no change was made.
    outcome: str | None = None
    #: A problem that is known and accepted.
    accepted: bool = False
    #: The default picture is declared; ``own_photo``: the user also has a photo of their own, which is kept.
    default: bool = False
    own_photo: bool = False
    #: The run could not write: ``changed`` is what would be done. Not part of the format.
    planned: bool = False

    @property
    def key(self) -> str:
        """Key of the identity; case does not matter, as in both directories."""
        return identity_key(self.user)

    @property
    def named(self) -> str:
        """The user and where the photo is declared, for messages."""
        return f"{self.user} ({self.origin})" if self.origin else self.user


# --------------------------------------------------------------------------------------- outcome -> row


def row_of(outcome: Outcome, would: bool) -> Row:
    """An outcome as a row: hashes, sizes and reasons, never a picture. ``would``: ``changed`` is what is planned."""
    definition, change, seen = outcome.definition, outcome.change, outcome.observed
    observed: Picture | None = None
    if seen is not None and seen.present:
        named = {"sha256": seen.sha256 or seen.tag} if TARGETS[outcome.target].keeps_bytes else {"etag": seen.tag}
        fingerprint = seen.fingerprint if change.action != "none" else None
        observed = Picture(**named, bytes=seen.bytes, width=seen.width, height=seen.height, fingerprint=fingerprint)
    source = definition.source
    return Row(
        user=definition.user,
        target=outcome.target,
        drift=change.drift,
        action=change.action,
        id=outcome.user.id if outcome.user else None,
        label=(outcome.user.label or None) if outcome.user else None,
        account=(outcome.user.account or None) if outcome.user else None,
        group=(outcome.user.group or None) if outcome.user else None,
        origin=definition.origin or None,
        changed=change.action != "none" if would else outcome.changed,
        reason=change.reason,
        foreign=change.foreign,
        verified=outcome.verified,
        source_sha256=outcome.source_sha256 if source else None,
        source_path=source.path if source else None,
        sourced=source is not None,
        desired=picture_of(outcome.desired),
        observed=observed,
        backup=outcome.backup,
        error=outcome.error,
        warnings=outcome.warnings,
        shared_with=outcome.shared_with,
        stale=outcome.stale,
        no_answer=outcome.no_answer,
        no_mailbox=outcome.observed is not None and outcome.observed.no_mailbox,
        outcome=outcome.state,
        accepted=change.drift in PROBLEMS and change.drift in definition.known_problems,
        default=definition.default,
        own_photo=outcome.own_photo,
    )


def picture_of(summary: Summary | None) -> Picture | None:
    """A summary of a picture as results have it."""
    return None if summary is None else Picture(summary.sha256, None, summary.bytes, summary.width, summary.height)


def summary_dict(picture: Summary | None) -> Json | None:
    """A summary of a picture as JSON types."""
    return _picture_dict(picture_of(picture), "sha256")


def quiet(row: Row) -> bool:
    """Is the user in sync, with nothing else to report?"""
    return row.drift == "in_sync" and not (row.warnings or row.shared_with or row.foreign)


def in_short(row: Row) -> list[str | None]:
    """A user in sync in short form: name and id; for the default picture which photo is shown; the group if known."""
    word = ("own_photo" if row.own_photo else "default") if row.default else None
    known: list[str | None] = [row.user, row.id, word, row.group]
    while known[-1] is None and len(known) > 2:
        del known[-1]
    return known


def shows_default(row: Row) -> bool:
    """Does the user show the default picture now? A planned put does not count."""
    return row.default and not row.own_photo and (row.drift == "in_sync" or row.outcome in _PUT)


class Tally:
    """Counts of rows, added one by one."""

    def __init__(self) -> None:
        self._total: Counter[str] = Counter()

    def add(self, row: Row) -> None:
        """Add one row to the counts."""
        total = self._total
        total["checked"] += 1
        total[row.drift] += 1
        total["foreign"] += row.foreign
        total["default_own"] += row.own_photo
        total["default_shown"] += shows_default(row)
        total["stale"] += row.stale
        total["failed"] += row.error is not None
        total["unverified"] += row.verified is False and row.error is None
        if row.changed:
            total["put" if row.action == "put" else "removed"] += 1

    def summary(self, requests: int) -> dict[str, int]:
        """The counts with the keys of SUMMARY."""
        return {**{key: self._total[key] for key in SUMMARY}, "requests": requests}


def summarize(rows: t.Iterable[Row], requests: int) -> dict[str, int]:
    """Counts by drift and by what was (or would be) done, with the keys of SUMMARY."""
    tally = Tally()
    for row in rows:
        tally.add(row)
    return tally.summary(requests)


# --------------------------------------------------------------------------------------- row -> JSON types


def to_result(row: Row) -> Json:
    """The row as a photo module returns it: optional fields only if they have a value."""
    tag = TARGETS[row.target].tag
    values: Json = {
        **_common(row),
        "user": row.user,
        "target": row.target,
        "source": {"sha256": row.source_sha256, "path": row.source_path} if row.sourced else None,
        "desired": _picture_dict(row.desired, "sha256"),
        "observed": _picture_dict(row.observed, tag),
        "label": row.label,
        "group": row.group,
        "origin": row.origin,
    }
    return {field.name: values[field.name] for field in FIELDS if not field.optional or values[field.name]}


def to_report(row: Row) -> Json:
    """The row as a report has it under the target's name: every field that is not stored with the user."""
    values = {
        **_common(row),
        "desired": None if row.desired is None else row.desired.as_dict(),
        "observed": None if row.observed is None else row.observed.as_dict(),
    }
    return {field.name: values[field.name] for field in FIELDS if not field.per_user}


def approval(row: Row) -> Json:
    """The change of a row in the form of the photo modules' option ``approved``."""
    return {
        "user": row.user,
        "action": row.action,
        "tag": row.observed.tag if row.observed else None,
        "source_sha256": row.source_sha256 if row.action == "put" else None,
        "id": row.id,
        "fingerprint": row.observed.fingerprint if row.observed else None,
    }


def expectation(approved: t.Mapping[str, t.Any]) -> Expectation:
    """An entry of the option ``approved`` as an Expectation; the reverse of ``approval``."""
    more = (approved.get("fingerprint"), approved.get("untouched"))
    return Expectation(approved["action"], approved["tag"], approved["source_sha256"], approved["id"], *more)


def difference(row: Row) -> dict[str, str]:
    """One user's part of a diff, as Ansible takes it: only summaries, one header."""
    head = f"{row.user} ({row.target})"
    after = _picture_dict(row.desired, "sha256") if row.action == "put" else None
    return {
        "before_header": head,
        "after_header": head,
        "before": _as_lines(_picture_dict(row.observed, TARGETS[row.target].tag)),
        "after": _as_lines(after),
    }


def _common(row: Row) -> Json:
    return {
        "id": row.id,
        "drift": row.drift,
        "action": row.action,
        "changed": row.changed,
        "reason": row.reason,
        "foreign": row.foreign,
        "verified": row.verified,
        "backup": row.backup,
        "error": row.error,
        "warnings": list(row.warnings),
        "shared_with": list(row.shared_with),
        "stale": row.stale,
        "no_answer": row.no_answer,
        "no_mailbox": row.no_mailbox,
        "outcome": row.outcome,
        "account": row.account,
        "accepted": row.accepted,
        "default": row.default,
        "own_photo": row.own_photo,
    }


def _picture_dict(picture: Picture | None, tag: str) -> Json | None:
    return None if picture is None else picture.as_dict(tag, "bytes", "width", "height")


def _as_lines(picture: Json | None) -> str:
    if picture is None:
        return "photo: none\n"
    return "".join(f"{key}: {value}\n" for key, value in sorted(picture.items()) if value is not None)


# --------------------------------------------------------------------------------------- JSON types -> row


def from_result(photo: t.Any, target: t.Any, place: str, *, planned: bool = False) -> Row:
    """A row from a module's result, or from a report with its user. Raises PhotoError that names ``place``.

    ``target`` is the target of the whole result, for rows that do not name one.
    """
    if not isinstance(photo, t.Mapping) or not photo.get("user"):
        raise PhotoError(f"{place} is not a row of a photo module: it has no user.")
    who = f"{place} ({plain(photo['user'])})"
    if photo.get("drift") not in DRIFTS:
        raise PhotoError(f"{who}: drift must be one of {', '.join(DRIFTS)}.")
    if photo.get("action", "none") not in ACTIONS:
        raise PhotoError(f"{who}: action must be one of {', '.join(ACTIONS)}.")
    source = photo.get("source")
    picture = source if isinstance(source, t.Mapping) else {}
    verified = photo.get("verified")
    return Row(
        user=plain(photo["user"]),
        target=plain(checked_name(photo.get("target") or target, place)),
        drift=t.cast("Drift", plain(photo["drift"])),
        action=t.cast("Action", plain(photo.get("action", "none"))),
        id=text(photo.get("id")),
        label=text(photo.get("label")),
        group=text(photo.get("group")),
        account=text(photo.get("account")),
        origin=text(photo.get("origin")),
        changed=bool(photo.get("changed")),
        reason=text(photo.get("reason")) or "",
        foreign=bool(photo.get("foreign")),
        verified=None if verified is None else bool(verified),
        source_sha256=text(picture.get("sha256")),
        source_path=text(picture.get("path")),
        sourced=bool(picture),
        desired=_picture(photo.get("desired")),
        observed=_picture(photo.get("observed")),
        backup=text(photo.get("backup")),
        error=text(photo.get("error")),
        warnings=_texts(photo.get("warnings")),
        shared_with=_texts(photo.get("shared_with")),
        stale=bool(photo.get("stale")),
        no_answer=bool(photo.get("no_answer")),
        no_mailbox=bool(photo.get("no_mailbox")),
        outcome=text(photo.get("outcome")),
        accepted=bool(photo.get("accepted")),
        default=bool(photo.get("default")),
        own_photo=bool(photo.get("own_photo")),
        planned=planned,
    )


def from_report(user: t.Mapping[str, t.Any], target: str) -> Row | None:
    """The row of a report's user at one target, or None. Raises PhotoError if it is not a user of a report."""
    found = user.get(target)
    if found is None:
        return None
    if not isinstance(found, t.Mapping):
        raise PhotoError(f"the report's entry for {user.get('user')!r:.80} at {target} is not a row")
    shared = {field.name: user.get(field.name) for field in FIELDS if field.per_user and field.name != "target"}
    return from_result({**shared, **found}, target, "the report")


def _picture(value: t.Any) -> Picture | None:
    if not isinstance(value, t.Mapping):
        return None
    return Picture(
        sha256=text(value.get("sha256")),
        etag=text(value.get("etag")),
        bytes=number(value.get("bytes")),
        width=number(value.get("width")),
        height=number(value.get("height")),
        fingerprint=text(value.get("fingerprint")),
    )


def text(value: t.Any) -> str | None:
    """Text that any file can contain; None for empty text."""
    return None if value is None or value == "" else plain(value)


def plain(value: t.Any) -> str:
    """Text that any file can contain, without Ansible's tags. A surrogate (from an odd file name) becomes "?"."""
    # Before ansible-core 2.19 text from outside is a subclass of str, whose own methods return the subclass again.
    return (str.__str__ if isinstance(value, str) else str)(value).encode("utf-8", "replace").decode("utf-8")


def number(value: t.Any) -> int | None:
    """A whole number; None for anything else."""
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _texts(value: t.Any) -> tuple[str, ...]:
    return tuple(plain(item) for item in value) if isinstance(value, (list, tuple)) else ()
