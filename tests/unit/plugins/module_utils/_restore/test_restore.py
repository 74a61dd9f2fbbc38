# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups and how they come back: with the real algorithm, on stores in memory."""

from __future__ import annotations

import dataclasses
import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import (
    Definition,
    Expectation,
    PhotoError,
    Recipe,
    Source,
    User,
    WriteResult,
    sha256,
)
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.fingerprint import fingerprint
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.mark import read_mark
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.render import render
from ansible_collections.hybrid.photos.plugins.module_utils._restore.restore import RestoreRequest, plan
from ansible_collections.hybrid.photos.plugins.module_utils._restore.told import lines
from ansible_collections.hybrid.photos.plugins.module_utils._sync.backups import Backups, Intended, read_manifest
from ansible_collections.hybrid.photos.plugins.module_utils._sync.guards import Limit
from ansible_collections.hybrid.photos.plugins.module_utils._sync.options import Services, Settings
from ansible_collections.hybrid.photos.plugins.module_utils._sync.run import Result, reconcile
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.scripted_store import ScriptedStore, picture

ALL = Limit("max", percent=100.0)
AD = Recipe(96, 10240, mark=True)
EXO = Recipe(648, 4194303)


def run(store: ScriptedStore, definitions: t.Sequence[Definition], folder: Path, name: str, **more: t.Any) -> Result:
    recipe = AD if store.target == "ad" else EXO
    recipe = dataclasses.replace(recipe, as_is=more.pop("as_is", False), max_bytes=4194303)
    settings = Settings(recipe, "userPrincipalName", ALL, ALL, workers=2, **more)
    return reconcile(definitions, store, settings, Services(backups=Backups(folder, store.target, name)))


def sync(
    store: ScriptedStore, wanted: dict[str, bytes | None], folder: Path, name: str = "run-1", **more: t.Any
) -> Result:
    definitions = [
        Definition(user, "absent") if data is None else Definition(user, "present", Source(content=data))
        for user, data in wanted.items()
    ]
    return run(store, definitions, folder, name, **more)


def restore(store: ScriptedStore, folder: Path, request: RestoreRequest | None = None, **more: t.Any) -> Result:
    """What the role does: the plan of the folder, through the photo module."""
    # The store in memory resolves names, not ids.
    names = {user.id: name for name, user in store.users.items()}
    told = plan(folder, request or RestoreRequest())[store.target]
    expected = {
        a["user"]: Expectation(a["action"], a["tag"], None, a["id"], a.get("fingerprint"), a.get("untouched"))
        for a in told["approved"] or ()
    }
    definitions = [
        Definition(
            names[photo["user"]],
            photo["state"],
            Source(path=photo["src"]) if "src" in photo else None,
            expect=expected.get(photo["user"]),
        )
        for photo in told["photos"]
    ]
    return run(store, definitions, folder / "again", "restore-1", as_is=True, **more)


@pytest.fixture(params=["ad", "exo"])
def store(request: pytest.FixtureRequest) -> ScriptedStore:
    made = ScriptedStore(["alice", "bob", "carol"], request.param)
    made.put_by_hand("alice", picture(8))
    made.put_by_hand("bob", picture(9))
    return made


BAD: dict[str, bytes | None] = {"alice": picture(1), "bob": None, "carol": picture(2)}


def test_what_a_run_replaced_or_removed_comes_back(store: ScriptedStore, tmp_path: Path) -> None:
    before = dict(store.photos)
    sync(store, BAD, tmp_path / "run-1")
    result = restore(store, tmp_path / "run-1", check=True)
    assert [o.change.action for o in result.outcomes] == ["put", "put"]
    assert store.photos["id-alice"] != before["id-alice"]
    result = restore(store, tmp_path / "run-1")
    assert [(o.changed, o.verified, o.error) for o in result.outcomes] == [(True, True, None)] * 2
    if store.target == "ad":
        assert {key: store.photos[key] for key in before} == before
    assert "id-carol" in store.photos, "a first photo has no backup and is left"
    again = restore(store, tmp_path / "run-1")
    assert [o.change.drift for o in again.outcomes] == ["in_sync", "in_sync"]


