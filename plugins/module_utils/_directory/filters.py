# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An administrator's LDAP filter (RFC 4515): is it one whole filter, and which attributes does it ask for? Pure.

It becomes a part of our own filter, so it must be whole in itself: ``(a=b))(|(c=d)`` would be syntax for the directory
and mean something else. A directory takes a misspelled attribute for one that nobody has, and finds nobody.
"""

from __future__ import annotations

import re
import typing as t

from .._core.model import PhotoError
from .._core.text import shown

#: attribute, with options; ":dn"; a matching rule; the operator; a value without bare parentheses.
_ITEM = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9.;-]*)?(?::dn)?(?P<rule>:[A-Za-z0-9.]+)?"
    r"\s*(?P<operator>:=|[<>~]?=)(?:[^()\\]|\\[0-9a-fA-F]{2})*",
)
#: Filters inside filters: deeper ones are a mistake.
_DEEPEST = 100


class Filter(t.NamedTuple):
    """``text`` is one filter in parentheses; ``attributes`` are those that it names, in lower case."""

    text: str
    attributes: frozenset[str]


def parse(given: str) -> Filter:
    """A filter as it was written; parentheses around a single comparison may be missing. Raises PhotoError."""
    text = given.strip()
    if not text.startswith("("):
        text = f"({text})"
    names: set[str] = set()
    #: The filters that are open: their sign, and how many filters each has so far.
    stack: list[tuple[str, int]] = []
    at = 0
    while True:
        at = _skip(text, at)
        if text[at : at + 1] == ")" and stack:
            sign, count = stack.pop()
            if count == 0 or (sign == "!" and count > 1):
                raise _wrong(given, text, at, f"'{sign}' stands before {count} filters")
            at += 1
        elif text[at : at + 1] != "(":
            raise _wrong(given, text, at, "there must be ')'" if at == len(text) else "there must be '('")
        elif (sign := text[(inner := _skip(text, at + 1)) : inner + 1]) and sign in "&|!":
            at = inner
            stack.append((text[at], 0))
            if len(stack) > _DEEPEST:
                raise _wrong(given, text, at, f"more than {_DEEPEST} filters are inside one another")
            at += 1
            continue
        else:
            name, at = _comparison(given, text, _skip(text, at + 1))
            names.add(name)
        if not stack:
            if _skip(text, at) < len(text):
                raise _wrong(given, text, at, "the filter ends before this; put several filters into (&...)")
            return Filter(text, frozenset(names - {""}))
        stack[-1] = (stack[-1][0], stack[-1][1] + 1)


def _comparison(given: str, text: str, at: int) -> tuple[str, int]:
    """The attribute that a comparison names (empty: only a matching rule), and where its parenthesis ends."""
    item = _ITEM.match(text, at)
    if item is None or not (item["name"] or item["rule"]):
        raise _wrong(given, text, at, "it is no comparison such as department=Sales")
    if text[item.end() : item.end() + 1] != ")":
        raise _wrong(given, text, item.end(), "there must be ')'")
    return (item["name"] or "").partition(";")[0].lower(), item.end() + 1


def _skip(text: str, at: int) -> int:
    while text[at : at + 1] == " ":
        at += 1
    return at


def _wrong(given: str, text: str, at: int, why: str) -> PhotoError:
    where = f"at '{shown(text[at : at + 30])}'" if at < len(text) else "at its end"
    return PhotoError(
        f"filter '{shown(given)}' is not an LDAP filter ({where}: {why}); write it as "
        "(&(department=Sales)(!(title=Intern))), and ( ) * \\ inside of a value as \\28 \\29 \\2a \\5c"
    )
