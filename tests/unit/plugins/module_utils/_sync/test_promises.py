# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole histories of one target: killed runs, lost answers, a service that stores photos anew, people in between."""

from __future__ import annotations

import io
import sqlite3
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import (
    Definition,
    Expectation,
    Observation,
    Recipe,
    Source,
    StoreError,
    Unresolved,
    User,
    Write,
    WriteResult,
)
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.fingerprint import fingerprint
from ansible_collections.hybrid.photos.plugins.module_utils._sync import applier
from ansible_collections.hybrid.photos.plugins.module_utils._sync.backups import Backups, read_manifest
from ansible_collections.hybrid.photos.plugins.module_utils._sync.guards import Limit
from ansible_collections.hybrid.photos.plugins.module_utils._sync.options import Services, Settings
from ansible_collections.hybrid.photos.plugins.module_utils._sync.receipts import Receipts
from ansible_collections.hybrid.photos.plugins.module_utils._sync.run import Result, reconcile
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.scripted_store import (
    RECIPE,
    ScriptedStore,
    picture,
    thumbnail,
    usual_settings,
)
from PIL import Image


class Killed(BaseException):
    """What a killed process does: nothing more."""


class Place:
    """One target with its receipts file, run after run."""

    def __init__(self, folder: Path, target: str, users: t.Iterable[str] = ("alice",)) -> None:
        self.file = folder / "receipts.sqlite"
        self.store = ScriptedStore(users, target)

    def run(self, declared: dict[str, int | None], **more: t.Any) -> Result:
        """``declared``: the number of the picture that each user is to have; None: absent."""
        definitions = [
            Definition(name, "absent")
            if number is None
            else Definition(name, "present", Source(content=picture(number)), expect=more.get("expect", {}).get(name))
            for name, number in declared.items()
        ]
        more.pop("expect", None)
        backups = more.pop("backups", None)
        settings = usual_settings(self.store.target, max_replaced="100%", max_removed="100%", **more)
        receipts = Receipts(self.file, self.store.target, settings.check)
        try:
            return reconcile(definitions, self.store, settings, Services(receipts, backups))
        finally:
            receipts.close()

    def killed_after_write(self, declared: dict[str, int | None], **more: t.Any) -> None:
        """A run that is killed between its write and everything that follows."""
        observe, looks = self.store.observe, iter([True])

        def dies(*args: t.Any) -> t.Iterator[t.Any]:
            if next(looks, False):
                return observe(*args)
            raise Killed

        self.store.observe = dies  # type: ignore[method-assign]
        with pytest.raises(Killed):
            self.run(declared, **more)
        self.store.observe = observe  # type: ignore[method-assign]