def test_a_folder_of_runs_gives_the_newest_and_never_a_restore_unless_named(
    store: ScriptedStore, tmp_path: Path
) -> None:
    sync(store, BAD, tmp_path / "one", "run-1")
    sync(store, {"alice": picture(3)}, tmp_path / "two", "run-2")
    restore(store, tmp_path / "two")
    (tmp_path / "two" / "again").rename(tmp_path / "three")
    told = plan(tmp_path, RestoreRequest())
    assert [each["run"] for each in told["runs"]] == ["run-1", "run-2", "restore-1"]
    assert told["run"] == "run-2"
    assert plan(tmp_path, RestoreRequest(run="restore-1"))[store.target]["photos"]
    with pytest.raises(PhotoError, match=r"^run run-9: .* run-1, run-2, restore-1"):
        plan(tmp_path, RestoreRequest(run="run-9"))


def test_a_restore_is_undone_by_naming_it(store: ScriptedStore, tmp_path: Path) -> None:
    sync(store, BAD, tmp_path / "run-1")
    bad = store.photos["id-alice"]
    restore(store, tmp_path / "run-1")
    result = restore(store, tmp_path / "run-1" / "again", RestoreRequest(run="restore-1", users=("alice",)))
    assert [o.changed for o in result.outcomes] == [True]
    if store.target == "ad":
        assert store.photos["id-alice"] == bad


def test_what_somebody_changed_since_is_left_unless_forced(store: ScriptedStore, tmp_path: Path) -> None:
    sync(store, BAD, tmp_path / "run-1")
    store.put_by_hand("alice", picture(30))
    store.put_by_hand("bob", picture(31))
    held = dict(store.photos)
    result = restore(store, tmp_path / "run-1")
    assert [o.stale for o in result.outcomes] == [True, True]
    assert store.photos == held
    result = restore(store, tmp_path / "run-1", RestoreRequest(force=True))
    assert [o.changed for o in result.outcomes] == [True, True]


def test_of_several_backups_in_one_run_the_first_comes_back(store: ScriptedStore, tmp_path: Path) -> None:
    before = dict(store.photos)
    sync(store, {"alice": picture(1)}, tmp_path / "b")
    sync(store, {"alice": picture(3)}, tmp_path / "b")
    result = restore(store, tmp_path / "b")
    assert [o.changed for o in result.outcomes] == [True]
    if store.target == "ad":
        assert store.photos == before


def test_a_photo_saved_for_a_write_that_was_not_made_is_not_what_comes_back(
    store: ScriptedStore, tmp_path: Path
) -> None:
    """Somebody was quicker, so it was planned again on another photo: that one is what the run has overwritten."""
    meddled = iter([picture(7)])

    def meddle(user_id: str) -> None:
        if user_id == "id-alice" and (data := next(meddled, None)) is not None:
            store.put_by_hand("alice", data)

    store.before_write = meddle
    sync(store, {"alice": picture(1)}, tmp_path / "b")
    store.before_write = lambda user_id: None
    first, second = read_manifest(tmp_path / "b")
    assert (first.dropped, first.done, second.dropped, second.done) == (True, False, False, True)
    restore(store, tmp_path / "b")
    if store.target == "ad":
        assert store.photos["id-alice"] == picture(7)


def test_a_run_without_verification_can_be_undone_all_the_same(store: ScriptedStore, tmp_path: Path) -> None:
    sync(store, BAD, tmp_path / "b", verify=False)
    assert [o.changed for o in restore(store, tmp_path / "b").outcomes] == [True, True]


def killed(folder: Path) -> None:
    """The run ended before it could note that its writes were done."""
    manifest = folder / "manifest.jsonl"
    kept = [line for line in manifest.read_text().splitlines() if '"written"' not in line]
    manifest.write_text("\n".join(kept) + '\n{"event": "wri')


