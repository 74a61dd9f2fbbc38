# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Step 2: from identities to users. None, several, two names of one account, or a name with a new account: no user.

A resolution that is a few minutes old is good enough for observing. Before a change is planned, the name is resolved
again.
"""

from __future__ import annotations

import time
import typing as t
from collections import defaultdict
from dataclasses import replace

from .._core.model import Definition, Unresolved, User
from .._core.option_names import called
from .options import Settings
from .receipts import Holder, Receipts
from .store import OnObserved, PhotoStore

#: How long a remembered resolution of an identity may be used for observing: for the plays of one call, not for the
#: next day.
RESOLVED_FOR_SECONDS = 15 * 60.0

Answers = dict[str, t.Union[User, Unresolved]]


class Resolver:
    """The users of one run. ``remembered``: keys whose answer is from the receipts, and not from the target."""

    def __init__(
        self, store: PhotoStore, settings: Settings, receipts: Receipts | None, hashes: t.Mapping[str, str]
    ) -> None:
        self._store = store
        self._settings = settings
        self._receipts = receipts
        #: SHA-256 of the declared pictures, by definition key.
        self._hashes = hashes
        self.remembered: set[str] = set()
        #: Who the names led to before this run, by name at the target, as ``settle`` read it.
        self._holders: dict[str, Holder] = {}

    def resolve(self, definitions: t.Sequence[Definition], on_observed: OnObserved | None = None) -> Answers:
        """An answer for each definition, by its key. ``on_observed``: see PhotoStore.resolve."""
        known = self._remembered(definitions)
        self.remembered = set(known)
        answers: Answers = dict(known)
        answers.update(self._ask([d for d in definitions if d.key not in known], on_observed))
        return self.settle(definitions, answers)

    def ask_again(self, definitions: t.Sequence[Definition]) -> Answers:
        """Resolve at the target, whatever is remembered."""
        self.remembered.difference_update(definition.key for definition in definitions)
        return self._ask(definitions, None)

    def settle(self, definitions: t.Sequence[Definition], answers: Answers) -> Answers:
        """All answers, without names that share an account and names with a new account.

        When two names lead to one account, one of them may have been renamed: remembered answers are resolved again.
        """
        shared = _shared_ids(answers)
        doubtful = [d for d in definitions if d.key in self.remembered and _id(answers[d.key]) in shared]
        if doubtful:
            answers.update(self.ask_again(doubtful))
            return self.settle(definitions, answers)
        return self._without_new_holders(definitions, without_twins(definitions, answers))

    def keep_holders(self, users: t.Mapping[str, User], definitions: t.Iterable[Definition]) -> None:
        """Record for ever which accounts these identities led to, when their photo is in order. ``users`` by key."""
        if self._receipts is None:
            return
        # The default picture is not of a person: showing it does not make an account the one that is meant.
        mine = [d for d in definitions if d.key in users and not d.default]
        # Another run may have changed these records since ``settle`` read them, so those to be changed are read again.
        maybe = [d for d in mine if self._new_holder(d, users, self._holders) is not None]
        if not maybe:
            return
        before = self._receipts.holders([self._name(d) for d in maybe])
        changed = {self._name(d): self._new_holder(d, users, before) for d in maybe}
        fresh = {name: holder for name, holder in changed.items() if holder is not None}
        self._receipts.save_holders(self._settings.match_by, fresh)

    def _new_holder(
        self, definition: Definition, users: t.Mapping[str, User], before: t.Mapping[str, Holder]
    ) -> Holder | None:
        """The record to save for a definition; None: it would be the same."""
        old, source = before.get(self._name(definition)), self._hashes.get(definition.key)
        user_id = users[definition.key].id
        now = (old or Holder("", None)).with_source(user_id, source)
        same = old is not None and (old.user_id, old.source_sha256) == (now.user_id, now.source_sha256)
        return None if same else now

    def _name(self, definition: Definition) -> str:
        """Records about a user have the name at this target: another name may be another account."""
        return definition.named_at(self._store.target)

    def _remembered(self, definitions: t.Sequence[Definition]) -> dict[str, User]:
        if self._receipts is None or self._settings.grouped:
            return {}
        since = time.time() - RESOLVED_FOR_SECONDS
        found = self._receipts.users(self._settings.match_by, [self._name(d) for d in definitions], since)
        return {d.key: _called(found[name], d.user) for d in definitions if (name := self._name(d)) in found}

    def _ask(self, definitions: t.Sequence[Definition], on_observed: OnObserved | None) -> Answers:
        if not definitions:
            return {}
        identities = [definition.user for definition in definitions]
        resolved = self._store.resolve(identities, on_observed)
        if self._receipts is not None:
            name_of = {definition.user: self._name(definition) for definition in definitions}
            users = [_called(a, name_of[user]) for user, a in resolved.items() if isinstance(a, User)]
            gone = [name_of[identity] for identity in identities if not isinstance(resolved[identity], User)]
            self._receipts.save_users(self._settings.match_by, users, forget=gone)
        return {definition.key: resolved[definition.user] for definition in definitions}

    def _without_new_holders(self, definitions: t.Sequence[Definition], answers: Answers) -> Answers:
        """Unresolved: a name that belongs to another account now, while the former account's picture is declared."""
        if self._receipts is None:
            return answers
        found = [d for d in definitions if isinstance(answers[d.key], User) and not d.default]
        self._holders.update(self._receipts.holders([self._name(d) for d in found]))
        for definition in found:
            user, old = t.cast(User, answers[definition.key]), self._holders.get(self._name(definition))
            if old is None or old.user_id == user.id or definition.key in self._settings.confirmed:
                continue
            source = self._hashes.get(definition.key)
            if definition.state == "present" and source not in old.sources:
                continue  # a new picture was declared for the new account
            when = time.strftime("on %Y-%m-%d", time.gmtime(old.since)) if old.since else "before"
            what = "the picture of the former one is still declared"
            if definition.state == "absent":
                what = "it was declared absent for the former one"
            answers[definition.key] = Unresolved(
                definition.user,
                f"{definition.user} now belongs to another account ({user.id}) than {when} "
                f"({old.user_id}), and {what}. "
                "Declare a picture of the person who has the name now, or confirm that it is the same person "
                f"({called('confirm_accounts', self._settings.option_prefix)})",
            )
        return answers


def without_twins(definitions: t.Sequence[Definition], answers: Answers) -> Answers:
    """Two definitions that lead to one account cannot both be right; neither is used."""
    twins: dict[str, list[Definition]] = defaultdict(list)
    for definition in definitions:
        answer = answers[definition.key]
        if isinstance(answer, User):
            twins[answer.id].append(definition)
    for group in twins.values():
        for definition in group if len(group) > 1 else ():
            others = sorted(d.user for d in group if d is not definition)
            why = f"{definition.user} and {', '.join(others)} are the same account; declare it once"
            answers[definition.key] = Unresolved(definition.user, why)
    return answers


def _called(user: User, identity: str) -> User:
    """The user under this identity. Most users already have it, and a copy would take longer than looking them up."""
    return user if user.identity == identity else replace(user, identity=identity)


def _id(answer: User | Unresolved) -> str | None:
    return answer.id if isinstance(answer, User) else None


def _shared_ids(answers: Answers) -> set[str]:
    """Ids of accounts that several answers lead to."""
    seen: set[str] = set()
    shared: set[str] = set()
    for answer in answers.values():
        if isinstance(answer, User):
            (shared if answer.id in seen else seen).add(answer.id)
    return shared
