# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""photo_validate runs on the controller, or wherever ansible-playbook was called: that is where the checkout is."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible import constants as C
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils.photo.model import PhotoError
from ..module_utils.report.validation import ARGUMENTS, run

display = Display()


class ActionModule(ActionBase):
    """A folder in, findings out; the logic is in module_utils."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Fail when there is an error in the folder, or anything at all with fail_on: warning."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(ARGUMENTS)
        for name in ("path", "junit"):
            if options[name]:
                options[name] = str(Path(str(options[name])).expanduser())
        try:
            result.update(run(options))
        except PhotoError as error:
            result.update(failed=True, msg=str(error))
            return result
        if options["show"]:
            self._show(result["lines"])
        result["failed"] = not result["valid"]
        result["msg"] = result["lines"][-1]
        return result

    @staticmethod
    def _show(lines: t.Sequence[str]) -> None:
        # Callbacks that print JSON own stdout; the lines are for people.
        to_stderr = "json" in str(C.DEFAULT_STDOUT_CALLBACK)
        for line in lines:
            colour = {"error": C.COLOR_ERROR, "warning": C.COLOR_WARN}.get(line.partition(":")[0])
            display.display(line, color=colour, stderr=to_stderr)
