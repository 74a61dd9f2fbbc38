# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One target leads, in shards: what is read, whom it concerns, and what a failing shard does to the others."""

from __future__ import annotations

import io
import json
import re
import typing as t

import pytest
from exchange.control import Control as Exchange
from PIL import Image

if t.TYPE_CHECKING:
    from .conftest import Company

#: Of the few photos that the seeded people have, a first run replaces more than the guards allow.
LIMITS = {"lead_max_replaced": "100%", "lead_max_removed": "100%", "lead_shard_size": 9}


def variables(**more: t.Any) -> tuple[str, str]:
    return "-e", json.dumps({**LIMITS, **more})


def side(picture: bytes | None) -> int | None:
    if picture is None:
        return None
    with Image.open(io.BytesIO(picture)) as image:
        return image.width


def downloads(company: Company) -> int:
    """Pictures that the tenant gave out since the last call."""
    count = int(company.tenant.counters()["downloads"])
    company.tenant.reset_counters()
    return count


@pytest.mark.variant
def test_a_second_run_reads_no_photo_and_after_one_change_one(company: Company) -> None:
    users = ["quinn@photos.test", "rosa@photos.test", "dora@photos.test", "pia@photos.test"]
    given = variables(
        lead_receipts="receipts.sqlite", lead_formats=["json"], lead_users=users, lead_shard_size=2, lead_keep_backups=1
    )
    before = company.writes()
    first = company.play("cloud_to_onprem", *given, inventory=False)
    assert first.code == 0, first.output
    assert first.line == "sync did: 3 put in Active Directory; 4 users: 3 updated, 1 in sync"
    assert set(re.findall(r"(lead_\d+) +: ok", first.output)) == {"lead_0001", "lead_0002"}, "shards"
    (saved,) = (company.folder / "reports" / "backups").iterdir()
    wrote = company.writes()
    assert wrote[0] == before[0]
    assert downloads(company) >= len(users)

    second = company.play("cloud_to_onprem", *given, inventory=False)
    assert second.code == 0, second.output
    assert second.line == "sync did: nothing; 4 users: 4 in sync"
    assert downloads(company) == 0
    assert company.writes()[1] == wrote[1]

    company.tenant.put_photo("quinn@photos.test", (company.photos / "rosa@photos.test.jpg").read_bytes())
    third = company.play("cloud_to_onprem", *given, inventory=False)
    assert third.code == 0, third.output
    assert third.line == "sync did: 1 put in Active Directory; 4 users: 1 updated, 3 in sync"
    assert downloads(company) == 1
    assert "Backups of 1 old run removed" in third.output
    assert f"{saved.name}: " in third.output
    assert len(list((company.folder / "reports" / "backups").iterdir())) == 1
    assert not saved.exists()

    # Nobody changed Dora's photo, and somebody removed it at the other side. Microsoft stored Rosa's anew by itself:
    # other bytes, the same picture. Both are read, and nothing else is.
    company.domain.set_photo("dora@photos.test", None)
    company.tenant.store_anew("rosa@photos.test")
    usn, remembered = company.domain.highest_usn(), (company.folder / "receipts.sqlite").read_bytes()
    checked = company.play("cloud_to_onprem", "--check", *given, inventory=False)
    assert checked.line.startswith("1 drift (1 missing), 3 in sync"), checked.output
    assert downloads(company) == 2
    assert company.domain.highest_usn() == usn
    assert (company.folder / "receipts.sqlite").read_bytes() == remembered


@pytest.mark.variant
def test_a_shard_that_cannot_be_read_does_not_stop_the_others(company: Company) -> None:
    users = ["quinn@photos.test", "rosa@photos.test", "dora@photos.test"]
    # Users are looked up in one question for the listing, and one for each shard: the first shard's is refused.
    denied: dict[str, t.Any] = {"fail": {"case": "photo_access_denied"}}
    company.tenant.add_fault(denied, kind="users", inside_batch=True, skip=1, times=1)
    run = company.play("cloud_to_onprem", *variables(lead_users=users, lead_shard_size=1), inventory=False)
    assert run.code == 2
    document = json.loads((company.folder / "reports" / "drift.json").read_text())
    (lost,) = document["not_examined"]
    assert (lost["user"], lost["target"]) == (lost["user"], "exo"), run.output
    put = {name for name, user in company.report().items() if (user.get("ad") or {}).get("action") == "put"}
    assert put == set(users) - {lost["user"]}
    assert "403" in lost["reason"]
    assert lost["reason"] in " ".join(run.output.split())


