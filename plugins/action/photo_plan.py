# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""photo_plan runs on the controller, because the plan is there."""

from __future__ import annotations

import typing as t

from ..module_utils._core.results import approval
from ..module_utils._core.targets import names
from ..module_utils._report.plan_file import changes
from ..plugin_utils.controller_action import ControllerAction
from ..plugin_utils.run_folder import keep_rows


class ActionModule(ControllerAction):
    """Reads and verifies a plan once, for all shards."""

    arguments: t.ClassVar[dict[str, t.Any]] = {"plan": {"type": "path", "required": True}}
    paths = ("plan",)

    def work(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """See the base class."""
        rows = changes(str(options["plan"]), names())
        files = {
            target: keep_rows(
                "The changes of the plan", (approval(row) for row in rows.values() if row.target == target)
            )
            for target in names()
        }
        return {
            "changed": False,
            "changes_files": files,
            "changes": {name: file["rows"] for name, file in files.items()},
        }
