# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nobody's words are a program: texts that would run a command, wherever somebody else may write one.

Each text runs the command ``hit`` when anything evaluates it, which makes a file of that name.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.hybrid.photos.plugins.module_utils._definitions.folder import manifest_text
from ansible_collections.hybrid.photos.plugins.module_utils._report.plan import digest

if t.TYPE_CHECKING:
    from .conftest import Company, Play

ROOT = Path(__file__).resolve().parents[3]


def programs(texts: dict[str, str]) -> dict[str, str]:
    """Each text with a command of its own for ``X``."""
    return {name: text.replace("X", f"'pipe', 'hit {name}'") for name, text in texts.items()}


#: On one line, as the name of a user or of a file can be.
TEXTS = programs(
    {
        "variable": "{{ lookup(X) }}",
        "block": "{% if lookup(X) %}{% endif %}",
        "set": "{% set x = lookup(X) %}",
        "comment": "{# a comment #}{{ query(X) }}",
        "nested": "{{ '{{ 1 }}' ~ lookup(X) }}",
        "filter": "{{ 'x' | replace('x', lookup(X)) }}",
        "expression": "lookup(X)",
    }
)
#: With line ends, as a display name, an address or the name of a folder can be: the first line changes the marks.
LONG_TEXTS = programs(
    {
        "marks": "#jinja2: variable_start_string:'[%', variable_end_string:'%]'\n[% lookup(X) %]",
        "blocks": "#jinja2: block_start_string:'<%', block_end_string:'%>'\n<% if lookup(X) %><% endif %>",
        "both": "#jinja2: variable_start_string:'((', variable_end_string:'))', trim_blocks: False\n(( lookup(X) ))",
    }
)
USERS = {name: f"{text}@photos.test" for name, text in TEXTS.items()}
#: Declared by the name of a picture; the others by photos.yml.
BY_FILE = ("variable", "block", "set", "expression")
UNGUARDED = ("sync_max_replaced=100%", "sync_max_removed=100%", "sync_shared_pictures=allow")


@pytest.fixture
def hit(company: Company, tmp_path: Path) -> Path:
    """The folder in which a file tells that a text was a program."""
    folder, tools = tmp_path / "hit", tmp_path / "tools"
    folder.mkdir()
    tools.mkdir()
    (tools / "hit").write_text(f'#!/bin/sh\ntouch "{folder}/$1"\n')
    (tools / "hit").chmod(0o755)
    company.environment["PATH"] = os.pathsep.join([str(tools), os.environ["PATH"]])
    return folder


@pytest.fixture
def attacked(company: Company, hit: Path) -> Company:
    """Both sides hold users whose names, addresses and display names are programs; the folder declares them."""
    pictures = Path(company.told["photos"])
    picture, older = ((pictures / name).read_bytes() for name in ("rosa@photos.test.jpg", "pia@photos.test.jpg"))
    shutil.rmtree(company.photos)
    company.folder = company.folder / TEXTS["variable"]
    odd = company.photos / TEXTS["set"]
    odd.mkdir(parents=True)
    longs = list(LONG_TEXTS.values())
    declared: dict[str, str | None] = {"vera@photos.test": None}
    for number, (name, user) in enumerate(USERS.items()):
        long, mail = longs[number % len(longs)], f"{TEXTS[name]}@mail.test"
        company.domain.add_user(user, f"hostile{number}", displayName=long, mail=mail)
        company.tenant.add_user(user, display_name=long, mail=mail, mailbox=True)
        place = company.photos / f"{user}.jpg"
        if name not in BY_FILE:
            place = odd / f"{TEXTS[name]}.jpg"
            declared[user] = str(place.relative_to(company.photos))
        place.write_bytes(picture)
    (company.photos / "photos.yml").write_text(manifest_text(declared))
    # What a sync overwrites and a restore brings back.
    for name in ("variable", "set"):
        company.domain.set_photo(USERS[name], company.domain.photo("quinn@photos.test") or older)
    return company


