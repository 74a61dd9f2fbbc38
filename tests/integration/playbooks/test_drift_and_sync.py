# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job: declared photos are found to differ on both sides, put right, and found in sync."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

if t.TYPE_CHECKING:
    from .conftest import Company

#: Of the few photos that the seeded people have, a first sync replaces and removes more than the guards allow.
LIMITS = ("-e", "sync_max_replaced=100%", "-e", "sync_max_removed=100%")

#: Those of the seeded people that cannot be brought in line, and why.
PROBLEMS = {"unresolved": 3, "unavailable": 1, "invalid": 4}


def problems(report: dict[str, t.Any]) -> dict[str, int]:
    states = [user[side]["drift"] for user in report.values() for side in ("ad", "exo")]
    return {problem: states.count(problem) for problem in PROBLEMS}


def others(report: dict[str, t.Any]) -> set[str]:
    return {user[side]["drift"] for user in report.values() for side in ("ad", "exo")} - set(PROBLEMS)


def files_under(*folders: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


@pytest.mark.either_scaler
def test_a_drift_run_finds_what_was_seeded_and_writes_nothing_but_its_report(company: Company) -> None:
    definitions = files_under(company.photos)
    before, usn = company.writes(), company.domain.highest_usn()
    run = company.play("drift")
    assert run.code == 0
    report = company.report()
    for person in company.told["people"]:
        if person.get("expect_ad") and person["identity"] in report:
            found = report[person["identity"]]
            assert found["ad"]["drift"] == person["expect_ad"], person["key"]
            assert found["exo"]["drift"] == person["expect_exo"], person["key"]
    assert len(report) == 32
    assert report["bob@photos.test"]["source"]["path"] == "portraits/bob.png", "as Git has it"
    assert company.writes() == before
    assert company.domain.highest_usn() == usn
    assert files_under(company.photos) == definitions
    assert {path.name for path in company.folder.iterdir()} == {"photos", "team.photos.yml", "reports"}
    files = {"drift.html", "drift.json", "drift.md", "drift.xml"}
    reports = company.folder / "reports"
    assert {path.name for path in reports.iterdir()} == files | {"runs"}
    [own] = (reports / "runs").iterdir()
    assert {path.name: path.read_bytes() for path in own.iterdir()} == {
        name: (reports / name).read_bytes() for name in files
    }
    assert "changed=0" in run.output, "a run that only looks changes nothing"
    assert (company.folder / "reports" / "drift.html").read_text().count("data:image/jpeg") > 23, (
        "pictures are in it, and nowhere else"
    )
    assert "23 missing, 3 different, 2 unwanted" in run.line


def test_a_drift_run_examines_every_shard(company: Company) -> None:
    assert company.play("drift", shard_size=8).code == 0
    report = company.report()
    assert len(report) == 32
    assert report["zeno@photos.test"]["ad"]["drift"] == "invalid"
    assert problems(report) == PROBLEMS


@pytest.mark.either_scaler
def test_sync_puts_right_what_can_be_and_a_third_run_changes_nothing(company: Company) -> None:
    first = company.play("sync", *LIMITS)
    assert first.code == 2, "problem users make the play fail, after all others were done"
    report = company.report()
    assert problems(report) == PROBLEMS
    written = company.writes()
    assert written > (20, 20)
    second = company.play("drift", "-e", "drift_report_dir=second")
    assert second.code == 0
    assert others(company.report("second")) == {"in_sync"}
    usn = company.domain.highest_usn()
    third = company.play("sync", *LIMITS)
    assert company.writes() == written
    assert company.domain.highest_usn() == usn
    assert "changed=0" in third.output
    assert "sync did: nothing" in third.output


def test_check_mode_of_sync_is_drift(company: Company) -> None:
    before, usn = company.writes(), company.domain.highest_usn()
    run = company.play(
        "sync", *LIMITS, "--check", "--diff", "-e", "sync_receipts=receipts.sqlite", TMPDIR=str(company.folder)
    )
    assert company.writes() == before
    assert company.domain.highest_usn() == usn
    assert {path.name for path in company.folder.iterdir()} == {"photos", "team.photos.yml", "reports"}
    assert run.line.startswith("28 drift (23 missing, 3 different, 2 unwanted)")
    assert run.code == 0, "some users are problems, which drift reports and does not fail on"


def test_check_mode_tells_that_a_guard_would_refuse(company: Company) -> None:
    run = company.play("sync", *LIMITS, "--check", "-e", "sync_max_replaced=0")
    assert run.code == 2
    assert "Nothing was written" in run.output
    assert "sync_max_replaced" in run.output


@pytest.mark.either_scaler
@pytest.mark.parametrize("receipts", [True, pytest.param(False, marks=pytest.mark.variant)])
def test_a_photo_changed_by_hand_on_either_side_is_found_and_mended(company: Company, receipts: bool) -> None:
    memory = ["-e", "sync_receipts=r.sqlite", "-e", "drift_receipts=r.sqlite"] if receipts else []
    company.only(*(f"{name}@photos.test" for name in ("alice", "bob", "carol", "dave", "wendy", "zeno")))
    company.play("sync", *LIMITS, *memory)
    other = company.tenant.photo("bob@photos.test")
    assert other is not None
    company.domain.set_photo("alice@photos.test", company.domain.photo("bob@photos.test"))
    company.tenant.put_photo("carol@photos.test", other)
    company.tenant.delete_photo("dave@photos.test")
    company.play("drift", *memory, "-e", "drift_report_dir=drift")
    report = company.report("drift")
    assert report["alice@photos.test"]["ad"]["drift"] == "different"
    assert report["carol@photos.test"]["exo"]["drift"] == "different"
    assert report["dave@photos.test"]["exo"]["drift"] == "missing"
    assert [report[f"{name}@photos.test"]["ad"]["foreign"] for name in ("alice", "carol")] == [receipts, False]
    company.play("sync", *LIMITS, *memory)
    company.play("drift", *memory, "-e", "drift_report_dir=after")
    assert others(company.report("after")) == {"in_sync"}


def test_shards_with_forks_share_one_receipts_file(company: Company) -> None:
    memory = ["-e", "sync_receipts=r.sqlite", "--forks", "4"]
    # Zelda's picture is damaged, which is only found by rendering it, after her present photo was fetched.
    (company.photos / "zelda@photos.test.jpg").unlink()
    company.play("sync", *LIMITS, *memory, shard_size=8)
    written = company.writes()
    assert len(company.report()) == 31
    company.tenant.reset_counters()
    run = company.play("sync", *LIMITS, *memory, shard_size=8)
    assert len(company.report()) == 31
    assert run.output.count("photos_0004") >= 3
    counters = company.tenant.counters()
    assert counters["photo_puts"] == 0
    assert counters["downloads"] == 0, "with receipts nothing is fetched"
    assert company.writes()[1] == written[1]


def test_a_guard_judges_all_shards_together_and_nothing_is_written_on_either_side(company: Company) -> None:
    company.play("sync", *LIMITS)
    for name in ("alice", "bob", "carol", "dave", "erin"):
        company.tenant.put_photo(f"{name}@photos.test", company.tenant.photo("kim@photos.test") or b"")
    company.domain.set_photo("kim@photos.test", company.domain.photo("alice@photos.test"))
    before, usn = company.writes(), company.domain.highest_usn()
    run = company.play("sync", *LIMITS, "-e", "sync_max_replaced=10%", shard_size=8)
    assert run.code == 2
    assert "5 of 26 photos would be replaced (32 users checked)" in " ".join(run.output.split())
    assert "sync did: nothing. " in " ".join(run.output.split())
    assert "raise sync_max_replaced" in " ".join(run.output.split())
    # From 2.19 on Ansible prints the message of each failed task twice by itself.
    assert run.output.count("FAILED! ") == 1
    failure = run.output.partition("FAILED! ")[2]
    assert (failure.count("sync did: nothing. "), failure.count("Nothing was written")) == (1, 0), "it is said once"
    assert "...ignoring" not in run.output
    assert company.writes() == before
    assert company.domain.highest_usn() == usn
    assert company.report()["alice@photos.test"]["exo"]["drift"] == "different"
    allowed = company.play("sync", *LIMITS, "-e", "sync_max_replaced=5", shard_size=8)
    assert company.writes() > before
    assert "Nothing was written" not in allowed.output


def test_sync_saves_what_it_overwrites_in_a_folder_of_its_run(company: Company) -> None:
    held = company.domain.photo("samir@photos.test")
    in_cloud = company.tenant.photo("tessa@photos.test")
    company.play("sync", *LIMITS, "-e", "sync_run=run-1")
    saved = [path.read_bytes() for path in (company.folder / "reports" / "backups" / "run-1").rglob("*.jpg")]
    assert held in saved
    assert in_cloud in saved


def test_drift_fail_is_for_pipelines(company: Company) -> None:
    company.only("alice@photos.test", "pia@photos.test")
    assert company.play("drift", "-e", "drift_fail=true").code == 2
    assert company.play("drift", "-e", "drift_fail=false").code == 0
    (company.photos / "alice@photos.test.jpg").unlink()
    assert company.play("drift", "-e", "drift_fail=true").code == 0


def test_only_what_was_approved_is_applied(company: Company) -> None:
    company.play("drift")
    plan = company.folder / "reports" / "drift.json"
    approved = json.loads(plan.read_text())
    assert approved["mode"] == "plan"
    company.tenant.put_photo("alice@photos.test", company.tenant.photo("pia@photos.test") or b"")
    (company.photos / "carol@photos.test.webp").write_bytes((company.photos / "dave@photos.test.jpg").read_bytes())
    shared = ("-e", "sync_shared_pictures=allow")  # carol gets the picture of dave
    company.play("sync", *LIMITS, *shared, "-e", f"sync_plan={plan}", "-e", "sync_report_dir=applied")
    report = company.report("applied")
    assert "changed since" in report["alice@photos.test"]["exo"]["reason"]
    assert "changed since" in report["carol@photos.test"]["ad"]["reason"]
    assert company.domain.photo("carol@photos.test") is None
    assert company.domain.photo("alice@photos.test") is not None
    assert company.tenant.photo("bob@photos.test") is not None


def test_a_plan_is_not_overwritten_by_the_run_that_carries_it_out(company: Company) -> None:
    company.only("alice@photos.test")
    company.play("drift")
    plan = company.folder / "reports" / "drift.json"
    before = plan.read_bytes()
    run = company.play("sync", *LIMITS, "-e", f"sync_plan={plan}", "-e", "sync_run=carried-out")
    assert run.code == 0, run.output
    assert plan.read_bytes() == before
    done = json.loads((company.folder / "reports" / "runs" / "carried-out" / "drift.json").read_text())
    assert (done["mode"], done["clean"], done["line"]) == ("done", True, run.line)


def test_drift_shows_what_would_change_as_a_diff_and_where_it_is_declared(company: Company) -> None:
    company.only("alice@photos.test", "bob@photos.test")
    run = company.play("drift", "--diff")
    assert run.code == 0
    assert "+++ after: bob@photos.test (exo)" in run.output
    assert "changed=0" in run.output
    assert company.report()["bob@photos.test"]["origin"].startswith("photos.yml:")


def test_a_target_that_was_not_examined_fails_the_run_and_says_why(company: Company) -> None:
    company.only("alice@photos.test", "samir@photos.test")
    run = company.play("drift", HYBRID_PHOTOS_AD_PASSWORD="wrong")
    assert run.code == 2
    assert "ACTIVE DIRECTORY WAS NOT EXAMINED: " in run.output
    report = json.loads((company.folder / "reports" / "drift.json").read_text())
    assert report["status"] == "failed"
    assert [lost["target"] for lost in report["targets_not_examined"]] == ["ad"]
    before = company.writes()
    run = company.play("sync", *LIMITS, HYBRID_PHOTOS_AD_PASSWORD="wrong")
    assert run.code == 2
    assert company.writes()[0] > before[0], "the other target is brought in line"
    assert " put in Exchange Online; 2 users: " in run.line
    assert "alice@photos.test" in run.output.partition("FAILED! ")[2], "the first users are named in the failure"


def test_a_folder_that_cannot_take_the_report_is_found_before_anything_is_written(company: Company) -> None:
    (company.folder / "reports").write_text("no folder")
    before = company.writes()
    run = company.play("sync", *LIMITS)
    assert run.code == 2
    assert "sync_report_dir is 'reports'" in run.output
    assert company.writes() == before


def test_a_host_whose_tasks_fail_while_it_writes_is_still_in_the_report(company: Company) -> None:
    company.only("alice@photos.test")
    play = [{"hosts": "photo_shards", "gather_facts": False, "roles": ["hybrid.photos.sync"]}]
    (company.folder / "own.yml").write_text(json.dumps(play))
    # Only after the plan is this variable without a value.
    backups = "{{ 'backups' if _sync_verdict is undefined else nowhere }}"
    run = company.play("own.yml", "-e", json.dumps({"sync_backup_dir": backups}))
    assert run.code == 2
    assert run.line.startswith("sync did: nothing; 1 user: 1 failed"), run.output
    assert "planned but not carried out" in company.report()["alice@photos.test"]["exo"]["error"]


@pytest.mark.parametrize("spoil", ["tampered", "foreign"])
def test_a_tampered_or_foreign_plan_is_refused(company: Company, spoil: str) -> None:
    company.only("alice@photos.test", "samir@photos.test")
    company.play("drift")
    plan = company.folder / "reports" / "drift.json"
    text = plan.read_text()
    plan.write_text(text.replace('"missing"', '"different"', 1) if spoil == "tampered" else '{"users": []}')
    before = company.writes()
    run = company.play("sync", *LIMITS, "-e", f"sync_plan={plan}", "-e", "sync_report_dir=applied")
    assert run.code == 2
    assert "drift report" in run.output or "was changed after it was written" in run.output
    assert company.writes() == before


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("photos.yml", "photos:\n  a@x: ../../etc/passwd\n", "photos.yml:2: ../../etc/passwd leaves the folder"),
        (
            "photos.yml",
            "photos:\n  ALICE@photos.test: {state: absent}\n",
            "is declared twice, here and in photos.yml:2",
        ),
        ("photos.yml", "photos:\n  a@x: gone.jpg\n", "photos.yml:2: there is no file gone.jpg"),
    ],
)
@pytest.mark.parametrize("arguments", [(), ("--limit", "photos_0001")])
def test_a_folder_with_a_problem_is_named_by_file_and_line_and_nothing_is_done(
    company: Company, name: str, text: str, message: str, arguments: tuple[str, ...]
) -> None:
    (company.photos / name).write_text(text)
    company.tenant.reset_counters()
    run = company.play("sync", *LIMITS, *arguments)
    assert run.code != 0
    assert message in " ".join(run.output.split())
    assert company.tenant.counters()["requests"] == 0


