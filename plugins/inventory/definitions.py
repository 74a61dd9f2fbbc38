# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: definitions
short_description: A folder of photo definitions in Git as an inventory of shards
version_added: 0.1.0
author:
  - hybrid.photos developers (@hybrid-photos)
description:
  - Reads a folder of pictures that are named after users. A C(photos.yml) in the same folder can add more.
  - Every O(shard_size) users become one host, so that forks, C(serial), C(--limit) and AWX job slices distribute the
    work as with any other hosts. The hosts are V(photos_0001) and so on, in the group V(photo_shards). Each host has
    its users in the variable C(photos), the folder in C(photos_folder), and the file of the default picture, if there
    is one, in C(photos_default). Its tasks run on the controller with the controller's Python.
  - With a second inventory of this kind in the same call, the names of the second one's hosts begin with the name of
    its file, such as V(apac_photos_0001) for C(apac.photos.yml). It is an error if both declare the same user.
  - Users are sorted by name, so that the same folder always makes the same shards.
  - Any problem in the folder ends the whole call with one message that names file and line. The setting
    C(inventory_any_unparsed_is_failed) in C(ansible.cfg) does not change this.
  - Text from the folder is never evaluated as a template. C(ansible-inventory) shows such text as
    C(__ansible_unsafe) in JSON.
notes:
  - Ansible itself also loads other files, such as C(group_vars) and C(host_vars) in the folder of the inventory file,
    and C(ansible.cfg) in the folder in which it is called. It trusts their content. The recipes show how a pipeline
    runs without these files.
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [hybrid.photos.definitions]
  path:
    description:
      - The folder, relative to the inventory file.
      - It must be inside the Git repository of the inventory file, or, if there is no repository, inside the folder of
        the inventory file. This is checked after links are followed. Otherwise a pull request could use any folder of
        the machine, such as the backups of an earlier run. See O(allowed_folders) for other folders.
    type: str
    required: true
  shard_size:
    description:
      - The number of users for each host.
      - If it is not set, the number is 500, or 2000 in a folder with more than 20,000 users. Ansible starts a module
        for each host, and with so many users these starts take more time than the users.
    type: int
  allowed_folders:
    description:
      - Other folders that may contain O(path), separated by colons.
      - It can only be set as an environment variable, not in the inventory file, which may come from a pull request.
    type: pathspec
    default: []
    env:
      - name: HYBRID_PHOTOS_FOLDERS
