# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same world behind the true Graph store: what it shows goes over HTTP in memory, and faults are faults of HTTP."""

from __future__ import annotations

import base64
import contextlib
import json
import random
import re
import typing as t
from unittest import mock
from urllib.parse import unquote

from ansible_collections.hybrid.photos.plugins.module_utils._core.model import (
    Observation,
    Resolution,
    StoreError,
    User,
    Write,
    WriteResult,
)
from ansible_collections.hybrid.photos.plugins.module_utils._graph import store as graph_store
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.retry import RetryPolicy
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.transport import Cut, Reply
from ansible_collections.hybrid.photos.plugins.module_utils._graph.options import GraphOptions
from ansible_collections.hybrid.photos.plugins.module_utils._sync.store import Expected, OnObserved, Wanted
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._graph.graph_simulation import (
    EPOCH,
    ROOT,
    SimulatedClock,
)

from . import pictures
from .door import Applied, Door, Fault, Killed
from .play import Play
from .world import Account, Clock, World

#: Of all requests and items of batches, so many are throttled or fail besides the faults of the story.
BAD_WEATHER = 0.03


class GraphClock(Clock):
    """The world's clock, which moves when all threads of the store wait."""

    def __init__(self, seed: int) -> None:
        self.simulated = SimulatedClock(seed, end=1e9)

    @property
    def now(self) -> float:
        return EPOCH + self.simulated.now

    @now.setter
    def now(self, value: float) -> None:
        self.simulated.now = value - EPOCH

    def sleep(self, seconds: float) -> None:
        self.simulated.sleep(seconds)


def _token(ends: float) -> str:
    body = {"tid": "tenant", "roles": ["User.Read.All", "ProfilePhoto.ReadWrite.All"], "exp": ends}
    part = base64.urlsafe_b64encode(json.dumps(body).encode()).decode().rstrip("=")
    return f"e30.{part}.e30"


