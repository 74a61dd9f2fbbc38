# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bad run is undone in one command, and a restore loses nothing either."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.comparison import by_pixels

if t.TYPE_CHECKING:
    from .conftest import Company, Play

#: Whose photo the first sync replaces or removes, as seeded.
AD = ("oscar+photos@photos.test", "quinn@photos.test", "samir@photos.test", "tessa@photos.test", "umar@photos.test")
EXO = ("rosa@photos.test", "samir@photos.test", "tessa@photos.test")


@pytest.fixture(autouse=True)
def few(company: Company) -> None:
    """Only these are declared, and Alice, who gets her first photo."""
    company.only(*AD, *EXO, "alice@photos.test")


def sync(company: Company) -> None:
    company.play("sync", "-e", "sync_max_replaced=100%", "-e", "sync_max_removed=100%")


def photos(company: Company) -> tuple[dict[str, bytes | None], dict[str, bytes | None]]:
    """What both sides hold for those whose photo is at stake."""
    in_ad = company.domain.photos()
    return {name: in_ad[name] for name in AD}, {name: company.tenant.photo(name) for name in EXO}


def said(run: Play, word: str) -> int:
    return sum(f"): {word}" in line for line in run.output.splitlines())


def alike(one: bytes | None, other: bytes | None) -> bool:
    return one is not None and other is not None and by_pixels(one, other).verdict == "same"


@pytest.mark.either_scaler
def test_check_then_restore_then_nothing_more(company: Company) -> None:
    before_ad, before_exo = photos(company)
    sync(company)
    after_ad, after_exo = photos(company)
    assert all(before_ad[name] != after_ad[name] for name in AD)

    writes = company.writes()
    run = company.play("restore", "--check")
    assert run.code == 0
    assert (said(run, "would be restored"), company.writes()) == (8, writes)
    assert photos(company) == (after_ad, after_exo)
    assert len(list((company.folder / "reports" / "backups").iterdir())) == 1, "a check saves nothing"

    run = company.play("restore")
    assert run.code == 0
    assert said(run, "restored") == 8
    now_ad, now_exo = photos(company)
    assert now_ad == before_ad, "byte for byte"
    assert all(alike(now_exo[name], before_exo[name]) for name in EXO)
    assert company.domain.photo("alice@photos.test") is not None, "a first photo has no backup and stays"
    assert "restore_first=remove removes such photos" in run.output

    writes = company.writes()
    run = company.play("restore")
    assert (run.code, said(run, "already as saved")) == (0, 8)
    assert (company.writes(), photos(company)) == (writes, (now_ad, now_exo))


@pytest.mark.variant
def test_a_restore_is_undone_by_its_name(company: Company) -> None:
    sync(company)
    after_ad, after_exo = photos(company)
    company.play("restore")
    backups = sorted(path.name for path in (company.folder / "reports" / "backups").iterdir())
    assert len(backups) == 2
    run = company.play("restore", "-e", f"restore_run={backups[1]}")
    # Whom the sync had removed had no photo that the restore could have saved.
    assert (run.code, said(run, "restored")) == (0, 5)
    assert "samir@photos.test (ad): restored" in run.output
    now_ad, now_exo = photos(company)
    assert now_ad["samir@photos.test"] == after_ad["samir@photos.test"]
    assert alike(now_exo["samir@photos.test"], after_exo["samir@photos.test"])


def test_what_was_changed_since_is_left_unless_told_otherwise(company: Company) -> None:
    before_ad, before_exo = photos(company)
    sync(company)
    other = company.domain.photo("boris@corp.photos.test")
    assert other is not None
    company.domain.set_photo("samir@photos.test", other)
    company.tenant.put_photo("tessa@photos.test", other)
    run = company.play("restore")
    assert (run.code, said(run, "left"), said(run, "restored")) == (0, 2, 6)
    assert company.domain.photo("samir@photos.test") == other
    assert alike(company.tenant.photo("tessa@photos.test"), other)

    run = company.play("restore", "-e", "restore_force=true")
    assert (run.code, said(run, "restored"), said(run, "already as saved")) == (0, 2, 6)
    assert photos(company)[0] == before_ad
    assert alike(company.tenant.photo("tessa@photos.test"), before_exo["tessa@photos.test"])


@pytest.mark.variant
def test_first_photos_go_and_the_restored_ones_are_ours(company: Company) -> None:
    before_ad, _before_exo = photos(company)
    receipts = ("-e", "sync_receipts=receipts.sqlite")
    company.play("sync", "-e", "sync_max_replaced=100%", "-e", "sync_max_removed=100%", *receipts)
    assert company.domain.photo("alice@photos.test") is not None
    run = company.play("restore", "-e", "restore_first=remove", "-e", "restore_receipts=receipts.sqlite")
    assert run.code == 0
    assert (company.domain.photo("alice@photos.test"), company.tenant.photo("alice@photos.test")) == (None, None)
    assert photos(company)[0] == before_ad
    # What the restore wrote is no foreign change, so a careful sync goes on where it was.
    keep = ("-e", "sync_on_foreign_change=keep", "-e", "sync_max_replaced=100%", "-e", "sync_max_removed=100%")
    company.play("sync", *keep, *receipts)
    report = company.report("reports")
    assert not [user for user, sides in report.items() if sides["ad"]["foreign"] or sides["exo"]["foreign"]]
    assert company.domain.photo("alice@photos.test") is not None


