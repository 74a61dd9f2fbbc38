# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one algorithm against a store in memory: what it decides, what it writes, and what it never does."""

from __future__ import annotations

import dataclasses
import io
import threading
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import (
    Definition,
    Expectation,
    PhotoError,
    Recipe,
    Source,
    StoreError,
    User,
    Write,
    WriteResult,
    sha256,
)
from ansible_collections.hybrid.photos.plugins.module_utils._sync import applier, verifier
from ansible_collections.hybrid.photos.plugins.module_utils._sync.backups import Backups, read_manifest
from ansible_collections.hybrid.photos.plugins.module_utils._sync.options import Services
from ansible_collections.hybrid.photos.plugins.module_utils._sync.receipts import Holder, Receipts
from ansible_collections.hybrid.photos.plugins.module_utils._sync.renditions import SHARERS_TOLD
from ansible_collections.hybrid.photos.plugins.module_utils._sync.run import Result, reconcile
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.scripted_store import (
    ScriptedStore,
    picture,
    reencoded,
    thumbnail,
    usual_settings,
)
from PIL import Image


def declared(user: str, data: bytes) -> Definition:
    return Definition(user, "present", Source(content=data))


def by_hand(target: str, seed: int) -> bytes:
    """The declared photo as somebody else's program would have set it."""
    return thumbnail(seed) if target == "ad" else picture(seed)


def absent(user: str) -> Definition:
    return Definition(user, "absent")


def run(store: ScriptedStore, definitions: t.Sequence[Definition], **more: t.Any) -> Result:
    tools = {key: more.pop(key) for key in ("receipts", "backups") if key in more}
    return reconcile(definitions, store, usual_settings(store.target, **more), Services(**tools))


def drifts(result: Result) -> list[str]:
    return [outcome.change.drift for outcome in result.outcomes]


