# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos that are larger than 648 pixels or not square: read, compared, exported, backed up and restored whole.

The modules run in this process, against a tenant of this test's own, which keeps uploads in their own size and shape.
"""

from __future__ import annotations

import io
import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._restore.restore import RestoreRequest, plan
from ansible_collections.hybrid.photos.plugins.modules import exo_user_photo, exo_user_photo_info
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.module_calls import answer, patch_module_args
from PIL import Image
from tenant.testing import CLIENT_ID, SECRET, TENANT_ID, rectangle

SHAPES = [(1080, 1080), (720, 1280), (591, 1280), (280, 286)]
ALICE = "alice@example.com"

either_scaler = pytest.mark.parametrize("tenant_keeps", ["centred", "microsoft"], indirect=True)


@pytest.fixture
def tenant_keeps(tenant: t.Any, request: pytest.FixtureRequest) -> t.Any:
    """The tenant with either scaler, both keeping sizes, and Alice without a photo."""
    tenant.control.service(scaler=request.param, max_side=4096)
    for user in tenant.control.users():
        tenant.control.delete_user(user["id"])
    tenant.control.add_user(ALICE)
    return tenant


class Call(t.Protocol):
    def __call__(self, module: t.Any, *, check: bool = False, **arguments: t.Any) -> dict[str, t.Any]: ...


@pytest.fixture
def call(tenant_keeps: t.Any, capsys: pytest.CaptureFixture[str]) -> Call:
    def run(module: t.Any, *, check: bool = False, **arguments: t.Any) -> dict[str, t.Any]:
        connection = {
            "tenant_id": TENANT_ID, "client_id": CLIENT_ID, "client_secret": SECRET, "authority_url": tenant_keeps.url,
            "graph_url": tenant_keeps.url, "ca_cert": tenant_keeps.ca, "_ansible_check_mode": check,
        }  # fmt: skip
        capsys.readouterr()
        with patch_module_args({**connection, **arguments}), pytest.raises(SystemExit):
            module.main()
        result = answer(capsys.readouterr().out)
        assert not result.get("failed"), result
        return result

    return run


def size(picture: bytes | Path) -> tuple[int, int]:
    with Image.open(io.BytesIO(picture) if isinstance(picture, bytes) else picture) as opened:
        return opened.size


@either_scaler
@pytest.mark.parametrize("shape", SHAPES)
def test_an_export_has_the_photo_whole(tenant_keeps: t.Any, call: Call, tmp_path: Path, shape: tuple[int, int]) -> None:
    tenant_keeps.control.put_photo(ALICE, rectangle(*shape, (200, 60, 30)))
    (row,) = call(exo_user_photo_info, users=[ALICE], dest=str(tmp_path / "out"))["photos"]
    assert (row["width"], row["height"]) == shape
    assert (tmp_path / "out" / row["path"]).read_bytes() == tenant_keeps.control.photo(ALICE)


@either_scaler
@pytest.mark.parametrize("shape", SHAPES)
def test_a_backup_has_it_whole_and_a_restore_brings_it_back(
    tenant_keeps: t.Any, call: Call, tmp_path: Path, shape: tuple[int, int]
) -> None:
    tenant_keeps.control.put_photo(ALICE, rectangle(*shape, (200, 60, 30)))
    before = tenant_keeps.control.photo(ALICE)
    source = tmp_path / "other.jpg"
    source.write_bytes(rectangle(400, 400, (10, 200, 220)))
    kept = str(tmp_path / "kept")
    changed = call(exo_user_photo, user=ALICE, src=str(source), backup_dir=kept, verify=False)
    assert changed["photos"][0]["action"] == "put"
    assert Path(changed["photos"][0]["backup"]).read_bytes() == before
    back = plan(tmp_path / "kept", RestoreRequest())["exo"]
    call(exo_user_photo, photos=back["photos"], match_by="id", as_is=True, approved=back["approved"], verify=False)
    assert size(tenant_keeps.control.photo(ALICE)) == shape
    uploads = [entry for entry in tenant_keeps.control.history(ALICE) if entry["action"] == "put"]
    assert uploads[-1]["bytes"] == len(before)


@either_scaler
@pytest.mark.parametrize("side", [648, 1080, 1280])
def test_a_rendition_above_648_is_put_and_read_back(tenant_keeps: t.Any, call: Call, tmp_path: Path, side: int) -> None:
    source = tmp_path / "source.png"
    source.write_bytes(rectangle(1600, 1600, (200, 60, 30), "PNG"))
    (row,) = call(exo_user_photo, user=ALICE, src=str(source), size=side)["photos"]
    assert (row["action"], row["verified"]) == ("put", True)
    assert (row["desired"]["width"], row["desired"]["height"]) == (side, side)
    assert size(tenant_keeps.control.photo(ALICE)) == (side, side)


@either_scaler
@pytest.mark.parametrize(("shape", "side"), [((1080, 1080), 1080), ((1300, 1300), 1300)])
def test_a_photo_in_its_own_size_and_shape_is_in_sync(
    tenant_keeps: t.Any, call: Call, tmp_path: Path, shape: tuple[int, int], side: int
) -> None:
    source = tmp_path / "source.png"
    source.write_bytes(rectangle(*shape, (200, 60, 30), "PNG"))
    arguments = {"user": ALICE, "src": str(source), "size": side, "crop": "none"}
    (row,) = call(exo_user_photo, **arguments)["photos"]
    assert (row["action"], row["verified"]) == ("put", True)
    assert size(tenant_keeps.control.photo(ALICE)) == shape
    again = call(exo_user_photo, **arguments)
    assert (again["changed"], again["photos"][0]["drift"]) == (False, "in_sync"), again["photos"][0]["reason"]
