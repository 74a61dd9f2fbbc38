# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Active Directory, Exchange Server and Exchange Online in one run, of a company with mailboxes on both sides."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sqlite3
import typing as t
from pathlib import Path

import pytest
from exchange.control import Control as Exchange
from PIL import Image

if t.TYPE_CHECKING:
    from .conftest import Company

#: Yusuf's mailbox is on-premises, Alice's in the cloud.
YUSUF, ALICE = "yusuf@photos.test", "alice@photos.test"
#: Her mailbox is on-premises, too, and nobody declares her photo.
WENDY = "wendy@photos.test"
TARGETS = ["ad", "exchange", "exo"]


def exchange_of(company: Company) -> Exchange:
    return Exchange(company.told["exchange"]["control_url"], company.told["exchange"]["control_key"])


@pytest.fixture
def exchange(company: Company) -> Exchange:
    company.only(YUSUF, ALICE)
    return exchange_of(company)


def targets(role: str, **more: t.Any) -> tuple[str, str]:
    values = {f"{role}_targets": TARGETS, **{f"{role}_{name}": value for name, value in more.items()}}
    return "-e", json.dumps(values)


def side(picture: bytes | None) -> int | None:
    if picture is None:
        return None
    with Image.open(io.BytesIO(picture)) as image:
        return image.width


def resized(path: Path, number: int) -> bytes:
    with Image.open(path) as image:
        out = io.BytesIO()
        image.convert("RGB").resize((number, number)).save(out, "JPEG", quality=92)
        return out.getvalue()


def declare_another_picture(company: Company, user: str) -> None:
    """Another picture of this name in the folder than before."""
    [path] = [path for path in company.photos.iterdir() if path.stem == user]
    with Image.open(path) as image:
        image.convert("RGB").transpose(Image.Transpose.FLIP_TOP_BOTTOM).save(path.with_suffix(".png"))
    if path.suffix != ".png":
        path.unlink()


def found(company: Company) -> dict[str, dict[str, str | None]]:
    report = company.report()
    return {user: {target: row[target] and row[target]["drift"] for target in TARGETS} for user, row in report.items()}


def test_three_places_are_brought_in_line_and_nobody_is_a_problem_for_living_on_one_side(
    company: Company, exchange: Exchange
) -> None:
    exchange.put_photo(WENDY, (company.photos / f"{ALICE}.jpg").read_bytes())
    run = company.play("drift", *targets("drift", undeclared=True))
    assert run.code == 0, run.output
    assert found(company) == {
        ALICE: {"ad": "missing", "exchange": None, "exo": "missing"},
        YUSUF: {"ad": "missing", "exchange": "missing", "exo": None},
    }
    undeclared = json.loads((company.folder / "reports" / "drift.json").read_text())["undeclared"]
    assert [each["user"] for each in undeclared if each["target"] == "exchange"] == [WENDY]
    assert exchange.counters().get("writes", 0) == 0

    receipts = str(company.folder / "receipts.sqlite")
    run = company.play("sync", *targets("sync", receipts=receipts))
    assert run.code == 0, run.output
    assert side(company.domain.photo(YUSUF)) == 96, "not the 64 that Exchange Server wrote there"
    assert side(exchange.photo(YUSUF)) == 200
    assert exchange.photo(ALICE) is None
    writes = (*company.writes(), exchange.counters()["writes"])
    assert writes[2] == 1

    for more in ({"receipts": receipts}, {}):
        run = company.play("sync", *targets("sync", **more))
        assert run.code == 0, run.output
        assert (*company.writes(), exchange.counters()["writes"]) == writes
        assert found(company) == {
            ALICE: {"ad": "in_sync", "exchange": None, "exo": "in_sync"},
            YUSUF: {"ad": "in_sync", "exchange": "in_sync", "exo": None},
        }


@pytest.mark.variant
def test_a_company_with_cloud_mailboxes_alone_has_no_target_that_was_not_examined(company: Company) -> None:
    exchange = exchange_of(company)
    company.only(ALICE)
    company.play("sync", *targets("sync"))
    for playbook, more in (("sync", ("--check",)), ("sync", ()), ("drift", ())):
        run = company.play(playbook, *more, *targets(playbook))
        assert run.code == 0, run.output
        assert "NOT EXAMINED" not in run.output
        assert "1 in sync" in run.output
        assert "\\n" not in run.output
        assert found(company) == {ALICE: {"ad": "in_sync", "exchange": None, "exo": "in_sync"}}
    assert exchange.counters().get("writes", 0) == 0


