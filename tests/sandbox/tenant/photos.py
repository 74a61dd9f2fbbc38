# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The photo service's kitchen: every upload is cooked again, and nothing comes out as it went in."""

from __future__ import annotations

import asyncio
import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, ImageOps

from .config import Service

SIZES = (48, 64, 96, 120, 240, 360, 432, 504, 648)


class NotAnImage(Exception):
    """The upload is not a JPEG or PNG picture."""


class TooSmall(Exception):
    """The upload has fewer pixels than the service takes."""


@dataclass(slots=True, eq=False)
class Blob:
    """A cooked picture, shared by every user who uploaded the same bytes, with its renditions as they are asked for."""

    jpeg: bytes
    width: int
    height: int
    sizes: dict[int, bytes] = field(default_factory=dict)

    def offers(self) -> list[int]:
        """The standard sizes that this picture is large enough for."""
        return [size for size in SIZES if size <= min(self.width, self.height)]


@dataclass(slots=True, eq=False)
class Photo:
    """One upload of one user: a picture and a tag that no other upload has."""

    blob: Blob
    owner: str
    serial: int
    etag_form: str
    _etags: dict[int, str] = field(default_factory=dict)

    def etag(self, size: int = 0) -> str:
        """The tag of the photo (size 0) or of one rendition."""
        tag = self._etags.get(size)
        if tag is None:
            # Twenty thousand users are made in a moment because their tags are only made when somebody asks.
            digest = hashlib.sha256(f"{self.owner}/{self.serial}/{size}".encode()).hexdigest()
            weak = int(digest[:2], 16) % 2 == 0 if self.etag_form == "mixed" else self.etag_form == "weak"
            tag = self._etags[size] = f'W/"{digest}"' if weak else f'"{digest[2:10].upper()}"'
        return tag


@dataclass(slots=True)
class History:
    """One change to a user's photo, for tests to look at."""

    time: float
    action: str  # put, delete, by_hand, by_hand_delete
    sha256: str | None
    bytes: int
    etag: str | None
    content_type: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As the control API shows it."""
        return {name: getattr(self, name) for name in self.__slots__}


def _save(image: Image.Image, service: Service) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=service.jpeg_quality, subsampling=service.subsampling)
    return out.getvalue()


def cook(raw: bytes, service: Service) -> Blob:
    """Decode, forget all metadata, shrink to the service's limit and encode again.

    The orientation in EXIF is forgotten like the rest, so a sideways upload stays sideways.
    """
    try:
        # Only these two: the contract knows no others.
        with Image.open(io.BytesIO(raw), formats=("JPEG", "PNG")) as opened:
            if min(opened.size) < service.min_side:
                raise TooSmall
            opened.draft("RGB", (service.max_side * 2, service.max_side * 2))
            opened.load()
            image: Image.Image = opened.copy()
    except TooSmall:
        raise
    except Exception as ex:  # Pillow raises a dozen kinds on hostile bytes; to the service they are one
        raise NotAnImage from ex
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        image = Image.new("RGB", rgba.size, (255, 255, 255))
        image.paste(rgba, mask=rgba.getchannel("A"))
    plain = Image.new("RGB", image.size)
    plain.paste(image.convert("RGB"))
    plain.thumbnail((service.max_side, service.max_side), Image.Resampling.LANCZOS)
    return Blob(_save(plain, service), plain.width, plain.height)


def _rendition(blob: Blob, size: int, service: Service) -> bytes:
    with Image.open(io.BytesIO(blob.jpeg)) as image:
        square = ImageOps.fit(image.convert("RGB"), (size, size), Image.Resampling.BICUBIC)
    return _save(square, service)


class Kitchen:
    """Cooks off the event loop, each distinct upload once."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="kitchen")
        self._blobs: dict[tuple[Any, ...], Blob] = {}

    def _recipe(self) -> tuple[Any, ...]:
        service = self.service
        return service.max_side, service.min_side, service.jpeg_quality, service.subsampling

    async def blob(self, raw: bytes, digest: str) -> Blob:
        """The cooked picture of these bytes; raises NotAnImage or TooSmall."""
        key = (digest, *self._recipe())
        found = self._blobs.get(key)
        if found is None:
            found = await self._run(cook, raw, self.service)
            found = self._blobs.setdefault(key, found)
        return found

    async def rendition(self, blob: Blob, size: int) -> bytes:
        """One standard size of a cooked picture."""
        found = blob.sizes.get(size)
        if found is None:
            found = blob.sizes.setdefault(size, await self._run(_rendition, blob, size, self.service))
        return found

    async def stranger(self) -> Blob:
        """A picture that nobody uploaded: what a confused service gives back."""
        image = Image.radial_gradient("L").resize((400, 400)).convert("RGB").rotate(33)
        out = io.BytesIO()
        image.save(out, "PNG")
        return await self.blob(out.getvalue(), "stranger")

    async def _run(self, work: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)
