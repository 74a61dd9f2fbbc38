# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An inventory file that cannot be used is one message, and no other plugin of Ansible has a say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]


def inventory(file: Path) -> subprocess.CompletedProcess[str]:
    """With our plugin alone, as the recipes have it."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("ansible-inventory")), "-i", str(file), "--list"],
        cwd=file.parent,
        env={
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".dev"),
            "ANSIBLE_INVENTORY_ENABLED": "hybrid.photos.definitions",
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a\n- b\n", "it must hold a mapping with the keys plugin and path"),
        ("photo_shards: {hosts: {photos_0001: {photos: []}}}\n", "Incorrect plugin name in file: none found"),
        ("", "is empty"),
        # These words are ansible-core's own, and those before 2.19 were others.
        ("plugin: hybrid.photos.definitions\n", r"Required config 'path'|required configuration .* setting: path"),
    ],
    ids=["list", "hosts", "empty", "no path"],
)
def test_a_file_that_is_none_of_ours_is_one_message_that_names_it(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "team.photos.yml"
    file.write_text(text)
    done = inventory(file)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    assert line.removeprefix("[ERROR]: ").removeprefix("ERROR! ").startswith(str(file))
    assert re.search(said, line)
