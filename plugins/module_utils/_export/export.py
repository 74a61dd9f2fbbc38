# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what a target holds, user by user; with a folder, also writes the pictures into it unchanged.

A picture is written as soon as it comes, so that no more pictures are in memory than a store reads at once.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from .._core.choice import EVERYBODY, Whom, choose
from .._core.model import (
    Mailbox,
    Observation,
    PhotoError,
    SourceError,
    StoreError,
    Summary,
    Unresolved,
    User,
    identity_key,
)
from .._core.targets import ANCHOR
from .._pictures.decode import describe
from .._sync.store import KnowsHolders, PhotoStore
from . import whom as concern
from .folder import ExportFolder, FileProblem, Kept
from .remembered import Photos, Remembered

Problem = t.Literal["unresolved", "unavailable", "invalid"]
PROBLEMS: tuple[Problem, ...] = ("unresolved", "unavailable", "invalid")


@dataclass(frozen=True, slots=True)
class Row:
    """One user. ``has_photo`` None: not known, and ``problem`` and ``reason`` say why.

    A ``reason`` without a ``problem`` is a hint about a user for whom nothing was to be done.
    """

    user: str
    id: str | None = None
    label: str = ""
    account: str = ""
    immutable_id: str | None = None
    mailbox: Mailbox | None = None
    has_photo: bool | None = None
    tag: str | None = None
    seen: Summary = field(default_factory=Summary)
    path: str | None = None
    problem: Problem | None = None
    reason: str | None = None
    #: It is certain that the user has no mailbox at the target.
    no_mailbox: bool = False
    #: In a listing of everybody: the account has no name of the kind by which users are named here.
    unnamed: bool = False
    #: The photo is the one that an earlier run read, so it was not read again, and there is no file.
    remembered: bool = False


@dataclass(slots=True)
class Export:
    """All rows, in the order of the users asked for; ``error`` says why the run as a whole stopped."""

    rows: list[Row]
    changed: bool = False
    error: str | None = None
    requests: int = 0
    #: Names of excluded users, and of named users outside the filter or the group.
    excluded: t.Sequence[str] = ()
    left_out: t.Sequence[str] = ()
    #: The patterns that matched a user.
    matched: t.AbstractSet[str] = frozenset()


def export(
    store: PhotoStore,
    identities: t.Sequence[str],
    folder: ExportFolder | None = None,
    whom: Whom = EVERYBODY,
    photos: Photos | None = None,
    *,
    as_all: bool = False,
    match_by: str = "",
) -> Export:
    """Examine the named users, or all users when none is named. Without a folder only what is necessary is read.

    ``whom`` selects some of them. The photos of the others stay in the folder unchanged.
    ``photos``: what earlier runs read. A photo that is still the same is not read, and gets no file.
    ``as_all``: the named users come from a listing of everybody, so one without a mailbox is no problem.
    ``match_by``: the attribute by which users are named, for messages.
    Raises PhotoError when nothing can be done at all; StoreError is one. A problem of one user is in that user's row.
    """
    run = _Run(store, folder, concern.check(whom), photos, everybody=not identities, as_all=as_all, match_by=match_by)
    error: str | None = None
    users = run.everyone() if run.everybody else run.named(identities)
    try:
        run.look(users)
    except StoreError as failure:
        error = str(failure)
        run.give_up(error)
    if photos is not None:
        photos.flush()
    rows = list(run.rows.values())
    changed = False
    if folder is not None:
        # A user who could not be examined may still have the photo of the last run.
        unknown = {identity_key(row.user) for row in rows if row.has_photo is None}
        none = {identity_key(row.user) for row in rows if row.has_photo is False}
        gone = folder.keys - set(run.rows) if run.everybody and not whom.restricts else set()
        # Also the file of an excluded user who is no longer at the target.
        excluded = {*map(identity_key, run.excluded), *choose(folder.keys, exclude=whom.exclude).excluded}
        changed = folder.finish(gone=(none | gone) - unknown - excluded)
    return Export(rows, changed, error, store.requests, run.excluded, run.left_out, run.matched)


