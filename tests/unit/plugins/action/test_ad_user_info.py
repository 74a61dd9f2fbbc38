# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts of a shard are asked for by file, and told by file; the photo modules read them from there."""

from __future__ import annotations

import typing as t
from pathlib import Path
from unittest import mock

import pytest
from ansible.playbook.task import Task
from ansible_collections.hybrid.photos.plugins.action import ad_user_info
from ansible_collections.hybrid.photos.plugins.module_utils._core import rows_file
from ansible_collections.hybrid.photos.plugins.plugin_utils import run_folder
from ansible_collections.hybrid.photos.plugins.plugin_utils.photo_action import with_entries

ENTRIES = [
    {"user": "alice", "ad": "al"},
    {"user": "bob", "targets": ["ad"]},
    {"user": "carol", "targets": ["exchange"]},
]
FOUND = [{"user": "alice", "immutable_id": "x"}]


def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **arguments: t.Any
) -> tuple[dict[str, t.Any], dict[str, t.Any] | None]:
    """The result, and what the module was given; None: it did not run."""
    monkeypatch.setattr(run_folder.C, "DEFAULT_LOCAL_TMP", str(tmp_path))
    task = mock.MagicMock(Task, args=arguments, check_mode=True, async_val=0)
    action = ad_user_info.ActionModule(task, *(mock.MagicMock() for _each in range(5)))
    run = mock.MagicMock(return_value={"users": FOUND, "target": "ad", "changed": False})
    monkeypatch.setattr(action, "_execute_module", run)
    result = action.run(task_vars={})
    return result, run.call_args.args[1] if run.called else None


def test_users_come_from_the_file_and_rows_go_into_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = rows_file.write(tmp_path, ({"photos": entry} for entry in ENTRIES))
    result, given = call(
        tmp_path, monkeypatch, photos_file=file, for_targets=["exo", "exchange"], rows_in_file=True, match_by="mail"
    )
    assert given == {"users": ["alice", "carol"], "names": {"alice": "al"}, "match_by": "mail"}
    assert "users" not in result
    assert with_entries({"people": result})["people"] == {"users": FOUND, "target": "ad", "changed": False}


def test_nobody_is_not_everybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = rows_file.write(tmp_path, [{"photos": ENTRIES[1]}])
    result, given = call(tmp_path, monkeypatch, photos_file=file, for_targets=["exo"])
    assert given is None
    assert result["users"] == []


def test_other_calls_are_left_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result, given = call(tmp_path, monkeypatch, users=["x"])
    assert given == {"users": ["x"]}
    assert result["users"] == FOUND


def test_a_file_that_is_lost_stops_the_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = {"path": str(tmp_path / "gone"), "rows": 1, "sha256": "0" * 64}
    result, given = call(tmp_path, monkeypatch, photos_file=gone, for_targets=["exo"])
    assert given is None
    assert result["failed"]
    assert "are lost" in result["msg"]