def test_a_run_killed_after_its_write_can_be_undone(store: ScriptedStore, tmp_path: Path) -> None:
    sync(store, BAD, tmp_path / "b")
    killed(tmp_path / "b")
    assert [o.changed for o in restore(store, tmp_path / "b").outcomes] == [True, True]
    assert [o.change.drift for o in restore(store, tmp_path / "b").outcomes] == ["in_sync", "in_sync"]


def test_after_a_killed_run_what_somebody_set_since_is_left(store: ScriptedStore, tmp_path: Path) -> None:
    sync(store, BAD, tmp_path / "b")
    killed(tmp_path / "b")
    store.put_by_hand("alice", picture(30))
    store.put_by_hand("bob", picture(31))
    held = dict(store.photos)
    assert [o.stale for o in restore(store, tmp_path / "b").outcomes] == [True, True]
    assert store.photos == held


def test_a_run_killed_before_its_write_leaves_nothing_to_restore(store: ScriptedStore, tmp_path: Path) -> None:
    held = store.photos["id-alice"]
    intended = Intended(sha256(picture(1)), fingerprint(picture(1)))
    backups = Backups(tmp_path / "b", store.target, "run-1")
    backups.save(User("alice", "id-alice", "x"), held, store.tags["id-alice"], "killed", intended)
    backups.save(User("bob", "id-bob", "x"), store.photos["id-bob"], store.tags["id-bob"], "killed")
    store.written.clear()
    result = restore(store, tmp_path / "b")
    assert [(o.change.drift, o.stale) for o in result.outcomes] == [("in_sync", False)] * 2
    assert store.written == []


def test_a_photo_that_the_service_stored_anew_by_itself_can_still_be_undone(tmp_path: Path) -> None:
    store = ScriptedStore(["alice", "bob", "carol"])
    store.put_by_hand("alice", picture(8))
    store.put_by_hand("bob", picture(9))
    sync(store, BAD, tmp_path / "b")
    store.store_anew("alice")
    assert [o.changed for o in restore(store, tmp_path / "b").outcomes] == [True, True]


@pytest.mark.parametrize("cut_off", [False, True])
def test_first_photos_are_removed_when_that_is_asked_for_and_only_while_they_are_the_runs(
    store: ScriptedStore, tmp_path: Path, cut_off: bool
) -> None:
    store.users["dave"] = User("dave", "id-dave", "handle-dave")
    sync(store, {**BAD, "dave": picture(3)}, tmp_path / "b")
    if cut_off:
        killed(tmp_path / "b")
    store.put_by_hand("dave", picture(33))
    held = store.photos["id-dave"]
    kept = plan(tmp_path / "b", RestoreRequest())
    assert "id-carol" not in {photo["user"] for photo in kept[store.target]["photos"]}
    assert kept["first_left"] == 2
    assert plan(tmp_path / "b", RestoreRequest(first="remove"))["first_left"] == 0
    assert plan(tmp_path / "b", RestoreRequest(users=("alice",)))["first_left"] == 0
    result = restore(store, tmp_path / "b", RestoreRequest(first="remove"))
    assert {o.definition.user: o.changed for o in result.outcomes} == {
        "alice": True,
        "bob": True,
        "carol": True,
        "dave": False,
    }
    assert "id-carol" not in store.photos
    assert store.photos["id-dave"] == held


