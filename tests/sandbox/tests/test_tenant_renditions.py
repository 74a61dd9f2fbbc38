# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pictures as Microsoft's service gives them (contract/microsoft-renditions.md), and the restless store."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tenant import testing
from tenant.config import ConfigError, Service
from tenant.photos import cook, rendition
from tenant.testing import Running, person, rectangle

ANN, BOB = "ann@example.com", "bob@example.com"
MICROSOFT = {"scaler": "microsoft", "edges": "mixed", "restless": 0.0, "restless_tag": "other"}


@pytest.fixture(scope="module", name="running")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    people = [person(1, ANN), person(2, BOB)]
    with testing.running(tmp_path_factory.mktemp("tenant"), people) as running:
        yield running


@pytest.fixture(name="tenant")
def _tenant(running: Running) -> Running:
    running.control.service(**MICROSOFT)
    return running


def opened(raw: bytes) -> Image.Image:
    return Image.open(io.BytesIO(raw), formats=["JPEG"])


def ramp(side: int, across: bool) -> bytes:
    """Grey that grows evenly, so that a level tells where a pixel was taken; lossless, and far from white."""
    image = Image.new("L", (side, side))
    image.putdata([(20 + 160 * (x if across else y) // (side - 1)) for y in range(side) for x in range(side)])
    out = io.BytesIO()
    image.convert("RGB").save(out, "PNG")
    return out.getvalue()


def grey(width: int, height: int, level: int = 100) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (level,) * 3).save(out, "PNG")
    return out.getvalue()


def tables(quality: int) -> dict[int, list[int]]:
    out = io.BytesIO()
    Image.new("RGB", (16, 16)).save(out, "JPEG", quality=quality)
    found: dict[int, list[int]] = Image.open(out).quantization  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("shape", [(1080, 1080), (720, 1280), (591, 1280), (280, 286), (420, 420), (48, 24)])
def test_a_photo_keeps_its_own_size_and_shape(tenant: Running, shape: tuple[int, int]) -> None:
    assert tenant.put(ANN, rectangle(*shape, (200, 60, 30))).status_code in (200, 204)
    about = tenant.get(f"/users/{ANN}/photo").json()
    assert (about["width"], about["height"]) == shape
    assert opened(tenant.get(f"/users/{ANN}/photo/$value").content).size == shape


@pytest.mark.parametrize("path", ["photo/$value", "photos/96x96/$value"])
def test_the_encoder_is_microsofts(tenant: Running, path: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a description"
    tenant.put(ANN, rectangle(500, 700, (200, 60, 30), exif=exif, comment=b"a comment"))
    for quality in (90, 75):
        image = opened(tenant.get(f"/users/{ANN}/{path}").content)
        assert image.quantization == tables(quality)  # type: ignore[attr-defined]
        assert image.layer[0][1:3] == (2, 2)  # type: ignore[attr-defined]
        assert (image.info["jfif"], image.info["dpi"]) == (0x0101, (96, 96))
        assert not image.info.get("progressive")
        assert {"exif", "icc_profile", "comment"}.isdisjoint(image.info)
        tenant.control.store_anew(ANN)


@pytest.mark.parametrize("across", [True, False])
@pytest.mark.parametrize(("old", "new"), [(280, 240), (648, 96), (1080, 96), (648, 360)])
def test_pixel_i_is_taken_at_i_times_old_by_new(old: int, new: int, across: bool) -> None:
    service = Service(scaler="microsoft", edges="light", jpeg_quality=100, subsampling=0)
    small = opened(rendition(cook(ramp(old, across), service), new, service)).convert("L")
    for i in range(4, new - 4, 7):
        level = small.getpixel((i, new // 2) if across else (new // 2, i))
        expected = 20 + 160 * (i * old / new) / (old - 1)
        assert abs(level - expected) < 1.3  # the half pixel would be 0.7 of the ramp's levels a pixel and more
    shifted = 20 + 160 * ((new // 2 + 0.5) * old / new - 0.5) / (old - 1)
    if old / new > 4:
        middle = small.getpixel((new // 2, new // 2))
        assert abs(middle - shifted) > 0.4


@pytest.mark.parametrize(("edges", "lifted"), [("light", (8, 16)), ("white", (65, 85))])
@pytest.mark.parametrize("size", [96, 240])
def test_the_first_row_and_column_are_blended_with_white(edges: str, lifted: tuple[int, int], size: int) -> None:
    service = Service(scaler="microsoft", edges=edges)
    small = opened(rendition(cook(grey(648, 648), service), size, service)).convert("L")
    inner = ImageStat.Stat(small.crop((4, 4, size, size))).mean[0]
    assert abs(inner - 100) < 2
    for line in ((4, 0, size, 1), (0, 4, 1, size)):
        assert lifted[0] < ImageStat.Stat(small.crop(line)).mean[0] - inner < lifted[1]
    for line in ((4, size - 1, size, size), (size - 1, 4, size, size)):
        assert abs(ImageStat.Stat(small.crop(line)).mean[0] - inner) < 2


def test_both_strengths_occur_and_a_picture_keeps_its_own() -> None:
    service = Service(scaler="microsoft")
    seen = set()
    for level in range(60, 76):
        blob = cook(grey(200, 200, level), service)
        firsts = {opened(rendition(blob, 96, service)).convert("L").getpixel((48, 0)) for _again in range(2)}
        assert len(firsts) == 1
        seen.add(firsts.pop() - level > 40)
    assert seen == {True, False}


def test_the_uploads_own_size_is_not_scaled(tenant: Running) -> None:
    tenant.put(ANN, rectangle(240, 240, (200, 60, 30)))
    whole = tenant.get(f"/users/{ANN}/photo/$value").content
    assert tenant.get(f"/users/{ANN}/photos/240x240/$value").content == whole


@pytest.mark.parametrize(("width", "height"), [(300, 200), (200, 300)])
def test_what_is_not_square_is_cut_one_pixel_beside_the_middle(width: int, height: int) -> None:
    image = Image.new("RGB", (width, height), (40, 40, 40))
    # At half the size a square cut starts at 25 of 150 in the middle, and at 26 here.
    stripe = (0, 0, 52, height) if width > height else (0, 0, width, 52)
    image.paste((220, 220, 220), stripe)
    out = io.BytesIO()
    image.save(out, "PNG")
    service = Service(scaler="microsoft", edges="light", subsampling=0, jpeg_quality=100)
    small = opened(rendition(cook(out.getvalue(), service), 100, service)).convert("L")
    assert small.size == (100, 100)
    # The bar is 26 pixels wide at this size, so that the cut leaves nothing of it but what the filter spreads.
    along = [small.getpixel((i, 50) if width > height else (50, i)) for i in range(4)]
    assert along[0] < 180
    assert along[3] < 60


@pytest.mark.parametrize("size", ["96x96", "240x240"])
def test_the_service_stores_a_photo_anew_by_itself(tenant: Running, size: str) -> None:
    tenant.put(ANN, rectangle(648, 648, (200, 60, 30)))
    history, writes = tenant.control.history(ANN), tenant.control.counters()["photo_writes"]
    paths = (f"/users/{ANN}/photo/$value", f"/users/{ANN}/photos/{size}/$value")
    seen = []
    for _time in range(3):
        seen.append([tenant.get(path) for path in paths])
        tenant.control.store_anew(ANN)
    for first, second, third in zip(*seen, strict=True):
        assert first.content == third.content != second.content
        assert len({answer.headers["ETag"] for answer in (first, second, third)}) == 3
        assert opened(second.content).quantization == tables(75)  # type: ignore[attr-defined]
        apart = ImageChops.difference(opened(first.content), opened(second.content))
        assert max(ImageStat.Stat(apart).mean) < 4
    assert tenant.control.history(ANN) == history
    assert tenant.control.counters()["photo_writes"] == writes


def test_the_tag_may_stay_when_the_bytes_move(tenant: Running) -> None:
    tenant.control.service(restless_tag="same")
    tenant.put(ANN, rectangle(300, 300, (200, 60, 30)))
    before = tenant.get(f"/users/{ANN}/photo/$value")
    tenant.control.store_anew(ANN)
    after = tenant.get(f"/users/{ANN}/photo/$value")
    assert before.content != after.content
    assert (
        before.headers["ETag"] == after.headers["ETag"] == tenant.get(f"/users/{ANN}/photo").json()["@odata.mediaEtag"]
    )


def test_a_restless_store_moves_about_one_read_in_so_many(tenant: Running) -> None:
    tenant.put(ANN, rectangle(100, 100, (200, 60, 30)))
    tenant.control.service(restless=0.1)
    tags = [tenant.get(f"/users/{ANN}/photo/$value").headers["ETag"] for _time in range(200)]
    tenant.control.service(restless=0.0)
    assert 8 <= len(set(tags)) - 1 <= 40
    assert tenant.get(f"/users/{ANN}/photo/$value").headers["ETag"] == tags[-1]


def test_nobody_without_a_photo_is_stored_anew(tenant: Running) -> None:
    assert tenant.control.store_anew(BOB)["photo"] is None
    assert tenant.get(f"/users/{BOB}/photo").status_code in (200, 404)  # 200: the documented 1x1


def test_a_missing_size_of_a_photo_that_is_not_square_is_not_always_404(tenant: Running) -> None:
    seen = set()
    for number in range(12):
        name = f"unlike{number}@example.com"
        tenant.control.add_user(name)
        tenant.put(name, rectangle(80, 120, (200, 60, 30)))
        answer = tenant.get(f"/users/{name}/photos/96x96/$value")
        seen.add(answer.status_code)
        if answer.status_code == 200:
            assert answer.content == tenant.get(f"/users/{name}/photo/$value").content
        tenant.put(name, rectangle(80, 80, (200, 60, 30)))
        assert tenant.get(f"/users/{name}/photos/96x96/$value").status_code == 404
        tenant.control.delete_user(name)
    assert seen == {200, 400, 404}


def test_the_old_way_is_still_there(tenant: Running) -> None:
    tenant.control.service(scaler="centred")
    tenant.put(ANN, grey(1000, 500))
    assert opened(tenant.get(f"/users/{ANN}/photo/$value").content).size == (648, 324)
    small = opened(tenant.get(f"/users/{ANN}/photos/96x96/$value").content).convert("L")
    assert small.getextrema()[1] < 103


def test_both_ways_in_one_tenant_do_not_mix(tenant: Running) -> None:
    tenant.put(ANN, grey(300, 300))
    microsoft = tenant.get(f"/users/{ANN}/photos/96x96/$value").content
    tenant.control.service(scaler="centred")
    centred = tenant.get(f"/users/{ANN}/photos/96x96/$value").content
    tenant.control.service(scaler="microsoft")
    assert tenant.get(f"/users/{ANN}/photos/96x96/$value").content == microsoft != centred


def test_a_way_that_does_not_exist_is_refused() -> None:
    for wrong in ({"scaler": "bilinear"}, {"edges": "dark"}, {"restless_tag": "moves"}):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            Service(**wrong)  # type: ignore[arg-type]
