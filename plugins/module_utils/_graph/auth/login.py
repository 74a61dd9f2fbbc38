# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP client for MSAL, with our CA, timeouts and retries."""

from __future__ import annotations

import typing as t

from ..._core.json_text import loads
from ..._core.model import StoreError
from ..http.concurrency import Clock
from ..http.retry import TRANSIENT, RetryPolicy, retry_after
from ..http.transport import Cut, Http, Reply
from .aadsts import quote

#: A discovery document or a token is a few kilobytes.
_MAX_REPLY = 1024 * 1024


def as_https(root: str) -> str:
    """The URL of a login as MSAL takes it: always https. LoginClient undoes it for one on this machine without TLS."""
    return root.replace("http://", "https://", 1) if root.startswith("http://") else root


class LoginReply:
    """What MSAL reads of an answer."""

    def __init__(self, reply: Reply, text: str) -> None:
        self.status_code = reply.status
        self.headers = reply.headers
        self.text = text

    def raise_for_status(self) -> None:
        """Failures that a retry could mend have been raised already; MSAL explains the others."""


class LoginClient:
    """MSAL's http_client. Token requests may safely be sent twice. ``root``: the login's URL."""

    def __init__(self, http: Http, policy: RetryPolicy, option: str, root: str, clock: Clock | None = None) -> None:
        self._http = http
        self._root = root
        self._policy = policy
        self._option = option
        self._clock = clock or Clock()
        self._wait = self._clock.condition()

    def get(
        self,
        url: str,
        params: t.Mapping[str, str] | None = None,
        headers: t.Mapping[str, str] | None = None,
        **_ignored: object,
    ) -> LoginReply:
        return self._call("GET", url, headers, None, params)

    def post(
        self,
        url: str,
        params: t.Mapping[str, str] | None = None,
        data: t.Mapping[str, str] | str | None = None,
        headers: t.Mapping[str, str] | None = None,
        **_ignored: object,
    ) -> LoginReply:
        return self._call("POST", url, headers, data, params)

    def close(self) -> None:
        self._http.close()

    def _call(
        self,
        method: str,
        url: str,
        headers: t.Mapping[str, str] | None,
        body: t.Mapping[str, str] | str | None,
        params: t.Mapping[str, str] | None,
    ) -> LoginReply:
        if url.startswith(as_https(self._root) + "/"):
            url = self._root + url[len(as_https(self._root)) :]
        attempts, waited = 0, 0.0
        while True:
            attempts += 1
            asked, advised = None, False
            try:
                reply = self._http.send(method, url, headers or {}, body, params=params, max_bytes=_MAX_REPLY)
                if reply.status not in TRANSIENT:
                    text = reply.body.decode("utf-8", "replace")
                    return LoginReply(reply, text.replace(self._root + "/", as_https(self._root) + "/"))
                problem = f"answered {reply.status}{_words(reply, body)}"
                asked = retry_after(reply.headers, self._clock.time())
            except Cut as ex:
                problem, advised = str(ex), ex.advises
            pause = self._policy.wait(attempts, waited, asked)
            if pause is None or (not self._http.reached and attempts >= 3):
                # Raised here, since MSAL's own message would say less. The URL is not named:
                # only its tenant may be wrong.
                advice = "" if advised else f"; check {self._option} and the network"
                raise StoreError(f"Sign-in: {problem} ({attempts} attempts){advice}.")
            waited += pause
            until = self._clock.monotonic() + pause
            with self._wait:
                while (left := until - self._clock.monotonic()) > 0:
                    self._clock.wait(self._wait, left)


def _words(reply: Reply, sent: t.Mapping[str, str] | str | None) -> str:
    """What a failed answer says, for the end of a sentence. Nothing of what was sent is repeated."""
    try:
        body = loads(reply.body)
    except ValueError:
        return ""
    if not isinstance(body, dict):
        return ""
    told = ": ".join(str(body[name]) for name in ("error", "error_description") if isinstance(body.get(name), str))
    secrets = [value for value in sent.values() if len(value) > 3] if isinstance(sent, t.Mapping) else []
    said = quote(told, secrets)
    return f" ({said})" if said else ""
