# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A wrong value of a role's variable is one sentence with name and value; a list can be given as text."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.hybrid.photos.plugins.plugin_utils.role_values import listed, problems
from ansible_collections.hybrid.photos.plugins.plugin_utils.role_variables import ROLES, all_roles, options_of

#: Each list of texts that a role takes.
LISTS = [
    (role, name)
    for role in all_roles()
    for name, option in options_of(role).items()
    if option["type"] == "list" and option["elements"] == "str"
]
PLAYBOOKS = Path(ROLES).parent / "playbooks"


def wrong(role: str, **values: object) -> list[str]:
    """What is said of some values, where all that must be given is given."""
    needed = {"export": {"export_dest": "photos"}, "lead": {"lead_from": "ad"}}.get(role, {})
    return problems(role, {**needed, **values}.get, frozenset({**needed, **values}))


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a, b", ["a", "b"]), ("a", ["a"]), (["a,b"], ["a,b"]), ([], []), (5, ["5"]), ("", [""]), (("a",), ["a"])],
)
def test_a_text_is_a_list_of_what_its_commas_divide(value: object, expected: list[str]) -> None:
    assert listed(value) == expected


@pytest.mark.parametrize(("role", "name"), LISTS)
def test_each_list_of_each_role_is_used_in_the_form_that_a_text_has_too(role: str, name: str) -> None:
    """Everywhere but where it is handed on unchanged: to the hosts of lead, and there to sync."""
    uses = 0
    for path in (*(ROLES / role).glob("tasks/*.yml"), *(ROLES / role).glob("vars/*.yml")):
        for key, text in _expressions(yaml.safe_load(path.read_text("utf-8"))):
            if text.strip() == name and key in (name, f"sync_{name.removeprefix('lead_')}", "sync_targets"):
                uses += 1
                continue
            for after in re.split(rf"(?<![\w.]){name}\b", re.sub("'[^']*'", "''", text))[1:]:
                uses += 1
                assert after.startswith(" | hybrid.photos.listed"), f"{path.name}: {text}"
    assert uses


def _expressions(of: t.Any, key: str = "") -> t.Iterator[tuple[str, str]]:
    """What Ansible evaluates in a YAML file, each with the key that it belongs to."""
    if isinstance(of, dict):
        for name, value in of.items():
            yield from _expressions(value, str(name))
    elif isinstance(of, list):
        for value in of:
            yield from _expressions(value, key)
    elif isinstance(of, str) and key in ("when", "failed_when", "changed_when", "that", "until"):
        yield key, of
    elif isinstance(of, str):
        yield from ((key, text) for text in re.findall(r"{{(.*?)}}", of, re.DOTALL))