def test_the_whole_chain_of_the_hybrid_company(company: Company) -> None:
    """Definitions, drift, a plan, sync, a second run without writes, and a restore that brings all of it back."""
    exchange = exchange_of(company)
    before = state_of(company, exchange)
    run = company.play("drift", *targets("drift"))
    assert run.code == 0, run.output
    assert state_of(company, exchange) == before
    plan = company.folder / "plan.json"
    shutil.copy(company.folder / "reports" / "drift.json", plan)
    for name in ("drift.md", "drift.html", "drift.xml"):
        assert "Exchange Server" in (company.folder / "reports" / name).read_text()

    more: dict[str, t.Any] = {"receipts": str(company.folder / "receipts.sqlite")}
    more |= {"max_replaced": "40%", "max_removed": "30%", "ignore_problems": ["unresolved", "unavailable", "invalid"]}
    run = company.play("sync", *targets("sync", **more, plan=str(plan)))
    assert run.code == 0, run.output
    states = {user["state"] for user in company.report().values()}
    assert states <= {"put", "removed", "in_sync", "unresolved", "invalid"}
    assert {user: side(exchange.photo(user)) for user in (YUSUF, WENDY)} == {YUSUF: 200, WENDY: 200}
    assert [side(company.domain.photo(user)) for user in (YUSUF, WENDY)] == [96, 96]

    after, writes = state_of(company, exchange), (*company.writes(), exchange.counters()["writes"])
    assert writes[2] == 2
    run = company.play("sync", *targets("sync", **more))
    assert run.code == 0, run.output
    assert (*company.writes(), exchange.counters()["writes"]) == writes
    assert state_of(company, exchange) == after

    run = company.play("restore", *targets("restore", first="remove"), inventory=False)
    assert run.code == 0, run.output
    restored = state_of(company, exchange)
    assert restored["ad"] == before["ad"], "byte for byte"
    assert restored["exchange"] == before["exchange"]
    assert restored["exo"].keys() == before["exo"].keys(), "the same people have a photo"


def state_of(company: Company, exchange: Exchange) -> dict[str, dict[str, bytes]]:
    """Everybody's photos, as the three servers hold them."""
    people = [user["upn"] for user in company.tenant.users()]
    held = {
        "ad": company.domain.photos(),
        "exchange": {user: exchange.photo(user) for user in (YUSUF, WENDY, ALICE)},
        "exo": {user: company.tenant.photo(user) for user in people},
    }
    return {place: {user: photo for user, photo in photos.items() if photo} for place, photos in held.items()}


@pytest.mark.variant
@pytest.mark.parametrize("told", [True, False], ids=["as Active Directory says", "as the mailboxes say"])
def test_a_mailbox_that_moves_is_followed_and_its_receipt_on_the_old_side_ends(
    company: Company, exchange: Exchange, told: bool
) -> None:
    receipts = company.folder / "receipts.sqlite"

    def live(*here: str) -> None:
        """These users have their mailbox on-premises, the others in the cloud."""
        for user in (YUSUF, ALICE):
            if told:
                company.domain.set(user, "msExchRecipientTypeDetails", "1" if user in here else "2147483648")
            exchange.mailbox(user, kind="UserMailbox" if user in here else "RemoteUserMailbox")
            company.tenant.change_user(user.partition("@")[0], mailbox=user not in here)

    def remembered() -> dict[str, int]:
        with contextlib.closing(sqlite3.connect(receipts)) as db:
            return dict(db.execute("SELECT target, count(*) FROM receipt GROUP BY target").fetchall())

    for here, there in ((YUSUF, ALICE), (ALICE, YUSUF), (YUSUF, ALICE)):
        live(here)
        run = company.play("sync", *targets("sync", receipts=str(receipts), on_foreign_change="keep"))
        assert run.code == 0, run.output
        report = company.report()
        assert report[here]["exchange"]["drift"] in ("missing", "in_sync")
        assert report[there]["exo"]["drift"] in ("missing", "in_sync")
        assert report[here]["exo"] is None and report[there]["exchange"] is None
        assert not any(report[user][side]["foreign"] for user, side in ((here, "exchange"), (there, "exo")))
        assert remembered() == {"ad": 2, "exchange": 1, "exo": 1}, "one for each mailbox, where it is"


