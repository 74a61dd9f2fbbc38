# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing photos: each only while the user still has the photo that the change was planned on.

Graph has no compare-and-swap for photos, so the tag is asked for right before each write, a few users ahead of the
writes in one batch. A change by somebody else in the second between both is found when the write is verified.
"""

from __future__ import annotations

import typing as t

from .._core.model import Observation, StoreError, User, Write, WriteResult
from .http.batch import MOST, Answer, Check, Item
from .http.client import Client
from .http.engine import Engine
from .http.retry import THROTTLED, TRANSIENT
from .photos import MOMENT, Photos, nameless, no_such_size, photo_of, small_item, value_tag

#: Graph takes less than 4 MB (learn.microsoft.com/graph/api/profilephoto-update).
MOST_BYTES = 4 * 1024 * 1024 - 1
#: Seconds for which a tag that was read counts as current.
_FRESH = 10.0
#: How often the picture of another tag is compared for one write.
_LOOKS = 3
_CHANGED = "the photo was changed by others since it was read"


class Job:
    """A write on its way.

    ``expected`` is the tag that is written on; it moves when the same picture is found under another tag. ``sent``: a
    write without an answer yet. ``unsure``: an earlier attempt may have been carried out. ``said``: what the service
    answered to the last attempt that failed.
    Attempts and waits are counted over the whole job, for looks and for writes, so each has a bound.
    """

    __slots__ = (
        "attempts",
        "by_value",
        "expected",
        "found",
        "looked",
        "looks",
        "missed",
        "said",
        "sent",
        "unsure",
        "waited",
        "write",
    )

    def __init__(self, write: Write) -> None:
        self.write = write
        self.expected = write.expected
        self.found: str | None = None
        self.looks = 0
        self.missed = False
        self.looked = (0, 0.0)
        self.attempts = 0
        self.waited = 0.0
        self.by_value = False
        self.sent = False
        self.unsure = False
        self.said = ""

    def ended(self, why: str) -> WriteResult:
        """The outcome of a write without success: not written, or unknown when an attempt may have been carried out."""
        before = f" (an earlier attempt was answered: {self.said})" if self.said and self.said not in why else ""
        return WriteResult("uncertain" if self.sent or self.unsure else "failed", why + before)

    def given_up(self, why: StoreError) -> WriteResult:
        """The outcome when no further answer about it will come."""
        return self.ended(f"not written: {why}")

    def question(self) -> Item:
        """What is there now?"""
        path = f"/users/{self.write.user.handle}/photo"
        # Metadata of some services has no tag; there the photo itself is asked for.
        item = Item(f"{path}/$value", self, "value", single=True) if self.by_value else Item(path, self, "check")
        item.attempts, item.waited = self.looked
        return item

    def holds(self, answer: Answer) -> bool:
        """Does an answer to ``question`` show what the change was planned on?"""
        if self.by_value:
            return answer.ok and isinstance(answer.body, bytes) and value_tag(answer) == self.expected
        seen = Observation() if self.nothing_to_lose(answer) else photo_of(answer)
        return seen is not None and self.as_planned(seen)

    def as_planned(self, now: Observation) -> bool:
        return now.present and now.tag == self.expected if self.expected is not None else not now.present

    def nothing_to_lose(self, answer: Answer) -> bool:
        """Is it a bare 404 where no photo is expected? Then no photo can be overwritten, whatever is missing."""
        return self.expected is None and not self.by_value and answer.status == 404 and not answer.body


class Writer:
    """Carries out writes, several in flight."""

    def __init__(self, client: Client, photos: Photos) -> None:
        self._client = client
        self._photos = photos
        #: Why all writes are refused, once the service gave such a reason for one.
        self._refused: StoreError | None = None

    def write(self, writes: t.Iterable[Write]) -> t.Iterator[tuple[User, WriteResult]]:
        """Yield the outcome of every write, in any order; then raise StoreError if no further write can succeed."""
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
        engine = Engine(self._client, size=min(MOST, 2 * self._client.limit.maximum), ahead=2)
        for item, answer in engine.run(self._questions(jobs)):
            job: Job = item.key
            job.sent = False
            result = self._step(engine, job, item, answer)
            if result is not None:
                yield job.write.user, result

    def _questions(self, jobs: t.Sequence[Job]) -> t.Iterator[Item]:
        for job in jobs:
            if self._refused is not None:
                return  # requests in flight get their own answers; no new one is sent
            yield job.question()

    def _step(self, engine: Engine, job: Job, item: Item, answer: Answer) -> WriteResult | None:
        """What follows from an answer; None: something was sent or asked."""
        if item.step == "write":
            return self._judge(engine, job, item, answer)
        if self._refused is not None:
            return job.given_up(self._refused)
        if item.step in ("small", "whole"):
            return self._compare(engine, job, item, answer)
        if not job.nothing_to_lose(answer) and nameless(item, answer):
            engine.add(item)
            return None
        job.looked = (item.attempts - 1, item.waited)  # a successful answer does not count as a failed attempt
        return self._look(engine, job, item, answer)

    def _look(self, engine: Engine, job: Job, item: Item, answer: Answer) -> WriteResult | None:
        """Is the photo still the one that the change was planned on? Then send."""
        picture: bytes | None = None
        if job.nothing_to_lose(answer):
            now = Observation()
        elif item.step == "value" and answer.ok and isinstance(answer.body, bytes):
            picture = answer.body
            now = Observation(present=True, tag=value_tag(answer))
        else:
            now = self._photos.metadata(answer)
        if now.problem is not None:
            return job.ended(now.problem)
        if now.present and now.tag is None:
            job.by_value = True
            engine.add(job.question())
            return None
        if job.as_planned(now):
            self._send(engine, job)
            return None
        if not now.present and not job.missed:
            job.missed = True  # the service has been seen to deny a photo that is there
            engine.add(job.question(), MOMENT)
            return None
        if job.unsure and job.write.data is None and not now.present:
            return WriteResult("written")
        if not now.present or job.expected is None or job.write.same is None or job.looks == _LOOKS:
            return _moved(job)
        job.looks += 1
        job.found = now.tag
        if picture is None:
            engine.add(small_item(job.write.user, job))
            return None
        return self._same_or_moved(engine, job, picture)

    def _compare(self, engine: Engine, job: Job, item: Item, answer: Answer) -> WriteResult | None:
        """Handle the picture that was read because another tag was found."""
        if answer.ok and isinstance(answer.body, bytes) and answer.body:
            return self._same_or_moved(engine, job, answer.body)
        if item.step == "small" and no_such_size(answer):
            engine.add(Item(f"/users/{job.write.user.handle}/photo/$value", job, "whole", single=True))
            return None
        if answer.status == 404 and answer.error().kind == "no_photo":
            return _moved(job)
        return job.ended(self._photos.trouble(answer))

    def _same_or_moved(self, engine: Engine, job: Job, picture: bytes) -> WriteResult | None:
        if job.write.same is None or not job.write.same(picture):
            return _moved(job)
        job.expected = job.found
        self._send(engine, job)
        return None

    def _send(self, engine: Engine, job: Job) -> None:
        """Write, unless the tag was read too long ago; then read it again."""
        method = "DELETE" if job.write.data is None else "PUT"
        path = f"/users/{job.write.user.handle}/photo/$value"
        item = Item(path, job, "write", method=method, body=job.write.data, single=True, again=False)
        item.attempts, item.waited = job.attempts, job.waited
        question = job.question()
        question.single = True
        item.check = Check(self._client.clock.monotonic() + _FRESH, question, job.holds)
        job.sent = True
        engine.add(item)

    def _judge(self, engine: Engine, job: Job, item: Item, answer: Answer) -> WriteResult | None:
        """How a PUT or DELETE ended; None: the tag is asked for once more and then it is sent again."""
        if answer.ok:
            return WriteResult("written")
        if answer.status == 0 and answer.sent:
            job.unsure = True
            return job.ended(f"{answer.problem}; the photo may or may not have been written")
        error = answer.error()
        if answer.status == 404 and error.kind == "no_photo" and job.write.data is None:
            return WriteResult("written")
        if answer.status == 412:
            return _moved(job)
        again = answer.status == 0 or answer.status in TRANSIENT or answer.status >= 500
        if again and error.kind == "other":
            pause = engine.patience(item, answer)
            job.attempts, job.waited = item.attempts, item.waited
            job.said = str(answer)
            job.unsure = job.unsure or not (answer.status == 0 or answer.status in THROTTLED)
            if pause is not None:
                engine.add(job.question(), pause)
                return None
            return job.ended(self._photos.trouble(answer, "write"))
        try:
            return job.ended(self._explain(answer, job.write))
        except StoreError as refusal:
            # The service refuses this write, and would refuse every other one for the same reason.
            self._refused = refusal
            return job.given_up(refusal)

    def _explain(self, answer: Answer, write: Write) -> str:
        """Why a write was refused, and what to do. Raises StoreError for a missing permission."""
        error = answer.error()
        shown = f"{answer.status} {error}"
        size = f" of {len(write.data)} bytes" if write.data is not None else ""
        texts = {
            "too_small": f"Microsoft 365 refuses the photo as too small ({shown}); use a larger source picture",
            "not_an_image": f"Microsoft 365 cannot read it as an image ({shown}); check the source picture",
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


def _moved(job: Job) -> WriteResult:
    if not job.unsure:
        return WriteResult("conflict", _CHANGED)
    return job.ended("an attempt failed during the write and the photo has changed since; see verification")
