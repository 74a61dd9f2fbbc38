# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/operations.md: its alerts ask for metrics that exist, its recipes for notifications run on this machine."""

from __future__ import annotations

import http.server
import json
import os
import re
import subprocess
import threading
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.hybrid.photos.plugins.module_utils._report.document import as_json, build
from ansible_collections.hybrid.photos.plugins.module_utils._report.gather import gather
from ansible_collections.hybrid.photos.plugins.module_utils._report.metrics import Expiry, openmetrics
from ansible_collections.hybrid.photos.plugins.module_utils._report.scope import Scope
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._report import sample
from prometheus_client.openmetrics.parser import text_string_to_metric_families

ROOT = Path(__file__).resolve().parents[3]
RECIPES = ROOT / "docs" / "recipes"
#: What community.general.mail was called with, as JSON in the file that the environment names.
STAND_IN = """#!/usr/bin/python
import json, os
from ansible.module_utils.basic import AnsibleModule
names = ("host", "port", "username", "password", "from", "to", "subject", "body")
module = AnsibleModule({name: {"type": "str", "no_log": name == "password"} for name in names})
with open(os.environ["MAIL_FILE"], "w") as file:
    json.dump({name: value for name, value in module.params.items() if value is not None}, file)
module.exit_json(changed=False)
"""


def rules() -> list[dict[str, t.Any]]:
    told = yaml.safe_load((RECIPES / "monitoring" / "alerts.yml").read_text())
    return [rule for group in told["groups"] for rule in group["rules"]]


def exported() -> dict[str, list[dict[str, str]]]:
    """The labels of every sample that a run can write, by name."""
    expiries = [Expiry("exo", "client_secret", 1.9e9)]
    found: dict[str, list[dict[str, str]]] = {}
    for done in (False, True):
        report = build(
            gather(sample.everything(done)),
            mode="done" if done else "plan",
            title="T",
            generated="2026-01-02T03:04:05Z",
            scope=Scope(undeclared=()),
        )
        for run in ("drift", "sync"):
            for family in text_string_to_metric_families(openmetrics(report, run, 3.0, expiries)):
                for one in family.samples:
                    found.setdefault(one.name, []).append(one.labels)
    return found


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_asks_for_metrics_that_a_run_writes(rule: dict[str, t.Any]) -> None:
    assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in ("info", "warning", "critical")
    samples = exported()
    asked = re.findall(r"(hybrid_photos_\w+)(?:\{([^}]*)\})?", rule["expr"])
    assert asked
    for name, matchers in asked:
        wanted = dict(re.findall(r'(\w+)="([^"]*)"', matchers))
        assert any(wanted.items() <= labels.items() for labels in samples[name]), (name, wanted)
    for label in re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]):
        assert all(label in labels for name, _matchers in asked for labels in samples[name])


def test_the_page_names_every_alert_and_every_metric() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    assert [rule["alert"] for rule in rules() if f"`{rule['alert']}`" not in page] == []
    assert [name for name in exported() if f"`{name.removeprefix('hybrid_photos_')}`" not in page] == []
    for rule in rules():
        assert len(rule["annotations"]["summary"]) < 130


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a run left its report: not everything is as declared."""
    write_report(tmp_path, sample.everything())
    return tmp_path


def write_report(folder: Path, results: list[t.Any]) -> dict[str, t.Any]:
    report = build(gather(results), mode="plan", title="Staff {{ 7 * 7 }}", generated="2026-01-02T03:04:05Z")
    (folder / "reports").mkdir(exist_ok=True)
    (folder / "reports" / "drift.json").write_text(as_json(report))
    return report


def play(folder: Path, recipe: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """ansible-playbook in the folder of the run, started without a shell, as systemd does it: there is no PWD."""
    return subprocess.run(
        ["ansible-playbook", str(RECIPES / "notifications" / recipe), *arguments],
        cwd=folder,
        env={
            **{name: value for name, value in os.environ.items() if name != "PWD"},
            "ANSIBLE_CONFIG": str(folder / "none.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(folder / "collections"),
            "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


class Channel:
    """A loopback server that takes cards as a Teams workflow does (202), or answers something else."""

    def __init__(self, answer: int = 202) -> None:
        self.cards: list[dict[str, t.Any]] = []
        channel = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                channel.cards.append(json.loads(self.rfile.read(length)))
                self.send_response(answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: t.Any) -> None:
                return

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/workflows/SECRET-PART"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def test_a_card_with_the_sentence_goes_to_teams_and_its_address_is_never_shown(folder: Path) -> None:
    report = json.loads((folder / "reports" / "drift.json").read_text())
    channel = Channel()
    try:
        run = play(folder, "teams.yml", "-vvv", PHOTOS_TEAMS_WEBHOOK=channel.url)
    finally:
        channel.close()
    assert run.returncode == 0, run.stdout + run.stderr
    assert "SECRET-PART" not in run.stdout + run.stderr
    [message] = channel.cards
    [attachment] = message["attachments"]
    assert (message["type"], attachment["contentType"]) == ("message", "application/vnd.microsoft.card.adaptive")
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert [block["type"] for block in card["body"]] == ["TextBlock"] * 3
    texts = [block["text"] for block in card["body"]]
    assert texts == ["Staff {{ 7 * 7 }}: 34.6 %", report["people"]["sentence"], report["line"]]
    assert "@" not in json.dumps(card), "no name of a person"


def test_a_channel_that_refuses_fails_the_task_without_its_address(folder: Path) -> None:
    channel = Channel(500)
    try:
        run = play(folder, "teams.yml", "-vvv", PHOTOS_TEAMS_WEBHOOK=channel.url)
    finally:
        channel.close()
    assert run.returncode == 2
    assert "SECRET-PART" not in run.stdout + run.stderr


def test_nothing_is_sent_when_everything_is_as_declared(folder: Path) -> None:
    write_report(folder, [sample.result([sample.row("a@x", "ad")])])
    channel = Channel()
    try:
        run = play(folder, "teams.yml", PHOTOS_TEAMS_WEBHOOK=channel.url)
    finally:
        channel.close()
    assert run.returncode == 0, run.stdout + run.stderr
    assert channel.cards == []


def test_a_mail_has_the_sentence_and_the_line(folder: Path) -> None:
    modules = folder / "collections" / "ansible_collections" / "community" / "general" / "plugins" / "modules"
    modules.mkdir(parents=True)
    (modules / "mail.py").write_text(STAND_IN)
    report = json.loads((folder / "reports" / "drift.json").read_text())
    variables = {"PHOTOS_SMTP_HOST": "127.0.0.1", "PHOTOS_MAIL_TO": "it@example.com", "MAIL_FILE": str(folder / "mail")}
    run = play(folder, "mail.yml", **variables)
    assert run.returncode == 0, run.stdout + run.stderr
    sent = json.loads((folder / "mail").read_text())
    assert sent == {
        "host": "127.0.0.1",
        "port": "25",
        "from": "photos@localhost",
        "to": "it@example.com",
        "subject": "Staff {{ 7 * 7 }}: 34.6 % right, problem",
        "body": f"{report['people']['sentence']}\n\n{report['line']}\n\n{report['generated']}",
    }
