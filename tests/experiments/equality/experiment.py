# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How well the pixel rung tells the same photo from another one, and where its bounds come from.

    PYTHONPATH=.dev python tests/experiments/equality/experiment.py --half choose|hold-out [--every N] [--keep FILE]

One half of the photographs sets the bounds: the highest figure that any handling of the same photo gave, times a
margin. The other half, with photographs out of packages of Debian, is judged with the bounds that comparison.py has.
About six minutes of two cores for each.
``--every 4`` takes a quarter of the photographs. ``--kept`` judges figures that were kept before. ``--folder`` judges
the pictures of a folder, all of them.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import typing as t
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import scalers
import variants
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Recipe, Rendition
from ansible_collections.hybrid.photos.plugins.module_utils._pictures import comparison
from ansible_collections.hybrid.photos.plugins.module_utils._pictures import render as rendering
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.measure import Measures
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.prepare import prepared
from PIL import Image

EXO = Recipe(size=648, max_bytes=4_194_303)
WHOLE = Recipe(size=648, max_bytes=4_194_303, crop="none")
AD = Recipe(size=96, max_bytes=10_240, mark=True)
MARGIN = 1.2
#: Which handlings set the bounds: all but the ones that take single pixels, which are compared in another way.
SETS_BOUNDS = ("same: any service", "same: Microsoft")
#: An alteration is handled so many times by any service, and as many times by Microsoft's.
ALTERED = 3
Row = dict[str, t.Any]


def render(picture: Image.Image, recipe: Recipe = EXO) -> Rendition:
    """What would be uploaded for this photograph."""
    return rendering.render(scalers.jpeg(picture, 95, 0), [recipe], "photograph")[0]


def figures_of(declared: Rendition, handled: bytes, sized: bool) -> dict[str, float]:
    first, second = prepared(declared, "declared"), prepared(handled, "handled")
    return dataclasses.asdict(comparison._nearest(declared, first, second, sized))


def rows(job: tuple[int, Path, list[Path]]) -> list[Row]:
    """All comparisons of one photograph, as plain rows."""
    number, path, similar = job
    chance = random.Random(number)
    photograph = variants.square(path)
    source = scalers.jpeg(photograph, 95, 0)
    upload, thumbnail = render(photograph), render(photograph, AD)
    sizes = sorted({*(size for size in scalers.SIZES if size <= upload.width), upload.width})
    found: list[Row] = []

    def compare(kind: str, handled: bytes, how: scalers.Handling, declared: Rendition = upload) -> None:
        sized = how.size < declared.width
        row = {"photo": number, "path": path.name, "kind": kind, "size": how.size, "scaler": str(how.scaler)}
        row["figures"] = figures_of(declared, handled, sized)
        if declared is upload:
            row["look"] = comparison.by_source(source, EXO, "photograph", handled, sized=sized) is not None
        found.append(row)

    for size in sizes:
        for _turn in range(8):
            how = scalers.any_service(chance, size)
            compare("same: any service", how.apply(upload.data), how)
        for scaler in scalers.MICROSOFT:
            how = scalers.microsoft(chance, size)._replace(scaler=scaler)
            single = scaler.kernel in scalers.SINGLE
            compare("same: Microsoft, single pixels" if single else "same: Microsoft", how.apply(upload.data), how)
        how = scalers.any_service(chance, size)._replace(scaler=scalers.Scaler("NEAREST"))
        compare("same: nearest neighbour", how.apply(upload.data), how)
    for kind, alter in variants.ALTERATIONS.items():
        if kind == "greyscale" and not variants.has_colour(photograph):
            continue
        altered = render(alter(photograph, chance)).data
        for handling, who in ((scalers.any_service, "any service"), (scalers.microsoft, "Microsoft")):
            for _turn in range(ALTERED):
                how = handling(chance, chance.choice(sizes))
                compare(f"{kind}: {who}", how.apply(altered), how)
    for other in similar:
        square = variants.square(other)
        how = scalers.any_service(chance, min(chance.choice(sizes), *square.size))
        compare("a similar photograph", how.apply(render(square).data), how)
    for size in (96, 64, 48):
        how = scalers.any_service(chance, min(size, thumbnail.width))
        compare("same: our 96 pixels in AD, re-encoded or shrunk", how.apply(thumbnail.data), how, thumbnail)
    return [*found, *not_square(job)]


def not_square(job: tuple[int, Path, list[Path]]) -> list[Row]:
    """A photograph that was uploaded whole, which the service cuts to a square where it makes it smaller."""
    number, path, _similar = job
    chance = random.Random(number)
    with Image.open(path) as picture:
        photograph = picture.convert("RGB")
    photograph.thumbnail((variants._LARGEST, variants._LARGEST))
    whole = render(photograph, WHOLE)
    shorter = min(whole.width, whole.height)
    if max(whole.width, whole.height) < 1.03 * shorter:
        return []
    sizes = [size for size in scalers.SIZES if size < shorter]
    found: list[Row] = []

    def compare(kind: str, upload: bytes, how: scalers.Handling) -> None:
        row = {"photo": number, "path": path.name, "kind": kind, "size": how.size, "scaler": str(how.scaler)}
        found.append({**row, "figures": figures_of(whole, how.apply(upload), True)})

    for size in sizes:
        how = scalers.microsoft(chance, size)
        compare("same: Microsoft, not square", whole.data, how)
        single = how._replace(
            scaler=chance.choice([each for each in scalers.MICROSOFT if each.kernel in scalers.SINGLE])
        )
        compare("same: Microsoft, not square, single pixels", whole.data, single)
    for kind, alter in variants.OF_ANY_SHAPE.items():
        altered = render(alter(photograph, chance), WHOLE).data
        for _turn in range(ALTERED):
            compare(f"{kind}: Microsoft, not square", altered, scalers.microsoft(chance, chance.choice(sizes)))
    return found