"""

EXAMPLES = r"""
# team.photos.yml - the file's name has to end in .photos.yml or .photos.yaml
plugin: hybrid.photos.definitions
path: photos
shard_size: 500
"""

import re
import sys
import typing as t
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.inventory.host import Host
from ansible.plugins.inventory import BaseInventoryPlugin
from ansible.utils.display import Display
from ansible_collections.hybrid.photos.plugins.module_utils._core import least_python
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Definition, PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._core.targets import TARGETS
from ansible_collections.hybrid.photos.plugins.module_utils._core.text import lines_shown
from ansible_collections.hybrid.photos.plugins.module_utils._definitions.accounts import clashes
from ansible_collections.hybrid.photos.plugins.module_utils._definitions.folder import read_folder
from ansible_collections.hybrid.photos.plugins.module_utils._definitions.found import DefinitionsError, Folder
from ansible_collections.hybrid.photos.plugins.plugin_utils.role_variables import did_you_mean
from ansible_collections.hybrid.photos.plugins.plugin_utils.text import no_template

GROUP = "photo_shards"
OPTIONS = ("plugin", "path", "shard_size")
#: The default number of users of a shard; the larger one is for a folder with more than MANY_USERS.
SHARD_SIZE = 500
LARGE_SHARD_SIZE = 2_000
MANY_USERS = 20_000
#: Without the inventory that was just found unusable, wherever it was named.
_VALIDATE = (
    "  To list all problems, pictures included: ansible-playbook -i localhost, hybrid.photos.validate "
    "-e validate_path=FOLDER"
)
ENDINGS = (".photos.yml", ".photos.yaml")
#: A file with our plugin's name, which may have a wrong file name.
_OURS = re.compile(rb"^[ \t{]*[\"']?plugin[\"']?[ \t]*:[ \t]*[\"']?hybrid\.photos\.definitions\b", re.MULTILINE)


def usual_shard_size(users: int) -> int:
    """The default number of users of a shard."""
    return SHARD_SIZE if users <= MANY_USERS else LARGE_SHARD_SIZE


class InventoryModule(BaseInventoryPlugin):
    NAME = "hybrid.photos.definitions"

    def verify_file(self, path: str) -> bool:
        """Accepts only files with our file name or with our name in the key ``plugin``."""
        return super().verify_file(path) and (path.endswith(ENDINGS) or _means_us(path))

    def parse(self, inventory, loader, path, cache=True) -> None:
        """Turn the folder into shards."""
        super().parse(inventory, loader, path, cache)
        # The tasks run with this Python, and the plugins of the controller need the same version.
        too_old = least_python.problem()
        if too_old is not None:
            _stop(f"{path}: {too_old}")
        try:
            folder, whole, size = self._read(path)
            definitions = [*whole.definitions, *(odd.definition for odd in whole.odd)]
            prefix = self._prefix(path, definitions)
        except (PhotoError, AnsibleError) as error:
            message = str(error)
            if isinstance(error, DefinitionsError):
                message += f"\n{_VALIDATE}"
            _stop(message if path in message else f"{path}: {message}")
        self.inventory.add_group(GROUP)
        for number, start in enumerate(range(0, len(definitions), size), 1):
            host = f"{prefix}photos_{number:04d}"
            self.inventory.add_host(host, group=GROUP)
            # Ansible sets these itself, and before 2.19 such a path would be a template.
            self.inventory.set_variable(host, "inventory_file", no_template(path))
            self.inventory.set_variable(host, "inventory_dir", no_template(str(Path(path).parent)))
            # A variable of the host, not of the group: a second inventory of this kind has the same group.
            self.inventory.set_variable(host, "photos_folder", no_template(str(folder)))
            if whole.default is not None:
                self.inventory.set_variable(host, "photos_default", no_template(str(whole.default.path)))
            # Set without set_variable: since 2.19, that adds a tag with the origin to each text, which needs more memory
            # than the text. The marks of earlier versions are kept.
            photos = [entry(d) for d in definitions[start : start + size]]
            self.inventory.get_host(host).set_variable("photos", photos)
            # Saves memory: the definitions of a large company are not kept twice.
            definitions[start : start + size] = [None] * len(photos)
            # The tasks run here with this Python. Another Python that discovery may find can lack the libraries.
            self.inventory.set_variable(host, "ansible_connection", no_template("local"))
            self.inventory.set_variable(host, "ansible_python_interpreter", no_template(sys.executable))

    def _read(self, path: str) -> tuple[Path, Folder, int]:
        """The folder, its definitions, and the number of users of a shard. Raises PhotoError or AnsibleError."""
        if not path.endswith(ENDINGS):
            raise PhotoError(
                f"{path}: the name of an inventory file of this plugin must end in .photos.yml or .photos.yaml, "
                "such as team.photos.yml; rename the file"
            )
        self._refuse_other_keys(path)
        self._read_config_data(path)
        size = self.get_option("shard_size")
        folder = (Path(path).absolute().parent / str(self.get_option("path"))).resolve()
        home = home_of(Path(path))
        allowed = [home, *(Path(place).expanduser().resolve() for place in self.get_option("allowed_folders"))]
        if not any(folder.is_relative_to(place) for place in allowed):
            raise PhotoError(
                f"{path}: path leads to {folder}, which is outside {home}. Keep the folder inside, or name a folder "
                "that holds it in the environment variable HYBRID_PHOTOS_FOLDERS"
            )
        whole = read_folder(folder)
        return folder, whole, size or usual_shard_size(len(whole.definitions))

    def _refuse_other_keys(self, path: str) -> None:
        """Raises PhotoError for unknown keys and wrong values.

        For a misspelled path, ansible-core would only say that path is missing, and for a wrong value it names the plugin.
        """
        given = self.loader.load_from_file(path)
        if given is not None and not isinstance(given, dict):
            raise PhotoError(f"{path}: it must hold a mapping with the keys plugin and path")
        # A file without the key plugin gets its own message elsewhere.
        if not given or "plugin" not in given:
            return
        for key in map(str, given):
            if key not in OPTIONS:
                raise PhotoError(
                    f"{path}: {key}: no such option{did_you_mean(key, OPTIONS)}; there are plugin, path and shard_size"
                )
        for problem in wrong_values(given):
            raise PhotoError(f"{path}: {problem}")

    def _prefix(self, path: str, definitions: t.Sequence[Definition]) -> str:
        """The prefix of this file's host names: empty, unless another file of this kind was read before.

        Raises PhotoError when host names would still be the same, or when both files declare the same user.
        """
        group = self.inventory.groups.get(GROUP)
        others = [host for host in (group.get_hosts() if group else ()) if host.vars.get("inventory_file") != path]
        if not others:
            return ""
        theirs = {d.key: (d, host.vars.get("inventory_file")) for host in others for d in _declared(host)}
        for definition in definitions:
            if definition.key in theirs:
                file = theirs[definition.key][1]
                raise PhotoError(f"{path}: {definition.user} is declared here and in {file}; keep one of them")
        clash = next(clashes([*(definition for definition, _file in theirs.values()), *definitions]), None)
        if clash is not None:
            here, there = (clash.earlier, clash.later) if clash.later.key in theirs else (clash.later, clash.earlier)
            raise PhotoError(
                f"{path}: {here.user} is {here.named_at(clash.target)} at {clash.target}, and so is {there.user} in "
                f"{theirs[there.key][1]}; keep one of them"
            )
        stem = re.sub(r"\W", "_", Path(path).name.removesuffix(".yml").removesuffix(".yaml").removesuffix(".photos"))
        prefix = f"{stem}_"
        for host in others:
            if re.fullmatch(re.escape(prefix) + r"photos_\d{4,}", host.name):
                file = host.vars.get("inventory_file")
                raise PhotoError(
                    f"{path}: its hosts would have the same names as those of {file}; rename one of the files"
                )
        return prefix


def wrong_values(given: t.Mapping[str, t.Any]) -> list[str]:
    """A sentence for each value of an inventory file that cannot be used."""
    found: list[str] = []
    folder = "give the folder of the pictures, relative to this file, such as photos"
    if "path" not in given:
        found.append(f"path is missing; {folder}")
    elif not isinstance(given["path"], str | int) or not str(given["path"]).strip():
        found.append(f"path {_shown(given['path'])}; {folder}")
    size = given.get("shard_size", SHARD_SIZE)
    if isinstance(size, bool) or not isinstance(size, str | int) or not re.fullmatch("[1-9][0-9]*", str(size)):
        found.append(f"shard_size {_shown(size)}; give a whole number from 1 up, such as 500, or leave it out")
    return found


def _shown(value: t.Any) -> str:
    """What a value of an inventory file is, as its author wrote it."""
    if value is None:
        return "has no value"
    if isinstance(value, list | dict):
        return f"is a {'list' if isinstance(value, list) else 'mapping'}"
    if isinstance(value, str):
        return f"is {str(value)[:80]!r}"
    return f"is {str(value).lower() if isinstance(value, bool) else value}"


def home_of(file: Path) -> Path:
    """Where the folder of an inventory file must be: in the file's Git work tree, or else in the file's folder."""
    folder = file.absolute().parent.resolve()
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), folder)


def entry(definition: Definition) -> dict[str, t.Any]:
    """A definition in the form of the photo modules' option ``photos``."""
    if definition.source is None or definition.source.path is None:
        known = {"user": definition.user, "state": "absent", "origin": definition.origin}
    else:
        known = {"user": definition.user, "src": definition.source.path, "origin": definition.origin}
    entry_of: dict[str, t.Any] = {name: no_template(value) for name, value in known.items()}
    for name, words in (("targets", definition.targets), ("known_problems", definition.known_problems)):
        if words:
            entry_of[name] = [no_template(word) for word in sorted(words)]
    if definition.default:
        entry_of["default"] = True
    entry_of.update((target, no_template(name)) for target, name in definition.accounts)
    return entry_of


def _declared(host: Host) -> t.Iterator[Definition]:
    """The users that a host of another file declares: names and targets, to find the same person."""
    for entry_of in host.vars.get("photos", ()):
        accounts = tuple((target, str(entry_of[target])) for target in TARGETS if entry_of.get(target))
        targets = frozenset(map(str, entry_of.get("targets", ())))
        yield Definition(str(entry_of["user"]), "absent", targets=targets, accounts=accounts)


def _means_us(path: str) -> bool:
    if not path.endswith((".yml", ".yaml")):
        return False
    try:
        with Path(path).open("rb") as file:
            return _OURS.search(file.read(4096)) is not None
    except OSError:
        return False


def _stop(message: str) -> t.NoReturn:
    """End the call with one message.

    After an exception, Ansible would try its other plugins and show their errors. Then it would go on without any shard
    and end without an error.
    """
    Display().error(lines_shown(message), wrap_text=False)
    raise SystemExit(1)
