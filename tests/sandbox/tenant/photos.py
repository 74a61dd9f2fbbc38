# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The photo service's processing of pictures: it re-encodes every upload."""

from __future__ import annotations

import asyncio
import hashlib
import io
import math
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, ImageOps

from .config import EDGES, Service

SIZES = (48, 64, 96, 120, 240, 360, 432, 504, 648)


class NotAnImage(Exception):
    """The upload is not a JPEG or PNG picture."""


class TooSmall(Exception):
    """The upload has fewer pixels than the service accepts."""


@dataclass(slots=True, eq=False)
class Blob:
    """A re-encoded picture, shared by all users with the same upload. Renditions are made when they are requested."""

    jpeg: bytes
    width: int
    height: int
    quality: int
    sizes: dict[tuple[Any, ...], bytes] = field(default_factory=dict)
    # The same picture in the form in which the store keeps it after the next time that it re-encodes it by itself.
    other: Blob | None = None

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
            # Tags are only made when they are requested, so that twenty thousand users can be made quickly.
            digest = hashlib.sha256(f"{self.owner}/{self.serial}/{size}".encode()).hexdigest()
            weak = int(digest[:2], 16) % 2 == 0 if self.etag_form == "mixed" else self.etag_form == "weak"
            tag = self._etags[size] = f'W/"{digest}"' if weak else f'"{digest[2:10].upper()}"'
        return tag


@dataclass(slots=True)
class History:
    """One change of a user's photo, for tests."""

    time: float
    action: str  # put, delete, by_hand, by_hand_delete
    sha256: str | None
    bytes: int
    etag: str | None
    content_type: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As the control API shows it."""
        return {name: getattr(self, name) for name in self.__slots__}


def _save(image: Image.Image, quality: int, service: Service) -> bytes:
    out = io.BytesIO()
    # Baseline with the standard Huffman tables, and JFIF at 96 dpi: what all files of Microsoft's had.
    dots = {"dpi": (96, 96)} if service.scaler == "microsoft" else {}
    image.save(out, "JPEG", quality=quality, subsampling=service.subsampling, **dots)
    return out.getvalue()


def cook(raw: bytes, service: Service) -> Blob:
    """Decode, remove all metadata, shrink to the service's limit if it has one, and encode again.

    The orientation in EXIF is forgotten like the rest, so a sideways upload stays sideways.
    """
    try:
        # The contract only has these two.
        with Image.open(io.BytesIO(raw), formats=("JPEG", "PNG")) as opened:
            if min(opened.size) < service.min_side:
                raise TooSmall
            if service.longest:
                opened.draft("RGB", (service.longest * 2, service.longest * 2))
            opened.load()
            image: Image.Image = opened.copy()
    except TooSmall:
        raise
    except Exception as ex:  # Pillow raises many kinds of errors for invalid bytes; the service has one error for them
        raise NotAnImage from ex
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        image = Image.new("RGB", rgba.size, (255, 255, 255))
        image.paste(rgba, mask=rgba.getchannel("A"))
    plain = Image.new("RGB", image.size)
    plain.paste(image.convert("RGB"))
    if service.longest:
        plain.thumbnail((service.longest, service.longest), Image.Resampling.LANCZOS)
    return Blob(_save(plain, service.quality, service), plain.width, plain.height, service.quality)


def _anew(blob: Blob, service: Service) -> Blob:
    """The same picture after the store re-encoded it by itself: at quality 75, or at 90 if it was at 75."""
    quality = 75 if blob.quality != 75 else 90
    with Image.open(io.BytesIO(blob.jpeg)) as image:
        made = Blob(_save(image.convert("RGB"), quality, service), blob.width, blob.height, quality)
    made.other = blob  # so that the next time restores the former bytes
    return made


def rendition(blob: Blob, size: int, service: Service) -> bytes:
    """One square size of a stored picture, as the service's scaler makes it."""
    if blob.width == blob.height == size:
        return blob.jpeg
    with Image.open(io.BytesIO(blob.jpeg)) as opened:
        image = opened.convert("RGB")
    if service.scaler == "centred":
        return _save(ImageOps.fit(image, (size, size), Image.Resampling.BICUBIC), service.quality, service)
    share = EDGES[service.edges]
    if share is None:
        share = EDGES["white" if zlib.crc32(blob.jpeg) % 2 else "light"] or 0.0
    # Quality 75 is the other codec's default; a photo that is stored that way is scaled that way.
    quality = blob.quality if blob.quality in (75, 90) else service.quality
    return _save(_beside_the_middle(_off_centre(image, size, share), size), quality, service)


