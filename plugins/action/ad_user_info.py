# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module of the same name. For the roles, it reads users from a file of the run and writes rows to one."""

from __future__ import annotations

import functools
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ..module_utils._core import rows_file
from ..module_utils._core.model import PhotoError
from ..plugin_utils.no_result import outcome_of
from ..plugin_utils.run_folder import run_folder


class ActionModule(ActionBase):
    """See the module docstring."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """The module's result, with ``users_file`` in place of ``users`` if this is requested."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        in_file = boolean(arguments.pop("rows_in_file", False), strict=False)
        file, targets = arguments.pop("photos_file", None), arguments.pop("for_targets", None) or []
        if file is not None:
            try:
                entries = [e for e in rows_file.items(file, "photos") if any(rows_file.concerns(e, t) for t in targets)]
            except PhotoError as error:
                return {**result, "failed": True, "msg": str(error), "target": "ad"}
            if not entries:
                # For the module, an empty list means all users.
                return {**result, "changed": False, "users": [], "target": "ad"}
            arguments["users"] = [entry["user"] for entry in entries]
            arguments["names"] = {str(entry["user"]): entry["ad"] for entry in entries if entry.get("ad")}
        run = functools.partial(self._execute_module, "hybrid.photos.ad_user_info", arguments, task_vars=task_vars)
        result.update(outcome_of(run, as_result=in_file))
        if result.get("not_started"):
            result["target"] = "ad"
        return _in_a_file(result) if in_file and "users" in result else result


def _in_a_file(result: dict[str, t.Any]) -> dict[str, t.Any]:
    kept = {name: value for name, value in result.items() if name not in ("users", "invocation")}
    try:
        return {**kept, "users_file": rows_file.write(run_folder(), ({"users": row} for row in result["users"]))}
    except OSError as error:
        warning = f"The accounts are kept in memory, since Ansible's temporary folder cannot be written to: {error}"
        return {**kept, "users": result["users"], "warnings": [*result.get("warnings", ()), warning]}
