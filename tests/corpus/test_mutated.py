# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture engine on several hundred real pictures from packages, whole and damaged at random.

Needs the packages that tests/sandbox/portraits.py fetches. One process with an address space of a gibibyte does the
decoding, so that a bomb or a leak fails the test instead of the machine.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import time
import typing as t
import warnings
from pathlib import Path

from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Recipe, SourceError
from ansible_collections.hybrid.photos.plugins.module_utils._pictures import comparison
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.render import render
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sandbox"))

RECIPES = [Recipe(size=648, max_bytes=4_194_303), Recipe(size=96, max_bytes=10_240, mark=True)]
ENOUGH = 300
SECONDS = 50
GIBIBYTE = 1 << 30


def pictures() -> list[Path]:
    """Photographs, and whatever else those packages have: PNG, GIF, SVG, WebP."""
    import portraits

    found = portraits.photographs(200)
    folders = sorted({path.relative_to(portraits.cache()).parts[0] for path in found})
    kinds = {".png", ".gif", ".webp", ".svg", ".jpeg", ".jpg", ".ico"}
    others = [
        path
        for folder in folders
        for path in sorted((portraits.cache() / folder).rglob("*"))
        if path.suffix.lower() in kinds and path not in set(found)
    ]
    random.Random(3).shuffle(others)
    return found + others[:200]


def mutate(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """Bits flipped, numbers set to extremes, pieces cut out or put in, the end cut off."""
    file = bytearray(data)
    for _turn in range(chance.randint(1, 8)):
        if not file:
            break
        at = chance.randrange(min(len(file), 400) if chance.random() < 0.6 else len(file))
        what = chance.randrange(6)
        if what == 0:
            file[at] ^= 1 << chance.randrange(8)
        elif what == 1:
            file[at : at + 2] = chance.choice([b"\xff\xff", b"\0\0", b"\x80\0", b"\x7f\xff"])
        elif what == 2:
            del file[at : at + chance.randint(1, 200)]
        elif what == 3:
            start = chance.randrange(len(other))
            file[at:at] = other[start : start + chance.randint(1, 2000)]
        elif what == 4:
            file[at] = chance.randrange(256)
        elif chance.random() < 0.3:
            del file[at:]
    return bytes(file)


def say(data: bytes, name: str) -> str:
    """One line about a picture: what became of it."""
    try:
        rendered = render(data, RECIPES, name)
    except SourceError as error:
        return str(error)
    compared = comparison.by_pixels(rendered[0].data, data)
    return (
        f"{name}: rendered {rendered[0].width}x{rendered[0].height}, quality {rendered[0].quality}, {compared.reason}"
    )


def worker() -> None:
    """Say something about every picture that is named on standard input, whole and damaged."""
    warnings.simplefilter("ignore")
    names = sys.stdin.read().splitlines()
    chance = random.Random(int(sys.argv[1]))
    resource.setrlimit(resource.RLIMIT_AS, (GIBIBYTE, GIBIBYTE))
    end = time.monotonic() + SECONDS
    previous = b"\xff\xd8\xff"
    for number, name in enumerate(names):
        if number >= ENOUGH and time.monotonic() > end:
            break
        data = Path(name).read_bytes()
        lines = [say(data, name), say(mutate(data, chance, previous or b"0"), name)]
        previous = data
        print(json.dumps([name, *lines]), flush=True)
    print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


def run(seed: int) -> tuple[list[list[str]], int]:
    done = subprocess.run(
        [sys.executable, __file__, str(seed)],
        input="\n".join(map(str, pictures())),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    *rows, kilobytes = (json.loads(line) for line in done.stdout.splitlines())
    return t.cast("list[list[str]]", rows), t.cast("int", kilobytes)


def test_every_picture_ends_with_a_message() -> None:
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    rows, kilobytes = run(seed)
    assert len(rows) >= ENOUGH
    for name, whole, damaged in rows:
        for line in (whole, damaged):
            assert line.startswith(f"{name}: ")
            assert len(line) > len(name) + 12
            assert "not enough memory" not in line
    photographs = [row for row in rows if row[0].endswith(".jpg")]
    assert all(": rendered " in whole for _name, whole, _damaged in photographs)
    refused = sum(": rendered " not in damaged for _name, _whole, damaged in rows)
    print(f"{len(rows)} pictures, {refused} refused when damaged, {kilobytes // 1024} MB at the most")
    assert refused > len(rows) // 5
    assert kilobytes < GIBIBYTE // 1024


def test_the_largest_pictures_stay_within_a_gibibyte(tmp_path: Path) -> None:
    flat = Image.new("RGB", (8_000, 3_000), "red")
    flat.save(tmp_path / "a.png")
    flat.save(tmp_path / "b.gif")
    flat.save(tmp_path / "c.webp", method=0, lossless=True)
    flat.save(tmp_path / "d.jpg", progressive=True, subsampling=0)
    flat.resize((9_400, 9_400)).save(tmp_path / "e.jpg")
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import test_mutated as m; m.worker()"
    done = subprocess.run(
        [sys.executable, "-c", code, "1"],
        input="\n".join(map(str, sorted(tmp_path.iterdir()))),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    *rows, kilobytes = (json.loads(line) for line in done.stdout.splitlines())
    assert [": rendered 648x648" in whole for _name, whole, _damaged in rows] == [True] * 5
    assert kilobytes < GIBIBYTE // 1024


if __name__ == "__main__":
    worker()
