# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a module did not run to its end is said in words, with what to do about it."""

from __future__ import annotations

import tempfile
import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.plugin_utils.no_result import explained, of_exception

UNREAD = "Module result deserialization failed: No start of json char found"


def ended(**more: t.Any) -> dict[str, t.Any]:
    """What Ansible returns for a module whose output is no result."""
    return {"failed": True, "msg": UNREAD, "module_stdout": "", "module_stderr": "", "rc": 1, **more}


def test_a_full_disk_is_told_with_the_folders_that_may_be_on_it() -> None:
    result = explained(ended(module_stderr="Traceback …\nOSError: [Errno 28] No space left on device"))
    for part in (
        "a disk is full",
        tempfile.gettempdir(),
        "TMPDIR",
        "ANSIBLE_LOCAL_TEMP",
        "ANSIBLE_REMOTE_TEMP",
        UNREAD,
    ):
        assert part in result["msg"]
    assert result["failed"]


def test_a_temporary_folder_that_was_removed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "gone"
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    error = FileNotFoundError(2, "No such file or directory", str(folder / "photos-x"))
    stderr = f"Traceback …\nFileNotFoundError: {error}"
    for said in (of_exception(error)["msg"], explained(ended(module_stderr=stderr))["msg"]):
        assert f"because the temporary folder {folder} (TMPDIR) was removed" in said
    folder.mkdir()
    assert "was removed" not in of_exception(error)["msg"]
    assert "was removed" not in of_exception(FileNotFoundError(2, "No such file", "/nowhere"))["msg"]


@pytest.mark.parametrize("code", [137, -9])
def test_a_killed_process_is_told(code: int) -> None:
    said = explained(ended(rc=code))["msg"]
    assert "ended by the signal SIGKILL" in said
    assert "memory" in said


def test_another_signal_says_nothing_about_memory() -> None:
    said = explained(ended(rc=143))["msg"]
    assert "ended by the signal SIGTERM" in said
    assert "memory" not in said


@pytest.mark.parametrize("code", [1, 0, 2, None, 127, 128, 255])
def test_nothing_is_guessed(code: int | None) -> None:
    assert explained(ended(rc=code))["msg"] == UNREAD


def test_a_result_is_not_touched() -> None:
    result = {"failed": True, "msg": "alice: [Errno 28] No space left on device", "rc": 137}
    assert explained(result) == result


def test_an_exception_is_a_failed_result() -> None:
    assert of_exception(ValueError("x")) == {
        "failed": True,
        "changed": False,
        "not_started": True,
        "msg": "The module could not be run: x",
    }
    assert "a disk is full" in of_exception(OSError(122, "Disk quota exceeded"))["msg"]
