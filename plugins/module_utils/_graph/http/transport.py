# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP to Graph and to the login: one pooled session each, single attempts. The only file that knows requests.

A body that ends early is a broken connection, whatever the status is. Each answer is limited in time, from the
connection to the last byte, and in size, before and after it is unpacked.
Redirects are not followed, cookies are not kept, .netrc is not read (it would replace our Authorization header), and
no exception carries a header or a body that we sent.
"""

from __future__ import annotations

import email.utils
import os
import re
import threading
import typing as t
import zlib
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

from ..._core.deadline import Guard, deadline
from ..._core.model import PhotoError, StoreError
from ..options import with_variables
from .concurrency import Clock
from .retry import TRANSIENT
from .tls import CA_CERT, certificate_problem

try:
    import requests
    from requests.adapters import HTTPAdapter
    from requests.cookies import RequestsCookieJar
    from urllib3.exceptions import HTTPError

    _MISSING: str | None = None
except ImportError as ex:
    _MISSING = str(ex)

USER_AGENT = "hybrid.photos (Ansible collection)"
#: A batch of twenty small pictures is some hundred kilobytes; a photo has less than 4 MB.
MAX_REPLY = 64 * 1024 * 1024
_CHUNK = 32 * 1024
#: Timeouts for all of an answer: to connect, to be answered, and to read it. Large ones get more time while they move
#: at this speed at least (bytes a second), but never more than so many timeouts.
_TIMEOUTS = 3
_SLOWEST = 32 * 1024
_MOST_TIMEOUTS = 10
#: What we can unpack piece by piece, with a limit: 32 KB of zstd or brotli may hold gigabytes.
_ENCODINGS = "gzip, deflate"


class Cut(Exception):
    """No complete answer came. The text can be used in a message.

    ``sent``: the request may have reached the service. ``advises``: the text already says which option to look at.
    """

    def __init__(self, text: str, *, sent: bool, advises: bool = False) -> None:
        super().__init__(text)
        self.sent = sent
        self.advises = advises


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer. Names in ``headers`` are compared without regard to case."""

    status: int
    headers: t.Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server: its root URL, the CA file for its certificate (None: the system's), and the timeout in seconds."""

    root: str
    ca_cert: str | None
    timeout: float
    pool: int = 8
    #: False for instance metadata: it is on this machine, and a proxy would ask its own.
    proxied: bool = True
    #: The options to check when it does not answer; for messages.
    option: str = "graph_url"


def need_requests() -> None:
    """Raise PhotoError when the library is not installed for this Python."""
    if _MISSING is not None:
        raise PhotoError(
            f"The Python library requests is needed for Microsoft Graph ({_MISSING}): pip install requests"
        )


class Http:
    """One pooled session to one endpoint. Sends single attempts, judges no status, and may be shared by threads."""

    def __init__(self, endpoint: Endpoint, clock: Clock | None = None) -> None:
        need_requests()
        self._endpoint = endpoint
        self._clock = clock or Clock()
        self._session = requests.Session()
        # From the environment come only proxies (below); no .netrc, and no CA that would override ca_cert.
        self._session.trust_env = False
        self._session.cookies = _no_cookies()
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": _ENCODINGS})
        self._session.verify = endpoint.ca_cert or _environment_ca() or True
        # Where http is allowed at all, it stays on this machine: a proxy would get secret and token in clear.
        if endpoint.proxied and not endpoint.root.startswith("http://"):
            self._session.proxies = dict(requests.utils.get_environ_proxies(endpoint.root, no_proxy=None))
        adapter = _Adapter(pool_connections=2, pool_maxsize=endpoint.pool + 1, max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        #: Seconds that the server's clock is ahead of ours, from the last answer that told.
        self.clock_skew: float | None = None
        self.reached = False

    def send(
        self,
        method: str,
        url: str,
        headers: t.Mapping[str, str],
        body: bytes | t.Mapping[str, str] | str | None = None,
        *,
        params: t.Mapping[str, str] | None = None,
        max_bytes: int = MAX_REPLY,
    ) -> Reply:
        """One attempt. Raises Cut, or StoreError where a second attempt would not help (TLS, proxy, redirect)."""
        timeout = self._endpoint.timeout
        sent = len(body) if isinstance(body, (bytes, str)) else 0
        with deadline(min(_TIMEOUTS * timeout + sent / _SLOWEST, _MOST_TIMEOUTS * timeout)) as guard:
            _under_way.guard = guard
            try:
                with self._session.request(
                    method,
                    url,
                    params=params,
                    data=body,
                    headers=dict(headers),
                    timeout=(timeout, timeout),
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    self._look_at_clock(response.headers.get("Date"))
                    content = self._whole(response, max_bytes, guard)
                    if guard.late:  # the end that was read may be the one that we made
                        raise self._too_slow()
                    self.reached = True
                    if 300 <= response.status_code < 400 and response.status_code != 304:
                        raise StoreError(
                            f"{self._name} answered with a redirect ({response.status_code}), which is not followed "
                            f"since it could carry the token elsewhere; check {self._endpoint.option} and proxies."
                        )
                    return Reply(response.status_code, response.headers, content)
            except (requests.exceptions.RequestException, HTTPError) as ex:
                raise (self._too_slow() if guard.late else self._explain(ex)) from None
            except OSError as ex:
                if guard.late:
                    raise self._too_slow() from None
                # requests raises a bare OSError for a CA file that is not there.
                raise StoreError(
                    f"{self._name}: {ex.strerror or 'file not found'}; check {CA_CERT} or REQUESTS_CA_BUNDLE."
                ) from None
            finally:
                _under_way.guard = None

    def close(self) -> None:
        self._session.close()

    @property
    def _name(self) -> str:
        return urlsplit(self._endpoint.root).netloc

    def _too_slow(self) -> Cut:
        return Cut(
            f"{self._name} took too long to send its answer (timeout is {self._endpoint.timeout:g} s)", sent=True
        )

    def _whole(self, response: requests.Response, max_bytes: int, guard: Guard) -> bytes:
        timeout = self._endpoint.timeout
        started = self._clock.monotonic()
        unpack = _Unpacker(response.headers.get("Content-Encoding", ""))
        parts, size, packed = [], 0, 0
        for piece in response.raw.stream(_CHUNK, decode_content=False):
            packed += len(piece)
            guard.extend(min(_TIMEOUTS * timeout + packed / _SLOWEST, _MOST_TIMEOUTS * timeout))
            if self._clock.monotonic() - started > _MOST_TIMEOUTS * timeout:
                raise self._too_slow()
            try:
                part = unpack.feed(piece, max_bytes - size + 1)
            except (zlib.error, ValueError) as ex:
                raise Cut(f"{self._name} sent an answer that cannot be unpacked", sent=True) from ex
            parts.append(part)
            size += len(part)
            if size > max_bytes:
                raise StoreError(
                    f"{self._name} sent more than {max_bytes} bytes in one answer; nothing of it was used."
                )
        announced = response.headers.get("Content-Length", "")
        # Counted on the wire, before any decompression.
        short = announced.isdigit() and response.request.method != "HEAD" and response.raw.tell() < int(announced)
        if short or (packed and not unpack.whole):
            raise Cut(f"{self._name} closed the connection before its answer was complete", sent=True)
        return b"".join(parts)

    def _explain(self, ex: Exception) -> Exception:
        """An exception of the library, without URLs' queries, headers and bodies."""
        errors = requests.exceptions
        option = with_variables(self._endpoint.option)
        text = str(ex)
        if isinstance(ex, errors.SSLError):
            if "CERTIFICATE_VERIFY_FAILED" in text:
                host = urlsplit(self._endpoint.root).hostname or self._name
                ca = self._endpoint.ca_cert or _environment_ca()
                return StoreError(f"{self._name}: {certificate_problem(ex, host, option, ca)}.")
            if "EOF" in text or "UNEXPECTED_EOF" in text or "decryption failed" in text.lower():
                return Cut(f"{self._name} broke the TLS connection", sent=True)
            return StoreError(f"{self._name}: TLS failed; check {option}, {CA_CERT} and that the port speaks HTTPS.")
        if isinstance(ex, errors.ProxyError):
            return self._proxy_problem(text)
        if isinstance(ex, errors.ConnectTimeout):
            return Cut(f"{self._name} did not accept a connection in {self._endpoint.timeout:g} s", sent=False)
        if isinstance(ex, errors.Timeout) or "Read timed out" in text:
            return Cut(f"{self._name} did not answer in {self._endpoint.timeout:g} s", sent=True)
        if "NameResolutionError" in text or "Name or service not known" in text:
            return Cut(f"the name {self._name} is not known; check {option}", sent=False, advises=True)
        if "NewConnectionError" in text:
            return Cut(f"{self._name} refused the connection; check {option} and the network", sent=False, advises=True)
        if isinstance(ex, (errors.InvalidURL, errors.MissingSchema, errors.InvalidSchema, errors.InvalidHeader)):
            return StoreError(f"{self._name}: the request cannot be made ({type(ex).__name__}); check {option}.")
        return Cut(f"{self._name} broke the connection", sent=True)

    def _proxy_problem(self, text: str) -> Exception:
        """StoreError when a proxy refuses; Cut when it does not answer, since the next attempt may succeed."""
        said = re.search(r"Tunnel connection failed: (\d{3})", text)
        status = int(said[1]) if said else 0
        check = "check HTTPS_PROXY and NO_PROXY"
        if status == 407:
            return StoreError(f"{self._name}: the proxy from the environment requires a name and a password; {check}.")
        if said and status not in TRANSIENT:
            return StoreError(f"{self._name}: the proxy from the environment refuses ({status}); {check}.")
        why = f"answered {status}" if said else "broke the connection, or cannot be reached"
        return Cut(f"{self._name}: the proxy from the environment {why}; {check}", sent=False, advises=True)

    def _look_at_clock(self, date: str | None) -> None:
        if date:
            try:
                self.clock_skew = email.utils.parsedate_to_datetime(date).timestamp() - self._clock.time()
            except (ValueError, TypeError):
                pass  # a broken Date says nothing about the answer


def _environment_ca() -> str | None:
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or None


def _no_cookies() -> RequestsCookieJar:
    jar = RequestsCookieJar()
    jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return jar


class _Unpacker:
    """Unpacks a body piece by piece. ValueError for an encoding that we did not ask for."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding.strip().lower() or "identity"
        if self._encoding in ("gzip", "x-gzip"):
            self._zlib: t.Any = zlib.decompressobj(16 + zlib.MAX_WBITS)
        else:
            self._zlib = zlib.decompressobj() if self._encoding == "deflate" else None
        self._first = True

    @property
    def whole(self) -> bool:
        """Has the end of the packed data been seen?"""
        return self._zlib is None or bool(self._zlib.eof)

    def feed(self, piece: bytes, most: int) -> bytes:
        """At most ``most`` bytes of this piece, unpacked. The caller raises an error when it gets that many."""
        if self._zlib is None:
            if self._encoding != "identity":
                raise ValueError(self._encoding)
            return piece
        if self._first and self._encoding == "deflate" and piece[0] & 0x0F != 8:
            self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)  # some servers leave the zlib header out
        self._first = False
        return t.cast(bytes, self._zlib.decompress(piece, most))


#: The guard of the request that this thread is sending.
_under_way = threading.local()


def _watched(connection: t.Any) -> t.Any:
    """A connection class of urllib3 whose sockets are shown to the guard of the request that uses them."""

    class Watched(connection):  # type: ignore[misc]
        def _new_conn(self) -> t.Any:
            made = super()._new_conn()
            _show(made)
            return made

        def putrequest(self, *arguments: t.Any, **options: t.Any) -> t.Any:
            if self.sock is not None:  # it was kept from an earlier request
                _show(self.sock)
            return super().putrequest(*arguments, **options)

    return Watched


def _show(made: t.Any) -> None:
    guard: Guard | None = getattr(_under_way, "guard", None)
    if guard is not None:
        guard.watch(made.fileno())


if _MISSING is None:

    class _Adapter(HTTPAdapter):
        """Connections, direct and over proxies, that end when the time of their request is over."""

        def init_poolmanager(self, *arguments: t.Any, **options: t.Any) -> None:
            super().init_poolmanager(*arguments, **options)
            _watch_pools(self.poolmanager)

        def proxy_manager_for(self, *arguments: t.Any, **options: t.Any) -> t.Any:
            manager = super().proxy_manager_for(*arguments, **options)
            _watch_pools(manager)
            return manager


def _watch_pools(manager: t.Any) -> None:
    classes = manager.pool_classes_by_scheme
    if not any(hasattr(cls, "watched") for cls in classes.values()):
        manager.pool_classes_by_scheme = {
            scheme: type(cls.__name__, (cls,), {"ConnectionCls": _watched(cls.ConnectionCls), "watched": True})
            for scheme, cls in classes.items()
        }
