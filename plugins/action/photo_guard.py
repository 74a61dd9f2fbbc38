# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""photo_guard runs on the controller, where the results of all shards are."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase

from ..module_utils.photo.model import PhotoError
from ..module_utils.report.guard import ARGUMENTS, judge


class ActionModule(ActionBase):
    """Options in, verdict out; the logic is in module_utils."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Fail when the plan passes a limit."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(ARGUMENTS)
        try:
            result.update(judge(options))
        except PhotoError as error:
            result.update(failed=True, msg=str(error))
            return result
        result["failed"] = not result["allowed"]
        return result
