# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A variable that was meant for a role and is none of its own never goes unseen."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path
from unittest import mock

import pytest
import yaml
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible_collections.hybrid.photos.plugins.action import role_variables
from ansible_collections.hybrid.photos.plugins.plugin_utils.role_variables import (
    ROLES,
    all_roles,
    known_variables,
    meant_for_role,
    options_of,
)


def refused(role: str, *names: str, extra: tuple[str, ...] = (), ours_alone: bool = False) -> list[str]:
    found, _doubtful = meant_for_role(role, known_variables(role), names + extra, extra, ours_alone=ours_alone)
    return [str(each) for each in found]


@pytest.mark.parametrize(
    ("role", "name", "meant"),
    [
        ("sync", "sync_target", "sync_targets"),
        ("drift", "drift_fails", "drift_fail"),
        ("sync", "sync_max_replace", "sync_max_replaced"),
        ("lead", "lead_matchby", "lead_match_by"),
    ],
)
def test_a_mistyped_variable_is_refused_with_the_right_name_wherever_it_was_set(
    role: str, name: str, meant: str
) -> None:
    assert refused(role, name) == [f"{name} (did you mean {meant}?)"]


def test_a_variable_without_the_prefix_is_refused_when_it_was_given_for_this_call() -> None:
    assert refused("sync", extra=("max_replaced",)) == ["max_replaced (did you mean sync_max_replaced?)"]
    assert refused("sync", "max_replaced") == []


def test_a_single_word_may_be_the_playbooks_own_unless_the_playbook_is_ours() -> None:
    assert refused("sync", extra=("targets",)) == []
    assert refused("sync", extra=("targets",), ours_alone=True) == ["targets (did you mean sync_targets?)"]


def test_a_mistyped_prefix_is_refused() -> None:
    assert refused("sync", extra=("synch_max_removed",)) == ["synch_max_removed (did you mean sync_max_removed?)"]


def test_variables_of_others_are_no_business_of_ours() -> None:
    others = ("photos", "ansible_user", "drift_targets", "awx_job_id", "export_dest", "inventory_hostname")
    assert refused("sync", *others, extra=("drift_targets", "awx_job_id")) == []
    assert meant_for_role("validate", {"validate_path"}, ["validate_bytes_of_x"], (), ours_alone=False)[0] == []


def test_a_variable_of_the_inventory_that_is_only_a_little_like_one_of_ours_ends_no_run() -> None:
    found, doubtful = meant_for_role("sync", known_variables("sync"), ["sync_usernames"], (), ours_alone=False)
    assert (found, [str(each) for each in doubtful]) == ([], ["sync_usernames (did you mean sync_users?)"])
    assert meant_for_role("validate", {"validate_path"}, ["validate_certs"], (), ours_alone=True) == ([], [])


def test_a_prefix_and_no_more_is_warned_of_and_with_e_refused() -> None:
    found, doubtful = meant_for_role("sync", known_variables("sync"), ["sync_zzz"], (), ours_alone=False)
    assert (found, [each.name for each in doubtful]) == ([], ["sync_zzz"])
    assert refused("sync", extra=("sync_zzz",)) == ["sync_zzz"]


def test_the_task_fails_by_name_and_looks_at_no_value_of_others(tmp_path: Path) -> None:
    class Untouched(dict):  # type: ignore[type-arg]
        def __getitem__(self, key: str) -> object:
            raise AssertionError(key)

    task = mock.MagicMock(Task, async_val=0, check_mode=False, diff=False, args={"role": "sync"})
    loader = mock.MagicMock()
    loader.get_basedir.return_value = str(tmp_path)
    with mock.patch.object(role_variables, "load_extra_vars", return_value={"max_replaced": "5"}):
        action = role_variables.ActionModule(task, mock.MagicMock(), mock.MagicMock(PlayContext), loader, None, None)
        result = action.run(task_vars=Untouched(sync_target="ad", photos=[]))
    assert result["failed"] is True
    assert "sync_target (did you mean sync_targets?)" in result["msg"]
    assert "max_replaced (did you mean sync_max_replaced?)" in result["msg"]