@pytest.mark.parametrize("playbook", ["drift", "sync"])
def test_a_call_without_an_inventory_of_definitions_fails_and_says_so(company: Company, playbook: str) -> None:
    (company.folder / "hosts").write_text("[web]\nweb1 ansible_connection=local\n")
    run = company.play(playbook, "-i", "hosts", inventory=False)
    assert run.code != 0
    assert "hybrid.photos.definitions" in " ".join(run.output.split())


@pytest.mark.parametrize("vanish", [True, False])
def test_an_empty_or_vanished_folder_is_an_error_and_no_plan(company: Company, vanish: bool) -> None:
    for path in sorted(company.photos.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    if vanish:
        company.photos.rmdir()
    run = company.play("sync", *LIMITS)
    assert run.code != 0
    assert "no such folder" in run.output or "declares no user" in run.output
    assert company.tenant.counters()["photo_deletes"] == 0


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        ({"HYBRID_PHOTOS_AD_PASSWORD": "wrong-password-here"}, "password"),
        ({"AZURE_CLIENT_SECRET": "wrong-secret-here"}, "AADSTS7000215"),
        ({"HYBRID_PHOTOS_AD_SERVER": "127.0.0.9"}, "127.0.0.9"),
        ({"AZURE_AUTHORITY_HOST": "https://127.0.0.1:9"}, "127.0.0.1:9"),
    ],
)
def test_one_side_that_cannot_be_reached_does_not_hide_the_other(
    company: Company, spoil: dict[str, str], message: str
) -> None:
    company.only("alice@photos.test", "bob@photos.test", "wendy@photos.test", "zelda@photos.test")
    company.environment.update(spoil)
    run = company.play("drift")
    assert run.code == 2, "a target that was asked for was not examined"
    assert "WAS NOT EXAMINED: " in run.output
    text = (company.folder / "reports" / "drift.md").read_text() + json.dumps(company.report())
    assert message in text
    assert "wrong-password-here" not in text + run.output
    assert "wrong-secret-here" not in text + run.output
    sides = {side: {user[side]["drift"] for user in company.report().values() if user[side]} for side in ("ad", "exo")}
    assert sorted(("missing" in found) for found in sides.values()) == [False, True]


