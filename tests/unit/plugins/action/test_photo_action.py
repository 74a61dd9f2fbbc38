# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a photo action says before it runs the module."""

from __future__ import annotations

import json
import shutil
import threading
import typing as t
from pathlib import Path
from unittest import mock

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.playbook.task import Task
from ansible_collections.hybrid.photos.plugins.action import exo_user_photo
from ansible_collections.hybrid.photos.plugins.module_utils._core import rows_file
from ansible_collections.hybrid.photos.plugins.plugin_utils import photo_action, run_folder, screen
from ansible_collections.hybrid.photos.plugins.plugin_utils.photo_action import acceptable, follow, malformed, no_names


@pytest.mark.parametrize(
    ("photos", "words"),
    [
        ("alice@example.com", "text"),
        ({"user": "alice"}, "a dictionary"),
        (7, "a number"),
        ([{"user": "alice"}, "bob"], "entry 2 is text"),
        ([None], "entry 1 is nothing"),
    ],
)
def test_a_malformed_list_is_told_by_name_and_place(photos: t.Any, words: str) -> None:
    said = malformed(photos)
    assert said is not None
    assert said.startswith("photos ")
    assert words in said
    assert "bob" not in said


def test_a_malformed_list_has_the_name_of_the_variable() -> None:
    assert malformed("x", "drift_photos") == (
        "drift_photos must be a list of entries such as {user: alice@example.com, src: alice.jpg}, and not text"
    )
    assert str(malformed([{}, "bob"], "photos")).startswith("photos must be ")


@pytest.mark.parametrize("photos", [None, [], [{"user": "alice"}], ({"user": "alice"},)])
def test_a_list_of_entries_is_left_to_the_module(photos: t.Any) -> None:
    assert malformed(photos) is None


def test_names_that_are_no_unicode_do_not_stop_the_call() -> None:
    photos = [{"user": "m\udcfcller", "src": "/x/m\udcfcller.jpg"}, {"user": "alice", "state": "absent"}]
    given = acceptable({"photos": photos, "size": 64})
    json.dumps(given, ensure_ascii=False).encode()
    assert given == {
        "photos": [{"user": "m\ufffdller", "src": "/x/m\ufffdller.jpg"}, {"user": "alice", "state": "absent"}],
        "size": 64,
    }


def test_arguments_that_arrive_as_they_are_are_not_touched() -> None:
    photos = [{"user": "björk", "src": "/x/björk.jpg"}]
    assert acceptable({"photos": photos})["photos"] is photos
    assert acceptable({"user": "alice", "content": "x"}) == {"user": "alice", "content": "x"}


