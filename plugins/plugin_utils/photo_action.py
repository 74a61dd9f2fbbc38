# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of the photo modules' actions: shows the progress of a run, and one line at the end of each shard."""

from __future__ import annotations

import functools
import json
import tempfile
import threading
import typing as t
from pathlib import Path

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ..module_utils._core import rows_file
from ..module_utils._core.model import DRIFTS, PhotoError
from ..module_utils._core.targets import TARGETS
from ..module_utils._core.text import REPLACEMENT, encodes, sendable, shown
from .no_result import outcome_of
from .run_folder import run_folder
from .screen import tell

#: Seconds between two lines about the progress of a run.
QUIET = 5.0
#: The default of the variables of roles with entries.
OF_THE_INVENTORY = "{{ photos | default([]) }}"
#: Options with names of users and files, which may contain invalid Unicode.
ARRIVING = frozenset({"user", "src", "photos", "approved"})


class PhotoAction(ActionBase):
    """Runs the module of ``target``, and shows the progress that the module writes to a file."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False
    target: t.ClassVar[str]

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """The module's result, unchanged."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        host = str((task_vars or {}).get("inventory_hostname", "localhost"))
        try:
            given = with_entries(self._task.args)
        except PhotoError as error:
            return {**result, "failed": True, "msg": str(error), "target": self.target, "shard": host}
        problem = malformed(given.get("photos")) or no_names("confirm_accounts", given.get("confirm_accounts"))
        if problem is not None:
            return {**result, "failed": True, "msg": problem}
        in_file = boolean(given.get("rows_in_file", False), strict=False)
        many = len(given.get("photos") or ()) > 1
        arguments = acceptable(given)
        run = functools.partial(self._module, arguments, host, task_vars, many=many)
        result.update(outcome_of(run, as_result=in_file))
        only_planned = bool(self._task.check_mode) or boolean(arguments.get("plan_only", False), strict=False)
        if many and result.get("summary"):
            tell(f"{shown(host)}: {TARGETS[self.target].title}: {told(result['summary'], only_planned)}")
        if not in_file:
            return result
        # The report needs these in every result, also if the module failed.
        result.update(target=self.target, shard=host, check_mode=only_planned)
        return in_a_file(result)

    def _module(
        self, arguments: dict[str, t.Any], host: str, task_vars: dict[str, t.Any] | None, *, many: bool
    ) -> dict[str, t.Any]:
        """Run the module. Raises AnsibleError and OSError when it could not be started."""
        with tempfile.TemporaryDirectory(prefix="photos-", ignore_cleanup_errors=True) as folder:
            progress = Path(folder) / "progress"
            # The progress file can only be read if the module runs on this machine.
            here = self._connection.transport == "local"
            if many and here and not arguments.get("progress_file"):
                arguments["progress_file"] = str(progress)
            if not here:
                # The report reads the previews on this machine, and the folder is on this machine, too.
                arguments.pop("previews_dir", None)
            stop = threading.Event()
            follower = threading.Thread(target=follow, args=(progress, f"{host}: {TARGETS[self.target].title}", stop))
            follower.start()
            try:
                ran = self._execute_module(TARGETS[self.target].module, arguments, task_vars=task_vars)
            finally:
                stop.set()
                follower.join()
        return dict(ran)


