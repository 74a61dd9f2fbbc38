# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where people stand, and the sentence for somebody who does not know the words of this collection."""

from __future__ import annotations

import typing as t
from collections import Counter

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.results import in_short
from ansible_collections.hybrid.photos.plugins.module_utils._report.counts import outcome
from ansible_collections.hybrid.photos.plugins.module_utils._report.document import build
from ansible_collections.hybrid.photos.plugins.module_utils._report.gather import Gathered, Mode, gather
from ansible_collections.hybrid.photos.plugins.module_utils._report.people import STANDINGS, percent
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._report import sample


def report(results: list[t.Any], mode: Mode = "plan") -> dict[str, t.Any]:
    return build(gather(results), mode=mode, title="T", generated="2026-01-02T03:04:05Z")


def people(results: list[t.Any], mode: Mode = "plan") -> dict[str, t.Any]:
    found: dict[str, t.Any] = report(results, mode)["people"]
    return found


def many(target: str, done: bool = False, **numbers: int) -> sample.Result:
    """So many rows of each kind; the words of sample.row with _ for a space."""
    rows = [
        sample.row(f"{words}{number}@x", target, words.replace("__", " "), done)
        for words, count in numbers.items()
        for number in range(count)
    ]
    return sample.result(rows, target=target)


@pytest.mark.parametrize("done", [False, True])
def test_every_person_stands_at_one_place(done: bool) -> None:
    told = people(sample.with_gaps(done), "done" if done else "plan")
    assert sum(told[name] for name in STANDINGS) == told["users"] == 27


def test_the_sentence_of_the_issue() -> None:
    both = [
        many(target, in_sync=412, different=6, missing=5, unwanted=1, invalid=4, unresolved=2)
        for target in ("ad", "exo")
    ]
    told = people(both)
    assert told["sentence"] == (
        "412 of 430 people have the right photo on both sides; 12 will be changed by the next run; 6 need a person."
    )
    assert told["percent"] == 95.8


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        (("ad",), "All 3 people have the right photo in Active Directory."),
        (("exo",), "All 3 people have the right photo in Exchange Online."),
        (("ad", "exo"), "All 3 people have the right photo on both sides."),
        (("ad", "exchange"), "All 3 people have the right photo on both sides."),
        (("ad", "exchange", "exo"), "All 3 people have the right photo in all three places."),
    ],
)
def test_places_are_named_in_words(targets: tuple[str, ...], words: str) -> None:
    assert people([many(target, in_sync=3) for target in targets])["sentence"] == words


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"in_sync": 1}, "The one person has the right photo in Active Directory."),
        (
            {"missing": 1},
            "The one person does not have the right photo in Active Directory; 1 will be changed by the next run.",
        ),
        (
            {"missing": 1200},
            "None of 1,200 people have the right photo in Active Directory; 1,200 will be changed by the next run.",
        ),
        ({"in_sync": 1, "invalid": 1}, "1 of 2 people has the right photo in Active Directory; 1 needs a person."),
        (
            {"in_sync": 1, "different__kept": 2},
            "1 of 3 people has the right photo in Active Directory; 2 differ and will be left as they are.",
        ),
        (
            {"in_sync": 1, "missing__sent": 1},
            "1 of 2 people has the right photo in Active Directory; 1 is not shown yet.",
        ),
    ],
)
def test_one_person_and_several(numbers: dict[str, int], words: str) -> None:
    assert people([many("ad", **numbers)])["sentence"] == words


def test_default_pictures_are_said_apart() -> None:
    rows = [
        sample.row("a@x", "ad", default=True),
        sample.row("b@x", "ad", default=True, own_photo=True),
        sample.row("c@x", "ad"),
        sample.row("d@x", "ad", "missing", default=True),
    ]
    told = people([sample.result(rows)])
    assert told["sentence"] == (
        "3 of 4 people have the right photo in Active Directory, 1 of them the default picture; "
        "1 will be changed by the next run."
    )
    assert told["defaults"] == 1


