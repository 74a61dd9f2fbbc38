# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of each target, stated once: names, limits, default recipe, the attributes that name a user.

A new target is one more entry of ``TARGETS``. Reports, filters, argument specs and guards read the list from here. Read
it when it is needed (``TARGETS[name]``, ``names()``), so that no module keeps an older list.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .model import Mailbox, PhotoError, Recipe

#: Exchange Online accepts an on-premises thumbnailPhoto of at most so many bytes (Microsoft KB 3062745).
EXO_SYNC_LIMIT = 10_240
#: A value of match_by besides a target's own: another target says who the user is, and the account here is found by the
#: attribute that both accounts have (the source anchor; for Exchange Server the objectGUID).
ANCHOR = "anchor"


@dataclass(frozen=True, slots=True)
class Target:
    """A place that holds one photo for each user.

    ``tag`` is the field by which results name the photo there: ``sha256`` where the target keeps our bytes, ``etag``
    where it encodes the photo again. ``size`` (side in pixels) and ``max_bytes`` are the default recipe. The first of
    ``match_by`` is the default. ``sync_limit``: the most bytes that are passed on from here to Exchange Online.
    ``by_product``: which target also writes a small copy of its own photo here, and the side of that copy in pixels.
    ``elsewhere``: values of ``match_by`` with which another target says who the user is; ``tie`` is the attribute by
    which the account is then found here.
    """

    name: str
    title: str
    module: str
    tag: t.Literal["sha256", "etag"]
    match_by: tuple[str, ...]
    size: int
    max_bytes: int
    sync_limit: int | None = None
    by_product: tuple[str, int] | None = None
    elsewhere: tuple[str, ...] = (ANCHOR,)
    tie: str = "onPremisesImmutableId"

    @property
    def keeps_bytes(self) -> bool:
        """Does the target keep the bytes that we write, so that the JPEG can carry our mark?"""
        return self.tag == "sha256"

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that the modules' option ``match_by`` takes."""
        return (*self.match_by, *self.elsewhere)

    @property
    def recipe(self) -> Recipe:
        """The recipe that a photo module uses when no option changes it."""
        return Recipe(size=self.size, max_bytes=self.max_bytes, mark=self.keeps_bytes)

    def within_limit(self, size: int | None) -> bool | None:
        """Is a photo of ``size`` bytes passed on to Exchange Online? None: photos are not passed on from here, or it is
        not known.
        """
        return None if self.sync_limit is None or size is None else size <= self.sync_limit


#: By name, in the order for display.
TARGETS: dict[str, Target] = {
    "ad": Target(
        name="ad",
        title="Active Directory",
        module="hybrid.photos.ad_thumbnail_photo",
        tag="sha256",
        match_by=(
            "userPrincipalName",
            "sAMAccountName",
            "mail",
            "employeeID",
            "distinguishedName",
            "objectGUID",
            "employeeNumber",
            "proxyAddresses",
            "objectSid",
            "onPremisesImmutableId",
            *(f"extensionAttribute{number}" for number in range(1, 16)),
        ),
        size=96,
        max_bytes=EXO_SYNC_LIMIT,
        sync_limit=EXO_SYNC_LIMIT,
        # Set-UserPhoto leaves a thumbnailPhoto of 64x64.
        by_product=("Exchange Server", 64),
    ),
    "exchange": Target(
        name="exchange",
        title="Exchange Server",
        module="hybrid.photos.exchange_user_photo",
        tag="etag",
        match_by=("userPrincipalName", "sAMAccountName", "mail", "objectGUID"),
        size=648,
        # Pages about Set-UserPhoto name 500 KB; a square of 648 pixels is far smaller.
        max_bytes=500_000,
        # Its cmdlets have no filter for employeeID. Exchange's GUID of an account is Active Directory's objectGUID.
        elsewhere=("employeeID", ANCHOR),
        tie="objectGUID",
    ),
    "exo": Target(
        name="exo",
        title="Exchange Online",
        module="hybrid.photos.exo_user_photo",
        tag="etag",
        match_by=(
            "userPrincipalName",
            "id",
            "mail",
            "employeeId",
            "onPremisesImmutableId",
            "onPremisesSamAccountName",
            "onPremisesUserPrincipalName",
            "proxyAddresses",
        ),
        size=648,
        # Microsoft Graph accepts less than 4 MB (4,194,304 bytes).
        max_bytes=4_194_303,
    ),
}


#: Targets that keep photos in mailboxes, and the mailbox location that each needs.
MAILBOXES: dict[str, Mailbox] = {"exchange": "on_premises", "exo": "cloud"}


def names() -> tuple[str, ...]:
    """The names of all targets, in their order."""
    return tuple(TARGETS)


def title(name: str | None, otherwise: str = "The run") -> str:
    """The display name of a target; ``otherwise`` for an empty name."""
    return otherwise if name is None else TARGETS[name].title


def checked_name(value: t.Any, where: str) -> str:
    """``value`` as the name of a target. Raises PhotoError that names the place of the value."""
    if isinstance(value, str) and value in TARGETS:
        return str(value)
    known = names()
    allowed = f"{', '.join(known[:-1])} or {known[-1]}"
    raise PhotoError(f"{where}: the target must be {allowed}, not {value!r:.40}.")
