# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface to a target that the one algorithm uses. ``_graph``, ``_directory`` and ``_exchange`` implement it."""

from __future__ import annotations

import typing as t

from .._core.choice import EVERYBODY, Whom
from .._core.model import Observation, Resolution, User, Write, WriteResult

#: Called when a user's present tag is known: is the picture itself needed to decide? (None: there is a photo, but the
#: service gave no tag.) Never called for a user without a photo.
Wanted = t.Callable[[User, t.Optional[str]], bool]

#: Do the receipts say that this user has a photo?
Expected = t.Callable[[User], bool]

#: Called by ``resolve`` with observations that the store made on the way, a few at a time.
OnObserved = t.Callable[[t.Sequence[tuple[User, Observation]]], None]


class Memory(t.Protocol):
    """Small values that a store keeps from run to run, in the receipts file, for its target and authority."""

    def recall_many(self, keys: t.Sequence[str]) -> t.Mapping[str, str]:
        """The values that exist, by key, in a few queries."""

    def remember_many(self, values: t.Mapping[str, str]) -> None:
        """Save values in one transaction. Does nothing in check mode."""


class PhotoStore(t.Protocol):
    """A place that holds one photo per user.

    Every method may raise StoreError when it fails for all users; a problem of one user is in that user's value.
    Iterators yield as answers come, in any order, every user exactly once.
    """

    #: "ad", "exchange" or "exo".
    target: str
    #: May ``observe`` run in another thread while ``write`` does?
    overlaps: bool
    #: Does the target keep a photo's bytes as they are? Then its tag is their SHA-256.
    keeps_bytes: bool

    @property
    def authority(self) -> str:
        """The return value of ``open``; empty before."""

    @property
    def requests(self) -> int:
        """Requests sent so far (HTTP requests; LDAP operations), a batch counting as one."""

    @property
    def notes(self) -> list[str]:
        """Hints about this run for the reader, in sentences."""

    def open(self) -> str:
        """Connect and sign in, once.

        Returns the authority under which receipts are kept: tenant id, or DNS name of the domain.

        Raises PhotoError for options, files and libraries that cannot be used, StoreError when the target cannot be
        used. Constructors read and send nothing.
        """

    def resolve(self, identities: t.Sequence[str], on_observed: OnObserved | None = None) -> t.Mapping[str, Resolution]:
        """Users for identities, in bulk, keyed by the identity as given. No match or several matches: Unresolved.

        If one request can give both, ``on_observed`` gets the results of ``observe``, with pictures, for users whose
        pictures it would read in any case, and for no others.
        """

    def everyone(self, whom: Whom = EVERYBODY) -> t.Iterator[User]:
        """All users of the target, or those that match the filter and the group of ``whom``.

        Raises PhotoError for a filter that the target refuses, and for a group that is none or several.
        """

    def observe(
        self, users: t.Sequence[User], wanted: Wanted, expected: Expected | None = None
    ) -> t.Iterator[tuple[User, Observation]]:
        """What is there now, cheapest evidence first; ``picture`` is filled if ``wanted`` returned True.

        If ``expected`` is true, the receipts say that there is a photo: then the answer "no photo" is checked a second
        time.
        """

    def read(self, users: t.Sequence[User]) -> t.Iterator[tuple[User, Observation]]:
        """The whole photos, with the tag that they had when they were read: ``picture`` has all bytes."""

    def write(self, writes: t.Sequence[Write]) -> t.Iterator[tuple[User, WriteResult]]:
        """Carry out changes, each only while the target still holds what it was planned for."""

    def blocked(self) -> str | None:
        """Why the target accepts no photo at all now (a tenant's photo source policy), or None."""

    def limit(self) -> int | None:
        """The most bytes that the target accepts for one photo, if it says so itself (AD: rangeUpper)."""

    def close(self) -> None:
        """Close connections. May be called twice."""


@t.runtime_checkable
class KnowsHolders(t.Protocol):
    """A store that can list the users with a photo without a request for each user."""

    def holders(self) -> t.Iterator[User]:
        """All users with a photo. No photo is read."""