def holders(store: PhotoStore, whom: Whom = EVERYBODY) -> Export:
    """Only who has a photo, as cheaply as the target can tell: a row for each such user, and for each user without an
    answer.

    No picture is read, sizes are not known, and no user is searched by name. Raises PhotoError when nothing can be done
    at all.
    """
    if isinstance(store, KnowsHolders) and whom == EVERYBODY:
        return Export([replace(_row(user), has_photo=True) for user in store.holders()], requests=store.requests)
    rows: dict[str, Row] = {}
    chosen = concern.everybody(store, concern.check(whom))
    users = chosen.users
    error: str | None = None
    try:
        for user, seen in store.observe(users, _never):
            if seen.present and seen.problem is None:
                rows[user.id] = replace(_row(user), has_photo=True, tag=seen.tag)
            elif seen.problem is not None and not seen.no_mailbox:
                rows[user.id] = replace(_row(user), problem="unavailable", reason=seen.problem)
    except StoreError as failure:
        error = str(failure)
    return Export(list(rows.values()), False, error, store.requests, chosen.excluded, matched=chosen.matched)


def names(store: PhotoStore, identities: t.Sequence[str] = (), whom: Whom = EVERYBODY, *, match_by: str = "") -> Export:
    """The named users, or everybody, that ``whom`` selects; no photo is read.

    A row without ``problem`` and ``reason`` is a user. In a listing of everybody, photos are read only of accounts
    whose name would not lead back to them: with a photo they are ``unresolved``. Raises PhotoError when nothing can be
    done at all.
    """
    run = _Run(store, None, concern.check(whom), everybody=not identities, match_by=match_by)
    users = run.everyone() if run.everybody else run.named(identities)
    error: str | None = None
    try:
        run.look([user for user in users if user.id in run.nameless])
    except StoreError as failure:
        error = str(failure)
    rows = [
        replace(row, problem="unresolved", unnamed=row.id in run.unnamed)
        if row.has_photo and row.problem is None
        else row
        for row in run.rows.values()
    ]
    return Export(rows, False, error, store.requests, run.excluded, run.left_out, run.matched)


