# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Searches that survive the loss of a connection: several filters at once, or one large search page by page."""

from __future__ import annotations

import contextlib
import typing as t
from collections import deque

from .connection import Connection
from .errors import SIZE_LIMIT, DirectoryError, DirectoryGone
from .session import Entry

#: Searches in flight, so that the directory works while the last answer is processed.
AHEAD = 2
#: So many pages hold ten million users. A directory that goes on after them never ends, nor one that goes on after so
#: many pages without a new entry.
MOST_PAGES = 10_000
MOST_EMPTY = 100


def search(
    connection: Connection,
    filters: t.Iterable[str],
    base: str,
    attributes: t.Sequence[str],
    permissions: bool = False,
) -> t.Iterator[list[Entry]]:
    """The answers to several filters, in their order; a few are in flight at once.

    They are sent without paging, which costs Samba 4.17 three times the work. If an answer does not fit into one page,
    the search is repeated with paging. When the connection is lost, searches without an answer are repeated over
    another one. ``permissions``: attributes hold nTSecurityDescriptor, and its list of rights is wanted.
    """
    ask = _Asking(connection, base, attributes, permissions)
    pending: deque[tuple[str, int | None]] = deque()
    generation = connection.generation
    source = iter(filters)
    while True:
        if generation != connection.generation:  # another user of this connection has replaced it
            generation = connection.generation
            pending = deque((filter_, None) for filter_, _message in pending)
            ask.top_up(pending)
        while len(pending) < AHEAD and (filter_ := next(source, None)) is not None:
            pending.append((filter_, None))
            ask.top_up(pending)
        if not pending:
            return
        filter_, message = pending[0]
        try:
            if message is None:
                message = ask.send(filter_)
                pending[0] = (filter_, message)
            entries = ask.answer(message, filter_)
        except DirectoryGone as gone:
            connection.reopen(gone)
            continue
        pending.popleft()
        yield entries


class _Asking:
    """What all filters of one call of ``search`` share."""

    def __init__(self, connection: Connection, base: str, attributes: t.Sequence[str], permissions: bool) -> None:
        self.connection = connection
        self.base = base
        self.attributes = attributes
        self.permissions = permissions

    def send(self, filter_: str, cookie: bytes | None = None) -> int:
        return self.connection.session.send_search(
            self.base, filter_, self.attributes, cookie, permissions=self.permissions
        )

    def top_up(self, pending: deque[tuple[str, int | None]]) -> None:
        """Send what was not sent yet; an error is raised later, when its answer is read."""
        for at, (filter_, message) in enumerate(pending):
            if message is None:
                with contextlib.suppress(DirectoryGone):
                    pending[at] = (filter_, self.send(filter_))

    def answer(self, message: int, filter_: str) -> list[Entry]:
        session = self.connection.session
        try:
            return session.result(message)[0]
        except DirectoryError as error:
            if error.code != SIZE_LIMIT:
                raise
        found: dict[str, Entry] = {}
        end = End(self.connection)
        cookie = b""
        while True:
            entries, cookie = session.result(self.send(filter_, cookie))
            before = len(found)
            found.update((entry[0], entry) for entry in entries)
            if not cookie:
                return list(found.values())
            end.page(len(found) - before)


class End:
    """Counts the pages of a list, and gives up one that has no end."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pages = 0
        self._empty = 0

    def page(self, fresh: int) -> None:
        """One more page, with so many entries that were not there before. Raises DirectoryError."""
        self._pages += 1
        self._empty = 0 if fresh else self._empty + 1
        if self._pages >= MOST_PAGES or self._empty >= MOST_EMPTY:
            raise DirectoryError(
                f"{self._connection.session.options.place}: the list that the directory sends has no end "
                f"({self._pages:,} pages, the last {self._empty:,} without anything new), so it was given up; check "
                "that the domain controller is healthy"
            )


def pages(connection: Connection, filter_: str, base: str, attributes: t.Sequence[str]) -> t.Iterator[list[Entry]]:
    """One large search, page by page. After a lost connection it starts again and skips what was already yielded."""
    cookie: bytes = b""
    yielded: set[str] = set()
    end = End(connection)
    generation = connection.generation
    while True:
        if generation != connection.generation:  # a cookie is valid only for its own connection
            generation, cookie = connection.generation, b""
        try:
            session = connection.session
            entries, cookie = session.result(session.send_search(base, filter_, attributes, cookie))
        except DirectoryGone as gone:
            connection.reopen(gone)
            continue
        fresh = [entry for entry in entries if entry[0] not in yielded]
        yielded.update(dn for dn, _attributes in fresh)
        yield fresh
        if not cookie:
            return
        end.page(len(fresh))
