# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any picture in, the right rendition out. The only file that imports Pillow.

Every picture is taken to be hostile: a source because anybody may have sent a pull request, an observed photo because
anybody may have uploaded it. So a file has one decoder, chosen by its first bytes; its size is known and limited before
it is decoded; and whatever goes wrong in a decoder becomes a SourceError. Nothing global is changed and every function
may be called from several threads at once.

Coordinates are pixels of the picture as a person sees it, that is after its EXIF orientation.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import stat
import struct
import threading
import typing as t
from dataclasses import dataclass

from . import sniff
from .mark import MARK_BYTES, stamp
from .model import PhotoError, Recipe, Rendition, Source, SourceError, Summary, sha256

try:
    from PIL import Image, ImageChops, ImageCms, ImageFilter, ImageStat, UnidentifiedImageError
except ImportError as error:  # ansible-test imports this file without Pillow
    _MISSING: str | None = str(error)
else:
    _MISSING = None

MAX_FILE_BYTES = 64 * 1024 * 1024
#: A JPEG shrinks while it is decoded; everything else is held in memory whole, some of it two or three times.
MAX_PIXELS_JPEG = 100_000_000
MAX_PIXELS = 40_000_000
#: Encoders write about ten scans. Each one more makes the decoder walk the whole picture again.
MAX_SCANS = 100
MAX_PROFILE_BYTES = 4 * 1024 * 1024

QUALITY_HIGHEST = 95
QUALITY_LOWEST = 40
#: Below this many pixels a side nobody is recognised; a limit that wants less cannot be met.
_SMALLEST_SIDE = 16

#: A JPEG is decoded for the larger of this and the recipe's own side, times two. All ordinary recipes so share one
#: decode, and what a recipe makes does not depend on which others were asked for in the same call.
_DECODE_FOR = 648
_REDUCING_GAP = 3.0

#: From how many pixels on pictures are decoded one at a time, so that threads do not add up to gigabytes.
_BIG = 20_000_000
_BIG_TURN = threading.Lock()

#: EXIF orientation: the box on the stored picture for a box (l, t, r, b) on the W by H picture a person sees.
_STORED_BOX: dict[int, t.Callable[[int, int, int, int, int, int], tuple[int, int, int, int]]] = {
    1: lambda w, h, l, t, r, b: (l, t, r, b),  # noqa: E741
    2: lambda w, h, l, t, r, b: (w - r, t, w - l, b),  # noqa: E741
    3: lambda w, h, l, t, r, b: (w - r, h - b, w - l, h - t),  # noqa: E741
    4: lambda w, h, l, t, r, b: (l, h - b, r, h - t),  # noqa: E741
    5: lambda w, h, l, t, r, b: (t, l, b, r),  # noqa: E741
    6: lambda w, h, l, t, r, b: (t, w - r, b, w - l),  # noqa: E741
    7: lambda w, h, l, t, r, b: (h - b, w - r, h - t, w - l),  # noqa: E741
    8: lambda w, h, l, t, r, b: (h - b, l, h - t, r),  # noqa: E741
}
_ORIENTATION = 0x0112

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Measures:
    """How far two pictures are apart, on a small common grid. Levels are of 255.

    ``shape`` is the difference of their proportions in percent; the rest means little when that is large.
    """

    shape: float
    #: Mean luma of the first less that of the second.
    brightness: float
    #: Root of the mean squared luma difference.
    luma: float
    #: The highest luma difference of a small region.
    luma_peak: float
    #: The larger difference of mean Cb or Cr, and the highest of a small region.
    chroma: float
    chroma_peak: float


def available() -> None:
    """PhotoError with advice when Pillow is not installed."""
    if _MISSING is not None:
        raise PhotoError(
            f"Pillow is not installed for the Python that runs this module ({_MISSING}). "
            "Install it there: pip install pillow"
        )