@pytest.fixture(params=["exo", "ad"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return Place(tmp_path, str(request.param))


@pytest.fixture
def cloud(tmp_path: Path) -> Place:
    return Place(tmp_path, "exo")


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> t.Callable[[float], None]:
    """Let seconds pass between two runs."""
    clock, ahead = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: clock() + ahead[0])

    def passed(seconds: float) -> None:
        ahead[0] += seconds

    return passed


# -- our own write is ours ---------------------------------------------------------------------------------------------


def test_what_a_killed_run_wrote_is_not_somebody_elses(place: Place) -> None:
    place.killed_after_write({"alice": 1})
    result = place.run({"alice": 1}, on_foreign_change="keep")
    outcome = result.outcomes[0]
    assert (outcome.change.drift, outcome.change.foreign) == ("in_sync", False)
    result = place.run({"alice": 2}, on_foreign_change="keep")
    assert (result.outcomes[0].change.foreign, result.outcomes[0].verified) == (False, True)


def test_a_new_picture_is_written_over_what_a_killed_run_left_even_with_keep(place: Place) -> None:
    place.run({"alice": 1})
    place.killed_after_write({"alice": 2})
    outcome = place.run({"alice": 3}, on_foreign_change="keep").outcomes[0]
    assert (outcome.change.foreign, outcome.verified) == (False, True)


def test_what_somebody_set_after_a_killed_run_is_kept(place: Place) -> None:
    place.run({"alice": 1})
    place.killed_after_write({"alice": 2})
    place.store.put_by_hand("alice", picture(30))
    place.store.written.clear()
    for _run in range(2):
        outcome = place.run({"alice": 2}, on_foreign_change="keep").outcomes[0]
        assert (outcome.change.foreign, outcome.change.action) == (True, "none")
    assert place.store.written == []


def test_a_read_back_that_is_lost_makes_our_photo_nobody_elses(place: Place) -> None:
    observe = place.store.observe
    looks = iter([False])

    def lost(users: t.Any, wanted: t.Any, expected: t.Any = None) -> t.Any:
        if place.store.written and next(looks, True) is False:
            raise StoreError("the connection was cut")
        return observe(users, wanted, expected)

    place.store.observe = lost  # type: ignore[method-assign]
    first = place.run({"alice": 1})
    assert (first.outcomes[0].changed, first.outcomes[0].verified) == (True, False)
    outcome = place.run({"alice": 2}, on_foreign_change="keep").outcomes[0]
    assert (outcome.change.foreign, outcome.verified) == (False, True)


def test_a_removal_that_was_killed_is_not_somebody_elses(place: Place) -> None:
    place.run({"alice": 1})
    place.killed_after_write({"alice": None})
    assert not place.run({"alice": None}, on_foreign_change="keep").outcomes[0].change.foreign
    outcome = place.run({"alice": 2}, on_foreign_change="keep").outcomes[0]
    assert (outcome.change.foreign, outcome.verified) == (False, True)


def test_a_late_write_is_ours_although_a_run_was_content_with_what_was_shown_before_it(cloud: Place) -> None:
    cloud.store.put_by_hand("alice", picture(8))
    cloud.store.uncertain.add("id-alice")
    cloud.store.before_write = lambda user_id: cloud.store.lag.update({user_id: 3})
    cloud.run({"alice": 1}, patience=0.0)
    cloud.store.uncertain.clear()
    assert cloud.run({"alice": 8}).outcomes[0].change.drift == "in_sync"
    cloud.store.lag.clear()
    outcome = cloud.run({"alice": 2}, on_foreign_change="keep").outcomes[0]
    assert (outcome.change.foreign, outcome.changed) == (False, True)


def test_a_late_write_is_ours_although_another_one_was_begun_after_it(place: Place) -> None:
    place.run({"alice": 1})
    place.killed_after_write({"alice": 2})
    lost = place.store.write
    place.store.write = lambda writes: ((w.user, WriteResult("uncertain")) for w in writes)  # type: ignore[method-assign]
    place.run({"alice": 3})
    place.store.write = lost  # type: ignore[method-assign]
    outcome = place.run({"alice": 3}, on_foreign_change="keep").outcomes[0]
    assert (outcome.change.foreign, outcome.verified) == (False, True)


def test_what_somebody_set_stays_somebody_elses_when_our_write_over_it_was_lost(place: Place) -> None:
    place.run({"alice": 1}, verify=False)
    place.store.put_by_hand("alice", picture(30))
    write = place.store.write
    place.store.write = lambda writes: ((w.user, WriteResult("uncertain")) for w in writes)  # type: ignore[method-assign]
    assert place.run({"alice": 1}).outcomes[0].change.foreign
    place.store.write = write  # type: ignore[method-assign]
    outcome = place.run({"alice": 1}, on_foreign_change="keep").outcomes[0]
    assert (outcome.change.foreign, outcome.change.action) == (True, "none")


def test_a_removal_by_hand_that_is_declared_afterwards_is_nobody_elses(place: Place) -> None:
    place.run({"alice": 1})
    place.store.put_by_hand("alice", None)
    assert place.run({"alice": None}).outcomes[0].change.drift == "in_sync"
    outcome = place.run({"alice": 2}, on_foreign_change="keep").outcomes[0]
    assert (outcome.change.foreign, outcome.verified) == (False, True)


def test_our_photo_in_ad_is_ours_also_when_only_its_tag_was_looked_at(tmp_path: Path) -> None:
    place = Place(tmp_path, "ad")
    place.run({"alice": 1}, verify=False)
    look = place.store._observed

    def from_memory(user: User, wanted: t.Any) -> Observation:
        seen = look(user, wanted)
        return Observation(seen.present, seen.tag) if wanted(user, seen.tag) is False else seen

    place.store.on_observed = False
    place.store._observed = from_memory  # type: ignore[method-assign]
    outcome = place.run({"alice": None}, on_foreign_change="keep").outcomes[0]
    assert (outcome.change.foreign, outcome.verified) == (False, True)


# -- a service that stores photos anew by itself -----------------------------------------------------------------------


def test_the_same_picture_under_another_tag_is_no_foreign_change_and_the_receipt_learns_the_tag(cloud: Place) -> None:
    cloud.run({"alice": 1})
    cloud.store.store_anew("alice")
    outcome = cloud.run({"alice": 1}, on_foreign_change="keep").outcomes[0]
    assert (outcome.change.drift, outcome.change.foreign) == ("in_sync", False)
    cloud.store.fetched.clear()
    assert cloud.run({"alice": 1}).outcomes[0].change.drift == "in_sync"
    assert cloud.store.fetched == []


def test_a_new_picture_is_written_over_a_photo_that_was_stored_anew_even_with_keep(cloud: Place) -> None:
    cloud.run({"alice": 1})
    cloud.store.store_anew("alice")
    outcome = cloud.run({"alice": 2}, on_foreign_change="keep").outcomes[0]
    assert (outcome.change.drift, outcome.change.foreign, outcome.verified) == ("different", False, True)


def test_another_picture_under_another_tag_is_a_foreign_change(cloud: Place) -> None:
    cloud.run({"alice": 1})
    cloud.store.put_by_hand("alice", picture(30))
    outcome = cloud.run({"alice": 2}, on_foreign_change="keep").outcomes[0]
    assert (outcome.change.foreign, outcome.change.action) == (True, "none")


@pytest.mark.parametrize("saved", [False, True])
def test_a_photo_that_is_stored_anew_between_look_and_write_is_no_conflict(
    cloud: Place, saved: bool, tmp_path: Path
) -> None:
    cloud.store.put_by_hand("alice", picture(8))
    anew = iter([True])

    def meddle(*_args: t.Any) -> None:
        if next(anew, False):
            cloud.store.store_anew("alice")

    if saved:
        cloud.store.before_read = meddle
    else:
        cloud.store.before_write = meddle
    outcome = cloud.run({"alice": 1}, backups=Backups(tmp_path / "b", "exo", "run") if saved else None).outcomes[0]
    assert (outcome.verified, outcome.error) == (True, None)
    assert cloud.store.written == [("alice", "put")]
    assert cloud.store.requests <= 5


def test_an_approved_change_holds_when_the_same_photo_has_another_tag(cloud: Place) -> None:
    cloud.store.put_by_hand("alice", picture(8))
    tag = cloud.store.tags["id-alice"]
    approved = Expectation("put", tag, None, "id-alice", fingerprint(cloud.store.photos["id-alice"]))
    cloud.store.store_anew("alice")
    outcome = cloud.run({"alice": 1}, expect={"alice": approved}).outcomes[0]
    assert (outcome.stale, outcome.verified) == (False, True)


def test_an_approved_change_is_stale_when_another_photo_is_there(cloud: Place) -> None:
    cloud.store.put_by_hand("alice", picture(8))
    approved = Expectation("put", cloud.store.tags["id-alice"], None, "id-alice", fingerprint(picture(8)))
    cloud.store.put_by_hand("alice", picture(9))
    outcome = cloud.run({"alice": 1}, expect={"alice": approved}).outcomes[0]
    assert outcome.stale
    assert cloud.store.written == []


def test_an_approved_change_is_stale_when_a_newer_picture_comes_with_the_approved_tag(cloud: Place) -> None:
    """Metadata and picture are two answers; somebody may set a photo between them."""
    cloud.store.put_by_hand("alice", picture(8))
    tag = cloud.store.tags["id-alice"]
    approved = Expectation("put", tag, None, "id-alice", fingerprint(cloud.store.photos["id-alice"]))
    cloud.store.photos["id-alice"] = picture(9)
    assert cloud.run({"alice": 1}, expect={"alice": approved}).outcomes[0].stale
    assert cloud.store.written == []


# -- only what was seen is known ---------------------------------------------------------------------------------------


def test_without_verification_a_receipt_does_not_vouch_for_what_nobody_saw(place: Place) -> None:
    place.run({"alice": 1}, verify=False)
    place.store.put_by_hand("alice", picture(30))
    outcome = place.run({"alice": 1}, on_foreign_change="keep").outcomes[0]
    assert (outcome.change.drift, outcome.change.foreign, outcome.change.action) == ("different", True, "none")


def test_keep_remembers_the_foreign_photo_that_verification_noticed(place: Place) -> None:
    place.run({"alice": 1})
    write = place.store.write

    def then_somebody(writes: t.Any) -> t.Iterator[t.Any]:
        yield from write(writes)
        place.store.put_by_hand("alice", picture(30))

    place.store.write = then_somebody  # type: ignore[method-assign]
    first = place.run({"alice": 2}, on_foreign_change="keep")
    assert "another picture" in str(first.outcomes[0].error)
    assert first.outcomes[0].changed
    place.store.write = write  # type: ignore[method-assign]
    outcome = place.run({"alice": 2}, on_foreign_change="keep").outcomes[0]
    assert (outcome.change.foreign, outcome.change.action) == (True, "none")


def test_what_is_on_its_way_is_not_uploaded_again(cloud: Place) -> None:
    cloud.store.put_by_hand("alice", picture(8))
    cloud.store.before_write = lambda user_id: cloud.store.lag.update({user_id: 99})
    assert cloud.run({"alice": 1}).outcomes[0].verified is False
    result = cloud.run({"alice": 1})
    outcome = result.outcomes[0]
    assert (outcome.change.action, outcome.verified, outcome.changed) == ("none", False, False)
    assert "does not show it yet" in outcome.change.reason
    assert cloud.store.written == [("alice", "put")]
    # Another picture than the one on its way is written at once.
    cloud.run({"alice": 2})
    assert cloud.store.written == [("alice", "put")] * 2


def test_a_photo_that_is_taken_and_never_shown_is_a_problem_after_the_second_run(
    cloud: Place, later: t.Callable[[float], None]
) -> None:
    cloud.store.put_by_hand("alice", picture(8))
    cloud.store.before_write = lambda user_id: cloud.store.lag.update({user_id: 10_000})
    first = cloud.run({"alice": 1}).outcomes[0]
    assert (first.verified, first.error) == (False, None)
    later(24 * 3600)
    second = cloud.run({"alice": 1}).outcomes[0]
    assert second.verified is False
    assert "2 runs" in str(second.error)
    # A run within the service's delay uploads nothing, and is no better for it.
    later(60)
    third = cloud.run({"alice": 1}).outcomes[0]
    assert (third.change.action, third.verified, third.changed) == ("none", False, False)
    assert "2 runs" in str(third.error)
    assert "written 60 s ago" in third.change.reason
    assert cloud.store.written == [("alice", "put")] * 2


def test_a_refused_or_conflicting_write_does_not_forget_the_one_before_it(place: Place) -> None:
    place.run({"alice": 1}, verify=False)
    place.store.refuse["id-alice"] = "no"
    place.run({"alice": 2})
    place.store.refuse.clear()
    place.store.put_by_hand("alice", picture(30))
    outcome = place.run({"alice": 1}, on_foreign_change="keep").outcomes[0]
    assert (outcome.change.foreign, outcome.change.action) == (True, "none")


def test_the_same_face_in_another_form_right_after_us_in_ad_is_not_our_photo(tmp_path: Path) -> None:
    place = Place(tmp_path, "ad")
    write = place.store.write

    def then_somebody(writes: t.Any) -> t.Iterator[t.Any]:
        for answer in write(writes):
            place.store.put_by_hand("alice", edited(1, "PNG"))
            yield answer

    place.store.write = then_somebody  # type: ignore[method-assign]
    assert "another picture" in str(place.run({"alice": 1}).outcomes[0].error)
    place.store.write = write  # type: ignore[method-assign]
    outcome = place.run({"alice": 1}).outcomes[0]
    assert (outcome.change.drift, outcome.verified) == ("different", True)


def test_a_write_whose_answer_was_lost_is_not_called_made_in_ad_when_others_set_the_same_photo(
    tmp_path: Path,
) -> None:
    place = Place(tmp_path, "ad")
    write = place.store.write

    def lost_and_somebody_else(writes: t.Sequence[Write]) -> t.Iterator[tuple[User, WriteResult]]:
        for each in writes:
            place.store.put_by_hand("alice", thumbnail(1))
            yield each.user, WriteResult("uncertain", "the connection was cut")

    place.store.write = lost_and_somebody_else  # type: ignore[method-assign]
    outcome = place.run({"alice": 1}).outcomes[0]
    assert (outcome.changed, outcome.verified) == (False, None)
    assert "not known whether it was written" in str(outcome.error)
    place.store.write = write  # type: ignore[method-assign]
    assert place.run({"alice": 1}).outcomes[0].change.drift == "in_sync"


def test_our_bytes_in_ad_are_in_sync_whatever_file_they_came_from(tmp_path: Path) -> None:
    place = Place(tmp_path, "ad")
    place.run({"alice": 1})
    held = place.store.photos["id-alice"]
    # As a restore does, whose source is a file of the backups.
    restored = [Definition("alice", "present", Source(content=held))]
    receipts = Receipts(place.file, "ad")
    settings = Settings(Recipe(96, 10_240, as_is=True), "userPrincipalName", Limit("a", count=9), Limit("b", count=9))
    assert reconcile(restored, place.store, settings, Services(receipts)).outcomes[0].change.drift == "in_sync"
    receipts.close()
    outcome = place.run({"alice": 1}).outcomes[0]
    assert (outcome.change.drift, outcome.error) == ("in_sync", None)
    assert place.store.written == [("alice", "put")]


# -- a run always returns a result -------------------------------------------------------------------------------------


def test_a_receipts_file_that_breaks_after_the_write_leaves_every_outcome(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.run({"alice": 1})
    broken: list[bool] = []
    real = Receipts.save

    def save(self: Receipts, receipts: t.Any, forget: t.Any = ()) -> None:
        if place.store.written[1:]:
            broken.append(True)
            raise self._unusable(sqlite3.OperationalError("database or disk is full"))
        real(self, receipts, forget)

    monkeypatch.setattr(Receipts, "save", save)
    result = place.run({"alice": 2})
    assert broken
    assert "disk is full" in str(result.error)
    assert [(o.changed, o.verified) for o in result.outcomes] == [(True, True)]


def test_receipts_that_cannot_say_what_is_about_to_be_written_stop_the_run_before_it_writes(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, saves = Receipts.save, iter([True, False])

    def save(self: Receipts, receipts: t.Any, forget: t.Any = ()) -> None:
        if not next(saves):
            raise self._unusable(sqlite3.OperationalError("database is locked"))
        real(self, receipts, forget)

    monkeypatch.setattr(Receipts, "save", save)
    result = place.run({"alice": 1})
    assert "locked" in str(result.error)
    assert "not written" in str(result.outcomes[0].error)
    assert place.store.written == []


def test_an_error_of_ours_in_mid_run_hides_no_photo_that_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Place
) -> None:
    monkeypatch.setattr(applier, "TOGETHER", 2)
    names = [f"u{n}" for n in range(6)]
    place = Place(tmp_path, place.store.target, names)
    write = place.store.write

    def breaks(writes: t.Any) -> t.Iterator[t.Any]:
        if len(place.store.written) == 2:
            raise ZeroDivisionError("who knows")
        return write(writes)

    place.store.write = breaks  # type: ignore[method-assign]
    result = place.run({name: number for number, name in enumerate(names)})
    assert "ZeroDivisionError" in str(result.error)
    assert [o.changed for o in result.outcomes] == [True, True, False, False, False, False]
    assert all(o.error for o in result.outcomes[2:])
    assert ["not known" in str(o.error) for o in result.outcomes[2:4]] == [True, True]


def test_a_source_that_vanishes_during_verification_leaves_a_verified_outcome(tmp_path: Path, place: Place) -> None:
    path = tmp_path / "alice.jpg"
    path.write_bytes(picture(1))
    store = place.store
    store.before_write = lambda _user: path.unlink(missing_ok=True)
    settings = Settings(RECIPE[store.target], "x", Limit("a", count=9), Limit("b", count=9), patience=0.0)
    # The rendition is not kept either, as in a run of many users.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ansible_collections.hybrid.photos.plugins.module_utils._sync.renditions.KEPT_BYTES", 0)
        result = reconcile([Definition("alice", "present", Source(str(path)))], store, settings, Services())
    assert [(o.changed, o.verified, o.error) for o in result.outcomes] == [(True, True, None)]


def test_a_second_conflict_during_the_backup_is_told_as_what_it_is(place: Place, tmp_path: Path) -> None:
    place.store.put_by_hand("alice", picture(8))
    numbers = iter(range(20, 40))
    place.store.before_read = lambda: place.store.put_by_hand("alice", picture(next(numbers)))
    outcome = place.run({"alice": 1}, backups=Backups(tmp_path / "b", place.store.target, "run")).outcomes[0]
    assert "others changed this photo twice" in str(outcome.error)
    assert (outcome.changed, place.store.written) == (False, [])


# -- who it is ---------------------------------------------------------------------------------------------------------


def test_two_people_after_a_rename_are_not_one_account(tmp_path: Path) -> None:
    place = Place(tmp_path, "exo", ["old-name", "other"])
    place.run({"old-name": 1, "other": 2})
    # The first person is renamed, and the second one gets the former name.
    place.store.users["new-name"] = User("new-name", "id-old-name", "h")
    place.store.users["old-name"] = User("old-name", "id-other", "h")
    del place.store.users["other"]
    result = place.run({"new-name": 1, "old-name": 2})
    assert [o.change.drift for o in result.outcomes] == ["in_sync", "in_sync"]


def test_a_twin_that_appears_when_a_name_is_asked_for_again_is_unresolved(tmp_path: Path) -> None:
    place = Place(tmp_path, "exo", ["alice", "bob"])
    place.run({"alice": 1, "bob": 2})
    place.store.users["alice"] = User("alice", "id-bob", "h")
    result = place.run({"alice": 3, "bob": 2})
    assert [o.change.drift for o in result.outcomes] == ["unresolved", "unresolved"]


def test_a_name_that_a_killed_run_wrote_under_is_not_the_next_holders(
    tmp_path: Path, later: t.Callable[[float], None]
) -> None:
    place = Place(tmp_path, "exo", ["alice", "bob"])
    place.killed_after_write({"alice": 1})
    place.store.users["alice"] = User("alice", "id-bob", "h")
    later(3600)  # until then memory answers for the name, which is good enough for looking
    outcome = place.run({"alice": 1}).outcomes[0]
    assert (outcome.change.drift, place.store.photos.get("id-bob")) == ("unresolved", None)


def test_no_picture_that_was_ever_declared_for_the_former_holder_goes_to_the_next_one(
    tmp_path: Path, later: t.Callable[[float], None]
) -> None:
    place = Place(tmp_path, "exo", ["alice", "bob"])
    place.run({"alice": 1})
    place.run({"alice": 2})
    place.store.users["alice"] = User("alice", "id-bob", "h")
    later(3600)
    assert place.run({"alice": 1}).outcomes[0].change.drift == "unresolved"
    assert place.run({"alice": 2}).outcomes[0].change.drift == "unresolved"
    assert place.run({"alice": 3}).outcomes[0].verified


def test_another_match_by_does_not_forget_who_held_a_name(tmp_path: Path, later: t.Callable[[float], None]) -> None:
    place = Place(tmp_path, "exo", ["alice", "bob"])
    place.run({"alice": 1})
    place.store.users["alice"] = User("alice", "id-bob", "h")
    later(3600)
    assert place.run({"alice": 1}, match_by="anchor").outcomes[0].change.drift == "unresolved"
    confirmed = place.run({"alice": 1}, match_by="anchor", confirmed=frozenset({"alice"}))
    assert confirmed.outcomes[0].verified
    assert place.run({"alice": 1}).outcomes[0].change.drift == "in_sync"


def test_a_name_from_memory_is_asked_for_again_when_another_name_leads_to_its_account_now(tmp_path: Path) -> None:
    place = Place(tmp_path, "exo", ["alice", "bob"])
    place.run({"alice": 1, "bob": 2})
    # Bob's account gets Alice's name, and Alice's account gets Bob's; both pictures are declared anew, one is in sync.
    place.store.users = {"alice": User("alice", "id-bob", "h"), "bob": User("bob", "id-alice", "h")}
    result = place.run({"alice": 3, "bob": 2}, confirmed=frozenset({"alice", "bob"}))
    assert [o.change.drift for o in result.outcomes] == ["different", "different"]
    assert [o.user.id for o in result.outcomes if o.user] == ["id-bob", "id-alice"]


@pytest.mark.parametrize("check", [False, True])
def test_absent_is_fulfilled_when_the_account_or_the_mailbox_is_gone(place: Place, check: bool) -> None:
    place.store.users["boxless"] = User("boxless", "id-boxless", "h")
    place.store.users["hidden"] = User("hidden", "id-hidden", "h")
    look = place.store._observed

    def observed(user: User, wanted: t.Any) -> Observation:
        if user.id == "id-boxless":
            return Observation(problem="no mailbox", no_mailbox=True)
        if user.id == "id-hidden":
            return Observation(problem="this account may not read the photo")
        return look(user, wanted)

    place.store._observed = observed  # type: ignore[method-assign]
    result = place.run({"gone": None, "boxless": None, "hidden": None}, check=check)
    assert [o.change.drift for o in result.outcomes] == ["in_sync", "in_sync", "unavailable"]
    assert "no such account" in result.outcomes[0].change.reason


def test_an_outage_while_users_are_looked_up_is_unavailable_and_not_unresolved(place: Place) -> None:
    answer = Unresolved("alice", "504 from the service", no_answer=True)
    place.store.resolve = lambda *_args: {"alice": answer}  # type: ignore[method-assign]
    assert place.run({"alice": 1}).outcomes[0].change.drift == "unavailable"


# -- declared means declared -------------------------------------------------------------------------------------------


def edited(seed: int, fmt: str = "JPEG", side: int = 96, mode: str = "RGB", **save: t.Any) -> bytes:
    out = io.BytesIO()
    small = Image.open(io.BytesIO(picture(seed))).convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
    small.convert(mode).save(out, fmt, **save)
    return out.getvalue()


def exif() -> Image.Exif:
    data = Image.Exif()
    data[0x010E] = "a description"
    return data


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (lambda: edited(1, side=160, quality=60), "160x160 pixels of 96x96 allowed"),
        (lambda: edited(1, "PNG"), "PNG"),
        (lambda: edited(1, mode="CMYK", quality=80), "its colours are stored as CMYK"),
        (lambda: edited(1, quality=90, comment=b"x" * 11_000), "bytes of 10,240 allowed"),
        (lambda: edited(1, quality=90, exif=exif()), "EXIF"),
        (lambda: edited(1, quality=90, comment=b"made elsewhere"), "a comment"),
    ],
)
def test_what_breaks_the_recipe_in_ad_drifts_and_is_replaced_once(
    tmp_path: Path, held: t.Callable[[], bytes], words: str
) -> None:
    place = Place(tmp_path, "ad")
    place.store.put_by_hand("alice", held())
    outcome = place.run({"alice": 1}).outcomes[0]
    assert (outcome.change.drift, outcome.verified) == ("different", True)
    assert "the same photo, but" in outcome.change.reason
    assert words in outcome.change.reason
    assert place.run({"alice": 1}).outcomes[0].change.drift == "in_sync"
    assert place.store.written == [("alice", "put")]


