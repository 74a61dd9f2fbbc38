# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The info modules as Ansible calls them: options in, JSON out, and never a picture in it."""

from __future__ import annotations

import base64
import io
import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.modules import ad_thumbnail_photo_info, photo_merge
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.module_calls import answer, patch_module_args
from PIL import Image


def jpeg(side: int = 96) -> bytes:
    buffer = io.BytesIO()
    Image.radial_gradient("L").resize((side, side)).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> t.Callable[..., dict[str, t.Any]]:
    """The AD module over photos in memory; returns what it printed."""
    from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Observation, Unresolved, User, sha256

    photos: dict[str, bytes | None] = {"alice@x": jpeg(), "bob@x": None, "dora@x": jpeg() + b"\0" * 20_000}

    class Store:
        target, authority, requests = "ad", "x", 3

        def __init__(self, options: object, match_by: str, memory: object = None) -> None:
            assert match_by == "userPrincipalName"

        def resolve(self, identities: t.Sequence[str]) -> dict[str, t.Any]:
            return {i: User(i, f"id-{i}", i) if i in photos else Unresolved(i, f"{i} is no user") for i in identities}

        def everyone(self, whom: object = None) -> t.Iterator[User]:
            return (User(name, f"id-{name}", name) for name in photos)

        def read(self, users: t.Sequence[User], wanted: object = None) -> t.Iterator[tuple[User, Observation]]:
            for user in users:
                data = photos[user.identity]
                digest = sha256(data) if data else None
                seen = Observation(True, digest, digest, len(data), picture=data) if data else Observation()
                yield user, seen

        observe = read

        def close(self) -> None:
            pass

    def call(check: bool = False, **args: t.Any) -> dict[str, t.Any]:
        monkeypatch.setattr(ad_thumbnail_photo_info, "DirectoryPhotoStore", Store)
        given = {"server": "dc.x", "username": "svc", "password": "s3cret-Pass", **args, "_ansible_check_mode": check}
        with patch_module_args(given), pytest.raises(SystemExit):
            ad_thumbnail_photo_info.main()
        result = answer(capsys.readouterr().out)
        text = json.dumps(result)
        assert "s3cret-Pass" not in text
        assert base64.b64encode(jpeg())[:20].decode() not in text
        return result

    return call


def test_everybody_is_told_with_hash_size_and_the_limit_of_exchange(run: t.Callable[..., dict[str, t.Any]]) -> None:
    answer = run()
    told = {row["user"]: row for row in answer["photos"]}
    assert answer["changed"] is False
    assert [told[name]["has_photo"] for name in ("alice@x", "bob@x", "dora@x")] == [True, False, True]
    assert [told[name]["within_exo_limit"] for name in ("alice@x", "bob@x", "dora@x")] == [True, None, False]
    assert (told["alice@x"]["width"], told["alice@x"]["height"]) == (96, 96)
    assert answer["summary"]["with_photo"] == 2


def test_a_name_that_is_nobody_fails_at_the_end_with_every_row(run: t.Callable[..., dict[str, t.Any]]) -> None:
    answer = run(users=["alice@x", "nobody@x"])
    assert answer["failed"]
    assert "nobody@x (unresolved): nobody@x is no user" in answer["msg"]
    assert [row["has_photo"] for row in answer["photos"]] == [True, None]
    assert "failed" not in run(users=["alice@x", "nobody@x"], ignore_problems=["unresolved"])


def test_the_folder_is_written_and_in_check_mode_it_is_not(
    run: t.Callable[..., dict[str, t.Any]], tmp_path: Path
) -> None:
    dest = tmp_path / "photos"
    assert run(dest=str(dest), check=True)["changed"] is True
    assert not dest.exists()
    answer = run(dest=str(dest))
    assert answer["changed"] is True
    assert answer["photos"][0]["path"] == str(dest / "alice@x.jpg")
    assert Path(answer["manifest"]).is_file()
    assert run(dest=str(dest))["changed"] is False


def test_a_folder_of_somebody_else_is_refused_in_one_sentence(
    run: t.Callable[..., dict[str, t.Any]], tmp_path: Path
) -> None:
    (tmp_path / "photos.yml").write_text("photos: {}\n")
    answer = run(dest=str(tmp_path))
    assert answer["failed"]
    assert "no export wrote" in answer["msg"]


def test_a_merge_lists_who_is_on_one_side_only(
    run: t.Callable[..., dict[str, t.Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = run(dest=str(tmp_path / "ad"))["photos"]
    listed = tmp_path / "different.txt"
    args = {"ad_photos": rows, "exo_photos": [], "dest": str(tmp_path / "both"), "list_file": str(listed)}
    for changed in (True, False):
        with patch_module_args(args), pytest.raises(SystemExit):
            photo_merge.main()
        merged = answer(capsys.readouterr().out)
        assert merged["changed"] is changed
    assert merged["summary"]["left_out"] == 2
    assert listed.read_text().splitlines() == merged["lines"]
    assert "dora@x: ad 96x96; Exchange Online has no user of this name" in listed.read_text()


@pytest.mark.parametrize("there", ["file", "foreign", "other export", "nothing"])
def test_a_merge_only_looks_whether_its_folder_can_be_used_and_names_the_variable_of_the_role(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], there: str
) -> None:
    dest = tmp_path / "out"
    if there == "file":
        dest.write_text("x")
    elif there != "nothing":
        dest.mkdir()
        name = {"foreign": "photos.yml", "other export": ".photos-export.json"}[there]
        (dest / name).write_text('{"version": 1, "target": "exchange", "users": []}')
    before = sorted(tmp_path.rglob("*"))
    given = {"ad_photos": [], "exo_photos": [], "dest": str(dest), "probe": True, "option_prefix": "export_"}
    with patch_module_args(given), pytest.raises(SystemExit):
        photo_merge.main()
    told = answer(capsys.readouterr().out)
    said = {
        "file": f"export_dest {dest} is a file; give a folder",
        "foreign": f"export_dest {dest} has a photos.yml that no export wrote",
        "other export": f"export_dest {dest} is an export of Exchange Server",
        "nothing": "",
    }[there]
    assert told.get("msg", "").startswith(said)
    assert bool(told.get("failed")) is bool(said)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_merge_names_the_variable_of_a_list_that_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"ad_photos": [], "exo_photos": [], "dest": str(tmp_path / "out"), "list_file": str(tmp_path)}
    with patch_module_args({**given, "option_prefix": "export_"}), pytest.raises(SystemExit):
        photo_merge.main()
    assert answer(capsys.readouterr().out)["msg"].startswith(f"export_list {tmp_path} cannot be written")
