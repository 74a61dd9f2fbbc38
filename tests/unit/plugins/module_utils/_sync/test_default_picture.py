# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The default picture: put where there is no photo, and never in the place of a person's own."""

from __future__ import annotations

import dataclasses
import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Definition, PhotoError, Source
from ansible_collections.hybrid.photos.plugins.module_utils._core.results import row_of, summarize
from ansible_collections.hybrid.photos.plugins.module_utils._sync import resolver
from ansible_collections.hybrid.photos.plugins.module_utils._sync.backups import Backups
from ansible_collections.hybrid.photos.plugins.module_utils._sync.guards import Limit
from ansible_collections.hybrid.photos.plugins.module_utils._sync.options import Services
from ansible_collections.hybrid.photos.plugins.module_utils._sync.receipts import Receipts
from ansible_collections.hybrid.photos.plugins.module_utils._sync.run import Result, reconcile
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.scripted_store import (
    ScriptedStore,
    picture,
    usual_settings,
)

NOBODY, OTHER_NOBODY, ALICE = picture(1), picture(2), picture(3)


def default(user: str = "alice", data: bytes = NOBODY) -> Definition:
    return Definition(user, "present", Source(content=data), default=True)


def own(user: str = "alice", data: bytes = ALICE) -> Definition:
    return Definition(user, "present", Source(content=data))


class Place:
    """One target with its receipts, over several runs."""

    def __init__(self, target: str, folder: Path, receipts: bool = True) -> None:
        self.store = ScriptedStore(["alice", "bob", *(f"u{n}" for n in range(12))], target)
        self.folder = folder
        self.receipts = receipts

    def run(self, *definitions: Definition, **more: t.Any) -> Result:
        check = more.get("check", False)
        receipts = Receipts(self.folder / "receipts", self.store.target, check) if self.receipts else None
        backups = Backups(self.folder / "backups", self.store.target, "run") if not check else None
        settings = usual_settings(self.store.target, **more)
        self.store.written.clear()
        self.store.fetched.clear()
        try:
            return reconcile(definitions or (default(),), self.store, settings, Services(receipts, backups))
        finally:
            if receipts is not None:
                receipts.close()

    def shows(self, data: bytes, user: str = "alice") -> bool:
        result = self.run(Definition(user, "present", Source(content=data)), check=True)
        return result.outcomes[0].change.drift == "in_sync"


