# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""photo_doctor runs on the controller: that is where both sides' findings meet, and where a person reads."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible import constants as C
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils.doctor.joined import ARGUMENTS, as_json, diagnosis
from ..module_utils.photo.model import PhotoError
from ..module_utils.report.files import make_folder, present, write

display = Display()
COLOURS = {"FAILED": C.COLOR_ERROR, "warning": C.COLOR_WARN, "skipped": C.COLOR_SKIP, "ok": C.COLOR_OK}


class ActionModule(ActionBase):
    """Findings in, a table on the screen and a verdict out; the logic is in module_utils/doctor."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(ARGUMENTS)
        result.update(diagnosis(options), changed=False)
        if options["show"]:
            self._show(result["lines"])
        try:
            if options["dest"]:
                result["changed"] = self._save(Path(options["dest"]).expanduser(), as_json(result))
        except PhotoError as error:
            result.update(failed=True, msg=str(error))
            return result
        result["failed"] = not result["ok"]
        result["msg"] = result["lines"][-1]
        return result

    @staticmethod
    def _show(lines: t.Sequence[str]) -> None:
        # Callbacks that print JSON own stdout; the table is for people.
        to_stderr = "json" in str(C.DEFAULT_STDOUT_CALLBACK)
        for line in lines:
            colour = COLOURS.get(line[2:].split(" ", 1)[0]) if line.startswith("  ") else None
            display.display(line, color=colour, stderr=to_stderr)

    @staticmethod
    def _save(path: Path, text: str) -> bool:
        make_folder(path.parent)
        if present(path) == text:
            return False
        write(path, text)
        return True
