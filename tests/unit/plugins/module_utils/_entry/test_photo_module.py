# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole photo module from its arguments to its result, with a store in memory."""

from __future__ import annotations

import base64
import io
import json
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core import rows_file
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import StoreError
from ansible_collections.hybrid.photos.plugins.module_utils._entry import photo_module as subject
from ansible_collections.hybrid.photos.plugins.module_utils._entry.photo_spec import photo_argument_spec, photo_module
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.module_calls import answer, patch_module_args
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.scripted_store import ScriptedStore, picture
from PIL import Image, ImageDraw


def call(store: t.Any, capsys: pytest.CaptureFixture[str], **arguments: t.Any) -> dict[str, t.Any]:
    """Run the module; its result with ``rc`` (0 exit_json, 1 fail_json) and everything it printed in ``printed``."""
    spec = {
        "client_secret": {"type": "str", "no_log": True},
        **photo_argument_spec("exo"),
    }
    with patch_module_args(arguments), pytest.raises(SystemExit) as end:
        module = photo_module(spec)
        subject.run_photo_module(module, "exo", lambda params, receipts: store)
    printed = capsys.readouterr().out
    result = answer(printed)
    return {**result, "rc": end.value.code, "printed": json.dumps(result, ensure_ascii=False)}


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_one_user_by_content(capsys: pytest.CaptureFixture[str]) -> None:
    store = ScriptedStore(["alice"])
    result = call(store, capsys, user="alice", content=encoded(picture(1)))
    assert (result["rc"], result["changed"]) == (0, True)
    (row,) = result["photos"]
    assert {key: row[key] for key in ("user", "id", "target", "drift", "action", "changed", "verified", "foreign")} == {
        "user": "alice",
        "id": "id-alice",
        "target": "exo",
        "drift": "missing",
        "action": "put",
        "changed": True,
        "verified": True,
        "foreign": False,
    }
    assert set(row["source"]) == {"sha256", "path"}
    assert set(row["desired"]) == {"sha256", "bytes", "width", "height"}
    assert row["observed"] is None
    assert result["summary"]["put"] == 1