def load_source(source: Source, max_file_bytes: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of a source. SourceError for whatever is not a readable, ordinary, non-empty file within the limit.

    Never waits: a FIFO without a writer is refused, not read.
    """
    data = source.content if source.content is not None else _read(source.name, max_file_bytes)
    if not data:
        raise SourceError(f"{source.name}: it is empty (0 bytes); put a picture there or declare state absent")
    if len(data) > max_file_bytes:
        raise SourceError(_too_many_bytes(source.name, len(data), max_file_bytes))
    return data


def _read(path: str, limit: int) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise SourceError(f"{path}: it cannot be opened ({why}); check the path and its permissions") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise SourceError(f"{path}: it is {_file_type(status.st_mode)}, not a picture file; name a file")
        if status.st_size > limit:
            raise SourceError(_too_many_bytes(path, status.st_size, limit))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(limit + 1)
    except OSError as error:
        raise SourceError(f"{path}: it cannot be read ({error.strerror}); check the disk it is on") from error
    finally:
        os.close(descriptor)


def _file_type(mode: int) -> str:
    for test, words in (
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
        (stat.S_ISSOCK, "a socket"),
    ):
        if test(mode):
            return words
    return "no ordinary file"


def _too_many_bytes(name: str, count: int, limit: int) -> str:
    return f"{name}: it has {count:,} bytes, more than the {limit:,} that are read; commit a smaller picture"


def render(data: bytes, recipes: t.Sequence[Recipe], name: str) -> list[Rendition]:
    """What each recipe makes of a source, in their order, with one decode for all of them where sizes allow.

    The same bytes, recipe and Pillow always give the same rendition, whichever other recipes are in the call.
    SourceError, naming ``name``, for anything that is no usable picture or cannot be brought under a limit.
    """
    available()
    with _as_source_error(name):
        return _render(data, recipes, name)


def describe(data: bytes) -> Summary:
    """Hash, length and sides in pixels of a picture that a target gave, from its header. SourceError for no picture."""
    available()
    name = "the photo"
    with _as_source_error(name):
        picture = _open(data, name)
        return Summary(sha256=sha256(data), bytes=len(data), width=picture.width, height=picture.height)


@contextlib.contextmanager
def _as_source_error(name: str) -> t.Iterator[None]:
    """Decoders of hostile files raise nearly anything; here it all gets one name and a sentence."""
    try:
        yield
    except SourceError:
        raise
    except MemoryError as error:
        raise SourceError(f"{name}: there is not enough memory to decode it; commit a smaller picture") from error
    except Exception as error:
        detail = str(error).strip() or type(error).__name__
        raise SourceError(f"{name}: it cannot be decoded ({detail}); it is damaged, save it anew") from error


# ---------------------------------------------------------------------------------------------------------- opening


def _open(data: bytes, name: str) -> Image.Image:
    """A picture whose header was read and whose sides are within the limits; its pixels are not decoded yet."""
    kind = sniff.kind(data)
    if kind is None:
        what = sniff.refused(data)
        raise SourceError(
            f"{name}: it is {what or 'no picture that is known here'}; commit a JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF"
        )
    if kind == "HEIF" and not _reads_heif():
        raise SourceError(f"{name}: it is a HEIC picture; pip install pillow-heif, or save it as JPEG")
    if len(data) > MAX_FILE_BYTES:
        raise SourceError(_too_many_bytes(name, len(data), MAX_FILE_BYTES))
    if kind == "WEBP":
        _check_sides(sniff.webp_size(data) or (0, 0), kind, name)
    try:
        picture = Image.open(io.BytesIO(data), formats=[kind])
    except Image.DecompressionBombError as error:
        raise SourceError(f"{name}: {error}; commit a smaller picture") from error
    except KeyError as error:
        raise SourceError(f"{name}: this Pillow reads no {kind}; upgrade it, or save the picture as JPEG") from error
    except UnidentifiedImageError as error:
        raise SourceError(f"{name}: it starts like {kind} but is damaged; save it anew") from error
    _check_sides(picture.size, kind, name)
    if kind == "JPEG" and sniff.jpeg_scans(data, MAX_SCANS + 1) > MAX_SCANS:
        raise SourceError(f"{name}: it has more than {MAX_SCANS} scans, which only costs time; save it anew")
    return picture


def _reads_heif() -> bool:
    from . import heif  # pillow-heif brings large libraries

    return heif.register()


def _check_sides(size: tuple[int, int], kind: str, name: str) -> None:
    width, height = size
    limit = MAX_PIXELS_JPEG if kind == "JPEG" else MAX_PIXELS
    if width < 1 or height < 1:
        raise SourceError(f"{name}: its header states no size ({width}x{height}); it is damaged, save it anew")
    if width * height > limit:
        raise SourceError(
            f"{name}: it has {width}x{height} pixels, more than the {limit // 1_000_000} million that are read "
            f"of a {kind}; commit a smaller picture"
        )


# -------------------------------------------------------------------------------------------------------- rendering


class _Decoded(t.NamedTuple):
    """Pixels as they are stored, perhaps shrunk, with what is needed to show them right.

    ``width`` and ``height`` are what a person sees, in stored pixels of the unshrunk picture: the scale divides them.
    """

    pixels: Image.Image
    width: int
    height: int
    orientation: int
    profile: bytes | None


def _render(data: bytes, recipes: t.Sequence[Recipe], name: str) -> list[Rendition]:
    source = sha256(data)
    size = _open(data, name).size
    by_scale: dict[int, _Decoded] = {}
    renditions = []
    turn = _BIG_TURN if size[0] * size[1] > _BIG else contextlib.nullcontext()
    with turn:
        for recipe in recipes:
            scale = _scale(size, recipe)
            if scale not in by_scale:
                by_scale[scale] = _decode(data, scale, name)
            renditions.append(_rendition(by_scale[scale], recipe, source, name))
    return renditions


def _scale(size: tuple[int, int], recipe: Recipe) -> int:
    """By how much a JPEG may shrink while it is decoded (1, 2, 4, 8), keeping twice the pixels that are needed."""
    needed = 2 * max(recipe.size, _DECODE_FOR)
    side = max(size) if recipe.crop == "none" else min(size)
    return next((scale for scale in (8, 4, 2) if side // scale >= needed), 1)


def _decode(data: bytes, scale: int, name: str) -> _Decoded:
    picture = _open(data, name)
    full = picture.size
    if scale > 1 and picture.format in ("JPEG", "MPO"):
        picture.draft(None, (full[0] // scale, full[1] // scale))
    picture.load()
    orientation = _orientation(picture)
    profile = picture.info.get("icc_profile")
    width, height = full if orientation < 5 else full[::-1]
    return _Decoded(
        _plain(picture, name),
        width,
        height,
        orientation,
        profile if isinstance(profile, bytes) and 0 < len(profile) <= MAX_PROFILE_BYTES else None,
    )


def _orientation(picture: Image.Image) -> int:
    """The EXIF orientation, after loading (a TIFF is turned by Pillow itself). Damaged EXIF data is upright."""
    try:
        value = picture.getexif().get(_ORIENTATION, 1)
    except Exception:
        return 1
    return value if isinstance(value, int) and value in _STORED_BOX else 1


def _plain(picture: Image.Image, name: str) -> Image.Image:
    """L, RGB, RGBA or CMYK out of any mode that Pillow decodes to."""
    mode = picture.mode
    if mode.startswith("I"):
        # Sixteen bits of grey; a plain conversion would clip instead of scale.
        return picture.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if mode in ("F", "LAB", "HSV"):
        raise SourceError(f"{name}: its pixels are of the kind {mode}, which is not read; save it as 8-bit RGB")
    if mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        return picture if mode == "RGBA" else picture.convert("RGBA")
    if mode in ("L", "1"):
        return picture if mode == "L" else picture.convert("L")
    return picture if mode in ("RGB", "CMYK") else picture.convert("RGB")


def _rendition(decoded: _Decoded, recipe: Recipe, source: str, name: str) -> Rendition:
    box, notes = _crop(decoded, recipe)
    size = _fit(box, recipe)
    limit = recipe.max_bytes - (MARK_BYTES if recipe.mark else 0)
    asked = size
    while True:
        pixels = _pixels(decoded, box, size, recipe)
        quality, jpeg = _encode(pixels, limit)
        if quality is not None:
            break
        size = _smaller(size, len(jpeg), limit)
        if min(size) < min(_SMALLEST_SIDE, *asked):
            raise SourceError(f"{name}: it cannot be brought under {recipe.max_bytes:,} bytes; raise max_bytes")
    if size != asked:
        notes.append(
            f"made {size[0]}x{size[1]} pixels: {asked[0]}x{asked[1]} does not fit "
            f"{recipe.max_bytes:,} bytes at quality {QUALITY_LOWEST}"
        )
    if recipe.mark:
        jpeg = stamp(jpeg, source, recipe.digest)
    return Rendition(jpeg, size[0], size[1], quality, tuple(notes))


def _fit(box: Box, recipe: Recipe) -> tuple[int, int]:
    """The sides of the rendition: within the square, in the box's proportions, and never enlarged."""
    width, height = box[2] - box[0], box[3] - box[1]
    longer = max(width, height)
    side = min(recipe.size, longer)
    return max(1, round(width * side / longer)), max(1, round(height * side / longer))


def _smaller(size: tuple[int, int], got: int, limit: int) -> tuple[int, int]:
    """The next size to try: a JPEG's length goes roughly with its pixels, and at least a twentieth comes off."""
    factor = min(0.95, max(0.1, (max(limit, 1) / got) ** 0.5))
    return max(1, int(size[0] * factor)), max(1, int(size[1] * factor))


def _pixels(decoded: _Decoded, box: Box, size: tuple[int, int], recipe: Recipe) -> Image.Image:
    """The cut, scaled, upright sRGB picture. Everything that costs by the pixel is done after scaling down."""
    stored = _STORED_BOX[decoded.orientation](decoded.width, decoded.height, *box)
    turned = decoded.orientation >= 5
    full_width, full_height = (decoded.height, decoded.width) if turned else (decoded.width, decoded.height)
    across, down = decoded.pixels.width / full_width, decoded.pixels.height / full_height
    picture = decoded.pixels.resize(
        (size[1], size[0]) if turned else size,
        Image.Resampling.LANCZOS,
        box=(stored[0] * across, stored[1] * down, stored[2] * across, stored[3] * down),
        reducing_gap=_REDUCING_GAP,
    )
    picture = _upright(picture, decoded.orientation)
    alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
    picture = _srgb(picture.convert("RGB") if alpha else picture, decoded.profile)
    if alpha:
        ground = Image.new("RGB", picture.size, recipe.background)
        ground.paste(picture, mask=alpha)
        picture = ground
    picture.info.clear()  # Pillow would write a comment that the source had
    return picture


def _upright(picture: Image.Image, orientation: int) -> Image.Image:
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


def _srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB in sRGB. A profile that is damaged or of another kind of picture is left out, as browsers do."""
    if profile is not None:
        for mode in dict.fromkeys((picture.mode, "RGB")):
            transform = _transform(profile, mode)
            if transform is not None:
                return transform.apply(picture if picture.mode == mode else picture.convert(mode))
    return picture if picture.mode == "RGB" else picture.convert("RGB")


@functools.lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From a profile's colours to sRGB; None when the profile does not go with the mode."""
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if opened.profile.xcolor_space.strip() != {"L": "GRAY"}.get(mode, mode):
            return None
        return ImageCms.buildTransform(opened, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, struct.error):
        return None


def _encode(picture: Image.Image, limit: int) -> tuple[int | None, bytes]:
    """The highest quality that fits, and its JPEG; None with the lowest quality's JPEG when none does."""
    best = _jpeg(picture, QUALITY_HIGHEST)
    if len(best) <= limit:
        return QUALITY_HIGHEST, best
    smallest = _jpeg(picture, QUALITY_LOWEST)
    if len(smallest) > limit:
        return None, smallest
    low, high, fitting = QUALITY_LOWEST, QUALITY_HIGHEST, smallest
    while high - low > 1:
        middle = (low + high) // 2
        jpeg = _jpeg(picture, middle)
        if len(jpeg) <= limit:
            low, fitting = middle, jpeg
        else:
            high = middle
    return low, fitting


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    # Colour at half resolution is seen first where quality is high, so it is kept whole there.
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, subsampling=0 if quality >= 90 else 2, optimize=True)
    return buffer.getvalue()


