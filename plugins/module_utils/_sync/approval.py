# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is a planned change the one that was approved?"""

from __future__ import annotations

from dataclasses import replace

from .._core.model import Change, Expectation, Observation, Outcome
from .._pictures.fingerprint import matches


def approved(outcome: Outcome, picture: bytes | None = None) -> Outcome:
    """The outcome with its change withheld, if there was an approval and the change is not what was approved.

    ``picture`` is what the target holds, if it was read: the approved photo under another tag is still that photo.
    """
    expect, change = outcome.definition.expect, outcome.change
    if expect is None or change.action == "none":
        return outcome
    seen = outcome.observed or Observation()
    tag = seen.tag if seen.present else None
    if expect.untouched is not None and tag == expect.untouched:
        reason = "the target still holds the photo from before that change, which was not made"
        return replace(outcome, change=Change("in_sync", "none", reason, change.foreign))
    if change.action != expect.action:
        since = f"{change.action} is not among the approved changes"
    elif not _is_the_approved_photo(expect, tag, picture):
        since = "the target holds another photo than the one that was seen then"
    elif expect.source_sha256 not in (None, outcome.source_sha256):
        since = "another picture is declared now"
    elif outcome.user is not None and expect.user_id not in (None, outcome.user.id):
        since = "the identity belongs to another account now"
    else:
        return outcome
    reason = f"{change.reason}; not written, changed since the approval: {since}"
    return replace(outcome, change=Change(change.drift, "none", reason, change.foreign), stale=True)


def _is_the_approved_photo(expect: Expectation, tag: str | None, picture: bytes | None) -> bool:
    """Does the target hold what it held when the change was approved?

    If the picture was read, it decides: a service may give the same photo another tag, and a picture that was read
    after its tag may be a newer one.
    """
    if picture is not None and expect.fingerprint is not None:
        return matches(expect.fingerprint, picture)
    return tag == expect.tag
