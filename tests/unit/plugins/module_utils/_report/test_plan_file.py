# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan that is read line by line gives what the whole plan gives, and nothing when it was changed."""

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.filter.approved_changes import approved_changes
from ansible_collections.hybrid.photos.plugins.module_utils._core import rows_file
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._core.results import approval
from ansible_collections.hybrid.photos.plugins.module_utils._report import plan, plan_file
from ansible_collections.hybrid.photos.plugins.module_utils._report.document import as_json, build
from ansible_collections.hybrid.photos.plugins.module_utils._report.gather import Mode, gather
from ansible_collections.hybrid.photos.plugins.module_utils._report.plan_file import changes

from . import sample

TARGETS = ("ad", "exo")


def text(mode: Mode = "plan", results: list[t.Any] | None = None) -> str:
    gathered = gather(sample.with_gaps(done=mode == "done") if results is None else results)
    return as_json(build(gathered, mode=mode, title="T", generated="2026-01-02T03:04:05Z"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "drift.json"
    path.write_text(text())
    return path


@pytest.mark.parametrize(
    "layout",
    [
        lambda text: text,
        lambda text: json.dumps(json.loads(text), indent=2),
        lambda text: json.dumps(json.loads(text)),
    ],
)
def test_the_changes_are_those_of_the_whole_plan(file: Path, layout: t.Callable[[str], str]) -> None:
    file.write_text(layout(file.read_text()))
    report = plan.parse(file.read_text())
    wanted = {(row.key, row.target): row for target in TARGETS for row in plan.planned_changes(report, target)}
    assert dict(changes(str(file), TARGETS).items()) == wanted
    assert wanted


def test_a_plan_of_nobody_has_no_change(file: Path) -> None:
    file.write_text(text(results=[]))
    assert list(changes(str(file), TARGETS)) == []


def _drop_a_line(lines: list[str]) -> list[str]:
    place = next(number for number, line in enumerate(lines) if line.startswith('  {"user"'))
    return [*lines[:place], *lines[place + 1 :]]


@pytest.mark.parametrize(
    "tamper",
    [
        _drop_a_line,
        lambda lines: [line.replace('"user": "adele', '"user": "evele') for line in lines],
        lambda lines: [line.replace('"title": "T"', '"title": "U"') for line in lines],
        lambda lines: [line.replace('"messages":', '"users": [{}], "messages":') for line in lines],
        lambda lines: [line + ("]" if line.startswith("  {") else "") for line in lines],
        lambda lines: lines[:-4],
        lambda lines: [*lines, *lines],
    ],
)
def test_a_plan_that_was_changed_gives_no_change(file: Path, tamper: t.Callable[[list[str]], list[str]]) -> None:
    before = file.read_text()
    file.write_text("\n".join(tamper(before.splitlines())) + "\n")
    assert file.read_text() != before
    with pytest.raises(PhotoError):
        changes(str(file), TARGETS)


def test_a_file_in_other_lines_is_not_held_when_it_is_larger_than_what_is_read(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()), indent=2))
    held: list[bytes] = []
    for module in (plan, plan_file):
        monkeypatch.setattr(module, "MAX_PLAN_BYTES", 1000)
        monkeypatch.setattr(module, "loads", held.append)
    with pytest.raises(PhotoError, match="more than the 1,000 that are read"):
        changes(str(file), TARGETS)
    assert held == []


def test_a_report_of_what_was_done_is_no_plan(file: Path) -> None:
    file.write_text(text("done"))
    with pytest.raises(PhotoError, match="what was done"):
        changes(str(file), TARGETS)


def test_what_is_no_file_of_text_is_refused(file: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    for path in (tmp_path / "pipe", tmp_path / "none", tmp_path, tmp_path / "bytes"):
        with pytest.raises(PhotoError, match=str(path)):
            changes(str(path), TARGETS)


def test_approvals_of_a_shard_come_from_the_file_of_all(file: Path, tmp_path: Path) -> None:
    rows = changes(str(file), ["exo"])
    told = rows_file.write(tmp_path, map(approval, rows.values()))
    whole = approved_changes(file.read_text(), "exo")
    assert sorted(approved_changes(told, "exo"), key=str) == sorted(whole, key=str)
    assert approved_changes(told, "exo", ["ADELE.vance@contoso.example"]) == [
        each for each in whole if each["user"].startswith("adele")
    ]
