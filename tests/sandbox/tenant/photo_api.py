# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`/users/{id}/photo` and `/users/{id}/photos`, with all their errors."""

from __future__ import annotations

import random
import time
import zlib
from typing import Any

from .directory import User
from .errors import error
from .faults import Plan
from .photos import NotAnImage, Photo, TooSmall
from .routes import Route
from .state import Tenant
from .wire import Answer, Call

# The answers for a user without a photo, chosen by the user's id. So a user always gets the same one, and all occur.
NO_PHOTO_CASES = (
    "image_not_found", "image_not_found", "image_not_found", "error_entity_not_found", "error_entity_not_found",
    "documented_1x1", "null_in_batch",
)  # fmt: skip
MISSING_USER_CASES = (
    "request_resource_not_found", "request_resource_not_found", "resource_not_found", "unknown_error_unresolved",
)  # fmt: skip
# The last is not an error: photos are no longer in Exchange, so a user without an Exchange licence can have one.
NO_MAILBOX_CASES = (
    "non_existent_mailbox", "resource_not_found", "plain_404", "mailbox_not_enabled", "mailbox_not_supported",
    "mailbox_on_premises", "holds_photo",
)  # fmt: skip
# What a policy can forbid the application for one user.
POLICIES = ("", "writes", "all")
_PICTURES = frozenset({"image/jpeg", "image/png"})
_CACHE = "max-age=21600, private"


def _hash(text: str) -> int:
    return zlib.crc32(text.lower().encode("utf-8", "replace"))