@pytest.mark.parametrize("role", all_roles())
def test_excluded_names_that_match_nobody_are_a_warning_by_the_roles_own_variable(role: str) -> None:
    args = {"role": role, "excludes_nobody": ["bop@x"]}
    task = mock.MagicMock(Task, async_val=0, check_mode=False, diff=False, args=args)
    with mock.patch.object(role_variables, "Display") as display:
        action = role_variables.ActionModule(
            task, mock.MagicMock(), mock.MagicMock(PlayContext), mock.MagicMock(), None, None
        )
        result = action.run(task_vars={f"{role}_mistyped": 1})
    assert not result.get("failed") and not result["changed"]
    [said] = display.return_value.warning.call_args.args
    assert said.startswith(f"{role}_exclude: 'bop@x' matches no user of this run")
    assert f"{role}_exclude" in options_of(role)


def checked(role: str, **variables: object) -> dict[str, t.Any]:
    """The result of the task for a role with these variables."""
    task = mock.MagicMock(Task, async_val=0, check_mode=False, diff=False, args={"role": role})
    loader, templar = mock.MagicMock(), mock.MagicMock()
    templar.template.side_effect = lambda value: value
    loader.get_basedir.return_value = "/nowhere"
    with mock.patch.object(role_variables, "load_extra_vars", return_value={}):
        action = role_variables.ActionModule(task, mock.MagicMock(), mock.MagicMock(), loader, templar, None)
        return action.run(task_vars=variables)


@pytest.mark.parametrize(
    ("role", "variables", "said"),
    [
        ("drift", {"drift_photos": "x"}, "drift_photos must be a list of entries"),
        ("sync", {"sync_photos": [{"user": "a"}, "b"]}, "sync_photos must be a list of entries"),
        ("sync", {"sync_photos": "{{ photos | default([]) }}", "photos": "x"}, "photos must be a list of entries"),
    ],
)
def test_entries_that_are_none_are_told_before_a_server_is_asked(
    role: str, variables: dict[str, t.Any], said: str
) -> None:
    assert checked(role, **variables)["msg"].startswith(said)


def test_entries_in_a_template_are_not_evaluated() -> None:
    assert "msg" not in checked("sync", sync_photos="{{ lookup('pipe', 'false') }}")
    assert "msg" not in checked("sync", sync_photos="{{ photos | default([]) }}")


@pytest.mark.parametrize("role", all_roles())
def test_each_role_begins_with_it_and_its_own_facts_cannot_be_set_by_accident(role: str) -> None:
    """Whatever a role makes for itself begins with an underscore; all else is documented."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in (ROLES / role / "tasks").glob("*.yml")}
    assert any(f"hybrid.photos.role_variables:\n    role: {role}\n" in text for text in texts.values())
    for name, text in texts.items():
        # A word with an underscore at its end is a prefix.
        for variable in re.findall(rf"(?<![\w./]){role}_\w*[a-z0-9]\b", text):
            assert variable in known_variables(role), f"{name}: {variable}"


@pytest.mark.parametrize("role", all_roles())
def test_defaults_and_documentation_are_of_the_same_variables(role: str) -> None:
    defaults = yaml.safe_load((ROLES / role / "defaults/main.yml").read_text(encoding="utf-8"))
    options = yaml.safe_load((ROLES / role / "meta/argument_specs.yml").read_text())["argument_specs"]["main"][
        "options"
    ]
    assert set(defaults) <= set(options)
    for name, option in options.items():
        given = "default" in option
        assert (name in defaults) or not given, name
        if given:
            assert defaults[name] == option["default"], name


def test_the_shards_of_lead_have_every_variable_as_it_is_where_the_users_are_listed() -> None:
    """Variables of localhost alone would be lost on the hosts that the playbooks make."""
    tasks = yaml.safe_load((ROLES / "lead/tasks/spread.yml").read_text(encoding="utf-8"))
    handed_on = {name: value for name, value in tasks[0]["ansible.builtin.add_host"].items() if name[:5] == "lead_"}
    assert handed_on == {name: f"{{{{ {name} }}}}" for name in known_variables("lead") - {"lead_users"}}