def test_the_declared_file_itself_in_ad_is_not_in_sync_when_it_is_over_the_limit(tmp_path: Path) -> None:
    place = Place(tmp_path, "ad")
    source = picture(1, 900)
    place.store.put_by_hand("alice", source)
    definition = Definition("alice", "present", Source(content=source))
    settings = Settings(RECIPE["ad"], "x", Limit("a", count=9), Limit("b", count=9))
    assert len(source) > 10_240
    outcome = reconcile([definition], place.store, settings, Services()).outcomes[0]
    assert outcome.change.drift == "different"
    assert f"the same photo, but {len(source):,} bytes of 10,240 allowed" in outcome.change.reason


def test_another_encoders_photo_that_keeps_the_recipe_stays_untouched(tmp_path: Path) -> None:
    place = Place(tmp_path, "ad")
    place.store.put_by_hand("alice", thumbnail(1))
    assert place.run({"alice": 1}).outcomes[0].change.drift == "in_sync"
    assert place.store.written == []


@pytest.mark.parametrize("recipe", [Recipe(64, 10_240, mark=True), Recipe(96, 2_000, mark=True)])
def test_a_smaller_recipe_is_applied_to_another_encoders_photo(tmp_path: Path, recipe: Recipe) -> None:
    place = Place(tmp_path, "ad")
    place.store.put_by_hand("alice", edited(1, quality=92))
    assert place.run({"alice": 1}, recipe=recipe).outcomes[0].change.drift == "different"
    assert place.run({"alice": 1}, recipe=recipe).outcomes[0].change.drift == "in_sync"


