# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures drawn for tests: as detailed and colourful as a photograph, the same in every run."""

from __future__ import annotations

import io
import random
import typing as t

from PIL import Image, ImageDraw, ImageFilter

Image.init()
#: Pillow reads and writes AVIF from version 11.3 on. With an older one a test has nothing to make such a file with.
AVIF: t.Sequence[str] = ("AVIF",) if "AVIF" in Image.SAVE else ()


def scene(width: int = 640, height: int = 480, seed: int = 1) -> Image.Image:
    """Soft light, shapes of many colours and grain."""
    chance = random.Random(seed)
    sky = Image.linear_gradient("L").resize((width, height))
    picture = Image.merge("RGB", (sky.point(lambda v: 60 + v // 2), sky.point(lambda v: 140 - v // 4), sky))
    draw = ImageDraw.Draw(picture)
    for _turn in range(40):
        x, y = chance.randrange(width), chance.randrange(height)
        w, h = chance.randrange(width // 12, width // 3), chance.randrange(height // 12, height // 3)
        colour = (chance.randrange(256), chance.randrange(256), chance.randrange(256))
        chance.choice((draw.ellipse, draw.rectangle))((x - w, y - h, x + w // 4, y + h // 4), fill=colour)
    soft = picture.filter(ImageFilter.GaussianBlur(2))
    # Image.effect_noise is different in every run, so the grain is drawn.
    grain = Image.frombytes("L", (64, 64), bytes(128 + chance.randrange(-9, 10) for _turn in range(64 * 64)))
    tiles = Image.new("L", (width, height))
    for top in range(0, height, 64):
        for left in range(0, width, 64):
            tiles.paste(grain, (left, top))
    return Image.blend(soft, tiles.convert("RGB"), 0.1)


def encode(picture: Image.Image, kind: str = "JPEG", **options: t.Any) -> bytes:
    """The picture as a file."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def decode(data: bytes) -> Image.Image:
    """The picture in a file, decoded."""
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture
