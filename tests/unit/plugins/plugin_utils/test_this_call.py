# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A variable of another role that was typed for this call is refused: somebody believes that it limits the run."""

from __future__ import annotations

import os
import subprocess
import typing as t
from pathlib import Path
from unittest import mock

import pytest
from ansible import context
from ansible.parsing.dataloader import DataLoader
from ansible_collections.hybrid.photos.plugins.plugin_utils.role_variables import ROLES, of_other_roles
from ansible_collections.hybrid.photos.plugins.plugin_utils.this_call import roles_of_call, typed_variables

ROOT = Path(__file__).resolve().parents[4]


def told(role: str, *typed: str, roles: tuple[str, ...] = (), files: tuple[str, ...] = ()) -> list[tuple[str, t.Any]]:
    found = of_other_roles(role, {role, *roles}, typed, {*typed, *files})
    return [(each.name, each.meant) for each in found]


@pytest.mark.parametrize(
    ("role", "typed", "meant"),
    [
        ("drift", "sync_users", "drift_users"),
        ("sync", "drift_users", "sync_users"),
        ("restore", "sync_users", "restore_users"),
        ("lead", "sync_max_removed", "lead_max_removed"),
        ("doctor", "sync_receipts", "doctor_receipts"),
        ("sync", "lead_exclude", "sync_exclude"),
        # Mistyped, too.
        ("drift", "sync_user", "drift_users"),
        # The role has nothing like it.
        ("drift", "sync_max_removed", None),
    ],
)
def test_a_variable_of_a_role_that_the_call_does_not_run_is_told_with_the_right_one(
    role: str, typed: str, meant: str | None
) -> None:
    assert told(role, typed) == [(typed, meant)]


@pytest.mark.parametrize(
    ("role", "typed", "right"),
    [
        ("sync", "drift_fails", "drift_fail"),
        ("drift", "sync_sreial", "sync_serial"),
        ("drift", "sync_user", "drift_users"),
        ("validate", "lead_max_remove", "lead_max_removed"),
        ("sync", "drift_users", None),
        ("drift", "sync_max_removed", None),
    ],
)
def test_a_name_that_no_role_has_is_told_as_unknown_with_the_nearest_right_one(
    role: str, typed: str, right: str | None
) -> None:
    (found,) = of_other_roles(role, {role}, [typed], {typed})
    assert found.right == right


def test_a_variable_of_another_role_of_the_same_call_is_meant_for_that_role() -> None:
    assert told("validate", "sync_exclude", roles=("sync",)) == []


def test_who_gives_both_variables_means_what_is_there() -> None:
    assert told("drift", "sync_users", "drift_users") == []
    assert told("drift", "sync_users", files=("drift_users",)) == []


def test_variables_that_only_begin_like_ours_are_left_alone() -> None:
    assert told("drift", "export_colour", "validate_certs", "sync_of_our_own_data", "synced", "users") == []


def called(*playbooks: str, extra: tuple[str, ...] = ()) -> t.Any:
    return mock.patch.object(context, "CLIARGS", {"args": playbooks, "extra_vars": extra})


@pytest.mark.parametrize(
    ("playbooks", "roles"),
    [
        (("hybrid.photos.drift",), {"drift"}),
        (("hybrid.photos.validate", "hybrid.photos.sync"), {"validate", "sync"}),
        (("hybrid.photos.onprem_to_cloud",), {"lead"}),
        ((str(ROLES.parent / "playbooks/cloud_to_onprem.yml"),), {"lead"}),
        # Nobody knows here which roles these run.
        (("site.yml",), None),
        (("hybrid.photos.drift", "site.yml"), None),
        (("acme.photos.drift",), None),
        (("hybrid.photos.unknown",), None),
        ((), None),
    ],
)
def test_the_roles_of_a_call_are_known_when_all_its_playbooks_are_ours(
    playbooks: tuple[str, ...], roles: set[str] | None
) -> None:
    with called(*playbooks):
        assert roles_of_call() == roles


def test_only_what_is_in_the_command_itself_was_typed(tmp_path: Path) -> None:
    (tmp_path / "both.yml").write_text("sync_users: [a]\ndrift_users: [a]\n")
    options = (f"@{tmp_path}/both.yml", "sync_run=1 sync_plan='a b'", '{"lead_users": ["a"]}', "[]", "")
    with called("hybrid.photos.drift", extra=options):
        assert typed_variables(DataLoader()) == {"sync_run", "sync_plan", "lead_users"}


def validate(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A call that needs no server."""
    (folder / "photos").mkdir(exist_ok=True)
    (folder / "photos" / "photos.yml").write_text("photos: {alice@example.com: {state: absent}}\n")
    return subprocess.run(
        ["ansible-playbook", "hybrid.photos.validate", *arguments],
        cwd=folder,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".dev")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_run_ends_before_it_begins_when_a_variable_of_another_role_was_typed(tmp_path: Path) -> None:
    done = validate(tmp_path, "-e", "sync_exclude=alice@example.com")
    assert done.returncode == 2
    told = "sync_exclude is a variable of the role sync, which this call does not run; give validate_exclude"
    assert told in " ".join(done.stdout.split())


def test_a_run_warns_of_a_typed_variable_that_the_role_has_nothing_like(tmp_path: Path) -> None:
    done = validate(tmp_path, "-e", "sync_max_removed=5")
    assert done.returncode == 0
    assert "the role validate has no such variable" in " ".join(done.stderr.split())


def test_a_run_ends_before_it_begins_when_no_role_has_the_typed_variable(tmp_path: Path) -> None:
    done = validate(tmp_path, "-e", "drift_fails=true", "-e", "sync_excludes=x")
    assert done.returncode == 2
    said = " ".join(done.stdout.split())
    assert "No role knows a variable drift_fails (did you mean drift_fail? It is of the role drift, which" in said
    assert "No role knows a variable sync_excludes (did you mean validate_exclude?)" in said
    assert "is a variable of the role" not in said + done.stderr


def test_variables_of_several_roles_in_the_inventory_or_in_a_file_are_silent(tmp_path: Path) -> None:
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars/all.yml").write_text("sync_exclude: [bob]\ndrift_exclude: [bob]\n")
    (tmp_path / "estate.yml").write_text("sync_max_removed: 5\nlead_exclude: [bob]\n")
    (tmp_path / "hosts").write_text("localhost ansible_connection=local\n")
    done = validate(tmp_path, "-i", "hosts", "-e", "@estate.yml")
    assert (done.returncode, done.stderr) == (0, "")
    assert "of the role" not in done.stdout
