# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What actions have in common that work on the controller alone: options in, a result and lines for a person out."""

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
    """``arguments`` is the argument spec, ``paths`` names options that are made absolute."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False
    arguments: t.ClassVar[dict[str, t.Any]]
    paths: t.ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def work(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """The result. May raise PhotoError, which becomes the task's failure."""

    def lines(self, result: dict[str, t.Any]) -> t.Sequence[str]:
        """What to show on the screen; nothing with ``show: false``."""
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
        if "msg" in result:
            result["msg"] = lines_shown(str(result["msg"]))
        self.show(options, self.lines(result))
        return result

    def show(self, options: dict[str, t.Any], lines: t.Sequence[str]) -> None:
        """Print lines at once; nothing with ``show: false``."""
        if options.get("show", False):
            for line in lines:
                tell(shown(line), self.colour(line))

    def _base(self) -> Path:
        """What relative paths start from: the playbook's folder, as everywhere in Ansible.

        A playbook that is part of a collection lies in an installed tree where nobody looks for a report: then it is
        the folder that Ansible was called in.
        """
        folder = Path(self._loader.get_basedir()).absolute()
        return Path.cwd() if "ansible_collections" in folder.parts else folder


def unfit_strategy(task: Task) -> str | None:
    """Why a task that is meant to run once for all hosts cannot do so in this play, or None.

    With ``free`` and ``host_pinned`` Ansible ignores ``run_once`` and only warns: each host would then judge and report
    what is there of the others at that moment. ``debug`` is ``linear`` with a debugger.
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
