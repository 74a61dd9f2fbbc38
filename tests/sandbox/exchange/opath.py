# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of OPATH that is used in -Filter of Get-Mailbox and Get-User (learn.microsoft.com, filter properties)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from .state import Mailbox, alike

Meets = Callable[[Mailbox], bool]
_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<sign>[()])|(?P<word>-?[A-Za-z][A-Za-z0-9]*))")


class FilterError(ValueError):
    """Not a filter."""


def parse(text: str, names: Mapping[str, str]) -> Meets:
    """Parse a filter. ``names``: attributes of a Mailbox by the properties' names, in lower case."""
    tokens: list[str] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise FilterError(f"Invalid filter syntax at position {at}")
        tokens.append(found.group().strip())
        at = found.end()
    parser = _Parser(tokens, names)
    meets = parser.either()
    if parser.tokens:
        raise FilterError(f"unexpected {parser.tokens[0]!r}")
    return meets


class _Parser:
    def __init__(self, tokens: list[str], names: Mapping[str, str]) -> None:
        self.tokens = tokens
        self.names = names

    def _next(self) -> str:
        if not self.tokens:
            raise FilterError("the filter ends too soon")
        return self.tokens.pop(0)

    def _take(self, word: str) -> bool:
        if self.tokens and self.tokens[0].lower() == word:
            self.tokens.pop(0)
            return True
        return False

    def either(self) -> Meets:
        parts = [self._both()]
        while self._take("-or"):
            parts.append(self._both())
        return lambda mailbox: any(part(mailbox) for part in parts)

    def _both(self) -> Meets:
        parts = [self._one()]
        while self._take("-and"):
            parts.append(self._one())
        return lambda mailbox: all(part(mailbox) for part in parts)

    def _one(self) -> Meets:
        if self._take("-not"):
            inner = self._one()
            return lambda mailbox: not inner(mailbox)
        if self._take("("):
            inside = self.either()
            if not self._take(")"):
                raise FilterError("')' is missing")
            return inside
        return self._comparison()

    def _comparison(self) -> Meets:
        name, operator, text = self._next(), self._next().lower(), self._next()
        attribute = self.names.get(name.lower())
        if attribute is None:
            raise FilterError(f"{name!r} is not a recognized filterable property")
        if not text.startswith("'"):
            raise FilterError(f"{text!r} is no value")
        value = text[1:-1].replace("''", "'")
        if operator == "-eq":
            return lambda mailbox: alike(getattr(mailbox, attribute), value)
        if operator == "-ne":
            return lambda mailbox: not alike(getattr(mailbox, attribute), value)
        if operator == "-like" and value.rstrip("*") and not value.startswith("*"):
            head, whole = value.rstrip("*").lower(), "*" not in value
            return lambda mailbox: (
                getattr(mailbox, attribute).lower() == head
                if whole
                else getattr(mailbox, attribute).lower().startswith(head)
            )
        raise FilterError(f"{operator!r} is no operator for this value")
