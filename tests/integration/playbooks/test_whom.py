# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a run concerns, what is known beforehand, and what nobody declared: the packaged playbooks on the sandbox."""

from __future__ import annotations

import json
import shutil
import typing as t

import pytest
import yaml

if t.TYPE_CHECKING:
    from .conftest import Company

GUEST = "gina_partner.example#EXT#@photos.test"


def declare(company: Company, **more: t.Any) -> None:
    """Alice, Bob, Wendy (not in the cloud) and a guest (not in AD)."""
    company.only("alice@photos.test", "bob@photos.test", "wendy@photos.test", GUEST.lower())
    manifest = company.photos / "photos.yml"
    photos = yaml.safe_load(manifest.read_text())["photos"] if manifest.exists() else {}
    manifest.write_text(yaml.safe_dump({"photos": {**photos, **more}}))


def whole(company: Company) -> dict[str, t.Any]:
    report: dict[str, t.Any] = json.loads((company.folder / "reports" / "drift.json").read_text())
    return report


@pytest.mark.variant
def test_a_report_says_who_was_excluded_what_is_known_and_what_nobody_declared(company: Company) -> None:
    known = {"known_problems": ["unresolved"]}
    declare(company, **{GUEST: {"targets": ["exo"]}, "wendy@photos.test": known})
    run = company.play("drift", "-e", "drift_exclude=bob*", "-e", "drift_undeclared=true", shard_size=2)
    assert run.code == 0, run.output
    report = whole(company)
    users = company.report()
    assert users.keys() == {"alice@photos.test", "wendy@photos.test", GUEST}
    assert (users[GUEST]["ad"], users[GUEST]["exo"]["drift"]) == (None, "missing")
    assert users["wendy@photos.test"]["exo"]["accepted"] is True
    assert (report["status"], report["not_examined"], report["excluded"]) == ("drift", [], ["bob@photos.test"])
    undeclared = {(each["user"], each["target"]) for each in report["undeclared"]}
    assert {("dora@photos.test", "ad"), ("dora@photos.test", "exo"), ("boris@corp.photos.test", "ad")} <= undeclared
    assert not {user for user, _target in undeclared} & {"alice@photos.test", "bob@photos.test", GUEST}
    assert "1 user excluded" in run.line and "a photo and no definition" in run.line
    assert "bob" in (company.folder / "reports" / "drift.md").read_text()


def test_a_sync_writes_only_for_whom_it_was_told_and_a_known_problem_makes_no_run_red(company: Company) -> None:
    declare(company, **{GUEST: {"targets": ["exo"]}, "wendy@photos.test": {"known_problems": ["unresolved"]}})
    only = ["alice@photos.test", "bob@photos.test", "wendy@*"]
    chosen = {"sync_users": only, "sync_exclude": ["BOB@photos.test"]}
    run = company.play("sync", "-e", json.dumps(chosen), shard_size=2)
    assert run.code == 0, run.output
    assert "1 user excluded, 1 user not chosen" in run.line
    assert "the problem is accepted" in run.line
    assert company.domain.photo("alice@photos.test") is not None
    assert company.domain.photo("wendy@photos.test") is not None
    assert company.domain.photo("bob@photos.test") is None
    assert company.tenant.photo("bob@photos.test") is None
    assert company.tenant.photo(GUEST) is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("sync_target=ad", "sync_target (did you mean sync_targets?)"),
        ("max_replaced=1", "max_replaced (did you mean sync_max_replaced?)"),
        ("sync_users=nobody@photos.test", "sync_users: no declared user matches nobody@photos.test"),
        ("sync_exclude=*", "sync_exclude excludes all users"),
        ("sync_max_added=many", "sync_max_added is 'many'"),
    ],
)
def test_what_was_mistyped_is_said_and_nothing_is_written(company: Company, given: str, said: str) -> None:
    declare(company)
    before = company.writes()
    run = company.play("sync", "-e", given)
    assert run.code == 2
    assert said in run.output, run.output
    assert company.writes() == before


@pytest.mark.variant
def test_a_chosen_user_who_is_not_there_is_a_problem_and_not_a_target_that_was_not_examined(company: Company) -> None:
    declare(company)
    wendy = ["-e", "drift_users=wendy@photos.test", "-e", "drift_targets=exo"]
    for more, code in ([], 0), (["drift_fail=true"], 2), (["drift_fail=true", "drift_ignore_problems=unresolved"], 0):
        run = company.play("drift", *wendy, *(word for each in more for word in ("-e", each)))
        assert run.code == code, run.output
        assert "NOT EXAMINED" not in run.output
        assert whole(company)["targets_not_examined"] == []
    company.only("wendy@photos.test")
    everybody = company.play("drift", "-e", "drift_targets=exo")
    assert everybody.code == 2
    assert "EXCHANGE ONLINE WAS NOT EXAMINED: the only user was not found there; " in everybody.output


@pytest.mark.variant
def test_one_picture_for_people_of_two_shards_is_written_for_none_of_them(company: Company) -> None:
    company.only("alice@photos.test", "carol@photos.test", "dave@photos.test")
    picture = next(path for path in company.photos.iterdir() if path.stem == "alice@photos.test")
    for path in list(company.photos.iterdir()):
        if path.stem == "carol@photos.test":
            path.unlink()
    shutil.copy(picture, company.photos / f"carol@photos.test{picture.suffix}")
    drift = company.play("drift", shard_size=1)
    assert drift.code == 0
    assert company.report()["alice@photos.test"]["ad"]["drift"] == "invalid"
    run = company.play("sync", shard_size=1)
    assert run.code == 2
    assert "allow it with sync_shared_pictures" in run.output
    assert company.domain.photo("alice@photos.test") is None
    assert company.domain.photo("dave@photos.test") is not None
    allowed = company.play("sync", "-e", "sync_shared_pictures=allow", shard_size=1)
    assert allowed.code == 0, allowed.output
    assert company.domain.photo("carol@photos.test") is not None


@pytest.mark.variant
def test_accounts_without_the_name_that_both_sides_share_stop_neither_a_move_nor_an_export(company: Company) -> None:
    names = ["-e", "lead_match_by=mail", "-e", "lead_follow_by=userPrincipalName"]
    company.domain.set_photo("svc-photos@photos.test", company.domain.photo("samir@photos.test"))
    run = company.play("onprem_to_cloud", *names, inventory=False)
    assert run.code == 0, run.output
    export = ["-e", "export_dest=out", "-e", "export_ad_match_by=mail", "-e", "export_targets=ad"]
    done = company.play("export", *export, inventory=False)
    assert done.code == 0, done.output
    assert "svc-photos" in done.output
