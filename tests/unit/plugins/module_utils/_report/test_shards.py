# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports, guards and plans of shards whose entries and rows are in files: a lost file is never a clean run."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.hybrid.photos.plugins.filter.approved_changes import approved_changes
from ansible_collections.hybrid.photos.plugins.filter.chosen_photos import chosen_photos, rows_of
from ansible_collections.hybrid.photos.plugins.module_utils._core import rows_file
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._report.guard import judge
from ansible_collections.hybrid.photos.plugins.module_utils._report.run import ARGUMENTS, prepare

from .sample import plain, result, row

Json = dict[str, t.Any]


def choice(folder: Path, shard: str, users: t.Sequence[str], **more: t.Any) -> Json:
    """What photo_choice returns for a shard of users who are declared at both targets."""
    lines = [{"photos": {"user": user, "src": f"/p/{user}.jpg"}} for user in users]
    lines += [{part: user} for part in ("excluded", "everybody") for user in more.pop(part, ())]
    file = rows_file.write(folder, lines)
    return {"photos_file": file, "shard": shard, "declared": {"ad": len(users), "exo": len(users)}, **more}


def found(folder: Path, shard: str, rows: t.Sequence[Json], **more: t.Any) -> Json:
    """A photo module's result with its rows in a file."""
    whole = {**result(list(rows)), "target": rows[0]["target"], "shard": shard, "check_mode": True, **more}
    return rows_file.pack(folder, rows_file.in_one_text(whole))


def report(results: t.Sequence[Json], shards: t.Sequence[Json], **options: t.Any) -> Json:
    defaults = {name: argument.get("default") for name, argument in ARGUMENTS.items()}
    given = {**defaults, "results": list(results), "shards": list(shards), "targets": ["exo"], "dest": "x", **options}
    return plain(prepare(given).report)


def two_shards(folder: Path) -> tuple[list[Json], list[Json]]:
    results = [
        found(folder, "photos_0001", [row("a", "exo", "in_sync"), row("b", "exo", "different")]),
        found(folder, "photos_0002", [row("c", "exo", "in_sync"), row("d", "exo", "in_sync")]),
    ]
    return results, [choice(folder, "photos_0001", ["a", "b"]), choice(folder, "photos_0002", ["c", "d"])]


def test_rows_of_files_make_the_same_report_as_rows_in_results(tmp_path: Path) -> None:
    results, shards = two_shards(tmp_path)
    in_files = report(results, shards)
    in_results = report([rows_file.whole(each) for each in results], [], declared_at={"exo": ["a", "b", "c", "d"]})
    assert {**in_files, "generated": ""} == {**in_results, "generated": ""}
    assert in_files["status"] == "drift"


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-9])])
def test_users_of_a_shard_whose_rows_are_lost_are_not_examined(
    tmp_path: Path, harm: t.Callable[[Path], object]
) -> None:
    results, shards = two_shards(tmp_path)
    harm(Path(results[1]["rows_file"]["path"]))
    told = report(results, shards)
    assert told["status"] == "failed"
    assert [(item["user"], item["shard"]) for item in told["not_examined"]] == [
        ("c", "photos_0002"),
        ("d", "photos_0002"),
    ]
    assert all("are lost" in item["reason"] for item in told["not_examined"])
    assert [user["user"] for user in told["users"]] == ["a", "b"]


def test_a_shard_that_ended_without_rows_is_not_examined_for_its_own_reason(tmp_path: Path) -> None:
    results, shards = two_shards(tmp_path)
    killed = {"failed": True, "msg": "MODULE FAILURE", "target": "exo", "shard": "photos_0002", "check_mode": True}
    other = choice(tmp_path, "photos_0003", ["e"])
    refused = {**killed, "msg": "the login was refused", "shard": "photos_0003"}
    told = report([results[0], killed, refused], [*shards, other])
    reasons = {item["user"]: item["reason"] for item in told["not_examined"]}
    assert reasons == {"c": "MODULE FAILURE", "d": "MODULE FAILURE", "e": "the login was refused"}


def test_a_shard_without_any_result_is_not_examined(tmp_path: Path) -> None:
    results, shards = two_shards(tmp_path)
    told = report(results[:1], shards)
    assert [item["user"] for item in told["not_examined"]] == ["c", "d"]
    assert told["status"] == "failed"


def test_users_who_are_in_the_entries_and_not_in_the_rows_are_not_examined(tmp_path: Path) -> None:
    results, shards = two_shards(tmp_path)
    told = report(results, [shards[0], choice(tmp_path, "photos_0002", ["c", "d", "e"])])
    assert [item["user"] for item in told["not_examined"]] == ["e"]


