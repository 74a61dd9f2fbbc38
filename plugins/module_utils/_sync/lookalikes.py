# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds users who are declared with, or already show, the picture of another user: a common mistake.

Only pictures that the run has decoded anyway are compared, so this costs nothing when nothing drifts.
"""

from __future__ import annotations

import typing as t
from collections import defaultdict
from dataclasses import replace

from .._core.model import Definition, Outcome, SourceError
from .._pictures.comparison import by_pixels, may_look_alike
from .._pictures.mark import read_mark
from .._pictures.prepare import signature
from .renditions import SHARERS_TOLD, Renditions


class Shown(t.NamedTuple):
    """The picture that a target holds for a user; ``sized``: a smaller rendition of the service."""

    picture: bytes
    sized: bool


def tell(outcomes: dict[str, Outcome], shown: t.Mapping[str, Shown], renditions: Renditions) -> None:
    """Fill in ``shared_with``. ``shown`` has what the target holds for users whose photo is another one.

    The default picture is meant for many users, so it is not reported.
    """
    for key, users in _same_rendition(outcomes).items():
        _add(outcomes, key, users, None)
    if not shown:
        return
    declared = [(outcome.definition, print_) for outcome, print_ in _prints(outcomes.values(), renditions)]
    for key, found in shown.items():
        others = [d.user for d in _owners(key, found, declared, renditions, outcomes)]
        if others:
            _add(outcomes, key, others, f"it shows the photo that is declared for {', '.join(others)}")


def _add(outcomes: dict[str, Outcome], key: str, users: t.Iterable[str], warning: str | None) -> None:
    outcome = outcomes[key]
    shared = tuple(dict.fromkeys([*outcome.shared_with, *users]))[:SHARERS_TOLD]
    warnings = outcome.warnings if warning is None else (*outcome.warnings, warning)
    outcomes[key] = replace(outcome, shared_with=shared, warnings=warnings)


def _same_rendition(outcomes: t.Mapping[str, Outcome]) -> dict[str, list[str]]:
    """Users by key whose source is another file but gives the same photo."""
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes.values():
        own = not outcome.definition.default
        if own and outcome.desired is not None and outcome.desired.sha256 is not None:
            groups[outcome.desired.sha256].append(outcome)
    return {
        outcome.definition.key: [o.definition.user for o in group[: SHARERS_TOLD + 1] if o is not outcome][
            :SHARERS_TOLD
        ]
        for group in groups.values()
        if len(group) > 1
        for outcome in group
    }


def _prints(outcomes: t.Iterable[Outcome], renditions: Renditions) -> t.Iterator[tuple[Outcome, bytes]]:
    """Signatures of the declared pictures that were rendered in this run."""
    for outcome in outcomes:
        made = renditions.made(outcome.definition)
        if made is not None and not outcome.definition.default:
            yield outcome, signature(made)


def _owners(
    key: str,
    found: Shown,
    declared: t.Sequence[tuple[Definition, bytes]],
    renditions: Renditions,
    outcomes: t.Mapping[str, Outcome],
) -> t.Iterator[Definition]:
    """The user whose declared photo a picture is: by our mark in it, else by comparing pictures."""
    mark = read_mark(found.picture)
    if mark is not None:
        users = set(renditions.users_of.get(mark.source_sha256, []))
        yield from (o.definition for k, o in outcomes.items() if k != key and o.definition.user in users)
        return
    try:
        mine = signature(found.picture)
    except SourceError:
        return
    for definition, print_ in declared:
        if definition.key == key or not may_look_alike(mine, print_):
            continue
        made = renditions.made(definition)
        if made is not None and by_pixels(made, found.picture, sized=found.sized).verdict == "same":
            yield definition