@pytest.fixture(params=["exo", "ad"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return Place(request.param, tmp_path)


def drift(result: Result) -> str:
    return result.outcomes[0].change.drift


def counts(result: Result) -> tuple[int, int]:
    summary = summarize([row_of(outcome, False) for outcome in result.outcomes], 0)
    return summary["default_shown"], summary["default_own"]


def test_it_is_put_where_there_is_no_photo_and_a_second_run_changes_nothing(place: Place) -> None:
    first = place.run()
    assert (drift(first), place.store.written) == ("missing", [("alice", "put")])
    second = place.run()
    assert (drift(second), place.store.written, counts(second)) == ("in_sync", [], (1, 0))


@pytest.mark.parametrize("receipts", [True, False])
def test_a_photo_that_the_person_had_before_stays(tmp_path: Path, receipts: bool) -> None:
    place = Place("exo", tmp_path, receipts)
    place.store.put_by_hand("alice", ALICE)
    result = place.run()
    assert (drift(result), place.store.written, counts(result)) == ("in_sync", [], (0, 1))
    assert "has a photo of their own" in result.outcomes[0].change.reason


@pytest.mark.parametrize("policy", ["overwrite", "keep"])
def test_it_steps_back_when_the_person_sets_a_photo_and_no_change_by_others_is_told(place: Place, policy: str) -> None:
    place.run()
    place.store.put_by_hand("alice", ALICE)
    result = place.run(on_foreign_change=policy)
    assert (drift(result), place.store.written, counts(result)) == ("in_sync", [], (0, 1))
    assert not result.outcomes[0].change.foreign


def test_it_comes_back_when_the_persons_own_photo_goes(place: Place) -> None:
    place.run()
    place.store.put_by_hand("alice", ALICE)
    place.run()
    place.store.put_by_hand("alice", None)
    assert drift(place.run()) == "missing"
    assert place.shows(NOBODY)


def test_another_default_picture_goes_to_those_who_show_the_former_one_and_to_nobody_else(place: Place) -> None:
    place.run(default("alice"), default("bob"))
    place.store.put_by_hand("bob", ALICE)
    place.run(default("alice"), default("bob"))
    result = place.run(default("alice", OTHER_NOBODY), default("bob", OTHER_NOBODY))
    assert [o.change.drift for o in result.outcomes] == ["different", "in_sync"]
    assert place.store.written == [("alice", "put")]
    assert place.shows(OTHER_NOBODY)
    assert place.store.photos["id-bob"] == place.store.service(ALICE)


def test_the_former_one_is_known_again_after_the_service_stored_it_anew(tmp_path: Path) -> None:
    place = Place("exo", tmp_path)
    place.run()
    place.store.store_anew("alice")
    place.run(default("alice", OTHER_NOBODY))
    assert place.store.written == [("alice", "put")]


def test_without_receipts_nobody_can_tell_the_former_one_from_an_own_photo_and_it_stays(tmp_path: Path) -> None:
    place = Place("exo", tmp_path, receipts=False)
    place.run()
    result = place.run(default("alice", OTHER_NOBODY))
    assert (drift(result), place.store.written, counts(result)) == ("in_sync", [], (0, 1))


def test_a_photo_from_git_is_the_persons_own_after_its_file_is_gone(place: Place) -> None:
    place.run(own())
    result = place.run(default())
    assert (drift(result), place.store.written, counts(result)) == ("in_sync", [], (0, 1))
    assert drift(place.run(default("alice", OTHER_NOBODY))) == "in_sync"


def test_a_photo_of_their_own_in_git_takes_the_place_of_the_default_one_and_then_stays(place: Place) -> None:
    place.run(default())
    assert drift(place.run(own())) == "different"
    assert place.shows(ALICE)
    assert drift(place.run(default("alice", OTHER_NOBODY))) == "in_sync"
    assert place.store.written == []


def test_a_photo_that_the_person_sets_while_the_run_is_under_way_stays(place: Place) -> None:
    place.store.before_write = lambda _id: place.store.put_by_hand("alice", ALICE)
    result = place.run()
    assert (result.outcomes[0].state, place.store.written, counts(result)) == ("dropped", [], (0, 1))
    assert place.store.photos["id-alice"] == place.store.service(ALICE)


def test_what_is_known_to_be_a_persons_own_photo_is_not_fetched_again(tmp_path: Path) -> None:
    place = Place("exo", tmp_path)
    place.store.put_by_hand("alice", ALICE)
    place.run()
    assert place.store.fetched == ["id-alice"]
    result = place.run()
    assert (place.store.fetched, counts(result)) == ([], (0, 1))
    place.run(default("alice", ALICE))
    assert place.store.fetched == ["id-alice"]


def test_check_mode_says_the_same_and_remembers_nothing(place: Place) -> None:
    place.run()
    place.store.put_by_hand("alice", ALICE)
    assert counts(place.run(check=True)) == (0, 1)
    place.store.put_by_hand("alice", None)
    assert drift(place.run(check=True)) == "missing"
    assert place.store.written == []


def test_one_default_picture_for_many_is_no_mix_up_and_is_let_through(place: Place) -> None:
    result = place.run(default("alice"), default("bob"), own("u0", NOBODY), shared_pictures="refuse")
    assert [o.change.drift for o in result.outcomes] == ["missing"] * 3
    assert [o.shared_with for o in result.outcomes] == [()] * 3
    assert len(place.store.written) == 3


def test_any_other_picture_for_several_people_is_refused_as_before(place: Place) -> None:
    result = place.run(own("alice"), own("bob"), default("u0"), shared_pictures="refuse")
    assert [o.change.drift for o in result.outcomes] == ["invalid", "invalid", "missing"]


def test_whoever_shows_the_default_picture_is_not_told_to_show_somebody_elses(place: Place) -> None:
    place.run(default("alice"), default("bob"))
    result = place.run(own("alice"), default("bob"), check=True)
    assert result.outcomes[0].warnings == ()


def test_the_limits_hold_for_it(place: Place) -> None:
    everybody = [default(f"u{n}") for n in range(12)]
    refused = place.run(*everybody, max_added=Limit.parse("max_added", "5"))
    assert refused.error is not None and "12 of 12 users would get a first photo" in refused.error
    assert place.store.written == []
    place.run(*everybody)
    refused = place.run(*(default(f"u{n}", OTHER_NOBODY) for n in range(12)))
    assert refused.error is not None and "max_replaced" in refused.error


@pytest.mark.parametrize("data", [b"no picture at all", b""])
def test_a_default_picture_that_does_not_work_is_one_failure_before_the_server_is_called(
    place: Place, data: bytes
) -> None:
    with pytest.raises(PhotoError, match="the default picture cannot be used: "):
        place.run(default("alice", data), default("bob", data), own("u0"))
    assert place.store.requests == 0


def test_a_name_that_went_to_another_account_gets_the_default_picture_and_still_not_the_former_persons(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolver, "RESOLVED_FOR_SECONDS", -1.0)
    place.run(own())
    place.store.users["alice"] = dataclasses.replace(place.store.users.pop("bob"), identity="alice")
    assert drift(place.run(default())) == "missing"
    assert drift(place.run(own())) == "unresolved"


def test_a_plan_that_was_never_carried_out_makes_no_photo_a_default_picture(place: Place) -> None:
    """The default picture is somebody's photo by mistake; that person sets it, and the mistake is corrected."""
    place.run(default("alice", ALICE), plan_only=True)
    place.store.put_by_hand("alice", ALICE)
    assert drift(place.run(default("alice", NOBODY))) == "in_sync"
    assert place.store.written == []


def test_a_default_picture_that_a_run_replaced_and_a_restore_brought_back_is_none_of_ones_own(place: Place) -> None:
    place.run(default())
    former = place.store.photos["id-alice"]
    place.run(default("alice", OTHER_NOBODY))
    place.store.put_by_hand("alice", former)
    place.run(default("alice", OTHER_NOBODY))
    assert place.store.written == [("alice", "put")]


def test_an_own_photo_that_comes_back_after_the_default_picture_was_there_stays(place: Place) -> None:
    """A restore brings it back, say, and the receipts know it as ours."""
    place.run(own())
    photo = place.store.photos["id-alice"]
    place.store.put_by_hand("alice", None)
    place.run(default())
    place.store.put_by_hand("alice", photo)
    place.run(own())
    result = place.run(default())
    assert (drift(result), counts(result), place.store.written) == ("in_sync", (0, 1), [])
