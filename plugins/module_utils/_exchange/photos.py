# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading and writing photos. Each job handles one user; several jobs run at a time.

Get-UserPhoto always returns the picture, so the tag is the hash of its bytes. Its Thumbprint is not used: it has only
32 bits, it is not documented how it is made, and it saves no time.

Get-UserPhoto with -Filter would read many photos at once. It is not used, because its objects name the user by a
canonical name, which changes when the account is renamed or moved, and not by GUID. It is also not documented how it
reports a user without a photo and a user whose photo could not be read. These two must never be confused.

Exchange has no compare-and-swap for photos, so the photo is read again immediately before it is written.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .._core.model import Observation, User, Write, WriteResult, sha256
from .._sync.store import Expected, Wanted
from .cmdlets import Answer, get_photo, picture_of, remove_photo, set_photo
from .errors import NO_PHOTO, NOT_FOUND, NOT_THERE, missing_role, user_problem
from .options import ExchangeOptions
from .pipelines import Job, Pipelines

_CHANGED = "the photo was changed by others since it was read"


class Photos:
    """The photos of resolved users. The ``handle`` of a user is the GUID."""

    def __init__(self, pipelines: Pipelines, options: ExchangeOptions, *, clear_record: bool = False) -> None:
        self._pipelines = pipelines
        self._options = options
        self._clear_record = clear_record
        #: Why no write can succeed; set after the first write that was refused for this reason.
        self._refused: str | None = None
        #: Users whose photo was removed, but the record of the removal could not be cleared.
        self.records_left: list[str] = []

    def observe(
        self, users: t.Sequence[User], wanted: Wanted, expected: Expected | None = None
    ) -> t.Iterator[tuple[User, Observation]]:
        """See PhotoStore. Every answer contains the picture."""
        for user, seen in self._pipelines.run((user, self._look(user, expected)) for user in users):
            is_wanted = seen.picture is not None and wanted(user, seen.tag)
            yield user, seen if is_wanted else replace(seen, picture=None)

    def read(self, users: t.Sequence[User]) -> t.Iterator[tuple[User, Observation]]:
        """See PhotoStore."""
        return self._pipelines.run((user, self._look(user)) for user in users)

    def write(self, writes: t.Sequence[Write]) -> t.Iterator[tuple[User, WriteResult]]:
        """See PhotoStore."""
        return self._pipelines.run((write.user, self._write(write)) for write in writes)

    # -- jobs ---------------------------------------------------------------------------------------------------------

    def _look(self, user: User, expected: Expected | None = None) -> Job[Observation]:
        if user.mailbox == "cloud":
            why = "the user's mailbox is in the cloud (a remote mailbox), so Exchange Server holds no photo"
            return Observation(problem=f"{why}; use the target exo", no_mailbox=True)
        # For other users it is not certain: users from receipts have no mailbox noted.
        seen = self._observation((yield get_photo(user.handle, self._options.domain_controller)))
        if not seen.present and seen.problem is None and expected is not None and expected(user):
            seen = self._observation((yield get_photo(user.handle, self._options.domain_controller)))
        return seen

    def _observation(self, answer: Answer) -> Observation:
        """The observation for an answer of Get-UserPhoto. Raises ExchangeError when the role has no such cmdlet."""
        failure = answer.failure
        if answer.lost is not None:
            return Observation(problem=f"Exchange Server gave no answer: {answer.lost}", no_answer=True)
        if failure is not None:
            if failure.name in NO_PHOTO:
                return Observation()
            if failure.name in NOT_THERE:
                raise missing_role(failure, "Get-UserPhoto", self._options)
            return Observation(problem=user_problem(failure, "read"), no_mailbox=failure.name in NOT_FOUND)
        picture = picture_of(answer.objects[0]) if answer.objects else None
        if picture is None:  # without a photo, the cmdlet returns an error; so this does not mean that there is none
            why = "Exchange Server answered Get-UserPhoto with neither a photo nor the error that there is none"
            return Observation(problem=f"{why}; look at the photo in the mailbox, or run again", no_answer=True)
        digest = sha256(picture)
        return Observation(True, f"sha256:{digest}", digest, len(picture), picture=picture)

    def _write(self, write: Write) -> Job[WriteResult]:
        o = self._options
        if self._refused is not None:
            return WriteResult("failed", f"not written: {self._refused}")
        now = self._observation((yield get_photo(write.user.handle, o.domain_controller)))
        if now.problem is not None:
            return WriteResult("failed", now.problem)
        if not _as_planned(write, now):
            return WriteResult("conflict", _CHANGED)
        if write.data is None:
            answer = yield remove_photo(write.user.handle, o.domain_controller)
        else:
            answer = yield set_photo(write.user.handle, write.data, o.domain_controller)
        result = self._judged(write, answer)
        if write.data is None and result.status == "written" and self._clear_record:
            cleared = yield remove_photo(write.user.handle, o.domain_controller, clear_record=True)
            if cleared.lost is not None or (cleared.failure is not None and cleared.failure.name not in NO_PHOTO):
                self.records_left.append(write.user.identity)
        return result

    def _judged(self, write: Write, answer: Answer) -> WriteResult:
        failure = answer.failure
        if answer.lost is not None:
            return WriteResult("uncertain", f"{answer.lost}; the photo may or may not have been written")
        if failure is None or (write.data is None and failure.name in NO_PHOTO):
            return WriteResult("written")
        if failure.name in NOT_THERE:
            cmdlet = "Remove-UserPhoto" if write.data is None else "Set-UserPhoto"
            self._refused = str(missing_role(failure, cmdlet, self._options))
            return WriteResult("failed", f"not written: {self._refused}")
        size = len(write.data) if write.data is not None else None
        return WriteResult("failed", user_problem(failure, "remove" if write.data is None else "write", size))


def _as_planned(write: Write, now: Observation) -> bool:
    """Does the target still have the photo that the change was planned for, perhaps with other bytes?"""
    if write.expected is None or not now.present:
        return write.expected is None and not now.present
    if now.tag == write.expected:
        return True
    return write.same is not None and now.picture is not None and write.same(now.picture)
