# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides who shows the default picture, and who has a photo of their own, which it never replaces.

A photo that is not the declared default picture is the user's own, unless the receipts say that it is an earlier
default picture of this user. Without receipts every other photo is the user's own.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .._core.model import Change, Comparison, Definition, Observation, Outcome, PhotoError, SourceError
from .._pictures.fingerprint import alike, fingerprint, matches
from .receipts import Receipts
from .renditions import Renditions

#: Keys of the values in the receipts file; the user's id follows.
_SHOWN, _OWN = "default_shown:", "own_photo:"
#: The most default pictures of one user that are remembered.
KEPT = 5
OWN_PHOTO = "the default picture is declared, and the user has a photo of their own, which stays"


class DefaultPictures:
    """What is remembered, by user id. It changes only between observations, so threads may share it."""

    def __init__(self) -> None:
        #: The default pictures that users got: a SHA-256 where the target keeps bytes, else a fingerprint.
        self._shown: dict[str, list[str]] = {}
        #: Users with a photo of their own: its tag, and the default picture with which it was compared.
        self._own: dict[str, str] = {}

    def recall(self, receipts: Receipts, user_ids: t.Sequence[str]) -> None:
        """Load what is remembered about these users."""
        found = receipts.recall_many([start + user_id for user_id in user_ids for start in (_SHOWN, _OWN)])
        for key, value in found.items():
            if key.startswith(_SHOWN):
                self._shown[key.removeprefix(_SHOWN)] = value.split()
            else:
                self._own[key.removeprefix(_OWN)] = value

    def remember(
        self,
        receipts: Receipts,
        outcomes: t.Iterable[Outcome],
        renditions: Renditions,
        *,
        keeps_bytes: bool,
        writes: bool,
    ) -> None:
        """Save what was found, and with ``writes`` what will be put, before anything is written.

        Raises PhotoError when the receipts file cannot be used.
        """
        values: dict[str, str] = {}
        prints: dict[str, str | None] = {}
        for outcome in outcomes:
            user, seen, source = outcome.user, outcome.observed, outcome.source_sha256
            if user is None or not outcome.definition.default or source is None:
                continue
            same = outcome.change.drift == "in_sync" and seen is not None
            if outcome.own_photo:
                own = _note(seen.tag if seen is not None else None, source)
                if self._own.get(user.id) != own:
                    values[_OWN + user.id] = own
            elif same or (writes and outcome.change.action == "put"):
                if source not in prints:
                    prints[source] = _print(outcome.definition, renditions, keeps_bytes)
                # The same picture in other bytes is recognised later by those bytes.
                there = seen.tag if keeps_bytes and same and seen is not None else None
                before = self._shown.get(user.id, [])
                now = [*before, *(each for each in (prints[source], there) if each and each not in before)]
                if now != before:
                    values[_SHOWN + user.id] = " ".join(dict.fromkeys(now[-KEPT:]))
        receipts.remember_many(values)

    def is_own(self, definition: Definition, user_id: str, tag: str | None, source: str | None) -> bool:
        """Do the receipts say that the photo with this tag is the user's own, and not the default picture?"""
        return definition.default and tag is not None and self._own.get(user_id) == _note(tag, source)

    def may_replace(
        self, user_id: str, comparison: Comparison | None, seen: Observation, observed: Observation, keeps_bytes: bool
    ) -> bool:
        """May the default picture replace what is there? Only if that is a default picture itself.

        ``observed``: the observation without the picture, with its fingerprint if that is known.
        """
        if comparison is None or comparison.verdict == "same" or comparison.same_picture or comparison.by_product:
            return True
        shown = self._shown.get(user_id, [])
        if keeps_bytes:
            return seen.tag in shown
        picture, print_ = seen.picture, observed.fingerprint
        if picture is not None and any(matches(known, picture) for known in shown):
            return True
        return print_ is not None and any(alike(known, print_) for known in shown)


def _print(definition: Definition, renditions: Renditions, keeps_bytes: bool) -> str | None:
    """By what the default picture is recognised at the target. None: its file changed during the run."""
    try:
        rendition = renditions.rendition(definition)
    except SourceError:
        return None
    return rendition.sha256 if keeps_bytes else fingerprint(rendition.data)


def stepped_back(outcome: Outcome) -> Outcome:
    """The outcome of a user whose own photo is kept."""
    change = Change("in_sync", "none", OWN_PHOTO)
    return replace(outcome, change=change, desired=None, warnings=(), own_photo=True)


def check_default(definitions: t.Iterable[Definition], renditions: Renditions) -> None:
    """Raises PhotoError when a default picture cannot be used: one failure, instead of one for each of its users."""
    tried: set[str] = set()
    for definition in definitions:
        digest = renditions.hashes.get(definition.key, "")
        if not definition.default or digest in tried:
            continue
        tried.add(digest)
        why = renditions.refused.get(definition.key)
        if why is None:
            try:
                renditions.rendition(definition)
            except SourceError as error:
                why = str(error)
        if why is not None:
            raise PhotoError(f"the default picture cannot be used: {why}; no user was checked and nothing was written")


def _note(tag: str | None, source: str | None) -> str:
    return f"{tag} {source}" if tag is not None and source is not None else ""
