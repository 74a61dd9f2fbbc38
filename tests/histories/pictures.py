# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drawn faces by number, and which number a picture shows. Number // 8 is the index of the account that it shows."""

from __future__ import annotations

import functools
import io
import random
import typing as t

from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Recipe, SourceError, sha256
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.fingerprint import fingerprint, matches
from PIL import Image

SIDE = 96
#: Small ones, for speed. The algorithm asks nothing of the size but that it is not halved.
RECIPES = {"exo": Recipe(SIDE, 4_000_000), "ad": Recipe(SIDE, 10_240, mark=True)}
AS_IS = {"exo": Recipe(648, 4_194_303, as_is=True), "ad": Recipe(SIDE, 4_194_303, mark=True, as_is=True)}
#: Pictures of one account: the first ones are declared, the others are what people set themselves.
EACH = 8
#: Default pictures have numbers from here on. No person ever sets one of them.
NOBODY = 80_000

_known: dict[str, int] = {}


def _saved(image: Image.Image, kind: str = "JPEG", **how: t.Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def _noted(number: int, data: bytes) -> bytes:
    _known[sha256(data)] = number
    return data


@functools.cache
def _drawn(number: int) -> Image.Image:
    tiles = random.Random(f"face {number}").randbytes(4 * 4 * 3)
    return Image.frombytes("RGB", (4, 4), tiles).resize((SIDE, SIDE), Image.Resampling.BICUBIC)


@functools.cache
def source(number: int) -> bytes:
    """What Git declares."""
    return _noted(number, _saved(_drawn(number), quality=95))


@functools.cache
def by_hand(number: int, form: int = 0) -> bytes:
    """What a person sets with another program. ``form`` 3 keeps no recipe: it is a PNG."""
    if form == 3:
        return _noted(number, _saved(_drawn(number), "PNG"))
    return _noted(number, _saved(_drawn(number), quality=(85, 90, 93)[form % 3]))


@functools.cache
def anew(data: bytes, number: int, time: int) -> bytes:
    """The same photo, stored anew by the service. Each from the first one, as no service loses a photo by it."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    return _noted(number, _saved(image, quality=(80, 84, 88)[time % 3]))


def number_of(data: bytes | None) -> int | None:
    """The number of the face that a picture shows; None for no photo. ValueError for a face of nobody."""
    if data is None:
        return None
    known = _known.get(sha256(data))
    if known is not None:
        return known
    for number in sorted(set(_known.values())):
        if matches(_fingerprint(number), data):
            _noted(number, data)
            return number
    raise ValueError("a picture of nobody")


@functools.cache
def _fingerprint(number: int) -> str | None:
    return fingerprint(source(number))


@functools.cache
def remembered(function: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
    """A pure function of pictures that works each thing out once; the pictures of all histories are the same few."""
    answers: dict[t.Any, t.Any] = {}

    @functools.wraps(function)
    def ask(*args: t.Any, **more: t.Any) -> t.Any:
        key = tuple(tuple(each) if isinstance(each, list) else each for each in (*args, *more.items()))
        if key not in answers:
            try:
                answers[key] = (True, function(*args, **more))
            except SourceError as error:
                answers[key] = (False, error)
        fine, answer = answers[key]
        if not fine:
            raise answer
        return answer

    return ask


#: The functions of _pictures that _sync calls, by module of _sync.
PURE = {
    "renditions": ("render", "by_source"),
    "planner": ("by_pixels", "describe", "fingerprint", "matches", "breach"),
    "applier": ("matches",),
    "default_picture": ("matches",),
    "change": ("fingerprint",),
    "verifier": ("matches", "clearly_another", "service_transform"),
    "lookalikes": ("by_pixels", "signature"),
}
