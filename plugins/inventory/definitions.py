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
  - Reads a folder whose pictures are named after users, with a C(photos.yml) beside them that says the rest.
  - Every O(shard_size) users become one host, so that forks, C(serial), C(--limit) and AWX job slices spread the work
    as they do for any hosts. The hosts are V(photos_0001) and so on, in the group V(photo_shards); each holds its
    part in the variable C(photos), and is worked for on the controller by the controller's own Python.
  - Users are ordered by name, so that the same folder always makes the same shards.
  - Any problem in the folder fails the inventory, named by file and line, and with it the whole call, whatever
    C(inventory_any_unparsed_is_failed) says in C(ansible.cfg).
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [hybrid.photos.definitions]
  path:
    description: The folder, relative to the inventory file.
    type: str
    required: true
  shard_size:
    description: How many users a host holds.
    type: int
    default: 500
"""

EXAMPLES = r"""
# team.photos.yml - the file's name has to end in .photos.yml or .photos.yaml
plugin: hybrid.photos.definitions
path: photos
shard_size: 500
"""

import sys
from pathlib import Path

from ansible import constants as C
from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin
from ansible.template import trust_as_template
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Definition, PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._definitions.folder import read_folder

GROUP = "photo_shards"


class InventoryModule(BaseInventoryPlugin):
    NAME = "hybrid.photos.definitions"

    def verify_file(self, path: str) -> bool:
        """Only files that say by their name that they are ours."""
        return super().verify_file(path) and path.endswith((".photos.yml", ".photos.yaml"))

    def parse(self, inventory, loader, path, cache=True) -> None:
        """Turn the folder into shards."""
        super().parse(inventory, loader, path, cache)
        try:
            folder, definitions, size = self._read(path)
        except Exception:
            # Ansible would warn, go on without a single shard, and end well: a plan to do nothing.
            C.INVENTORY_ANY_UNPARSED_IS_FAILED = True
            raise
        self.inventory.add_group(GROUP)
        self.inventory.set_variable(GROUP, "photos_folder", plain(str(folder)))
        for number, start in enumerate(range(0, len(definitions), size), 1):
            host = f"photos_{number:04d}"
            self.inventory.add_host(host, group=GROUP)
            self.inventory.set_variable(host, "photos", [entry(d) for d in definitions[start : start + size]])
            # Work is done here, by this Python: another one that discovery may find can lack the libraries.
            self.inventory.set_variable(host, "ansible_connection", plain("local"))
            self.inventory.set_variable(host, "ansible_python_interpreter", plain(sys.executable))

    def _read(self, path: str) -> tuple[Path, list[Definition], int]:
        """The folder, its definitions, and how many of them a shard holds. Raises AnsibleParserError."""
        unknown = set(self._read_config_data(path)) - {"plugin", "path", "shard_size"}
        if unknown:
            raise AnsibleParserError(
                f"{path}: {', '.join(sorted(map(str, unknown)))}: no such option; there are plugin, path and shard_size"
            )
        size = self.get_option("shard_size")
        if size < 1:
            raise AnsibleParserError(f"{path}: shard_size is {size}; give 1 or more")
        try:
            folder = (Path(path).absolute().parent / self.get_option("path")).resolve()
            return folder, read_folder(folder), size
        except PhotoError as error:
            raise AnsibleParserError(str(error)) from error


def entry(definition: Definition) -> dict[str, str]:
    """A definition as the photo modules take it in their option photos."""
    if definition.source is None or definition.source.path is None:
        known = {"user": definition.user, "state": "absent", "origin": definition.origin}
    else:
        known = {"user": definition.user, "src": definition.source.path, "origin": definition.origin}
    return {name: plain(value) for name, value in known.items()}


def plain(text: str) -> str:
    """Text that Ansible shows without ceremony. What could be a template is left untrusted, so it is never run as one."""
    return text if any(mark in text for mark in ("{{", "{%", "{#")) else trust_as_template(text)
