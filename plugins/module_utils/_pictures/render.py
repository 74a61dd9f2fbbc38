# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a recipe makes of a source.

Coordinates are pixels of the picture as a person sees it, that is after its EXIF orientation.
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

#: Below this many pixels a side nobody is recognised; a limit that wants less cannot be met.
_SMALLEST_SIDE = 16

#: Faces are looked for on a picture of at least twice this side; where there is none, the top of the same is taken.
_FACES_ON = 648
_REDUCING_GAP = 3.0


def render(data: bytes, recipes: t.Sequence[Recipe], name: str) -> list[Rendition]:
    """What each recipe makes of a source, in their order, with one decode for those of about the same size.

    The same bytes, recipe and Pillow always give the same rendition, whichever other recipes are in the call.
    SourceError, naming ``name``, for anything that is no usable picture or cannot be brought under a limit.
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
    picture = decode.open_picture(data, name)
    if picture.format not in ("JPEG", "MPO") and not recipe.mark:
        return None
    return Rendition(data, *decode.sides(picture), QUALITY_HIGHEST, ())


def _scale(size: tuple[int, int], recipe: Recipe) -> int:
    """By how much a JPEG may shrink while it is decoded (1, 2, 4, 8), keeping twice the pixels that are needed.

    The recipe alone decides: what it makes does not depend on which others were asked for in the same call.
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
    # What is marked is recognised by its mark. Below the highest quality the JPEG is not quite what was encoded.
    alike = from_pixels(pixels) if quality == QUALITY_HIGHEST and not recipe.mark else None
    return Rendition(jpeg, size[0], size[1], quality, tuple(notes), alike)


def _pixels(decoded: Decoded, box: geometry.Box, size: tuple[int, int], background: str) -> Image.Image:
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
    picture = decode.flat(decode.upright(picture, decoded.orientation), decoded.profile, background)
    picture.info.clear()  # Pillow would write a comment that the source had
    return picture


def _crop(decoded: Decoded, recipe: Recipe, name: str) -> tuple[geometry.Box, list[str]]:
    """The part of the picture that is used, on the picture as a person sees it, and what to say about it.

    PictureError where nobody can look for faces: another crop would differ from what the next machine makes of the same
    source, and the two would overwrite each other at every run.
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
    """Faces on the picture as a person sees it. PictureError where nobody can look."""
    from . import face

    width, height = decoded.width, decoded.height
    factor = min(1.0, 480 / min(width, height), 960 / max(width, height))
    small = (max(1, round(width * factor)), max(1, round(height * factor)))
    grey = _pixels(decoded, (0, 0, width, height), small, "#ffffff").convert("L")
    faces, problem = face.find(grey.tobytes(), *small)
    if problem is not None:
        raise PictureError(name, f"crop: face is not possible on this machine ({problem})", face.ADVICE)
    return [(x / factor, y / factor, w / factor, h / factor) for x, y, w, h in faces]