class GraphDoor(Door):
    """A Door whose store is GraphPhotoStore."""

    def __init__(self, world: World, run: str, faults: t.Sequence[Fault], match_by: str) -> None:
        super().__init__(world, run, faults)
        self._clock = t.cast(GraphClock, world.clock).simulated
        self._random = random.Random(f"weather {run} {self._clock.now}")
        self._silent: set[int] = set()
        self._denied: set[int] = set()
        options = GraphOptions(access_token=_token(world.clock.now + 1e9), graph_url=ROOT)
        policy = RetryPolicy(rand=self._random.random)
        with mock.patch.object(graph_store, "Http", lambda *_args: self):
            self._store = graph_store.GraphPhotoStore(options, match_by=match_by, clock=self._clock, policy=policy)

    # -- the store ----------------------------------------------------------------------------------------------------

    def open(self) -> str:
        self.at("open")
        return self._alive(self._store.open)

    def resolve(self, identities: t.Sequence[str], on_observed: OnObserved | None = None) -> dict[str, Resolution]:
        return dict(self._alive(lambda: self._store.resolve(identities, on_observed)))

    def observe(
        self, users: t.Sequence[User], wanted: Wanted, expected: Expected | None = None
    ) -> t.Iterator[tuple[User, Observation]]:
        return self._each(self._store.observe(users, wanted, expected))

    def read(self, users: t.Sequence[User]) -> t.Iterator[tuple[User, Observation]]:
        return self._each(self._store.read(users))

    def write(self, writes: t.Sequence[Write]) -> t.Iterator[tuple[User, WriteResult]]:
        for user, result in self._each(self._store.write(writes)):
            if result.status == "written":
                self.trace.answered.add(self.account(user).index)
            yield user, result

    def blocked(self) -> str | None:
        return self._alive(self._store.blocked)

    def limit(self) -> int | None:
        return self._store.limit()

    def close(self) -> None:
        """Called by the store for its HTTP, and by a run for its store: there is nothing to give back."""

    def end(self) -> None:
        """Let the threads of this run come to their end; then tell what was found in them."""
        self._clock.finish()
        if self.broken is not None:
            raise self.broken

    def _alive(self, ask: t.Callable[[], t.Any]) -> t.Any:
        """An answer of the store, unless the run was killed meanwhile: then nothing more is done."""
        try:
            answer = ask()
        except Exception:
            if self.trace.killed:
                raise Killed from None
            raise
        if self.trace.killed:
            raise Killed
        return answer

    def _each(self, answers: t.Iterator[t.Any]) -> t.Iterator[t.Any]:
        nothing = object()
        while True:
            answer = self._alive(lambda: next(answers, nothing))
            if answer is nothing:
                return
            yield answer

    # -- Http ---------------------------------------------------------------------------------------------------------

    reached = True
    clock_skew: float | None = None

    def send(self, method: str, url: str, headers: t.Mapping[str, str], body: t.Any = None, **_: t.Any) -> Reply:
        path = url.removeprefix(ROOT)
        self._clock.sleep(self._random.uniform(0.02, 0.2))
        if self.trace.killed:
            raise Cut("the run was killed", sent=False)
        if self._gone:
            return _reply(401, {"error": {"code": "InvalidAuthenticationToken", "message": "revoked"}})
        if self._chance():
            if self._chance(0.5):
                raise Cut("the connection was refused", sent=False)
            return _reply(429, {"error": {"code": "TooManyRequests", "message": "wait"}}, {"Retry-After": "1"})
        try:
            if path.endswith("/$batch"):
                items = [self._item(each) for each in json.loads(body)["requests"]]
                return _reply(200, {"responses": items[::-1]})
            return self._serve(method, path, body)
        except Killed:
            raise Cut("the run was killed", sent=True) from None
        except StoreError:
            return _reply(401, {"error": {"code": "InvalidAuthenticationToken", "message": "revoked"}})

    def _item(self, each: dict[str, t.Any]) -> dict[str, t.Any]:
        if self._chance():
            reply = _reply(self._random.choice((429, 503, 504)), {"error": {"code": "x", "message": "x"}})
        else:
            reply = self._serve(each["method"], "/v1.0" + each["url"], None)
        content: t.Any = base64.b64encode(reply.body).decode()
        with contextlib.suppress(ValueError):
            content = json.loads(reply.body)
        return {"id": each["id"], "status": reply.status, "headers": dict(reply.headers), "body": content}

    def _chance(self, share: float = BAD_WEATHER) -> bool:
        return self._random.random() < share

    def _serve(self, method: str, path: str, body: t.Any) -> Reply:
        if path.startswith("/v1.0/users?"):
            return self._users(path)
        found = re.fullmatch(r"/v1\.0/users/([0-9a-f-]+)/(photo|photo/\$value|photos/96x96/\$value)", path)
        if found is None:
            return _reply(404, {"error": {"code": "ResourceNotFound", "message": "no such path"}})
        account = next(each for each in self.world.accounts if each.id == found[1])
        if method in ("PUT", "DELETE"):
            return self._put(account, body if method == "PUT" else None)
        fault = self.at("observe" if found[2] == "photo" else "read", account)
        if fault is not None and fault.what == "person" and found[2] != "photo":
            self.trace.torn.add(account.index)
        if fault is not None and fault.what == "silent":
            self._silent.add(account.index)
        elif fault is not None and fault.what == "problem":
            self._denied.add(account.index)
        trouble = self._trouble(account)
        return trouble if trouble is not None else self._photo(account, found[2])

    def _trouble(self, account: Account) -> Reply | None:
        if account.index in self._silent:
            return _reply(503, {"error": {"code": "UnknownError", "message": "busy"}})
        if account.deleted or account.problem == "no mailbox":
            return _reply(404, {"error": {"code": "ErrorNonExistentMailbox", "message": "no mailbox"}})
        if account.problem is not None or account.index in self._denied:
            return _reply(403, {"error": {"code": "ForbiddenByPolicy", "message": "not this one"}})
        return None

    def _users(self, path: str) -> Reply:
        fault = self.at("resolve")
        if fault is not None and fault.what == "silent":
            return _reply(503, {"error": {"code": "UnknownError", "message": "busy"}})
        values = []
        for name in re.findall(r"'([^']*)'", unquote(path)):
            account = self.world.by_identity(name)
            if account is not None:
                values.append({"id": account.id, "userPrincipalName": name, "displayName": name})
        return _reply(200, {"value": values})

    def _photo(self, account: Account, what: str) -> Reply:
        photo = self.world.view(account)
        self.trace.shown.setdefault(account.index, set()).update({("tag", photo.tag), ("number", photo.number)})
        if photo.data is None:
            return _reply(404, {"error": {"code": "ImageNotFound", "message": "none"}})
        if what == "photo":
            tag = {"@odata.mediaEtag": photo.tag, "@odata.mediaContentType": "image/jpeg"}
            return _reply(200, {**tag, "width": pictures.SIDE, "height": pictures.SIDE})
        return Reply(200, {"Content-Type": "image/jpeg", "ETag": t.cast(str, photo.tag)}, photo.data)

    def _put(self, account: Account, data: bytes | None) -> Reply:
        fault = self.at("write", account)
        what, value = (fault.what, fault.value) if fault is not None else ("", 0)
        trouble = self._trouble(account)
        if trouble is not None:
            return trouble
        if what == "refuse":
            return _reply(403, {"error": {"code": "ForbiddenByPolicy", "message": "not this one"}})
        if what == "not sent":
            raise Cut("the connection was cut", sent=True)
        if what == "void":
            return _reply(200, {})
        lag = float(value) if what in ("lag", "lost and late") else 0.0
        lagged, before = self.world.lags(account), account.truth
        after = self.world.set(account, data, self.run, lag)
        applied = Applied(account, before, after, lagged or bool(lag), False)
        self.trace.applied.append(applied)
        self.broken = self.broken or self._judged(applied)
        self.at("written", account)
        if what.startswith("lost"):
            if self._chance(0.5):
                return _reply(504, {"error": {"code": "UnknownError", "message": "late"}})
            raise Cut("the connection was cut", sent=True)
        return _reply(200, {})

    broken: BaseException | None = None

    def _judged(self, applied: Applied) -> BaseException | None:
        """What on_apply says of a write, kept for the main thread, which alone is heard."""
        try:
            self.on_apply(applied)
        except BaseException as error:
            return error
        return None


def _reply(status: int, body: t.Any, headers: t.Mapping[str, str] | None = None) -> Reply:
    return Reply(status, {"Content-Type": "application/json", **(headers or {})}, json.dumps(body).encode())


class GraphPlay(Play):
    """A history of the true Graph store."""

    def new_world(self) -> World:
        return World("exo", self.story.accounts, GraphClock(self.story.seed))

    def new_door(self, run: str, faults: t.Sequence[Fault], match_by: str) -> Door:
        return GraphDoor(self.world, run, without_the_gap(faults), match_by)


#: Between the look right before a write and the write itself Graph leaves a gap (docs/safety.md), so nobody else
#: writes there in these histories.
def without_the_gap(faults: t.Sequence[Fault]) -> list[Fault]:
    return [fault for fault in faults if not (fault.point == "write" and fault.what == "person")]
