# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One target leads: nobody whose photo could not be read there is passed over in silence."""

from __future__ import annotations

import json
import re
import typing as t

if t.TYPE_CHECKING:
    from .conftest import Company


#: The role in a play of somebody's own: there are no shards.
OWN = """
- hosts: localhost
  gather_facts: false
  vars: {ansible_python_interpreter: "{{ ansible_playbook_python }}"}
  roles: [{role: hybrid.photos.lead, lead_from: ad}]
"""


def test_a_user_whose_photo_cannot_be_read_on_the_leading_side_is_in_the_report(company: Company) -> None:
    company.domain.set_photo("pia@photos.test", b"this is no picture")
    (company.folder / "own.yml").write_text(OWN)
    users = json.dumps({"lead_users": ["pia@photos.test", "quinn@photos.test"]})
    run = company.play("own.yml", "-e", users, inventory=False)
    assert run.code == 2
    report = company.report()
    assert report["pia@photos.test"]["ad"]["drift"] == "invalid"
    assert report["quinn@photos.test"]["exo"]["action"] == "put"
    assert "1 put in Exchange Online; 2 users: 1 updated" in run.line
    assert "pia@photos.test: invalid in Active Directory: " in run.output.partition("FAILED! ")[2]


def test_there_is_a_report_also_when_nobody_could_be_read(company: Company) -> None:
    company.domain.set_photo("pia@photos.test", b"this is no picture")
    run = company.play("onprem_to_cloud", "-e", '{"lead_users": ["pia@photos.test"]}', inventory=False)
    assert run.code == 2
    assert company.report()["pia@photos.test"]["state"] == "invalid"


def test_the_message_of_a_guard_names_the_variable_of_the_role_that_was_called(company: Company) -> None:
    run = company.play("onprem_to_cloud", "-e", "lead_max_replaced=0", inventory=False)
    assert run.code == 2
    assert "raise lead_max_replaced" in " ".join(run.output.split())


def test_named_users_who_do_not_exist_are_told_with_the_variables_of_the_role(company: Company) -> None:
    for playbook in ("onprem_to_cloud", "cloud_to_onprem"):
        run = company.play(playbook, "-e", "lead_users=nobody@photos.test", inventory=False)
        said = " ".join(run.output.split())
        assert run.code == 2
        assert "lead_users" in said and "nobody@photos.test" in said
        assert "lead_match_by" in said
        assert not re.search(r"(?<!\w)match_by", said), "the name of the module's option"


def test_a_variable_of_another_role_and_a_folder_that_cannot_be_used_end_the_run_before_anything_is_read(
    company: Company,
) -> None:
    (company.folder / "file").write_text("in the way")
    for arguments, told in (
        (["-e", "sync_max_removed=0"], "sync_max_removed is a variable of the role sync"),
        (["-e", "lead_backup_dir=file/backups", "--check"], "lead_backup_dir is 'file/backups'"),
    ):
        run = company.play("onprem_to_cloud", *arguments, inventory=False)
        assert (run.code, told in " ".join(run.output.split())) == (2, True), run.output
        assert "List the users" not in run.output.partition("Refuse variables")[2]


def test_a_name_that_leads_to_nobody_fails_the_run_and_is_no_accepted_problem(company: Company) -> None:
    users = json.dumps({"lead_users": ["typo@photos.test", "pia@photos.test"]})
    run = company.play("onprem_to_cloud", "--check", "-e", users, inventory=False)
    assert run.code == 2
    assert "1 unresolved" in run.line and "accepted" not in run.line
    assert "typo@photos.test: unresolved in Active Directory: " in run.output
    assert json.loads((company.folder / "reports" / "drift.json").read_text())["status"] == "problem"