def test_when_nothing_can_be_examined_drift_fails(company: Company) -> None:
    company.environment.update(AZURE_CLIENT_SECRET="wrong", HYBRID_PHOTOS_AD_PASSWORD="wrong")
    assert company.play("drift").code == 2
    assert (company.folder / "reports" / "drift.json").exists()
    assert company.play("sync", *LIMITS, "--check").code == 2


@pytest.mark.parametrize("playbook", ["drift", "sync"])
def test_a_report_that_cannot_be_written_leaves_no_pictures_behind(company: Company, playbook: str) -> None:
    company.only("alice@photos.test", "bob@photos.test")
    (company.folder / "reports").write_text("a file is in the way")
    run = company.play(playbook, *(["-e", "sync_backup_dir=backups"] if playbook == "sync" else []))
    assert run.code != 0
    assert "reports" in run.output


@pytest.mark.parametrize("playbook", ["drift", "sync"])
def test_a_run_that_breaks_off_leaves_no_pictures_behind(company: Company, playbook: str) -> None:
    company.only("alice@photos.test", "bob@photos.test")
    found = "_drift_ad" if playbook == "drift" else "_sync_plan_ad"
    # Fails at the second target, when pictures were made for the first.
    targets = f"{{{{ ['ad', 'exo'] if {found} is undefined else no_such_variable }}}}"
    run = company.play(playbook, "-e", json.dumps({f"{playbook}_targets": targets}))
    assert run.code != 0
    assert "no_such_variable" in run.output


