# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A store in which users have other names than in the definitions: their own name at the target, or the source anchor.

The caller sees only the declared names, the inner store only the names that it knows.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .._core.choice import EVERYBODY, Whom
from .._core.model import (
    Definition,
    Observation,
    Resolution,
    Unresolved,
    User,
    Write,
    WriteResult,
    identity_key,
)
from .._core.option_names import called
from .._core.targets import TARGETS, title
from .people import People, Person, mailbox_told
from .store import Expected, OnObserved, PhotoStore, Wanted

#: How ``match_by`` is called for a user's own name at a target where all others are found by the anchor.
OWN_NAME = "userPrincipalName"


def inner_match_by(match_by: str, target: str) -> str:
    """The ``match_by`` that the store of ``target`` gets."""
    return TARGETS[target].tie if match_by in TARGETS[target].elsewhere else match_by


def needs_people(match_by: str, target: str, prefix: str = "") -> str:
    """``match_by`` with its value, if only another target can say who the users are; else an empty text.

    ``prefix``: of a role's variables, for messages.
    """
    return f"{called('match_by', prefix, target)} {match_by}" if match_by in TARGETS[target].elsewhere else ""


def named_store(store: PhotoStore, names: t.Mapping[str, str], people: People | None, match_by: str) -> PhotoStore:
    """``store`` itself when every user has the declared name, else a NamedStore around it.

    ``names``: by identity key, the names of users who have another one there.
    """
    if not names and people is None:
        return store
    return NamedStore(store, names, people, by_anchor=bool(needs_people(match_by, store.target)))


def names_at(definitions: t.Iterable[Definition], target: str) -> dict[str, str]:
    """The names that definitions give their users at one target, by key."""
    return {d.key: d.named_at(target) for d in definitions if d.named_at(target) != d.user}


