# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing photos: each only while the user still has the photo that the change was planned on.

Graph has no compare-and-swap for photos, so the tag is asked for right before each write, a few users ahead of the
writes in one batch. What slips through that gap of about a second is found when the write is verified.
"""

from __future__ import annotations

import typing as t

from .._core.model import Observation, StoreError, User, Write, WriteResult
from .http.batch import MOST, Answer, Item
from .http.client import Client
from .http.engine import TOO_LATE, Engine
from .http.retry import THROTTLED, TRANSIENT
from .photos import Photos, nameless, value_tag

#: Graph takes less than 4 MB (learn.microsoft.com/graph/api/profilephoto-update).
MOST_BYTES = 4 * 1024 * 1024 - 1
#: Seconds after which a tag is too old to write on.
_FRESH = 10.0
_LATE = 10


class Job:
    """A write on its way. ``sent``: without an answer yet. ``unsure``: an earlier attempt may have been carried out."""

    __slots__ = ("attempts", "late", "sent", "unsure", "waited", "write")

    def __init__(self, write: Write) -> None:
        self.write = write
        self.attempts = 0
        self.waited = 0.0
        self.late = 0
        self.sent = False
        self.unsure = False

    def given_up(self, why: StoreError) -> WriteResult:
        """How it ends when no answer about it can be expected any more."""
        return WriteResult("uncertain" if self.sent or self.unsure else "failed", f"not written: {why}")


class Writer:
    """Carries out writes, several in flight."""

    def __init__(self, client: Client, photos: Photos) -> None:
        self._client = client
        self._photos = photos
        #: Why no write at all is let through, once one was refused for that.
        self._refused: StoreError | None = None

    def write(self, writes: t.Iterable[Write]) -> t.Iterator[tuple[User, WriteResult]]:
        """Yield every write's end, in any order; then raise StoreError when no further one can succeed."""
        waiting: dict[str, Job] = {}
        for write in writes:
            if write.data is not None and len(write.data) > MOST_BYTES:
                why = f"the photo has {len(write.data)} bytes, Microsoft 365 takes {MOST_BYTES}; lower max_bytes"
                yield write.user, WriteResult("failed", why)
            else:
                waiting[write.user.id] = Job(write)
        try:
            for user, result in self._carry_out(list(waiting.values())):
                del waiting[user.id]
                yield user, result
            if self._refused is not None:
                raise self._refused
        except StoreError as error:
            for job in waiting.values():
                yield job.write.user, job.given_up(error)
            raise

    def _carry_out(self, jobs: t.Sequence[Job]) -> t.Iterator[tuple[User, WriteResult]]:
        width = self._client.limit.maximum
        engine = Engine(self._client, size=min(MOST, width), ahead=width)
        for item, answer in engine.run(self._checks(jobs)):
            job: Job = item.key
            if not _nothing_to_lose(job, item, answer) and nameless(item, answer):
                engine.add(item)
                continue
            step = self._judge if item.step == "write" else self._look
            result = step(engine, job, item, answer)
            if result is not None:
                yield job.write.user, result

    def _checks(self, jobs: t.Sequence[Job]) -> t.Iterator[Item]:
        for job in jobs:
            if self._refused is not None:
                return  # what is under way comes back with its own answer; nothing more is begun
            yield _check(job)

    def _look(self, engine: Engine, job: Job, item: Item, answer: Answer) -> WriteResult | None:
        """Is the photo still the one that the change was planned on? Then send; None: under way."""
        if self._refused is not None:
            return job.given_up(self._refused)
        if _nothing_to_lose(job, item, answer):
            now = Observation()
        elif item.step == "value" and answer.ok and isinstance(answer.body, bytes):
            now = Observation(present=True, tag=value_tag(answer))
        else:
            now = self._photos.metadata(answer)
        if now.present and now.tag is None:
            engine.add(_check_value(job))
            return None
        if now.problem is not None:
            return WriteResult("uncertain" if job.unsure else "failed", now.problem)
        write = job.write
        if not _as_planned(now, write.expected):
            if not job.unsure:
                return WriteResult("conflict", "the photo was changed by somebody else since it was looked at")
            if write.data is None and not now.present:
                return WriteResult("written")
            return WriteResult(
                "uncertain", "an attempt failed half-way and the photo has changed since; see verification"
            )
        method = "DELETE" if write.data is None else "PUT"
        path = f"/users/{write.user.handle}/photo/$value"
        item = Item(path, job, "write", method=method, body=write.data, single=True, again=False)
        item.attempts, item.waited = job.attempts, job.waited
        item.not_after = self._client.clock.monotonic() + _FRESH
        job.sent = True
        engine.add(item)
        return None

    def _judge(self, engine: Engine, job: Job, item: Item, answer: Answer) -> WriteResult | None:
        """How a PUT or DELETE ended; None: the tag is asked for once more and then it is sent again."""
        job.sent = False
        if answer.ok:
            return WriteResult("written")
        if answer.status == 0 and answer.problem == TOO_LATE and job.late < _LATE:
            job.late += 1
            engine.add(_check(job))
            return None
        if answer.status == 0 and answer.sent:
            return WriteResult("uncertain", f"{answer.problem}; the photo may or may not have been written")
        error = answer.error()
        if answer.status == 404 and error.kind == "no_photo" and job.write.data is None:
            return WriteResult("written")
        if answer.status == 412:
            return WriteResult("conflict", "the photo was changed by somebody else since it was looked at")
        again = answer.status == 0 or answer.status in TRANSIENT or answer.status >= 500
        if again and error.kind == "other":
            pause = engine.patience(item, answer)
            job.attempts, job.waited = item.attempts, item.waited
            job.unsure = job.unsure or not (answer.status == 0 or answer.status in THROTTLED)
            if pause is not None:
                engine.add(_check(job), pause)
                return None
            return WriteResult("uncertain" if job.unsure else "failed", self._photos.trouble(answer, "write"))
        try:
            return WriteResult("failed", self._explain(answer, job.write))
        except StoreError as refusal:
            # A clear no to this write, and the same for every other one.
            self._refused = refusal
            return WriteResult("failed", f"not written: {refusal}")

    def _explain(self, answer: Answer, write: Write) -> str:
        """Why a write was refused, and what to do. Raises StoreError for a missing permission."""
        error = answer.error()
        shown = f"{answer.status} {error}"
        size = f" of {len(write.data)} bytes" if write.data is not None else ""
        texts = {
            "too_small": f"Microsoft 365 finds the photo too small ({shown}); use a larger source picture",
            "not_an_image": f"Microsoft 365 does not read it as an image ({shown}); check the source picture",
            "too_large": f"Microsoft 365 finds the photo{size} too large ({shown}); lower max_bytes or size. Its own "
            f"limit is {MOST_BYTES}, so a proxy on the way may have a smaller one",
            "wrong_type": f"Microsoft 365 does not take this type of image ({shown}), and only JPEG is sent; check "
            "whether a proxy on the way changes requests",
            "no_photo": f"Microsoft 365 did not find a photo to write to ({shown}); run again later",
        }
        if error.kind in texts:
            return texts[error.kind]
        if answer.status == 400:
            return f"Microsoft 365 does not accept the photo ({shown}); check the source picture"
        if answer.status in (409, 423):
            return f"Microsoft 365 is busy with this user or has locked the mailbox ({shown}); run again later"
        text = self._photos.trouble(answer, "write")
        if error.kind == "denied":
            text += ", and that the tenant's photo source is the cloud (exo_photo_update_settings)"
        return text


def _check(job: Job) -> Item:
    return Item(f"/users/{job.write.user.handle}/photo", job, "check")


def _nothing_to_lose(job: Job, item: Item, answer: Answer) -> bool:
    """A 404 that does not say what is missing, where no photo is expected: whatever it is, no photo is overwritten."""
    return item.step == "check" and job.write.expected is None and answer.status == 404 and not answer.body


def _check_value(job: Job) -> Item:
    """For a service whose metadata has no tag."""
    return Item(f"/users/{job.write.user.handle}/photo/$value", job, "value", single=True)


def _as_planned(now: Observation, expected: str | None) -> bool:
    return now.present and now.tag == expected if expected is not None else not now.present
