# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Some of the random histories of tests/histories, with the true directory store on a real domain controller."""

from __future__ import annotations

import os
import random
import string
import typing as t
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest

pytest.importorskip("ldap")
if "HYBRID_PHOTOS_SANDBOX" not in os.environ:
    pytest.skip("needs the sandbox: tests/sandbox/sandbox run --netns -- pytest ...", allow_module_level=True)

from ansible_collections.hybrid.photos.plugins.module_utils._core.model import (
    Observation,
    Resolution,
    StoreError,
    User,
    Write,
    WriteResult,
    sha256,
)
from ansible_collections.hybrid.photos.plugins.module_utils._directory.options import DirectoryOptions
from ansible_collections.hybrid.photos.plugins.module_utils._directory.store import DirectoryPhotoStore
from ansible_collections.hybrid.photos.plugins.module_utils._sync.receipts import Receipts
from ansible_collections.hybrid.photos.plugins.module_utils._sync.store import Expected, OnObserved, Wanted
from ansible_collections.hybrid.photos.tests.histories import runner, story
from ansible_collections.hybrid.photos.tests.histories.door import Applied, Door, Fault
from ansible_collections.hybrid.photos.tests.histories.play import Play
from ansible_collections.hybrid.photos.tests.histories.world import Account, Photo, World
from domain.control import Domain, connection

SANDBOX = Path(os.environ["HYBRID_PHOTOS_SANDBOX"])
SEEDS = range(40)
MOST = 4
#: Steps that change who somebody is, or what may be read of them, need more than a photo to be changed in the domain.
LEFT_OUT = {"rename", "reuse", "hire", "leave", "trouble"}


class DomainWorld(World):
    """A world whose photos are those of accounts in the domain. Its log is what an administrator finds there."""

    def __init__(self, domain: Domain, upns: t.Sequence[str]) -> None:
        super().__init__("ad", len(upns))
        self.domain = domain
        self.names = {upn: index for index, upn in enumerate(upns)}
        self.upns = list(upns)
        for account, upn in zip(self.accounts, upns, strict=True):
            account.id = str(domain.guid(upn))
            domain.set_photo(upn, None)

    def set(self, account: Account, data: bytes | None, author: str, lag: float = 0.0) -> Photo:
        self.domain.set_photo(self.upns[account.index], data)
        return super().set(account, data, author, lag)

    def looked_at(self, account: Account, author: str) -> tuple[Photo, Photo] | None:
        """What a write of ours has changed: before and after. None: nothing."""
        before, now = account.truth, self.domain.photo(self.upns[account.index])
        if now == before.data:
            return None
        return before, super().set(account, now, author)


class DomainDoor(Door):
    """A Door whose store is DirectoryPhotoStore. Faults come between its calls."""

    def __init__(self, world: DomainWorld, run: str, faults: t.Sequence[Fault], match_by: str) -> None:
        super().__init__(world, run, faults)
        self._by: t.Any = "objectGUID" if match_by == "id" else match_by
        self._domain = world
        self.store: DirectoryPhotoStore | None = None

    def remember_in(self, memory: Receipts | None) -> None:
        options = DirectoryOptions.from_params(connection(SANDBOX))
        self.store = DirectoryPhotoStore(options, match_by=self._by, memory=memory)

    @property
    def _store(self) -> DirectoryPhotoStore:
        assert self.store is not None
        return self.store

    def open(self) -> str:
        self.at("open")
        return self._store.open()

    def resolve(self, identities: t.Sequence[str], on_observed: OnObserved | None = None) -> dict[str, Resolution]:
        fault = self.at("resolve")
        if fault is not None and fault.what == "silent":
            raise StoreError("no answer")

        def told(seen: t.Sequence[tuple[User, Observation]]) -> None:
            kept = [(user, self._seen(user, what)) for user, what in seen]
            if on_observed is not None:
                on_observed(kept)

        return dict(self._store.resolve(identities, told))

    def observe(
        self, users: t.Sequence[User], wanted: Wanted, expected: Expected | None = None
    ) -> t.Iterator[tuple[User, Observation]]:
        for user in users:
            self.at("observe", self.account(user))
            for _user, what in self._store.observe([user], wanted, expected):
                yield user, self._seen(user, what)

    def read(self, users: t.Sequence[User]) -> t.Iterator[tuple[User, Observation]]:
        for user in users:
            fault = self.at("read", self.account(user))
            if fault is None or fault.what != "left out":
                for _user, what in self._store.read([user]):
                    yield user, self._seen(user, what)

    def write(self, writes: t.Sequence[Write]) -> t.Iterator[tuple[User, WriteResult]]:
        for write in writes:
            account = self.account(write.user)
            fault = self.at("write", account)
            what = fault.what if fault is not None else ""
            if what in ("not sent", "refuse"):
                yield write.user, WriteResult("failed" if what == "refuse" else "uncertain", what)
                continue
            ((_user, result),) = self._store.write([write])
            changed = self._domain.looked_at(account, self.run)
            if changed is not None:
                self.trace.applied.append(Applied(account, *changed, False, False))
                self.on_apply(self.trace.applied[-1])
            self.at("written", account)
            if result.status == "written":
                self.trace.answered.add(account.index)
            yield write.user, WriteResult("uncertain") if what.startswith("lost") else result

    def blocked(self) -> str | None:
        return self._store.blocked()

    def limit(self) -> int | None:
        return self._store.limit()

    def close(self) -> None:
        if self.store is not None:
            self.store.close()

    def end(self) -> None:
        self.close()

    def _seen(self, user: User, what: Observation) -> Observation:
        tag = what.tag if what.present else None
        numbers = {photo.number for photo in self.account(user).log if photo.tag == tag}
        shown = self.trace.shown.setdefault(self.account(user).index, set())
        if what.problem is None:
            shown.update({("tag", tag), *(("number", number) for number in numbers)})
        assert what.picture is None or sha256(what.picture) == tag
        return what


@pytest.fixture(scope="module")
def upns() -> t.Iterator[tuple[Domain, list[str]]]:
    """A few accounts of this module's own, gone afterwards."""
    domain = Domain.from_sandbox(SANDBOX)
    mark = "h" + "".join(random.choices(string.ascii_lowercase, k=8))
    names = [f"{mark}{number}@photos.test" for number in range(MOST)]
    for name in names:
        domain.add_user(name, name.partition("@")[0])
    yield domain, names
    for name in names:
        domain.delete_user(name)
    domain.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_history_breaks_no_promise(seed: int, upns: tuple[Domain, list[str]]) -> None:
    domain, names = upns

    class DomainPlay(Play):
        def new_world(self) -> World:
            return DomainWorld(domain, names[: self.story.accounts])

        def reuse(self, step: story.Step) -> None:
            """Names stay with their accounts here."""

        def new_door(self, run: str, faults: t.Sequence[Fault], match_by: str) -> Door:
            return DomainDoor(t.cast(DomainWorld, self.world), run, faults, match_by)

    drawn = story.draw(seed, ("ad",))
    steps = tuple(step for step in drawn.steps if step.kind not in LEFT_OUT)
    drawn = replace(drawn, steps=steps, accounts=min(MOST, drawn.accounts))
    with runner.at_one_speed(), mock.patch.dict(runner.PLAYS, {"ad": DomainPlay}):
        found = runner.tell(drawn)
    assert found.broken is None, f"{found.text}\n{drawn}"