def test_an_upload_that_is_refused_for_a_missing_permission_is_told_as_not_written(company: Company) -> None:
    company.only("alice@photos.test", "bob@photos.test")
    reader = company.told["tenant"]["apps"]["reader"]
    company.environment.update(AZURE_CLIENT_ID=reader["client_id"], AZURE_CLIENT_SECRET=reader["secret"])
    assert company.play("sync", *LIMITS).code != 0
    for user in company.report().values():
        assert user["exo"]["error"].startswith("not written: "), user
        assert "ProfilePhoto.ReadWrite.All" in user["exo"]["error"]
        assert user["ad"]["error"] is None


@pytest.mark.parametrize("playbook", ["onprem_to_cloud", "cloud_to_onprem", "export"])
@pytest.mark.parametrize(
    "spoil", [{}, {"AZURE_CLIENT_SECRET": "wrong"}, {"HYBRID_PHOTOS_AD_PASSWORD": "wrong"}], ids=["good", "exo", "ad"]
)
def test_a_run_between_the_sides_leaves_no_pictures_behind(
    company: Company, playbook: str, spoil: dict[str, str]
) -> None:
    arguments = ["--check", "-e", "export_dest=out"] if playbook == "export" else ["--check"]
    run = company.play(playbook, *arguments, inventory=False, **spoil)
    assert (run.code == 0) is not bool(spoil), run.output


