# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._core.results import approval
from ansible_collections.hybrid.photos.plugins.module_utils._report import plan
from ansible_collections.hybrid.photos.plugins.module_utils._report.document import as_json, build
from ansible_collections.hybrid.photos.plugins.module_utils._report.gather import Mode, gather
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._report import sample


def made() -> dict[str, t.Any]:
    return build(gather(sample.everything()), mode="plan", title="T", generated="2026-01-02T03:04:05Z")


def report(mode: Mode = "plan") -> dict[str, t.Any]:
    results = gather(sample.everything(mode == "done"))
    return sample.plain(build(results, mode=mode, title="T", generated="2026-01-02T03:04:05Z"))


def test_a_report_read_back_is_verified() -> None:
    assert plan.parse(as_json(made())) == report()
    assert plan.parse(json.dumps(report(), indent=7).encode()) == report()


def change_user(told: dict[str, t.Any]) -> None:
    told["users"][0]["user"] = "eve@contoso.example"


def change_source(told: dict[str, t.Any]) -> None:
    told["users"][0]["source"]["sha256"] = "0" * 64


def drop_user(told: dict[str, t.Any]) -> None:
    told["users"].pop()


def add_key(told: dict[str, t.Any]) -> None:
    told["more"] = True


@pytest.mark.parametrize("tamper", [change_user, change_source, drop_user, add_key])
def test_a_report_that_was_changed_is_refused(tamper: t.Callable[[dict[str, t.Any]], None]) -> None:
    told = report()
    tamper(told)
    with pytest.raises(PhotoError, match="was changed after it was written"):
        plan.verify(told)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no json", "drift.json is not JSON"),
        (b"\xff\xfe\x00", "drift.json is not JSON"),
        ("[" * 200_000, "drift.json is not JSON"),
        ("[]", "not a drift report"),
        ("{}", "not a drift report"),
        ('{"users": [], "digest": "x", "version": 2}', "version 2"),
        ('{"users": [NaN], "digest": "x", "version": 1}', "cannot be read"),
    ],
)
def test_what_is_no_report_is_refused(text: str | bytes, said: str) -> None:
    with pytest.raises(PhotoError, match=said):
        plan.parse(text, "drift.json")


def test_the_approved_changes_of_a_target() -> None:
    by_user = {change.user: change for change in plan.planned_changes(report(), "exo")}
    put = by_user["alex.wilber@contoso.example"]
    assert approval(put) == {
        "user": "alex.wilber@contoso.example",
        "id": put.id,
        "action": "put",
        "source_sha256": sample.fake_hash("alex.wilber@contoso.example"),
        "tag": sample.fake_hash("alex.wilber@contoso.example", "etag")[:12],
        "fingerprint": None,
    }
    assert approval(by_user["debra.berger@contoso.example"])["tag"] is None
    removal = approval(by_user["emily.braun@contoso.example"])
    assert (removal["action"], removal["source_sha256"]) == ("remove", None)
    # Kept on purpose, in sync, or a problem: nothing was approved there.
    for user in ("lidia.holloway", "carlos+demo", "enrico.cattaneo", "henrietta.müller"):
        assert f"{user}@contoso.example" not in by_user


def test_the_approved_changes_of_ad_name_the_value_by_its_hash() -> None:
    by_user = {change.user: change for change in plan.planned_changes(report(), "ad")}
    user = "adele.vance@contoso.example"
    assert approval(by_user[user])["tag"] == sample.fake_hash("ad", user, "seen")


def test_what_was_done_is_no_plan() -> None:
    with pytest.raises(PhotoError, match="what was done"):
        plan.planned_changes(report("done"), "ad")


def test_a_digest_over_nonsense_does_not_make_a_plan() -> None:
    told: dict[str, t.Any] = {"version": 1, "mode": "plan", "users": [{"user": "a", "ad": {"changed": True}}]}
    told["digest"] = plan.digest(told)
    plan.verify(told)
    with pytest.raises(PhotoError, match="not a drift report"):
        plan.planned_changes(told, "ad")
    told["users"] = [1]
    with pytest.raises(PhotoError, match="an entry of users is not a mapping"):
        plan.planned_changes(told, "ad")


def test_a_plan_is_read_from_an_ordinary_file_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "drift.json").write_text(as_json(made()))
    (tmp_path / "link").symlink_to("drift.json")
    assert plan.read(str(tmp_path / "drift.json")) == plan.read(str(tmp_path / "link")) == as_json(made())
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "bytes").write_bytes(b"\xff")
    for name, words in {
        "pipe": "it is a named pipe",
        "zero": "it is a device",
        "bytes": "is not UTF-8",
        "none": "No such file",
    }.items():
        with pytest.raises(PhotoError, match=words):
            plan.read(str(tmp_path / name))
    monkeypatch.setattr(plan, "MAX_PLAN_BYTES", 10)
    with pytest.raises(PhotoError, match="more than the 10 that are read"):
        plan.read(str(tmp_path / "drift.json"))
