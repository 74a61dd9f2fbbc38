# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that first steps copies into a photos repository, with playbooks that are called there by hand."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """With two definitions that cannot be used, and a picture that is none."""
    at = tmp_path / "repository"
    shutil.copytree(ROOT / "docs/recipes/repository", at)
    (at / "photos").mkdir()
    (at / "photos/photos.yml").write_text("photos:\n  alice@x.test: {sorce: a.jpg}\n  bob@x.test: nowhere.jpg\n")
    (at / "photos/carol@x.test.jpg").write_text("no picture")
    return at


def play(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    return subprocess.run(
        ["ansible-playbook", *arguments],
        cwd=repository,
        env={**kept, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".dev")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("inventory", [(), ("-i", "localhost,")], ids=["as it is", "without an inventory"])
def test_validate_lists_every_finding_of_a_folder_that_stops_every_run(
    repository: Path, inventory: tuple[str, ...]
) -> None:
    done = play(repository, *inventory, "hybrid.photos.validate")
    assert done.returncode == 2
    for finding in (
        "error: photos.yml:2: unknown key 'sorce'",
        "error: photos.yml:3: there is no file nowhere.jpg",
        "error: carol@x.test.jpg: ",
    ):
        assert finding in done.stdout
    if not inventory:
        assert "[WARNING]" not in done.stderr


def test_the_folder_that_validate_checks_is_the_one_that_was_named(repository: Path) -> None:
    done = play(repository, "hybrid.photos.validate", "-e", "validate_path=nowhere")
    assert done.returncode == 2
    assert "validate_path is 'nowhere'" in done.stdout + done.stderr


@pytest.mark.parametrize("playbook", ["drift", "sync"])
def test_a_broken_folder_is_never_a_run_that_ends_well(repository: Path, playbook: str) -> None:
    told = play(repository, "-i", "team.photos.yml", f"hybrid.photos.{playbook}")
    assert told.returncode == 1
    assert "photos.yml:3: there is no file nowhere.jpg" in told.stderr
    assert "ansible-playbook -i localhost, hybrid.photos.validate" in told.stderr
    forgotten = play(repository, f"hybrid.photos.{playbook}")
    assert forgotten.returncode == 2
    assert "localhost declares no photos" in forgotten.stdout + forgotten.stderr


@pytest.mark.parametrize("playbook", ["validate", "sync", "doctor", "onprem_to_cloud"])
def test_a_limit_that_leaves_no_host_is_never_a_run_that_ends_well(repository: Path, playbook: str) -> None:
    done = play(repository, f"hybrid.photos.{playbook}", "--limit", "photos_0001")
    assert done.returncode == 4
    assert "--limit photos_0001" in done.stderr
    assert "PLAY" not in done.stdout


def test_every_playbook_looks_at_the_limit() -> None:
    playbooks = sorted((ROOT / "playbooks").glob("*.yml"))
    first = {path.stem: yaml.safe_load(path.read_text())[0]["hosts"] for path in playbooks}
    assert len(first) == 8
    assert [name for name, hosts in first.items() if "undef('--limit" not in hosts] == []


def test_a_limit_to_localhost_is_no_hindrance_where_only_localhost_is_used(repository: Path) -> None:
    done = play(repository, "hybrid.photos.validate", "--limit", "localhost")
    assert done.returncode == 2
    assert "error: photos.yml:3: there is no file nowhere.jpg" in done.stdout
