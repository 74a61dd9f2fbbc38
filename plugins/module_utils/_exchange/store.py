# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exchange Server as a PhotoStore: the photos of on-premises mailboxes."""

from __future__ import annotations

import typing as t

from .._core.choice import EVERYBODY, Whom
from .._core.model import Observation, Resolution, User, Write, WriteResult
from .._sync.store import Expected, OnObserved, Wanted
from .mailboxes import Mailboxes
from .options import ExchangeOptions
from .photos import Photos
from .pipelines import Clock, Pipelines
from .session import Session


class ExchangePhotoStore:
    """The mailboxes of the organization of ``options.server``. ``clear_record``: see ``cmdlets.remove_photo``."""

    target = "exchange"
    #: There is only one session, and its messages must stay in order.
    overlaps = False
    #: Exchange re-encodes each photo.
    keeps_bytes = False

    def __init__(
        self,
        options: ExchangeOptions,
        match_by: str = "userPrincipalName",
        *,
        clear_record: bool = False,
        session: Session | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.options = options
        self._session = session or Session(options)
        self.pipelines = Pipelines(self._session, options.concurrency, clock)
        self._mailboxes = Mailboxes(self.pipelines, options, match_by)
        self._photos = Photos(self.pipelines, options, clear_record=clear_record)
        self._authority = ""

    @property
    def authority(self) -> str:
        """The DNS domain of the server; empty before ``open``."""
        return self._authority

    @property
    def requests(self) -> int:
        """Cmdlets sent."""
        return self._session.requests

    @property
    def notes(self) -> list[str]:
        """Notes for the reader about this run."""
        notes = []
        if self.pipelines.reopened:
            notes.append(
                f"the session with {self.options.server} was lost {self.pipelines.reopened} times and reopened"
            )
        if self.pipelines.throttled:
            notes.append(f"the throttling policy made the run wait {self.pipelines.throttled:.0f} s")
        left = self._photos.records_left
        if left:
            notes.append(
                f"the photo was removed, but the record of that could not be cleared, of {', '.join(left[:5])}"
                + (f" and {len(left) - 5} more" if len(left) > 5 else "")
            )
        return notes

    def open(self) -> str:
        """Sign in once. Returns the server's DNS domain. Raises PhotoError, StoreError."""
        if not self._authority:
            self.options.validate()
            self.pipelines.open()
            self._authority = self.options.authority
        return self._authority

    def close(self) -> None:
        """See PhotoStore."""
        self._authority = ""
        self._session.close()

    def blocked(self) -> str | None:
        """Always None: Exchange has no switch that blocks all photos."""
        self.open()
        return None

    def limit(self) -> int | None:
        """Always None: Exchange does not report a size limit."""
        return None

    def resolve(self, identities: t.Sequence[str], on_observed: OnObserved | None = None) -> dict[str, Resolution]:
        """See PhotoStore. Photos are read separately, so ``on_observed`` is not called."""
        self.open()
        return self._mailboxes.resolve(identities)

    def resolve_by(self, match_by: str, identities: t.Sequence[str]) -> dict[str, Resolution]:
        """As ``resolve``, but by another property than the store's own."""
        self.open()
        return Mailboxes(self.pipelines, self.options, match_by).resolve(identities)

    def everyone(self, whom: Whom = EVERYBODY) -> t.Iterator[User]:
        """All on-premises mailboxes; see PhotoStore."""
        self.open()
        return self._mailboxes.everyone(whom)

    def observe(
        self, users: t.Sequence[User], wanted: Wanted, expected: Expected | None = None
    ) -> t.Iterator[tuple[User, Observation]]:
        """See PhotoStore."""
        self.open()
        return self._photos.observe(users, wanted, expected)

    def read(self, users: t.Sequence[User]) -> t.Iterator[tuple[User, Observation]]:
        """See PhotoStore."""
        self.open()
        return self._photos.read(users)

    def write(self, writes: t.Sequence[Write]) -> t.Iterator[tuple[User, WriteResult]]:
        """See PhotoStore."""
        self.open()
        return self._photos.write(writes)
