# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which users a run is about: users selected and excluded by name or by pattern. Pure functions."""

from __future__ import annotations

import fnmatch
import re
import typing as t
from dataclasses import dataclass

from .model import PhotoError, identity_key
from .text import shown, unusable
from .wording import counted, first, which

#: The most patterns that a message names.
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Whom:
    """Which users of a target a run is about.

    ``filter``: in the target's own language (LDAP, OData, OPATH). ``group``: members of this group, and of groups in
    it. ``only`` and ``exclude``: names or patterns that are compared with the users' names in this run.
    """

    filter: str = ""
    group: str = ""
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def asks(self) -> bool:
        """Is the run about some users of the target only, and not about all?"""
        return bool(self.filter or self.group)

    @property
    def restricts(self) -> bool:
        """Can there be users whom the run leaves out although no pattern excluded them?"""
        return self.asks or bool(self.only)


EVERYBODY = Whom()


@dataclass(frozen=True, slots=True)
class Choice:
    """The result of sorting users. ``excluded`` wins over ``chosen``. ``matched``: the patterns that matched at least
    one user.
    """

    chosen: tuple[str, ...]
    excluded: tuple[str, ...]
    others: tuple[str, ...]
    matched: frozenset[str]


def choose(users: t.Iterable[str], only: t.Sequence[str] = (), exclude: t.Sequence[str] = ()) -> Choice:
    """Sort users into chosen, excluded and others. Without ``only`` everybody is chosen who is not excluded.

    In a pattern ``*`` is any text, ``?`` is one character and ``[abc]`` is one of these. Case does not matter.
    """
    wanted, unwanted = _Patterns(only), _Patterns(exclude)
    chosen, excluded, others = list[str](), list[str](), list[str]()
    for user in users:
        # Both are asked, so that every pattern that matched is recorded.
        is_wanted, is_unwanted = wanted.meet(user), unwanted.meet(user)
        (excluded if is_unwanted else chosen if is_wanted or not only else others).append(user)
    return Choice(tuple(chosen), tuple(excluded), tuple(others), frozenset(wanted.matched | unwanted.matched))


def without(users: t.Iterable[str], exclude: t.Sequence[str], where: str, option: str = "exclude") -> Choice:
    """The users that ``exclude`` leaves. ``where`` says in the message which users these are: "of the run X".

    Raises PhotoError, which names the option and the value, when nobody is left, or when a pattern cannot be used.
    """
    refuse_unusable(option, exclude)
    choice = choose(users, exclude=exclude)
    refuse_nobody(choice, exclude, where, option)
    return choice


def refuse_unusable(option: str, texts: t.Iterable[str]) -> None:
    """Raises PhotoError for a name or pattern that can match no user."""
    for text in texts:
        why = "it is empty" if not text.strip() else unusable(text)
        if why is not None:
            raise PhotoError(f"{option} '{shown(text)}' cannot be used: {why}; correct it, or leave it out")


def refuse_nobody(choice: Choice, exclude: t.Sequence[str], where: str, option: str = "exclude") -> None:
    """Raises PhotoError when the patterns excluded every user."""
    if choice.chosen or not choice.excluded:
        return
    named = [f"'{shown(pattern)}'" for pattern in exclude]
    number = counted(len(set(choice.excluded)), "user")
    raise PhotoError(f"{option} {first(named, _NAMED)} excludes all {number} {where}, so nothing was done; correct it")


def met_nobody(choice: Choice, exclude: t.Sequence[str]) -> list[str]:
    """The patterns of ``exclude`` that matched no user, as they were given."""
    met = {identity_key(pattern.strip()) for pattern in choice.matched}
    return [pattern for pattern in dict.fromkeys(exclude) if identity_key(pattern.strip()) not in met]


def excludes_nobody(option: str, patterns: t.Sequence[str], where: str) -> str:
    """The warning about patterns that matched no user. A misspelt one means that somebody is written by mistake."""
    named = first([f"'{shown(pattern)}'" for pattern in patterns], _NAMED)
    one = which(len(patterns), "matches", "match")
    it = which(len(patterns), "it excludes", "they exclude")
    return f"{option}: {named} {one} no user {where}, so {it} nobody; check the spelling"


class _Patterns:
    """Patterns, prepared for matching. Most are plain names, and those cost only a dictionary look-up."""

    def __init__(self, patterns: t.Sequence[str]) -> None:
        self.matched: set[str] = set()
        # Ansible splits the text "a, b" and keeps the blank. So a pattern counts without the blank too: otherwise user
        # "b" would not be excluded, and would be written.
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