def test_no_picture_is_ever_returned_in_any_mode(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    data = picture(1)
    store = ScriptedStore(["alice", "bob"])
    store.put_by_hand("bob", picture(9))
    photos = [{"user": "alice", "content": encoded(data)}, {"user": "bob", "content": encoded(picture(2))}]
    for extra in ({}, {"_ansible_check_mode": True}, {"_ansible_diff": True}, {"ignore_problems": ["missing"]}):
        printed = call(store, capsys, photos=photos, client_secret="hunter2-secret", **extra)["printed"]
        for secret in (encoded(data)[100:140], encoded(picture(2))[100:140], "hunter2-secret"):
            assert secret not in printed
    failed = call(store, capsys, photos=photos, user="alice")["printed"]
    assert encoded(data)[100:140] not in failed


def test_the_diff_is_one_header_a_user_and_summaries(capsys: pytest.CaptureFixture[str]) -> None:
    store = ScriptedStore(["alice", "bob", "carol"])
    store.put_by_hand("bob", picture(9))
    photos = [{"user": "alice", "content": encoded(picture(1))}, {"user": "bob", "state": "absent"}]
    result = call(store, capsys, photos=photos, _ansible_diff=True, _ansible_check_mode=True)
    assert [part["before_header"] for part in result["diff"]] == ["alice (exo)", "bob (exo)"]
    assert result["diff"][0]["before"] == "photo: none\n"
    assert "sha256: " in result["diff"][0]["after"]
    assert result["diff"][1]["after"] == "photo: none\n"


def test_problems_fail_the_module_after_all_others_were_done(capsys: pytest.CaptureFixture[str]) -> None:
    store = ScriptedStore(["alice"])
    photos = [
        {"user": "nobody", "content": encoded(picture(1))},
        {"user": "alice", "content": encoded(picture(1))},
        {"user": "bob", "content": "%%% no base64 %%%"},
        {"user": "carol"},
        {"user": "dave", "src": "/nowhere/dave.jpg"},
        {"user": "erin", "src": "/tmp", "content": "x"},
    ]
    result = call(store, capsys, photos=photos)
    assert result["rc"] == 1
    assert [row["drift"] for row in result["photos"]] == [
        "unresolved",
        "missing",
        "invalid",
        "invalid",
        "invalid",
        "invalid",
    ]
    assert store.written == [("alice", "put")]
    for named in (
        "nobody",
        "carol (invalid): no picture",
        "/nowhere/dave.jpg",
        "both src and content",
        "base64",
    ):
        assert named in result["msg"]
    assert "Traceback" not in result["printed"]


def test_ignored_problems_do_not_fail_the_module(capsys: pytest.CaptureFixture[str]) -> None:
    store = ScriptedStore(["alice"])
    photos = [{"user": "nobody", "content": encoded(picture(1))}]
    assert call(store, capsys, photos=photos, ignore_problems=["unresolved"])["rc"] == 0


def test_a_target_that_cannot_be_reached_fails_whatever_is_ignored(capsys: pytest.CaptureFixture[str]) -> None:
    store = ScriptedStore(["alice"])
    store.gone_after = 0
    photos = [{"user": "alice", "content": encoded(picture(1))}]
    result = call(store, capsys, photos=photos, ignore_problems=["unavailable"])
    assert (result["rc"], result["msg"]) == (1, "the server went away")
    assert result["photos"][0]["drift"] == "unavailable"


def test_a_store_that_cannot_be_opened_is_one_clear_message(capsys: pytest.CaptureFixture[str]) -> None:
    def no_store(params: t.Any, receipts: t.Any) -> t.Any:
        raise StoreError("password: wrong; give the right one")

    spec = photo_argument_spec("ad")
    with patch_module_args({"user": "a", "state": "absent"}), pytest.raises(SystemExit):
        subject.run_photo_module(photo_module(spec), "ad", no_store)
    result = answer(capsys.readouterr().out)
    assert result["failed"]
    assert result["msg"] == "password: wrong; give the right one"
    assert result["target"] == "ad"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({}, "user, photos"),
        ({"user": "a", "photos": []}, "mutually exclusive"),
        ({"user": "a", "src": "/a", "content": "b"}, "mutually exclusive"),
        ({"user": "a", "state": "absent", "max_replaced": "lots"}, "max_replaced"),
        ({"user": "a", "state": "absent", "max_removed": "110%"}, "max_removed"),
        ({"user": "a", "state": "absent", "size": 1}, "size"),
        ({"user": "a", "state": "absent", "max_bytes": 10}, "max_bytes"),
        ({"user": "a", "state": "absent", "verify_timeout": -1}, "verify_timeout"),
        ({"user": " ", "state": "absent"}, "empty user"),
        ({"user": "a", "state": "absent", "receipts": "/dev/null/at/all/r.sqlite"}, "/dev/null/at/all"),
        ({"photos": [{"user": "A", "state": "absent"}, {"user": "a", "state": "absent"}]}, "declared more than once"),
    ],
)
def test_options_that_cannot_be_are_named_before_anything_is_asked(
    capsys: pytest.CaptureFixture[str], arguments: dict[str, t.Any], named: str
) -> None:
    store = ScriptedStore(["a"])
    result = call(store, capsys, **arguments)
    assert result["rc"] == 1
    assert named in result["msg"]
    assert store.requests == 0


def test_rows_of_users_in_sync_can_be_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    store = ScriptedStore(["alice", "bob"])
    store.put_by_hand("alice", picture(1))
    photos = [{"user": "alice", "content": encoded(picture(1))}, {"user": "bob", "content": encoded(picture(2))}]
    result = call(store, capsys, photos=photos, rows="drifting", _ansible_check_mode=True)
    assert [row["user"] for row in result["photos"]] == ["bob"]
    assert result["in_sync"] == [["alice", "id-alice"]]
    assert result["summary"]["checked"] == 2