class _Run:
    """The rows of one run while it goes on, by the key of the identity.

    ``as_all``: the named users come from a listing of everybody. ``match_by``: the attribute by which users are named,
    for messages.
    """

    def __init__(
        self,
        store: PhotoStore,
        folder: ExportFolder | None,
        whom: Whom,
        photos: Photos | None = None,
        *,
        everybody: bool,
        as_all: bool = False,
        match_by: str = "",
    ) -> None:
        self.store = store
        self.folder = folder
        self.whom = whom
        self.photos = photos
        self.everybody = everybody
        self.as_all = as_all
        self.match_by = match_by
        self.excluded: t.Sequence[str] = ()
        self.left_out: t.Sequence[str] = ()
        self.matched: t.AbstractSet[str] = frozenset()
        self.rows: dict[str, Row] = {}
        #: In a listing of everybody: why an identity would not lead back to the user, by user id.
        self.nameless: dict[str, str] = {}
        #: Ids of accounts without a name of this kind.
        self.unnamed: set[str] = set()

    # -- who ----------------------------------------------------------------------------------------------------------

    def named(self, identities: t.Sequence[str]) -> list[User]:
        """The users for identities; an identity without a user gets a row at once."""
        given: dict[str, str] = {}
        for identity in identities:
            given.setdefault(identity_key(identity), identity)
        if "" in (key.strip() for key in given):
            raise PhotoError("an entry of users is empty; give every entry an identity, or no entry at all")
        answers, chosen = concern.named(self.store, {name: name for name in given.values()}, self.whom)
        self.excluded, self.left_out, self.matched = chosen.excluded, chosen.left_out, chosen.matched
        owners: dict[str, str] = {}
        users: list[User] = []
        for name, answer in answers.items():
            key = identity_key(name)
            if isinstance(answer, Unresolved):
                self.rows[key] = Row(name, problem="unresolved", reason=answer.reason)
            elif answer.id in owners:
                why = f"it is the same account as {owners[answer.id]}; name it once"
                self.rows[key] = Row(name, problem="unresolved", reason=why)
            else:
                owners[answer.id] = answer.identity
                self.rows[key] = _row(answer)
                users.append(answer)
        return users

    def everyone(self) -> list[User]:
        """All users. Each is resolved again by the name that an export would give it.

        A user without that name, or one who shares it, must not be exported under it: the name would lead to nobody
        later, or to another user.
        """
        chosen = concern.everybody(self.store, self.whom)
        self.excluded, self.matched = chosen.excluded, chosen.matched
        everyone = list(chosen.users)
        answers = self.store.resolve([user.identity for user in everyone])
        for user in everyone:
            answer = answers[user.identity]
            if isinstance(answer, Unresolved):
                self.nameless[user.id] = answer.reason
                if answer.gone:
                    self.unnamed.add(user.id)
                    self.nameless[user.id] = f"{_without_a_name(user, self.match_by)}, so it is not exported"
            elif answer.id != user.id:
                self.nameless[user.id] = f"{user.identity} belongs to another account, {answer.label or answer.id}"
            key = identity_key(user.identity)
            self.rows[user.id if key in self.rows else key] = _row(user)
        return everyone

    # -- what ---------------------------------------------------------------------------------------------------------

    def look(self, users: t.Sequence[User]) -> None:
        """Read from the store only what the folder's record does not have; without a folder as little as possible."""
        keys = {row.id: key for key, row in self.rows.items()}
        if self.folder is None:
            for user, seen in self.store.observe(users, _never):
                self.take(keys[user.id], user, seen)
            return
        remembered = self.photos.recall(users) if self.photos is not None else {}
        known = [user for user in users if self.folder.knows(user) or user.id in remembered]
        reading = [user for user in users if not (self.folder.knows(user) or user.id in remembered)]
        for user, seen in self.store.observe(known, _never):
            kept = self.folder.unchanged(user, seen.tag) if seen.present else None
            same = _still(remembered.get(user.id), seen)
            if kept is not None and user.id not in self.nameless:
                self.keep(keys[user.id], kept)
            elif same is not None and user.id not in self.nameless:
                self.rows[keys[user.id]] = replace(
                    self.rows[keys[user.id]], has_photo=True, tag=same.tag, seen=same.seen, remembered=True
                )
            elif seen.present and seen.problem is None and (seen.picture is None or seen.sha256 is None):
                reading.append(user)
            else:
                self.take(keys[user.id], user, seen)
        for user, seen in self.store.read(reading):
            self.take(keys[user.id], user, seen)

    def give_up(self, why: str) -> None:
        """The target became unavailable: users that were not read get the problem unavailable."""
        for key, row in self.rows.items():
            if row.has_photo is None and row.problem is None:
                self.rows[key] = replace(row, problem="unavailable", reason=why)

    def keep(self, key: str, kept: Kept) -> None:
        """The folder has this same photo already."""
        self.rows[key] = replace(self.rows[key], has_photo=True, tag=kept.tag, seen=kept.seen, path=kept.path)

    def take(self, key: str, user: User, seen: Observation) -> None:
        """The row for one observation."""
        self.rows[key] = self._judge(self.rows[key], user, seen)

    def _judge(self, row: Row, user: User, seen: Observation) -> Row:
        if seen.problem is not None:
            if (self.everybody or self.as_all) and seen.no_mailbox:
                return replace(row, has_photo=False, reason=seen.problem, no_mailbox=True)
            return replace(row, problem="unavailable", reason=seen.problem, no_mailbox=seen.no_mailbox)
        nameless = self.nameless.get(user.id)
        if not seen.present:
            return replace(row, has_photo=False, reason=nameless)
        row = replace(row, has_photo=True, tag=seen.tag)
        if seen.picture is None or seen.sha256 is None:
            return replace(row, seen=Summary(seen.sha256, seen.bytes, seen.width, seen.height), reason=nameless)
        try:
            summary = describe(seen.picture)
        except SourceError as error:
            bare = Summary(seen.sha256, len(seen.picture))
            why = f"the photo is no usable picture ({str(error).removeprefix('the photo: ')})"
            return replace(row, seen=bare, problem="invalid", reason=why)
        row = replace(row, seen=summary, reason=nameless)
        if self.folder is None:
            return row
        if nameless is not None:
            return replace(row, problem="unresolved", unnamed=user.id in self.unnamed)
        try:
            path = self.folder.put(user, seen.picture, seen.tag, summary)
        except FileProblem as error:
            return replace(row, problem="invalid", reason=str(error))
        if self.photos is not None and seen.tag is not None and seen.problem is None:
            self.photos.note(user, seen.tag, summary)
        return replace(row, path=path)


def _without_a_name(user: User, match_by: str) -> str:
    who = f"the account {user.label or user.identity}"
    if match_by == ANCHOR:
        return f"{who} is not found by its source anchor"
    return f"{who} has no value of the attribute {match_by or 'that names users'}"


def _row(user: User) -> Row:
    return Row(user.identity, user.id, user.label, user.account, user.immutable_id, user.mailbox)


def _still(known: Remembered | None, seen: Observation) -> Remembered | None:
    """The remembered photo, if it is certainly the one that is there."""
    same = known is not None and seen.present and seen.problem is None and seen.tag == known.tag
    return known if same else None


def _never(user: User, tag: str | None) -> bool:
    """No picture is needed to know whether there is one."""
    return False