class NamedStore:
    """See the module. ``by_anchor``: ``people`` say who a user is, and the inner store finds the user by the tie."""

    def __init__(
        self, inner: PhotoStore, names: t.Mapping[str, str], people: People | None, *, by_anchor: bool
    ) -> None:
        self._inner = inner
        self._names = names
        self._people = people
        self._by_anchor = by_anchor
        self.target = inner.target
        self.overlaps = inner.overlaps
        self.keeps_bytes = inner.keeps_bytes
        #: The attribute that ties two accounts, and what messages call it.
        self._tie = TARGETS[inner.target].tie
        self._tie_title = self._tie if self._tie == "objectGUID" else "source anchor"
        #: The inner store's names of the users that it found, by their id.
        self._called: dict[str, str] = {}

    # -- who ----------------------------------------------------------------------------------------------------------

    def resolve(self, identities: t.Sequence[str], on_observed: OnObserved | None = None) -> dict[str, Resolution]:
        """See PhotoStore."""
        answers: dict[str, Resolution] = {}
        asked: dict[str, list[str]] = {}
        own: dict[str, list[str]] = {}
        for identity in dict.fromkeys(identities):
            name = self._names.get(identity_key(identity))
            if name is not None:
                (own if self._by_anchor else asked).setdefault(name, []).append(identity)
                continue
            question = self._anchor(identity) if self._by_anchor else identity
            if isinstance(question, Unresolved):
                answers[identity] = question
            else:
                asked.setdefault(question, []).append(identity)
        if asked:
            tell = None if on_observed is None else self._teller(asked, on_observed)
            self._take(self._inner.resolve(list(asked), tell), asked, answers, self._judge_anchor)
        if own:
            self._take(self._by_own_name(list(own)), own, answers, self._judge_own_name)
        return {identity: answers[identity] for identity in identities}

    def _anchor(self, identity: str) -> str | Unresolved:
        people = t.cast(People, self._people)
        person = people.get(identity)
        if person is None:
            why = f"{people.where} did not return {identity} (people), so the {self._tie_title} is not known"
            return Unresolved(identity, why)
        tie = person.tie(self._tie)
        if tie is not None:
            return tie
        if person.no_answer:
            return Unresolved(identity, f"{people.where} gave no answer: {person.why}", no_answer=True)
        why = person.why or f"the account {person.account or identity} has no {self._tie_title} ({self._tie})"
        return Unresolved(identity, f"not found by the anchor, because {people.where} has none for this user: {why}")

    def _by_own_name(self, names: list[str]) -> t.Mapping[str, Resolution]:
        resolve_by = getattr(self._inner, "resolve_by", None)
        if resolve_by is not None:
            found: t.Mapping[str, Resolution] = resolve_by(OWN_NAME, names)
            return found
        where = title(self.target)
        return {name: Unresolved(name, f"{where} takes no names of users with match_by anchor") for name in names}

    def _take(
        self,
        found: t.Mapping[str, Resolution],
        asked: t.Mapping[str, list[str]],
        answers: dict[str, Resolution],
        judge: t.Callable[[str, str, Resolution], Resolution],
    ) -> None:
        for question, identities in asked.items():
            for identity in identities:
                answer = judge(identity, question, found[question])
                if isinstance(answer, User):
                    self._called[answer.id] = question
                answers[identity] = replace(answer, identity=identity)

    def _judge_anchor(self, identity: str, question: str, answer: Resolution) -> Resolution:
        if not self._by_anchor or isinstance(answer, User) or answer.no_answer:
            return answer
        people = t.cast(People, self._people)
        person = t.cast(Person, people.get(identity))
        who = f"{person.account or identity} in {people.where}"
        if answer.gone and self._tie == "objectGUID":
            # The accounts of Exchange Server are those of Active Directory; nothing is synced.
            why = f"the objectGUID of {who} leads to no account in {title(self.target)}: {answer.reason}"
        elif answer.gone:
            why = (
                f"{who} has no account in {title(self.target)} (not synced): nobody there has the {self._tie_title} "
                f"{question}. See that Entra Connect syncs the user"
            )
        else:
            why = f"the {self._tie_title} of {who} does not lead to one account: {answer.reason}"
        return replace(answer, reason=why)

    def _judge_own_name(self, identity: str, question: str, answer: Resolution) -> Resolution:
        """A name that was recorded must not lead to somebody else's account."""
        person = self._people.get(identity) if self._people is not None else None
        wanted = person.tie(self._tie) if person is not None else None
        if not isinstance(answer, User) or person is None or wanted is None or self._tie_of(answer) in (None, wanted):
            return answer
        where = t.cast(People, self._people).where
        return Unresolved(
            identity,
            f"{self.target}: {question} is the account of somebody else: its {self._tie_title} ({self._tie}) is not "
            f"that of {person.account or identity} in {where}. Correct {self.target} in photos.yml",
        )

    def _tie_of(self, user: User) -> str | None:
        return user.id if self._tie == "objectGUID" else user.immutable_id

    def _teller(self, asked: t.Mapping[str, list[str]], on_observed: OnObserved) -> OnObserved:
        def tell(seen: t.Sequence[tuple[User, Observation]]) -> None:
            on_observed(
                [
                    (replace(user, identity=identity), what)
                    for user, what in seen
                    for identity in asked.get(user.identity, ())
                ]
            )

        return tell

    def everyone(self, whom: Whom = EVERYBODY) -> t.Iterator[User]:
        """See PhotoStore. With the anchor, users have the names of the other target, else their own name."""
        by_tie = self._people.by_tie(self._tie) if self._by_anchor and self._people is not None else {}
        for user in self._inner.everyone(whom):
            self._called[user.id] = user.identity
            if not self._by_anchor:
                yield user
                continue
            person = by_tie.get(self._tie_of(user) or "")
            yield replace(user, identity=person.user if person is not None else user.account or user.id)

    # -- what ---------------------------------------------------------------------------------------------------------

    def observe(
        self, users: t.Sequence[User], wanted: Wanted, expected: Expected | None = None
    ) -> t.Iterator[tuple[User, Observation]]:
        """See PhotoStore. Adds that a mailbox is on-premises if the other target says so."""
        for user, seen in self._outward(users, lambda inward: self._inner.observe(inward, wanted, expected)):
            yield user, self._with_mailbox(user, seen)

    def read(self, users: t.Sequence[User]) -> t.Iterator[tuple[User, Observation]]:
        """See PhotoStore."""
        for user, seen in self._outward(users, self._inner.read):
            yield user, self._with_mailbox(user, seen)

    def write(self, writes: t.Sequence[Write]) -> t.Iterator[tuple[User, WriteResult]]:
        """See PhotoStore."""
        outward = {write.user.id: write.user for write in writes}
        for user, result in self._inner.write([replace(write, user=self._inward(write.user)) for write in writes]):
            yield outward[user.id], result

    def _outward(
        self,
        users: t.Sequence[User],
        ask: t.Callable[[t.Sequence[User]], t.Iterator[tuple[User, Observation]]],
    ) -> t.Iterator[tuple[User, Observation]]:
        outward = {user.id: user for user in users}
        for user, seen in ask([self._inward(user) for user in users]):
            yield outward[user.id], seen

    def _inward(self, user: User) -> User:
        """The user as the inner store knows them; also a user who is known only from the receipts."""
        called = self._called.get(user.id) or self._names.get(identity_key(user.identity))
        if called is None and self._by_anchor:
            called = self._tie_of(user)
        return user if called is None else replace(user, identity=called)

    def _with_mailbox(self, user: User, seen: Observation) -> Observation:
        person = self._people.get(user.identity) if self._people is not None else None
        if not seen.no_mailbox or person is None:
            return seen
        return replace(seen, problem=mailbox_told(t.cast(People, self._people).where, person, seen.problem or ""))

    # -- everything else is passed to the inner store

    @property
    def authority(self) -> str:
        """See PhotoStore."""
        return self._inner.authority

    @property
    def requests(self) -> int:
        """See PhotoStore."""
        return self._inner.requests

    @property
    def notes(self) -> list[str]:
        """See PhotoStore."""
        return self._inner.notes

    def open(self) -> str:
        """See PhotoStore."""
        return self._inner.open()

    def blocked(self) -> str | None:
        """See PhotoStore."""
        return self._inner.blocked()

    def limit(self) -> int | None:
        """See PhotoStore."""
        return self._inner.limit()

    def close(self) -> None:
        """See PhotoStore."""
        self._inner.close()
