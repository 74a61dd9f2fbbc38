# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file or folder that a run could not use is told before anything is read, and nothing is made to find that out."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path
from unittest import mock

import pytest
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible_collections.hybrid.photos.plugins.action import role_variables
from ansible_collections.hybrid.photos.plugins.plugin_utils import role_paths
from ansible_collections.hybrid.photos.plugins.plugin_utils.role_paths import kind_of, problems_of_paths
from ansible_collections.hybrid.photos.plugins.plugin_utils.role_variables import all_roles, options_of

#: Every variable of every role that names a file or a folder.
PLACES = {
    "sync_report_dir": "folder",
    "sync_backup_dir": "folder",
    "sync_receipts": "file",
    "sync_plan": "file to read",
    "drift_report_dir": "folder",
    "drift_receipts": "file",
    "lead_report_dir": "folder",
    "lead_backup_dir": "folder",
    "lead_receipts": "file",
    "restore_from": "folder to read",
    "restore_report_dir": "folder",
    "restore_backup_dir": "folder",
    "restore_receipts": "file",
    "export_dest": "folder",
    "export_list": "file",
    "validate_path": "folder to read",
    "validate_junit": "file",
    "doctor_receipts": "file",
    "doctor_report": "file",
}
#: What drift_report itself looks at, with probe, before a run.
PROBED = {f"{role}_{word}" for role in ("drift", "sync", "lead") for word in ("history", "metrics_dir")}


def said(name: str, value: object) -> list[str]:
    role = name.partition("_")[0]
    kind = kind_of(name, role, options_of(role)[name]["type"])
    assert kind is not None
    return problems_of_paths({name: (str(value), kind)})


def test_every_variable_that_names_a_place_is_looked_at() -> None:
    found = {
        name
        for role in all_roles()
        for name, option in options_of(role).items()
        if kind_of(name, role, option["type"]) is not None
    }
    assert found == set(PLACES)
    words = ("file", "folder", "path", "dir")
    named_so = {
        name
        for role in all_roles()
        for name, option in options_of(role).items()
        if option["type"] in ("str", "path")
        and name.endswith(("_dir", "_path", "_dest", "_file", "_junit", "_history"))
    }
    assert named_so <= found | PROBED, words


@pytest.mark.parametrize(("name", "what"), PLACES.items())
def test_another_kind_of_thing_is_told_with_variable_and_value(tmp_path: Path, name: str, what: str) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    wrong = "file" if what.startswith("folder") else "folder"
    is_there = {"file": "a file", "folder": "a directory"}[wrong]
    path = tmp_path / wrong
    assert said(name, path) == [f"{name} is '{path}': it is {is_there}; name a {what.split(maxsplit=1)[0]}"]


@pytest.mark.parametrize(("name", "what"), PLACES.items())
def test_what_is_missing_is_fine_where_the_run_makes_it(tmp_path: Path, name: str, what: str) -> None:
    path = tmp_path / "a" / "b"
    kind = what.split(maxsplit=1)[0]
    expected = [f"{name} is '{path}': there is no such {kind}; name an existing one"] if "read" in what else []
    assert said(name, path) == expected
    assert list(tmp_path.iterdir()) == [], "nothing was made"


@pytest.mark.parametrize("name", [name for name, what in PLACES.items() if "read" not in what])
def test_a_place_below_a_file_is_told_with_the_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("x")
    (told,) = said(name, tmp_path / "file" / "a" / "b")
    assert told.startswith(f"{name} is '{tmp_path}/file/a/b': {tmp_path}/file is a file, so the ")
    assert "cannot be made; name another f" in told


@pytest.mark.parametrize("name", PLACES)
def test_a_place_without_rights_is_told(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "there"
    path.mkdir() if PLACES[name].startswith("folder") else path.write_text("x")
    asked: list[int] = []
    monkeypatch.setattr(role_paths.os, "access", lambda _path, rights: asked.append(rights))
    (told,) = said(name, path)
    reads = "read" in PLACES[name] or name in role_paths.READ_RECEIPTS
    assert told.startswith(f"{name} is '{path}': this account may not {'read' if reads else 'write to'} it; give it")
    assert asked[0] & (os.R_OK if reads else os.W_OK)
    if reads:
        return
    (told,) = said(name, tmp_path / "new" / "more")
    assert f"this account may not write to {tmp_path}, so the f" in told


def test_one_cause_is_told_once_and_a_relative_path_starts_where_ansible_was_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("x")
    folder = kind_of("sync_report_dir", "sync", "str")
    assert folder is not None
    found = problems_of_paths({"sync_report_dir": ("file", folder), "sync_backup_dir": ("file/backups/1", folder)})
    assert found == [f"sync_report_dir is 'file' ({tmp_path}/file): it is a file; name a folder"]


def checked(variables: dict[str, t.Any], *, transport: str = "local", become: bool = False) -> dict[str, t.Any]:
    args = {"role": next(iter(variables)).partition("_")[0]}
    task = mock.MagicMock(Task, async_val=0, check_mode=True, diff=False, args=args, become=become)
    loader, templar = mock.MagicMock(), mock.MagicMock()
    loader.get_basedir.return_value = "/nowhere"
    templar.template.side_effect = lambda value: value
    connection = mock.MagicMock(transport=transport)
    with mock.patch.object(role_variables, "load_extra_vars", return_value={}):
        action = role_variables.ActionModule(task, connection, mock.MagicMock(PlayContext), loader, templar, None)
        return action.run(task_vars=variables)


def test_the_first_task_of_a_role_tells_it_in_check_mode_too(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    answer = checked({"sync_backup_dir": f"{tmp_path}/file"})
    assert answer["failed"] is True
    assert answer["msg"] == f"sync_backup_dir is '{tmp_path}/file': it is a file; name a folder"


@pytest.mark.parametrize("where", [{"transport": "ssh"}, {"become": True}])
def test_places_of_another_machine_or_account_are_not_judged_from_here(tmp_path: Path, where: dict[str, t.Any]) -> None:
    (tmp_path / "file").write_text("x")
    assert "failed" not in checked({"sync_backup_dir": f"{tmp_path}/file"}, **where)
    assert checked({"sync_report_dir": f"{tmp_path}/file"}, **where)["failed"] is True, "a report is made here"