@pytest.mark.parametrize(
    ("role", "values", "said"),
    [
        ("drift", {"drift_targets": "azure"}, "drift_targets is 'azure'; use one or more of ad, exchange, exo"),
        (
            "doctor",
            {"doctor_targets": ["ad", "azure"]},
            "doctor_targets has 'azure'; use one or more of ad, exchange, exo",
        ),
        ("restore", {"restore_first": "delete"}, "restore_first is 'delete'; use one of keep, remove"),
        ("drift", {"drift_exo_when": ""}, "drift_exo_when is ''; use one of always, mailbox"),
        (
            "sync",
            {"sync_exchange_match_by": "upn"},
            "sync_exchange_match_by is 'upn'; use one of userPrincipalName, sAMAccountName, mail, objectGUID, anchor, "
            "or leave it empty",
        ),
        # It would be the folder in which Ansible was called.
        ("export", {"export_dest": ""}, "export_dest is empty; give a text"),
        ("drift", {"drift_keep_reports": "many"}, "drift_keep_reports is 'many'; give a whole number"),
        ("drift", {"drift_fail": "maybe"}, "drift_fail is 'maybe'; give true or false"),
        # The modules would take it for true and the templates of the roles for false.
        ("drift", {"drift_fail": "y"}, "drift_fail is 'y'; give true or false"),
        ("drift", {"drift_report_dir": ["a"]}, "drift_report_dir is a list; give a text"),
        (
            "drift",
            {"drift_users": [{"user": "a"}]},
            "drift_users has an entry that is not a text; give a list of texts",
        ),
        ("drift", {"drift_users": {"user": "a"}}, "drift_users is a mapping; give a list, or a text such as a,b"),
        ("drift", {"drift_default_for": "ad"}, "drift_default_for is 'ad'; give a mapping"),
        ("drift", {"drift_users": None}, "drift_users has no value; give one, or leave the variable out"),
        ("drift", {"drift_users": ""}, "drift_users '' cannot be used: it is empty; correct it, or leave it out"),
        (
            "doctor",
            {"doctor_exclude": ["a\nb"]},
            r"doctor_exclude 'a\nb' cannot be used: it contains a control character or a line end; correct it, "
            "or leave it out",
        ),
        (
            "sync",
            {"sync_max_replaced": "abc"},
            "sync_max_replaced is 'abc'; give a count such as 25, or a percentage from 0% to 100%",
        ),
        (
            "lead",
            {"lead_keep_backups": 0},
            'lead_keep_backups: "0" is not a number of runs, such as 20, or of days, such as 30d (1 to 99999). '
            "Leave it empty to keep all backups.",
        ),
        (
            "sync",
            {"sync_metrics_name": "a b"},
            "sync_metrics_name is 'a b'; give a word of letters, digits, hyphens and underscores, such as drift",
        ),
        ("drift", {"drift_keep_reports": -1}, "drift_keep_reports is -1; give a number from 0 up"),
        ("validate", {"validate_max_crop_loss": "200"}, "validate_max_crop_loss is 200; give a number from 0 to 100"),
        ("validate", {"validate_max_file_bytes": 0}, "validate_max_file_bytes is 0; give a number from 1 up"),
        *(
            (
                role,
                {name: value},
                f"{name} is '{value}'; give a name that a folder can have, such as 20261127T081500Z, without '/'",
            )
            for role, name in (("sync", "sync_run"), ("lead", "lead_run"), ("restore", "restore_name"))
            for value in ("", "a/b", "..")
        ),
        (
            "doctor",
            {"doctor_ad_match_by": "upn"},
            "doctor_ad_match_by is 'upn'; use one of "
            + ", ".join(options_of("export")["export_ad_match_by"]["choices"]),
        ),
        (
            "lead",
            {"lead_max_added": "200%"},
            "lead_max_added is '200%'; give a count such as 25, or a percentage from 0% to 100%",
        ),
    ],
)
def test_a_wrong_value_is_one_sentence_that_names_variable_and_value(
    role: str, values: dict[str, object], said: str
) -> None:
    assert wrong(role, **values) == [said]


@pytest.mark.parametrize("value", ["abc", "2.5", 2.5, 0, "0", -1, "-1", "0%", "200%", "", True, "%"])
def test_a_batch_that_cannot_be_used_is_refused_before_a_server_is_asked(value: object) -> None:
    """Ansible finds it out after the plan, with a traceback, or takes all shards at once without a word."""
    assert wrong("sync", sync_serial=value) == [
        f"sync_serial is '{value}'; give a number of shards such as 1, a percentage from 1% to 100%, or a list of them "
        "such as 1,50%"
    ]


def test_the_wrong_batches_of_a_list_are_named() -> None:
    wanted = "give a number of shards such as 1, a percentage from 1% to 100%, or a list of them such as 1,50%"
    assert wrong("sync", sync_serial=[1, "many", "200%"]) == [f"sync_serial has 'many', '200%'; {wanted}"]
    assert wrong("sync", sync_serial="1,,2") == [f"sync_serial has ''; {wanted}"]
    assert wrong("sync", sync_serial=[]) == [f"sync_serial is empty; {wanted}"]
    assert wrong("sync", sync_serial={"a": 1}) == [f"sync_serial is a mapping; {wanted}"]
    assert wrong("sync", sync_serial=[[1]]) == [f"sync_serial is '[1]'; {wanted}"]


@pytest.mark.parametrize("value", [1, "10", "1%", "100%", [1, "100%"], "1,50%", "1, 100%", (1, 2)])
def test_each_form_of_a_batch_that_ansible_takes_passes(value: object) -> None:
    assert wrong("sync", sync_serial=value) == []


def test_no_variable_is_without_a_check() -> None:
    """``raw`` takes anything; what follows would then be Ansible's own error in the middle of a run."""
    for role in all_roles():
        for name, option in options_of(role).items():
            assert option["type"] != "raw" or wrong(role, **{name: "no such value"}), name


def test_keywords_of_plays_evaluate_no_variable_of_a_role_that_is_not_checked_and_found_in_the_inventory() -> None:
    """A play itself sees the variables of -e alone, so one of the inventory would be passed over in silence."""
    found = set()
    for path in PLAYBOOKS.glob("*.yml"):
        for play in yaml.safe_load(path.read_text("utf-8")):
            keywords = " ".join(str(value) for key, value in play.items() if key not in ("tasks", "vars"))
            keywords = re.sub(r"'[^']*\s[^']*'", "''", keywords)  # sentences for people
            for role in all_roles():
                found |= {
                    (name, f"'{name}'" in keywords)
                    for name in re.findall(rf"\b{role}_\w+", keywords)
                    if name in options_of(role)
                }
    assert found == {("sync_serial", True)}


