# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at photos: metadata in batches for all, then a small picture, or the whole photo, where it is asked for.

Metadata is always read before the picture. So a tag may be older than its picture, and the next read then finds a newer
tag. It is never newer than its picture; a photo of somebody else would then count as the one that was compared.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .._core.model import Observation, User, sha256
from .._sync.store import Expected, Wanted
from .errors import explain, one_line
from .http.batch import Answer, Item
from .http.client import Client
from .http.engine import Engine
from .http.retry import TRANSIENT
from .permissions import LEAST, Permissions

#: The rendition that is compared: small, and it exists for all but the smallest photos.
_SMALL = "photos/96x96/$value"
#: Up to this side a whole photo is small enough for a batch.
_FITS_BATCH = 240
_REREADS = 3
_NO_MAILBOX = ("no_mailbox", "mailbox_on_premises")
#: Seconds before "there is no photo" is asked a second time.
MOMENT = 2.0


class Seen(t.NamedTuple):
    """A user on the way through the steps, with what metadata said and how often it was asked for."""

    user: User
    metadata: Observation
    looks: int


class Photos:
    """Reads photos of users that have been resolved."""

    def __init__(self, client: Client, permissions: Permissions) -> None:
        self._client = client
        self._permissions = permissions

    def observe(
        self, users: t.Iterable[User], wanted: Wanted, expected: Expected | None = None
    ) -> t.Iterator[tuple[User, Observation]]:
        """Tag and size of everybody's photo; the small picture where ``wanted`` says so.

        The service sometimes answers "no photo" although there is one. So users in ``expected`` are asked for a second
        time, a moment later, when the answer is "no photo".
        """
        engine = Engine(self._client)
        for item, answer in engine.run(metadata_item(user, looks=0) for user in users):
            user = item.key.user
            if nameless(item, answer):
                engine.add(item)
                continue
            if item.step == "metadata":
                known = expected is not None and expected(user)
                seen = self._after_metadata(engine, item.key, answer, wanted, known=known)
            else:
                seen = self._after_picture(engine, item, answer)
            if seen is not None:
                yield user, seen

    def _after_metadata(
        self, engine: Engine, seen: Seen, answer: Answer, wanted: Wanted, *, known: bool
    ) -> Observation | None:
        """The observation of a user; None: a further request follows. ``known``: there was a photo before."""
        user, _before, looks = seen
        metadata = self.metadata(answer)
        if metadata.problem is not None:
            return metadata
        if not metadata.present:
            if looks or not known:
                return metadata
            engine.add(metadata_item(user, looks=1), MOMENT)
        elif metadata.tag is None:
            engine.add(value_item(Seen(user, metadata, looks)))
        elif wanted(user, metadata.tag):
            engine.add(small_item(user, Seen(user, metadata, looks)))
        else:
            return metadata
        return None

    def _after_picture(self, engine: Engine, item: Item, answer: Answer) -> Observation | None:
        """The same, once the picture was asked for."""
        seen: Seen = item.key
        user, metadata, looks = seen
        if answer.ok and answer.body and isinstance(answer.body, bytes):
            if not cut_short(answer.body) or looks >= _REREADS:
                return _with_picture(metadata, answer, whole=item.step == "whole")
            item.key = Seen(user, metadata, looks + 1)
            engine.add(item)
        elif item.step == "small" and no_such_size(answer):
            alone = (metadata.width or _FITS_BATCH + 1) > _FITS_BATCH
            engine.add(Item(f"/users/{user.handle}/photo/$value", seen, "whole", single=alone))
        elif answer.status == 404 and answer.error().kind == "no_photo" and looks == 0:
            engine.add(metadata_item(user, looks=1))  # removed between the two questions?
        else:
            return self.unseen(answer)
        return None

    def read(self, users: t.Iterable[User]) -> t.Iterator[tuple[User, Observation]]:
        """Whole photos, each with the tag that it had when it was read."""
        engine = Engine(self._client, ahead=2)
        for item, answer in engine.run(metadata_item(user, looks=0) for user in users):
            seen: Seen = item.key
            user, before, looks = seen
            if nameless(item, answer):
                engine.add(item)
            elif item.step == "metadata":
                now = self.metadata(answer)
                if now.problem is not None or not now.present:
                    yield user, now
                elif before.picture is not None and now.tag == before.tag:
                    yield user, before  # the ETag of $value was of another kind; the photo has not changed
                elif looks >= _REREADS:
                    yield user, Observation(problem="the photo keeps changing while it is read; run again later")
                else:
                    engine.add(value_item(Seen(user, now, looks + 1)))
            elif answer.ok and answer.body and isinstance(answer.body, bytes) and not cut_short(answer.body):
                whole = _with_picture(before, answer, whole=True)
                tag = answer.header("etag")
                if before.tag is None or tag is None or tag == before.tag:
                    yield user, whole
                else:
                    engine.add(metadata_item(user, looks=looks, seen=whole))
            elif looks < _REREADS and (answer.ok or (answer.status == 404 and answer.error().kind == "no_photo")):
                engine.add(metadata_item(user, looks=looks))  # cut short, or removed between the two questions?
            else:
                yield user, self.unseen(answer)

    def metadata(self, answer: Answer) -> Observation:
        """What an answer to GET /users/{id}/photo says. Raises StoreError when it would be the same for everybody."""
        seen = photo_of(answer)
        if seen is not None:
            return seen
        return self.unseen(answer)

    def unseen(self, answer: Answer) -> Observation:
        """The observation for an answer with no photo that does not say that there is none. Raises as ``trouble``."""
        no_answer = answer.status == 0 or answer.status in TRANSIENT or answer.status >= 500
        no_mailbox = not answer.ok and not no_answer and answer.error().kind in _NO_MAILBOX
        return Observation(problem=self.trouble(answer), no_mailbox=no_mailbox, no_answer=no_answer)

    def trouble(self, answer: Answer, task: str = "read") -> str:
        """Why a user's photo cannot be seen or written, and what to do. Raises StoreError for a missing permission."""
        if answer.status == 0:
            return f"Microsoft Graph gave no answer: {answer.problem}; run again later"
        error = answer.error()
        shown = f"{answer.status} {error}"
        if error.kind == "denied":
            denied = self._permissions.denied(task)
            if denied is not None:
                raise denied
            return (
                f"access denied by Microsoft Graph ({shown}); check {LEAST[task]} and policies that protect this user, "
                "such as restricted management administrative units"
            )
        about_user = explain(error, shown)
        if about_user is not None:
            return about_user
        if answer.ok:
            return "Microsoft Graph's answer about the photo could not be read"
        if answer.status == 429:
            asked = answer.header("retry-after")
            wait = f", Retry-After {one_line(asked, 40)}" if asked else ""
            return f"Microsoft Graph kept asking to wait ({shown}{wait}); run again later or lower concurrency"
        if answer.status >= 500:
            return f"Microsoft Graph failed ({shown}); run again later"
        if answer.status == 404:
            return f"Microsoft Graph does not say what is missing ({shown}): the user, the mailbox or the photo"
        return f"Microsoft Graph refused ({shown})"


