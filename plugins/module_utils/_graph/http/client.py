# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to Graph: each with a token, under one shared limit and one retry policy."""

from __future__ import annotations

import typing as t
import uuid

from ..._core.model import StoreError
from .batch import MOST
from .concurrency import AdaptiveLimit, BatchSize, Clock, Ticket
from .retry import NO_ANSWER, THROTTLED, TRANSIENT, RetryPolicy, retry_after
from .transport import Cut, Http, Reply


class Tokens(t.Protocol):
    """Where access tokens come from (auth/token_source.py)."""

    def token(self) -> str:
        """A token that is valid now."""

    def renew(self, refused: str) -> None:
        """Graph refused this token: get another one, or raise StoreError."""


class Client:
    """Graph, with a token on every request, the shared limit, and the retry policy."""

    def __init__(
        self,
        http: Http,
        root: str,
        tokens: Tokens,
        *,
        limit: AdaptiveLimit,
        policy: RetryPolicy,
        clock: Clock | None = None,
    ) -> None:
        self.limit = limit
        self.policy = policy
        self.clock = clock or Clock()
        self.batches = BatchSize(MOST, self.clock)
        self.root = root
        self._http = http
        self._tokens = tokens
        self._requests = 0
        self._wait = self.clock.condition()

    @property
    def reached(self) -> bool:
        """Has Graph answered at least once? Until then, a refused connection probably means a wrong address."""
        return self._http.reached

    @property
    def requests(self) -> int:
        """Requests sent so far, a batch counting as one."""
        return self._requests

    @property
    def clock_skew(self) -> float | None:
        """Seconds that Graph's clock is ahead of ours."""
        return self._http.clock_skew

    def token(self) -> str:
        """The token that a request would carry now."""
        return self._tokens.token()

    def renew(self, refused: str) -> None:
        """Graph refused this token inside a batch."""
        self._tokens.renew(refused)

    def attempt(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        content_type: str | None = None,
        headers: t.Mapping[str, str] | None = None,
    ) -> Reply:
        """One attempt, and a second with a new token when Graph refuses the first one's. Raises Cut, StoreError."""
        for _attempt in range(2):
            token = self._tokens.token()
            send = {"Authorization": f"Bearer {token}", "client-request-id": str(uuid.uuid4()), **(headers or {})}
            if content_type is not None:
                send["Content-Type"] = content_type
            with self._wait:  # several threads send
                self._requests += 1
            reply = self._http.send(method, self.root + path, send, body)
            if reply.status != 401:
                return reply
            self._tokens.renew(token)
        raise StoreError(
            "Microsoft Graph refuses a token that was just issued (401). Check that graph_url, authority_url and cloud "
            "belong together and that this machine's clock is right."
        )

    def call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        content_type: str | None = None,
        headers: t.Mapping[str, str] | None = None,
    ) -> Reply:
        """A request that may safely be sent twice, with retries. Raises StoreError when no answer came.

        The last answer is returned also when it is a failure; the caller judges its status.
        """
        attempts, waited = 0, 0.0
        while True:
            attempts += 1
            reply, problem = None, ""
            ticket = self.limit.acquire()
            try:
                reply = self.attempt(method, path, body, content_type, headers)
            except Cut as ex:
                problem = str(ex)
            finally:
                asked = self.feedback(ticket, reply)
            if reply is not None and reply.status not in TRANSIENT:
                return reply
            pause = self.give_up_or_wait(attempts, waited, asked)
            if pause is None:
                if reply is not None:
                    return reply
                raise StoreError(f"Microsoft Graph cannot be reached: {problem} ({attempts} attempts).")
            waited += pause
            self.sleep(pause)

    def feedback(self, ticket: Ticket, reply: Reply | None) -> float | None:
        """Tell the limit how a request ended, and for how many seconds a refused one asks all requests to wait."""
        status = reply.status if reply is not None else NO_ANSWER
        asked = None
        if reply is not None and status in TRANSIENT:
            asked = retry_after(reply.headers, self.clock.time())
        if status in THROTTLED:
            self.limit.throttled(ticket, asked)
            if asked:
                self.limit.shut(min(asked, self.policy.patience))
        self.limit.release(ticket, good=status not in TRANSIENT and status != NO_ANSWER)
        return asked

    def give_up_or_wait(self, attempts: int, waited: float, asked: float | None) -> float | None:
        """As the policy says, but an address that never answered is given up early."""
        if not self.reached and attempts >= 3:
            return None
        return self.policy.wait(attempts, waited, asked)

    def sleep(self, seconds: float) -> None:
        """Wait; Ctrl-C ends it."""
        until = self.clock.monotonic() + seconds
        with self._wait:
            while (left := until - self.clock.monotonic()) > 0:
                self.clock.wait(self._wait, left)

    def path_of(self, link: object, version: str = "/v1.0") -> str | None:
        """The path below ``version`` of a next link, or None when it leads anywhere but to Graph."""
        prefix = self.root + version
        if isinstance(link, str) and link.startswith(prefix + "/"):
            return link[len(prefix) :]
        return None

    def close(self) -> None:
        self._http.close()
