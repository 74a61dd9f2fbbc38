# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mailbox is either on-premises or in the cloud. A user without a mailbox on one side has no problem there."""

from __future__ import annotations

import typing as t

from .._core.model import PROBLEMS
from .._core.targets import MAILBOXES
from .._sync.people import mailbox_told, people_of
from .gather import Gathered


def leave_out_elsewhere(gathered: Gathered) -> None:
    """Leave out rows that only say that the user's mailbox is on the other side, if the other side was examined.

    A target with such rows was examined. If it has no other rows, the message of its module is left out, too.
    """
    for (key, target), row in gathered.rows.items():
        if target not in MAILBOXES or not row.no_mailbox or row.drift not in PROBLEMS:
            continue
        others = (gathered.rows.get((key, other)) for other in MAILBOXES if other != target)
        if any(other is not None and not other.no_mailbox and other.drift != "unresolved" for other in others):
            del gathered.rows[key, target]
            gathered.answered.add(target)
    silent = gathered.answered - gathered.rows.targets()
    gathered.messages = [each for each in gathered.messages if each.whole or each.target not in silent]


def tell_mailboxes(gathered: Gathered, asked: t.Iterable[t.Any]) -> None:
    """Add to users without a mailbox in Exchange Online where their mailbox is. ``asked``: results of ``ad_user_info``.

    Raises PhotoError for anything else.
    """
    for result in asked:
        known = people_of(result, "")
        for key, person in known.by_key.items() if known is not None else ():
            row = gathered.rows.get((key, "exo"))
            if known is not None and row is not None and row.no_mailbox:
                gathered.rows[key, "exo"] = row._replace(reason=mailbox_told(known.where, person, row.reason))