def photo_of(answer: Answer) -> Observation | None:
    """What an answer to GET /users/{id}/photo says of the photo; None: it says nothing of it."""
    if answer.ok and isinstance(answer.body, dict):
        body = answer.body
        tag = body.get("@odata.mediaEtag")
        tag = tag if isinstance(tag, str) and tag else None
        if body.get("id") == "1x1" or (tag is None and body.get("@odata.mediaContentType") == "image/gif"):
            return Observation()
        if tag is not None or "width" in body or "@odata.mediaContentType" in body:
            return Observation(present=True, tag=tag, width=_side(body.get("width")), height=_side(body.get("height")))
    if not answer.ok and answer.status == 404 and answer.error().kind == "no_photo":
        return Observation()
    return None


def small_item(user: User, key: t.Any) -> Item:
    """The question for the picture that photos are compared by."""
    return Item(f"/users/{user.handle}/{_SMALL}", key, "small")


def metadata_item(user: User, *, looks: int, seen: Observation | None = None) -> Item:
    """The question for a photo's metadata. Handles are object ids, fit for a URL."""
    return Item(f"/users/{user.handle}/photo", Seen(user, seen or Observation(), looks), "metadata")


def value_item(seen: Seen) -> Item:
    """The question for the photo itself, of a user whose metadata has been seen."""
    return Item(f"/users/{seen.user.handle}/photo/$value", seen, "whole", single=True)


def value_tag(answer: Answer) -> str:
    """What tells one state of a photo from the next where metadata has no tag."""
    return answer.header("etag") or f"sha256:{sha256(answer.body)}"


def nameless(item: Item, answer: Answer) -> bool:
    """Handle a 404 without a body, which occurs in batches: the answer to a single request says what is missing.

    Changes ``item`` so that it is sent alone. For a size it does not matter: the whole photo is asked for next.
    """
    if item.single or item.step == "small" or answer.status != 404 or answer.body:
        return False
    item.single = True
    return True


def no_such_size(answer: Answer) -> bool:
    """Is only the size refused, so that the whole photo must be read?

    For photos that are not square the answer is not always a 404. A refusal that concerns the
    whole photo too does not count.
    """
    return 400 <= answer.status < 500 and answer.status not in (401, 403, 429)


def cut_short(picture: bytes) -> bool:
    """Is this a JPEG whose end is missing? A proxy can cut it and still send a matching length."""
    return picture.startswith(b"\xff\xd8") and b"\xff\xd9" not in picture[-512:]


def _with_picture(metadata: Observation, answer: Answer, *, whole: bool) -> Observation:
    picture: bytes = answer.body
    if not whole:
        return replace(metadata, picture=picture)
    tag = value_tag(answer) if metadata.tag is None else metadata.tag
    return replace(metadata, tag=tag, picture=picture, bytes=len(picture), sha256=sha256(picture))


def _side(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