# --------------------------------------------------------------------------------------------------------- cropping


def _crop(decoded: _Decoded, recipe: Recipe) -> tuple[Box, list[str]]:
    """The part of the picture that is used, on the picture as a person sees it, and what to say about it."""
    width, height = decoded.width, decoded.height
    side = min(width, height)
    left = (width - side) // 2
    if recipe.crop == "none":
        return (0, 0, width, height), []
    if recipe.crop == "center":
        top = (height - side) // 2
        return (left, top, left + side, top + side), []
    if recipe.crop == "top":
        return (left, 0, left + side, side), []
    box, why = _face_box(decoded)
    if box is None:
        return (left, 0, left + side, side), [f"crop top instead of face: {why}"]
    return box, [why]


def _face_box(decoded: _Decoded) -> tuple[Box | None, str]:
    """The square around the one face there is, or None and why not."""
    width, height = decoded.width, decoded.height
    factor = min(1.0, 480 / min(width, height), 960 / max(width, height))
    small = (max(1, round(width * factor)), max(1, round(height * factor)))
    whole = Recipe(size=max(small), max_bytes=1, crop="none")
    from . import face  # OpenCV takes a fifth of a second to import

    grey = _pixels(decoded, (0, 0, width, height), small, whole).convert("L")
    faces, problem = face.find(grey.tobytes(), *small)
    if problem is not None:
        return None, problem
    if len(faces) != 1:
        return None, "no face was found" if not faces else f"{len(faces)} faces were found"
    x, y, w, h = (value / factor for value in faces[0])
    # The cascade's box goes from brow to chin. A portrait shows the shoulders and some air above the hair.
    side = round(min(width, height, 2.2 * max(w, h)))
    left = round(x + w / 2 - side / 2)
    top = round(y + h / 2 - 0.45 * side)
    left, top = max(0, min(left, width - side)), max(0, min(top, height - side))
    return (left, top, left + side, top + side), "cropped to the face"


