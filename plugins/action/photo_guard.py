# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""photo_guard runs on the controller, because the results of all shards are there."""

from __future__ import annotations

import typing as t

from ..module_utils._report.guard import ARGUMENTS, judge
from ..plugin_utils.controller_action import ControllerAction


class ActionModule(ControllerAction):
    """Fails when the plan exceeds a limit."""

    arguments = ARGUMENTS

    def work(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """See the base class."""
        verdict = judge(options)
        return {**verdict, "failed": not verdict["allowed"]}
