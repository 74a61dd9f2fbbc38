# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs over both domains, with pictures named by employee number."""

from __future__ import annotations

import io
import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Definition, Recipe, Source
from ansible_collections.hybrid.photos.plugins.module_utils._sync import applier
from ansible_collections.hybrid.photos.plugins.module_utils._sync.guards import Limit
from ansible_collections.hybrid.photos.plugins.module_utils._sync.options import Services, Settings
from ansible_collections.hybrid.photos.plugins.module_utils._sync.receipts import Receipts
from ansible_collections.hybrid.photos.plugins.module_utils._sync.run import Result, reconcile
from domain.company import BRANCH, CORP, Employee, everyone
from domain.control import Domain
from domain.estate import Estate
from PIL import Image

MakeStore = t.Callable[..., t.Any]
Run = t.Callable[..., Result]


def portrait(one: Employee) -> bytes:
    """A picture of this person's own: two colours that nobody else has."""
    made = Image.new("RGB", (120, 120), (one.number * 6, 255 - one.number * 6, one.number * 3))
    made.paste((255 - one.number * 5, one.number * 5, 128), (20, 30, 70, 90))
    file = io.BytesIO()
    made.save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def run(make_store: MakeStore, tmp_path: Path) -> Run:
    """One run for all forty, with receipts that the next one reads."""

    def made(progress: t.Callable[[str, int, int], None] | None = None, **options: t.Any) -> Result:
        definitions = [Definition(one.employee_number, "present", Source(content=portrait(one))) for one in everyone()]
        no_limit = Limit.parse("max_replaced", "100%")
        settings = Settings(
            recipe=Recipe(96, 10_240, mark=True),
            match_by="employeeNumber",
            max_replaced=no_limit,
            max_removed=no_limit,
            patience=1.0,
        )
        receipts = Receipts(tmp_path / "receipts.sqlite", "ad", False)
        store = make_store("employeeNumber", memory=receipts, domain=[CORP, BRANCH], **options)
        services = Services(receipts) if progress is None else Services(receipts, progress=progress)
        try:
            return reconcile(definitions, store, settings, services)
        finally:
            store.close()
            receipts.close()

    return made


def test_a_second_run_changes_nothing(run: Run, doors: dict[str, Domain]) -> None:
    first = run()
    assert first.error is None
    assert all(outcome.changed and outcome.verified for outcome in first.outcomes)
    before = {name: door.highest_usn() for name, door in doors.items()}
    second = run()
    assert [outcome.change.drift for outcome in second.outcomes] == ["in_sync"] * 40
    assert before == {name: door.highest_usn() for name, door in doors.items()}
    assert second.requests < first.requests


def test_a_run_survives_the_loss_of_a_controller_between_two_lots(
    run: Run, estate: Estate, doors: dict[str, Domain], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applier, "TOGETHER", 8)

    def lose(what: str, done: int, _total: int) -> None:
        if what == "written" and done == 16 and estate.is_up("dc1"):
            estate.stop("dc1")

    first = run(lose)
    assert not estate.is_up("dc1")
    assert first.error is None
    assert any("dc1.corp.test was skipped" in note for note in first.notes)
    assert all(outcome.changed and outcome.error is None for outcome in first.outcomes)
    # What was written last before the loss may not be shown by the other controller yet, and that is said.
    unverified = [outcome for outcome in first.outcomes if not outcome.verified]
    assert len(unverified) <= 8
    estate.start("dc1")
    estate.replicate("dc1", "dc2")
    estate.replicate("dc2", "dc1")
    assert {name: len(set(doors[name].photos().values()) - {None}) for name in ("dc1", "dc2", "dc3")} == {
        "dc1": 30,
        "dc2": 30,
        "dc3": 10,
    }
    before = {name: door.highest_usn() for name, door in doors.items()}
    second = run()
    assert [outcome.change.drift for outcome in second.outcomes] == ["in_sync"] * 40
    assert not any(outcome.change.foreign for outcome in second.outcomes)
    assert before == {name: door.highest_usn() for name, door in doors.items()}