@pytest.mark.parametrize("secret", ["hunter2", "ali", "photos", "in_sync", '"', "ä", "1", "id-bob"])
def test_rows_in_one_text_are_those_of_the_result_and_no_secret_is_in_them(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, secret: str
) -> None:
    store = ScriptedStore(["alice", "bob", 'q"ä'])
    store.put_by_hand("alice", picture(1))
    given = {"photos": [], "client_secret": secret, "_ansible_check_mode": True}
    for number, user in enumerate(("alice", "bob", 'q"ä'), 1):
        (tmp_path / f"{number}.png").write_bytes(picture(number))
        given["photos"].append({"user": user, "src": str(tmp_path / f"{number}.png")})
    plain = call(store, capsys, **given)
    packed = call(store, capsys, **given, rows_in_file=True)
    told = rows_file.pack(tmp_path, packed)
    assert rows_file.parts(told["rows_file"])["photos"] == plain["photos"]
    assert ("rows_text" in packed) is (secret == "hunter2")
    assert told["summary"]["checked"] == 3


def test_check_mode_and_plan_only_tell_what_would_be_done(capsys: pytest.CaptureFixture[str]) -> None:
    store = ScriptedStore(["alice"])
    arguments = {"user": "alice", "content": encoded(picture(1))}
    checked = call(store, capsys, **arguments, _ansible_check_mode=True)
    only_planned = call(store, capsys, **arguments, plan_only=True)
    assert (checked["changed"], only_planned["changed"]) == (True, False)
    assert checked["photos"] == only_planned["photos"]
    assert checked["summary"]["put"] == only_planned["summary"]["put"] == 1
    assert store.written == []


