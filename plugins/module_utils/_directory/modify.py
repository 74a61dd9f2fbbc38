# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Atomic writes: delete the value that was seen and add the new one, in one modify."""

from __future__ import annotations

import typing as t

from .connection import Connection
from .errors import DirectoryGone
from .session import Answer, Swap

#: Modifies in flight on one connection.
WINDOW = 16

_Key = t.TypeVar("_Key")


def swap(
    connection: Connection, attribute: str, swaps: t.Iterable[tuple[_Key, str, Swap]]
) -> t.Iterator[tuple[_Key, Answer]]:
    """Modifies of one attribute, ``(key, DN, (old, new))``, several in flight at once; answers as they come.

    When the connection breaks, those in flight are answered with code None, since it is unknown whether they were
    carried out; the others are sent over another connection.
    """
    under_way: dict[int, _Key] = {}
    source = iter(swaps)
    again: list[tuple[_Key, str, Swap]] = []
    while True:
        try:
            session = connection.session
            while len(under_way) < WINDOW and (item := (again.pop() if again else next(source, None))) is not None:
                try:
                    under_way[session.send_modify(attribute, item[1], item[2])] = item[0]
                except DirectoryGone:
                    again.append(item)
                    raise
            if not under_way:
                return
            message, answer = session.any_result()
        except DirectoryGone as gone:
            lost = list(under_way.values())
            under_way.clear()
            for key in lost:
                yield key, Answer(None, gone.info, str(gone))
            connection.reopen(gone)
            continue
        if message in under_way:
            yield under_way.pop(message), answer
