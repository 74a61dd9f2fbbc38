# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The photographs of the experiment, and what people do that makes a photo another one."""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

from PIL import Image, ImageChops, ImageEnhance, ImageOps, ImageStat

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sandbox"))
import portraits

#: Series of one scene, houses, and things on white; the same package family as the portraits.
_MORE = ("tabler-static", "@tabler/preview@1.2.0", "dist/static")
_MORE_PICTURES = ("photos/*.jpg", "marketing/photo-*.jpg", "products/product-*.jpg")
_ALIKE = 6.0
#: The largest side of a source in pixels: that of the largest photograph without these.
_LARGEST = 1920


def photographs() -> list[Path]:
    """All different photographs there are: those of the sandbox and one more package."""
    found = list(portraits.photographs(220))
    short, package, inside = _MORE
    portraits._PACKAGES[short] = (package, inside)
    grids = [portraits._grid(path) for path in found]
    folder = portraits._fetch(short)
    for path in sorted(path for pattern in _MORE_PICTURES for path in folder.glob(pattern)):
        grid = portraits._grid(path)
        if grid is not None and all(portraits._distance(grid, other) > _ALIKE for other in grids if other is not None):
            found.append(path)
            grids.append(grid)
    return found


#: Photographs in packages of Debian: by package, where in it, and which. They were found by eye on a contact sheet, and
#: are in the half that is held out: nobody looked at their figures while the method was chosen.
_DEBIAN: dict[str, tuple[str, str]] = {
    "lomiri-wallpapers-16.04": (
        "usr/share/backgrounds",
        "Bridge_by_* Dragonfly_by_* Picture_0B_by_* Picture_1A_by_* Wine_by_* aitzgorri_by_* free_by_* friends_by_* "
        "greentock_by_* life_by_* picosdeeuropa_by_* seeding_by_* sunset_by_*",
    ),
    "lomiri-wallpapers-20.04": ("usr/share/backgrounds", "Infinite-Sea_by_* Kleiber_by_*"),
    "mate-backgrounds": (
        "usr/share/backgrounds/mate/nature",
        "Aqua.* Blinds.* Dune.* FreshFlower.* Garden.* GreenMeadow.* LadyBird.* RainDrops.* Storm.* TwoWings.* Wood.* "
        "YellowFlower.*",
    ),
    "plasma-workspace-wallpapers": (
        "usr/share/wallpapers",
        " ".join(
            f"{name}/contents/images/1920x1080.jpg"
            for name in (
                "BytheWater", "ColdRipple", "DarkestHour", "EveningGlow", "FallenLeaf", "Grey", "Kite", "OneStandsOut",
                "Path", "summer_1am",
            )
        ),
    ),
    "python3-skimage": (
        "usr/lib/python3/dist-packages/skimage/data",
        "astronaut.png camera.png chelsea.png coffee.png coins.png moon.png motorcycle_left.png rocket.jpg",
    ),
    "python3-sklearn": ("usr/lib/python3/dist-packages/sklearn/datasets/images", "china.jpg flower.jpg"),
}  # fmt: skip


def of_debian() -> list[Path]:
    """Photographs out of packages of Debian, which its own client fetches and which are not installed."""
    found = []
    for package, (inside, names) in _DEBIAN.items():
        home = portraits.cache() / "debian" / package
        if not home.is_dir():
            home.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=home.parent) as folder:
                subprocess.run(["apt-get", "download", "--quiet", package], cwd=folder, check=True)
                (archive,) = Path(folder).glob("*.deb")
                subprocess.run(["dpkg-deb", "--extract", archive, Path(folder) / "new"], check=True)
                (Path(folder) / "new").rename(home)
        found += [path for name in names.split() for path in sorted((home / inside).glob(name))]
    return found


def square(path: Path) -> Image.Image:
    """The centre of a photograph, in its own pixels where these are not too many."""
    with Image.open(path) as picture:
        whole = ImageOps.exif_transpose(picture).convert("RGB")
    side = min(*whole.size, _LARGEST)
    return ImageOps.fit(whole, (side, side))


def _crop(share: float) -> t.Callable[[Image.Image, random.Random], Image.Image]:
    def alter(picture: Image.Image, chance: random.Random) -> Image.Image:
        side = picture.width
        kept = round(side * (1 - share))
        left, top = chance.choice(
            [((side - kept) // 2, (side - kept) // 2), (0, 0), (side - kept, 0), ((side - kept) // 2, 0)]
        )
        return picture.crop((left, top, left + kept, top + kept)).resize(picture.size, Image.Resampling.LANCZOS)

    return alter


def _sticker(picture: Image.Image, chance: random.Random) -> Image.Image:
    """A plain square of a tenth of the side that can be seen where it is: 40 levels of difference or more."""
    side = picture.width
    length = max(1, round(side / 10))
    altered = picture.copy()
    while True:
        at = (chance.randrange(side - length), chance.randrange(side - length))
        colour = chance.choice(["#ffffff", "#000000", "#d03030", "#30a030", "#3050d0", "#f0d030", "#808080"])
        patch = Image.new("RGB", (length, length), colour)
        below = picture.crop((*at, at[0] + length, at[1] + length))
        if max(ImageStat.Stat(ImageChops.difference(patch, below)).mean) >= 40:
            altered.paste(patch, at)
            return altered


def _brighter(factor: float) -> t.Callable[[Image.Image, random.Random], Image.Image]:
    return lambda picture, chance: ImageEnhance.Brightness(picture).enhance(factor)


def _turned(picture: Image.Image, chance: random.Random) -> Image.Image:
    """The camera held two degrees askew: another shot of the scene, as near as can be made."""
    side, edge = picture.width, round(picture.width * 0.04)
    turned = picture.rotate(chance.choice((-2, 2)), Image.Resampling.BICUBIC)
    return turned.crop((edge, edge, side - edge, side - edge)).resize(picture.size, Image.Resampling.LANCZOS)


#: What makes it another photo. ``similar`` is added by the experiment: it needs the other photographs.
ALTERATIONS: dict[str, t.Callable[[Image.Image, random.Random], Image.Image]] = {
    "mirrored": lambda picture, chance: ImageOps.mirror(picture),
    "cropped by 3 %": _crop(0.03),
    "cropped by 5 %": _crop(0.05),
    "sticker of 10 %": _sticker,
    "greyscale": lambda picture, chance: picture.convert("L").convert("RGB"),
    "8 % brighter": _brighter(1.08),
    "8 % darker": _brighter(0.92),
    "12 % brighter": _brighter(1.12),
    "turned by 2 degrees": _turned,
}


def _within(picture: Image.Image, chance: random.Random) -> Image.Image:
    """Three percent off, of a picture of any shape."""
    width, height = picture.size
    box = (0.015 * width, 0.015 * height, 0.985 * width, 0.985 * height)
    return picture.resize(picture.size, Image.Resampling.LANCZOS, box)


#: The same for a picture of any shape.
OF_ANY_SHAPE: dict[str, t.Callable[[Image.Image, random.Random], Image.Image]] = {
    "mirrored": ALTERATIONS["mirrored"],
    "cropped by 3 %": _within,
    "8 % darker": ALTERATIONS["8 % darker"],
}


def has_colour(picture: Image.Image) -> bool:
    """A photograph that a person would call coloured."""
    planes = picture.resize((64, 64), Image.Resampling.BOX).convert("YCbCr").split()[1:]
    return any(ImageStat.Stat(plane.point(lambda value: abs(value - 128))).mean[0] >= 3 for plane in planes)
