# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An inventory file that cannot be used is one message, and no other plugin of Ansible has a say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.hybrid.photos.plugins.inventory.definitions import usual_shard_size, wrong_values

ROOT = Path(__file__).resolve().parents[4]


def inventory(*files: Path) -> subprocess.CompletedProcess[str]:
    """With our plugin alone, as the recipes have it."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("ansible-inventory")), *(f"-i{file}" for file in files), "--list"],
        cwd=files[0].parent,
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
        (
            "plugin: hybrid.photos.definitions\n",
            "path is missing; give the folder of the pictures, relative to this file, such as photos",
        ),
        (
            "plugin: hybrid.photos.definitions\npaht: photos\n",
            r"paht: no such option \(did you mean path\?\); there are",
        ),
        (
            "plugin: hybrid.photos.definitions\npath: .\nowner: me\n",
            "owner: no such option; there are plugin, path and",
        ),
    ],
    ids=["list", "hosts", "empty", "no path", "misspelt", "unknown"],
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


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ("path: .\nshard_size: many", "shard_size is 'many'; give a whole number from 1 up, such as 500"),
        ("path: .\nshard_size: 2.5", "shard_size is 2.5; give a whole number"),
        ("path: .\nshard_size: true", "shard_size is true; give a whole number"),
        ("path: .\nshard_size: 0", "shard_size is 0; give a whole number"),
        ("path: .\nshard_size: -3", "shard_size is -3; give a whole number"),
        ("path: .\nshard_size: '0'", "shard_size is '0'; give a whole number"),
        ("path: .\nshard_size: [500]", "shard_size is a list; give a whole number"),
        ("path: .\nshard_size:", "shard_size has no value; give a whole number"),
        ("path: [a, b]", "path is a list; give the folder of the pictures"),
        ("path: {a: b}", "path is a mapping; give the folder of the pictures"),
        ("path: ' '", "path is ' '; give the folder of the pictures"),
        ("path:", "path has no value; give the folder of the pictures"),
    ],
)
def test_a_wrong_value_is_told_with_its_key_and_with_what_is_good(values: str, said: str) -> None:
    (problem,) = wrong_values({"plugin": "hybrid.photos.definitions", **yaml.safe_load(values)})
    assert problem.startswith(said)


@pytest.mark.parametrize("values", ["path: photos", "path: 2026\nshard_size: 1", "path: a\nshard_size: '500'"])
def test_a_right_value_passes(values: str) -> None:
    assert wrong_values(yaml.safe_load(values)) == []


def test_a_wrong_value_of_a_file_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "team.photos.yml"
    file.write_text("plugin: hybrid.photos.definitions\npath: .\nshard_size: many\n")
    done = inventory(file)
    (line,) = done.stderr.strip().splitlines()
    assert line.removeprefix("[ERROR]: ").removeprefix("ERROR! ") == (
        f"{file}: shard_size is 'many'; give a whole number from 1 up, such as 500, or leave it out"
    )


def two(tmp_path: Path, first: str, second: str) -> subprocess.CompletedProcess[str]:
    """One call with two files of this plugin, each with a folder whose photos.yml is given."""
    files = []
    for name, photos in (("a", first), ("b", second)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "photos.yml").write_text(f"photos:\n  {photos}\n")
        file = tmp_path / f"{name}.photos.yml"
        file.write_text(f"plugin: hybrid.photos.definitions\npath: {name}\n")
        files.append(file)
    return inventory(*files)


NAMED, PLAIN = "Alice: {state: absent, ad: alice@corp.test}", "ALICE@corp.test: {state: absent}"
OTHER = "Alice Smith: {state: absent, ad: alice@corp.test}"


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (NAMED, PLAIN, "ALICE@corp.test is ALICE@corp.test at ad, and so is Alice in"),
        (PLAIN, NAMED, "Alice is alice@corp.test at ad, and so is ALICE@corp.test in"),
        (NAMED, OTHER, "Alice Smith is alice@corp.test at ad, and so is Alice in"),
        (PLAIN, PLAIN.lower(), "alice@corp.test is declared here and in"),
    ],
    ids=["named then plain", "plain then named", "both named", "both plain"],
)
def test_two_files_that_declare_one_account_are_refused_in_either_order(
    tmp_path: Path, first: str, second: str, said: str
) -> None:
    done = two(tmp_path, first, second)
    assert done.returncode == 1, done.stdout
    assert f"{tmp_path / 'b.photos.yml'}: {said} {tmp_path / 'a.photos.yml'}; keep one of them" in done.stderr


def test_two_files_may_use_one_name_for_two_accounts(tmp_path: Path) -> None:
    """One is declared in Active Directory alone, and the other one in Exchange Online alone."""
    done = two(
        tmp_path,
        "Alice: {state: absent, targets: [ad], ad: alice@corp.test}",
        "alice@corp.test: {state: absent, targets: [exo]}",
    )
    assert done.returncode == 0, done.stderr
    assert '"b_photos_0001"' in done.stdout


@pytest.mark.parametrize(("users", "size"), [(1, 500), (20_000, 500), (20_001, 2_000), (200_000, 2_000)])
def test_where_nobody_says_how_large_a_shard_is_a_large_company_has_larger_ones(users: int, size: int) -> None:
    assert usual_shard_size(users) == size


@pytest.mark.parametrize(("line", "hosts"), [("", 1), ("shard_size: 2\n", 2)])
def test_a_shard_size_that_is_given_counts_and_a_small_folder_is_one_shard(
    tmp_path: Path, line: str, hosts: int
) -> None:
    (tmp_path / "photos").mkdir()
    entries = "".join(f"  u{number}@example.com: {{state: absent}}\n" for number in range(3))
    (tmp_path / "photos" / "photos.yml").write_text(f"photos:\n{entries}")
    file = tmp_path / "team.photos.yml"
    file.write_text(f"plugin: hybrid.photos.definitions\npath: photos\n{line}")
    listed = json.loads(inventory(file).stdout)
    assert len(listed["photo_shards"]["hosts"]) == hosts
