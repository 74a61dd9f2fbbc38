# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks of all targets have in common: the store, the users, and the order of the checks."""

from __future__ import annotations

import typing as t
from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from .._core.model import Observation, Unresolved, User, identity_key
from .._core.option_names import called
from .._core.wording import counted
from .._sync.named import inner_match_by, named_store, needs_people
from .._sync.people import people_of
from .._sync.store import PhotoStore
from . import environment
from .model import Area, Check, Step, examine, fail, ok, skipped, some, warn

#: For how many users the doctor checks that photos can be read; in Exchange Server also the right to write.
SAMPLE = 20


class Connection(t.Protocol):
    """The interface of the options of all targets."""

    @property
    def option_prefix(self) -> str:
        """The prefix before option names in messages."""

    @property
    def is_configured(self) -> bool:
        """Was a connection given?"""


Options = t.TypeVar("Options", bound=Connection)
Store = t.TypeVar("Store", bound=PhotoStore)


@dataclass(slots=True)
class Side(ABC, t.Generic[Options, Store]):
    """The checks of a target. ``writes``: whether runs will change photos, or only compare them."""

    target: t.ClassVar[Area]
    #: The place of its users, for messages.
    where: t.ClassVar[str]
    #: What is missing when nothing is configured, for messages.
    unset: t.ClassVar[str]

    options: Options
    users: t.Sequence[str]
    match_by: str = "userPrincipalName"
    receipts: str | None = None
    writes: bool = True
    open_store: t.Callable[..., Store] = field(kw_only=True)
    #: By user, the name at this target if it is another one.
    names: t.Mapping[str, str] = field(default_factory=dict)
    #: The result of ad_user_info about the users.
    people: t.Any = None
    found: dict[str, User] = field(default_factory=dict)
    #: When credentials of the runs expire, in seconds since the epoch, if it is known.
    ends: dict[str, float] = field(default_factory=dict)
    _store: Store | None = None

    @abstractmethod
    def libraries(self) -> t.Sequence[environment.Library]:
        """The libraries that this machine needs for the target."""

    @abstractmethod
    def steps(self) -> list[Step]:
        """The checks of the target, in the order in which they matter."""

    @property
    def store(self) -> Store:
        """The store, created at the first use."""
        if self._store is None:
            self._store = self.open_store(self.options, match_by=inner_match_by(self.match_by, self.target))
        return self._store

    @property
    def named(self) -> PhotoStore:
        """The store, with users named as they are declared."""
        names = {identity_key(user): name for user, name in self.names.items()}
        needed = needs_people(self.match_by, self.target, self.options.option_prefix)
        return named_store(self.store, names, people_of(self.people, self.match_by, needed=needed), self.match_by)

    def checks(self) -> list[Check]:
        """All checks: first those of the machine, then those of the target."""
        if not self.options.is_configured:
            return examine(self.target, [Step("connection", lambda: skipped(f"not configured: {self.unset}"))])
        try:
            return [
                *examine("machine", environment.steps(self.libraries(), self.receipts, self.target)),
                *examine(self.target, self.steps()),
            ]
        finally:
            if self._store is not None:
                self._store.close()

    def resolve(self) -> Check:
        """Which of the users exist at the target?"""
        if not self.users:
            if not self.options.option_prefix:
                return skipped("no users were named")
            return skipped(
                "no users to check: doctor_users names nobody, and photos.yml declares nobody here with a photo and "
                "without known_problems"
            )
        answers = self.named.resolve(list(self.users))
        self.found = {name: answer for name, answer in answers.items() if isinstance(answer, User)}
        missing = [name for name, answer in answers.items() if isinstance(answer, Unresolved)]
        option = called("match_by", self.options.option_prefix, self.target)
        return found(self.where, len(self.users), len(self.found), missing, option=option, stops=self.writes)


def found(where: str, asked: int, number: int, missing: t.Sequence[str], *, option: str, stops: bool) -> Check:
    """How many of the users exist? ``stops``: a run fails if one is missing.

    ``option``: the option for the property that identifies users.
    """
    if not missing:
        return ok(f"all {asked} users are {where}" if asked > 1 else f"the user is {where}")
    words = f"{number} of {counted(asked, 'user')} {'is' if asked == 1 else 'are'} {where}; not: {some(missing)}"
    if not number:
        return fail(words, f"Are the names right, are they values of {option}, and is this the right place?")
    if stops:
        return fail(
            words,
            "A sync processes all other users and then fails. Correct their definitions, say where they are (targets "
            "in photos.yml), or accept it (known_problems in photos.yml, or sync_ignore_problems).",
        )
    return warn(words, "Correct their definitions, or take them out; every run reports them as unresolved.")


def readable(seen: t.Sequence[tuple[User, Observation]], seconds: float, advice: str = "") -> Check:
    """Could the photos of some users be read? ``seconds``: how long it took. ``advice``: used if some could not."""
    problems = [f"{user.identity}: {look.problem}" for user, look in seen if look.problem is not None]
    if len(problems) == len(seen):
        return fail(f"no photo of {counted(len(seen), 'user')} could be read; {problems[0]}")
    words = f"checked {counted(len(seen), 'user')} in {seconds:.1f} s"
    if problems:
        return warn(f"{words}; not possible for {len(problems)}: {some(problems, 2)}", advice)
    return ok(words)
