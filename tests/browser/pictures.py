# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the pictures of the report in docs/images: `python tests/browser/pictures.py`.

The faces come from packages of the registries, as in the sandbox. Pictures are reduced to few colours, since
they are committed.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / ".dev"), str(ROOT / "tests" / "sandbox"), str(HERE)]

from ansible_collections.hybrid.photos.plugins.module_utils._report.previews import preview_name  # noqa: E402
from ansible_collections.hybrid.photos.plugins.module_utils._report.run import ARGUMENTS, prepare, publish  # noqa: E402
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._report import sample  # noqa: E402
from chromium import screenshot  # noqa: E402
from portraits import portraits  # noqa: E402


def thumbnail(path: Path) -> bytes:
    """A preview as the photo modules make it."""
    image = Image.open(path).convert("RGB")
    side = min(image.size)
    left = (image.width - side) // 2
    out = io.BytesIO()
    image.crop((left, 0, left + side, side)).resize((120, 120), Image.Resampling.LANCZOS).save(out, "JPEG", quality=80)
    return out.getvalue()


def lay_out(folder: Path) -> None:
    """Previews of the sample's people: who is different holds somebody else's photo."""
    faces = [thumbnail(path) for path in portraits(52)]
    face_of = {user: faces[number] for number, (user, *_rest) in enumerate(sample.PEOPLE)}
    for number, (user, _label, ad, exo) in enumerate(sample.PEOPLE):
        mine = face_of[user]
        if not {ad.split()[0], exo.split()[0]} & {"unwanted", "invalid"}:
            (folder / preview_name("declared", user)).write_bytes(mine)
        for kind, words in (("ad", ad), ("exo", exo)):
            drift = words.split()[0]
            other = face_of.get(sample.SHOWN_BY.get((user, kind), ""), faces[number + 26])
            if drift in ("different", "unwanted"):
                (folder / preview_name(kind, user)).write_bytes(other if drift == "different" else mine)  # type: ignore[arg-type]


def with_departments(results: list[sample.Result]) -> list[sample.Result]:
    """The sample's people in departments, some of them in none."""
    names = ("Sales", "Engineering", "Finance", "Service Desk", None)
    department = {user: names[number % len(names)] for number, (user, *_rest) in enumerate(sample.PEOPLE)}
    for result in results:
        for photo in result.get("photos", ()):
            photo["group"] = department.get(photo["user"])
    return results


def with_a_third_target(results: list[sample.Result]) -> list[sample.Result]:
    """Exchange Server besides: most have their photo there."""
    rows = [
        sample.row(
            user,
            "exchange",
            "in_sync" if number % 6 else "missing",
            label=label,
            reason="the photo is the declared one" if number % 6 else "a photo is declared, and the target has none",
        )
        for number, (user, label, *_rest) in enumerate(sample.PEOPLE)
    ]
    return [*results, sample.result(rows, target="exchange")]


def write_history(path: Path, targets: tuple[str, ...], users: int, now: datetime) -> None:
    """Two months of a run each night, that end a little below what the sample has."""
    shares = [0.0, 0.02, 0.05, 0.04, 0.09, 0.12, 0.11, 0.15, 0.18, 0.17, 0.2, 0.23, 0.22, 0.26, 0.28, 0.27, 0.3]
    with path.open("w", encoding="ascii") as file:
        for number in range(60):
            right = int(users * shares[min(len(shares) - 1, number // 3)])
            line = {
                "version": 1,
                "time": (now - timedelta(days=60 - number)).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "users": users,
                "right": right,
                "targets": {name: {} for name in targets},
                "not_chosen": 0,
            }
            file.write(json.dumps(line, separators=(",", ":")) + "\n")


def options(dest: Path, **more: object) -> dict[str, object]:
    """All options of drift_report for the sample."""
    return {
        **{name: argument.get("default") for name, argument in ARGUMENTS.items()},
        "results": sample.with_gaps(),
        "dest": str(dest),
        "formats": ["html"],
        "title": "Contoso staff photos",
        "root": "/srv/photos",
        "show": False,
        **more,
    }


def main() -> None:
    """Write both themes to the folder asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dest", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--done", action="store_true", help="after a real run")
    parser.add_argument("--size", default="1400,1180")
    parser.add_argument("--no-history", action="store_true")
    parser.add_argument("--three", action="store_true", help="with Exchange Server")
    parser.add_argument("--keep", type=Path, help="keep the HTML here")
    arguments = parser.parse_args()
    arguments.dest.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lay_out(folder)
        results = with_departments(sample.everything(True) if arguments.done else sample.with_gaps())
        if arguments.three:
            results = with_a_third_target(results)
        now = datetime(2026, 11, 27, 2, 15, tzinfo=UTC)
        past = folder / "history.jsonl"
        if not arguments.no_history:
            write_history(past, ("ad", "exchange", "exo") if arguments.three else ("ad", "exo"), 27, now)
        wanted = options(arguments.keep or folder / "out", results=results, previews_dir=str(folder), history=str(past))
        told = publish(wanted, prepare(wanted, now), now)
        for theme in ("light", "dark"):
            png = folder / f"{theme}.png"
            screenshot(Path(told["paths"]["html"]), png, f"theme={theme}", arguments.size)
            image = Image.open(png).convert("RGB").quantize(256, kmeans=3, dither=Image.Dither.NONE)
            image.save(arguments.dest / f"drift-report-{theme}.png", optimize=True)


if __name__ == "__main__":
    main()