def test_a_change_that_a_killed_run_only_meant_to_make_is_not_undone_when_a_later_run_made_it(
    store: ScriptedStore, tmp_path: Path
) -> None:
    store.put_by_hand("alice", picture(5))
    write = store.write
    store.write = lambda writes: ((w.user, WriteResult("uncertain")) for w in writes)  # type: ignore[method-assign]
    sync(store, {"alice": picture(1), "bob": picture(2)}, tmp_path / "a", "run-1", patience=0.0)
    store.write = write  # type: ignore[method-assign]
    if store.target == "exo":
        store.store_anew("alice")
    sync(store, {"alice": picture(1), "bob": picture(2)}, tmp_path / "b", "run-2")
    store.written.clear()
    told = plan(tmp_path, RestoreRequest(run="run-1", first="remove"))[store.target]
    assert told["photos"] == []
    again = plan(tmp_path, RestoreRequest(run="run-2", first="remove"))[store.target]
    assert len(again["photos"]) == 2


@pytest.mark.parametrize("there", [picture(5), None], ids=["over a photo", "first photo"])
def test_a_change_that_was_perhaps_made_is_not_undone_when_the_next_run_found_another_photo_and_made_it(
    store: ScriptedStore, tmp_path: Path, there: bytes | None
) -> None:
    store.put_by_hand("alice", there)
    write = store.write
    store.write = lambda writes: ((w.user, WriteResult("uncertain")) for w in writes)  # type: ignore[method-assign]
    sync(store, {"alice": picture(1)}, tmp_path / "a", "run-1", patience=0.0)
    store.write = write  # type: ignore[method-assign]
    store.put_by_hand("alice", picture(30))
    sync(store, {"alice": picture(1)}, tmp_path / "b", "run-2")
    assert plan(tmp_path, RestoreRequest(run="run-1", first="remove"))[store.target]["photos"] == []


def test_a_killed_run_is_undone_after_the_runs_that_came_later(store: ScriptedStore, tmp_path: Path) -> None:
    sync(store, BAD, tmp_path / "a", "run-1")
    killed(tmp_path / "a")
    sync(store, {"alice": picture(20), "bob": picture(21)}, tmp_path / "b", "run-2")
    assert all(o.changed for o in restore(store, tmp_path, RestoreRequest(run="run-2", first="remove")).outcomes)
    result = restore(store, tmp_path, RestoreRequest(run="run-1", first="remove"))
    assert [(o.changed, o.stale) for o in result.outcomes] == [(True, False)] * len(BAD)


def test_users_and_targets_can_be_named(store: ScriptedStore, tmp_path: Path) -> None:
    sync(store, BAD, tmp_path / "b")
    told = plan(tmp_path / "b", RestoreRequest(users=("ALICE",)))
    assert [photo["user"] for photo in told[store.target]["photos"]] == ["id-alice"]
    assert told[store.target]["names"] == {"id-alice": "alice"}
    assert plan(tmp_path / "b", RestoreRequest(users=("id-bob",)))[store.target]["names"] == {"id-bob": "bob"}
    for prefix, option, first in (("restore_", "restore_users", "restore_first"), ("", "users", "first")):
        with pytest.raises(PhotoError, match=f"^{option}: run run-1 saved no photo of carol.* with {first} remove$"):
            plan(tmp_path / "b", RestoreRequest(users=("alice", "carol"), option_prefix=prefix))
    other = "exo" if store.target == "ad" else "ad"
    assert plan(tmp_path / "b", RestoreRequest(targets=(other,)))[store.target]["photos"] == []


def test_a_damaged_backup_is_told_and_never_written(store: ScriptedStore, tmp_path: Path) -> None:
    sync(store, BAD, tmp_path / "b")
    saved = {s.user: tmp_path / "b" / s.file for s in read_manifest(tmp_path / "b")}
    saved["alice"].write_bytes(picture(40))
    saved["bob"].unlink()
    told = plan(tmp_path / "b", RestoreRequest())
    assert told[store.target]["photos"] == []
    reasons = {problem["user"]: problem["reason"] for problem in told["problems"]}
    assert "was changed after it was saved" in reasons["alice"]
    assert "cannot be read" in reasons["bob"]


