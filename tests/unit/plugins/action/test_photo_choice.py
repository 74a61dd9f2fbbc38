# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users of a shard go into a file of the run, and only numbers into variables."""

from __future__ import annotations

import stat
import typing as t
from pathlib import Path
from unittest import mock

import pytest
from ansible.playbook.task import Task
from ansible_collections.hybrid.photos.plugins.action import photo_choice
from ansible_collections.hybrid.photos.plugins.module_utils._core import rows_file
from ansible_collections.hybrid.photos.plugins.plugin_utils import run_folder
from ansible_collections.hybrid.photos.plugins.plugin_utils.text import no_template

try:
    from ansible.template import trust_as_template as trusted
except ImportError:  # before 2.19 all text is trusted that is not marked

    def trusted(text: str) -> str:
        return text


ENTRIES = [
    {"user": "alice@x", "src": "/p/{{ alice }}.jpg"},
    {"user": "Bob@x", "state": "absent", "targets": ["ad"]},
    {"user": "carol@x", "src": "/p/carol.jpg", "targets": ["exo"]},
]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What Ansible would have as its own temporary folder of a run."""
    folder = tmp_path / "ansible-local-1abcdefgh"
    folder.mkdir(mode=0o700)
    monkeypatch.setattr(run_folder.C, "DEFAULT_LOCAL_TMP", str(folder))
    return folder


def plain(value: t.Any) -> t.Any:
    """As the inventory plugin gives it."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return list(map(plain, value)) if isinstance(value, list) else no_template(value)


def call(variables: dict[str, t.Any], **arguments: t.Any) -> tuple[dict[str, t.Any], mock.MagicMock]:
    task = mock.MagicMock(Task, args={"variable": "drift_photos", **arguments}, check_mode=False, async_val=0)
    task.action, task.run_once = "hybrid.photos.photo_choice", False
    templar = mock.MagicMock()
    templar.template.side_effect = lambda _value: [{"user": "templated@x"}]
    action = photo_choice.ActionModule(task, mock.MagicMock(), mock.MagicMock(), mock.MagicMock(), templar, None)
    return action.run(None, {"inventory_hostname": "photos_0001", **variables}), templar


def shard(**arguments: t.Any) -> dict[str, t.Any]:
    variables = {"drift_photos": "{{ photos | default([]) }}", "photos": plain(ENTRIES)}
    result, templar = call(variables, **arguments)
    assert not templar.template.called, "an entry of the inventory is no template"
    return result


def test_entries_are_in_a_file_as_they_were(temporary: Path) -> None:
    result = shard()
    assert list(rows_file.items(result["photos_file"], "photos")) == ENTRIES
    assert result["declared"] == {"ad": 2, "exchange": 1, "exo": 2}
    assert (result["chosen"], result["excluded"], result["not_chosen"]) == (3, 0, 0)
    assert result["shard"] == "photos_0001"
    assert not result["changed"]


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"drift_photos": "x"}, "drift_photos"),
        ({"drift_photos": "{{ photos | default([]) }}", "photos": "x"}, "photos"),
    ],
)
def test_a_value_that_is_no_list_of_entries_is_told_with_its_variable(variables: dict[str, t.Any], name: str) -> None:
    result, _templar = call({key: plain(value) for key, value in variables.items()})
    assert result["msg"].startswith(f"{name} must be a list of entries such as ")


def test_only_the_owner_can_look_at_the_file_and_the_folder_is_ansibles_own(temporary: Path) -> None:
    file = Path(shard()["photos_file"]["path"])
    assert file.parent.parent == temporary
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_those_who_get_the_default_picture_are_chosen_and_are_not_declared(temporary: Path) -> None:
    result = shard(more=[{"user": "dave@x", "src": "/d.jpg", "targets": ["exo"]}], everybody=True, confirm=["dave@x"])
    file = result["photos_file"]
    assert [entry["user"] for entry in rows_file.items(file, "photos")][-1] == "dave@x"
    assert "dave@x" not in list(rows_file.items(file, "everybody"))
    assert (result["declared"]["exo"], result["confirmed"]) == (3, [])


def test_the_host_is_named_also_when_its_users_cannot_be_chosen(temporary: Path) -> None:
    failed = call({"drift_photos": plain([{"src": "/p/alice.jpg"}])})[0]
    assert failed["failed"]
    assert failed["shard"] == "photos_0001"


def test_a_name_that_no_user_can_have_is_refused_by_its_option(temporary: Path) -> None:
    variables = {"drift_photos": plain(ENTRIES)}
    assert "drift_users '' cannot be used" in call(variables, only=[""], prefix="drift_")[0]["msg"]
    assert "drift_exclude ' ' cannot be used" in call(variables, exclude=[" "], prefix="drift_")[0]["msg"]


def test_a_part_of_the_users_is_chosen(temporary: Path) -> None:
    result = shard(
        only=["ALICE@x", "nobody@x", "carol*"], exclude=["carol@x"], everybody=True, confirm=["bob@x", "eve"]
    )
    file = result["photos_file"]
    assert [entry["user"] for entry in rows_file.items(file, "photos")] == ["alice@x"]
    assert list(rows_file.items(file, "excluded")) == ["carol@x"]
    assert list(rows_file.items(file, "everybody")) == ["alice@x", "Bob@x", "carol@x"]
    assert (result["chosen"], result["excluded"], result["not_chosen"]) == (1, 1, 1)
    assert result["matched"] == ["ALICE@x", "carol*", "carol@x"]
    assert result["confirmed"] == ["bob@x"]


@pytest.mark.parametrize(
    "variables",
    [
        {"drift_photos": trusted("{{ own_list }}")},
        {"drift_photos": "{{ photos | default([]) }}", "photos": trusted("{{ own_list }}")},
        {"drift_photos": "{{ photos | default([]) }}", "photos": [{"user": trusted("{{ who }}")}]},
        {"drift_photos": "{{ photos | default([]) }}", "photos": [{"user": object()}]},
    ],
)
def test_what_may_be_a_template_is_evaluated(temporary: Path, variables: dict[str, t.Any]) -> None:
    result, templar = call(variables)
    assert templar.template.called
    assert [entry["user"] for entry in rows_file.items(result["photos_file"], "photos")] == ["templated@x"]


@pytest.mark.parametrize(
    ("photos", "said"),
    [
        (
            [],
            "photos_0001 declares no photos. Give an inventory of the plugin hybrid.photos.definitions, as in -i team",
        ),
        ([{"src": "/p/x.jpg"}], "drift_photos: entry 1 has no user"),
        (["alice"], "entry 1 is text"),
        ({"user": "alice"}, "photos must be a list"),
    ],
)
def test_entries_that_are_none_are_refused(temporary: Path, photos: t.Any, said: str) -> None:
    result, _templar = call({"drift_photos": plain(photos)})
    assert result["failed"]
    assert said in result["msg"]


def test_a_folder_that_cannot_be_written_to_is_named(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_folder.C, "DEFAULT_LOCAL_TMP", str(temporary / "missing"))
    result, _templar = call({"drift_photos": plain(ENTRIES)})
    assert result["failed"]
    assert "ANSIBLE_LOCAL_TEMP" in result["msg"]
