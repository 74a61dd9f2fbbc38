# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP below everything: whole answers or none, no redirects, no .netrc, our CA, no secrets in errors."""

from __future__ import annotations

import io
import json
import socket
import typing as t
from pathlib import Path

import pytest
import requests
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import StoreError
from ansible_collections.hybrid.photos.plugins.module_utils._graph.auth.login import LoginClient
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.concurrency import Clock
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.retry import RetryPolicy
from ansible_collections.hybrid.photos.plugins.module_utils._graph.http.transport import Cut, Endpoint, Http, Reply
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError, ProtocolError, ProxyError

ROOT = "https://graph.test"


class Adapter(BaseAdapter):
    """Answers with one canned response, and keeps what it was asked."""

    def __init__(
        self, body: bytes = b"{}", status: int = 200, problem: Exception | None = None, **headers: str
    ) -> None:
        super().__init__()
        self.body, self.status, self.problem = body, status, problem
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.asked: list[tuple[requests.PreparedRequest, dict[str, t.Any]]] = []

    def send(self, request: requests.PreparedRequest, **options: t.Any) -> requests.Response:  # type: ignore[override]
        self.asked.append((request, options))
        if self.problem is not None:
            raise self.problem
        raw = HTTPResponse(
            io.BytesIO(self.body), self.headers, self.status, preload_content=False, request_method=request.method
        )
        return HTTPAdapter().build_response(request, raw)

    def close(self) -> None:
        pass


def http(adapter: Adapter, **options: t.Any) -> Http:
    made = Http(Endpoint(ROOT, options.pop("ca_cert", None), 30, **options))
    made._session.mount("https://", adapter)
    return made


def get(adapter: Adapter, **options: t.Any) -> t.Any:
    return http(adapter).send("GET", ROOT + "/x", {"Authorization": "Bearer s3cret"}, **options)


def test_an_answer() -> None:
    reply = get(Adapter(b"abc", Content_Length="3", Date="Tue, 14 Nov 2023 22:13:20 GMT"))
    assert (reply.status, reply.body, reply.headers["content-length"]) == (200, b"abc", "3")
    assert "abc" not in repr(reply)


def test_half_an_answer_is_none() -> None:
    with pytest.raises(Cut) as caught:
        get(Adapter(b"abc", Content_Length="5"))
    assert caught.value.sent


def test_too_much() -> None:
    with pytest.raises(StoreError, match="more than 10 bytes"):
        get(Adapter(b"x" * 11), max_bytes=10)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    adapter = Adapter(status=status, Location="https://evil.test/")
    with pytest.raises(StoreError, match="redirect"):
        get(adapter)
    assert len(adapter.asked) == 1


def test_netrc_and_cookies_stay_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine graph.test login eve password eve\n")
    monkeypatch.setenv("NETRC", str(netrc))
    adapter = Adapter(Set_Cookie="a=b; Path=/")
    made = http(adapter)
    for _time in range(2):
        made.send("GET", ROOT + "/x", {"Authorization": "Bearer s3cret"})
    assert [r.headers["Authorization"] for r, _options in adapter.asked] == ["Bearer s3cret"] * 2
    assert not any("Cookie" in r.headers for r, _options in adapter.asked)


def test_our_ca_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/environment.pem")
    for ca_cert, wins in (("/ours.pem", "/ours.pem"), (None, "/environment.pem")):
        adapter = Adapter()
        http(adapter, ca_cert=ca_cert).send("GET", ROOT, {})
        assert adapter.asked[0][1]["verify"] == wins


def test_proxies_come_from_the_environment_but_not_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "all_proxy", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "http://proxy.test:3128")
    for proxied in (True, False):
        adapter = Adapter()
        http(adapter, proxied=proxied).send("GET", ROOT, {})
        assert adapter.asked[0][1]["proxies"].get("https") == ("http://proxy.test:3128" if proxied else None)


def refused() -> Exception:
    return requests.ConnectionError(
        MaxRetryError(t.cast(t.Any, None), "/x", NewConnectionError(t.cast(t.Any, None), "no"))
    )


def proxy(said: str) -> Exception:
    reason = ProxyError("Unable to connect to proxy", OSError(said))
    return requests.exceptions.ProxyError(MaxRetryError(t.cast(t.Any, None), "/x", reason))