def test_what_the_run_before_wrote_and_is_not_shown_yet_is_named_and_not_written_again(company: Company) -> None:
    company.only("alice@photos.test")
    company.play("sync", *LIMITS, "-e", "sync_targets=ad")
    company.tenant.add_fault({"lag": {"seconds": 100_000}}, method="PUT", user="alice@photos.test")
    given = ("-e", "sync_targets=exo", "-e", "sync_receipts=r.sqlite", *LIMITS)
    first = company.play("sync", *given)
    assert (first.code, first.line) == (0, "sync did: 1 put in Exchange Online; 1 user: 1 unverified, 0 in sync")
    assert "alice@photos.test (alice@photos.test.jpg): unverified in Exchange Online: the target " in first.output
    writes = company.writes()
    second = company.play("sync", *given)
    company.tenant.clear_faults()
    assert (second.code, second.line) == (0, "sync did: nothing; 1 user: 1 unverified, 0 in sync")
    assert company.writes() == writes
    said = "alice@photos.test (alice@photos.test.jpg): unverified in Exchange Online: "
    (told,) = [line for line in second.output.splitlines() if line.strip().startswith(said)]
    assert " it was written " in told and told.endswith(" s ago, and the target does not show it yet")
    assert json.loads((company.folder / "reports" / "drift.json").read_text())["status"] == "problem"