def test_a_shard_whose_entries_are_lost_too_makes_the_report_partial(tmp_path: Path) -> None:
    results, shards = two_shards(tmp_path)
    for file in (results[1]["rows_file"], shards[1]["photos_file"]):
        Path(file["path"]).unlink()
    told = report(results, shards)
    assert told["status"] == "failed"
    assert told["counts"]["parts_not_examined"] > 0


def test_users_whose_mailbox_is_elsewhere_are_not_missed(tmp_path: Path) -> None:
    results, shards = two_shards(tmp_path)
    left = found(tmp_path, "photos_0002", [row("c", "exo", "in_sync")], left_out=["D"])
    told = report([results[0], left], shards)
    assert told["not_examined"] == []
    assert told["status"] == "drift"


def test_excluded_users_are_named_from_the_files(tmp_path: Path) -> None:
    results, shards = two_shards(tmp_path)
    shards[1] = choice(tmp_path, "photos_0002", ["c", "d"], excluded=["x", "y"]) | {"excluded": 2, "not_chosen": 5}
    told = report(results, shards)
    assert told["excluded"] == ["x", "y"]
    assert told["not_chosen"] == 5


def test_undeclared_are_only_those_whom_no_shard_declares(tmp_path: Path) -> None:
    results, shards = two_shards(tmp_path)
    shards[0] = choice(tmp_path, "photos_0001", ["a", "b"], everybody=["a", "b", "Z"])
    shards[1] = choice(tmp_path, "photos_0002", ["c", "d"], everybody=["c", "d"])
    holders = [{"user": user, "id": user, "has_photo": True} for user in ("z", "stranger")]
    told = report(results, shards, everyone=[{"target": "exo", "photos": holders}])
    assert [each["user"] for each in told["undeclared"]] == ["stranger"]


def test_where_a_mailbox_is_comes_from_active_directory(tmp_path: Path) -> None:
    lost = {**row("a", "exo", "unavailable"), "no_mailbox": True, "reason": "no mailbox"}
    asked = {
        "target": "ad",
        "users": [{"user": "A", "mailbox": "on_premises"}, {"user": "b", "mailbox": "on_premises"}],
    }
    results = [found(tmp_path, "photos_0001", [lost, row("b", "exo", "in_sync")])]
    told = report(results, [choice(tmp_path, "photos_0001", ["a", "b"])], mailboxes=[asked])
    reasons = {user["user"]: user["exo"]["reason"] for user in told["users"]}
    assert reasons["a"].startswith("mailbox on-premises")
    assert "on-premises" not in reasons["b"]


def pictures(folder: Path) -> list[Json]:
    """Two shards that declare one picture."""
    same = {"sha256": "5" * 64, "path": "/p/same.jpg"}
    rows = [{**row(user, "exo", "missing"), "source": same} for user in ("a", "c")]
    return [found(folder, f"photos_000{number}", [each]) for number, each in enumerate(rows, 1)]


def test_a_picture_of_several_shards_is_held_back_in_report_and_approvals(tmp_path: Path) -> None:
    results = pictures(tmp_path)
    verdict = judge({"results": results, "max_replaced": "1", "max_removed": "1", "shared_pictures": "refuse"})
    assert verdict["shared"] == {"a": ["c"], "c": ["a"]}
    assert [len(approved_changes(each, "exo", None, verdict["shared"])) for each in results] == [0, 0]
    assert [len(approved_changes(each, "exo")) for each in results] == [1, 1]
    shards = [choice(tmp_path, "photos_0001", ["a"]), choice(tmp_path, "photos_0002", ["c"])]
    told = report(results, shards, shared=verdict["shared"], option_prefix="sync_")
    assert {user["exo"]["drift"] for user in told["users"]} == {"invalid"}
    assert "sync_shared_pictures" in told["users"][0]["exo"]["reason"]


def test_approvals_are_of_the_users_of_a_shard(tmp_path: Path) -> None:
    result_of_all = found(tmp_path, "photos_0001", [row("a", "exo", "different"), row("b", "exo", "different")])
    file = choice(tmp_path, "photos_0001", ["B"])["photos_file"]
    assert [each["user"] for each in approved_changes(result_of_all, "exo", file)] == ["b"]


@pytest.mark.parametrize("nothing", [{"skipped": True}, {"msg": "it failed"}])
def test_a_result_without_rows_approves_nothing(nothing: Json) -> None:
    assert approved_changes(nothing, "exo") == []
    assert rows_of(nothing) == []


