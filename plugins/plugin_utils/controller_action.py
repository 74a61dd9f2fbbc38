# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of actions that work only on the controller: they return a result and show lines on the screen."""

from __future__ import annotations

import typing as t
from abc import abstractmethod
from pathlib import Path

from ansible.playbook.task import Task
from ansible.plugins.action import ActionBase

from ..module_utils._core.model import PhotoError
from ..module_utils._core.text import lines_shown, sendable, shown
from .screen import tell


class ControllerAction(ActionBase):
    """``arguments``: the argument spec. ``paths``: names of options whose paths are made absolute."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False
    arguments: t.ClassVar[dict[str, t.Any]]
    paths: t.ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def work(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """The result. A PhotoError becomes the failure of the task."""

    def lines(self, result: dict[str, t.Any]) -> t.Sequence[str]:
        """The lines for the screen. They are not shown with ``show: false``."""
        return result.get("lines", ())

    def colour(self, line: str) -> str | None:
        """The colour of a line, or None."""
        return None

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """See ActionBase."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        refused = unfit_strategy(self._task)
        if refused is not None:
            return {**result, "failed": True, "msg": refused}
        _validated, options = self.validate_argument_spec(self.arguments)
        for name in self.paths:
            if options[name]:
                options[name] = str(self._base() / Path(str(options[name])).expanduser())
        try:
            result.update(sendable(self.work(options)))
        except PhotoError as error:
            result.update(failed=True, msg=str(error))
        except OSError as error:
            # An exception would not reach a role that goes on when this fails.
            result.update(failed=True, msg=f"{error}. Is a disk full, or was a temporary folder removed?")
        if "msg" in result:
            result["msg"] = lines_shown(str(result["msg"]))
        self.show(options, self.lines(result))
        return result

    def show(self, options: dict[str, t.Any], lines: t.Sequence[str]) -> None:
        """Print lines immediately, unless ``show: false``."""
        if options.get("show", False):
            for line in lines:
                tell(shown(line), self.colour(line))

    def _base(self) -> Path:
        """The base of relative paths: the playbook's folder, as usual in Ansible.

        For a playbook of a collection it is the folder in which Ansible was called: nobody looks for a report in the
        folder of an installed collection.
        """
        folder = Path(self._loader.get_basedir()).absolute()
        return Path.cwd() if "ansible_collections" in folder.parts else folder


def unfit_strategy(task: Task) -> str | None:
    """Why a task with ``run_once`` cannot run once for all hosts in this play, or None.

    With ``free`` and ``host_pinned`` Ansible ignores ``run_once`` and only warns: each host would then check and report
    only the results that other hosts have at that moment. ``debug`` is ``linear`` with a debugger.
    """
    if task.run_once is not True:
        return None
    strategy = str(task.get_play().strategy)
    if strategy.endswith("linear") or strategy.rpartition(".")[2] == "debug":
        return None
    return (
        f"strategy: {strategy} cannot be used with this role, since Ansible then ignores run_once and each host would "
        "judge and report a part of the photos; set strategy: linear in the play"
    )
