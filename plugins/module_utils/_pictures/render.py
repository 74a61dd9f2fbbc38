# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes renditions: what a recipe makes of a source.

Coordinates are pixels of the upright picture, that is after its EXIF orientation.
"""

from __future__ import annotations

import typing as t

from .._core.model import Recipe, Rendition, sha256
from . import decode, geometry
from .decode import Decoded, PictureError
from .encode import QUALITY_HIGHEST, QUALITY_LOWEST, encode
from .mark import MARK_BYTES, stamp
from .pillow import Image, available
from .prepare import from_pixels

#: With fewer pixels a side nobody can be recognised; a limit that would need this cannot be met.
_SMALLEST_SIDE = 16

#: Faces are looked for on a picture of at least twice this side. If there is none, its top is used.
_FACES_ON = 648
_REDUCING_GAP = 3.0


def render(data: bytes, recipes: t.Sequence[Recipe], name: str) -> list[Rendition]:
    """What each recipe makes of a source, in their order, with one decode for recipes of about the same size.

    The same bytes, recipe and Pillow always give the same rendition, whatever other recipes are in the call. Raises
    SourceError, which names ``name``, when it is no usable picture or cannot be made smaller than a limit.
    """
    available()
    with decode.as_source_error(name):
        return _render(data, recipes, name)


def _render(data: bytes, recipes: t.Sequence[Recipe], name: str) -> list[Rendition]:
    source = sha256(data)
    opened = decode.open_picture(data, name)
    size = opened.size
    picture: Image.Image | None = opened
    by_scale: dict[int, Decoded] = {}
    renditions = []
    with decode.turn(size):
        for recipe in recipes:
            kept = _as_it_is(data, recipe, name)
            if kept is not None:
                renditions.append(kept)
                continue
            scale = _scale(size, recipe)
            if scale not in by_scale:
                by_scale[scale] = decode.decode(picture or decode.open_picture(data, name), scale, name)
                picture = None  # The picture can be decoded only once.
            renditions.append(_rendition(by_scale[scale], recipe, source, name))
    return renditions


def _as_it_is(data: bytes, recipe: Recipe, name: str) -> Rendition | None:
    """The source itself as its rendition, if the recipe wants that and the target accepts it; None: make a rendition.

    A target that keeps bytes (recipes with a mark) accepts any picture that it held before; others only get JPEG. No
    mark is written: the backup is restored byte for byte.
    """
    if not recipe.as_is or len(data) > recipe.max_bytes:
        return None
    picture = decode.open_picture(data, name)
    if picture.format not in ("JPEG", "MPO") and not recipe.mark:
        return None
    return Rendition(data, *decode.sides(picture), QUALITY_HIGHEST, ())


def _scale(size: tuple[int, int], recipe: Recipe) -> int:
    """How much a JPEG may be scaled down while it is decoded (1, 2, 4, 8), keeping twice the pixels that are needed.

    Only the recipe decides this, so the result does not depend on the other recipes in the call.
    """
    needed = 2 * (max(recipe.size, _FACES_ON) if recipe.crop in ("face", "top") else recipe.size)
    side = max(size) if recipe.crop == "none" else min(size)
    return next((scale for scale in (8, 4, 2) if side // scale >= needed), 1)


def _rendition(decoded: Decoded, recipe: Recipe, source: str, name: str) -> Rendition:
    box, notes = _crop(decoded, recipe, name)
    size = geometry.fit(box, recipe.size)
    limit = recipe.max_bytes - (MARK_BYTES if recipe.mark else 0)
    asked = size
    while True:
        pixels = _pixels(decoded, box, size, recipe.background)
        quality, jpeg = encode(pixels, limit)
        if quality is not None:
            break
        size = geometry.smaller(size, len(jpeg), limit)
        if min(size) < min(_SMALLEST_SIDE, *asked):
            raise PictureError(name, f"it cannot be reduced to {recipe.max_bytes:,} bytes", "raise max_bytes")
    if size != asked:
        notes.append(
            f"made {size[0]}x{size[1]} pixels: {asked[0]}x{asked[1]} does not fit "
            f"{recipe.max_bytes:,} bytes at quality {QUALITY_LOWEST}"
        )
    if recipe.mark:
        jpeg = stamp(jpeg, source, recipe.digest)
    # A rendition with a mark is recognised by its mark. Below the highest quality the JPEG differs a little from the
    # pixels.
    alike = from_pixels(pixels) if quality == QUALITY_HIGHEST and not recipe.mark else None
    return Rendition(jpeg, size[0], size[1], quality, tuple(notes), alike)


def _pixels(decoded: Decoded, box: geometry.Box, size: tuple[int, int], background: str) -> Image.Image:
    """The cropped, scaled, upright sRGB picture. Steps whose cost grows with the pixels come after scaling down."""
    turned = decoded.orientation >= 5
    stored = geometry.stored_box(box, decoded.orientation, decoded.width, decoded.height)
    full_width, full_height = (decoded.height, decoded.width) if turned else (decoded.width, decoded.height)
    across, down = decoded.pixels.width / full_width, decoded.pixels.height / full_height
    part = (stored[0] * across, stored[1] * down, stored[2] * across, stored[3] * down)
    scaled = (size[1], size[0]) if turned else size
    picture = decoded.pixels
    if (scaled, part) != (picture.size, (0, 0, *picture.size)):
        picture = picture.resize(scaled, Image.Resampling.LANCZOS, box=part, reducing_gap=_REDUCING_GAP)
    picture = decode.flat(decode.upright(picture, decoded.orientation), decoded.profile, background)
    picture.info.clear()  # Pillow would copy a comment of the source
    return picture


def _crop(decoded: Decoded, recipe: Recipe, name: str) -> tuple[geometry.Box, list[str]]:
    """The part of the picture that is used, in the upright picture, and notes about it.

    Raises PictureError when faces cannot be detected. Another crop instead would differ from that of a machine with
    OpenCV, and the two would overwrite each other's photos at every run.
    """
    width, height = decoded.width, decoded.height
    if recipe.crop == "none":
        return (0, 0, width, height), []
    if recipe.crop != "face":
        return geometry.square(width, height, at_top=recipe.crop == "top"), []
    faces = _faces(decoded, name)
    if len(faces) == 1:
        return geometry.around_face(faces[0], width, height), ["cropped to the face"]
    why = "no face was found" if not faces else f"{len(faces)} faces were found"
    return geometry.square(width, height, at_top=True), [f"crop top instead of face: {why}"]


def _faces(decoded: Decoded, name: str) -> list[geometry.Face]:
    """Faces in the upright picture. Raises PictureError when faces cannot be detected."""
    from . import face

    width, height = decoded.width, decoded.height
    factor = min(1.0, 480 / min(width, height), 960 / max(width, height))
    small = (max(1, round(width * factor)), max(1, round(height * factor)))
    grey = _pixels(decoded, (0, 0, width, height), small, "#ffffff").convert("L")
    faces, problem = face.find(grey.tobytes(), *small)
    if problem is not None:
        raise PictureError(name, f"crop: face is not possible on this machine ({problem})", face.ADVICE)
    return [(x / factor, y / factor, w / factor, h / factor) for x, y, w, h in faces]
