# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the receipts can know, told from what really happened. What a killed run may have noted is left open."""

from __future__ import annotations

import typing as t

from .world import PERSON, Account, Photo, World


class Truth:
    """Which photos are ours, and who held which name. Everything is forgotten when the receipts are lost."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.forget()

    def forget(self) -> None:
        #: By account: the states of the photo that we wrote or took for ours, and what they show.
        self._ours: dict[int, set[int]] = {}
        self._perhaps: dict[int, set[int]] = {}
        self._numbers: dict[int, set[int | None]] = {}
        #: What was there before a write that nobody saw: whoever sets it again looks as if the write was not done yet.
        #: And what was to be written then: whoever sets that looks as if the write had come late.
        self._unseen: dict[int, set[int | None]] = {}
        #: By name: the account that was last in order with the pictures it had, and all that ever may have been.
        self._holder: dict[str, tuple[int, set[int]]] = {}
        self._holders: dict[str, set[int]] = {}

    @staticmethod
    def _base(photo: Photo) -> int:
        return photo.seq if photo.anew_of is None else photo.anew_of

    def seen(self, account: Account, tag: str | None) -> list[Photo]:
        """The states that show this tag (None: no photo)."""
        return [photo for photo in account.log if photo.tag == tag]

    def written(self, account: Account, before: Photo, photo: Photo) -> None:
        self.adopted(account, [photo], True)
        self._unseen.setdefault(account.index, set()).add(before.number)

    def perhaps_written(self, account: Account, number: int | None) -> None:
        """A run meant to write this, and nobody knows whether it did."""
        self._unseen.setdefault(account.index, set()).add(number)

    def verified(self, account: Account) -> None:
        self._unseen.pop(account.index, None)

    def adopted(self, account: Account, photos: t.Sequence[Photo], surely: bool) -> None:
        kept = self._ours if surely else self._perhaps
        kept.setdefault(account.index, set()).update(self._base(photo) for photo in photos)
        self._numbers.setdefault(account.index, set()).update(photo.number for photo in photos)

    def is_known(self, account: Account) -> bool:
        """Have we a receipt for it?"""
        return bool(self._ours.get(account.index))

    def is_surely_ours(self, account: Account, photo: Photo) -> bool:
        return self._base(photo) in self._ours.get(account.index, set())

    def is_surely_foreign(self, account: Account, photo: Photo) -> bool:
        """A person set a picture that we never put there, after we had put one."""
        ours = self._ours.get(account.index, set())
        if not ours or photo.author != PERSON or self._base(photo) < min(ours):
            return False
        perhaps = self._perhaps.get(account.index, set())
        known = self._numbers[account.index] | self._unseen.get(account.index, set())
        return self._base(photo) not in ours | perhaps and photo.number not in known

    def in_order(self, name: str, index: int, number: int | None, surely: bool = True) -> None:
        self._holders.setdefault(name, set()).add(index)
        before, pictures = self._holder.get(name, (index, set()))
        if surely:
            mine = {number} if number is not None else set()
            self._holder[name] = (index, pictures | mine if before == index else mine)
        elif before != index:
            self._holder.pop(name, None)

    def was_somebody_else(self, name: str, index: int, number: int | None) -> bool:
        """Did this name, with this picture, surely mean another account before?"""
        former, pictures = self._holder.get(name, (index, set()))
        return former != index and (number is None or number in pictures)

    def may_be_somebody_else(self, name: str, index: int) -> bool:
        return bool(self._holders.get(name, set()) - {index})