@pytest.mark.variant
def test_an_export_of_three_places_takes_the_best_picture_from_where_the_mailbox_is(
    company: Company, exchange: Exchange
) -> None:
    tiny, small, large = (resized(company.photos / f"{ALICE}.jpg", number) for number in (96, 200, 400))
    company.domain.set_photo(YUSUF, tiny)
    exchange.put_photo(YUSUF, large)
    company.domain.set_photo(ALICE, tiny)
    company.tenant.put_photo("alice", small)
    # Her mailbox holds one from before it moved, which nobody sees.
    exchange.put_photo(ALICE, large)
    dest = company.folder / "exported"
    more = {"dest": str(dest), "users": [YUSUF, ALICE]}
    run = company.play("export", *targets("export", **more), inventory=False)
    assert run.code == 0, run.output
    assert "The photos of every user are the same picture." in run.output
    assert (dest / f"{YUSUF}.jpg").read_bytes() == large
    assert side((dest / f"{ALICE}.jpg").read_bytes()) == 200
    run = company.play("export", *targets("export", **more), inventory=False)
    assert "changed=0" in run.output


@pytest.mark.variant
def test_exchange_servers_own_64x64_is_said_to_be_that_and_put_right(company: Company, exchange: Exchange) -> None:
    receipts = str(company.folder / "receipts.sqlite")
    assert company.play("sync", *targets("sync", receipts=receipts)).code == 0
    from exchange import pictures

    company.domain.set_photo(YUSUF, pictures.thumbnail(pictures.opened(exchange.photo(YUSUF) or b"")))
    run = company.play("sync", *targets("sync", receipts=receipts, on_foreign_change="keep", max_replaced="100%"))
    assert run.code == 0, run.output
    row = company.report()[YUSUF]["ad"]
    assert "as Exchange Server writes it here" in row["reason"]
    assert not row["foreign"]
    assert side(company.domain.photo(YUSUF)) == 96


@pytest.mark.variant
def test_a_photo_of_ad_that_was_right_is_right_after_exchange_server_was_written(
    company: Company, exchange: Exchange
) -> None:
    assert company.play("sync", "-e", json.dumps({"sync_targets": ["ad"]})).code == 0
    before = company.domain.photo(YUSUF)
    run = company.play("sync", *targets("sync"))
    assert run.code == 0, run.output
    assert exchange.photo(YUSUF) is not None
    assert company.domain.photo(YUSUF) == before
    assert found(company)[YUSUF] == {"ad": "in_sync", "exchange": "missing", "exo": None}


@pytest.mark.variant
def test_a_change_by_others_in_ad_that_is_kept_survives_a_put_to_exchange_server(
    company: Company, exchange: Exchange
) -> None:
    more = {"receipts": str(company.folder / "receipts.sqlite"), "on_foreign_change": "keep"}
    assert company.play("sync", *targets("sync", **more)).code == 0
    theirs = resized(company.photos / f"{ALICE}.jpg", 96)
    company.domain.set_photo(YUSUF, theirs)
    declare_another_picture(company, YUSUF)
    # With one folder for the backups of all runs: what a run that was killed left there, maybe the only copy.
    saved = company.folder / "saved"
    left = company.folder / "saved-active-directory-photos_0001" / "alone.jpg"
    left.parent.mkdir()
    left.write_bytes(theirs)
    for number in range(2):
        more["run"] = f"run{number}"
        run = company.play("sync", *targets("sync", **more, max_replaced="100%", backup_dir=str(saved)))
        assert run.code == 0, run.output
        assert left.read_bytes() == theirs
        row = company.report()[YUSUF]
        assert row["ad"]["foreign"]
        assert row["exchange"]["drift"] in ("different", "in_sync")
        assert company.domain.photo(YUSUF) == theirs, "Set-UserPhoto wrote 64x64 over it"
    assert exchange.counters()["writes"] == 2
    assert list(company.folder.glob("saved-active-directory*")) == [left.parent], "no copy of these runs is needed"


