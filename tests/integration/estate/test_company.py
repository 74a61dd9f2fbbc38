# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole company in line, with one folder named by employee number: two domains, three controllers, one tenant.

Forty people, of whom ten have another name in the cloud and five a mailbox on-premises.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import typing as t
from pathlib import Path

import pytest
from domain.cloud import Cloud
from domain.company import BRANCH, CORP, everyone
from domain.control import Domain
from domain.estate import Estate

from .conftest import connection
from .test_runs import portrait

ROOT = Path(__file__).resolve().parents[3]
#: How the company names people: by HR's number on-premises, and in the cloud whoever is synced from there.
NAMED = ("{role}_ad_match_by=employeeNumber", "{role}_exo_match_by=anchor", "{role}_exo_when=mailbox")


@pytest.fixture
def cloud(doors: dict[str, Domain], tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Cloud]:
    """The company's tenant."""
    guids = {**doors["dc1"].guids(), **doors["dc3"].guids()}
    with contextlib.closing(Cloud(tmp_path_factory.mktemp("cloud"), guids)) as made:
        yield made


class Play(t.NamedTuple):
    code: int
    output: str


class Office:
    """The folder in which an admin of the company works."""

    def __init__(self, folder: Path, estate: Estate, cloud: Cloud) -> None:
        self.folder = folder
        photos = folder / "photos"
        photos.mkdir()
        for one in everyone():
            (photos / f"{one.employee_number}.png").write_bytes(portrait(one))
        (folder / "team.photos.yml").write_text("plugin: hybrid.photos.definitions\npath: photos\nshard_size: 10\n")
        told = connection(estate)
        self.environment = {
            **os.environ,
            **cloud.environment,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "HYBRID_PHOTOS_AD_DOMAIN": f"{CORP},{BRANCH}",
            "HYBRID_PHOTOS_AD_USERNAME": told["username"],
            "HYBRID_PHOTOS_AD_PASSWORD": told["password"],
            "HYBRID_PHOTOS_AD_CA_CERT": told["ca_cert"],
        }

    def play(self, role: str, *more: str, once: tuple[str, str, t.Callable[[], None]] | None = None) -> Play:
        """One packaged playbook. ``once``: a task's name, what a line of it holds, and what happens at that moment.

        One host after the other, so that there is a time between two.
        """
        named = NAMED[:2] if role == "doctor" else NAMED
        variables = [word for text in (*named, *more) for word in ("-e", text.format(role=role))]
        command = ["ansible-playbook", "-i", "team.photos.yml", f"hybrid.photos.{role}", "--forks=1", *variables]
        lines: list[str] = []
        task = ""
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            for line in t.cast(t.IO[str], process.stdout):
                lines.append(line)
                task = line if line.startswith("TASK ") else task
                if once is not None and once[0] in task and once[1] in line:
                    once[2]()
                    once = None
        output = "".join(lines)
        assert "Traceback" not in output, output
        assert once is None, output
        return Play(process.returncode, output)

    def report(self) -> dict[str, t.Any]:
        """The newest report, users by name."""
        found = json.loads((self.folder / "reports" / "drift.json").read_text())
        return {user["user"]: user for user in found["users"]}


@pytest.fixture
def office(estate: Estate, cloud: Cloud, tmp_path: Path) -> Office:
    return Office(tmp_path, estate, cloud)


RECEIPTS = "{role}_receipts=receipts.sqlite"


def test_the_company_is_brought_in_line_although_a_controller_is_lost_and_a_second_run_changes_nothing(
    office: Office, cloud: Cloud, estate: Estate, doors: dict[str, Domain]
) -> None:
    """One folder named by employee number, two domains, the cloud, and mailboxes on either side."""
    staff = {one.employee_number: one for one in everyone()}
    drift = office.play("drift")
    assert drift.code == 0, drift.output
    report = office.report()
    assert set(report) == set(staff)
    for number, user in report.items():
        one = staff[number]
        assert (user["ad"]["drift"], user["ad"]["account"]) == ("missing", one.upn)
        if one.mailbox_is_on_premises:
            assert user["exo"] is None
        else:
            assert (user["exo"]["drift"], user["exo"]["account"]) == ("missing", one.cloud_upn)
    # The first ten are written, and the other thirty are not.
    sync = office.play("sync", RECEIPTS, once=("in Active Directory", "changed: [", lambda: estate.stop("dc1")))
    assert not estate.is_up("dc1")
    assert "sync did: 40 put in Active Directory, 35 put in Exchange Online" in sync.output, sync.output
    assert sync.code == 0, sync.output
    report = office.report()
    assert [user["ad"]["changed"] for user in report.values()] == [True] * 40
    assert [user["exo"] and user["exo"]["changed"] for user in report.values()].count(True) == 35
    assert cloud.writes() == 35
    assert sum(photo is not None for photo in doors["dc2"].photos().values()) == 20, "written there after the loss"
    estate.start("dc1")
    estate.replicate("dc1", "dc2")
    estate.replicate("dc2", "dc1")
    assert {name: sum(map(bool, door.photos().values())) for name, door in doors.items()} == {
        "dc1": 30,
        "dc2": 30,
        "dc3": 10,
    }
    before = {name: door.highest_usn() for name, door in doors.items()}
    again = office.play("sync", RECEIPTS)
    assert again.code == 0, again.output
    assert cloud.writes() == 35
    assert before == {name: door.highest_usn() for name, door in doors.items()}


def test_without_leaving_them_out_a_mailbox_on_premises_is_the_reason(office: Office) -> None:
    drift = office.play("drift", "{role}_exo_when=always")
    assert drift.code == 0, drift.output
    reasons = [user["exo"]["reason"] for user in office.report().values() if user["exo"]["drift"] == "unavailable"]
    assert len(reasons) == 5
    assert all(reason.startswith("mailbox on-premises (Active Directory") for reason in reasons)
    doctor = office.play("doctor")
    output = " ".join(doctor.output.split())
    assert "5 of 40 users have their mailbox on-premises" in output
    assert "all 40 users are in the tenant" in output
