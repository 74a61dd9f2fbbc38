# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""role_variables runs on the controller, because only the controller has the names of all variables."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleError
from ansible.utils.display import Display
from ansible.utils.vars import load_extra_vars

from ..module_utils._core.choice import excludes_nobody
from ..module_utils._core.model import PhotoError
from ..module_utils._core.option_names import called
from ..plugin_utils.controller_action import ControllerAction
from ..plugin_utils.photo_action import entries_of, malformed
from ..plugin_utils.role_paths import kind_of, problems_of_paths
from ..plugin_utils.role_values import problems
from ..plugin_utils.role_variables import all_roles, known_variables, meant_for_role, of_other_roles, options_of
from ..plugin_utils.this_call import roles_of_call, typed_variables


class ActionModule(ControllerAction):
    """Fails when a variable seems meant for the role but is not one of its own, or when a value is wrong.

    Does not check values of other variables, nor entries of users.
    """

    arguments: t.ClassVar[dict[str, t.Any]] = {
        "role": {"type": "str", "required": True, "choices": list(all_roles())},
        "excludes_nobody": {"type": "list", "elements": "str", "default": []},
    }
    variables: t.Mapping[str, t.Any] = {}

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """See the base class."""
        self.variables = task_vars or {}
        return super().run(tmp, task_vars)

    def work(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """See the base class."""
        role = str(options["role"])
        idle = list(map(str, options["excludes_nobody"]))
        if idle:
            # The variables were checked when the role began.
            Display().warning(excludes_nobody(called("exclude", f"{role}_"), idle, "of this run"))
            return {"changed": False}
        names = frozenset(map(str, self.variables))
        extra = frozenset(map(str, load_extra_vars(self._loader)))
        ours = "ansible_collections" in str(self._loader.get_basedir())
        refused, doubtful = meant_for_role(role, known_variables(role), names | extra, extra, ours_alone=ours)
        where = f"All variables of this role: ansible-doc -t role hybrid.photos.{role}"
        if doubtful:
            Display().warning(f"the role {role} has no variable {', '.join(map(str, doubtful))}. {where}")
        if refused:
            raise PhotoError(f"The role {role} has no variable {', '.join(map(str, refused))}. {where}")
        self._refuse_variables_of_other_roles(role, extra)
        wrong = problems(role, self._value, names) + self._wrong_entries(role) or self._wrong_paths(role)
        if wrong:
            raise PhotoError("\n".join(wrong))
        return {"changed": False}

    def _refuse_variables_of_other_roles(self, role: str, extra: t.Collection[str]) -> None:
        """Raises PhotoError for variables in the command that belong to a role that this call does not run.

        The user probably believes that such a variable limits the run. In the inventory or in a file they are allowed,
        because they may be for other calls.
        """
        roles = roles_of_call()
        if roles is None or role not in roles:
            return
        found = of_other_roles(role, roles, typed_variables(self._loader), extra)
        wrong = [told for each in found if (told := each.refusal())]
        for each in found:
            if each.refusal() is None:
                Display().warning(
                    f"{each.name} is a variable of the role {each.role}, which this call does not run; the role {role} "
                    "has no such variable"
                )
        if wrong:
            raise PhotoError("\n".join(wrong))

    def _wrong_entries(self, role: str) -> list[str]:
        """The problem of a value that is no list of entries. What may be a template is left to a later task.

        To evaluate the entries of all users takes long.
        """
        name, value = entries_of(f"{role}_photos", self.variables)
        if isinstance(value, str) and any(mark in value for mark in ("{{", "{%", "#jinja2:")):
            return []
        problem = malformed(value, name)
        return [problem] if problem else []

    def _wrong_paths(self, role: str) -> list[str]:
        """Problems of files and folders. Those of another machine or account cannot be checked here."""
        here = self._connection.transport == "local" and not self._task.become
        kinds = {
            name: kind
            for name, option in options_of(role).items()
            if name in self.variables and (kind := kind_of(name, role, option["type"])) and (here or not kind.elsewhere)
        }
        values = {name: str(self._value(name)) for name in kinds}
        return problems_of_paths({name: (value, kinds[name]) for name, value in values.items() if value})

    def _value(self, name: str) -> t.Any:
        """The value of a variable, as the tasks of the role see it. Raises PhotoError when it has none."""
        try:
            return self._templar.template(self.variables[name])
        except AnsibleError as error:
            raise PhotoError(f"The value of {name} cannot be evaluated: {error}") from error