def test_each_text_runs_its_command_where_it_is_trusted(company: Company, hit: Path) -> None:
    """Otherwise the tests below would show nothing."""
    texts = {f"text_{name}": text for name, text in {**TEXTS, **LONG_TEXTS}.items() if name != "expression"}
    tasks: list[dict[str, t.Any]] = [{"debug": {"msg": f"{{{{ {name} }}}}"}, "ignore_errors": True} for name in texts]
    tasks.append({"debug": {"msg": "x"}, "when": TEXTS["expression"] + " == ''"})
    play = [{"hosts": "localhost", "gather_facts": False, "vars": texts, "tasks": tasks}]
    (company.folder / "trusting.yml").write_text(yaml.safe_dump(play))
    run = company.play(str(company.folder / "trusting.yml"), inventory=False)
    assert {path.name for path in hit.iterdir()} == set(TEXTS) | set(LONG_TEXTS), run.output


def test_no_playbook_runs_what_a_name_a_file_or_a_report_says(attacked: Company, hit: Path) -> None:
    company = attacked

    def play(playbook: str, *pairs: str, inventory: bool = True) -> Play:
        extra = [part for pair in pairs for part in ((pair,) if pair.startswith("--") else ("-e", pair))]
        run = company.play(playbook, *extra, inventory=inventory)
        assert [path.name for path in hit.iterdir()] == [], f"{playbook} ran somebody's text"
        return run

    run = play("validate", "validate_path=photos", "validate_junit=reports/validate.xml", inventory=False)
    assert "looks like a template" in run.output, run.output
    play("doctor", "doctor_report=reports/doctor.json")
    run = play("drift", "drift_shared_pictures=allow", "drift_fail=true")
    assert set(company.report()) == {*USERS.values(), "vera@photos.test"}, run.output
    play("sync", "--check", "--diff", *UNGUARDED)

    # A plan is text from outside as well.
    plan = json.loads((company.folder / "reports" / "drift.json").read_text())
    plan["title"] = plan["headline"] = LONG_TEXTS["marks"]
    plan["messages"] = [{"target": None, "shard": None, "text": LONG_TEXTS["blocks"]}]
    plan["digest"] = digest(plan)
    # Before ansible-core 2.19 the path that an operator gives a lookup is a template to Ansible itself.
    (company.folder.parent / "plan.json").write_text(json.dumps(plan))
    run = play("sync", "sync_plan=../plan.json", "sync_receipts=receipts.sqlite", "sync_run=run1", *UNGUARDED)
    done = company.report()
    assert {done[user][side]["action"] for user in USERS.values() for side in ("ad", "exo")} == {"put"}, run.output
    play("sync", "sync_receipts=receipts.sqlite", "sync_run=run2")

    (manifest,) = company.folder.rglob("manifest.jsonl")
    named = manifest.read_text().replace('"run": "run1"', '"run": ' + json.dumps(LONG_TEXTS["marks"]))
    manifest.write_text(named.replace(json.dumps(USERS["set"]), json.dumps(LONG_TEXTS["blocks"])))
    run = play("restore", '{"restore_formats": ["markdown", "html", "junit", "json"]}', inventory=False)
    assert "2 restored" in run.output

    play("export", "export_dest=exported", "export_one_sided=keep", inventory=False)
    exported = yaml.safe_load((company.folder / "exported" / "photos.yml").read_text())["photos"]
    assert set(USERS.values()) <= set(exported)
    play("onprem_to_cloud", "lead_match_by=mail", "lead_follow_by=userPrincipalName", inventory=False)
    play("cloud_to_onprem", inventory=False)


#: Tags that make objects, read other files, or mark a text, in one or another reader of YAML.
TAGS = {
    "unsafe": ("!unsafe", "x.jpg"),
    "vault": ("!vault", "x.jpg"),
    "include": ("!include", "/etc/hostname"),
    "python": ("!!python/object/apply:os.system", "hit python"),
    "name": ("!!python/name:os.system", ""),
}


