# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""role_variables runs on the controller: only there are the names of all variables."""

from __future__ import annotations

import typing as t

from ansible.utils.display import Display
from ansible.utils.vars import load_extra_vars

from ..module_utils._core.model import PhotoError
from ..plugin_utils.controller_action import ControllerAction
from ..plugin_utils.role_variables import all_roles, known_variables, meant_for_role


class ActionModule(ControllerAction):
    """Fails when a variable that was meant for the role is none of its own. Looks at names, and at no value."""

    arguments: t.ClassVar[dict[str, t.Any]] = {"role": {"type": "str", "required": True, "choices": list(all_roles())}}
    names: t.Collection[str] = ()

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """See the base class."""
        self.names = frozenset(map(str, task_vars or {}))
        return super().run(tmp, task_vars)

    def work(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """See the base class."""
        role = str(options["role"])
        extra = frozenset(map(str, load_extra_vars(self._loader)))
        ours = "ansible_collections" in str(self._loader.get_basedir())
        refused, doubtful = meant_for_role(role, known_variables(role), self.names | extra, extra, ours_alone=ours)
        where = f"All variables of this role: ansible-doc -t role hybrid.photos.{role}"
        if doubtful:
            Display().warning(f"the role {role} knows no variable {', '.join(map(str, doubtful))}. {where}")
        if refused:
            raise PhotoError(f"The role {role} knows no variable {', '.join(map(str, refused))}. {where}")
        return {"changed": False}
