# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft 365 photos as a PhotoStore: what the one algorithm sees of Microsoft Graph."""

from __future__ import annotations

import typing as t
from urllib.parse import urlsplit

from .._core.choice import EVERYBODY, Whom
from .._core.model import Observation, PhotoError, Resolution, User, Write, WriteResult
from .._core.option_names import called
from .._sync.store import Expected, OnObserved, Wanted
from .auth.access_token import claims
from .auth.login import LoginClient
from .auth.methods import method_for
from .auth.token_source import TokenSource
from .expiry import MAY_READ, secret_end
from .http.client import Client
from .http.concurrency import AdaptiveLimit, Clock
from .http.retry import RetryPolicy
from .http.transport import Endpoint, Http
from .options import GraphOptions
from .permissions import Permissions
from .photos import Photos
from .settings import SettingsApi, SettingsNotThere
from .users import MATCH_BY, Directory
from .writes import MOST_BYTES, Writer


class GraphPhotoStore:
    """The photos of a tenant. ``concurrency``: most requests in flight; ``requests`` counts those to Graph.

    Nothing is read or sent before ``open``, which every method that needs the tenant calls by itself.
    """

    target = "exo"
    overlaps = True
    keeps_bytes = False

    def __init__(
        self,
        options: GraphOptions,
        *,
        match_by: str = "userPrincipalName",
        concurrency: int = 8,
        group_by: str | None = None,
        clock: Clock | None = None,
        policy: RetryPolicy | None = None,
    ) -> None:
        options.check()
        if match_by not in MATCH_BY:
            raise PhotoError(
                f"match_by: {match_by!r} is not known for Microsoft 365; use one of {', '.join(MATCH_BY)}."
            )
        if concurrency < 1:
            raise PhotoError(f"concurrency: {concurrency} is not a count from 1 up.")
        clock = clock or Clock()
        policy = policy or RetryPolicy(max_attempts=options.max_attempts, patience=options.max_wait)
        self.notes: list[str] = []
        self._options = options
        self._authority = ""
        self._method = method_for(options, lambda: _login(options, policy, clock), clock)
        self._tokens = TokenSource(self._method, clock)
        self.permissions = Permissions(self._claims)
        http = Http(Endpoint(options.graph_root, options.ca_cert, options.timeout, pool=concurrency), clock)
        self._client = Client(
            http,
            options.graph_root,
            self._tokens,
            limit=AdaptiveLimit(concurrency, clock),
            policy=policy,
            clock=clock,
        )
        #: photoUpdateSettings, for exo_photo_update_settings and doctor. Needs an open store.
        self.settings = SettingsApi(self._client, self.permissions)
        self._also = ("department",) if group_by == "department" else ()
        self._directory = self._directory_by(match_by)
        self._photos = Photos(self._client, self.permissions)
        self._writer = Writer(self._client, self._photos)

    @property
    def authority(self) -> str:
        """The tenant's id as our token names it; empty before ``open``."""
        return self._authority

    @property
    def requests(self) -> int:
        """Requests sent to Graph, a batch counting as one. Requests to the login are not counted."""
        return self._client.requests

    def validate(self) -> None:
        """What ``open`` looks at before it signs in: options, their files, libraries. PhotoError names the option."""
        self._options.validate()
        self._method.validate()

    def open(self) -> str:
        """Sign in, once; the tenant's id. PhotoError: what can be seen offline. StoreError: there is no token."""
        if not self._authority:
            self.validate()
            self._tokens.token()
            tenant = (self._claims() or {}).get("tid")
            if not isinstance(tenant, str) or not tenant:
                tenant = self._options.tenant_id or urlsplit(self._options.graph_root).netloc
            self._authority = tenant.lower()
        return self._authority

    def resolve(self, identities: t.Sequence[str], on_observed: OnObserved | None = None) -> t.Mapping[str, Resolution]:
        """Users for identities; see PhotoStore. Photos are asked for apart from users."""
        self.open()
        return self._directory.resolve(identities)

    def resolve_by(self, match_by: str, identities: t.Sequence[str]) -> t.Mapping[str, Resolution]:
        """Users by another property than the store's own."""
        self.open()
        return self._directory_by(match_by).resolve(identities)

    def _directory_by(self, match_by: str) -> Directory:
        option = called("match_by", self._options.option_prefix, "exo")
        return Directory(self._client, match_by, self.permissions, self._also, option)

    def everyone(self, whom: Whom = EVERYBODY) -> t.Iterator[User]:
        """All users of the tenant, also those without a photo or mailbox; see PhotoStore."""
        self.open()
        return self._directory.everyone(whom)

    def observe(
        self, users: t.Sequence[User], wanted: Wanted, expected: Expected | None = None
    ) -> t.Iterator[tuple[User, Observation]]:
        """What is there now; see PhotoStore."""
        self.open()
        return self._photos.observe(users, wanted, expected)

    def read(self, users: t.Sequence[User]) -> t.Iterator[tuple[User, Observation]]:
        """Whole photos; see PhotoStore."""
        self.open()
        return self._photos.read(users)

    def write(self, writes: t.Sequence[Write]) -> t.Iterator[tuple[User, WriteResult]]:
        """Carry out changes; see PhotoStore."""
        self.open()
        return self._writer.write(writes)

    def blocked(self) -> str | None:
        """The tenant takes photos from on-premises only; None also where we may not know."""
        self.open()
        try:
            source = self.settings.get().source
        except SettingsNotThere:
            return None  # not allowed, or no such settings: the answers to the writes will show it
        if source != "on_premises":
            return None
        return (
            "The tenant takes photos from on-premises only (photoUpdateSettings source is onPremises), so none can be "
            "written to Microsoft 365: set source: cloud with hybrid.photos.exo_photo_update_settings; a change takes "
            "up to 24 hours."
        )

    def limit(self) -> int | None:
        """Graph takes less than 4 MB."""
        return MOST_BYTES

    def token_roles(self) -> tuple[str, ...] | None:
        """The permissions that our token carries; None: it cannot be read."""
        self.open()
        return self.permissions.roles()

    def credential_end(self) -> float | None:
        """When the certificate or secret that we sign in with ends, in seconds since the epoch; None: not known."""
        self.open()
        ends = self._method.ends()
        secret, client_id = self._options.client_secret, self._options.client_id
        if ends is None and secret and client_id and MAY_READ.intersection(self.token_roles() or ()):
            ends = secret_end(self._client, client_id, secret)
        return ends

    @property
    def clock_skew(self) -> float | None:
        """Seconds that Graph's clock is ahead of ours, once it answered."""
        return self._client.clock_skew

    def close(self) -> None:
        """Give back connections."""
        self._client.close()

    def _claims(self) -> dict[str, t.Any] | None:
        return claims(self._tokens.current)


def _login(options: GraphOptions, policy: RetryPolicy, clock: Clock) -> LoginClient:
    """HTTP for one sign-in. The managed identity service is on this machine, so its timeout is short."""
    local = options.managed_identity
    endpoint = Endpoint(
        options.login_root,
        options.ca_cert,
        min(options.timeout, 5) if local else options.timeout,
        pool=1,
        proxied=not local,
        option="managed_identity" if local else "authority_url",
    )
    return LoginClient(Http(endpoint, clock), policy, endpoint.option, endpoint.root, clock)