class PhotoService:
    """Reads and writes photos of one tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._dice = random.Random(tenant.config.seed)

    async def handle(self, call: Call, route: Route, user: User | None, plan: Plan) -> Answer:
        """Answer a photo request whose permissions are checked."""
        writes = call.method in ("PUT", "PATCH", "DELETE")
        if call.method != "GET" and not (writes and route.kind == "photo_value"):
            # Also DELETE of /photo without $value, as was seen, and any write to a size.
            return self._error(call, "method_not_allowed")
        refusal = self._check_upload(call) if call.method in ("PUT", "PATCH") else None
        if refusal is not None:
            return refusal
        if user is None:
            return self._nobody(call, route)
        if user.policy == "all" or (writes and user.policy == "writes"):
            return self._error(call, "forbidden_by_policy")
        if not user.mailbox and user.no_mailbox_case != "holds_photo":
            return self._error(call, user.no_mailbox_case or NO_MAILBOX_CASES[0])
        if not writes:
            return await self._read(call, route, user)
        if self._tenant.effective_settings().source == "onPremises":
            # Graph's real answer is not known. This is the same error as without permission. It is the least helpful of
            # the likely ones, so a client has to read the settings.
            return self._error(call, "photo_write_denied")
        if call.method == "DELETE":
            return self._delete(call, user, plan)
        return await self._put(call, user, plan)

    def _error(self, call: Call, case: str, *, status: int | None = None, identity: str = "") -> Answer:
        return error(call, case, self._tenant.clock.now(), status=status, identity=identity)

    def _nobody(self, call: Call, route: Route) -> Answer:
        chosen = self._tenant.missing_cases.get(route.identity.lower())
        if chosen is None and self._tenant.directory.is_address(route.identity):
            chosen = "image_not_found"
        if chosen is None:
            chosen = MISSING_USER_CASES[_hash(route.identity) % len(MISSING_USER_CASES)]
        return self._error(call, chosen, identity=route.identity)

    def no_photo_case(self, user: User) -> str:
        """The answer for this user's missing photo."""
        return user.no_photo_case or NO_PHOTO_CASES[_hash(user.id) % len(NO_PHOTO_CASES)]

    def _no_photo(self, call: Call, route: Route, user: User) -> Answer:
        case = self.no_photo_case(user)
        if case == "documented_1x1":
            if route.kind == "photo" and call.method == "GET":
                body = {"@odata.id": _canonical(call, user), "@odata.mediaContentType": "image/gif"}
                body |= {"@odata.mediaEtag": "", "id": "1x1"}
                return Answer(200, {**self._context(call, user, "photo"), **body, "width": 1, "height": 1})
            case = "image_not_found"
        if case == "null_in_batch":
            answer = self._error(call, "image_not_found")
            answer.bare_in_batch = True
            return answer
        return self._error(call, case)

    def _context(self, call: Call, user: User, what: str) -> dict[str, Any]:
        return {"@odata.context": f"{call.root}/{call.version}/$metadata#users('{user.id}')/{what}/$entity"}

    async def _read(self, call: Call, route: Route, user: User) -> Answer:
        restless = self._tenant.config.service.restless
        if restless and self._dice.random() < restless:
            await self._tenant.anew(user)
        photo = user.visible_photo(time.monotonic())
        if photo is None:
            return self._no_photo(call, route, user)
        if route.kind == "photo":
            return Answer(200, {**self._context(call, user, "photo"), **_describe(call, user, photo)})
        if route.kind == "photo_value":
            return self._picture(photo.blob.jpeg, photo.etag())
        offers = photo.blob.offers()
        if route.kind == "photos":
            context = f"{call.root}/{call.version}/$metadata#users('{user.id}')/photos"
            value = [self._sized(photo, size) for size in offers]
            return Answer(200, {"@odata.context": context, "value": value})
        if route.size not in offers:
            if route.size > 0 and self._tenant.config.service.unlike_404 and photo.blob.width != photo.blob.height:
                # A missing size of a photo that is not square is not always a 404. The other answers are not known.
                unlike = _hash(user.id) % 3
                if unlike == 1:
                    return self._error(call, "size_not_offered")
                if unlike == 2 and route.kind == "sized_value":
                    return self._picture(photo.blob.jpeg, self._sized_etag(photo, route.size))
            plain = route.kind == "sized_value" and _hash(user.id) % 2 == 0
            return self._error(call, "plain_404" if plain else "image_not_found")
        if route.kind == "sized":
            return Answer(200, {**self._context(call, user, "photos"), **self._sized(photo, route.size)})
        jpeg = await self._tenant.kitchen.rendition(photo.blob, route.size)
        return self._picture(jpeg, self._sized_etag(photo, route.size))

    def _sized_etag(self, photo: Photo, size: int) -> str:
        return photo.etag() if self._tenant.config.service.rendition_etag == "same" else photo.etag(size)

    def _sized(self, photo: Photo, size: int) -> dict[str, Any]:
        return {
            "@odata.mediaContentType": "image/jpeg",
            "@odata.mediaEtag": self._sized_etag(photo, size),
            "id": f"{size}x{size}",
            "height": size,
            "width": size,
        }

    def _picture(self, jpeg: bytes, etag: str) -> Answer:
        totals = self._tenant.counters.totals
        totals["downloads"] += 1
        totals["download_bytes"] += len(jpeg)
        return Answer(200, jpeg, {"Content-Type": "image/jpeg", "ETag": etag, "Cache-Control": _CACHE})

    def _check_upload(self, call: Call) -> Answer | None:
        media = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media == "application/octet-stream":
            return self._error(call, "internal_error")
        if media not in _PICTURES:
            return self._error(call, "unsupported_media_type")
        if len(call.body) >= self._tenant.config.service.max_bytes:
            return self._error(call, "too_large")
        return None

    async def _put(self, call: Call, user: User, plan: Plan) -> Answer:
        service = self._tenant.config.service
        self._tenant.counters.totals["upload_bytes"] += len(call.body)
        media = call.headers.get("content-type", "")
        try:
            await self._tenant.store(
                user, call.body, action="put", content_type=media, lag=plan.lag, wrong_photo=plan.wrong_photo
            )
        except NotAnImage:
            return self._error(call, "not_an_image", status=service.not_an_image_status)
        except TooSmall:
            return self._error(call, "too_small")
        if call.method == "PATCH":
            return Answer(204)
        return Answer(service.put_status or (200 if _hash(user.id) % 2 else 204))

    def _delete(self, call: Call, user: User, plan: Plan) -> Answer:
        if user.photo is None:
            return self._no_photo(call, Route("photo_value", user.id), user)
        wanted = call.headers.get("if-match")
        # Compared with the true tag: a client that read during a lag has an old one.
        if wanted is not None and wanted != "*" and wanted != user.photo.etag():
            return self._error(call, "precondition_failed")
        self._tenant.erase(user, action="delete", lag=plan.lag)
        return Answer(self._tenant.config.service.delete_status or (200 if _hash(user.id) % 2 else 204))


def _describe(call: Call, user: User, photo: Photo) -> dict[str, Any]:
    width, height = photo.blob.width, photo.blob.height
    # The documented form names the size and an @odata.id, the observed one does not; a quarter of the users get the
    # former, so that no client depends on one of them.
    documented = _hash(user.id) % 4 == 0
    return {
        **({"@odata.id": _canonical(call, user)} if documented else {}),
        "@odata.mediaContentType": "image/jpeg",
        "@odata.mediaEtag": photo.etag(),
        "id": f"{width}x{height}" if documented else "default",
        "height": height,
        "width": width,
    }


def _canonical(call: Call, user: User) -> str:
    return f"{call.root}/{call.version}/users('{user.id}')/photo"
