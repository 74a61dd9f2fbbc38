# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a run concerns: users chosen and excluded by name or by pattern. Pure."""

from __future__ import annotations

import fnmatch
import re
import typing as t
from dataclasses import dataclass

from .model import PhotoError, identity_key
from .text import shown, unusable
from .wording import counted, first

#: How many patterns a message names.
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Whom:
    """Which users of a target a run concerns.

    ``filter``: in the target's own language (LDAP, OData, OPATH). ``group``: users who are members, also by a group in
    the group. ``only`` and ``exclude``: names or patterns, compared with what users go by in this run.
    """

    filter: str = ""
    group: str = ""
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def asks(self) -> bool:
        """Is the target asked for some of its users, and not for all?"""
        return bool(self.filter or self.group)

    @property
    def restricts(self) -> bool:
        """May there be users whom a run does not concern although nobody excluded them?"""
        return self.asks or bool(self.only)


EVERYBODY = Whom()


@dataclass(frozen=True, slots=True)
class Choice:
    """What became of some users. ``excluded`` wins over ``chosen``. ``matched``: the patterns that met somebody."""

    chosen: tuple[str, ...]
    excluded: tuple[str, ...]
    others: tuple[str, ...]
    matched: frozenset[str]


def choose(users: t.Iterable[str], only: t.Sequence[str] = (), exclude: t.Sequence[str] = ()) -> Choice:
    """Sort users into chosen, excluded and others. Without ``only`` everybody is chosen who is not excluded.

    A pattern may hold ``*`` (any text), ``?`` (one character) and ``[abc]``; upper and lower case are the same.
    """
    wanted, unwanted = _Patterns(only), _Patterns(exclude)
    chosen, excluded, others = list[str](), list[str](), list[str]()
    for user in users:
        # Both are asked, so that every pattern that met somebody is known.
        is_wanted, is_unwanted = wanted.meet(user), unwanted.meet(user)
        (excluded if is_unwanted else chosen if is_wanted or not only else others).append(user)
    return Choice(tuple(chosen), tuple(excluded), tuple(others), frozenset(wanted.matched | unwanted.matched))


def without(users: t.Iterable[str], exclude: t.Sequence[str], where: str, option: str = "exclude") -> Choice:
    """Users without those whom ``exclude`` names. ``where``: what they are, for the message: "of the run X".

    Raises PhotoError, which names the option and the value, when nobody is left, or a pattern cannot be used.
    """
    refuse_unusable(option, exclude)
    choice = choose(users, exclude=exclude)
    refuse_nobody(choice, exclude, where, option)
    return choice


def refuse_unusable(option: str, texts: t.Iterable[str]) -> None:
    """Raises PhotoError for a name or pattern that no user can have."""
    for text in texts:
        why = "it is empty" if not text.strip() else unusable(text)
        if why is not None:
            raise PhotoError(f"{option} '{shown(text)}' cannot be used: {why}; correct it, or leave it out")


def refuse_nobody(choice: Choice, exclude: t.Sequence[str], where: str, option: str = "exclude") -> None:
    """Raises PhotoError when the patterns excluded everybody who was there."""
    if choice.chosen or not choice.excluded:
        return
    named = [f"'{shown(pattern)}'" for pattern in exclude]
    number = counted(len(set(choice.excluded)), "user")
    raise PhotoError(f"{option} {first(named, _NAMED)} excludes all {number} {where}, so nothing was done; correct it")


class _Patterns:
    """Patterns, each with what is needed to find whom it means. Plain names, which are most, cost a look-up."""

    def __init__(self, patterns: t.Sequence[str]) -> None:
        self.matched: set[str] = set()
        # Ansible makes a list of the text "a, b" and keeps the blank, and who is not excluded by that is written.
        self._names = {key: pattern for pattern in patterns for key in _keys(pattern)}
        wild = [(key, pattern) for key, pattern in self._names.items() if any(mark in key for mark in "*?[")]
        self._wild = [(re.compile(fnmatch.translate(key)), pattern) for key, pattern in wild]

    def meet(self, user: str) -> bool:
        key = identity_key(user)
        found = [self._names[key]] if key in self._names else []
        found += [pattern for expression, pattern in self._wild if expression.match(key)]
        self.matched.update(found)
        return bool(found)


def _keys(pattern: str) -> set[str]:
    return {identity_key(pattern), identity_key(pattern.strip())}