def test_who_has_no_mailbox_on_the_leading_side_is_left_out_and_counted(company: Company) -> None:
    away = ["quinn@photos.test", "rosa@photos.test"]
    for user in away:
        company.tenant.change_user(user, mailbox=False, no_mailbox_case="mailbox_not_enabled")
    told = r"(\d+) users were left out, because their mailboxes are not in Exchange Online: ([^\n]*)"
    run = company.play("cloud_to_onprem", "--check", *variables(lead_shard_size=20), inventory=False)
    found = re.search(told, run.output)
    assert found is not None, run.output
    assert int(found[1]) >= 2
    assert set(away) <= set(found[2].split(", ")), found[0]
    document = json.loads((company.folder / "reports" / "drift.json").read_text())
    assert found[0] in [message["text"] for message in document["messages"]]
    assert not set(away) & set(company.report())

    exported = company.play("export", *variables(export_targets="exo", export_dest="exported"), inventory=False)
    assert exported.code == 0, exported.output
    text = " ".join(exported.output.split())
    assert re.search(
        r"No photo of \d+ users could be read in Exchange Online, because their mailboxes are not there: ", text
    )
    assert all(user in text for user in away)


def test_users_are_those_of_both_sides_nested_members_included_and_nobody_who_is_excluded(company: Company) -> None:
    people = {name: f"{name}@photos.test" for name in ("quinn", "rosa", "dora", "pia")}
    dns = {name: company.domain.entry(upn, ["distinguishedName"])[0] for name, upn in people.items()}
    made = [company.domain.add_group("Lead inner", [dns["quinn"], dns["rosa"], dns["pia"]])]
    made.append(company.domain.add_group("Lead outer", [dns["dora"], *made]))
    company.tenant.add_group("Lead cloud", [people["quinn"], people["pia"], people["dora"]])
    before = company.writes()
    try:
        run = company.play(
            "onprem_to_cloud",
            *variables(lead_ad_group="Lead outer", lead_exo_group="Lead cloud", lead_exclude=["PIA@*"]),
            inventory=False,
        )
    finally:
        for dn in reversed(made):
            company.domain.delete(dn)
    assert run.code == 0, run.output
    document = json.loads((company.folder / "reports" / "drift.json").read_text())
    assert {user["user"] for user in document["users"]} == {people["quinn"], people["dora"]}
    assert document["excluded"] == [people["pia"]]
    assert document["not_chosen"] == 1, "Rosa, who is not in the group in the cloud"
    assert company.writes() == (before[0] + 1, before[1]), "Dora's photo is in sync"


@pytest.mark.variant
@pytest.mark.parametrize(
    ("playbook", "given", "said"),
    [
        ("onprem_to_cloud", {"lead_exo_group": "Nobody's"}, "lead_exo_group 'Nobody's'"),
        ("onprem_to_cloud", {"lead_ad_filter": "(department=Sales"}, "lead_ad_filter '(department=Sales'"),
        ("onprem_to_cloud", {"lead_from": "exo"}, "lead_from is exo; this playbook takes ad or exchange"),
        ("cloud_to_onprem", {"lead_exclude": "*"}, "lead_exclude '*' excludes all"),
        ("cloud_to_onprem", {"lead_keep_backups": 0}, 'lead_keep_backups: "0" is not a number of runs'),
    ],
)
def test_what_cannot_be_meant_is_said_before_anything_is_written(
    company: Company, playbook: str, given: dict[str, t.Any], said: str
) -> None:
    before = company.writes()
    run = company.play(playbook, *variables(**given), inventory=False)
    assert run.code == 2
    assert said in " ".join(run.output.split()), run.output
    assert company.writes() == before
    assert not list((company.folder / "reports").rglob("*"))


@pytest.mark.variant
def test_exchange_server_leads_and_follows(company: Company) -> None:
    exchange = Exchange(company.told["exchange"]["control_url"], company.told["exchange"]["control_key"])
    yusuf, wendy = "yusuf@photos.test", "wendy@photos.test"
    exchange.put_photo(yusuf, (company.photos / "alice@photos.test.jpg").read_bytes())
    given = {"lead_from": "exchange", "lead_to": ["ad"], "lead_users": [yusuf, wendy]}
    run = company.play("onprem_to_cloud", *variables(**given), inventory=False)
    assert run.code == 0, run.output
    assert run.line == "sync did: 1 put in Active Directory; 1 user: 1 updated, 0 in sync"
    assert side(company.domain.photo(yusuf)) == 96
    assert company.domain.photo(wendy) is None

    # Erin's mailbox is said to be on-premises, and her photo is in the cloud.
    exchange.mailbox("erin@photos.test", kind="UserMailbox")
    company.tenant.put_photo("erin@photos.test", (company.photos / "rosa@photos.test.jpg").read_bytes())
    given = {"lead_to": ["ad", "exchange"], "lead_users": ["erin@photos.test"]}
    run = company.play("cloud_to_onprem", *variables(**given), inventory=False)
    assert run.code == 0, run.output
    assert exchange.photo("erin@photos.test") is not None
    assert side(company.domain.photo("erin@photos.test")) == 96, "and not the 64 that Exchange Server writes there"
