# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What services do to a photo: Microsoft's as far as it is known (docs/equality.md), and what any other may do."""

from __future__ import annotations

import io
import random
import typing as t

from PIL import Image

SIZES = (48, 64, 96, 120, 240, 360, 432, 504, 648)
QUALITIES = (60, 65, 70, 75, 80, 85, 90, 95)
SINGLE = {"SAMPLED": Image.Resampling.BILINEAR, "SAMPLED_CUBIC": Image.Resampling.BICUBIC}
FILTERS = ("BOX", "BILINEAR", "HAMMING", "BICUBIC", "LANCZOS")


def jpeg(picture: Image.Image, quality: int, subsampling: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, subsampling=subsampling)
    return buffer.getvalue()


class Scaler(t.NamedTuple):
    """One way to scale a picture down.

    ``kernel`` is a filter of Pillow's, which weighs all pixels below the new one (those of FILTERS) or takes one
    (NEAREST), or SAMPLED or SAMPLED_CUBIC: a weighted mean of the four or sixteen pixels around one place, however many
    others there are.
    ``centred``: the pixels of both pictures cover the same ground. Otherwise pixel i is taken at i * old / new, without
    the half pixel, as Microsoft's are. ``edge`` is what the first row and the first column get: nothing, "lifted" by
    ten levels, "half" way to white, or "white": as if all around the picture were white.
    """

    kernel: str
    centred: bool = True
    edge: str = "none"

    def __str__(self) -> str:
        words = [self.kernel.lower(), "centred" if self.centred else "not centred"]
        return ", ".join(words if self.edge == "none" else [*words, f"edge {self.edge}"])

    def apply(self, picture: Image.Image, width: int, height: int) -> Image.Image:
        if picture.size == (width, height):
            return picture
        across, down = picture.width / width, picture.height / height
        border = 4 + round(3.5 * max(across, down))
        around = _surrounded(picture, border, white=self.edge == "white")
        left, top = (border, border) if self.centred else (border - (across - 1) / 2, border - (down - 1) / 2)
        if self.kernel in SINGLE:
            affine = (across, 0, left, 0, down, top)
            scaled = around.transform((width, height), Image.Transform.AFFINE, affine, SINGLE[self.kernel])
        else:
            box = (left, top, left + picture.width, top + picture.height)
            scaled = around.resize((width, height), Image.Resampling[self.kernel], box)
        for line in ((0, 0, width, 1), (0, 0, 1, height)):
            if self.edge == "lifted":
                scaled.paste(scaled.crop(line).point(lambda level: level + 10), line)
            elif self.edge == "half":
                scaled.paste(scaled.crop(line).point(lambda level: (level + 255) // 2), line)
        return scaled


def _surrounded(picture: Image.Image, border: int, white: bool) -> Image.Image:
    """With white, or with its own outermost pixels, all around."""
    width, height = picture.size
    around = Image.new("RGB", (width + 2 * border, height + 2 * border), "white")
    if not white:
        for left, x in ((0, 0), (width - 1, border + width)):
            for top, y in ((0, 0), (height - 1, border + height)):
                around.paste(picture.crop((left, top, left + 1, top + 1)).resize((border, border)), (x, y))
            around.paste(picture.crop((left, 0, left + 1, height)).resize((border, height)), (x, border))
        for top, y in ((0, 0), (height - 1, border + height)):
            around.paste(picture.crop((0, top, width, top + 1)).resize((width, border)), (border, y))
    around.paste(picture, (border, border))
    return around


class Handling(t.NamedTuple):
    """What a service does: perhaps encode at full size first, then scale, then encode.

    A picture that is not square is scaled to its shorter side and cut to a square, ``beside`` pixels off the middle.
    """

    size: int
    quality: int
    subsampling: int
    scaler: Scaler
    first_quality: int | None
    beside: int = 0

    def apply(self, upload: bytes) -> bytes:
        data = upload
        if self.first_quality is not None:
            data = jpeg(Image.open(io.BytesIO(data)).convert("RGB"), self.first_quality, self.subsampling)
        picture = Image.open(io.BytesIO(data)).convert("RGB")
        shorter = min(picture.size)
        width, height = (round(side * self.size / shorter) for side in picture.size)
        scaled = self.scaler.apply(picture, width, height)
        if width != height:
            left, top = ((side - self.size) // 2 + (self.beside if side > self.size else 0) for side in scaled.size)
            scaled = scaled.crop((left, top, left + self.size, top + self.size))
        return jpeg(scaled, self.quality, self.subsampling)


#: As docs/equality.md says what is known of Microsoft's: not centred, edges lifted, 4:2:0, quality 90 or 75.
EDGES = ("none", "lifted", "half", "white")
MICROSOFT = tuple(Scaler(kernel, False, edge) for kernel in (*FILTERS, *SINGLE) for edge in EDGES)
CENTRED = tuple(Scaler(kernel) for kernel in FILTERS)


def any_service(chance: random.Random, size: int) -> Handling:
    """What any service may do to an upload. Half of them keep a re-encoded photo and scale that."""
    return Handling(
        size,
        chance.choice(QUALITIES),
        chance.choice((0, 2)),
        chance.choice(CENTRED),
        chance.choice((None, chance.choice(QUALITIES))),
    )


def microsoft(chance: random.Random, size: int) -> Handling:
    """What Microsoft's service seems to do. Which kernel it has, and how much an edge is lifted, is not known."""
    return Handling(
        size, chance.choice((90, 90, 75)), 2, chance.choice(MICROSOFT), chance.choice((None, 90, 75)), beside=1
    )