@pytest.fixture(params=["exo", "ad"])
def target(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def open_receipts(tmp_path: Path) -> t.Callable[..., Receipts]:
    def opened(target: str, read_only: bool = False) -> Receipts:
        return Receipts(tmp_path / "receipts.sqlite", target, read_only)

    return opened


def test_every_drift_state_is_found_and_mended_and_a_second_run_changes_nothing(target: str) -> None:
    store = ScriptedStore(["has-same", "has-other", "has-none", "leaver", "never"], target)
    store.put_by_hand("has-same", by_hand(target, 1))
    store.put_by_hand("has-other", picture(9))
    store.put_by_hand("leaver", picture(5))
    store.problems["id-sick"] = "no mailbox"
    store.users["sick"] = User("sick", "id-sick", "h")
    definitions = [
        declared("has-same", picture(1)),
        declared("has-other", picture(2)),
        declared("has-none", picture(3)),
        absent("leaver"),
        absent("never"),
        declared("nobody", picture(4)),
        declared("sick", picture(4)),
        declared("broken", picture(4)[:300]),
    ]
    store.users["broken"] = User("broken", "id-broken", "h")
    expected = ["in_sync", "different", "missing", "unwanted", "in_sync", "unresolved", "unavailable", "invalid"]
    planned = run(store, definitions, check=True)
    assert drifts(planned) == expected
    assert store.written == []
    done = run(store, definitions)
    assert drifts(done) == expected
    assert store.written == [("has-other", "put"), ("has-none", "put"), ("leaver", "remove")]
    assert [o.verified for o in done.outcomes[1:4]] == [True, True, True]
    store.written.clear()
    again = run(store, definitions)
    assert drifts(again) == ["in_sync"] * 5 + ["unresolved", "unavailable", "invalid"]
    assert store.written == []


def test_outcomes_come_in_the_order_of_the_definitions(target: str) -> None:
    names = [f"user{n}" for n in range(40)]
    store = ScriptedStore(names, target)
    result = run(store, [declared(name, picture(3)) for name in reversed(names)], check=True)
    assert [o.definition.user for o in result.outcomes] == list(reversed(names))


def test_a_user_declared_twice_is_refused_before_a_server_is_called() -> None:
    store = ScriptedStore(["Alice"])
    with pytest.raises(PhotoError, match="ALICE, alice"):
        run(store, [declared("alice", picture(1)), declared("ALICE", picture(2))])
    assert store.requests == 0


def test_two_identities_of_one_account_are_both_unresolved() -> None:
    store = ScriptedStore(["alice"])
    store.users["alias"] = User("alias", "id-alice", "h")
    result = run(store, [declared("alice", picture(1)), declared("alias", picture(2))])
    assert drifts(result) == ["unresolved", "unresolved"]
    assert "alias" in result.outcomes[0].change.reason
    assert store.written == []


def test_names_that_only_a_fold_of_letters_makes_one_are_two_users() -> None:
    names = ["straße@example.com", "strasse@example.com"]
    store = ScriptedStore(names)
    result = run(store, [declared(name, picture(number)) for number, name in enumerate(names)])
    assert [outcome.changed for outcome in result.outcomes] == [True, True]
    assert sorted(store.written) == sorted((name, "put") for name in names)


@pytest.mark.parametrize("twice", ["ALICE@example.com", "Zo\u00cb@example.com", "zoe\u0308@example.com"])
def test_another_spelling_of_a_name_is_the_same_user(twice: str) -> None:
    names = ["alice@example.com", "zo\u00eb@example.com"]
    with pytest.raises(PhotoError, match="declared more than once"):
        run(ScriptedStore(names), [declared(name, picture(1)) for name in (*names, twice)])


def test_with_receipts_an_unchanged_photo_is_known_without_fetching_it(open_receipts: t.Any) -> None:
    store = ScriptedStore(["alice"])
    run(store, [declared("alice", picture(1))], receipts=open_receipts("exo"))
    store.fetched.clear()
    result = run(store, [declared("alice", picture(1))], receipts=open_receipts("exo"))
    assert drifts(result) == ["in_sync"]
    assert store.fetched == []


def test_a_new_source_is_different_without_fetching_the_old_photo(open_receipts: t.Any) -> None:
    store = ScriptedStore(["alice"])
    run(store, [declared("alice", picture(1))], receipts=open_receipts("exo"))
    store.fetched.clear()
    result = run(store, [declared("alice", picture(2))], receipts=open_receipts("exo"), check=True)
    assert drifts(result) == ["different"]
    assert not result.outcomes[0].change.foreign
    assert store.fetched == []


def test_a_photo_found_in_sync_gets_a_receipt_so_that_the_next_run_need_not_fetch_it(open_receipts: t.Any) -> None:
    store = ScriptedStore(["alice"])
    store.put_by_hand("alice", picture(1))
    run(store, [declared("alice", picture(1))], receipts=open_receipts("exo"))
    assert store.fetched == ["id-alice"]
    run(store, [declared("alice", picture(1))], receipts=open_receipts("exo"))
    assert store.fetched == ["id-alice"]


def test_plan_only_writes_no_photo_and_still_remembers_what_is_in_sync(open_receipts: t.Any) -> None:
    store = ScriptedStore(["alice", "bob"])
    store.put_by_hand("alice", picture(1))
    definitions = [declared("alice", picture(1)), declared("bob", picture(2))]
    result = run(store, definitions, receipts=open_receipts("exo"), plan_only=True)
    assert drifts(result) == ["in_sync", "missing"]
    assert store.written == []
    assert set(open_receipts("exo", True)._select("user_id", "receipt", "", ())) == set()  # another authority
    receipts = open_receipts("exo")
    receipts.authority = "example.test"
    assert set(receipts.get(["id-alice", "id-bob"])) == {"id-alice"}


def test_who_held_a_name_is_read_once_in_a_run_in_which_nothing_changed(
    open_receipts: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ScriptedStore(["alice", "bob"])
    definitions = [declared("alice", picture(1)), declared("bob", picture(2))]
    run(store, definitions, receipts=open_receipts("exo"))
    asked: list[str] = []
    real = Receipts.holders

    def holders(self: Receipts, identities: t.Sequence[str]) -> dict[str, Holder]:
        asked.extend(identities)
        return real(self, identities)

    monkeypatch.setattr(Receipts, "holders", holders)
    assert drifts(run(store, definitions, receipts=open_receipts("exo"))) == ["in_sync", "in_sync"]
    assert asked == ["alice", "bob"]


def test_what_another_run_recorded_meanwhile_about_a_names_pictures_is_kept(open_receipts: t.Any) -> None:
    store = ScriptedStore(["alice"])
    run(store, [declared("alice", picture(1))], receipts=open_receipts("exo"))
    other = open_receipts("exo")
    other.authority = store.authority
    observe = store.observe

    def observe_slowly(*arguments: t.Any) -> t.Any:
        held = other.holders(["alice"])["alice"]
        if len(held.sources) == 1:
            other.save_holders("userPrincipalName", {"alice": held.with_source("id-alice", sha256(picture(7)))})
        return observe(*arguments)

    store.observe = observe_slowly  # type: ignore[method-assign]
    run(store, [declared("alice", picture(2))], receipts=open_receipts("exo"))
    assert other.holders(["alice"])["alice"].sources == [sha256(picture(seed)) for seed in (1, 7, 2)]


def test_users_are_looked_up_where_the_report_is_grouped_since_memory_has_no_departments(open_receipts: t.Any) -> None:
    store = ScriptedStore(["alice"])
    store.users["alice"] = dataclasses.replace(store.users["alice"], group="Sales")
    definitions = [declared("alice", picture(1))]
    for grouped, expected in ((True, "Sales"), (True, "Sales"), (False, None)):
        result = run(store, definitions, receipts=open_receipts("exo"), grouped=grouped)
        user = result.outcomes[0].user
        assert user is not None
        assert user.group == expected


def test_check_mode_leaves_no_trace_in_the_receipts_folder(tmp_path: Path, open_receipts: t.Any) -> None:
    store = ScriptedStore(["alice"])
    run(store, [declared("alice", picture(1))], receipts=open_receipts("exo", True), check=True)
    assert list(tmp_path.iterdir()) == []
    receipts = open_receipts("exo")
    run(store, [declared("alice", picture(1))], receipts=receipts)
    receipts.close()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    store.put_by_hand("alice", picture(7))
    receipts = open_receipts("exo", True)
    assert drifts(run(store, [declared("alice", picture(1))], receipts=receipts, check=True)) == ["different"]
    receipts.close()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_a_store_sees_while_it_looks_for_users_is_not_asked_for_again(open_receipts: t.Any) -> None:
    store = ScriptedStore(["same", "other", "none"], "ad")
    store.put_by_hand("same", thumbnail(1))
    store.put_by_hand("other", picture(9))
    definitions = [declared(name, picture(1)) for name in ("same", "other", "none")]
    result = run(store, definitions, receipts=open_receipts("ad"), check=True)
    assert drifts(result) == ["in_sync", "different", "missing"]
    assert sorted(store.fetched) == ["id-other", "id-same"]


def test_a_store_that_goes_away_while_it_looks_for_users_leaves_who_was_seen_judged_and_nobody_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = ScriptedStore(["alice", "bob"], "ad")
    look = store.resolve

    def resolve(identities: t.Sequence[str], on_observed: t.Any = None) -> t.Any:
        look(identities[:1], on_observed)
        raise StoreError("the controller went away")

    monkeypatch.setattr(store, "resolve", resolve)
    result = run(store, [declared("alice", picture(1)), declared("bob", picture(2))])
    assert result.error == "the controller went away"
    assert drifts(result) == ["missing", "unavailable"]
    assert store.written == []


def test_twins_that_were_seen_while_they_were_looked_for_are_not_written() -> None:
    store = ScriptedStore(["alice", "alias", "bob"], "ad")
    store.users["alias"] = dataclasses.replace(store.users["alias"], id="id-alice")
    result = run(store, [declared(name, picture(1)) for name in ("alice", "alias", "bob")])
    assert drifts(result) == ["unresolved", "unresolved", "missing"]
    assert store.written == [("bob", "put")]


def test_receipts_count_for_users_that_were_seen_while_they_were_looked_for(open_receipts: t.Any) -> None:
    store = ScriptedStore(["alice"], "ad")
    run(store, [declared("alice", picture(1))], receipts=open_receipts("ad"))
    store.put_by_hand("alice", picture(7))
    receipts = open_receipts("ad")
    receipts.authority = store.authority
    receipts.save_users("userPrincipalName", [], forget=["alice"])
    receipts.close()
    result = run(store, [declared("alice", picture(1))], receipts=open_receipts("ad"), on_foreign_change="keep")
    assert result.outcomes[0].change.foreign
    assert store.written == [("alice", "put")]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("by_hand", "drift"), [(9, "different"), (None, "missing")])
def test_a_foreign_change_is_told_and_overwritten(
    open_receipts: t.Any, check: bool, by_hand: int | None, drift: str
) -> None:
    store = ScriptedStore(["alice"])
    run(store, [declared("alice", picture(1))], receipts=open_receipts("exo"))
    store.put_by_hand("alice", None if by_hand is None else picture(by_hand))
    result = run(store, [declared("alice", picture(1))], receipts=open_receipts("exo"), check=check)
    assert drifts(result) == [drift]
    assert result.outcomes[0].change.foreign
    assert result.outcomes[0].changed is not check


def small(seed: int, exif: bytes = b"") -> bytes:
    """The 64x64 that Exchange Server writes into Active Directory."""
    with Image.open(io.BytesIO(picture(seed))) as image:
        out = io.BytesIO()
        image.convert("RGB").resize((64, 64), Image.Resampling.BICUBIC).save(out, "JPEG", quality=80, exif=exif)
    return out.getvalue()


EXIF = Image.Exif()
EXIF[0x0131] = "Exchange"


@pytest.mark.parametrize("exif", [b"", EXIF.tobytes()], ids=["plain", "with metadata"])
@pytest.mark.parametrize("remembers", [True, False])
def test_the_small_copy_that_exchange_server_writes_into_ad_is_nobody_elses_change(
    open_receipts: t.Any, remembers: bool, exif: bytes
) -> None:
    store = ScriptedStore(["alice", "bob"], target="ad")
    wishes = [declared("alice", picture(1)), declared("bob", picture(2))]
    run(store, wishes, receipts=open_receipts("ad"))
    store.put_by_hand("alice", small(1, exif))
    store.put_by_hand("bob", small(7))
    store.written.clear()
    more = {"receipts": open_receipts("ad")} if remembers else {}
    result = run(store, wishes, on_foreign_change="keep", max_replaced="100%", **more)
    assert drifts(result) == ["different", "different"]
    alice, bob = result.outcomes
    assert "as Exchange Server writes it here with its own photo" in alice.change.reason
    assert not alice.change.foreign
    assert ("alice", "put") in store.written
    assert bob.change.foreign is remembers, "another picture of that size is somebody else's"
    assert (("bob", "put") in store.written) is not remembers


def test_a_small_copy_is_what_is_declared_where_the_source_is_no_larger() -> None:
    with Image.open(io.BytesIO(picture(1))) as image:
        out = io.BytesIO()
        image.convert("RGB").resize((64, 64), Image.Resampling.BICUBIC).save(out, "PNG")
    store = ScriptedStore(["alice"], target="ad")
    store.put_by_hand("alice", small(1))
    assert drifts(run(store, [declared("alice", out.getvalue())])) == ["in_sync"]


def test_a_foreign_change_is_kept_when_asked_for_run_after_run(open_receipts: t.Any) -> None:
    store = ScriptedStore(["alice"])
    run(store, [declared("alice", picture(1))], receipts=open_receipts("exo"))
    store.put_by_hand("alice", picture(9))
    store.written.clear()
    for _run in range(2):
        result = run(store, [declared("alice", picture(1))], receipts=open_receipts("exo"), on_foreign_change="keep")
        assert result.outcomes[0].change.foreign
        assert (result.outcomes[0].change.drift, result.outcomes[0].change.action) == ("different", "none")
    assert store.written == []


@pytest.mark.parametrize("minutes", [0, 60])
@pytest.mark.parametrize("check", [True, False])
def test_a_name_that_went_to_another_person_gets_nobody_elses_face(
    target: str, check: bool, minutes: int, open_receipts: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ScriptedStore(["alice"], target)
    run(store, [declared("alice", picture(1))], receipts=open_receipts(target))
    clock = time.time
    monkeypatch.setattr(time, "time", lambda: clock() + 60 * minutes)
    store.users["alice"] = User("alice", "id-second", "handle-second")
    result = run(store, [declared("alice", picture(1))], receipts=open_receipts(target, check), check=check)
    assert drifts(result) == ["unresolved" if minutes else "in_sync"]
    store.photos.clear()
    store.tags.clear()
    store.written.clear()
    result = run(store, [declared("alice", picture(1))], receipts=open_receipts(target, check), check=check)
    assert drifts(result) == ["unresolved"]
    assert "now belongs to another account (id-second)" in result.outcomes[0].change.reason
    assert "confirm_accounts" in result.outcomes[0].change.reason
    assert store.written == []


def test_a_photo_is_not_removed_from_the_new_holder_of_a_name(target: str, open_receipts: t.Any) -> None:
    store = ScriptedStore(["alice"], target)
    store.put_by_hand("alice", picture(1))
    run(store, [absent("alice")], receipts=open_receipts(target))
    store.users["alice"] = User("alice", "id-second", "handle-second")
    store.put_by_hand("alice", picture(2))
    store.written.clear()
    clock = time.time() + 3600
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: clock)
        result = run(store, [absent("alice")], receipts=open_receipts(target))
    assert drifts(result) == ["unresolved"]
    assert store.written == []


@pytest.mark.parametrize("how", ["a new picture", "confirmed"])
def test_a_new_holder_of_a_name_gets_a_photo_once_it_is_meant_for_them(
    target: str, how: str, open_receipts: t.Any
) -> None:
    store = ScriptedStore(["alice"], target)
    run(store, [declared("alice", picture(1))], receipts=open_receipts(target))
    store.users["alice"] = User("alice", "id-second", "handle-second")
    store.photos.clear()
    store.tags.clear()
    new, confirmed = (2, frozenset()) if how == "a new picture" else (1, frozenset({"alice"}))
    result = run(store, [declared("alice", picture(new))], receipts=open_receipts(target), confirmed=confirmed)
    assert (result.outcomes[0].user, result.outcomes[0].changed) == (store.users["alice"], True)
    # From now on the name is the second person's.
    assert drifts(run(store, [declared("alice", picture(new))], receipts=open_receipts(target))) == ["in_sync"]


@pytest.mark.parametrize("check", [True, False])
def test_a_guard_stops_the_whole_run_before_the_first_write(check: bool) -> None:
    names = [f"user{n:02}" for n in range(10)]
    store = ScriptedStore(names)
    for name in names[:4]:
        store.put_by_hand(name, picture(9))
    result = run(store, [declared(name, picture(1)) for name in names], check=check)
    assert store.written == []
    assert result.error is not None
    assert "4 of 4 photos would be replaced (10 users checked)" in result.error
    assert "max_replaced" in result.error
    assert "user00, user01" in result.error


def test_a_guard_counts_removals_apart_and_lets_pass_what_is_within_its_limit() -> None:
    names = [f"user{n:02}" for n in range(10)]
    store = ScriptedStore(names)
    for name in names[:2]:
        store.put_by_hand(name, picture(9))
    definitions = [absent(name) for name in names]
    assert "max_removed" in str(run(store, definitions).error)
    assert store.written == []
    assert run(store, definitions, max_removed="2").error is None
    assert len(store.written) == 2


def test_first_time_photos_and_small_runs_are_not_guarded() -> None:
    many = ScriptedStore([f"user{n}" for n in range(20)])
    assert run(many, [declared(name, picture(1)) for name in many.users]).error is None
    assert len(many.written) == 20
    few = ScriptedStore([f"user{n}" for n in range(9)])
    for name in few.users:
        few.put_by_hand(name, picture(9))
    assert run(few, [declared(name, picture(1)) for name in few.users]).error is None


def test_a_blocked_target_makes_every_photo_unavailable_and_nothing_is_written() -> None:
    store = ScriptedStore(["alice", "bob"])
    store.why_blocked = "the photo source is on-premises"
    result = run(store, [declared("alice", picture(1)), absent("bob")])
    assert drifts(result) == ["unavailable", "unavailable"]
    assert result.outcomes[0].change.reason == "the photo source is on-premises"
    assert store.written == []


def test_one_users_failure_does_not_stop_the_others(target: str) -> None:
    store = ScriptedStore(["alice", "bob", "carol"], target)
    store.refuse["id-bob"] = "too small"
    result = run(store, [declared(name, picture(1)) for name in store.users])
    assert [o.error for o in result.outcomes] == [None, "too small", None]
    assert [o.changed for o in result.outcomes] == [True, False, True]


def test_what_is_overwritten_or_removed_is_saved_first(target: str, tmp_path: Path) -> None:
    store = ScriptedStore(["alice", "bob", "carol"], target)
    store.put_by_hand("alice", picture(8))
    store.put_by_hand("bob", picture(9))
    held = dict(store.photos)
    saved_before_write: list[bool] = []
    store.before_write = lambda user_id: saved_before_write.append(
        any(s.id == user_id for s in read_manifest(tmp_path / "b"))
    )
    definitions = [declared("alice", picture(1)), absent("bob"), declared("carol", picture(2))]
    result = run(store, definitions, backups=Backups(tmp_path / "b", target, "run-1"))
    assert saved_before_write == [True, True, True]
    saved = {s.user: s for s in read_manifest(tmp_path / "b")}
    assert {name for name, entry in saved.items() if entry.first} == {"carol"}
    assert saved["carol"].after == store.tags["id-carol"]
    for name in ("alice", "bob"):
        assert (tmp_path / "b" / saved[name].file).read_bytes() == held[f"id-{name}"]
        assert (tmp_path / "b" / saved[name].file).stat().st_mode & 0o777 == 0o600
        assert saved[name].done
    assert saved["alice"].after == store.tags["id-alice"]
    assert saved["bob"].after is None
    assert result.outcomes[0].backup == str(tmp_path / "b" / saved["alice"].file)
    assert result.outcomes[2].backup is None


def test_a_photo_that_cannot_be_saved_is_left_as_it_is(tmp_path: Path) -> None:
    store = ScriptedStore(["alice", "bob"])
    store.put_by_hand("alice", picture(8))
    (tmp_path / "b").write_text("a file where the folder should be")
    definitions = [declared("alice", picture(1)), declared("bob", picture(2))]
    result = run(store, definitions, backups=Backups(tmp_path / "b", "exo", "run-1"))
    assert "could not be saved" in str(result.outcomes[0].error)
    assert "could not be recorded" in str(result.outcomes[1].error)
    assert store.written == []


def test_a_photo_that_does_not_arrive_for_the_backup_is_left_as_it_is(target: str, tmp_path: Path) -> None:
    store = ScriptedStore(["alice", "bob"], target)
    store.put_by_hand("alice", picture(8))
    store.put_by_hand("bob", picture(9))
    store.unread.add("id-alice")
    definitions = [declared("alice", picture(1)), declared("bob", picture(2))]
    result = run(store, definitions, backups=Backups(tmp_path / "b", target, "run-1"))
    assert store.written == [("bob", "put")]
    assert "backup" in str(result.outcomes[0].error)


def test_a_change_between_the_plan_and_its_backup_is_planned_again(target: str, tmp_path: Path) -> None:
    store = ScriptedStore(["alice"], target)
    store.put_by_hand("alice", picture(8))
    # Somebody else brings it in line: the photo that is read for the backup is not the one to be replaced.
    store.before_read = lambda: store.put_by_hand("alice", by_hand(target, 1))
    result = run(store, [declared("alice", picture(1))], backups=Backups(tmp_path / "b", target, "run-1"))
    assert store.written == []
    assert drifts(result) == ["in_sync"]


def test_the_guards_hold_for_what_is_planned_again_too(target: str) -> None:
    names = [f"u{n}" for n in range(11)]
    store = ScriptedStore(names, target)
    for number, name in enumerate(names):
        if number != 3:
            store.put_by_hand(name, picture(20 + number) if number < 3 else by_hand(target, number + 1))
    store.before_write = lambda user_id: store.put_by_hand("u3", picture(30)) if user_id == "id-u3" else None
    definitions = [declared(name, picture(number + 1)) for number, name in enumerate(names)]
    result = run(store, definitions, max_replaced="30%")
    assert [name for name, _action in store.written] == ["u0", "u1", "u2"]
    assert "a limit now forbids" in str(result.outcomes[3].error)


def test_what_somebody_changes_in_between_is_planned_again_once(target: str) -> None:
    store = ScriptedStore(["alice", "bob"], target)
    store.put_by_hand("alice", picture(8))
    changes = iter([picture(7)])

    def meddle(user_id: str) -> None:
        if user_id == "id-alice" and (data := next(changes, None)) is not None:
            store.put_by_hand("alice", data)

    store.before_write = meddle
    result = run(store, [declared("alice", picture(1)), declared("bob", picture(2))])
    assert [o.error for o in result.outcomes] == [None, None]
    assert [o.verified for o in result.outcomes] == [True, True]
    assert store.written == [("bob", "put"), ("alice", "put")]


def test_what_somebody_brings_in_line_in_between_is_not_written(target: str) -> None:
    store = ScriptedStore(["alice"], target)
    store.put_by_hand("alice", picture(8))
    store.before_write = lambda _user_id: store.put_by_hand("alice", by_hand(target, 1))
    result = run(store, [declared("alice", picture(1))])
    assert store.written == []
    assert drifts(result) == ["in_sync"]


def test_a_photo_that_keeps_changing_is_reported_and_left() -> None:
    store = ScriptedStore(["alice"])
    store.put_by_hand("alice", picture(8))
    numbers = iter(range(20, 40))
    store.before_write = lambda _user_id: store.put_by_hand("alice", picture(next(numbers)))
    result = run(store, [declared("alice", picture(1))])
    assert "twice" in str(result.outcomes[0].error)
    assert store.written == []


def test_a_service_that_lags_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier.time, "sleep", lambda _seconds: None)
    store = ScriptedStore(["alice"])
    store.put_by_hand("alice", picture(8))
    store.lag["id-alice"] = 0
    store.before_write = lambda user_id: store.lag.update({user_id: 2})
    result = run(store, [declared("alice", picture(1))], patience=60.0)
    assert result.outcomes[0].verified is True