def test_nobody_is_a_sentence_too() -> None:
    assert people([])["sentence"] == "Nobody was checked."
    assert people([])["percent"] == 0.0


def test_after_a_run_those_whom_it_changed_are_right() -> None:
    told = people([many("ad", True, in_sync=5, different=2, missing__unverified=1, unwanted__failed=1)], "done")
    assert told["sentence"] == (
        "7 of 9 people have the right photo in Active Directory, 2 of them since this run; 1 needs a person; "
        "1 is not shown yet."
    )
    assert (told["right"], told["written"], told["waiting"], told["person"]) == (7, 2, 1, 1)


def test_an_accepted_problem_needs_nobody() -> None:
    rows = [
        sample.row("a@x", "ad", "unresolved", accepted=True),
        sample.row("b@x", "ad", "unavailable", accepted=True),
        sample.row("b@x", "exo", "unavailable"),
    ]
    told = people([sample.result(rows)])
    assert (told["known"], told["person"]) == (1, 1)
    assert "1 has a problem that is known" in told["sentence"]


def test_a_part_that_failed_is_not_left_out() -> None:
    told = people([many("ad", in_sync=2), {"unreachable": True, "msg": "timed out", "shard": "s"}])
    assert told["sentence"].endswith("; a part of the run failed, and its people are not known.")


def test_everybody_is_the_only_hundred_percent() -> None:
    assert percent(99_999, 100_000) == 99.9
    assert percent(100_000, 100_000) == 100.0
    assert percent(0, 0) == 0.0


@pytest.mark.parametrize("mode", ["plan", "done"])
def test_states_of_a_target_are_those_of_its_rows(mode: Mode) -> None:
    results = sample.with_gaps(mode == "done")
    told = report(results, mode)
    for target in told["targets"]:
        rows = [row for row in gather(results).rows.values() if row.target == target]
        expected = Counter(outcome(row) if mode == "done" else row.drift for row in rows)
        expected["not_examined"] += target == "exo"
        found = told["counts"]["at"][target]["states"]
        assert +expected == {state: number for state, number in found.items() if number}


def test_departments_are_counted_and_those_without_come_last() -> None:
    rows = [
        sample.row("a@x", "ad", "missing", group="Sales"),
        sample.row("b@x", "ad", group="sales (EMEA)"),
        sample.row("c@x", "ad", group="Sales"),
        sample.row("d@x", "ad", "unresolved"),
        # The cloud may call it something else: Active Directory's name counts, as it comes first.
        sample.row("a@x", "exo", group="Vertrieb"),
    ]
    groups = people([sample.result(rows)])["groups"]
    assert [(each["name"], each["users"], each["right"], each["to_change"], each["person"]) for each in groups] == [
        ("Sales", 2, 1, 1, 0),
        ("sales (EMEA)", 1, 1, 0, 0),
        (None, 1, 0, 0, 1),
    ]
    assert groups[0]["percent"] == 50.0


def test_nobody_asked_for_departments() -> None:
    assert people([many("ad", in_sync=2)])["groups"] == []


def test_the_short_form_carries_the_department() -> None:
    entries = [["a@x", "id", None, "Sales"], ["b@x", None], "c@x", ["d@x", "id", "default", "HR"]]
    rows = list(gather([{"target": "ad", "photos": [], "in_sync": entries}]).rows.values())
    assert [(row.group, row.default) for row in rows] == [
        ("Sales", False),
        (None, False),
        (None, False),
        ("HR", True),
    ]
    assert [in_short(row) for row in rows] == [entries[0], entries[1], ["c@x", None], entries[3]]


def test_an_empty_result_is_nobody() -> None:
    assert build(Gathered(), mode="plan", title="T", generated="2026-01-02T03:04:05Z")["people"]["users"] == 0
