# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control API for users: create thousands, change one, and change photos by hand."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import uuid
from pathlib import Path
from typing import Any

from .config import ConfigError, Person, build
from .directory import User
from .errors import CASES
from .photo_api import NO_MAILBOX_CASES, NO_PHOTO_CASES, POLICIES
from .photos import Blob, Photo
from .state import Tenant

_CHANGEABLE: dict[str, Any] = {
    "upn": str, "display_name": str, "mail": (str, type(None)), "employee_id": (str, type(None)),
    "immutable_id": (str, type(None)), "proxy_addresses": list, "mailbox": bool, "no_photo_case": str,
    "no_mailbox_case": str, "policy": str, "department": (str, type(None)), "job_title": (str, type(None)),
    "office_location": (str, type(None)), "account_enabled": bool,
}  # fmt: skip


def as_json(user: User) -> dict[str, Any]:
    """A user for tests: the true state, without any lag."""
    photo = user.photo
    return {
        "key": user.key, "id": user.id, "upn": user.upn, "mail": user.mail, "employee_id": user.employee_id,
        "immutable_id": user.immutable_id, "mailbox": user.mailbox, "display_name": user.display_name,
        "photo": photo and {"etag": photo.etag(), "width": photo.blob.width, "height": photo.blob.height,
                            "bytes": len(photo.blob.jpeg), "sha256": hashlib.sha256(photo.blob.jpeg).hexdigest()},
    }  # fmt: skip


async def handle(tenant: Tenant, method: str, path: str, query: dict[str, str], raw: bytes) -> Any:
    """Answer one control request about users."""
    if (method, path) == ("GET", "users"):
        return [{"key": user.key, "id": user.id, "upn": user.upn, "photo": user.photo is not None}
                for user in tenant.directory.users.values()]  # fmt: skip
    if (method, path) == ("POST", "users"):
        return as_json(await tenant.admit(_person(json.loads(raw))))
    if (method, path) == ("POST", "users/generate"):
        return await generate(tenant, **json.loads(raw))
    user = tenant.directory.by_key(query.get("user", ""))
    if user is None:
        raise LookupError(f"no user {query.get('user')!r}")
    if path == "user/photo":
        return await _photo(tenant, method, user, raw)
    if (method, path) == ("GET", "user"):
        return as_json(user)
    if (method, path) == ("DELETE", "user"):
        return tenant.directory.remove(user)
    if (method, path) == ("PATCH", "user"):
        tenant.directory.change(user, **_changes(json.loads(raw)))
        return as_json(user)
    if (method, path) == ("GET", "user/history"):
        return [entry.as_json() for entry in user.history]
    raise LookupError(f"no control call {method} {path}")


def _person(raw: dict[str, Any]) -> Person:
    raw = {"object_id": str(uuid.uuid4()), "key": raw.get("upn", ""), "display_name": raw.get("upn", ""), **raw}
    person: Person = build(Person, raw, "user", ignore_unknown=True)
    return person


def _changes(raw: dict[str, Any]) -> dict[str, Any]:
    for name, value in raw.items():
        if name not in _CHANGEABLE or not isinstance(value, _CHANGEABLE[name]):
            raise ConfigError(f"{name}: cannot be changed, or not to {value!r}")
    if raw.get("policy", "") not in POLICIES:
        raise ConfigError(f"policy: {raw['policy']!r} is not one of {', '.join(map(repr, POLICIES))}")
    for name, allowed in (("no_photo_case", NO_PHOTO_CASES), ("no_mailbox_case", NO_MAILBOX_CASES)):
        case = raw.get(name, "")
        if case and case not in allowed and case not in CASES:
            raise ConfigError(f"{name}: {case!r} is not a known case; try {', '.join(sorted(set(allowed)))}")
    return raw


async def _photo(tenant: Tenant, method: str, user: User, raw: bytes) -> Any:
    if method == "GET":
        if user.photo is None:
            raise LookupError(f"{user.upn} has no photo")
        return user.photo.blob.jpeg
    if method == "PUT":  # by hand, as the user would: not counted as a request, but in the history
        await tenant.store(user, raw, action="by_hand", content_type="")
        return as_json(user)
    if method == "POST":  # what the service does by itself now and then
        await tenant.anew(user)
        return as_json(user)
    if method == "DELETE":
        return tenant.erase(user, action="by_hand_delete")
    raise LookupError(f"no control call {method} user/photo")


async def generate(
    tenant: Tenant,
    count: int,
    photos: list[str] | None = None,
    prefix: str = "user",
    domain: str = "bench.example",
    photo_fraction: float = 1.0,
    mailbox_fraction: float = 1.0,
    seed: int = 1,
) -> dict[str, Any]:
    """Create many users at once. Their photos are taken in turn from a list of files; each file is re-encoded once."""
    blobs: list[Blob] = []
    for name in photos or []:
        content = Path(name).read_bytes()
        blobs.append(await tenant.kitchen.blob(content, hashlib.sha256(content).hexdigest()))
    dice = random.Random(f"{seed}/{prefix}/{domain}")  # two lots of users never share an id
    form = tenant.config.service.etag_form
    first = ""
    for number in range(1, count + 1):
        upn = f"{prefix}{number:06d}@{domain}"
        identity = uuid.UUID(int=dice.getrandbits(128), version=4)
        user = tenant.directory.add(
            upn, f"{prefix.title()} {number:06d}", user_id=str(identity), key=upn, mail=upn,
            employee_id=f"{prefix[:8]}{number:06d}", immutable_id=base64.b64encode(identity.bytes_le).decode(),
            mailbox=dice.random() < mailbox_fraction,
        )  # fmt: skip
        first = first or upn
        if blobs and dice.random() < photo_fraction:
            user.uploads = 1
            user.photo = Photo(blobs[(number - 1) % len(blobs)], user.id, 1, form)
    return {"count": count, "first": first, "distinct_photos": len(blobs)}