@pytest.mark.variant
def test_a_restore_to_exchange_server_leaves_what_ad_holds(company: Company, exchange: Exchange) -> None:
    former = resized(company.photos / f"{ALICE}.jpg", 200)
    assert company.play("sync", "-e", json.dumps({"sync_targets": ["ad"]})).code == 0
    held = company.domain.photo(YUSUF)
    exchange.put_photo(YUSUF, former)
    assert company.play("sync", *targets("sync", max_replaced="100%")).code == 0
    run = company.play("restore", *targets("restore"), inventory=False)
    assert run.code == 0, run.output
    assert side(exchange.photo(YUSUF)) == 200
    assert company.domain.photo(YUSUF) == held, "the run did not change it"


@pytest.mark.variant
def test_what_both_held_before_is_saved_and_comes_back(company: Company, exchange: Exchange) -> None:
    """Set-UserPhoto overwrites the photo in Active Directory too, so that one is saved before Exchange is written."""
    former = resized(company.photos / f"{ALICE}.jpg", 200)
    company.domain.set_photo(YUSUF, former)
    exchange.put_photo(YUSUF, former)
    run = company.play("sync", *targets("sync", max_replaced="100%"))
    assert run.code == 0, run.output
    saved = [path for path in (company.folder / "reports" / "backups").rglob("*.jpg") if path.read_bytes() == former]
    assert len(saved) == 2, "one of each place, and no 64x64"
    run = company.play("restore", *targets("restore"), inventory=False)
    assert run.code == 0, run.output
    assert company.domain.photo(YUSUF) == former
    assert side(exchange.photo(YUSUF)) == 200


@pytest.mark.variant
def test_without_a_copy_of_a_photo_in_ad_that_stays_exchange_server_is_not_written(
    company: Company, exchange: Exchange
) -> None:
    more = {"receipts": str(company.folder / "receipts.sqlite"), "on_foreign_change": "keep"}
    assert company.play("sync", *targets("sync", **more)).code == 0
    theirs = resized(company.photos / f"{ALICE}.jpg", 96)
    company.domain.set_photo(YUSUF, theirs)
    declare_another_picture(company, YUSUF)
    backups = company.folder / "reports" / "backups"
    backups.mkdir(parents=True, exist_ok=True)
    (backups / "blocked-active-directory-photos_0001").write_text("in the way")
    before, writes = exchange.photo(YUSUF), exchange.counters()["writes"]
    run = company.play("sync", *targets("sync", **more, max_replaced="100%", run="blocked"))
    assert run.code == 2, run.output
    said = " ".join(run.output.split())
    assert "That photo could not be saved for 1 user (" in said
    assert "blocked-active-directory-photos_0001 is a file" in said
    assert "so Exchange Server was not written for them" in said
    assert (exchange.photo(YUSUF), exchange.counters()["writes"]) == (before, writes)
    assert company.domain.photo(YUSUF) == theirs
    assert (backups / "blocked-active-directory-photos_0001").read_text() == "in the way", "it is not ours to remove"


@pytest.mark.variant
def test_a_restore_without_a_copy_of_a_photo_in_ad_that_stays_does_not_write_exchange_server(
    company: Company, exchange: Exchange
) -> None:
    former = resized(company.photos / f"{ALICE}.jpg", 200)
    assert company.play("sync", "-e", json.dumps({"sync_targets": ["ad"]})).code == 0
    exchange.put_photo(YUSUF, former)
    assert company.play("sync", *targets("sync", max_replaced="100%")).code == 0
    held, shown = company.domain.photo(YUSUF), exchange.photo(YUSUF)
    (company.folder / "reports" / "backups" / "restore-blocked-active-directory").write_text("in the way")
    writes = exchange.counters()["writes"]
    run = company.play("restore", *targets("restore", name="restore-blocked"), inventory=False)
    assert run.code == 2, run.output
    said = " ".join(run.output.split())
    assert "That photo could not be saved for 1 user (" in said
    assert "restore-blocked-active-directory is a file" in said
    assert "so Exchange Server was not written for them" in said
    assert (exchange.photo(YUSUF), exchange.counters()["writes"]) == (shown, writes)
    assert company.domain.photo(YUSUF) == held
