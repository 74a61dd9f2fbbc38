# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""drift_report runs on the controller: that is where results are, and where a person waits for the line."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible import constants as C
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils.photo.model import PhotoError
from ..module_utils.report.run import ARGUMENTS, report

display = Display()


class ActionModule(ActionBase):
    """Options in, report out; the logic is in module_utils/report."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(ARGUMENTS)
        for name in ("dest", "previews_dir", "root"):
            if options[name]:
                options[name] = str(self._base() / Path(options[name]).expanduser())
        if self._task.check_mode and not options["mode"]:
            options["mode"] = "plan"
        try:
            result.update(report(options))
        except PhotoError as ex:
            result.update(failed=True, msg=str(ex))
            return result
        result["msg"] = result["line"]
        if options["show"]:
            # Callbacks that print JSON own stdout; the line is for people.
            display.display(result["line"], stderr="json" in str(C.DEFAULT_STDOUT_CALLBACK))
        return result

    def _base(self) -> Path:
        """What relative paths start from: the playbook's folder, as everywhere in Ansible.

        A playbook that is part of a collection lies in an installed tree where nobody looks for a report: then it is
        the folder that Ansible was called in.
        """
        folder = Path(self._loader.get_basedir()).absolute()
        return Path.cwd() if "ansible_collections" in folder.parts else folder