def test_a_write_that_is_not_shown_in_time_is_unverified_and_not_failed(open_receipts: t.Any) -> None:
    store = ScriptedStore(["alice"])
    store.put_by_hand("alice", picture(8))
    store.before_write = lambda user_id: store.lag.update({user_id: 99})
    result = run(store, [declared("alice", picture(1))], receipts=open_receipts("exo"))
    outcome = result.outcomes[0]
    assert (outcome.changed, outcome.verified, outcome.error) == (True, False, None)
    store.lag.clear()
    assert drifts(run(store, [declared("alice", picture(1))], receipts=open_receipts("exo"))) == ["in_sync"]


def test_an_upload_that_comes_back_as_somebody_elses_photo_is_failed() -> None:
    store = ScriptedStore(["alice"])
    store.service = lambda _data: picture(30)
    outcome = run(store, [declared("alice", picture(1))]).outcomes[0]
    assert "another picture" in str(outcome.error)
    assert outcome.verified is False


@pytest.mark.parametrize("done", [True, False])
def test_a_write_whose_answer_was_lost_is_looked_up(done: bool) -> None:
    store = ScriptedStore(["alice"])
    store.uncertain.add("id-alice")
    if not done:
        store.service = lambda _data: b""
        store.before_write = lambda user_id: store.lag.update({user_id: 99})
    outcome = run(store, [declared("alice", picture(1))]).outcomes[0]
    assert outcome.changed is done
    assert (outcome.error is None) is done


