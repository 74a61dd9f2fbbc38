# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""drift_report runs on the controller, because the results are there."""

from __future__ import annotations

import typing as t

from ansible import constants as C

from ..module_utils._core.model import PhotoError
from ..module_utils._report.run import ARGUMENTS, drop_previews, prepare, probe_dest, publish, where
from ..plugin_utils.controller_action import ControllerAction
from ..plugin_utils.run_folder import previews_folder

COLOURS = {"+": C.COLOR_DIFF_ADD, "-": C.COLOR_DIFF_REMOVE, "@": C.COLOR_DIFF_LINES}


class ActionModule(ControllerAction):
    """Makes the report. The line is on the screen before the first file is written."""

    arguments = ARGUMENTS
    paths = ("dest", "previews_dir", "root", "plan", "metrics_dir", "history")

    def work(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """See the base class."""
        if self._task.check_mode and not options["mode"]:
            options["mode"] = "plan"
        if options["probe"]:
            probe_dest(options)
            previews = str(previews_folder()) if "html" in options["formats"] else ""
            return {"changed": False, "previews_dir": previews}
        try:
            prepared = prepare(options)
        except PhotoError:
            drop_previews(options)
            raise
        self.show(options, prepared.lines)
        result = publish(options, prepared)
        self.show(options, where(options, result))
        return {"msg": prepared.report["line"], **result}

    def lines(self, result: dict[str, t.Any]) -> t.Sequence[str]:
        """None: ``work`` shows the lines before it writes the report."""
        return ()

    def colour(self, line: str) -> str | None:
        """See the base class."""
        return C.COLOR_ERROR if " WAS NOT EXAMINED: " in line else COLOURS.get(line[:1])
