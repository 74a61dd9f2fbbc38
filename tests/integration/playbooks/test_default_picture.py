# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The default picture with the packaged playbooks: who gets it, and when it steps back."""

from __future__ import annotations

import io
import json
import typing as t

import pytest
import yaml
from PIL import Image, ImageDraw

if t.TYPE_CHECKING:
    from .conftest import Company

ALICE, BOB, CAROL, DAVE = (f"{name}@photos.test" for name in ("alice", "bob", "carol", "dave"))
RECEIPTS = ("-e", "sync_receipts=receipts", "-e", "sync_max_replaced=100%")


def drawn(company: Company, name: str, colour: str) -> None:
    """A picture of nobody in the definitions folder."""
    picture = Image.new("RGB", (700, 700), "white")
    ImageDraw.Draw(picture).ellipse((150, 100, 550, 500), fill=colour)
    (company.photos / name).parent.mkdir(exist_ok=True)
    picture.save(company.photos / name)


def declare(company: Company, default: str = "nobody/grey.png", **photos: t.Any) -> None:
    drawn(company, "nobody/grey.png", "grey")
    drawn(company, "nobody/blue.png", "navy")
    users = {user: {"default": True} for user in (ALICE, BOB)}
    (company.photos / "photos.yml").write_text(
        yaml.safe_dump({"photos": {**users, **photos}, "default": {"src": default}})
    )


def colour(data: bytes | None) -> str:
    """What the middle of the head shows."""
    if data is None:
        return "none"
    red, _green, blue = Image.open(io.BytesIO(data)).convert("RGB").resize((7, 7)).getpixel((3, 3))  # type: ignore[misc]
    return "grey" if abs(red - blue) < 25 and 90 < red < 170 else "blue" if blue > red + 60 and red < 60 else "other"


def both(company: Company, user: str) -> tuple[str, str]:
    return colour(company.domain.photo(user)), colour(company.tenant.photo(user))


@pytest.fixture(autouse=True)
def few(company: Company) -> None:
    company.only(CAROL)
    declare(company)


@pytest.fixture
def groups(company: Company) -> t.Iterator[list[str]]:
    """DNs of groups that are removed at the end."""
    made: list[str] = []
    yield made
    for dn in reversed(made):
        company.domain.delete(dn)


def test_it_is_put_steps_back_for_an_own_photo_and_follows_a_new_default(company: Company) -> None:
    own = company.tenant.photo("pia@photos.test") or b""
    seeded = company.writes()
    checked = company.play("sync", "--check", *RECEIPTS, shard_size=1)
    assert checked.code == 0, checked.output
    assert company.writes() == seeded
    assert company.report()[ALICE]["exo"]["reason"] == "the default picture is declared, and the target has none"

    first = company.play("sync", *RECEIPTS, "-e", f"sync_exclude={BOB}", shard_size=1)
    assert first.code == 0, first.output
    assert (both(company, ALICE), both(company, BOB)) == (("grey", "grey"), ("none", "none"))
    assert "1 user shows the default picture" in first.line and "1 user excluded" in first.line

    company.tenant.put_photo(ALICE, own)
    second = company.play("sync", *RECEIPTS, shard_size=1)
    assert second.code == 0, second.output
    assert (both(company, ALICE), both(company, BOB)) == (("grey", "other"), ("grey", "grey"))
    assert "1 user has a photo of their own instead of the default picture" in second.line
    assert company.report()[ALICE]["exo"]["own_photo"] is True
    assert company.report()[ALICE]["exo"]["foreign"] is False

    before = company.writes()
    third = company.play("sync", *RECEIPTS, shard_size=1)
    assert (third.code, company.writes()) == (0, before), third.output

    declare(company, "nobody/blue.png")
    drift = company.play("drift", "-e", "drift_receipts=receipts")
    assert (drift.code, company.writes()) == (0, before), drift.output
    plan = company.folder / "plan.json"
    plan.write_text((company.folder / "reports" / "drift.json").read_text())
    # Somebody sets a photo between the plan and its approval: it stays.
    company.tenant.put_photo(BOB, own)
    approved = company.play("sync", *RECEIPTS, "-e", f"sync_plan={plan}")
    assert approved.code == 0, approved.output
    assert (both(company, ALICE), both(company, BOB)) == (("blue", "other"), ("blue", "other"))

    back = company.play("restore", "-e", "restore_receipts=receipts")
    assert back.code == 0, back.output
    assert (both(company, ALICE), both(company, BOB)) == (("grey", "other"), ("grey", "other"))