@pytest.mark.parametrize("verify", [True, False])
def test_a_write_whose_answer_was_lost_is_looked_up_even_when_nothing_else_is(verify: bool) -> None:
    store = ScriptedStore(["alice", "bob"])
    store.uncertain.add("id-alice")
    result = run(store, [declared("alice", picture(1)), declared("bob", picture(2))], verify=verify)
    assert [(o.changed, o.error) for o in result.outcomes] == [(True, None), (True, None)]
    assert [o.verified for o in result.outcomes] == [verify or None] * 2


def test_a_write_whose_answer_was_lost_and_that_does_not_show_is_not_known_to_be_done() -> None:
    store = ScriptedStore(["alice"])
    store.put_by_hand("alice", picture(8))
    store.uncertain.add("id-alice")
    store.before_write = lambda user_id: store.lag.update({user_id: 99})
    outcome = run(store, [declared("alice", picture(1))]).outcomes[0]
    assert "not known" in str(outcome.error)


@pytest.mark.parametrize("before", [True, False])
def test_a_write_that_does_not_show_is_told_with_what_the_target_shows_and_once_to_run_again(before: bool) -> None:
    store = ScriptedStore(["alice"])
    if before:
        store.put_by_hand("alice", picture(8))
    shows = "still shows the photo from before" if before else "shows no photo yet"

    def fails(writes: t.Sequence[Write]) -> t.Iterator[tuple[User, WriteResult]]:
        return (
            (each.user, WriteResult("uncertain", "the server failed (HTTP 500); run again later")) for each in writes
        )

    write, store.write = store.write, fails  # type: ignore[method-assign]
    assert run(store, [declared("alice", picture(1))]).outcomes[0].error == (
        "it is not known whether it was written (the server failed (HTTP 500); "
        f"the target {shows}; it may be late); run again"
    )
    store.write = write  # type: ignore[method-assign]
    store.before_write = lambda user_id: store.lag.update({user_id: 99})
    outcome = run(store, [declared("alice", picture(1))]).outcomes[0]
    assert outcome.warnings == (f"unverified: the target {shows}; it may be late",)


