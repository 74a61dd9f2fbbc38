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
import math
import operator
import os
import struct
import threading
import typing as t
from dataclasses import dataclass

from .._core.files import MAX_FILE_BYTES, load_source, too_many_bytes
from .._core.model import PhotoError, Recipe, Rendition, SourceError, Summary, sha256
from . import geometry, sniff
from .mark import MARK_BYTES, stamp

try:
    from PIL import Image, ImageChops, ImageCms, ImageFilter, UnidentifiedImageError
except ImportError as error:  # ansible-test imports this file without Pillow
    _MISSING: str | None = str(error)
else:
    _MISSING = None

__all__ = ["Measures", "available", "describe", "load_source", "measure", "render", "signature"]

#: By what a decoder takes for a pixel, so that none passes a gibibyte: a JPEG shrinks while it is decoded, a
#: progressive one is held whole before that, WebP keeps five copies. Pillow itself warns above 89 million.
MAX_PIXELS_JPEG = 89_000_000
MAX_PIXELS_PROGRESSIVE = 60_000_000
MAX_PIXELS_WEBP = 25_000_000
MAX_PIXELS = 40_000_000
#: Encoders write about ten scans. Each one more makes the decoder walk the whole picture again.
MAX_SCANS = 100
MAX_PROFILE_BYTES = 4 * 1024 * 1024

QUALITY_HIGHEST = 95
QUALITY_LOWEST = 40
#: Below this many pixels a side nobody is recognised; a limit that wants less cannot be met.
_SMALLEST_SIDE = 16

#: Faces are looked for on a picture of at least twice this side; where there is none, the top of the same is taken.
_FACES_ON = 648
_REDUCING_GAP = 3.0

#: From how many pixels on pictures are decoded one at a time, so that threads do not add up to gigabytes.
_BIG = 20_000_000
_BIG_TURN = threading.Lock()

#: The EXIF tag.
_ORIENTATION = 0x0112

#: What messages of ``measure`` call its first picture.
DECLARED = "the declared photo"


@dataclass(frozen=True, slots=True)
class Measures:
    """How far two pictures are apart, on a small common grid and slightly blurred. Levels are of 255, none negative.

    Where not said otherwise, one level of difference is forgiven at each pixel: an encoder may lift or lower a plain
    wall behind a person as a whole by that much.

    Which figures these are was found by experiment: docs/equality.md.
    """

    #: Difference of the proportions (width by height) in percent; the rest means little when it is large.
    shape: float
    #: Mean luma difference in levels, and of the root of mean squared luma in percent.
    brightness: float
    contrast: float
    #: The highest mean luma difference of a sixth of the width by a sixth of the height, in levels; nothing forgiven.
    region: float
    #: Root of the mean squared luma difference over that of the luma gradient, in percent of the side: about how far
    #: edges have moved.
    moved: float
    #: The highest luma difference, in levels; nothing forgiven.
    spot: float
    #: Of Cb and Cr whichever differs more, in levels: on the whole, root of the mean square, the highest (of which
    #: nothing is forgiven).
    tint: float
    colour: float
    colour_spot: float


def available() -> None:
    """PhotoError with advice when Pillow is not installed."""
    if _MISSING is not None:
        raise PhotoError(
            f"Pillow is not installed for the Python that runs this module ({_MISSING}). "
            "Install it there: pip install pillow"
        )


def render(data: bytes, recipes: t.Sequence[Recipe], name: str) -> list[Rendition]:
    """What each recipe makes of a source, in their order, with one decode for those of about the same size.

    The same bytes, recipe and Pillow always give the same rendition, whichever other recipes are in the call.
    SourceError, naming ``name``, for anything that is no usable picture or cannot be brought under a limit.
    """
    available()
    with _as_source_error(name):
        return _render(data, recipes, name)


def reshaped(data: bytes) -> list[tuple[str, bytes]]:
    """A picture as a service may keep one that is not square: padded or stretched, each with words for it.

    Empty for a square one. SourceError for no picture.
    """
    available()
    with _as_source_error("the photo"):
        picture = _open(data, "the photo").convert("RGB")
    if picture.width == picture.height:
        return []
    side = max(picture.size)
    shapes = [("stretched to a square", picture.resize((side, side)))]
    for colour in ("white", "black"):
        padded = Image.new("RGB", (side, side), colour)
        padded.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
        shapes.append((f"padded with {colour} to a square", padded))
    return [(what, _jpeg(shape, QUALITY_HIGHEST)) for what, shape in shapes]


