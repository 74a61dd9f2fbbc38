# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder for the files of a run, and what is removed of runs that were killed."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.plugin_utils import run_folder

OLD = time.time() - 2 * 24 * 3600


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    mine = tmp_path / f"ansible-local-{os.getpid()}abcdefgh"
    mine.mkdir(mode=0o700)
    monkeypatch.setattr(run_folder.C, "DEFAULT_LOCAL_TMP", str(mine))
    return tmp_path


def dead() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen(["/bin/true"])
    process.wait()
    return process.pid


def left(place: Path, name: str, when: float = OLD) -> Path:
    folder = place / name / "hybrid.photos"
    folder.mkdir(parents=True)
    (folder / "x.jsonl").touch()
    os.utime(folder, (when, when))
    return folder


def test_all_tasks_of_a_run_share_one_folder_that_is_closed_to_others(place: Path) -> None:
    before = os.umask(0)
    try:
        folder = run_folder.run_folder()
    finally:
        os.umask(before)
    assert folder == run_folder.run_folder()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_what_a_killed_run_left_behind_is_removed(place: Path) -> None:
    gone = left(place, f"ansible-local-{dead()}abcd_fgh")
    run_folder.run_folder()
    assert not gone.parent.exists()


def test_other_runs_and_other_files_stay(place: Path) -> None:
    kept = [
        left(place, f"ansible-local-{os.getppid()}abcdefgh"),
        left(place, f"ansible-local-{dead()}abcdefgh", when=time.time()),
        left(place, "mine"),
        left(place, "ansible-local-abcdefgh"),
    ]
    own = place / f"ansible-local-{dead()}hgfedcba"
    (own / "others").mkdir(parents=True)
    run_folder.run_folder()
    assert all(folder.exists() for folder in kept)
    assert (own / "others").exists()


def test_no_link_is_followed(place: Path) -> None:
    elsewhere = left(place, "elsewhere")
    (place / f"ansible-local-{dead()}abcdefgh").symlink_to(elsewhere.parent)
    run_folder.run_folder()
    assert (elsewhere / "x.jsonl").exists()