def test_a_photo_over_what_the_target_takes_is_told_before_anything_is_written(tmp_path: Path) -> None:
    place = Place(tmp_path, "ad", ["alice", "bob"])
    place.store.limit = lambda: 2_000  # type: ignore[method-assign]
    place.store.put_by_hand("bob", thumbnail(2))
    outcome, other = place.run({"alice": 1, "bob": 2}, recipe=Recipe(96, 50_000, mark=True)).outcomes
    assert (outcome.change.drift, other.change.drift) == ("unavailable", "in_sync")
    assert "the target takes 2,000" in outcome.change.reason
    assert "max_bytes" in outcome.change.reason
    assert place.store.written == []


def test_one_picture_for_several_people_is_refused_where_that_is_asked_for(tmp_path: Path, place: Place) -> None:
    place = Place(tmp_path / "other", place.store.target, ["alice", "bob", "carol"])
    place.file.parent.mkdir()
    result = place.run({"alice": 1, "bob": 1, "carol": 2}, shared_pictures="refuse")
    assert [o.change.drift for o in result.outcomes] == ["invalid", "invalid", "missing"]
    assert "declared for bob" in result.outcomes[0].change.reason
    assert place.store.written == [("carol", "put")]
    prefixed = place.run({"alice": 1, "bob": 1}, shared_pictures="refuse", option_prefix="sync_")
    assert "allow it with sync_shared_pictures" in prefixed.outcomes[0].change.reason
    # What was put before stays in sync: nobody is taken their photo away.
    place.run({"alice": 1, "bob": 1})
    again = place.run({"alice": 1, "bob": 1}, shared_pictures="refuse")
    assert [o.change.drift for o in again.outcomes] == ["in_sync", "in_sync"]


def test_a_first_photo_is_noted_in_the_manifest_before_it_is_written(place: Place, tmp_path: Path) -> None:
    noted: list[list[str]] = []
    folder = tmp_path / "b"
    place.store.before_write = lambda _user: noted.append([s.user for s in read_manifest(folder) if s.first])
    place.run({"alice": 1}, backups=Backups(folder, place.store.target, "run"))
    assert noted == [["alice"]]
    assert read_manifest(folder)[0].done
