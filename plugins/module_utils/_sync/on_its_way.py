# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes that a target accepted and does not show yet."""

from __future__ import annotations

import time

from .._core.model import Outcome, Receipt

#: A write that the target accepted but does not show is not repeated for so long. Clients may show old photos for
#: hours, the service's own answers rarely for more than minutes (contract: a GET right after a PUT may show the old
#: photo).
ON_ITS_WAY_SECONDS = 3600.0
#: After so many runs in which the target accepted a photo and did not show it, it is a failure.
UNSEEN_RUNS = 2


def never_shown(runs: int) -> str | None:
    """What is said after so many runs in which the target accepted a photo in vain; None: it may only be late."""
    if runs < UNSEEN_RUNS:
        return None
    return f"the target accepted this photo in {runs} runs but has never shown it; check this user's mailbox"


def on_its_way(outcome: Outcome, receipt: Receipt | None, recipe: str) -> float | None:
    """Seconds since the target accepted this same change, if it still shows what it showed before.

    ``recipe``: the digest of the recipe that a photo would be written with now.
    """
    pending, seen = receipt.pending if receipt is not None else None, outcome.observed
    if pending is None or not pending.sent or seen is None:
        return None
    now = (seen.tag if seen.present else None, outcome.source_sha256, outcome.change.action == "put")
    if now != (pending.before, pending.source_sha256, pending.sha256 is not None):
        return None
    if outcome.change.action == "put" and pending.recipe != recipe:
        return None
    age = time.time() - pending.begun_at
    return age if 0 <= age < ON_ITS_WAY_SECONDS else None
