# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who shows the default picture, and who has a photo of their own, which it never replaces.

A photo that is not the declared default picture is a person's own, unless the receipts show both that we wrote it and
that it was a default picture. Where nothing is remembered, every other photo is a person's own.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .._core.model import Change, Comparison, Definition, Observation, Outcome, PhotoError, Receipt, SourceError
from .._pictures.fingerprint import matches
from .receipts import Receipts
from .renditions import Renditions

#: Keys of the memory in the receipts file; the user's id follows.
_SHOWN, _OWN = "default_shown:", "own_photo:"
OWN_PHOTO = "the default picture is declared, and the user has a photo of their own, which stays"


class DefaultPictures:
    """What is remembered, by user id. It changes between the looks at users only, so threads may share it."""

    def __init__(self) -> None:
        #: Whose last photo from us was a default picture.
        self._shown: set[str] = set()
        #: Who was found with a photo of their own: its tag, and the default picture that it was compared with.
        self._own: dict[str, str] = {}

    def recall(self, receipts: Receipts, user_ids: t.Sequence[str]) -> None:
        """Have at hand what is remembered of these users."""
        found = receipts.recall_many([start + user_id for user_id in user_ids for start in (_SHOWN, _OWN)])
        self._shown.update(key.removeprefix(_SHOWN) for key, value in found.items() if key.startswith(_SHOWN) and value)
        self._own.update((key.removeprefix(_OWN), value) for key, value in found.items() if key.startswith(_OWN))

    def remember(self, receipts: Receipts, outcomes: t.Iterable[Outcome], writes: bool) -> None:
        """Keep what was found, before anything is written. ``writes``: planned changes are carried out.

        Raises PhotoError when the receipts file cannot be used.
        """
        values: dict[str, str] = {}
        for outcome in outcomes:
            if outcome.user is None:
                continue
            user_id, default, seen = outcome.user.id, outcome.definition.default, outcome.observed
            if outcome.own_photo:
                tag = seen.tag if seen is not None else None
                own = _note(tag, outcome.source_sha256)
                if own and self._own.get(user_id) != own:
                    values[_OWN + user_id] = own
                continue
            there = outcome.change.drift == "in_sync" and seen is not None and seen.present
            if there or (outcome.change.action != "none" and writes):
                shown = default and outcome.change.action != "remove"
                if shown != (user_id in self._shown):
                    values[_SHOWN + user_id] = "1" if shown else ""
        receipts.remember_many(values)

    def is_own(self, definition: Definition, user_id: str, tag: str | None, source: str | None) -> bool:
        """Is it remembered that the photo with this tag is the person's own, and not the default picture?"""
        return definition.default and tag is not None and self._own.get(user_id) == _note(tag, source)

    def may_replace(
        self, user_id: str, comparison: Comparison | None, receipt: Receipt | None, seen: Observation, keeps_bytes: bool
    ) -> bool:
        """May the default picture take the place of what is there? It must be a default picture of ours itself."""
        if comparison is None or comparison.verdict == "same" or comparison.same_picture or comparison.by_product:
            return True
        return user_id in self._shown and is_ours(receipt, seen, keeps_bytes)


def is_ours(receipt: Receipt | None, seen: Observation, keeps_bytes: bool) -> bool:
    """Is this surely a photo that we wrote? Another tag alone is no proof against it."""
    if receipt is None or not seen.present:
        return False
    if receipt.seen and receipt.tag is not None and receipt.tag == seen.tag:
        return True
    pending = receipt.pending
    prints = pending.prints if pending is not None else ()
    digest = seen.tag if keeps_bytes else seen.sha256
    if digest is not None and (digest in prints or (pending is not None and digest == pending.sha256)):
        return True
    if keeps_bytes or seen.picture is None:
        return False
    ours = (receipt.fingerprint if receipt.seen else None, *prints)
    return any(matches(known, seen.picture) for known in ours)


def stepped_back(outcome: Outcome) -> Outcome:
    """The outcome of a user whose own photo stays."""
    change = Change("in_sync", "none", OWN_PHOTO)
    return replace(outcome, change=change, desired=None, warnings=(), own_photo=True)


def check_default(definitions: t.Iterable[Definition], renditions: Renditions) -> None:
    """Raises PhotoError when a default picture does not work: it is one failure, and not one of each of its users."""
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
