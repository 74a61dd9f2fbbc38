# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions that work on the controller have in common: where a relative path starts."""

from __future__ import annotations

import typing as t
from pathlib import Path
from unittest import mock

import pytest
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible_collections.hybrid.photos.plugins.action import photo_doctor, photo_validate
from ansible_collections.hybrid.photos.plugins.plugin_utils import controller_action
from PIL import Image


def call(module: t.Any, basedir: Path, **arguments: t.Any) -> dict[str, t.Any]:
    task = mock.MagicMock(Task, async_val=0, check_mode=False, diff=False, args={"show": False, **arguments})
    loader = mock.MagicMock()
    loader.get_basedir.return_value = str(basedir)
    context = mock.MagicMock(PlayContext)
    action = module.ActionModule(task, mock.MagicMock(), context, loader, mock.MagicMock(), mock.MagicMock())
    result: dict[str, t.Any] = action.run(task_vars={})
    return result


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that Ansible was called in, which is not the playbook's."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def folder_with_a_photo(parent: Path) -> None:
    (parent / "photos").mkdir(parents=True)
    Image.new("RGB", (700, 700), "red").save(parent / "photos" / "alice@example.com.jpg")


def test_a_check_of_definitions_starts_from_the_folder_of_the_playbook(tmp_path: Path, elsewhere: Path) -> None:
    folder_with_a_photo(tmp_path)
    found = call(photo_validate, tmp_path, path="photos", junit="reports/validate.xml")
    assert found["summary"]["users"] == 1
    assert (tmp_path / "reports" / "validate.xml").exists()
    assert list(elsewhere.iterdir()) == []


def test_a_playbook_of_a_collection_starts_from_where_ansible_was_called(tmp_path: Path, elsewhere: Path) -> None:
    folder_with_a_photo(elsewhere)
    basedir = tmp_path / "ansible_collections" / "hybrid" / "photos" / "playbooks"
    assert call(photo_validate, basedir, path="photos")["summary"]["users"] == 1


def test_findings_of_a_doctor_are_saved_from_the_folder_of_the_playbook(tmp_path: Path, elsewhere: Path) -> None:
    call(photo_doctor, tmp_path, results=[], dest="reports/doctor.json")
    assert (tmp_path / "reports" / "doctor.json").exists()
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("strategy", ["free", "ansible.builtin.free", "host_pinned", "ansible.builtin.host_pinned"])
def test_what_is_to_be_done_once_is_refused_where_ansible_would_do_it_for_each_host(strategy: str) -> None:
    play = mock.MagicMock(strategy=strategy)
    task = mock.MagicMock(Task, run_once=True, async_val=0, args={}, get_play=lambda: play)
    action = photo_validate.ActionModule(task, *(mock.MagicMock() for _each in range(5)))
    result = action.run(task_vars={})
    assert result["failed"]
    assert result["msg"].startswith(f"strategy: {strategy} cannot be used")
    assert "strategy: linear" in result["msg"]


@pytest.mark.parametrize(
    ("strategy", "run_once"),
    [("linear", True), ("ansible.builtin.linear", True), ("debug", True), ("mitogen_linear", True), ("free", False)],
)
def test_other_strategies_and_tasks_for_each_host_are_served(strategy: str, run_once: bool) -> None:
    play = mock.MagicMock(strategy=strategy)
    task = mock.MagicMock(Task, run_once=run_once, get_play=lambda: play)
    assert controller_action.unfit_strategy(task) is None