@pytest.mark.variant
def test_a_default_picture_that_does_not_work_is_one_message_and_nothing_is_written(company: Company) -> None:
    before = company.writes()
    (company.photos / "nobody" / "grey.png").write_bytes(b"no picture at all")
    for playbook, code in (("sync", 1), ("validate", 2)):
        run = company.play(playbook, inventory=playbook != "validate")
        assert run.code == code, run.output
        assert run.output.count("the default picture nobody/grey.png cannot be used") >= 1
        assert "photos.yml:1: the default picture" in run.output
    assert company.writes() == before


@pytest.mark.variant
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([5], 'sync_confirm_accounts: no declared user is named "5"'),
        ([""], "sync_confirm_accounts '' cannot be used: it is empty"),
        (["nobody@photos.test"], 'sync_confirm_accounts: no declared user is named "nobody@photos.test"'),
    ],
)
def test_a_confirmation_of_nobody_is_refused_before_anything_is_written(
    company: Company, given: list[t.Any], said: str
) -> None:
    before = company.writes()
    run = company.play("sync", "-e", json.dumps({"sync_confirm_accounts": given}))
    assert run.code == 2
    assert said in run.output
    assert company.writes() == before


@pytest.mark.variant
def test_members_of_a_group_get_it_without_being_named_but_nobody_who_is_declared_or_excluded(
    company: Company, groups: list[str]
) -> None:
    """Of the group in Active Directory, one member is in a group of it, and one is declared absent."""
    declare(company, **{DAVE: {"state": "absent"}})

    def dn(user: str) -> str:
        return company.domain.entry(user, ["distinguishedName"])[0]

    inner = company.domain.add_group("Inner", [dn("erin@photos.test"), dn("frank@photos.test")])
    groups.append(inner)
    groups.append(company.domain.add_group("Staff", [dn(CAROL), dn(DAVE), dn("grace@photos.test"), inner]))
    given = {"sync_default_for": {"ad": {"group": "Staff"}}, "sync_exclude": "frank*", "sync_targets": ["ad"]}
    own = company.domain.photo("pia@photos.test")
    company.domain.set_photo("grace@photos.test", own)
    run = company.play("sync", *RECEIPTS, "-e", json.dumps(given), shard_size=1)
    assert run.code == 0, run.output
    shown = {name: colour(company.domain.photo(f"{name}@photos.test")) for name in ("alice", "erin", "frank", "dave")}
    assert shown == {"alice": "grey", "erin": "grey", "frank": "none", "dave": "none"}
    assert company.domain.photo("grace@photos.test") == own
    assert company.report()[CAROL]["ad"]["default"] is False
    assert "1 user excluded" in run.line
    before = company.writes()
    drifting = {name.replace("sync_", "drift_"): value for name, value in given.items()}
    # They are none of the role drift's. In the command itself they would be refused.
    of_sync = {"sync_default_for": {}, "sync_exclude": "*", "sync_targets": ["exo"], "sync_ad_match_by": "mail"}
    (company.folder / "all.json").write_text(json.dumps(drifting | of_sync))
    drift = company.play("drift", "-e", "drift_receipts=receipts", "-e", "@all.json", shard_size=1)
    assert (drift.code, company.writes()) == (0, before), drift.output
    assert drift.line.startswith("0 drift"), drift.line
    assert {CAROL, "erin@photos.test"} <= set(company.report()), drift.line


@pytest.mark.variant
def test_a_shard_alone_takes_its_part_of_the_group_and_knows_who_is_declared_on_the_others(
    company: Company, groups: list[str]
) -> None:
    declare(company, **{DAVE: {"state": "absent"}})
    members = [CAROL, DAVE, "erin@photos.test", "frank@photos.test"]
    dns = [company.domain.entry(user, ["distinguishedName"])[0] for user in members]
    groups.append(company.domain.add_group("Staff", dns))
    given = json.dumps({"sync_default_for": {"ad": {"group": "Staff"}}, "sync_targets": ["ad"]})
    run = company.play("sync", *RECEIPTS, "-e", given, "--limit", "photos_0001", shard_size=1)
    assert run.code == 0, run.output
    users = (ALICE, BOB, *members)
    shown = {user.partition("@")[0]: colour(company.domain.photo(user)) for user in users}
    assert {user for user, what in shown.items() if what != "none"} == {"alice", "erin"}, shown


@pytest.mark.variant
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"ad": {"group": "No such group"}}, "sync_default_for.ad: group 'No such group'"),
        ({"ad": {"filter": "(cn=*"}}, "sync_default_for.ad: filter '(cn=*'"),
        ({"ad": {}}, "sync_default_for.ad needs a group or a filter"),
        ({"exo": {"groups": "Staff"}}, "groups"),
    ],
)
def test_a_group_that_cannot_be_is_refused_before_anything_is_written(
    company: Company, given: dict[str, t.Any], said: str
) -> None:
    before = company.writes()
    run = company.play("sync", "-e", json.dumps({"sync_default_for": given}))
    assert run.code == 2, run.output
    assert said in run.output, run.output
    assert company.writes() == before