def unknown_name() -> Exception:
    reason = NameResolutionError("graph.test", t.cast(t.Any, None), socket.gaierror("x"))
    return requests.ConnectionError(MaxRetryError(t.cast(t.Any, None), "/x", reason))


@pytest.mark.parametrize(
    ("problem", "kind", "sent", "words"),
    [
        (refused(), Cut, False, "refused the connection"),
        (unknown_name(), Cut, False, "not known; check graph_url"),
        (requests.ConnectTimeout("x"), Cut, False, "30 s"),
        (requests.ReadTimeout("x"), Cut, True, "30 s"),
        (requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError(104))), Cut, True, "broke"),
        (requests.exceptions.ChunkedEncodingError("IncompleteRead"), Cut, True, "broke"),
        (requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED self-signed"), StoreError, None, "ca_cert"),
        (requests.exceptions.SSLError("WRONG_VERSION_NUMBER"), StoreError, None, "HTTPS"),
        (requests.exceptions.SSLError("UNEXPECTED_EOF_WHILE_READING"), Cut, True, "broke"),
        (proxy("Tunnel connection failed: 407 Proxy Authentication Required"), StoreError, None, "name and a password"),
        (proxy("Tunnel connection failed: 403 Forbidden"), StoreError, None, "refuses .403.*HTTPS_PROXY"),
        (proxy("Tunnel connection failed: 503 Service Unavailable"), Cut, False, "503.*HTTPS_PROXY"),
        (proxy("[Errno 104] Connection reset by peer"), Cut, False, "HTTPS_PROXY"),
        (OSError(2, "Could not find a suitable TLS CA certificate bundle"), StoreError, None, "ca_cert"),
    ],
)
def test_broken_connections(problem: Exception, kind: type[Exception], sent: bool | None, words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        get(Adapter(problem=problem))
    assert getattr(caught.value, "sent", None) == sent
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


class Quick(Clock):
    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def wait(self, condition: t.Any, seconds: float | None) -> None:
        self.now += seconds or 0


def test_the_login_is_retried_and_a_refusal_is_not() -> None:
    clock = Quick()
    for status, tries in ((503, 6), (429, 6), (400, 1), (401, 1)):
        adapter = Adapter(status=status, Retry_After="1")
        login = LoginClient(http(adapter), RetryPolicy(rand=lambda: 0.0), "authority_url", "https://login.test", clock)
        if tries > 1:
            with pytest.raises(StoreError, match=f"Sign-in: answered {status}"):
                login.post(ROOT + "/token", data={"client_secret": "s3cret"})
        else:
            assert login.post(ROOT + "/token", data={"client_secret": "s3cret"}, timeout=None).status_code == status
        assert len(adapter.asked) == tries
        assert adapter.asked[0][0].body == "client_secret=s3cret"


def test_a_login_that_fails_is_quoted_without_what_we_sent() -> None:
    told = {"error": "temporarily_unavailable", "error_description": "AADSTS90033: s3cret is busy. Trace ID: 1"}
    adapter = Adapter(json.dumps(told).encode(), 503)
    login = LoginClient(http(adapter), RetryPolicy(max_attempts=1), "authority_url", "https://login.test")
    with pytest.raises(StoreError, match=r"answered 503 \(temporarily_unavailable: AADSTS90033") as caught:
        login.post(ROOT + "/token", data={"client_secret": "s3cret"})
    assert "s3cret" not in str(caught.value)
    assert "Trace" not in str(caught.value)


def test_a_login_without_tls_on_this_machine_looks_to_msal_as_if_it_had_it() -> None:
    class Here:
        reached = True
        asked: t.ClassVar[list[str]] = []

        def send(self, _method: str, url: str, *_: t.Any, **_more: t.Any) -> Reply:
            self.asked.append(url)
            return Reply(200, {}, b'{"token_endpoint": "http://127.0.0.1:1/t/oauth2/v2.0/token"}')

    login = LoginClient(t.cast(t.Any, Here()), RetryPolicy(), "authority_url", "http://127.0.0.1:1")
    answer = login.get("https://127.0.0.1:1/t/v2.0/.well-known/openid-configuration")
    assert answer.text == '{"token_endpoint": "https://127.0.0.1:1/t/oauth2/v2.0/token"}'
    login.get("https://127.0.0.1:10/elsewhere")
    assert Here.asked == [
        "http://127.0.0.1:1/t/v2.0/.well-known/openid-configuration",
        "https://127.0.0.1:10/elsewhere",
    ]
