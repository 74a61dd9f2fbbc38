# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""photo_validate runs on the controller, because the checkout is there."""

from __future__ import annotations

import typing as t

from ansible import constants as C

from ..module_utils._report.validation import ARGUMENTS, run
from ..plugin_utils.controller_action import ControllerAction

COLOURS = {"error": C.COLOR_ERROR, "warning": C.COLOR_WARN}


class ActionModule(ControllerAction):
    """Checks a folder. Fails if there is an error; with fail_on: warning, also if there is a warning."""

    arguments = ARGUMENTS
    paths = ("path", "junit")

    def work(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """See the base class."""
        found = run(options)
        return {**found, "failed": not found["valid"], "msg": found["lines"][-1]}

    def colour(self, line: str) -> str | None:
        """See the base class."""
        return COLOURS.get(line.partition(":")[0])
