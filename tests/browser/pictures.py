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
import sys
import tempfile
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
    parser.add_argument("--keep", type=Path, help="keep the HTML here")
    arguments = parser.parse_args()
    arguments.dest.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lay_out(folder)
        results = sample.everything(True) if arguments.done else sample.with_gaps()
        wanted = options(arguments.keep or folder / "out", results=results, previews_dir=str(folder))
        told = publish(wanted, prepare(wanted))
        for theme in ("light", "dark"):
            png = folder / f"{theme}.png"
            screenshot(Path(told["paths"]["html"]), png, f"theme={theme}", arguments.size)
            image = Image.open(png).convert("RGB").quantize(256, kmeans=3, dither=Image.Dither.NONE)
            image.save(arguments.dest / f"drift-report-{theme}.png", optimize=True)


if __name__ == "__main__":
    main()