@pytest.mark.parametrize("place", ["key", "name"])
def test_a_longer_program_in_a_definitions_folder_is_refused_by_name(company: Company, hit: Path, place: str) -> None:
    picture = Path(company.told["photos"], "pia@photos.test.jpg").read_bytes()
    shutil.rmtree(company.photos)
    company.photos.mkdir()
    if place == "name":
        for text in LONG_TEXTS.values():
            (company.photos / f"{text}.jpg").write_bytes(picture)
    else:
        keys = {text: {"state": "absent"} for text in LONG_TEXTS.values()}
        (company.photos / "photos.yml").write_text(yaml.safe_dump({"photos": keys}, width=1000))
    for playbook in (["drift"], ["sync", "--check"]):
        run = company.play(*playbook)
        assert [path.name for path in hit.iterdir()] == [], playbook
        assert run.code != 0
        if place == "name":
            assert f"{len(LONG_TEXTS)} invalid" in run.output
            assert "the name of this file is not valid UTF-8, or has a control character; rename it" in run.output
        else:
            assert run.output.count("it contains a control character or a line end") == len(LONG_TEXTS)
        assert r"'[%', variable_end_string:'%]'\n[%" in run.output, "and shown on one line"


def test_a_tag_of_yaml_makes_nothing(company: Company, hit: Path) -> None:
    tagged = "".join(f'  {name}@tag.test: {tag} "{text}"\n' for name, (tag, text) in TAGS.items())
    (company.photos / "photos.yml").write_text("photos:\n" + tagged)
    for playbook, inventory in (("drift", True), ("validate", False)):
        run = company.play(playbook, "-e", "validate_path=photos", inventory=inventory)
        assert [path.name for path in hit.iterdir()] == [], playbook
        assert run.code != 0
        for number, tag in enumerate(("!unsafe", "!vault", "!include", "!!python/object/apply:os.system"), 2):
            assert f"photos.yml:{number}: the tag {tag} has no meaning here" in run.output


def test_an_inventory_file_is_no_program_and_stays_in_its_repository(company: Company, hit: Path) -> None:
    (company.folder / "link").symlink_to("/etc")
    inventory = company.inventory()
    for path, said in (
        (TEXTS["variable"], "there is no such folder"),
        (LONG_TEXTS["marks"], "there is no such folder"),
        ("/etc", "outside"),
        ("../..", "outside"),
        ("link", "outside"),
    ):
        inventory.write_text(yaml.safe_dump({"plugin": "hybrid.photos.definitions", "path": path}))
        done = subprocess.run(
            ["ansible-inventory", "-i", str(inventory), "--list"],
            cwd=company.folder,
            env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), **company.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode != 0
        assert said in " ".join(done.stderr.split())
        assert done.stderr.count("ERROR") == 1, "said once"
        assert "Failed to parse" not in done.stderr, "and nothing beside it"
    assert [path.name for path in hit.iterdir()] == []


def test_the_name_of_a_file_shows_no_variable_of_the_environment(company: Company) -> None:
    company.only("pia@photos.test")
    (company.photos / "pia@photos.test.jpg").rename(company.photos / "$HYBRID_PHOTOS_AD_PASSWORD${SECRET}.jpg")
    (company.photos / "photos.yml").write_text('{photos: {pia@photos.test: "$HYBRID_PHOTOS_AD_PASSWORD${SECRET}.jpg"}}')
    run = company.play("drift", "-vvv", SECRET="not-for-anybody")
    assert run.code == 0
    assert company.report()["pia@photos.test"]["ad"]["drift"] == "in_sync", "the file itself was used"
    written = [path for path in (company.folder / "reports").rglob("*") if path.is_file()]
    assert written
    for text in (run.output, *(path.read_text() for path in written)):
        assert "not-for-anybody" not in text
        assert company.told["domain"]["password"] not in text


