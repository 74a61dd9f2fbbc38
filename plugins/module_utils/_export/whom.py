# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which users of a target are examined: those that filter, group and names select, and who was excluded."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._core.choice import Whom, choose, refuse_nobody, refuse_unusable
from .._core.model import PhotoError, Resolution, User
from .._core.targets import TARGETS
from .._core.text import shown
from .._sync.store import PhotoStore


@dataclass(frozen=True, slots=True)
class Concerned:
    """``users``: whom to examine. ``excluded``: whom ``exclude`` names.

    ``left_out``: named users whom the filter, the group or ``only`` leaves out.
    """

    users: t.Sequence[User] = ()
    excluded: t.Sequence[str] = ()
    left_out: t.Sequence[str] = ()
    #: The patterns of ``only`` and ``exclude`` that matched a user.
    matched: t.AbstractSet[str] = frozenset()


def check(whom: Whom) -> Whom:
    """``whom``, after a check of its texts. Raises PhotoError, which names the option and the value."""
    for option, text in (("filter", whom.filter), ("group", whom.group)):
        refuse_unusable(option, [text] if text else [])
    refuse_unusable("only", whom.only)
    refuse_unusable("exclude", whom.exclude)
    return whom


def everybody(store: PhotoStore, whom: Whom) -> Concerned:
    """The target's users that ``whom`` selects. Raises PhotoError when there is none."""
    found = list({user.id: user for user in store.everyone(whom)}.values())
    if not found and whom.asks:
        raise PhotoError(f"{_asked(whom)}: {TARGETS[store.target].title} has no such user; correct it")
    choice = choose([user.identity for user in found], whom.only, whom.exclude)
    refuse_nobody(choice, whom.exclude, f"of {TARGETS[store.target].title} whom this run concerns")
    chosen = set(choice.chosen)
    users = [user for user in found if user.identity in chosen]
    return Concerned(users, list(dict.fromkeys(choice.excluded)), matched=choice.matched)


def named(store: PhotoStore, names: t.Mapping[str, str], whom: Whom) -> tuple[dict[str, Resolution], Concerned]:
    """Named users: the resolutions of those whom ``whom`` selects, in the given order, and who was left out.

    ``names``: the store's name of each. A name without a user has its resolution too. ``users`` of the return value is
    empty. Raises PhotoError when all are excluded.
    """
    choice = choose(names, whom.only, whom.exclude)
    refuse_nobody(choice, whom.exclude, "named in users")
    asked = {user: names[user] for user in choice.chosen}
    found = store.resolve(list(dict.fromkeys(asked.values())))
    answers = {user: found[name] for user, name in asked.items()}
    outside: set[str] = set()
    if whom.asks:
        inside = {user.id for user in store.everyone(whom)}
        outside = {user for user, answer in answers.items() if isinstance(answer, User) and answer.id not in inside}
    left_out = [*choice.others, *(user for user in answers if user in outside)]
    kept = {user: answer for user, answer in answers.items() if user not in outside}
    return kept, Concerned((), choice.excluded, left_out, choice.matched)


def _asked(whom: Whom) -> str:
    parts = [f"{name} '{shown(text)}'" for name, text in (("filter", whom.filter), ("group", whom.group)) if text]
    return " with ".join(parts)
