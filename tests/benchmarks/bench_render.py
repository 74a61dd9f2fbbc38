# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a rendition takes, beside vipsthumbnail on the same files in the same run, each with one thread.

    PYTHONPATH=.dev python tests/benchmarks/bench_render.py [--pictures 12] [--rounds 5]

Real photographs enlarged to 4000x3000 with grain stand for what a phone takes. vipsthumbnail gets all files in one
call, so its start counts once. The fastest of the rounds counts for each side: other work on the machine only ever
adds. Times are CPU seconds of one process.
"""

from __future__ import annotations

import argparse
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
from PIL import Image, ImageOps

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sandbox"))
import portraits

EXO = Recipe(size=648, max_bytes=4_194_303)
AD = Recipe(size=96, max_bytes=10_240, mark=True)


def pictures(folder: Path, count: int) -> list[Path]:
    """JPEG files of 12 megapixels at quality 92, about as long as a phone's."""
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


def comparing(files: list[Path], side: int, times: int = 50) -> float:
    """Seconds of CPU to compare our 648 pixel rendition with what a service keeps at this size, per pair."""
    spent = 0.0
    for path in files:
        declared, kept = render(path.read_bytes(), [EXO, Recipe(size=side, max_bytes=1 << 20)], path.name)
        before = time.process_time()
        for _turn in range(times):
            comparison.by_pixels(declared, kept.data)
        spent += time.process_time() - before
    return spent / times / len(files)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        files = pictures(Path(name), options.pictures)
        size = sum(path.stat().st_size for path in files) / len(files) / 1e6
        print(f"{len(files)} JPEG files of 12 megapixels, {size:.1f} MB each; best of {options.rounds} rounds\n")
        rows: dict[str, list[float]] = {}
        for _turn in range(options.rounds):
            rows.setdefault("vipsthumbnail, 648x648", []).append(vipsthumbnail(files))
            rows.setdefault("ours, 648x648", []).append(ours(files, [EXO]))
            rows.setdefault("ours, 96x96 within 10,240 bytes, marked", []).append(ours(files, [AD]))
        reference = min(rows["vipsthumbnail, 648x648"])
        print("| what | ms a picture | of vipsthumbnail |\n|---|---:|---:|")
        for what, seconds in rows.items():
            print(f"| {what} | {1000 * min(seconds) / len(files):.1f} | {min(seconds) / reference:.2f} |")
        print("\n| compared with our 648x648 rendition | ms a pair |\n|---|---:|")
        for side in (96, 240, 648):
            print(f"| {side}x{side} | {1000 * comparing(files, side):.2f} |")


if __name__ == "__main__":
    main()
