# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Row ``render``: the time for a rendition, compared with vipsthumbnail on the same files, each with one thread; and
the time for a comparison.

Real photographs, enlarged to 4000x3000 with grain, stand for photos from a phone. vipsthumbnail gets all files in one
call, so its start is only counted once. Times are CPU seconds of one process.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Recipe
from ansible_collections.hybrid.photos.plugins.module_utils._pictures import comparison
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.render import render
from bench import Bench
from company import AD, EXO
from pairs import Spread, Table, alternately, ratios
from PIL import Image, ImageOps

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sandbox"))
import portraits


def pictures(folder: Path, count: int) -> list[Path]:
    """JPEG files of 12 megapixels at quality 92, with about the size of a phone's files."""
    made = []
    for number, path in enumerate(portraits.photographs(200)[60 : 60 + count]):
        with Image.open(path) as photograph:
            large = ImageOps.fit(photograph.convert("RGB"), (4000, 3000), Image.Resampling.BICUBIC)
        grain = Image.effect_noise((4000, 3000), 12).convert("RGB")
        made.append(folder / f"{number:03}.jpg")
        Image.blend(large, grain, 0.15).save(made[-1], quality=92)
    return made


def vipsthumbnail(files: list[Path]) -> float:
    """Seconds of CPU for the same square from all files."""
    command = ["vipsthumbnail", "--size", "648x648", "--smartcrop", "centre"]
    command += ["-o", "vips_%s.jpg[Q=95,optimize_coding,strip]", *map(str, files)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, env={**os.environ, "VIPS_CONCURRENCY": "1"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ours(files: list[Path], recipes: list[Recipe]) -> float:
    """Seconds of CPU for the renditions of all files."""
    before = time.process_time()
    for path in files:
        render(path.read_bytes(), recipes, path.name)
    return time.process_time() - before


def comparing(files: list[Path], side: int, times: int = 20) -> float:
    """Seconds of CPU for each pair to compare our 648 pixel rendition with a service's copy of this size."""
    spent = 0.0
    for path in files:
        declared, kept = render(path.read_bytes(), [EXO, Recipe(size=side, max_bytes=1 << 20)], path.name)
        before = time.process_time()
        for _turn in range(times):
            # A new bytes object: a picture that was just compared is cached.
            comparison.by_pixels(declared, bytes(bytearray(kept.data)))
        spent += time.process_time() - before
    return spent / times / len(files)


def row(bench: Bench, table: Table) -> None:
    """Renditions in pairs with vipsthumbnail, and comparisons of one with a service's copies of three sizes."""
    with tempfile.TemporaryDirectory() as name:
        files = pictures(Path(name), bench.sizes.pictures)
        size = sum(path.stat().st_size for path in files) / len(files) / 1e6
        work = f"renditions of {len(files)} JPEG files of 12 megapixels, {size:.1f} MB each"
        wanted = (("648x648", EXO, 1.0), ("96x96 within 10,240 bytes, marked", AD, 0.5))
        for what, recipe, goal in wanted:
            pairs = alternately(
                bench.sizes.turns, lambda turn: vipsthumbnail(files), lambda turn, recipe=recipe: ours(files, [recipe])
            )
            vips, mine = zip(*pairs, strict=True)
            each, of_vips = (1000 * Spread.of(seconds).median / len(files) for seconds in (mine, vips))
            measured = f"{what}: {each:.1f} ms CPU a picture; vipsthumbnail to 648x648 {of_vips:.1f} ms"
            table.add(work, measured, ratios(mine, vips), goal, "x")
        for side in (96, 240, 648):
            costs = Spread.of(1000 * comparing(files, side) for _turn in range(bench.sizes.turns))
            table.note("compare a 648x648 rendition", f"with {side}x{side}: CPU a pair", costs, " ms")