@pytest.mark.variant
def test_one_user_one_target_and_a_folder_of_one_run(company: Company) -> None:
    before_ad, _before_exo = photos(company)
    sync(company)
    run_folder = next((company.folder / "reports" / "backups").iterdir())
    request = {"restore_users": ["SAMIR@photos.test"], "restore_targets": ["ad"], "restore_from": str(run_folder)}
    writes = company.writes()
    run = company.play("restore", "-e", json.dumps(request))
    assert (run.code, said(run, "restored")) == (0, 1)
    assert company.writes()[0] == writes[0], "Exchange Online was not asked for"
    assert company.domain.photo("samir@photos.test") == before_ad["samir@photos.test"]


def test_what_cannot_be_restored_is_said_and_nothing_is_written(company: Company) -> None:
    sync(company)
    writes = company.writes()
    cannot: list[tuple[dict[str, t.Any], str]] = [
        ({"restore_from": "nowhere"}, "nowhere"),
        ({"restore_run": "run-9"}, "restore_run run-9: the backups do not have this run"),
        ({"restore_users": ["alice@photos.test"]}, "saved no photo of alice@photos.test"),
    ]
    for arguments, words in cannot:
        run = company.play("restore", "-e", json.dumps(arguments))
        assert run.code != 0, arguments
        assert words in run.output, arguments
        assert company.writes() == writes, arguments


@pytest.mark.variant
def test_backups_of_another_tenant_or_domain_are_refused(company: Company) -> None:
    sync(company)
    manifest = next((company.folder / "reports" / "backups").glob("*/manifest.jsonl"))
    tenant = company.told["tenant"]["tenant_id"]
    text = manifest.read_text().replace('"authority": "photos.test"', '"authority": "contoso.test"')
    manifest.write_text(text.replace(tenant, "another-tenant"))
    writes = company.writes()
    run = company.play("restore")
    assert run.code != 0
    assert "this is photos.test, and the call is meant for contoso.test" in run.output
    assert f"this is {tenant}, and the call is meant for another-tenant" in run.output
    assert company.writes() == writes


@pytest.mark.variant
def test_a_spoiled_backup_fails_and_the_others_come_back(company: Company) -> None:
    before_ad, _before_exo = photos(company)
    sync(company)
    guid = str(company.domain.guid("quinn@photos.test"))
    spoiled = next((company.folder / "reports" / "backups").glob(f"*/ad/{guid}/*.jpg"))
    spoiled.write_bytes(b"spoiled")
    run = company.play("restore")
    assert run.code != 0
    assert "quinn@photos.test (ad): failed" in run.output
    now_ad, _now_exo = photos(company)
    assert {name for name in AD if now_ad[name] != before_ad[name]} == {"quinn@photos.test"}


@pytest.mark.variant
def test_a_report_on_demand_and_no_picture_on_the_screen(company: Company) -> None:
    sync(company)
    run = company.play("restore", "-vvv", "-e", '{"restore_formats": ["json"], "restore_report_dir": "after"}')
    assert run.code == 0
    report = company.report("after")
    assert report["samir@photos.test"]["ad"]["changed"]
    assert "/9j/" not in run.output
    assert company.told["domain"]["password"] not in run.output
    own = next((company.folder / "reports" / "backups").glob("restore-*"))
    assert own.stat().st_mode & 0o777 == 0o700
    for path in own.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.variant
def test_old_backups_go_and_a_leaver_is_erased(company: Company) -> None:
    backups = company.folder / "reports" / "backups"
    everything = ("-e", "sync_max_replaced=100%", "-e", "sync_max_removed=100%", "-e", "sync_receipts=receipts.sqlite")
    for wrong in ("0", "30 days"):
        writes = company.writes()
        run = company.play("sync", "-e", json.dumps({"sync_keep_backups": wrong}))
        assert run.code != 0
        assert f'sync_keep_backups: "{wrong}" is not a number of runs, such as 20, or of days' in run.output
        assert (company.writes(), backups.exists()) == (writes, False)
    company.play("sync", *everything)
    (first,) = backups.iterdir()
    made_by_others = backups / "notes"
    made_by_others.mkdir()
    other = company.domain.photo("boris@corp.photos.test")
    assert other is not None
    company.domain.set_photo("samir@photos.test", other)
    again = (*everything, "-e", "sync_keep_backups=1")
    run = company.play("sync", *again, "--check")
    assert f"{first.name}: 8 photos" in run.output
    assert "Backups of 1 old run would be removed, 8 photos (1 run kept):" in run.output
    assert first.exists()
    run = company.play("sync", *again)
    assert "Backups of 1 old run removed, 8 photos (1 run kept):" in run.output
    assert f"{first.name}: 8 photos" in run.output
    (second,) = [path for path in backups.iterdir() if path != made_by_others]
    assert second != first

    company.play("restore", "-e", "restore_receipts=receipts.sqlite")
    forget = ("-e", "restore_forget=SAMIR@photos.test", "-e", "restore_receipts=receipts.sqlite")
    before = {path: path.read_bytes() for path in backups.rglob("*") if path.is_file() and path.name != ".lock"}
    run = company.play("restore", *forget, "--check")
    assert run.code == 0
    assert "SAMIR@photos.test: 2 photos would be erased from the backups of 2 runs" in run.output
    assert before == {path: path.read_bytes() for path in before}
    writes = company.writes()
    run = company.play("restore", *forget)
    assert run.code == 0
    assert "SAMIR@photos.test: 2 photos erased from the backups of 2 runs" in run.output
    assert "Receipts: " in run.output
    assert list(backups.rglob("*.jpg")) == []
    assert company.writes() == writes, "erasing is about backups, and not about the photos that people have"
    run = company.play("restore")
    assert run.code == 0
    assert "samir@photos.test (ad): left: the backup was erased on purpose on 20" in run.output
    run = company.play("restore", "-e", "restore_forget=nobody@photos.test")
    assert run.code != 0
    assert "is of nobody@photos.test" in run.output
