# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What monitoring and managers get: metrics, the history and departments, by the packaged playbooks on the sandbox."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

if t.TYPE_CHECKING:
    from .conftest import Company

PEOPLE = ("alice@photos.test", "bob@photos.test", "wendy@photos.test")


def metrics(path: Path) -> dict[str, dict[tuple[str, ...], float]]:
    """By name without its prefix, the samples by the values of their labels."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(path.read_text()):
        for one in family.samples:
            name = one.name.removeprefix("hybrid_photos_")
            found.setdefault(name, {})[tuple(one.labels.values())] = one.value
    return found


def lines(company: Company) -> list[dict[str, t.Any]]:
    return [json.loads(line) for line in (company.folder / "history.jsonl").read_text().splitlines()]


def test_drift_and_sync_tell_monitoring_and_the_page_shows_how_it_went(company: Company) -> None:
    company.only(*PEOPLE)
    textfile = company.folder / "textfile"
    textfile.mkdir()
    company.domain.set("alice@photos.test", "department", "Sales")
    # What Active Directory says counts, and where it says nothing, what Entra ID says.
    company.tenant.change_user("alice@photos.test", department="Vertrieb")
    company.tenant.change_user("bob@photos.test", department="Büro <1>")
    watched = {"history": "history.jsonl", "metrics_dir": "textfile", "ignore_problems": ["unresolved"]}
    options = {f"drift_{name}": value for name, value in watched.items()} | {"drift_group_by": "department"}
    first = company.play("drift", "-e", json.dumps(options), shard_size=2)
    assert first.code == 0, first.output
    told = metrics(textfile / "hybrid_photos_drift.prom")
    assert told["users"]["drift", "ad", "missing"] == 3
    assert told["users"]["drift", "exo", "unresolved"] == 1
    assert told["problems"]["drift", "exo", "unresolved"] == 0, "it is accepted"
    assert told["people"]["drift", "to_change"] == 3
    assert told["target_examined"] == {("drift", "ad"): 1, ("drift", "exo"): 1}
    assert told["last_run_duration_seconds"]["drift",] > 0
    assert "credential_expiry_timestamp_seconds" not in told, "neither ends here, or nobody may know"
    report = json.loads((company.folder / "reports" / "drift.json").read_text())
    groups = {group["name"]: (group["users"], group["to_change"]) for group in report["people"]["groups"]}
    assert groups == {"Büro <1>": (1, 1), "Sales": (1, 1), None: (1, 1)}
    synced = company.play("sync", "-e", json.dumps({f"sync_{name}": value for name, value in watched.items()}))
    assert synced.code == 0, synced.output
    told = metrics(textfile / "hybrid_photos_sync.prom")
    assert told["users"]["sync", "ad", "put"] == 3
    assert told["people"]["sync", "right"] == 2
    assert told["people"]["sync", "known"] == 1
    last = company.play("drift", "-e", json.dumps(options))
    assert last.code == 0, last.output
    assert [(line["run"], line["right"], line["users"]) for line in lines(company)] == [
        ("drift", 0, 3),
        ("sync", 2, 3),
        ("drift", 2, 3),
    ]
    page = (company.folder / "reports" / "drift.html").read_text()
    assert "Büro &lt;1&gt;" in page
    assert "Share of people with the right photo over 3 runs: 0 %" in page
    assert "as many as at the last run" in (company.folder / "reports" / "drift.md").read_text()


@pytest.mark.variant
def test_the_end_of_a_certificate_is_in_the_metrics(company: Company) -> None:
    company.only("alice@photos.test")
    signed_in = {"AZURE_CLIENT_SECRET": "", "AZURE_CLIENT_CERTIFICATE_PATH": company.told["files"]["app_pem"]}
    options = {"drift_targets": ["exo"], "drift_formats": ["openmetrics"]}
    run = company.play("drift", "-e", json.dumps(options), **signed_in)
    assert run.code == 0, run.output
    ends = metrics(company.folder / "reports" / "drift.prom")["credential_expiry_timestamp_seconds"]
    assert list(ends) == [("drift", "exo", "certificate")]


@pytest.mark.variant
@pytest.mark.parametrize("playbook", ["drift", "sync"])
@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        (
            "metrics_dir",
            "nowhere",
            "{playbook}_metrics_dir {folder}/nowhere does not exist. Name the folder that node_exporter reads",
        ),
        ("metrics_name", "a b", "{playbook}_metrics_name is 'a b'"),
        ("history", "photos", "{playbook}_history {folder}/photos"),
        ("history", "nowhere/h.jsonl", "the folder {folder}/nowhere does not exist. Create it, or name another file"),
        ("history", "team.photos.yml", "exists and is not a history of this collection"),
    ],
)
def test_what_cannot_be_written_is_said_before_a_server_is_asked(
    company: Company, playbook: str, option: str, value: str, said: str
) -> None:
    company.tenant.reset_counters()
    run = company.play(playbook, "-e", f"{{{playbook}_{option}: {value}}}")
    assert run.code == 2, run.output
    assert said.format(folder=company.folder, playbook=playbook) in run.output, run.output
    assert company.tenant.counters()["requests"] == 0


@pytest.mark.variant
def test_units_without_active_directory_are_refused(company: Company) -> None:
    run = company.play("drift", "-e", '{"drift_targets": ["exo"], "drift_group_by": "ou"}')
    assert run.code == 2
    assert "drift_group_by is ou, which only Active Directory tells" in run.output


@pytest.mark.variant
def test_a_run_in_which_one_side_leads_tells_monitoring_too(company: Company) -> None:
    (company.folder / "textfile").mkdir()
    company.domain.set_photo("pia@photos.test", b"this is no picture")
    watched = {"lead_history": "history.jsonl", "lead_metrics_dir": "textfile"}
    for users in (["pia@photos.test", "quinn@photos.test"], ["pia@photos.test"]):
        run = company.play("onprem_to_cloud", "-e", json.dumps({**watched, "lead_users": users}), inventory=False)
        assert run.code == 2, "of one of them the photo cannot be read"
    told = metrics(company.folder / "textfile" / "hybrid_photos_lead.prom")
    assert told["problems"]["lead", "ad", "invalid"] == 1
    assert told["last_run_duration_seconds"]["lead",] > 0
    assert [(line["run"], line["right"], line["users"]) for line in lines(company)] == [("lead", 1, 2), ("lead", 0, 1)]
