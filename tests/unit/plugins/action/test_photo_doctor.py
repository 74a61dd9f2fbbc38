# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t
from unittest import mock

from ansible.playbook.task import Task
from ansible_collections.hybrid.photos.plugins.action import photo_doctor

#: What Ansible registers for a module that could not be unpacked.
UNREAD = {
    "failed": True,
    "msg": "Module result deserialization failed: No start of json char found",
    "module_stderr": "OSError: [Errno 28] No space left on device",
    "module_stdout": "",
    "rc": 1,
}


def call(**arguments: t.Any) -> dict[str, t.Any]:
    task = mock.MagicMock(Task, args=arguments, check_mode=False, async_val=0)
    task.action, task.run_once = "hybrid.photos.photo_doctor", False
    action = photo_doctor.ActionModule(
        task, mock.MagicMock(), mock.MagicMock(), mock.MagicMock(), mock.MagicMock(), None
    )
    return action.run(None, {})


def test_a_module_that_could_not_start_is_told_with_the_cause() -> None:
    result = call(results=[UNREAD], show=False)
    assert result["failed"]
    line = next(line for line in result["lines"] if "FAILED" in line and "module" in line)
    assert "because a disk is full" in line
    assert "TMPDIR" in line