# -------------------------------------------------------------------------------------------------------- comparing

#: The grid on which pictures are compared, unless one of them is smaller.
_GRID = 64


def measure(a: bytes, b: bytes) -> Measures:
    """Figures that compare two pictures of any size. SourceError, naming the photo, when one of them is no picture."""
    available()
    first, first_size = _for_comparison(a, "the declared photo")
    second, second_size = _for_comparison(b, "the photo that was found")
    side = min(_GRID, *first.size, *second.size)
    planes = [_planes(picture, side) for picture in (first, second)]
    differences = [ImageChops.difference(one, other) for one, other in zip(*planes, strict=True)]
    means = [[ImageStat.Stat(plane).mean[0] for plane in each] for each in planes]
    one, other = first_size[0] / first_size[1], second_size[0] / second_size[1]
    return Measures(
        shape=100 * abs(one - other) / max(one, other),
        brightness=means[0][0] - means[1][0],
        luma=float(ImageStat.Stat(differences[0]).rms[0]),
        luma_peak=float(t.cast("tuple[int, int]", differences[0].getextrema())[1]),
        chroma=max(abs(means[0][plane] - means[1][plane]) for plane in (1, 2)),
        chroma_peak=float(max(t.cast("tuple[int, int]", differences[plane].getextrema())[1] for plane in (1, 2))),
    )


def _for_comparison(data: bytes, name: str) -> tuple[Image.Image, tuple[int, int]]:
    """A picture in RGB, shrunk while it is decoded where it can be, and its full size."""
    with _as_source_error(name):
        size = _open(data, name).size
        scale = next((scale for scale in (8, 4, 2) if min(size) // scale >= 2 * _GRID), 1)
        decoded = _decode(data, scale, name)
        return _srgb(_upright(decoded.pixels, decoded.orientation).convert("RGB"), decoded.profile), size


def _planes(picture: Image.Image, side: int) -> tuple[Image.Image, ...]:
    """Y, Cb and Cr on the grid, blurred so that what resampling does to fine detail does not count."""
    small = picture.resize((side, side), Image.Resampling.BOX, reducing_gap=_REDUCING_GAP)
    return small.filter(ImageFilter.GaussianBlur(1.5)).convert("YCbCr").split()