def test_the_name_of_a_file_that_is_not_utf_8_stops_nobody_else(company: Company) -> None:
    """In a list that a playbook makes of a folder, and as a definitions folder."""
    picture = Path(company.told["photos"], "alice@photos.test.jpg").read_bytes()
    faces = company.folder / "faces"
    faces.mkdir()
    for name in (b"alice@photos.test.jpg", b"m\xfcller@photos.test.jpg"):
        (faces / os.fsdecode(name)).write_bytes(picture)
    tasks = [
        {
            "hybrid.photos.ad_thumbnail_photo": {
                "photos": "{{ dict(names | zip(files)) | dict2items(key_name='user', value_name='src') }}"
            },
            "failed_when": False,
            "register": "done",
            "vars": {
                "files": f"{{{{ query('ansible.builtin.fileglob', '{faces}/*.jpg') }}}}",
                "names": "{{ files | map('basename') | map('splitext') | map('first') }}",
            },
        },
        {"ansible.builtin.debug": {"var": "done.photos | map(attribute='drift')"}},
        {"ansible.builtin.debug": {"var": "done.msg"}},
    ]
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
    (company.folder / "faces.yml").write_text(yaml.safe_dump([play]))
    run = company.play(str(company.folder / "faces.yml"), inventory=False)
    assert company.domain.photo("alice@photos.test") is not None, run.output
    assert "is not valid UTF-8" in run.output
    assert run.code == 0

    shutil.rmtree(company.photos)
    faces.rename(company.photos)
    run = company.play("validate", "-e", "validate_path=photos", inventory=False)
    assert run.code != 0
    assert r"m\xfcller@photos.test.jpg: " in run.output
    assert "not valid UTF-8; rename the file" in " ".join(run.output.split())
    assert "deserialize" not in run.output
    for playbook, code in (("drift", 0), ("sync", 2)):
        run = company.play(playbook)
        assert run.code == code, run.output
        assert "the name of this file is not valid UTF-8" in run.output
        assert "deserialize" not in run.output
        rows = company.report()
        assert set(rows) == {"alice@photos.test", r"m\xfcller@photos.test"}
        assert {rows[r"m\xfcller@photos.test"][target]["drift"] for target in ("ad", "exo")} == {"invalid"}
    assert company.tenant.photo("alice@photos.test") is not None


@pytest.mark.variant
def test_two_inventories_are_done_side_by_side_and_one_user_of_both_is_an_error(company: Company) -> None:
    for region, users in (("emea", ("pia", "quinn")), ("apac", ("rosa", "samir"))):
        folder = company.folder / region
        folder.mkdir()
        for user in users:
            shutil.copy(company.photos / f"{user}@photos.test.jpg", folder)
        text = f"plugin: hybrid.photos.definitions\npath: {region}\nshard_size: 1\n"
        (company.folder / f"{region}.photos.yml").write_text(text)
    both = ("-i", "emea.photos.yml", "-i", "apac.photos.yml")
    run = company.play("drift", *both, inventory=False)
    assert run.code == 0, run.output
    report = company.report()
    assert set(report) == {f"{user}@photos.test" for user in ("pia", "quinn", "rosa", "samir")}
    assert report["pia@photos.test"]["source"]["path"] == "pia@photos.test.jpg"
    for host in ("photos_0001", "photos_0002", "apac_photos_0001", "apac_photos_0002"):
        assert f"\n{host} " in run.output
    for order in (both, ("-i", "apac.photos.yml", "-i", "apac.photos.yml")):
        run = company.play("sync", *order, "--check", inventory=False)
        assert run.code == 0, "the same file twice is one inventory"
    shutil.copy(company.photos / "pia@photos.test.jpg", company.folder / "apac" / "PIA@photos.test.jpg")
    run = company.play("drift", *both, inventory=False)
    assert run.code != 0
    assert "PIA@photos.test is declared here and in" in run.output
    assert "PLAY" not in run.output


def test_an_inventory_file_with_another_name_is_told_the_rule_once(company: Company) -> None:
    company.inventory().rename(company.folder / "team.yml")
    run = company.play("drift", "-i", "team.yml", inventory=False)
    assert run.code != 0
    assert run.output.count("must end in .photos.yml or .photos.yaml") == 1
    assert "Failed to parse" not in run.output
    assert "PLAY" not in run.output