def test_pictures_are_made_for_a_report_only_of_users_who_drift(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    store = ScriptedStore(["alice", "bob"])
    store.put_by_hand("alice", picture(1))
    store.put_by_hand("bob", picture(9))
    photos = [{"user": "alice", "content": encoded(picture(1))}, {"user": "bob", "content": encoded(picture(2))}]
    call(store, capsys, photos=photos, previews_dir=str(tmp_path / "p"), _ansible_check_mode=True)
    names = sorted(path.name.split("-")[0] for path in (tmp_path / "p").iterdir())
    assert names == ["declared", "exo"]
    for path in (tmp_path / "p").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
        assert max(Image.open(path).size) <= 120


def test_a_folder_for_pictures_that_cannot_be_made_is_a_warning_and_everybody_is_examined(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warnings: list[str] = []
    # Ansible gives out its own collection of them once in a process.
    monkeypatch.setattr(subject.AnsibleModule, "warn", lambda _module, warning: warnings.append(warning))
    (tmp_path / "file").write_text("")
    store = ScriptedStore(["alice"])
    arguments = {"user": "alice", "content": encoded(picture(1)), "previews_dir": str(tmp_path / "file" / "p")}
    result = call(store, capsys, **arguments, _ansible_check_mode=True)
    assert (result["rc"], result["summary"]["missing"]) == (0, 1)
    assert len(warnings) == 1 and "the report goes without the pictures" in warnings[0]


def test_progress_is_told_in_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    store = ScriptedStore([f"u{n}" for n in range(5)])
    photos = [{"user": user, "content": encoded(picture(1))} for user in store.users]
    call(store, capsys, photos=photos, progress_file=str(tmp_path / "progress"))
    assert json.loads((tmp_path / "progress").read_text())["total"] == 5


def test_transparency_lies_on_the_background_that_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    store = ScriptedStore(["alice"])
    image = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((30, 30, 70, 70), fill=(200, 0, 0, 255))
    out = io.BytesIO()
    image.save(out, "PNG")
    call(store, capsys, user="alice", content=encoded(out.getvalue()), background="#0000ff")
    corner = Image.open(io.BytesIO(store.photos["id-alice"])).getpixel((2, 2))
    assert isinstance(corner, tuple)
    assert corner[2] > 200 > 60 > corner[0]


@pytest.mark.parametrize("photos", ["alice", ["alice"], [{"user": "alice", "src": "x"}, 7], {"user": "alice"}])
def test_a_malformed_list_shows_no_secret(photos: t.Any, capsys: pytest.CaptureFixture[str]) -> None:
    result = call(ScriptedStore(["alice"]), capsys, photos=photos, client_secret="s3cret", content="cGljdHVyZQ==")
    assert result["rc"] == 1
    assert "s3cret" not in result["printed"]
    assert "cGljdHVyZQ==" not in result["printed"]


@pytest.mark.parametrize("besides", [{"src": "x.jpg"}, {"content": "eA=="}, {"state": "absent"}])
def test_what_only_one_user_can_have_is_refused_beside_photos(
    besides: dict[str, t.Any], capsys: pytest.CaptureFixture[str]
) -> None:
    store = ScriptedStore(["alice"])
    result = call(store, capsys, photos=[{"user": "alice", "content": encoded(picture(1))}], **besides)
    assert result["rc"] == 1
    assert next(iter(besides)) in result["msg"]
    assert "photos" in result["msg"]
    assert store.written == []


def test_a_call_that_is_meant_for_another_tenant_looks_at_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    store = ScriptedStore(["alice"])
    given = {"user": "alice", "content": encoded(picture(1))}
    result = call(store, capsys, **given, authority="other.test")
    assert result["rc"] == 1
    assert "example.test" in result["msg"]
    assert "other.test" in result["msg"]
    assert (store.requests, store.written) == (0, [])
    assert call(store, capsys, **given, authority="EXAMPLE.test")["rc"] == 0


@pytest.mark.parametrize("name", ["a\nb@example.com", "a\ufffd@example.com", "\x1b[2J@example.com"])
def test_a_name_that_nobody_can_have_is_that_users_problem_alone(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    store = ScriptedStore(["alice"])
    photos = [{"user": user, "content": encoded(picture(1))} for user in (name, "alice")]
    result = call(store, capsys, photos=photos, receipts=str(tmp_path / "receipts.sqlite"))
    bad, alice = result["photos"]
    assert (bad["drift"], bad["action"]) == ("invalid", "none")
    assert "cannot be the name of a user" in bad["reason"]
    assert (alice["action"], alice["verified"]) == ("put", True)
    assert result["rc"] == 1, "it is a problem like any other"
    assert "\x1b" not in result["msg"]
    json.dumps(result, ensure_ascii=False).encode()


def test_texts_of_the_target_that_are_no_unicode_lose_no_result(capsys: pytest.CaptureFixture[str]) -> None:
    """As a display name, and as what a server says."""
    store = ScriptedStore(["alice", "bob"])
    store.users["alice"] = replace(store.users["alice"], label="Ali\ud83dce")
    store.refuse["id-bob"] = "it says \udcff\x1b[2J"
    photos = [{"user": user, "content": encoded(picture(1))} for user in ("alice", "bob")]
    result = call(store, capsys, photos=photos)
    alice, bob = result["photos"]
    assert (alice["verified"], alice["label"]) == (True, r"Ali\ud83dce")
    assert r"it says \xff" in bob["error"]
    assert "\x1b" not in result["msg"]
    json.dumps(result, ensure_ascii=False).encode()


def test_a_picture_whose_name_was_no_text_is_that_users_problem_alone(capsys: pytest.CaptureFixture[str]) -> None:
    photos = [{"user": "bob", "src": "/photos/m\ufffdller.jpg"}, {"user": "alice", "content": encoded(picture(1))}]
    bob, alice = call(ScriptedStore(["alice", "bob"]), capsys, photos=photos)["photos"]
    assert (bob["drift"], alice["verified"]) == ("invalid", True)
    assert "not valid UTF-8, or has a control character; rename it" in bob["reason"]


def test_a_name_that_was_no_text_is_shown_once_and_as_its_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    photo = {"user": "bob", "src": "/photos/r\ufffdsa@x.test.jpg", "origin": r"r\xf6sa@x.test.jpg"}
    [bob] = call(ScriptedStore(["bob"]), capsys, photos=[photo])["photos"]
    assert bob["reason"].startswith(r"r\xf6sa@x.test.jpg: the name of this file is not valid UTF-8")
    assert "\ufffd" not in bob["reason"]
    [listed] = call(ScriptedStore(["bob"]), capsys, photos=[{**photo, "origin": "photos.yml:3"}])["photos"]
    assert listed["reason"].startswith("/photos/r")


def test_a_name_of_a_picture_shows_no_variable_of_the_environment(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_PIPELINE", "not-for-anybody")
    for name in ("$SECRET_OF_THE_PIPELINE.jpg", "${SECRET_OF_THE_PIPELINE}.jpg"):
        (tmp_path / name).write_bytes(picture(1))
        result = call(ScriptedStore(["alice"]), capsys, user="alice", src=str(tmp_path / name))
        assert (result["rc"], result["photos"][0]["source"]["path"]) == (0, str(tmp_path / name))
        assert "not-for-anybody" not in result["printed"]
    monkeypatch.setenv("HOME", str(tmp_path))
    assert call(ScriptedStore(["alice"]), capsys, user="alice", src="~/$SECRET_OF_THE_PIPELINE.jpg")["rc"] == 0


def test_the_default_picture_steps_back_and_is_counted_apart_in_full_and_in_short(
    capsys: pytest.CaptureFixture[str],
) -> None:
    store = ScriptedStore(["alice", "bob", "carol"])
    store.put_by_hand("bob", picture(2))
    nobody = encoded(picture(1))
    photos = [{"user": user, "content": nobody, "default": True} for user in ("alice", "bob")]
    photos.append({"user": "carol", "content": encoded(picture(3))})
    first = call(store, capsys, photos=photos, shared_pictures="refuse")
    assert (first["summary"]["put"], first["summary"]["default_shown"], first["summary"]["default_own"]) == (2, 1, 1)
    assert [(row["default"], row.get("own_photo", False)) for row in first["photos"][:2]] == [
        (True, False),
        (True, True),
    ]
    short = call(store, capsys, photos=photos, rows="drifting")
    assert short["in_sync"] == [
        ["alice", "id-alice", "default"],
        ["bob", "id-bob", "own_photo"],
        ["carol", "id-carol"],
    ]
    planned = call(ScriptedStore(["alice", "bob", "carol"]), capsys, photos=photos, _ansible_check_mode=True)
    assert (planned["summary"]["missing"], planned["summary"]["default_shown"]) == (3, 0)


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_default_picture_that_cannot_be_is_one_message(capsys: pytest.CaptureFixture[str], state: str) -> None:
    store = ScriptedStore(["alice", "bob"])
    photos = [{"user": user, "src": "/nowhere/nobody.png", "default": True, "state": state} for user in store.users]
    result = call(store, capsys, photos=photos)
    assert (result["rc"], store.requests, "photos" in result) == (1, 0, False)
    said = {"present": "the default picture cannot be used: ", "absent": "alice is declared absent with default: true"}
    assert result["msg"].startswith(said[state])


@pytest.mark.parametrize("name", ["", "  ", "alice*", "a?ice", "al\nice"])
def test_what_is_no_name_is_no_confirmation_of_an_account(capsys: pytest.CaptureFixture[str], name: str) -> None:
    store = ScriptedStore(["alice"])
    result = call(store, capsys, user="alice", content=encoded(picture(1)), confirm_accounts=["bob", name])
    assert (result["rc"], store.requests) == (1, 0)
    assert result["msg"].startswith("confirm_accounts: ")


def test_an_entry_for_no_target_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    store = ScriptedStore(["alice", "bob"])
    photos = [{"user": "alice", "content": encoded(picture(1)), "targets": []}, {"user": "bob", "state": "absent"}]
    result = call(store, capsys, photos=photos)
    assert (result["rc"], store.requests) == (1, 0)
    assert result["msg"] == "targets of alice is empty; name one or more of ad, exchange, exo, or leave it out for all"
