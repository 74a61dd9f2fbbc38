# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How well the pixel rung tells the same photo from another one, and where its bounds come from.

    PYTHONPATH=.dev python tests/experiments/equality/experiment.py [--handlings 40] [--keep FILE]

One half of the photographs sets the bounds: the highest figure that any handling of the same photo gave, times a
margin. The other half is judged with the bounds that comparison.py has. Takes about five minutes of two cores.
``--kept`` judges figures that were kept before. ``--folder`` judges the pictures of a folder instead, all of them.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import typing as t
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import variants
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Recipe, Rendition
from ansible_collections.hybrid.photos.plugins.module_utils._pictures import comparison
from ansible_collections.hybrid.photos.plugins.module_utils._pictures import render as rendering
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.measure import Measures, measure, prepared
from PIL import Image

EXO = Recipe(size=648, max_bytes=4_194_303)
AD = Recipe(size=96, max_bytes=10_240, mark=True)
MARGIN = 1.2
#: Nobody writes these, or the goals do not name them; they are judged but set no bound.
EXTRA = {
    "same: nearest neighbour, 96 to 648": ((96, 120, 240, 360, 432, 504, 648), Image.Resampling.NEAREST, EXO),
    "same: shrunk to 64 or 48": ((64, 48), Image.Resampling.BICUBIC, EXO),
    "same: our 96 pixels in AD, re-encoded": ((96,), Image.Resampling.BICUBIC, AD),
    "same: our 96 pixels in AD, shrunk to 64": ((64,), Image.Resampling.BICUBIC, AD),
}
Row = dict[str, t.Any]


def render(picture: Image.Image, recipe: Recipe = EXO) -> Rendition:
    """What would be uploaded for this photograph."""
    return rendering.render(variants.jpeg(picture, 95, 0), [recipe], "photograph")[0]


def rows(job: tuple[int, Path, list[Path], int]) -> list[Row]:
    """All comparisons of one photograph, as plain rows."""
    number, path, similar, handlings = job
    chance = random.Random(number)
    photograph = variants.square(path)
    uploads = {EXO: render(photograph), AD: render(photograph, AD)}
    side = min(EXO.size, photograph.width)
    found: list[Row] = []

    def compare(kind: str, handled: bytes, how: t.Any, declared: Rendition = uploads[EXO]) -> None:
        figures = dataclasses.asdict(measure(prepared(declared, "declared"), prepared(handled, "handled")))
        found.append({"photo": number, "path": path.name, "kind": kind, "how": how, "figures": figures})

    for turn in range(handlings):
        how = variants.handling(chance, side, min(96, side) if turn % 4 == 0 else None)
        compare("same", how.apply(uploads[EXO].data), how)
    for kind, alter in variants.ALTERATIONS.items():
        if kind == "greyscale" and not variants.has_colour(photograph):
            continue
        for _turn in range(max(1, handlings // 8)):
            altered = render(alter(photograph, chance))
            how = variants.handling(chance, side)
            compare(kind, how.apply(altered.data), how)
    for other in similar:
        square = variants.square(other)
        how = variants.handling(chance, min(EXO.size, square.width))
        compare("a similar photograph", how.apply(render(square).data), how)
    for kind, (sizes, resampling, recipe) in EXTRA.items():
        for _turn in range(max(1, handlings // 10)):
            how = variants.handling(chance, side, min(side, chance.choice(sizes)))._replace(filter=resampling.name)
            compare(kind, how.apply(uploads[recipe].data), how, uploads[recipe])
    return found


def collect(paths: list[Path], handlings: int) -> list[Row]:
    """Rows of all photographs, in their order. The similar ones of a photograph come out of its own half."""
    grids = [variants.portraits._grid(path) for path in paths]
    jobs = []
    for number, path in enumerate(paths):
        half = [other for other in range(len(paths)) if other != number and other % 2 == number % 2]
        half.sort(key=lambda other: variants.portraits._distance(grids[number], grids[other]))
        jobs.append((number, path, [paths[other] for other in half[:4]], handlings))
    with ProcessPoolExecutor(2) as pool:
        return [row for found in pool.map(rows, jobs, chunksize=4) for row in found]


def fit(found: list[Row]) -> str:
    """The bounds that one half asks for, beside those that comparison.py has."""
    same = [row["figures"] for row in found if row["kind"] == "same"]
    lines = [
        f"| figure | highest of {len(same):,} | times {MARGIN} | same up to | different from |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, bound in comparison.BOUNDS.items():
        highest = max(figures[name] for figures in same)
        lines.append(f"| {name} | {highest:.3f} | {MARGIN * highest:.3f} | {bound.same:g} | {bound.different:g} |")
    return "\n".join(lines)


def judge(found: list[Row]) -> str:
    """What the bounds in comparison.py say about the other half."""
    lines = ["| kind | pairs | same | ambiguous | different | wrong |", "|---|--:|--:|--:|--:|--:|"]
    for kind in dict.fromkeys(row["kind"] for row in found):
        verdicts = [verdict(row) for row in found if row["kind"] == kind]
        counts = {each: verdicts.count(each) for each in ("same", "ambiguous", "different")}
        wrong = len(verdicts) - counts["same"] if kind.startswith("same") else counts["same"]
        lines.append(
            f"| {kind} | {len(verdicts):,} | {counts['same']:,} | {counts['ambiguous']:,} | {counts['different']:,} "
            f"| {100 * wrong / len(verdicts):.2f} % |"
        )
    return "\n".join(lines)


def verdict(row: Row) -> str:
    return comparison.by_figures(Measures(**row["figures"])).verdict


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--handlings", type=int, default=40, help="handlings of each photograph")
    parser.add_argument("--keep", type=Path, help="write every pair's figures there, one JSON object a line")
    parser.add_argument("--kept", type=Path, help="judge what --keep wrote, and measure nothing")
    parser.add_argument("--folder", type=Path, help="judge the pictures there instead")
    options = parser.parse_args()
    if options.folder:
        print(judge(collect(sorted(options.folder.iterdir()), options.handlings)))
        return
    if options.kept:
        found = [json.loads(line) for line in options.kept.read_text().splitlines()]
    else:
        found = collect(variants.photographs(), options.handlings)
    if options.keep:
        options.keep.write_text("".join(json.dumps(row) + "\n" for row in found))
    halves = [[row for row in found if row["photo"] % 2 == half] for half in (0, 1)]
    counts = [len({row["photo"] for row in half}) for half in halves]
    print(f"Bounds, from {counts[0]} photographs:\n\n{fit(halves[0])}\n")
    print(f"Verdicts on {counts[1]} other photographs:\n\n{judge(halves[1])}\n")
    print(f"Verdicts on the photographs that set the bounds:\n\n{judge(halves[0])}")


if __name__ == "__main__":
    main()