def test_a_folder_without_backups_is_no_plan_to_do_nothing(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(PhotoError):
            plan(folder, RestoreRequest())


def test_the_authority_comes_from_the_manifest(store: ScriptedStore, tmp_path: Path) -> None:
    sync(store, BAD, tmp_path / "b")
    assert plan(tmp_path / "b", RestoreRequest())[store.target]["authority"] == "example.test"
    manifest = tmp_path / "b" / "manifest.jsonl"
    entries = [json.loads(line) for line in manifest.read_text().splitlines() if line]
    entries[0]["authority"] = "other.test"
    manifest.write_text("\n".join(map(json.dumps, entries)))
    with pytest.raises(PhotoError, match=r"example\.test, other\.test"):
        plan(tmp_path / "b", RestoreRequest())


def test_as_it_is_means_the_bytes_without_a_mark() -> None:
    marked = render(picture(1), [AD], "a")[0].data
    assert read_mark(marked)
    recipe = Recipe(96, 102400, mark=True, as_is=True)
    assert render(marked, [recipe], "a")[0].data == marked
    assert render(picture(1, 400), [recipe], "a")[0].data == picture(1, 400)
    png = picture(1, fmt="PNG")
    assert render(png, [recipe], "a")[0].data == png, "a directory takes any picture back"
    cloud = Recipe(648, 4194303, as_is=True)
    assert render(png, [cloud], "a")[0].data.startswith(b"\xff\xd8"), "but the cloud is sent JPEG"
    small = Recipe(96, 3000, as_is=True)
    assert len(render(picture(1, 400), [small], "a")[0].data) <= 3000


def test_a_restored_photo_with_a_mark_of_its_own_is_in_sync_by_its_bytes(tmp_path: Path) -> None:
    ours = ScriptedStore(["alice"], "ad")
    sync(ours, {"alice": picture(5)}, tmp_path / "a")
    marked = ours.photos["id-alice"]
    sync(ours, {"alice": picture(6)}, tmp_path / "b")
    restore(ours, tmp_path / "b")
    assert ours.photos["id-alice"] == marked
    assert restore(ours, tmp_path / "b").outcomes[0].change.drift == "in_sync"


def test_words_tell_every_kind_apart() -> None:
    def row(**values: t.Any) -> dict[str, t.Any]:
        base = {"user": "a", "target": "ad", "drift": "different", "changed": False, "reason": "why"}
        return {**base, **values}

    rows = [
        row(changed=True),
        row(changed=True, verified=False),
        row(drift="in_sync"),
        row(stale=True),
        row(error="no right"),
        row(drift="unresolved"),
    ]
    told = lines([{"photos": rows}], [{"user": "b", "target": "exo", "reason": "gone"}], check=False)
    assert told[0] == "a (ad): restored"
    assert "does not show it yet" in told[1]
    assert "restore_force" in told[3]
    assert told[4] == "a (ad): failed: no right"
    assert told[-1].startswith("2 restored, 1 already as saved, 1 left, 3 failed.")
    assert "would be restored" in lines([{"photos": rows}], [], check=True)[0]


def test_a_first_photo_that_is_removed_is_told_as_removed() -> None:
    row = {"user": "a", "target": "ad", "drift": "unwanted", "action": "remove", "changed": True, "reason": "why"}
    put = {**row, "user": "b", "drift": "different", "action": "put"}
    done = lines([{"photos": [row, put]}], [], check=False)
    assert done[0] == "a (ad): removed; the user had no photo before the run"
    assert done[-1] == "1 restored, 1 removed, 0 already as saved, 0 left, 0 failed."
    check = lines([{"photos": [row, put]}], [], check=True)
    assert check[0] == "a (ad): would be removed; the user had no photo before the run"
    assert check[-1] == "1 would be restored, 1 would be removed, 0 already as saved, 0 left, 0 failed."


def test_first_photos_are_only_told_where_some_are_left() -> None:
    assert "restore_first" not in lines([], [], check=False)[-1]
    assert lines([], [], check=False, first_left=1)[-1].endswith(
        "1 first photo of the run is kept; restore_first=remove removes such photos."
    )
    assert lines([], [], check=True, first_left=1200)[-1].endswith(
        "1,200 first photos of the run are kept; restore_first=remove removes such photos."
    )


def test_what_cannot_be_found_names_the_variable_of_the_role(store: ScriptedStore, tmp_path: Path) -> None:
    sync(store, BAD, tmp_path / "run-1")
    with pytest.raises(PhotoError, match=r"^restore_from .*none cannot be read"):
        plan(tmp_path / "none", RestoreRequest(option_prefix="restore_"))
    with pytest.raises(PhotoError, match=r"^restore_run 2020: the backups do not have this run"):
        plan(tmp_path, RestoreRequest(run="2020", option_prefix="restore_"))
    with pytest.raises(PhotoError, match=r"^path .*none cannot be read"):
        plan(tmp_path / "none", RestoreRequest())


def spoil(folder: Path, user: str, **values: t.Any) -> None:
    """Change the line of a user's backup."""
    manifest = folder / "manifest.jsonl"
    entries = [json.loads(line) for line in manifest.read_bytes().split(b"\n") if line]
    changed = [{**e, **values} if e.get("user") == user else e for e in entries]
    manifest.write_text("".join(json.dumps(entry) + "\n" for entry in changed))


def test_a_line_that_points_elsewhere_is_its_users_problem_and_the_others_come_back(
    store: ScriptedStore, tmp_path: Path
) -> None:
    sync(store, BAD, tmp_path)
    spoil(tmp_path, "bob", file="../../etc/passwd")
    told = plan(tmp_path, RestoreRequest())
    assert [(problem["user"], "outside of the folder" in problem["reason"]) for problem in told["problems"]] == [
        ("bob", True)
    ]
    assert told["warnings"] == []
    assert [photo["user"] for photo in told[store.target]["photos"]] == ["id-alice"]


def test_a_mangled_line_of_another_run_is_a_warning(store: ScriptedStore, tmp_path: Path) -> None:
    sync(store, BAD, tmp_path)
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_bytes(b'{"event": "saved", "run": "old"}\n' + manifest.read_bytes())
    told = plan(tmp_path, RestoreRequest())
    assert told["problems"] == []
    assert len(told["warnings"]) == 1 and "manifest.jsonl:1: the line is damaged" in told["warnings"][0]
    assert len(told[store.target]["photos"]) == 2


def test_a_backup_that_is_a_link_out_of_the_folder_is_not_read(store: ScriptedStore, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    sync(store, BAD, folder)
    (saved, *_more) = read_manifest(folder)
    secret = tmp_path / "secret.jpg"
    secret.write_bytes((folder / saved.file).read_bytes())
    (folder / saved.file).unlink()
    (folder / saved.file).symlink_to(secret)
    (problem,) = plan(folder, RestoreRequest())["problems"]
    assert "outside of the folder" in problem["reason"]


def test_one_folder_that_cannot_be_read_stops_no_other(store: ScriptedStore, tmp_path: Path) -> None:
    sync(store, BAD, tmp_path / "good")
    (tmp_path / "bad").mkdir()
    (tmp_path / "elsewhere").write_text("x")
    (tmp_path / "bad" / "manifest.jsonl").symlink_to(tmp_path / "elsewhere")
    told = plan(tmp_path, RestoreRequest())
    assert len(told[store.target]["photos"]) == 2
    assert ["bad" in warning for warning in told["warnings"]] == [True]


def test_a_manifest_of_which_no_line_can_be_used_says_why(store: ScriptedStore, tmp_path: Path) -> None:
    sync(store, BAD, tmp_path)
    for user in BAD:
        spoil(tmp_path, user, of_a_newer_release=1)
    with pytest.raises(PhotoError, match=r"no backup that can be used: .*manifest\.jsonl:\d+: the line is damaged"):
        plan(tmp_path, RestoreRequest())


def test_what_a_run_saved_at_a_target_that_is_left_out_is_said(store: ScriptedStore, tmp_path: Path) -> None:
    sync(store, {"alice": picture(1)}, tmp_path)
    other = "exo" if store.target == "ad" else "ad"
    (warning,) = plan(tmp_path, RestoreRequest(targets=(other,)))["warnings"]
    where = {"ad": "Active Directory", "exo": "Exchange Online"}[store.target]
    left = "which is left out (targets)"
    assert warning == f"run run-1 also saved 1 photo in {where}, {left}"
    assert plan(tmp_path, RestoreRequest())["warnings"] == []


def test_who_is_excluded_is_left_alone_counted_and_named(store: ScriptedStore, tmp_path: Path) -> None:
    sync(store, BAD, tmp_path / "run-1")
    bad = dict(store.photos)
    for exclude in (("ALICE",), ("a*",), ("id-alice",)):
        told = plan(tmp_path / "run-1", RestoreRequest(exclude=exclude))
        assert (told["excluded"], [p["user"] for p in told[store.target]["photos"]]) == (["alice"], ["id-bob"]), exclude
        named = plan(tmp_path / "run-1", RestoreRequest(users=("alice", "bob"), exclude=exclude))
        assert (named["excluded"], named[store.target]) == (["alice"], told[store.target])
    restore(store, tmp_path / "run-1", RestoreRequest(exclude=("alice",)))
    assert store.photos["id-alice"] == bad["id-alice"]
    assert "id-bob" in store.photos
    said = lines([], [], False, excluded=["alice"])
    assert said[0] == "1 user excluded: alice"


def test_an_excluded_name_that_is_nobody_of_the_run_is_a_warning(store: ScriptedStore, tmp_path: Path) -> None:
    sync(store, BAD, tmp_path / "run-1")
    request = RestoreRequest(exclude=("alcie", "ALICE", "id-alice", "b?p"), option_prefix="restore_")
    warnings = plan(tmp_path / "run-1", request)["warnings"]
    said = "restore_exclude: 'alcie', 'b?p' match no user of the run run-1, so they exclude nobody; check the spelling"
    assert warnings == [said]
    # Of users who are named here, others that are excluded are no question.
    assert plan(tmp_path / "run-1", dataclasses.replace(request, users=("bob",)))["warnings"] == []


def test_to_exclude_everybody_of_a_restore_is_refused_and_never_means_all(store: ScriptedStore, tmp_path: Path) -> None:
    sync(store, BAD, tmp_path / "run-1")
    for request in (RestoreRequest(exclude=("*",)), RestoreRequest(users=("alice",), exclude=("alice",))):
        with pytest.raises(PhotoError, match=r"^exclude '.*' excludes all .* of the run run-1, so nothing was done"):
            plan(tmp_path / "run-1", request)
    with pytest.raises(PhotoError, match="cannot be used"):
        plan(tmp_path / "run-1", RestoreRequest(exclude=("a\nb",)))
    # Named by id, and the pattern is like the id and like nobody's name.
    told = plan(tmp_path / "run-1", RestoreRequest(users=("id-bob",), exclude=("id-*",)))
    assert [p["user"] for p in told[store.target]["photos"]] == ["id-bob"]
    assert plan(tmp_path / "run-1", RestoreRequest(users=("bob", "gone"), exclude=("gone",)))["excluded"] == []


def test_a_user_is_named_as_in_the_run_also_when_later_runs_use_another_name(tmp_path: Path) -> None:
    for name, run_name in (("alice@x", "run-1"), ("alice.smith@x", "run-2")):
        backups = Backups(tmp_path / run_name, "ad", run_name)
        path = backups.save(User(name, "id-alice", "h"), picture(1), "tag", "why", Intended("hash"))
        backups.done(User(name, "id-alice", "h"), path, "after")
    told = plan(tmp_path, RestoreRequest(("alice@x",), "run-1"))
    assert told["ad"]["names"] == {"id-alice": "alice@x"}
