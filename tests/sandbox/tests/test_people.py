# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The people of the sandbox cover what issue 2 asks for, and their pictures are what they are said to be."""

from __future__ import annotations

import io
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml
from PIL import Image, ImageChops, ImageOps, ImageStat

SANDBOX = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SANDBOX))

import portraits  # noqa: E402
from people import DOMAIN, Person, everyone, held_photo, write_definitions  # noqa: E402

PEOPLE = {person.key: person for person in everyone()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The definitions folder."""
    found = tmp_path_factory.mktemp("photos")
    write_definitions(list(PEOPLE.values()), found)
    return found


def source(folder: Path, person: Person) -> Path:
    """Return the picture that the folder declares for somebody."""
    told = yaml.safe_load((folder / "photos.yml").read_text())["photos"].get(person.identity)
    if told:
        return folder / (told if isinstance(told, str) else told["src"])
    return next(path for path in folder.iterdir() if path.stem.lower() == person.identity.lower())


def differ(one: Image.Image, other: Image.Image) -> float:
    grids = [image.convert("RGB").resize((32, 32), Image.Resampling.BOX) for image in (one, other)]
    return max(ImageStat.Stat(ImageChops.difference(*grids)).mean)


def test_enough_different_faces() -> None:
    declared = [person for person in PEOPLE.values() if person.source not in ("", "absent", "text", "broken")]
    assert len(declared) >= 24
    assert max(Counter(person.face for person in PEOPLE.values()).values()) == 1


def test_names_and_numbers_are_one_persons_own() -> None:
    assert len({person.identity.lower() for person in PEOPLE.values()}) == len(PEOPLE)
    assert all(len(person.key) <= 20 for person in PEOPLE.values())
    assert Counter(person.address for person in PEOPLE.values()).most_common(1) == [(f"reception@{DOMAIN}", 2)]


@pytest.mark.parametrize("target", ["ad", "exo"])
def test_every_drift_is_there(target: str) -> None:
    states = Counter(getattr(person, f"expect_{target}") for person in PEOPLE.values() if person.source)
    wanted = {"in_sync", "missing", "different", "unwanted", "unresolved", "invalid"}
    assert set(states) == (wanted | {"unavailable"} if target == "exo" else wanted)
    checked = sum(states.values())
    assert states["unwanted"] <= 0.1 * checked  # within the default guards
    assert states["different"] <= 0.3 * checked


def test_only_declared_people_are_in_the_folder(folder: Path) -> None:
    stems = {path.stem.lower() for path in folder.iterdir() if path.suffix not in ("", ".yml")}
    listed = {name.lower() for name in yaml.safe_load((folder / "photos.yml").read_text())["photos"]}
    assert not stems & listed
    assert stems | listed == {person.identity.lower() for person in PEOPLE.values() if person.source}


@pytest.mark.parametrize(
    ("key", "form", "mode", "size"),
    [
        ("alice", "JPEG", "RGB", (800, 800)), ("bob", "PNG", "RGB", (800, 800)), ("carol", "WEBP", "RGB", (800, 800)),
        ("frank", "JPEG", "RGB", (3592, 3592)), ("grace", "JPEG", "RGB", (64, 64)), ("henry", "JPEG", "RGB", (48, 48)),
        ("ingrid", "JPEG", "CMYK", (400, 400)), ("judy", "PNG", "P", (400, 400)), ("kim", "PNG", "RGBA", (400, 400)),
        ("liam", "JPEG", "RGB", (500, 800)),
    ],
)  # fmt: skip
def test_kinds_of_picture(folder: Path, key: str, form: str, mode: str, size: tuple[int, int]) -> None:
    with Image.open(source(folder, PEOPLE[key])) as image:
        assert (image.format, image.mode, image.size) == (form, mode, size)
        image.load()
        if key not in ("kim", "liam"):
            with Image.open(portraits.portrait(PEOPLE[key].face)) as original:
                assert differ(image, original) < 8


@pytest.mark.parametrize("key", ["dave", "erin"])
def test_turned_pictures_are_upright_by_their_tag(folder: Path, key: str) -> None:
    with Image.open(source(folder, PEOPLE[key])) as image, Image.open(portraits.portrait(PEOPLE[key].face)) as original:
        assert differ(image, original) > 12
        assert differ(ImageOps.exif_transpose(image), original) < 3


@pytest.mark.parametrize("key", ["zelda", "zeno"])
def test_unusable_pictures_are_unusable(folder: Path, key: str) -> None:
    with pytest.raises(OSError), Image.open(source(folder, PEOPLE[key])) as image:
        image.load()


def test_what_targets_hold_at_first(folder: Path) -> None:
    for person in PEOPLE.values():
        for target, state in (("ad", person.ad), ("cloud", person.cloud)):
            photo = held_photo(person, target)
            assert (photo is not None) == bool(state)
            if photo is None:
                continue
            with Image.open(io.BytesIO(photo)) as image, Image.open(portraits.portrait(person.face)) as original:
                assert (differ(image, original) > 15) == (state == "older"), person.key
            if target == "ad":
                assert len(photo) <= (102_400 if state == "heavy" else 10_240)
                assert (len(photo) > 10_240) == (state == "heavy")


def test_portraits_and_photographs() -> None:
    assert len(set(portraits.portraits(40))) == 40
    found = portraits.photographs(200)
    assert len({path.read_bytes() for path in found}) == 200
    with pytest.raises(ValueError, match="not 9999"):
        portraits.photographs(9999)
