# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""photo_choice runs on the controller, because the entries of a shard are there."""

from __future__ import annotations

import typing as t

from ..module_utils._core import rows_file
from ..module_utils._core.choice import choose, refuse_unusable
from ..module_utils._core.model import PhotoError
from ..module_utils._core.option_names import called
from ..module_utils._core.targets import names
from ..plugin_utils.controller_action import ControllerAction
from ..plugin_utils.photo_action import entries_of, malformed
from ..plugin_utils.run_folder import keep_rows
from ..plugin_utils.text import is_no_template


class ActionModule(ControllerAction):
    """Writes the entries to a file, so that the arguments and results of the tasks do not contain them."""

    arguments: t.ClassVar[dict[str, t.Any]] = {
        "variable": {"type": "str", "required": True},
        "more": {"type": "list", "elements": "dict", "default": []},
        "prefix": {"type": "str", "default": ""},
        "only": {"type": "list", "elements": "str", "default": []},
        "exclude": {"type": "list", "elements": "str", "default": []},
        "confirm": {"type": "list", "elements": "str", "default": []},
        "everybody": {"type": "bool", "default": False},
    }
    entries: t.Sequence[t.Mapping[str, t.Any]] = ()
    #: The variable that has them.
    source = ""
    host = ""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """See the base class."""
        variables = task_vars or {}
        self.host = str(variables.get("inventory_hostname", "localhost"))
        self.entries = self._entries(str(self._task.args.get("variable")), variables)
        # The report names the host also when this fails.
        return {**super().run(tmp, task_vars), "shard": self.host}

    def work(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """See the base class."""
        name = str(options["variable"])
        problem = malformed(self.entries, self.source)
        if problem is not None:
            raise PhotoError(problem)
        if not self.entries:
            raise PhotoError(
                f"{self.host} declares no photos. Give an inventory of the plugin hybrid.photos.definitions, as in "
                f"-i team.photos.yml, or set {name}."
            )
        nobody = next((n for n, entry in enumerate(self.entries, 1) if not entry.get("user")), None)
        if nobody is not None:
            raise PhotoError(f"{name}: entry {nobody} has no user; an entry is such as {{user: alice@example.com}}")
        only, exclude = list(map(str, options["only"])), list(map(str, options["exclude"]))
        prefix = str(options["prefix"])
        refuse_unusable(called("only", prefix), only)
        refuse_unusable(called("exclude", prefix), exclude)
        declared = [str(entry["user"]) for entry in self.entries]
        entries = [*self.entries, *options["more"]]
        choice = choose([str(entry["user"]) for entry in entries], only, exclude)
        chosen = set(choice.chosen)
        photos = [entry for entry in entries if str(entry["user"]) in chosen]
        lines: list[dict[str, t.Any]] = [{"photos": entry} for entry in photos]
        lines += [{"excluded": user} for user in choice.excluded]
        lines += [{"everybody": user} for user in declared] if options["everybody"] else []
        return {
            "changed": False,
            "photos_file": keep_rows(f"The entries of {self.host}", lines),
            "chosen": len(photos),
            "declared": {target: sum(rows_file.concerns(entry, target) for entry in photos) for target in names()},
            "excluded": len(choice.excluded),
            "not_chosen": len(choice.others),
            "matched": sorted(choice.matched),
            "confirmed": sorted({str(name) for name in options["confirm"]} & {user.lower() for user in declared}),
        }

    def _entries(self, name: str, variables: t.Mapping[str, t.Any]) -> t.Any:
        """The value of a variable. Templates in it are evaluated, unless it is certain that it has none.

        To search for templates in the entries of 500 users would take longer than the rest of this action.
        """
        self.source, value = entries_of(name, variables)
        return value if is_no_template(value) else self._templar.template(value)