def test_entries_and_rows_can_be_read_into_variables(tmp_path: Path) -> None:
    results, shards = two_shards(tmp_path)
    file = shards[0]["photos_file"]
    assert [entry["user"] for entry in chosen_photos(file)] == ["a", "b"]
    assert [entry["user"] for entry in chosen_photos(file, ["B", "z"])] == ["b"]
    assert [each["user"] for each in rows_of(results[0])] == ["a", "b"]


@pytest.mark.parametrize(
    "filters",
    [
        chosen_photos,
        lambda told: rows_of({"rows_file": told}),
        lambda told: approved_changes({"rows_file": told}, "exo"),
    ],
)
def test_a_lost_file_stops_a_filter(filters: t.Callable[[Json], object]) -> None:
    with pytest.raises(AnsibleFilterError, match="are lost"):
        filters({"path": "/nowhere/x.jsonl", "rows": 1, "sha256": "0" * 64})


def test_what_is_no_choice_is_refused() -> None:
    with pytest.raises(PhotoError, match="photo_choice"):
        report([], [{"users": []}])


def test_a_shard_whose_users_are_not_known_is_a_part_that_was_not_examined(tmp_path: Path) -> None:
    """Its host failed when its users were chosen: the report of the others is not that of the whole run."""
    results, shards = two_shards(tmp_path)
    lost = {"failed": True, "msg": "drift_photos: entry 2 has no user", "shard": "photos_0002"}
    told = report(results[:1], [shards[0], lost], hosts=["photos_0001", "photos_0002"])
    assert (told["status"], told["clean"]) == ("failed", False)
    assert told["counts"]["parts_not_examined"] == 1
    assert told["not_examined"] == [
        {"user": None, "target": None, "shard": "photos_0002", "reason": "drift_photos: entry 2 has no user"}
    ]
    assert "1 part of the run not examined" in told["line"]
    assert told["targets_not_examined"] == []


def test_a_host_of_which_nothing_is_known_is_a_part_that_was_not_examined(tmp_path: Path) -> None:
    results, shards = two_shards(tmp_path)
    told = report(results[:1], shards[:1], hosts=["photos_0001", "photos_0002"])
    [item] = told["not_examined"]
    assert (told["status"], item["shard"]) == ("failed", "photos_0002")
    assert "before its users were known" in item["reason"]


def test_hosts_that_all_know_their_users_change_nothing(tmp_path: Path) -> None:
    results, shards = two_shards(tmp_path)
    told = report(results, shards, hosts=["photos_0001", "photos_0002"])
    assert told == report(results, shards)
    assert told["status"] == "drift"


def test_a_module_that_could_not_be_started_is_named_by_its_host(tmp_path: Path) -> None:
    """So that a run over others, which found their photos, still fails."""
    results, shards = two_shards(tmp_path)
    lost = {"failed": True, "not_started": True, "msg": "a disk is full", "target": "exo", "shard": "photos_0002"}
    defaults = {name: argument.get("default") for name, argument in ARGUMENTS.items()}
    given = {**defaults, "results": [results[0], lost], "shards": shards, "targets": ["exo"], "dest": "x"}
    prepared = prepare(given)
    assert prepared.not_started == ("photos_0002",)
    assert [item["user"] for item in prepared.report["not_examined"]] == ["c", "d"]
    assert prepare({**given, "results": results}).not_started == ()


def test_a_shard_whose_entries_and_rows_are_both_lost_is_one_part(tmp_path: Path) -> None:
    results, shards = two_shards(tmp_path)
    for lost in (shards[1]["photos_file"], results[1]["rows_file"]):
        Path(lost["path"]).unlink()
    told = report(results, shards)
    assert told["counts"]["parts_not_examined"] == 1
    assert [(item["user"], item["shard"]) for item in told["not_examined"]] == [(None, "photos_0002")]


def test_a_host_with_a_reason_of_its_own_is_one_part(tmp_path: Path) -> None:
    """The role lead knows why a shard could not be read, and chooses no users there."""
    results, shards = two_shards(tmp_path)
    unread = {"failed": True, "msg": "Its users could not be read.", "target": "exo", "shard": "photos_0002"}
    told = report([unread, results[0]], shards[:1], hosts=["photos_0001", "photos_0002"])
    assert [(item["shard"], item["reason"]) for item in told["not_examined"]] == [
        ("photos_0002", "Its users could not be read.")
    ]


def test_a_host_with_nothing_to_do_is_no_part_that_was_not_examined(tmp_path: Path) -> None:
    """As the role lead has it on hosts without a photo to copy."""
    results, shards = two_shards(tmp_path)
    idle = {"skipped": True, "shard": "photos_0003"}
    told = report(results, [*shards, idle], hosts=["photos_0001", "photos_0002", "photos_0003"])
    assert told["not_examined"] == []
    assert told["status"] == "drift"