def test_a_target_that_cannot_be_reached_makes_the_rest_unavailable_and_the_run_fail() -> None:
    store = ScriptedStore(["alice", "bob"])
    store.gone_after = 0
    result = run(store, [declared("alice", picture(1)), absent("bob")])
    assert result.error == "the server went away"
    assert drifts(result) == ["unavailable", "unavailable"]


def test_a_target_that_goes_away_in_mid_write_is_told_for_everyone_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applier, "TOGETHER", 25)
    names = [f"user{n:03}" for n in range(60)]
    store = ScriptedStore(names)
    store.gone_after = 32
    result = run(store, [declared(name, picture(1)) for name in names])
    assert len(result.outcomes) == 60
    assert {o.error is None for o in result.outcomes if o.changed} <= {True}
    assert sum(o.changed for o in result.outcomes) >= 25
    assert all(o.changed or o.error for o in result.outcomes)
    store.gone_after = None
    again = run(store, [declared(name, picture(1)) for name in names])
    assert again.error is None
    assert set(drifts(run(store, [declared(name, picture(1)) for name in names]))) == {"in_sync"}


def test_the_message_of_a_run_that_stopped_says_why_and_how_much_was_not_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = ScriptedStore(["alice", "bob"])

    def refuse(writes: t.Sequence[Write]) -> t.Iterator[t.Any]:
        for write in writes:
            yield write.user, WriteResult("failed", "not written: ProfilePhoto.ReadWrite.All is missing")
        raise StoreError("ProfilePhoto.ReadWrite.All is missing")

    monkeypatch.setattr(store, "write", refuse)
    result = run(store, [declared("alice", picture(1)), declared("bob", picture(2))])
    assert result.error == "2 of 2 planned changes not written: ProfilePhoto.ReadWrite.All is missing"
    assert {o.state for o in result.outcomes} == {"refused"}


