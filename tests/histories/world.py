# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A target in memory that knows the truth: who wrote which photo when, and what is shown meanwhile."""

from __future__ import annotations

import itertools
import time as real_time
import typing as t
from dataclasses import dataclass, field

from ansible_collections.hybrid.photos.plugins.module_utils._core.model import sha256

from . import pictures

#: Who wrote a photo: a person, or a run by its name. The service stores photos anew, which makes nobody their author.
PERSON = "a person"


class Clock:
    """Stands for the module ``time``. Waiting takes no time, but time passes by it."""

    strftime = staticmethod(real_time.strftime)
    gmtime = staticmethod(real_time.gmtime)

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass(frozen=True)
class Photo:
    """One state of one account's photo. ``data`` None: there is none. ``seq`` orders all events of a world."""

    seq: int
    author: str
    data: bytes | None = field(repr=False)
    tag: str | None
    number: int | None
    #: What was written before the service stored it anew.
    first: bytes | None = field(default=None, repr=False)
    #: The state of which the service made this one.
    anew_of: int | None = None


@dataclass
class Account:
    """``log`` has every state of the photo, the last one being the truth; ``shown_until`` hides our own writes."""

    index: int
    id: str
    log: list[Photo]
    hidden: Photo | None = None
    shown_until: float = 0.0
    problem: str | None = None
    deleted: bool = False

    @property
    def truth(self) -> Photo:
        return self.log[-1]


class World:
    """Accounts with names that move. ``kind`` is "exo" or "ad"."""

    def __init__(self, kind: str, accounts: int, clock: Clock | None = None) -> None:
        self.kind = kind
        self.clock = clock or Clock()
        self._numbers = itertools.count(1)
        self.accounts: list[Account] = []
        self.names: dict[str, int] = {}
        for _one in range(accounts):
            self.hire()

    def hire(self, name: str | None = None) -> Account:
        """A new account, under a name that may have been somebody else's."""
        index = len(self.accounts)
        account = Account(
            index, f"00000000-0000-4000-8000-{index:012d}", [Photo(next(self._numbers), PERSON, None, None, None)]
        )
        self.accounts.append(account)
        self.names[name or f"n{index}"] = index
        return account

    def by_identity(self, identity: str) -> Account | None:
        """By name, or by id."""
        if identity in self.names:
            account = self.accounts[self.names[identity]]
        else:
            account = next((a for a in self.accounts if a.id == identity), None)  # type: ignore[arg-type]
        return None if account is None or account.deleted else account

    def view(self, account: Account) -> Photo:
        """What the target shows now."""
        if account.hidden is not None and self.clock.now < account.shown_until:
            return account.hidden
        account.hidden = None
        return account.truth

    def lags(self, account: Account) -> bool:
        return self.view(account) is not account.truth

    def set(self, account: Account, data: bytes | None, author: str, lag: float = 0.0) -> Photo:
        """Somebody writes. ``lag``: for so many seconds the old photo is shown."""
        before = self.view(account)
        number = pictures.number_of(data)
        kept = data if data is None or self.kind == "ad" else pictures.anew(data, t.cast(int, number), 2)
        photo = self._photo(author, kept, number, data)
        account.log.append(photo)
        account.hidden, account.shown_until = (before, self.clock.now + lag) if lag else (None, 0.0)
        return photo

    def store_anew(self, account: Account) -> None:
        """The service stores a photo anew by itself: other bytes, another tag, and nobody wrote."""
        truth = account.truth
        if self.kind == "ad" or truth.data is None or self.lags(account):
            return
        seq = next(self._numbers)
        data = pictures.anew(t.cast(bytes, truth.first), t.cast(int, truth.number), seq)
        of = truth.anew_of if truth.anew_of is not None else truth.seq
        account.log.append(Photo(seq, truth.author, data, f'"{seq}"', truth.number, truth.first, of))

    def _photo(self, author: str, data: bytes | None, number: int | None, first: bytes | None) -> Photo:
        seq = next(self._numbers)
        tag = None if data is None else sha256(data) if self.kind == "ad" else f'"{seq}"'
        return Photo(seq, author, data, tag, number, first)