def describe(data: bytes) -> Summary:
    """Hash, length and sides in pixels of a picture that a target gave, from its header. SourceError for no picture."""
    available()
    name = "the photo"
    with _as_source_error(name):
        picture = _open(data, name)
        return Summary(sha256=sha256(data), bytes=len(data), width=picture.width, height=picture.height)


def signature(data: bytes) -> bytes:
    """Sixty-four levels of grey, for finding pictures that may be alike among many. SourceError for no picture."""
    available()
    picture = _for_comparison(data, "the photo")
    with _as_source_error("the photo"):
        return picture.getchannel(0).resize((8, 8), Image.Resampling.BOX).tobytes()


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
        raise SourceError(too_many_bytes(name, len(data), MAX_FILE_BYTES))
    if kind == "WEBP":
        _check_sides(sniff.webp_size(data) or (0, 0), kind, name)
    try:
        picture = Image.open(io.BytesIO(data), formats=[kind])
    except Image.DecompressionBombError as error:
        raise SourceError(f"{name}: its header states more pixels than a photo has; commit a smaller one") from error
    except KeyError as error:
        raise SourceError(f"{name}: this Pillow reads no {kind}; upgrade it, or save the picture as JPEG") from error
    except UnidentifiedImageError as error:
        raise SourceError(f"{name}: it starts like {kind} but is damaged; save it anew") from error
    if kind != "JPEG":
        _check_sides(picture.size, kind, name)
        return picture
    scans, whole = sniff.jpeg_scans(data, MAX_SCANS + 1)
    _check_sides(picture.size, "progressive JPEG" if whole else kind, name)
    if scans > MAX_SCANS:
        raise SourceError(f"{name}: it has more than {MAX_SCANS} scans, which only costs time; save it anew")
    return picture


def _reads_heif() -> bool:
    from . import heif

    return heif.register()


_MAX_PIXELS = {"JPEG": MAX_PIXELS_JPEG, "progressive JPEG": MAX_PIXELS_PROGRESSIVE, "WEBP": MAX_PIXELS_WEBP}


def _check_sides(size: tuple[int, int], kind: str, name: str) -> None:
    width, height = size
    limit = _MAX_PIXELS.get(kind, MAX_PIXELS)
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
    opened = _open(data, name)
    size = opened.size
    picture: Image.Image | None = opened
    by_scale: dict[int, _Decoded] = {}
    renditions = []
    with _turn(size):
        for recipe in recipes:
            kept = _as_it_is(data, recipe, name)
            if kept is not None:
                renditions.append(kept)
                continue
            scale = _scale(size, recipe)
            if scale not in by_scale:
                by_scale[scale] = _decode(picture or _open(data, name), scale, name)
                picture = None  # it can be decoded only once
            renditions.append(_rendition(by_scale[scale], recipe, source, name))
    return renditions


def _as_it_is(data: bytes, recipe: Recipe, name: str) -> Rendition | None:
    """The source itself as its rendition, where the recipe wants that and the target takes it; None: make one.

    A target that keeps bytes (the ones that are marked) takes any picture back; others are only sent JPEG. Nothing is
    stamped: what was saved comes back byte for byte.
    """
    if not recipe.as_is or len(data) > recipe.max_bytes:
        return None
    picture = _open(data, name)
    if picture.format not in ("JPEG", "MPO") and not recipe.mark:
        return None
    return Rendition(data, picture.width, picture.height, QUALITY_HIGHEST, ())


def _turn(size: tuple[int, int]) -> contextlib.AbstractContextManager[t.Any]:
    return _BIG_TURN if size[0] * size[1] > _BIG else contextlib.nullcontext()


