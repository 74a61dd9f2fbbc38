# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""photo_doctor runs on the controller, because the findings of all targets are there."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible import constants as C

from ..module_utils._doctor.diagnosis import ARGUMENTS, as_json, diagnosis
from ..module_utils._report.files import make_folder, present, write
from ..plugin_utils.controller_action import ControllerAction
from ..plugin_utils.no_result import explained

COLOURS = {"FAILED": C.COLOR_ERROR, "warning": C.COLOR_WARN, "skipped": C.COLOR_SKIP, "ok": C.COLOR_OK}


class ActionModule(ControllerAction):
    """Joins the findings, shows a table on the screen, and returns the verdict."""

    arguments = ARGUMENTS
    paths = ("dest",)

    def work(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """See the base class."""
        found = diagnosis({**options, "results": [explained(result) for result in options["results"]]})
        saved = _save(Path(options["dest"]), as_json(found)) if options["dest"] else False
        return {**found, "changed": saved, "failed": not found["ok"], "msg": found["lines"][-1]}

    def colour(self, line: str) -> str | None:
        """See the base class."""
        return COLOURS.get(line[2:].split(" ", 1)[0]) if line.startswith("  ") else None


def _save(path: Path, text: str) -> bool:
    make_folder(path.parent)
    if present(path) == text:
        return False
    write(path, text)
    return True
