# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""drift_report runs on the controller: that is where results are, and where a person waits for the line."""

from __future__ import annotations

import typing as t

from ..module_utils._report.run import ARGUMENTS, report
from ..plugin_utils.controller_action import ControllerAction


class ActionModule(ControllerAction):
    """Options in, report out."""

    arguments = ARGUMENTS
    paths = ("dest", "previews_dir", "root")

    def work(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """See the base class."""
        if self._task.check_mode and not options["mode"]:
            options["mode"] = "plan"
        told = report(options)
        return {**told, "msg": told["line"]}

    def lines(self, result: dict[str, t.Any]) -> t.Sequence[str]:
        """See the base class."""
        return [result["line"]] if "line" in result else []