def test_what_is_not_known_is_told_apart_from_what_was_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    store = ScriptedStore(["alice"])

    def vanish(writes: t.Sequence[Write]) -> t.Iterator[t.Any]:
        for _write in writes:
            raise StoreError("the server went away")
        yield from ()

    monkeypatch.setattr(store, "write", vanish)
    result = run(store, [declared("alice", picture(1))], verify=False)
    assert result.error == "1 of 1 planned change possibly not written: the server went away"


def test_only_approved_changes_are_carried_out(target: str) -> None:
    store = ScriptedStore(["approved", "moved", "resourced", "not-approved"], target)
    for name in store.users:
        store.put_by_hand(name, picture(8))
    tag = dict(store.tags)
    store.put_by_hand("moved", picture(9))
    definitions = [
        dataclasses.replace(
            declared("approved", picture(1)), expect=Expectation("put", tag["id-approved"], None, "id-approved")
        ),
        dataclasses.replace(declared("moved", picture(1)), expect=Expectation("put", tag["id-moved"])),
        dataclasses.replace(
            declared("resourced", picture(1)), expect=Expectation("put", tag["id-resourced"], "0" * 64)
        ),
        dataclasses.replace(declared("not-approved", picture(1)), expect=Expectation("none")),
    ]
    result = run(store, definitions)
    assert store.written == [("approved", "put")]
    assert [o.stale for o in result.outcomes] == [False, True, True, True]
    assert all("changed since" in o.change.reason for o in result.outcomes[1:])