def _off_centre(image: Image.Image, shorter: int, share: float) -> Image.Image:
    """Scale so that the shorter side has `shorter` pixels, as described in contract/microsoft-renditions.md.

    Pixel i is taken at i * old / new, without the half pixel; first row and column are blended with white by `share`.
    """
    factor = shorter / min(image.size)
    width, height = (max(shorter, round(side * factor)) for side in image.size)
    if (width, height) == image.size:
        return image
    steps = image.width / width, image.height / height
    margin = math.ceil(3 * max(steps)) + 1  # wider than the filter reaches; the edge goes on there
    canvas = Image.new("RGB", (image.width + margin, image.height + margin))
    canvas.paste(image.crop((0, 0, 1, 1)).resize((margin, margin)), (0, 0))
    canvas.paste(image.crop((0, 0, 1, image.height)).resize((margin, image.height)), (0, margin))
    canvas.paste(image.crop((0, 0, image.width, 1)).resize((image.width, margin)), (margin, 0))
    canvas.paste(image, (margin, margin))
    # Pillow takes pixel i at left + (i + 1/2) * step; the service takes it at i * step, counted between centres.
    left, upper = (margin + 0.5 - step / 2 for step in steps)
    box = (left, upper, left + image.width, upper + image.height)
    scaled = canvas.resize((width, height), Image.Resampling.BICUBIC, box)
    for edge in ((0, 0, width, 1), (0, 0, 1, height)):
        part = scaled.crop(edge)
        scaled.paste(Image.blend(part, Image.new("RGB", part.size, (255, 255, 255)), share), edge)
    return scaled


def _beside_the_middle(image: Image.Image, size: int) -> Image.Image:
    """A square out of a scaled picture, cut one pixel beside the middle."""
    left, upper = (min(side - size, (side - size) // 2 + 1) for side in image.size)
    return image.crop((left, upper, left + size, upper + size))


class Kitchen:
    """Re-encodes pictures outside of the event loop, each distinct upload once."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="kitchen")
        self._blobs: dict[tuple[Any, ...], Blob] = {}

    def _recipe(self) -> tuple[Any, ...]:
        service = self.service
        return service.scaler, service.longest, service.min_side, service.quality, service.subsampling

    async def blob(self, raw: bytes, digest: str) -> Blob:
        """The re-encoded picture of these bytes; raises NotAnImage or TooSmall."""
        key = (digest, *self._recipe())
        found = self._blobs.get(key)
        if found is None:
            found = await self._run(cook, raw, self.service)
            found = self._blobs.setdefault(key, found)
        return found

    async def rendition(self, blob: Blob, size: int) -> bytes:
        """One standard size of a re-encoded picture."""
        key = (size, self.service.edges, *self._recipe())
        found = blob.sizes.get(key)
        if found is None:
            found = blob.sizes.setdefault(key, await self._run(rendition, blob, size, self.service))
        return found

    async def anew(self, blob: Blob) -> Blob:
        """The same picture in other bytes, as the store makes it by itself; after a second call, the former bytes."""
        if blob.other is None:
            made = await self._run(_anew, blob, self.service)
            blob.other = blob.other or made
        return blob.other

    async def stranger(self) -> Blob:
        """A picture that was never uploaded, for the fault that the service returns a wrong photo."""
        image = Image.radial_gradient("L").resize((400, 400)).convert("RGB").rotate(33)
        out = io.BytesIO()
        image.save(out, "PNG")
        return await self.blob(out.getvalue(), "stranger")

    async def _run(self, work: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)