def collect(
    paths: list[Path],
    numbers: t.Sequence[int],
    keep: Path | None,
    compared: t.Callable[[tuple[int, Path, list[Path]]], list[Row]] = rows,
) -> list[Row]:
    """Rows of the photographs with these numbers. The similar ones of a photograph are among them.

    In an order by chance, and kept as they come, so that a run that was ended early has photographs of all kinds.
    """
    grids = {number: variants.portraits._grid(paths[number]) for number in numbers}
    jobs = []
    for number in random.Random(1).sample(numbers, len(numbers)):
        half = [other for other in numbers if other != number]
        half.sort(key=lambda other: variants.portraits._distance(grids[number], grids[other]))
        jobs.append((number, paths[number], [paths[other] for other in half[:4]]))
    done: list[Row] = []
    with ProcessPoolExecutor(2) as pool:
        for found in pool.map(compared, jobs):
            done.extend(found)
            if keep:
                with keep.open("a") as kept:
                    kept.write("".join(json.dumps(row) + "\n" for row in found))
    return done


def fit(found: list[Row]) -> str:
    """The bounds that one half asks for, beside those that comparison.py has."""
    same = [row["figures"] for row in found if row["kind"] in SETS_BOUNDS]
    lines = [
        f"| figure | highest of {len(same):,} | times {MARGIN} | same up to | different from |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, bound in comparison.BOUNDS.items():
        highest = max((figures[name] for figures in same), default=0.0)
        lines.append(f"| {name} | {highest:.3f} | {MARGIN * highest:.3f} | {bound.same:g} | {bound.different:g} |")
    return "\n".join(lines)


def judge(found: list[Row]) -> str:
    """What the bounds in comparison.py say, by kind; and what a first look alone says."""
    lines = [
        "| kind | pairs | same | ambiguous | different | wrong | first look: same |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for kind in dict.fromkeys(row["kind"] for row in found):
        of_kind = [row for row in found if row["kind"] == kind]
        verdicts = [verdict(row) for row in of_kind]
        counts = {each: verdicts.count(each) for each in ("same", "ambiguous", "different")}
        wrong = len(verdicts) - counts["same"] if kind.startswith("same") else counts["same"]
        looks = [row["look"] for row in of_kind if "look" in row]
        look = f"{looks.count(True):,} of {len(looks):,}" if looks else ""
        lines.append(
            f"| {kind} | {len(verdicts):,} | {counts['same']:,} | {counts['ambiguous']:,} | {counts['different']:,} "
            f"| {100 * wrong / len(verdicts):.2f} % | {look} |"
        )
    return "\n".join(lines)


def by_size(found: list[Row]) -> str:
    """How many pairs of the same photo were not called same, by size and by what handled it."""
    kinds = [kind for kind in dict.fromkeys(row["kind"] for row in found) if kind.startswith("same")]
    common = [*scalers.SIZES]
    lines = [f"| not called same | {' | '.join(map(str, common))} | other |", "|---|" + "--:|" * (len(common) + 1)]
    for kind in kinds:
        of_kind = [row for row in found if row["kind"] == kind]
        groups: dict[str, list[Row]] = {kind.removeprefix("same: "): of_kind}
        if kind.startswith("same: Microsoft") and "not square" not in kind:
            for row in of_kind:
                groups.setdefault(row["scaler"], []).append(row)
        for name, group in groups.items():
            cells = []
            for size in (*common, None):
                part = [row for row in group if (row["size"] == size if size else row["size"] not in common)]
                cells.append(f"{sum(verdict(row) != 'same' for row in part)} of {len(part):,}" if part else "")
            lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def verdict(row: Row) -> str:
    return comparison.by_figures(Measures(**row["figures"])).verdict


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--half", choices=("choose", "hold-out"), default="choose")
    parser.add_argument("--every", type=int, default=1, help="take every so many photographs of the half only")
    parser.add_argument("--keep", type=Path, help="write every pair's figures there, one JSON object a line")
    parser.add_argument("--kept", type=Path, help="judge what --keep wrote, and measure nothing")
    parser.add_argument("--folder", type=Path, help="judge the pictures there instead")
    parser.add_argument("--not-square", action="store_true", help="only photographs that are uploaded whole")
    options = parser.parse_args()
    compared = not_square if options.not_square else rows
    if options.kept:
        found = [json.loads(line) for line in options.kept.read_text().splitlines()]
    elif options.folder:
        paths = sorted(options.folder.iterdir())
        found = collect(paths, range(len(paths)), options.keep, compared)
    else:
        paths = variants.photographs()
        numbers = list(range(options.half == "hold-out", len(paths), 2))
        if options.half == "hold-out":
            paths = [*paths, *(more := variants.of_debian())]
            numbers += range(len(paths) - len(more), len(paths))
        found = collect(paths, numbers[:: options.every], options.keep, compared)
    count = len({row["photo"] for row in found})
    print(f"{len(found):,} pairs of {count} photographs\n\n{fit(found)}\n\n{judge(found)}\n\n{by_size(found)}")


if __name__ == "__main__":
    main()