@pytest.mark.parametrize(("action", "user_id"), [("remove", None), ("none", None), ("put", "id-of-another")])
def test_what_was_approved_for_another_account_or_as_another_action_is_left(
    target: str, action: t.Any, user_id: str | None
) -> None:
    store = ScriptedStore(["alice"], target)
    store.put_by_hand("alice", picture(8))
    expect = Expectation(action, store.tags["id-alice"], None, user_id)
    result = run(store, [dataclasses.replace(declared("alice", picture(1)), expect=expect)])
    assert store.written == []
    assert result.outcomes[0].stale


def test_users_who_share_a_picture_are_told() -> None:
    store = ScriptedStore(["alice", "bob", "carol"])
    definitions = [declared("alice", picture(1)), declared("bob", picture(1)), declared("carol", picture(2))]
    result = run(store, definitions, check=True)
    assert [o.shared_with for o in result.outcomes] == [("bob",), ("alice",), ()]


def test_a_placeholder_of_very_many_users_names_only_the_first_few_of_them() -> None:
    names = [f"user{number:03d}" for number in range(200)]
    outcomes = run(ScriptedStore(names), [declared(name, picture(1)) for name in names], check=True).outcomes
    assert {len(outcome.shared_with) for outcome in outcomes} == {SHARERS_TOLD}
    assert outcomes[3].shared_with == ("user000", "user001", "user002", *names[4:11])
    assert outcomes[-1].shared_with == tuple(names[:SHARERS_TOLD])


@pytest.mark.parametrize("goes_away", [False, True])
def test_one_lot_is_read_back_while_the_next_is_written(
    target: str, goes_away: bool, monkeypatch: pytest.MonkeyPatch, open_receipts: t.Any
) -> None:
    monkeypatch.setattr(applier, "TOGETHER", 4)
    names = [f"user{number:02d}" for number in range(10)]
    store = ScriptedStore(names, target)
    read_back: list[int] = []
    busy = threading.Event()
    observe, write = store.observe, store.write

    def looking(users: t.Sequence[User], wanted: t.Any, expected: t.Any = None) -> t.Iterator[t.Any]:
        if store.written:
            read_back.append(len(users))
            if goes_away and len(read_back) == 2:
                raise StoreError("the server went away")
            # The first two lots are not read back before the next one is under way, where the store allows it.
            assert not store.overlaps or len(users) < 4 or busy.wait(5)
        return observe(users, wanted, expected)

    def writing_lot(writes: t.Sequence[t.Any]) -> t.Iterator[t.Any]:
        if store.written:
            busy.set()
        return write(writes)

    monkeypatch.setattr(store, "observe", looking)
    monkeypatch.setattr(store, "write", writing_lot)
    result = run(store, [declared(name, picture(n)) for n, name in enumerate(names)], receipts=open_receipts(target))
    outcomes = result.outcomes
    if not goes_away:
        assert [(o.changed, o.verified, o.error) for o in outcomes] == [(True, True, None)] * 10
        assert read_back == [4, 4, 2]
        return
    # Whoever was written and could not be read back is unverified; nobody is left without an answer.
    assert [o.verified for o in outcomes[:8]] == [True] * 4 + [False] * 4
    assert all(o.changed for o in outcomes[:8])
    assert all(o.changed or "not written: the server went away" in o.error for o in outcomes[8:])


def test_the_same_picture_in_another_file_format_is_shared_too() -> None:
    store = ScriptedStore(["alice", "bob"])
    same = picture(1, fmt="PNG")
    other_file = io.BytesIO()
    Image.open(io.BytesIO(same)).save(other_file, "BMP")
    result = run(store, [declared("alice", same), declared("bob", other_file.getvalue())], check=True)
    assert [o.shared_with for o in result.outcomes] == [("bob",), ("alice",)]


def test_users_who_show_each_others_photo_are_told(target: str) -> None:
    store = ScriptedStore(["alice", "bob", "carol"], target)
    store.put_by_hand("alice", picture(2))
    store.put_by_hand("bob", picture(1))
    store.put_by_hand("carol", picture(9))
    definitions = [declared("alice", picture(1)), declared("bob", picture(2)), declared("carol", picture(3))]
    result = run(store, definitions, check=True)
    assert [o.shared_with for o in result.outcomes] == [("bob",), ("alice",), ()]
    assert result.outcomes[0].warnings == ("it shows the photo that is declared for bob",)


def test_a_photo_of_ours_that_was_copied_to_another_user_is_known_by_its_mark() -> None:
    store = ScriptedStore(["alice", "bob"], "ad")
    definitions = [declared("alice", picture(1)), declared("bob", picture(2))]
    run(store, definitions)
    store.put_by_hand("bob", store.photos["id-alice"])
    result = run(store, definitions, check=True)
    assert drifts(result) == ["in_sync", "different"]
    assert result.outcomes[1].shared_with == ("alice",)