def test_users_found_by_the_anchor_need_a_role_that_gives_them() -> None:
    values = {"sync_ad_match_by": "anchor", "sync_targets": "ad,exo", "sync_people": {}, "sync_option_prefix": "sync_"}
    (said,) = wrong("sync", **values)
    assert said.startswith("sync_ad_match_by is 'anchor', and sync_people is empty; ")
    assert wrong("sync", **{**values, "sync_targets": ["exo"]}) == []
    assert wrong("sync", **{**values, "sync_people": {"photos": []}}) == []
    # A role that calls this one may read them later.
    assert wrong("sync", **{**values, "sync_option_prefix": "lead_"}) == []
    assert wrong("drift", drift_exo_match_by="anchor", drift_exchange_match_by="anchor") == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (
            {"ad": {"grop": "x"}},
            "sync_default_for.ad has no grop (did you mean group?); there are filter and group",
        ),
        (
            {"exoo": {"filter": "x"}},
            "sync_default_for has no exoo (did you mean exo?); there are ad, exchange and exo",
        ),
        ({"ad": {"who": "x"}}, "sync_default_for.ad has no who; there are filter and group"),
        ({"exo": "x"}, "sync_default_for.exo is 'x'; give a mapping with filter and group"),
        ({"exo": ["x"]}, "sync_default_for.exo is a list; give a mapping with filter and group"),
        ({"exo": {"filter": ["x"]}}, "sync_default_for.exo.filter is a list; give a text"),
    ],
)
def test_a_mapping_with_a_wrong_part_is_told_with_the_nearest_right_one(value: object, said: str) -> None:
    assert wrong("sync", sync_default_for=value) == [said]


@pytest.mark.parametrize("role", all_roles())
def test_the_attribute_that_users_are_named_by_is_checked_before_a_server_is_asked(role: str) -> None:
    """Role lead compares it with the targets of the run, which decide what can be used."""
    for name, option in options_of(role).items():
        if name.endswith("_match_by") and role != "lead":
            assert "userPrincipalName" in option["choices"], name


def test_all_wrong_values_are_told_at_once() -> None:
    assert len(wrong("drift", drift_targets="azure", drift_formats="pdf")) == 2


def test_what_must_be_given_and_is_not_is_named() -> None:
    (said,) = problems("export", {}.get, frozenset())
    assert said == "export_dest must be given; see ansible-doc -t role hybrid.photos.export"
    assert problems("lead", {}.get, frozenset())[0].startswith("lead_from must be given; ")


@pytest.mark.parametrize("role", all_roles())
def test_defaults_and_values_as_texts_pass(role: str) -> None:
    defaults = yaml.safe_load((ROLES / role / "defaults/main.yml").read_text("utf-8"))
    plain = {name: value for name, value in defaults.items() if "{{" not in str(value)}
    assert wrong(role, **plain) == []
    # -e name=value gives a text, whatever it is.
    texts = {name: ",".join(value) if isinstance(value, list) else str(value) for name, value in plain.items()}
    kinds = options_of(role)
    texts = {name: text for name, text in texts.items() if kinds[name]["type"] != "dict" and plain[name] != []}
    assert wrong(role, **texts) == []


@pytest.mark.parametrize("role", all_roles())
def test_entries_of_users_are_not_looked_at(role: str) -> None:
    def get(name: str) -> t.Any:
        assert options_of(role)[name].get("elements") != "dict"
        return {"export_dest": "photos", "lead_from": "ad"}.get(name)

    known = {"export": {"export_dest"}, "lead": {"lead_from"}}.get(role, set())
    entries = {name for name, option in options_of(role).items() if option.get("elements") == "dict"}
    assert problems(role, get, frozenset(known | entries)) == []


@pytest.mark.parametrize("path", sorted(PLAYBOOKS.glob("*.yml")), ids=lambda path: path.stem)
def test_no_packaged_playbook_has_ansibles_own_check_which_prints_the_whole_specification(path: Path) -> None:
    plays = yaml.safe_load(path.read_text("utf-8"))
    for play in plays:
        assert "roles" not in play
        for task in play["tasks"]:
            assert task["ansible.builtin.import_role"]["rolespec_validate"] is False


def test_no_role_shows_the_insides_of_a_check() -> None:
    """``assert`` prints the condition beside the message, validate_argument_spec the whole specification."""
    for path in ROLES.glob("*/tasks/*.yml"):
        text = path.read_text("utf-8")
        assert "ansible.builtin.assert" not in text, path
        assert "validate_argument_spec" not in text, path
