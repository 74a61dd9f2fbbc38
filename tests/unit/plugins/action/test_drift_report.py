# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin: options, paths, the line on the screen. A report's content is tested with module_utils/_report."""

from __future__ import annotations

import stat
import tempfile
import typing as t
from pathlib import Path
from unittest import mock

import pytest
import yaml
from ansible.playbook.task import Task
from ansible_collections.hybrid.photos.plugins.action import drift_report
from ansible_collections.hybrid.photos.plugins.module_utils._report.run import ARGUMENTS
from ansible_collections.hybrid.photos.plugins.modules.drift_report import DOCUMENTATION, RETURN
from ansible_collections.hybrid.photos.plugins.plugin_utils import run_folder, screen
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._report import sample


def call(basedir: Path, check: bool = False, **arguments: t.Any) -> tuple[dict[str, t.Any], mock.MagicMock]:
    """Run the action as a task would; the result and what was displayed."""
    task = mock.MagicMock(Task, args=arguments, check_mode=check, async_val=0, action="hybrid.photos.drift_report")
    loader = mock.MagicMock()
    loader.get_basedir.return_value = str(basedir)
    action = drift_report.ActionModule(
        task=task,
        connection=mock.MagicMock(),
        play_context=mock.MagicMock(),
        loader=loader,
        templar=mock.MagicMock(),
        shared_loader_obj=None,
    )
    with mock.patch.object(screen, "display") as display:
        return action.run(None, {}), display


def test_a_report_beside_the_playbook(tmp_path: Path) -> None:
    result, display = call(tmp_path, results=sample.everything(), dest="reports")
    assert result["paths"] == {
        "json": str(tmp_path / "reports" / "drift.json"),
        "markdown": str(tmp_path / "reports" / "drift.md"),
    }
    assert result["changed"]
    assert result["msg"] == result["line"]
    assert display.display.call_args_list[0] == mock.call(result["line"], color=None, stderr=False)


def test_a_playbook_of_a_collection_reports_where_ansible_was_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    basedir = tmp_path / "ansible_collections" / "hybrid" / "photos" / "playbooks"
    result, _display = call(basedir, results=[], dest="reports")
    assert Path(result["paths"]["json"]).parent == tmp_path / "reports"


def test_a_check_run_writes_the_report_too_and_tells_a_plan(tmp_path: Path) -> None:
    result, _display = call(tmp_path, True, results=sample.everything(True), dest=str(tmp_path))
    assert result["mode"] == "plan"
    assert (tmp_path / "drift.json").exists()


def test_the_line_leaves_stdout_to_a_callback_that_prints_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen.C, "DEFAULT_STDOUT_CALLBACK", "ansible.posix.json", raising=False)
    result, display = call(tmp_path, results=[], dest=str(tmp_path))
    display.display.assert_called_once_with(result["line"], color=None, stderr=True)


def test_the_line_can_be_kept_quiet(tmp_path: Path) -> None:
    _result, display = call(tmp_path, results=[], dest=str(tmp_path), show=False)
    display.display.assert_not_called()


def test_the_line_is_shown_even_when_the_report_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "reports").write_text("no folder")
    result, display = call(tmp_path, results=sample.everything(True), dest="reports")
    assert display.display.call_args_list[0].args[0].startswith("sync did: ")
    assert result["failed"]
    assert result["msg"].startswith(result["line"])
    assert Path(result["paths"]["json"]).exists()


def test_a_target_that_was_not_examined_is_shown_in_capital_letters(tmp_path: Path) -> None:
    down = {"failed": True, "target": "exo", "msg": "The secret has expired."}
    _result, display = call(tmp_path, results=[down], dest=str(tmp_path), targets=["exo"])
    assert display.display.call_args_list[1] == mock.call(
        "EXCHANGE ONLINE WAS NOT EXAMINED: The secret has expired.", color=drift_report.C.COLOR_ERROR, stderr=False
    )


def test_a_probe_writes_no_report_and_shows_nothing(tmp_path: Path) -> None:
    result, display = call(tmp_path, results=[], dest="reports", probe=True)
    assert not result.get("failed")
    assert result["previews_dir"] == ""
    assert list((tmp_path / "reports").iterdir()) == []
    display.display.assert_not_called()
    (tmp_path / "file").write_text("x")
    assert call(tmp_path, results=[], dest="file", probe=True)[0]["failed"]


def test_a_probe_for_a_page_makes_a_folder_for_pictures_that_is_gone_with_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_folder.C, "DEFAULT_LOCAL_TMP", str(tmp_path))
    folders = {
        Path(call(tmp_path, results=[], dest="reports", probe=True, formats=["html"])[0]["previews_dir"])
        for _run in range(2)
    }
    assert len(folders) == 2
    for folder in folders:
        assert folder.is_relative_to(tmp_path)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_what_is_no_result_fails_with_a_message(tmp_path: Path) -> None:
    result, _display = call(tmp_path, results=[{"changed": True}], dest=str(tmp_path / "out"))
    assert result["failed"]
    assert "results[0] is not what a photo module returned" in result["msg"]
    assert not (tmp_path / "out").exists()


def test_documentation_and_arguments_are_the_same() -> None:
    documented = yaml.safe_load(DOCUMENTATION)["options"]
    assert documented.keys() == ARGUMENTS.keys()
    for name, argument in ARGUMENTS.items():
        assert plain(documented[name]) == argument, name


def plain(option: dict[str, t.Any]) -> dict[str, t.Any]:
    """A documented option as an argument."""
    told = {key: value for key, value in option.items() if key not in ("description", "suboptions")}
    if "suboptions" in option:
        told["options"] = {name: plain(below) for name, below in option["suboptions"].items()}
    return told


def test_everything_that_is_returned_is_documented(tmp_path: Path) -> None:
    result, _display = call(tmp_path, results=[], dest=str(tmp_path))
    probed, _display = call(tmp_path, results=[], dest=str(tmp_path), probe=True, formats=[])
    returned = result.keys() | probed.keys()
    assert returned - {"changed", "msg", "failed"} == yaml.safe_load(RETURN).keys()