def test_a_service_that_changes_the_shape_of_an_upload_makes_no_drift_for_ever(open_receipts: t.Any) -> None:
    def squared(data: bytes) -> bytes:
        image = Image.open(io.BytesIO(data)).convert("RGB")
        out = io.BytesIO()
        image.resize((max(image.size), max(image.size))).save(out, "JPEG", quality=85)
        return out.getvalue()

    tall = io.BytesIO()
    Image.open(io.BytesIO(picture(1))).crop((0, 0, 120, 200)).save(tall, "PNG")
    store = ScriptedStore(["alice"])
    store.service = squared
    whole = Recipe(648, 4_000_000, crop="none")
    first = run(store, [declared("alice", tall.getvalue())], receipts=open_receipts("exo"), recipe=whole)
    assert (first.outcomes[0].verified, first.outcomes[0].error) == (True, None)
    assert "stretched to a square" in first.outcomes[0].warnings[0]
    again = run(store, [declared("alice", tall.getvalue())], receipts=open_receipts("exo"), recipe=whole)
    assert drifts(again) == ["in_sync"]
    assert "stretched to a square" in again.outcomes[0].warnings[0]
    assert store.written == [("alice", "put")]


@pytest.mark.parametrize(("there", "drift"), [(96, "different"), (240, "in_sync"), (900, "in_sync")])
def test_the_same_photo_at_half_the_size_or_less_is_replaced_by_the_sharp_one(there: int, drift: str) -> None:
    sharp = picture(1, size=450)
    small = io.BytesIO()
    Image.open(io.BytesIO(sharp)).resize((there, there)).save(small, "JPEG", quality=90)
    store = ScriptedStore(["alice"])
    store.put_by_hand("alice", small.getvalue())
    result = run(store, [declared("alice", sharp)])
    assert drifts(result) == [drift]
    if drift == "different":
        assert "96x96 pixels are there and 450x450 are declared" in result.outcomes[0].change.reason
    assert drifts(run(store, [declared("alice", sharp)])) == ["in_sync"]


def test_an_upload_that_comes_back_a_little_off_is_ours_and_it_is_said(open_receipts: t.Any) -> None:
    def tinted(data: bytes) -> bytes:
        red, green, blue = Image.open(io.BytesIO(data)).convert("RGB").split()
        out = io.BytesIO()
        Image.merge("RGB", (red, green, blue.point(lambda level: min(255, level + 6)))).save(out, "JPEG", quality=85)
        return out.getvalue()

    store = ScriptedStore(["alice"])
    store.service = tinted
    outcome = run(store, [declared("alice", picture(1))], receipts=open_receipts("exo")).outcomes[0]
    assert (outcome.verified, outcome.error) == (True, None)
    assert "slightly changed" in outcome.warnings[0]
    again = run(store, [declared("alice", picture(1))], receipts=open_receipts("exo"))
    assert drifts(again) == ["in_sync"]
    assert store.written == [("alice", "put")]


def test_a_leading_photo_in_other_bytes_is_the_same_picture_also_where_receipts_know_the_former_ones(
    target: str, open_receipts: t.Callable[..., Receipts]
) -> None:
    """A service stores photos anew by itself; that is no reason to write what another target already shows."""

    def led(data: bytes) -> list[Definition]:
        return [dataclasses.replace(declared("a", data), copied=True)]

    store = ScriptedStore(["a"], target)
    run(store, led(picture(1)), receipts=open_receipts(target))
    store.written.clear()
    anew = reencoded(picture(1))
    assert drifts(run(store, led(anew), receipts=open_receipts(target))) == ["in_sync"]
    by_hash = [Definition("a", "present", Source(sha256=sha256(anew)), copied=True)]
    assert drifts(run(store, by_hash, receipts=open_receipts(target))) == ["in_sync"], "and that is remembered"
    assert store.written == []
    other = run(store, led(picture(5)), receipts=open_receipts(target), max_replaced="100%")
    assert [outcome.change.action for outcome in other.outcomes] == ["put"]


def test_of_a_source_whose_hash_alone_is_known_the_receipts_tell(
    target: str, open_receipts: t.Callable[..., Receipts]
) -> None:
    """A leading side that did not change is not read; its photos are given by their hashes."""
    store = ScriptedStore(["a", "b"], target)
    run(store, [declared("a", picture(1)), declared("b", picture(2))], receipts=open_receipts(target))
    elsewhere = [Definition(user, "present", Source(sha256=sha256(picture(n)))) for n, user in ((1, "a"), (2, "b"))]
    store.fetched.clear()
    assert drifts(run(store, elsewhere, receipts=open_receipts(target))) == ["in_sync", "in_sync"]
    # Somebody replaced one photo and the other one is gone: nobody can tell without the pictures.
    store.put_by_hand("a", by_hand(target, 7))
    store.put_by_hand("b", None)
    store.written.clear()
    result = run(store, elsewhere, receipts=open_receipts(target))
    assert drifts(result) == ["unavailable", "unavailable"]
    assert [outcome.source_needed for outcome in result.outcomes] == [True, True]
    assert store.written == []
    if target == "exo":
        assert store.fetched == [], "a picture that cannot be compared is not fetched"
    whole = run(
        store,
        [declared("a", picture(1)), declared("b", picture(2))],
        receipts=open_receipts(target),
        max_replaced="100%",
    )
    assert [outcome.change.action for outcome in whole.outcomes] == ["put", "put"]