def _scale(size: tuple[int, int], recipe: Recipe) -> int:
    """By how much a JPEG may shrink while it is decoded (1, 2, 4, 8), keeping twice the pixels that are needed.

    The recipe alone decides: what it makes does not depend on which others were asked for in the same call.
    """
    needed = 2 * (max(recipe.size, _FACES_ON) if recipe.crop in ("face", "top") else recipe.size)
    side = max(size) if recipe.crop == "none" else min(size)
    return next((scale for scale in (8, 4, 2) if side // scale >= needed), 1)


def _decode(picture: Image.Image, scale: int, name: str, ycbcr: bool = False) -> _Decoded:
    """Decode a picture that was just opened."""
    full = picture.size
    # A picture with a profile cannot stay as it is stored.
    raw = ycbcr and picture.mode == "RGB" and "icc_profile" not in picture.info
    if picture.format in ("JPEG", "MPO") and (scale > 1 or raw):
        picture.draft("YCbCr" if raw else None, (full[0] // scale, full[1] // scale))
    picture.load()
    orientation = _orientation(picture)
    profile = picture.info.get("icc_profile")
    width, height = full if orientation < 5 else full[::-1]
    return _Decoded(
        picture if picture.mode == "YCbCr" and ycbcr else _plain(picture, name),
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
    return value if isinstance(value, int) and value in range(1, 9) else 1


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
    size = geometry.fit(box, recipe.size)
    limit = recipe.max_bytes - (MARK_BYTES if recipe.mark else 0)
    asked = size
    while True:
        pixels = _pixels(decoded, box, size, recipe.background)
        quality, jpeg = _encode(pixels, limit)
        if quality is not None:
            break
        size = geometry.smaller(size, len(jpeg), limit)
        if min(size) < min(_SMALLEST_SIDE, *asked):
            raise SourceError(f"{name}: it cannot be brought under {recipe.max_bytes:,} bytes; raise max_bytes")
    if size != asked:
        notes.append(
            f"made {size[0]}x{size[1]} pixels: {asked[0]}x{asked[1]} does not fit "
            f"{recipe.max_bytes:,} bytes at quality {QUALITY_LOWEST}"
        )
    if recipe.mark:
        jpeg = stamp(jpeg, source, recipe.digest)
    alike = pixels if quality == QUALITY_HIGHEST else None
    return Rendition(jpeg, size[0], size[1], quality, tuple(notes), alike)


def _pixels(decoded: _Decoded, box: geometry.Box, size: tuple[int, int], background: str) -> Image.Image:
    """The cut, scaled, upright sRGB picture. Everything that costs by the pixel is done after scaling down."""
    turned = decoded.orientation >= 5
    stored = geometry.stored_box(box, decoded.orientation, decoded.width, decoded.height)
    full_width, full_height = (decoded.height, decoded.width) if turned else (decoded.width, decoded.height)
    across, down = decoded.pixels.width / full_width, decoded.pixels.height / full_height
    part = (stored[0] * across, stored[1] * down, stored[2] * across, stored[3] * down)
    scaled = (size[1], size[0]) if turned else size
    picture = decoded.pixels
    if (scaled, part) != (picture.size, (0, 0, *picture.size)):
        picture = picture.resize(scaled, Image.Resampling.LANCZOS, box=part, reducing_gap=_REDUCING_GAP)
    picture = _flat(_upright(picture, decoded.orientation), decoded.profile, background)
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


def _flat(picture: Image.Image, profile: bytes | None, background: str) -> Image.Image:
    """RGB in sRGB, with the background behind what is transparent."""
    if picture.mode != "RGBA":
        return _srgb(picture, profile)
    ground = Image.new("RGB", picture.size, background)
    ground.paste(_srgb(picture.convert("RGB"), profile), mask=picture.getchannel("A"))
    return ground


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
    for packed in (False, True):  # where there is room, a fortieth of the bytes is not worth more than twice the time
        best = _jpeg(picture, QUALITY_HIGHEST, packed)
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


def _jpeg(picture: Image.Image, quality: int, packed: bool = True) -> bytes:
    # Colour at half resolution is seen first where quality is high, so it is kept whole there.
    with _buffer() as buffer:
        picture.save(buffer, "JPEG", quality=quality, subsampling=0 if quality >= 90 else 2, optimize=packed)
        buffer.seek(0)
        return buffer.read()


def _buffer() -> t.BinaryIO:
    """Bytes in memory that are a file where the system has such a thing: while Pillow encodes into a file, it lets
    other threads work."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("photo"), "w+b", buffering=0)
    return io.BytesIO()


# --------------------------------------------------------------------------------------------------------- cropping


def _crop(decoded: _Decoded, recipe: Recipe) -> tuple[geometry.Box, list[str]]:
    """The part of the picture that is used, on the picture as a person sees it, and what to say about it."""
    width, height = decoded.width, decoded.height
    if recipe.crop == "none":
        return (0, 0, width, height), []
    if recipe.crop != "face":
        return geometry.square(width, height, at_top=recipe.crop == "top"), []
    faces, problem = _faces(decoded)
    if len(faces) == 1:
        return geometry.around_face(faces[0], width, height), ["cropped to the face"]
    why = problem or ("no face was found" if not faces else f"{len(faces)} faces were found")
    return geometry.square(width, height, at_top=True), [f"crop top instead of face: {why}"]


def _faces(decoded: _Decoded) -> tuple[list[geometry.Face], str | None]:
    """Faces on the picture as a person sees it, or why nobody could look."""
    from . import face

    width, height = decoded.width, decoded.height
    factor = min(1.0, 480 / min(width, height), 960 / max(width, height))
    small = (max(1, round(width * factor)), max(1, round(height * factor)))
    grey = _pixels(decoded, (0, 0, width, height), small, "#ffffff").convert("L")
    faces, problem = face.find(grey.tobytes(), *small)
    return [(x / factor, y / factor, w / factor, h / factor) for x, y, w, h in faces], problem


# -------------------------------------------------------------------------------------------------------- comparing

#: The grid on which pictures are compared, unless one of them is smaller, and the blur on it in pixels.
_GRID = 96
_BLUR = 2.25
_REGIONS = 6
#: What is added to gradients and levels that something is divided by, so that flat and black pictures can be compared.
_GRADIENT_FLOOR = 0.3
_LEVEL_FLOOR = 4.0
#: From RGB to the YCbCr of JPEG (ITU-T T.871). Pillow's own conversion rounds down, which a third of a bound would be.
_YCBCR = (0.299, 0.587, 0.114, 0, -0.168736, -0.331264, 0.5, 128, 0.5, -0.418688, -0.081312, 128)
_LEVELS = range(256)
_SQUARES = tuple(level * level for level in _LEVELS)


def measure(a: bytes | Rendition, b: bytes) -> Measures:
    """Figures that compare a declared photo with one that was found, of any size. SourceError naming which is none."""
    available()
    if isinstance(a, bytes):
        first = _for_comparison(a, DECLARED)
    else:
        first = _for_comparison(a.data, DECLARED) if a.pixels is None else _shrunk(a.pixels, None)
    second = _for_comparison(b, "the photo that was found")
    side = min(_GRID, *first.size, *second.size)
    shapes = [picture.width / picture.height for picture in (first, second)]
    with _as_source_error("the photo"):
        return _figures(_on_grid(first, side), _on_grid(second, side), 100 * (1 - min(shapes) / max(shapes)))


def _figures(first: Image.Image, second: Image.Image, shape: float) -> Measures:
    """Of two pictures on the grid. All three bands are worked on at once: many small steps keep threads waiting."""
    peaks = [float(high) for _low, high in _extrema(ImageChops.difference(first, second))]
    more, less = _above(first, second), _above(second, first)
    up, down = _moments(more), _moments(less)
    means = [abs(one.mean - other.mean) for one, other in zip(up, down, strict=True)]
    rms = [math.sqrt(one.square + other.square) for one, other in zip(up, down, strict=True)]
    luma, other = first.getchannel(0), second.getchannel(0)
    forgiven = ImageChops.subtract(ImageChops.add(second, more), less).getchannel(0)
    strengths = [_strength(other), _strength(forgiven)]
    regions = zip(_regions(luma), _regions(other), strict=True)
    return Measures(
        shape=shape,
        brightness=means[0],
        contrast=100 * (max(strengths) / min(strengths) - 1),
        region=max(abs(one - other) for one, other in regions),
        moved=100 * rms[0] / (_gradient(luma) + _GRADIENT_FLOOR) / luma.width,
        spot=peaks[0],
        tint=max(means[1:]),
        colour=max(rms[1:]),
        colour_spot=max(peaks[1:]),
    )


class _Moments(t.NamedTuple):
    """The mean level of a band, and the mean of the squared levels."""

    mean: float
    square: float


def _moments(picture: Image.Image) -> list[_Moments]:
    """Of each band. As ImageStat has them, in less than half its time."""
    counts = picture.histogram()
    pixels = max(1, picture.width * picture.height)  # a picture one pixel wide has no gradient across
    return [_moments_of(counts[start : start + 256], pixels) for start in range(0, len(counts), 256)]


def _moments_of(counts: list[int], pixels: int) -> _Moments:
    return _Moments(sum(map(operator.mul, counts, _LEVELS)) / pixels, sum(map(operator.mul, counts, _SQUARES)) / pixels)


def _above(picture: Image.Image, base: Image.Image) -> Image.Image:
    """By how much a picture is above another, after one level is forgiven."""
    return ImageChops.subtract(picture, base, scale=1, offset=-1)


def _extrema(picture: Image.Image) -> t.Sequence[tuple[int, int]]:
    """The lowest and the highest level of each of several bands."""
    return t.cast("tuple[tuple[int, int], ...]", picture.getextrema())


def _regions(luma: Image.Image) -> list[float]:
    """Mean levels of six by six regions."""
    small = luma.convert("F").resize((_REGIONS, _REGIONS), Image.Resampling.BOX)
    return list(struct.unpack(f"{_REGIONS**2}f", small.tobytes()))


def _strength(luma: Image.Image) -> float:
    """The root of the mean squared level, each level raised by the floor."""
    ((mean, square),) = _moments(luma)
    return math.sqrt(square + 2 * _LEVEL_FLOOR * mean + _LEVEL_FLOOR**2)


def _gradient(luma: Image.Image) -> float:
    """The root of the mean squared luma gradient, in levels a pixel."""
    side = luma.width
    across = ImageChops.difference(luma.crop((1, 0, side, side)), luma.crop((0, 0, side - 1, side)))
    down = ImageChops.difference(luma.crop((0, 1, side, side)), luma.crop((0, 0, side, side - 1)))
    return math.sqrt(_moments(across)[0].square + _moments(down)[0].square)


def _for_comparison(data: bytes, name: str) -> Image.Image:
    """A picture in YCbCr (in three bands, whatever Pillow calls them), shrunk while it is decoded where it can be.

    A JPEG's own YCbCr is taken as it is: on the way through RGB strong colours are clipped, and how much depends on
    what the service did to them.
    """
    with _as_source_error(name):
        opened = _open(data, name)
        size = opened.size
        scale = next((scale for scale in (8, 4, 2) if 2 * (min(size) // scale) >= 3 * _GRID), 1)
        with _turn(size):
            try:
                decoded = _decode(opened, scale, name, ycbcr=True)
            except OSError:  # a JPEG that keeps RGB inside, or a damaged one
                decoded = _decode(_open(data, name), scale, name)
            picture = decoded.pixels
            if picture.mode != "YCbCr":
                picture = _shrunk(picture, decoded.profile)
            return _upright(picture, decoded.orientation)


def _shrunk(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Plain pixels in YCbCr, of at least twice the grid where there are so many.

    With one and a half times, as a JPEG's decoder may leave, 0.6 % of the experiment's handlings passed for drift.
    """
    small = _flat(picture.reduce(max(1, min(picture.size) // (2 * _GRID))), profile, "#ffffff")
    return small.convert("RGB", _YCBCR)


def _on_grid(picture: Image.Image, side: int) -> Image.Image:
    """Y, Cb and Cr on the grid, blurred so that what resampling does to fine detail counts little."""
    if picture.size != (side, side):
        picture = picture.resize((side, side), Image.Resampling.BILINEAR, reducing_gap=_REDUCING_GAP)
    luma, *chroma = bands = picture.split()
    # A service keeps colour at half resolution, which on a small picture is much of it: there it is blurred as widely,
    # counted in pixels, as on a large one.
    wide = ImageFilter.GaussianBlur(_BLUR)
    if side == _GRID:
        return Image.merge("RGB", bands).filter(wide)  # YCbCr itself has no filters
    fine = ImageFilter.GaussianBlur(_BLUR * side / _GRID)
    return Image.merge("RGB", (luma.filter(fine), *(band.filter(wide) for band in chroma)))
