# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small parts of English sentences that many messages need."""

from __future__ import annotations

import typing as t

#: Added to a message about a missing connection option that could also come from the environment.
ENVIRONMENT_STAYS = (
    "variables of the environment are those of the host and account that run the module: ssh and become pass none on"
)

#: What a warning of a row begins with that says why a written photo is not verified.
UNVERIFIED = "unverified: "


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """``1 user``, ``2 users``, ``1,000 users``; ``plural`` for nouns whose plural is not formed with s."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def which(number: int, one: str, many: str) -> str:
    """The words for one, or those for none or several: a verb apart from its noun."""
    return one if number == 1 else many


def first(names: t.Sequence[str], shown: int, total: int | None = None) -> str:
    """The first names, and the number of the others. ``total``: the number of all, when ``names`` has only some."""
    more = (len(names) if total is None else total) - shown
    return ", ".join(names[:shown]) + (f" and {more:,} more" if more > 0 else "")
