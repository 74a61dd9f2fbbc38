# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door to a target, as the one algorithm sees it. ``_graph``, ``_directory`` and ``_exchange`` implement it."""

from __future__ import annotations

import typing as t

from .._core.choice import EVERYBODY, Whom
from .._core.model import Observation, Resolution, User, Write, WriteResult

#: Asked once a user's present tag is known: is the picture itself needed to decide? (None: there is a photo, but the
#: service gave no tag.) Never asked for a user without a photo.
Wanted = t.Callable[[User, t.Optional[str]], bool]

#: Does our memory say that this user has a photo?
Expected = t.Callable[[User], bool]

#: Told by ``resolve`` what the store has seen of users by the way, a few at a time.
OnObserved = t.Callable[[t.Sequence[tuple[User, Observation]]], None]


class Memory(t.Protocol):
    """Small facts that a store keeps from run to run, in the receipts file, for its target and authority."""

    def recall_many(self, keys: t.Sequence[str]) -> t.Mapping[str, str]:
        """The values that there are, by key, in a few queries."""

    def remember_many(self, values: t.Mapping[str, str]) -> None:
        """Keep values in one transaction. Does nothing in check mode."""


class PhotoStore(t.Protocol):
    """A place that holds one photo per user.

    Every method may raise StoreError when nothing can be done for anybody; what concerns one user only is told in
    that user's value. Iterators yield as answers come, in any order, every user given exactly once.
    """

    #: "ad", "exchange" or "exo".
    target: str
    #: May ``observe`` run in another thread while ``write`` does?
    overlaps: bool
    #: Does the target keep a photo's bytes as they are? Then its tag is their SHA-256.
    keeps_bytes: bool

    @property
    def authority(self) -> str:
        """What ``open`` returned; empty before."""

    @property
    def requests(self) -> int:
        """Requests sent so far (HTTP requests; LDAP operations), a batch counting as one."""

    @property
    def notes(self) -> list[str]:
        """What a person should know of how this run went, in sentences."""

    def open(self) -> str:
        """Connect and sign in, once; what receipts are kept under: the tenant id, or the domain's DNS name.

        Raises PhotoError for options, files and libraries that cannot be used, StoreError when the target cannot be
        worked with. Constructors read and send nothing.
        """

    def resolve(self, identities: t.Sequence[str], on_observed: OnObserved | None = None) -> t.Mapping[str, Resolution]:
        """Users for identities, in bulk, keyed by the identity as given. None or several matches: Unresolved.

        Where one look can give both, ``on_observed`` gets what ``observe`` would say with the pictures, of users whose
        pictures it would read in any case; of the others nothing.
        """

    def everyone(self, whom: Whom = EVERYBODY) -> t.Iterator[User]:
        """All users of the target, or those that the filter and the group of ``whom`` leave.

        Raises PhotoError for a filter that the target does not take, and for a group that is none or several.
        """

    def observe(
        self, users: t.Sequence[User], wanted: Wanted, expected: Expected | None = None
    ) -> t.Iterator[tuple[User, Observation]]:
        """What is there now, cheapest evidence first; ``picture`` filled where ``wanted`` said so.

        Of whom ``expected`` is true our memory says that there is a photo: "there is none" is asked twice then.
        """

    def read(self, users: t.Sequence[User]) -> t.Iterator[tuple[User, Observation]]:
        """The whole photos, with the tag they had when they were read: ``picture`` holds all bytes."""

    def write(self, writes: t.Sequence[Write]) -> t.Iterator[tuple[User, WriteResult]]:
        """Carry out changes, each only while the target still holds what it was planned on."""

    def blocked(self) -> str | None:
        """Why the target takes no photo at all just now (a tenant's photo source policy), or None."""

    def limit(self) -> int | None:
        """The most bytes that the target takes for one photo, when it says so itself (AD: rangeUpper)."""

    def close(self) -> None:
        """Give back connections. Safe to call twice."""


@t.runtime_checkable
class KnowsHolders(t.Protocol):
    """A store that can tell who has a photo without a look at each user."""

    def holders(self) -> t.Iterator[User]:
        """All users with a photo. No photo is read."""