def with_entries(arguments: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The arguments with the contents of files: ``photos``, and the users of ``people``.

    Raises PhotoError when a file is incomplete.
    """
    given = dict(arguments)
    file = given.pop("photos_file", None)
    if file is not None:
        if "photos" in given:
            raise PhotoError("both photos and photos_file are given; give one of them")
        given["photos"] = list(rows_file.items(file, "photos"))
    people = given.get("people")
    if isinstance(people, t.Mapping) and people.get("users_file") is not None:
        rest = {name: value for name, value in people.items() if name != "users_file"}
        given["people"] = {**rest, "users": list(rows_file.items(people["users_file"], "users"))}
    return given


def in_a_file(result: dict[str, t.Any]) -> dict[str, t.Any]:
    """The result with its rows in a file; if the file cannot be written, with its rows, so that none is lost."""
    # The role has the arguments already. In the result, they would use memory for each host until the end.
    kept = {name: value for name, value in result.items() if name != "invocation"}
    try:
        return rows_file.pack(run_folder(), kept)
    except OSError as error:
        warning = f"The rows are kept in memory, since Ansible's temporary folder cannot be written to: {error}"
        return {**rows_file.unpack(kept), "warnings": [*result.get("warnings", ()), warning]}


def malformed(photos: object, name: str = "photos") -> str | None:
    """Why ``photos`` is not a list of entries, or None. ansible-core's own message would not name the entry."""
    hint = f"{name} must be a list of entries such as {{user: alice@example.com, src: alice.jpg}}"
    if photos is None:
        return None
    if isinstance(photos, str) or not isinstance(photos, t.Sequence):
        return f"{hint}, and not {type_name(photos)}"
    for number, entry in enumerate(photos, start=1):
        if not isinstance(entry, t.Mapping):
            return f"{hint}; entry {number} is {type_name(entry)}"
    return None


def entries_of(name: str, variables: t.Mapping[str, t.Any]) -> tuple[str, t.Any]:
    """The variable with the entries of a role, and its value as it is: templates in it are not evaluated.

    Without a value of its own the role takes the entries of the inventory, so that variable is named.
    """
    value = variables.get(name, [])
    if isinstance(value, str) and str(value).strip() == OF_THE_INVENTORY:
        return "photos", variables.get("photos", [])
    return name, value


def no_names(option: str, values: object) -> str | None:
    """Why a list of users' names has other values, or None. ansible-core would silently convert them to text."""
    if isinstance(values, str) or not isinstance(values, t.Sequence):
        return None
    odd = next((value for value in values if not isinstance(value, str)), None)
    if odd is None and None not in values:
        return None
    return f"{option}: {odd!r:.80} is {type_name(odd)}, not a name of a user; put names in quotes"


def acceptable(arguments: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The arguments, with a replacement character where a text is not valid Unicode.

    Ansible would refuse all arguments because of one such file name. The module refuses only this user.
    """
    texts = [arguments.get(name) for name in ("user", "src")]
    texts += [entry.get(name) for entry in arguments.get("photos") or () for name in ("user", "src", *TARGETS)]
    if all(encodes(text) for text in texts if isinstance(text, str)):
        return dict(arguments)
    changed = {name: sendable(arguments[name], half=lambda _half: REPLACEMENT) for name in ARRIVING & arguments.keys()}
    return {**arguments, **changed}


def type_name(value: object) -> str:
    """The type of a value in words for messages."""
    kinds = ((bool, "a truth value"), (str, "text"), (t.Mapping, "a dictionary"), (t.Sequence, "a list"))
    return next(
        (name for kind, name in kinds if isinstance(value, kind)), "a number" if value is not None else "nothing"
    )


def follow(progress: Path, who: str, stop: threading.Event, every: float = QUIET) -> None:
    """Print the progress of a run at intervals until it ends."""
    last = None
    while not stop.wait(every):
        try:
            now = json.loads(progress.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if now != last:
            tell(f"{who}: {now['what']} {now['done']} of {now['total']}")
            last = now


def told(summary: t.Mapping[str, int], only_planned: bool) -> str:
    """A summary in one line: what was found, and what was done or would be done."""
    found = [f"{summary[state]} {state.replace('_', ' ')}" for state in DRIFTS if summary.get(state)]
    words = {"put": "to put", "removed": "to remove"} if only_planned else {"put": "put", "removed": "removed"}
    words |= {"unverified": "unverified", "failed": "failed"}
    done = [f"{summary[key]} {word}" for key, word in words.items() if summary.get(key)]
    return "; ".join(part for part in (", ".join(found), ", ".join(done)) if part)