@pytest.mark.parametrize(("transport", "kept"), [("local", True), ("ssh", False)])
def test_pictures_for_the_report_are_asked_for_only_where_the_report_finds_them(
    transport: str, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is one of the controller: elsewhere it may be impossible to make, and nobody would empty it."""
    task = mock.MagicMock(Task, args={"user": "alice", "previews_dir": "/run/user/0/p"}, check_mode=True, async_val=0)
    action = exo_user_photo.ActionModule(
        task, mock.MagicMock(transport=transport), *(mock.MagicMock() for _each in range(4))
    )
    given: dict[str, t.Any] = {}
    monkeypatch.setattr(action, "_execute_module", lambda _name, arguments, **_rest: given.update(arguments) or {})
    action.run(task_vars={})
    assert ("previews_dir" in given) is kept


@pytest.mark.parametrize(
    ("callback", "stderr"), [("default", False), ("ansible.posix.json", True), ("ansible.posix.jsonl", True)]
)
def test_no_live_line_gets_into_the_document_of_a_callback_that_prints_json(
    callback: str, stderr: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen.C, "DEFAULT_STDOUT_CALLBACK", callback, raising=False)
    display = mock.MagicMock()
    monkeypatch.setattr(screen, "display", display)
    # The line when a shard is done.
    photos = [{"user": "alice", "state": "absent"}, {"user": "bob", "state": "absent"}]
    task = mock.MagicMock(Task, args={"photos": photos}, check_mode=False, async_val=0)
    action = exo_user_photo.ActionModule(task, *(mock.MagicMock() for _each in range(5)))
    monkeypatch.setattr(action, "_execute_module", lambda *_args, **_kwargs: {"summary": {"in_sync": 2}})
    action.run(task_vars={"inventory_hostname": "photos_0001"})
    done = display.display.call_args_list
    # The line while it is under way.
    progress = tmp_path / "progress"
    progress.write_text(json.dumps({"what": "read", "done": 1, "total": 2}))
    stop = threading.Event()
    monkeypatch.setattr(display, "display", mock.MagicMock(side_effect=lambda *_args, **_kwargs: stop.set()))
    follow(progress, "photos_0001: Exchange Online", stop, every=0.01)
    calls = [*done, *display.display.call_args_list]
    assert [call.args[0] for call in calls] == [
        "photos_0001: Exchange Online: 2 in sync",
        "photos_0001: Exchange Online: read 1 of 2",
    ]
    assert all(call.kwargs["stderr"] is stderr for call in calls)


ROWS = [{"user": "alice", "drift": "in_sync"}, {"user": "bob", "drift": "missing"}]


def shard_run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: dict[str, t.Any] | Exception,
    meanwhile: t.Callable[[], object] = lambda: None,
    **arguments: t.Any,
) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """The action with entries and rows in files; its result, and what the module was given."""

    def module(_name: str, options: dict[str, t.Any], **_rest: t.Any) -> dict[str, t.Any]:
        given.update(options)
        meanwhile()
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(run_folder.C, "DEFAULT_LOCAL_TMP", str(tmp_path))
    args = {"photos_file": rows_file.write(tmp_path, ({"photos": row} for row in ROWS)), "rows_in_file": True}
    task = mock.MagicMock(Task, args={**args, **arguments}, check_mode=True, async_val=0)
    action = exo_user_photo.ActionModule(task, *(mock.MagicMock() for _each in range(5)))
    given: dict[str, t.Any] = {}
    monkeypatch.setattr(action, "_execute_module", module)
    monkeypatch.setattr(screen, "display", mock.MagicMock())
    return action.run(task_vars={"inventory_hostname": "photos_0007"}), given


def test_entries_come_from_a_file_and_rows_go_into_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"photos": ROWS, "left_out": ["carol"], "summary": {"in_sync": 1, "missing": 1}, "changed": True}
    answer = {**rows_file.in_one_text(answer), "invocation": {"module_args": {}}}
    result, given = shard_run(tmp_path, monkeypatch, answer)
    assert given["photos"] == ROWS
    assert "photos_file" not in given
    assert result.keys() == {"summary", "changed", "rows_file", "target", "shard", "check_mode"}
    assert (result["target"], result["shard"], result["check_mode"]) == ("exo", "photos_0007", True)
    assert rows_file.parts(result["rows_file"]) == {"photos": ROWS, "left_out": ["carol"]}


def test_a_module_that_examined_nobody_has_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result, _given = shard_run(tmp_path, monkeypatch, {"failed": True, "msg": "MODULE FAILURE"})
    assert "rows_file" not in result
    assert (result["msg"], result["shard"]) == ("MODULE FAILURE", "photos_0007")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device"), "a disk is full"),
        (AnsibleError("Failed to transfer file to '/x': [Errno 28] No space left on device"), "a disk is full"),
        (AnsibleConnectionFailure("Failed to create temporary directory."), "Failed to create temporary directory."),
        (AnsibleError("The interpreter is gone."), "The module could not be run: The interpreter is gone."),
    ],
)
def test_a_module_that_cannot_be_started_is_a_result_so_that_its_host_stays_in_the_play(
    error: Exception, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result, _given = shard_run(tmp_path, monkeypatch, error)
    assert said in result["msg"]
    assert result["failed"]
    assert not result["changed"]
    assert not result.get("unreachable")
    assert (result["target"], result["shard"], result["check_mode"]) == ("exo", "photos_0007", True)


def test_in_a_playbook_of_ones_own_an_unreachable_host_is_unreachable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AnsibleConnectionFailure, match="no route"):
        shard_run(tmp_path, monkeypatch, AnsibleConnectionFailure("no route"), rows_in_file=False)


def test_a_temporary_folder_that_is_removed_while_the_module_runs_costs_no_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo_action.tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    answer = rows_file.in_one_text({"photos": ROWS, "changed": True})
    result, _given = shard_run(tmp_path, monkeypatch, answer, meanwhile=lambda: shutil.rmtree(tmp_path / "temporary"))
    assert rows_file.parts(result["rows_file"])["photos"] == ROWS


def test_rows_that_cannot_be_written_stay_in_the_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: t.Any) -> t.NoReturn:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(photo_action, "run_folder", full)
    result, _given = shard_run(tmp_path, monkeypatch, rows_file.in_one_text({"photos": ROWS, "changed": False}))
    assert result["photos"] == ROWS
    assert "rows_text" not in result
    assert "No space left" in result["warnings"][0]


def test_a_file_of_entries_that_is_cut_stops_the_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = rows_file.write(tmp_path, [{"photos": ROWS[0]}])
    Path(told["path"]).write_text("")
    result, given = shard_run(tmp_path, monkeypatch, {}, photos_file=told)
    assert result["failed"]
    assert not given
    assert "its end is missing" in result["msg"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["alice", 5], "confirm_accounts: 5 is a number, not a name of a user; put names in quotes"),
        ([True], "confirm_accounts: True is a truth value, "),
        ([None], "confirm_accounts: None is nothing, "),
        ([["alice"]], "confirm_accounts: ['alice'] is a list, "),
    ],
)
def test_what_is_no_name_of_a_user_is_told_and_not_made_one(values: list[t.Any], said: str) -> None:
    assert str(no_names("confirm_accounts", values)).startswith(said)


@pytest.mark.parametrize("values", [None, [], "alice,bob", ["alice", "5"]])
def test_names_are_accepted(values: t.Any) -> None:
    assert no_names("confirm_accounts", values) is None
