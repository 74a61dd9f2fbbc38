# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which users of a target are looked at: those that filter, group and names leave, and who was excluded."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._core.choice import Choice, Whom, choose
from .._core.model import PhotoError, User
from .._core.targets import TARGETS
from .._core.text import shown, unusable
from .._sync.store import PhotoStore

#: How many patterns a message names.
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Concerned:
    """``users``: whom to look at. ``excluded``: whom ``exclude`` names.

    ``left_out``: users who were named, and whom the filter, the group or ``only`` leaves out.
    """

    users: t.Sequence[User] = ()
    excluded: t.Sequence[str] = ()
    left_out: t.Sequence[str] = ()


def check(whom: Whom) -> Whom:
    """``whom``, when its texts can be used. Raises PhotoError, which names the option and the value."""
    for option, texts in (
        ("filter", [whom.filter]),
        ("group", [whom.group]),
        ("only", whom.only),
        ("exclude", whom.exclude),
    ):
        for text in texts:
            why = unusable(text)
            if why is not None:
                raise PhotoError(f"{option} '{shown(text)}' cannot be used: {why}; correct it")
            if not text.strip() and (text or option in ("only", "exclude")):
                raise PhotoError(f"{option} '{text}' cannot be used: it is empty; correct it, or leave it out")
    return whom


def everybody(store: PhotoStore, whom: Whom) -> Concerned:
    """The target's users that ``whom`` means. Raises PhotoError when that is nobody."""
    found = list({user.id: user for user in store.everyone(whom)}.values())
    if not found and whom.asks:
        raise PhotoError(f"{_asked(whom)}: {TARGETS[store.target].title} has no such user; correct it")
    choice = choose([user.identity for user in found], whom.only, whom.exclude)
    _refuse_nobody(choice, whom, f"all {len(found)} users of {TARGETS[store.target].title} that this run concerns")
    chosen = set(choice.chosen)
    return Concerned([user for user in found if user.identity in chosen], list(dict.fromkeys(choice.excluded)))


def named(identities: t.Sequence[str], whom: Whom) -> Choice:
    """Of users that were named, those whom names and patterns leave. Raises PhotoError when all are excluded."""
    choice = choose(identities, whom.only, whom.exclude)
    _refuse_nobody(choice, whom, "everybody who is named in users")
    return choice


def outside(store: PhotoStore, users: t.Iterable[User], whom: Whom) -> list[User]:
    """Of users that were named, those whom the filter or the group leaves out."""
    if not whom.asks:
        return []
    inside = {user.id for user in store.everyone(whom)}
    return [user for user in users if user.id not in inside]


def _asked(whom: Whom) -> str:
    parts = [f"{name} '{shown(text)}'" for name, text in (("filter", whom.filter), ("group", whom.group)) if text]
    return " with ".join(parts)


def _refuse_nobody(choice: Choice, whom: Whom, who: str) -> None:
    if choice.chosen or not choice.excluded:
        return
    some = ", ".join(f"'{shown(pattern)}'" for pattern in whom.exclude[:_NAMED])
    more = f" and {len(whom.exclude) - _NAMED} more" if len(whom.exclude) > _NAMED else ""
    raise PhotoError(f"exclude {some}{more} excludes {who}, so nothing was read; correct it")
