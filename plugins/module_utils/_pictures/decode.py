# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decodes pictures from untrusted bytes: one decoder for a file, known limits, and every failure is a SourceError.

Every picture is untrusted: anybody may have sent a source in a pull request, and anybody may have uploaded an observed
photo. So a file has one decoder, chosen by its first bytes; its size is known and limited before it is decoded; and
every failure of a decoder becomes a SourceError.
No global state is changed, and every function may be called from several threads at once.
"""

from __future__ import annotations

import contextlib
import functools
import io
import struct
import threading
import typing as t

from .._core.files import MAX_FILE_BYTES
from .._core.model import SourceError, Summary, sha256
from . import sniff
from .pillow import Image, ImageCms, UnidentifiedImageError, available

#: The most pixels, by the memory that a decoder takes for each, so that no decoder takes more than a gibibyte: a JPEG
#: is scaled down while it is decoded, a progressive JPEG is held whole before that, WebP keeps five copies. Pillow
#: itself warns above 89 million.
MAX_PIXELS_JPEG = 89_000_000
MAX_PIXELS_PROGRESSIVE = 60_000_000
MAX_PIXELS_WEBP = 25_000_000
MAX_PIXELS = 40_000_000
#: Width by height or height by width. Pillow keeps a pointer for each row, and resizing works on whole rows and
#: columns: 40 million rows of one pixel took 1.6 GB. With this limit no picture has more than 94,000 rows.
MAX_PROPORTION = 100
#: Up to this side every proportion is allowed.
_ANY_SHAPE = 4096
#: A TIFF's tiles are decoded whole, and a tile can be larger than the picture. Encoders write 256x256.
MAX_TILE_PIXELS = 16_000_000
#: Encoders write about ten scans. The decoder passes over the whole picture once for each scan.
MAX_SCANS = 100
MAX_PROFILE_BYTES = 4 * 1024 * 1024

#: Pictures with this many pixels or more are decoded one at a time, so that threads together do not take gigabytes.
_BIG = 20_000_000
_BIG_TURN = threading.Lock()

#: The number of the orientation tag in EXIF and in TIFF.
_ORIENTATION = 0x0112
#: Width and length of a picture (TIFF 6.0).
_TIFF_SIDES = (256, 257)


class Decoded(t.NamedTuple):
    """Pixels as they are stored, possibly scaled down, and how to show them correctly.

    ``width`` and ``height`` are those of the upright picture before scaling down. Each of ``pixels`` is ``scale`` by
    ``scale`` pixels of that picture; the last ones of a row or a column can be fewer.
    """

    pixels: Image.Image
    width: int
    height: int
    orientation: int
    profile: bytes | None
    scale: int


def describe(data: bytes) -> Summary:
    """Hash, length and sides in pixels of a picture from a target, from its header. Raises SourceError for no picture."""
    available()
    name = "the photo"
    with as_source_error(name):
        width, height = sides(open_picture(data, name))
        return Summary(sha256=sha256(data), bytes=len(data), width=width, height=height)


class PictureError(SourceError):
    """The error for bytes that cannot be used as a picture. ``problem`` and ``advice`` follow the name in the message."""

    def __init__(self, name: str, problem: str, advice: str) -> None:
        super().__init__(f"{name}: {problem}; {advice}")
        self.problem = problem
        self.advice = advice


@contextlib.contextmanager
def as_source_error(name: str) -> t.Iterator[None]:
    """Decoders of hostile files raise nearly any exception; here each becomes a SourceError with a sentence."""
    try:
        yield
    except SourceError:
        raise
    except MemoryError as error:
        raise PictureError(name, "there is not enough memory to decode it", "commit a smaller picture") from error
    except Exception as error:
        detail = str(error).strip() or type(error).__name__
        raise PictureError(name, f"it cannot be decoded ({detail})", "it is damaged, save it again") from error


def open_picture(data: bytes, name: str) -> Image.Image:
    """A picture whose header was read and whose sides are within the limits. Its pixels are not decoded yet."""
    kind = sniff.kind(data)
    if kind is None:
        what = sniff.refused(data) or "not a picture of a known format"
        raise PictureError(name, f"it is {what}", "commit a JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF")
    if kind == "HEIF" and not _reads_heif():
        raise PictureError(name, "it is a HEIC picture", "pip install pillow-heif, or save it as JPEG")
    if len(data) > MAX_FILE_BYTES:
        problem = f"it has {len(data):,} bytes, more than the {MAX_FILE_BYTES:,} that are read"
        raise PictureError(name, problem, "commit a smaller picture")
    if kind == "WEBP":
        _check_sides(sniff.webp_size(data) or (0, 0), kind, name)
    try:
        picture = Image.open(io.BytesIO(data), formats=[kind])
    except Image.DecompressionBombError as error:
        raise PictureError(name, "its header states more pixels than a photo has", "commit a smaller one") from error
    except KeyError as error:
        raise PictureError(
            name, f"this version of Pillow cannot read {kind}", "upgrade it, or save the picture as JPEG"
        ) from error
    except UnidentifiedImageError as error:
        raise PictureError(name, f"it starts like {kind} but is damaged", "save it again") from error
    if kind != "JPEG":
        _check_sides(picture.size, kind, name)
        if kind == "TIFF":
            _check_tile(picture, name)
        return picture
    scans, whole = sniff.jpeg_scans(data, MAX_SCANS + 1)
    _check_sides(picture.size, "progressive JPEG" if whole else kind, name)
    if scans > MAX_SCANS:
        raise PictureError(name, f"it has more than {MAX_SCANS} scans, which takes too much time", "save it again")
    return picture


def _reads_heif() -> bool:
    from . import heif

    return heif.register()


_MAX_PIXELS = {"JPEG": MAX_PIXELS_JPEG, "progressive JPEG": MAX_PIXELS_PROGRESSIVE, "WEBP": MAX_PIXELS_WEBP}


def sides(picture: Image.Image) -> tuple[int, int]:
    """Width and height in pixels that a picture has after decoding, for every version of Pillow.

    Every Pillow rotates a TIFF while it decodes it. From version 11 on ``size`` has the rotated sides as soon as the
    file is open, in older versions only after decoding.
    """
    tags = getattr(picture, "tag_v2", None) if picture.format == "TIFF" else None
    if not tags:
        return picture.size
    width, height = (int(tags[tag]) for tag in _TIFF_SIDES)
    return (height, width) if tags.get(_ORIENTATION) in (5, 6, 7, 8) else (width, height)


def _check_sides(size: tuple[int, int], kind: str, name: str) -> None:
    width, height = size
    limit = _MAX_PIXELS.get(kind, MAX_PIXELS)
    if width < 1 or height < 1:
        raise PictureError(name, f"its header states no size ({width}x{height})", "it is damaged, save it again")
    if width * height > limit:
        most = f"{limit // 1_000_000} million that are read of a {kind}"
        raise PictureError(name, f"it has {width}x{height} pixels, more than the {most}", "commit a smaller picture")
    if max(size) > max(_ANY_SHAPE, MAX_PROPORTION * min(size)):
        problem = f"it has {width}x{height} pixels, and one side is more than {MAX_PROPORTION} times the other"
        raise PictureError(name, problem, "no photo of a person has that shape, commit another picture")


def _check_tile(picture: Image.Image, name: str) -> None:
    """The tiles of a TIFF (TIFF 6.0, tags 322 and 323: width and length of a tile)."""
    tags = getattr(picture, "tag_v2", {})
    width, height = (value if isinstance(value := tags.get(tag), int) else 0 for tag in (322, 323))
    if width * height > MAX_TILE_PIXELS:
        most = f"{MAX_TILE_PIXELS // 1_000_000} million that are read at once"
        raise PictureError(name, f"its tiles have {width}x{height} pixels, more than the {most}", "save it again")


def turn(size: tuple[int, int]) -> contextlib.AbstractContextManager[t.Any]:
    return _BIG_TURN if size[0] * size[1] > _BIG else contextlib.nullcontext()


def decode(picture: Image.Image, scale: int, name: str, ycbcr: bool = False) -> Decoded:
    """Decode a picture that was opened by ``_opened``."""
    full = sides(picture)
    # A picture with a colour profile must be converted.
    raw = ycbcr and picture.mode == "RGB" and "icc_profile" not in picture.info
    if picture.format in ("JPEG", "MPO") and (scale > 1 or raw):
        picture.draft("YCbCr" if raw else None, (full[0] // scale, full[1] // scale))
    picture.load()
    orientation = _orientation(picture)
    profile = picture.info.get("icc_profile")
    width, height = full if orientation < 5 else full[::-1]
    return Decoded(
        picture if picture.mode == "YCbCr" and ycbcr else _plain(picture, name),
        width,
        height,
        orientation,
        profile if isinstance(profile, bytes) and 0 < len(profile) <= MAX_PROFILE_BYTES else None,
        round(full[0] / picture.width),
    )


def _orientation(picture: Image.Image) -> int:
    """The EXIF orientation, after loading (Pillow itself rotates a TIFF). Damaged EXIF data counts as upright."""
    try:
        value = picture.getexif().get(_ORIENTATION, 1)
    except Exception:
        return 1
    return value if isinstance(value, int) and value in range(1, 9) else 1


def _plain(picture: Image.Image, name: str) -> Image.Image:
    """Any mode that Pillow decodes to as L, RGB, RGBA or CMYK."""
    mode = picture.mode
    if mode.startswith("I"):
        # Sixteen bits of grey; a plain conversion would clip instead of scaling.
        return picture.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if mode in ("F", "LAB", "HSV"):
        raise PictureError(name, f"its pixels have the mode {mode}, which is not supported", "save it as 8-bit RGB")
    if mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        return picture if mode == "RGBA" else picture.convert("RGBA")
    if mode in ("L", "1"):
        return picture if mode == "L" else picture.convert("L")
    return picture if mode in ("RGB", "CMYK") else picture.convert("RGB")


def upright(picture: Image.Image, orientation: int) -> Image.Image:
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def flat(picture: Image.Image, profile: bytes | None, background: str) -> Image.Image:
    """RGB in sRGB, with the background colour behind transparent pixels."""
    if picture.mode != "RGBA":
        return _srgb(picture, profile)
    ground = Image.new("RGB", picture.size, background)
    ground.paste(_srgb(picture.convert("RGB"), profile), mask=picture.getchannel("A"))
    return ground


def _srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB in sRGB. A profile that is damaged or does not match the picture is ignored, as browsers do."""
    if profile is not None:
        for mode in dict.fromkeys((picture.mode, "RGB")):
            transform = _transform(profile, mode)
            if transform is not None:
                return transform.apply(picture if picture.mode == mode else picture.convert(mode))
    return picture if picture.mode == "RGB" else picture.convert("RGB")


@functools.lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Convert from a profile's colours to sRGB; None when the profile does not match the mode."""
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if opened.profile.xcolor_space.strip() != {"L": "GRAY"}.get(mode, mode):
            return None
        return ImageCms.buildTransform(opened, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, struct.error):
        return None
