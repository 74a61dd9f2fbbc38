# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One planned change on its way from the plan to its outcome, and the moves that it may make.

| state        | what is known                                            | may become                           |
|--------------|----------------------------------------------------------|--------------------------------------|
| `planned`    | decided on what was observed; nothing was done yet       | saved, conflict, failed              |
| `saved`      | what would be lost is backed up, or nothing would be lost | intended, failed                     |
| `intended`   | receipts and backups say what is about to be written     | sent, failed                         |
| `sent`       | handed to the store; no answer yet                       | written, unknown, refused, conflict  |
| `written`    | the target took it; its end when verification is off     | verified, unverified, failed         |
| `unknown`    | the answer was lost: it may or may not be carried out    | verified, written, failed            |
| `conflict`   | the target held another photo; nothing was written       | planned (once), dropped, failed      |
| `verified`   | reading back showed what was written                     |                                      |
| `unverified` | the target took it, and does not show it (yet)           |                                      |
| `refused`    | the target refused this write; nothing was written       |                                      |
| `failed`     | not written by our decision, or became another picture   |                                      |
| `dropped`    | planned again, and nothing is to be done any more        |                                      |
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._core.model import Outcome, Rendition, Summary, User, sha256
from .._pictures.fingerprint import fingerprint

State = t.Literal[
    "planned",
    "saved",
    "intended",
    "sent",
    "written",
    "unknown",
    "conflict",
    "verified",
    "unverified",
    "refused",
    "failed",
    "dropped",
]

MOVES: t.Mapping[State, frozenset[State]] = {
    "planned": frozenset({"saved", "conflict", "failed"}),
    "saved": frozenset({"intended", "failed"}),
    "intended": frozenset({"sent", "failed"}),
    "sent": frozenset({"written", "unknown", "refused", "conflict"}),
    "written": frozenset({"verified", "unverified", "failed"}),
    "unknown": frozenset({"verified", "written", "failed"}),
    "conflict": frozenset({"planned", "dropped", "failed"}),
    "verified": frozenset(),
    "unverified": frozenset(),
    "refused": frozenset(),
    "failed": frozenset(),
    "dropped": frozenset(),
}


class IllegalMove(AssertionError):
    """A change was moved in a way that the table above does not allow. Always an error in our own code."""


NOTHING = Summary()


@dataclass(frozen=True, slots=True)
class Written:
    """What is written for one user, without its bytes. All None: the photo is removed."""

    sha256: str | None = None
    fingerprint: str | None = None
    summary: Summary = NOTHING

    @classmethod
    def of(cls, rendition: Rendition, *, keeps_bytes: bool) -> Written:
        """The content of a rendition. Where the target keeps bytes, their hash is enough to recognise them."""
        digest = sha256(rendition.data)
        summary = Summary(digest, len(rendition.data), rendition.width, rendition.height)
        return cls(digest, None if keeps_bytes else fingerprint(rendition), summary)


class ChangeRecord:
    """One change. ``outcome`` is what was planned; the other fields are filled on the way.

    ``wrote``: the target's photo is, or may still become, what we sent. ``tag`` is what the target held when the change
    was planned or backed up (None: no photo).
    """

    __slots__ = ("after", "again", "backup", "error", "held", "outcome", "state", "tag", "warnings", "written", "wrote")

    def __init__(self, outcome: Outcome) -> None:
        self.state: State = "planned"
        self.again = False
        self.warnings: tuple[str, ...] = ()
        self.wrote = False
        self._plan(outcome)

    def _plan(self, outcome: Outcome) -> None:
        seen = outcome.observed
        self.outcome = outcome
        self.tag = seen.tag if seen is not None and seen.present else None
        self.after: str | None = None
        self.error: str | None = None
        self.backup: Path | None = None
        self.held: bytes | None = None
        self.written: Written | None = None

    def to(self, state: State, error: str | None = None) -> None:
        """Move to a state. Raises IllegalMove when the table does not allow it."""
        if state not in MOVES[self.state]:
            raise IllegalMove(f"{self.user.identity}: {self.state} -> {state}")
        self.state = state
        self.error = error
        if state in ("written", "verified", "unverified"):
            self.wrote = True

    def plan_again(self, outcome: Outcome) -> None:
        """After a conflict: plan again with the present state. Only once."""
        if self.again:
            raise IllegalMove(f"{self.user.identity}: planned for the third time")
        self.to("planned" if outcome.change.action != "none" else "dropped")
        self.again = True
        self._plan(outcome)

    @property
    def user(self) -> User:
        """The account. A change without an account is never planned."""
        return t.cast(User, self.outcome.user)

    @property
    def planned_on(self) -> str | None:
        """The fingerprint of the photo that the change was planned for; None: only the target's tag identifies it."""
        seen = self.outcome.observed
        return seen.fingerprint if seen is not None else None

    @property
    def removes(self) -> bool:
        """Does it remove the photo?"""
        return self.outcome.change.action == "remove"

    @property
    def ended(self) -> bool:
        """Is the state final?"""
        return not MOVES[self.state]

    def warn(self, text: str) -> None:
        """Add a hint for the reader."""
        self.warnings = (*self.warnings, text)
