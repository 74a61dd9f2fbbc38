# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import stat
import tempfile
import threading
import typing as t
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._report import files, folders, run, scratch
from ansible_collections.hybrid.photos.plugins.module_utils._report.folders import FILES as FORMATS
from ansible_collections.hybrid.photos.plugins.module_utils._report.run import (
    ARGUMENTS,
    prepare,
    probe_dest,
    publish,
    where,
)
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._report import sample

EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 2, tzinfo=UTC)


def report(values: dict[str, t.Any], now: datetime | None = None) -> dict[str, t.Any]:
    return publish(values, prepare(values, now), now)


def options(dest: Path, **more: t.Any) -> dict[str, t.Any]:
    values = {name: argument.get("default") for name, argument in ARGUMENTS.items()}
    return {**values, "results": sample.with_gaps(), "dest": str(dest), "formats": list(FORMATS), **more}


def says_when(path: Path, when: datetime) -> bool:
    """Does a file say when the targets were looked at? The metrics say it in seconds since the epoch."""
    text = path.read_text(encoding="utf-8")
    return f"{when:%Y-%m-%dT%H:%M:%S}" in text or f" {when.timestamp():.0f}\n" in text


def test_all_formats_are_written_for_the_owner_only(tmp_path: Path) -> None:
    told = report(options(tmp_path / "a" / "reports"), EARLY)
    assert told["changed"]
    assert {Path(path).name for path in told["paths"].values()} == set(FORMATS.values())
    for path in map(Path, told["paths"].values()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert says_when(path, EARLY)
    assert stat.S_IMODE((tmp_path / "a" / "reports").stat().st_mode) == 0o700
    assert len(list((tmp_path / "a" / "reports").iterdir())) == 5


@pytest.mark.parametrize("formats", [list(FORMATS), *([name] for name in FORMATS)])
def test_the_same_again_is_no_change_and_yet_says_when_it_was_looked_at(tmp_path: Path, formats: list[str]) -> None:
    first = report(options(tmp_path, formats=formats), EARLY)
    second = report(options(tmp_path, formats=formats), LATE)
    assert not second["changed"]
    assert {**first, "changed": False} == second
    assert all(says_when(path, LATE) for path in tmp_path.iterdir())


def test_something_else_is_written_with_its_own_time(tmp_path: Path) -> None:
    report(options(tmp_path), EARLY)
    told = report(options(tmp_path, results=sample.everything(True)), LATE)
    assert told["changed"]
    assert told["mode"] == "done"
    assert all(says_when(path, LATE) for path in tmp_path.iterdir())


def test_a_new_preview_makes_a_new_page(tmp_path: Path) -> None:
    previews = tmp_path / "previews"
    previews.mkdir()
    wanted = options(tmp_path / "out", previews_dir=str(previews))
    report(wanted, EARLY)
    assert not report(wanted, LATE)["changed"]
    files.write(previews / "x", "")
    assert not report(wanted, LATE)["changed"]
    from ansible_collections.hybrid.photos.plugins.module_utils._report.previews import preview_name

    (previews / preview_name("ad", sample.PEOPLE[0][0])).write_bytes(b"\xff\xd8\xff")
    assert report(wanted, LATE)["changed"]


def test_previews_are_removed_on_request_even_when_there_is_no_report(tmp_path: Path) -> None:
    from ansible_collections.hybrid.photos.plugins.module_utils._report.previews import preview_name

    for name, dest in (("a", tmp_path / "out"), ("b", tmp_path / "file" / "below")):
        (tmp_path / "file").write_text("x")
        previews = tmp_path / name
        previews.mkdir()
        (previews / preview_name("ad", "x")).write_bytes(b"\xff\xd8\xff")
        with contextlib.suppress(PhotoError):
            report(options(dest, previews_dir=str(previews)))
        assert len(list(previews.iterdir())) == 1, "not unless it is asked for"
        with contextlib.suppress(PhotoError):
            report(options(dest, previews_dir=str(previews), remove_previews=True))
        assert not previews.exists()


def test_nothing_but_previews_is_removed(tmp_path: Path) -> None:
    (tmp_path / "alice@example.com.jpg").write_bytes(b"\xff\xd8\xff")
    report(options(tmp_path / "out", previews_dir=str(tmp_path), remove_previews=True))
    assert (tmp_path / "alice@example.com.jpg").exists()


def test_a_file_that_is_none_of_ours_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "drift.json").write_bytes(b"\xff\xfe")
    assert report(options(tmp_path, formats=["json"]), EARLY)["changed"]


def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    report(options(tmp_path), EARLY)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_titles(tmp_path: Path) -> None:
    for more, title in (({}, "Photo drift"), ({"mode": "done"}, "Photo sync"), ({"title": "Mine"}, "Mine")):
        report(options(tmp_path, **more))
        assert f"### {title}\n" in (tmp_path / "drift.md").read_text(encoding="utf-8")


def test_a_folder_that_cannot_take_a_report_is_found_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(PhotoError, match=r"^dest .* exists and is not a folder"):
        probe_dest(options(tmp_path / "file"))
    with pytest.raises(PhotoError, match="cannot be made"):
        probe_dest(options(tmp_path / "file" / "below"))
    probe_dest(options(tmp_path / "new"))
    assert list((tmp_path / "new").iterdir()) == []


def test_a_report_that_cannot_be_written_is_kept_elsewhere_and_the_line_is_in_the_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    result = report(options(tmp_path / "file"))
    assert result["failed"]
    assert result["msg"].startswith(result["line"])
    kept = Path(result["paths"]["json"])
    assert kept.parent.parent == tmp_path
    assert str(kept.parent) in result["msg"]
    assert json.loads(kept.read_text(encoding="utf-8"))["line"] == result["line"]


def full_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of the temporary folder take no byte, as on a full disk; and those that need a name are not made."""

    def full(*_arguments: t.Any, **_options: t.Any) -> t.NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    made = tempfile.TemporaryFile
    monkeypatch.setattr(
        tempfile, "TemporaryFile", lambda *args, dir=None, **more: made(*args, dir=dir, **more) if dir else full()
    )
    monkeypatch.setattr(tempfile, "mkdtemp", full)


def test_a_report_is_written_where_it_belongs_although_the_temporary_folder_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full_temporary_folder(monkeypatch)
    result = report(options(tmp_path, formats=["json", "markdown", "html", "junit"]))
    assert not result.get("failed")
    assert {path.name for path in tmp_path.iterdir()} == {"drift.json", "drift.md", "drift.html", "drift.xml"}


def test_a_report_that_is_too_large_for_memory_says_that_the_temporary_folder_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(options(tmp_path / "before"))
    sizes = {path.suffix: path.stat().st_size for path in (tmp_path / "before").iterdir()}
    assert sizes[".json"] < sizes[".html"]
    full_temporary_folder(monkeypatch)
    monkeypatch.setattr(scratch, "IN_MEMORY", sizes[".json"] + 100)
    result = report(options(tmp_path, formats=["html", "json"]))
    assert result["failed"]
    assert result["msg"].startswith(result["line"])
    assert "html could not be made" in result["msg"]
    assert "No space left on device" in result["msg"]
    assert "TMPDIR" in result["msg"]
    assert (tmp_path / "drift.json").exists(), "one format does not cost the others"


def test_a_format_that_cannot_be_made_does_not_cost_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_jinja(*_arguments: t.Any) -> t.NoReturn:
        raise PhotoError("Jinja2 is missing.")

    monkeypatch.setattr(run, "markdown", no_jinja)
    result = report(options(tmp_path, formats=["markdown", "json"]))
    assert result["failed"]
    assert "Jinja2 is missing" in result["msg"]
    assert (tmp_path / "drift.json").exists()


def test_each_run_keeps_its_own_report_and_old_ones_go(tmp_path: Path) -> None:
    names = [report(options(tmp_path, run=f"r{n}", keep_runs=2, formats=["json"]), EARLY)["run_dir"] for n in range(3)]
    assert [Path(name).name for name in names] == ["r0", "r1", "r2"]
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["r1", "r2"]
    assert (tmp_path / "drift.json").read_bytes() == (tmp_path / "runs" / "r2" / "drift.json").read_bytes()
    again = report(options(tmp_path, run="r2", keep_runs=9, formats=["json"]), LATE)
    assert Path(again["run_dir"]).name == "r2-2", "no report replaces another"
    evil = report(options(tmp_path, run="../../x", keep_runs=9, formats=["json"]), LATE)
    assert Path(evil["run_dir"]).parent == tmp_path / "runs"


def test_with_0_only_the_newest_report_is_kept(tmp_path: Path) -> None:
    for n in range(3):
        report(options(tmp_path, run=f"r{n}", keep_runs=5, formats=["json"]), EARLY)
    result = report(options(tmp_path, run="r3", keep_runs=0, formats=["json"]), LATE)
    assert result["run_dir"] is None
    assert list((tmp_path / "runs").iterdir()) == []
    assert (tmp_path / "drift.json").exists()


def test_with_0_the_plans_folder_and_the_report_of_this_run_stay(tmp_path: Path) -> None:
    report(options(tmp_path, run="old", keep_runs=5, formats=["json"]), EARLY)
    plan = Path(report(options(tmp_path, run="plan", keep_runs=5, formats=["json"]))["run_dir"]) / "drift.json"
    report(options(tmp_path, run="x", keep_runs=0, formats=["json"], plan=str(plan)))
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["plan"]
    newest = tmp_path / "drift.json"
    report(options(tmp_path, run="y", keep_runs=0, formats=["json"], plan=str(newest)), LATE)
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["y"]


def test_a_task_that_does_not_say_how_many_to_keep_removes_none(tmp_path: Path) -> None:
    report(options(tmp_path, run="old", keep_runs=5, formats=["json"]), EARLY)
    result = report(options(tmp_path, formats=["json"]), LATE)
    assert (result["run_dir"], [path.name for path in (tmp_path / "runs").iterdir()]) == (None, ["old"])
    report(options(tmp_path, run="x", formats=["json"], plan=str(tmp_path / "drift.json")), LATE)
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["old", "x"]


def test_where_the_report_is_is_said_only_while_the_plan_is_the_newest_report(tmp_path: Path) -> None:
    plan = Path(report(options(tmp_path, run="plan", formats=["json"]))["paths"]["json"])
    given = options(tmp_path, run="x", formats=["json"], plan=str(plan))
    carried_out = report(given, LATE)
    assert where(given, carried_out) == [
        f"The report of this run is in {tmp_path}/runs/x; {tmp_path}/drift.json is still the plan."
    ]
    assert where(options(tmp_path), report(options(tmp_path, keep_runs=3))) == []
    elsewhere = options(tmp_path / "b", keep_runs=3, plan=str(plan))
    assert where(elsewhere, report(elsewhere)) == []


def test_a_foreign_file_in_an_old_run_stays(tmp_path: Path) -> None:
    first = Path(report(options(tmp_path, run="a", keep_runs=1, formats=["json"]))["run_dir"])
    (first / "notes.txt").write_text("mine")
    report(options(tmp_path, run="b", keep_runs=1, formats=["json"]))
    assert [path.name for path in first.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("keep", [0, 5])
def test_a_plan_is_never_overwritten_by_the_run_that_carries_it_out(tmp_path: Path, keep: int) -> None:
    report(options(tmp_path, results=sample.everything(), formats=["json"]), EARLY)
    before = (tmp_path / "drift.json").read_bytes()
    done = options(tmp_path, results=sample.everything(True), formats=["json"], keep_runs=keep, run="r")
    result = report({**done, "plan": str(tmp_path / "drift.json")}, LATE)
    assert (tmp_path / "drift.json").read_bytes() == before
    assert result["paths"] == {"json": str(tmp_path / "runs" / "r" / "drift.json")}
    assert json.loads(Path(result["paths"]["json"]).read_text(encoding="utf-8"))["mode"] == "done"


def test_the_folder_of_the_plan_is_not_forgotten(tmp_path: Path) -> None:
    plan = Path(report(options(tmp_path, run="plan", keep_runs=1, formats=["json"]))["run_dir"]) / "drift.json"
    report(options(tmp_path, run="x", keep_runs=1, formats=["json"], plan=str(plan)))
    assert plan.exists()


def test_what_would_change_is_shown_as_a_diff_on_request(tmp_path: Path) -> None:
    results = [sample.result([sample.row("a@x", "ad", "different"), sample.row("b@x", "ad")])]
    lines = prepare(options(tmp_path, results=results, show_diff=True)).lines
    assert lines[:2] == ["--- before: a@x (ad)", "+++ after: a@x (ad)"]
    assert any(line.startswith("-sha256: ") for line in lines)
    assert not any("b@x" in line for line in lines)
    assert prepare(options(tmp_path, results=results)).lines[0].startswith("1 drift")


def test_the_screen_says_why_nobody_was_examined(tmp_path: Path) -> None:
    """It once said "0 drift, 0 in sync, 25 not examined" and nothing else."""
    users = [f"u{n:02}@x" for n in range(25)]
    found = [
        sample.result([sample.row(user, "ad") for user in users], target="ad"),
        {"failed": True, "target": "exo", "msg": "The client secret has expired."},
    ]
    lines = prepare(options(tmp_path, results=found, users=users, targets=["ad", "exo"])).lines
    assert lines == [
        "0 drift, 0 in sync, 25 not examined",
        "EXCHANGE ONLINE WAS NOT EXAMINED: The client secret has expired.",
        f"  {', '.join(users[:10])} and 15 more: not examined in Exchange Online: the reason is above",
    ]


def test_the_first_ten_users_are_named_with_their_reasons(tmp_path: Path) -> None:
    rows = [
        sample.row(f"u{n:02}@x", "exo", "missing failed", True, error=f"error {n}", origin=f"photos.yml:{n}")
        for n in range(12)
    ]
    problems = report(options(tmp_path, results=[sample.result(rows)]))["problems"]
    assert problems[3] == "u03@x (photos.yml:3): failed in Exchange Online: error 3"
    assert len(problems) == 11
    assert problems[-1] == "and 2 more, see the report"


def test_half_a_report_is_never_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.write(tmp_path / "drift.md", "old")

    def full(self: Path, target: t.Any) -> t.NoReturn:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(PhotoError, match="No space left"):
        files.write(tmp_path / "drift.md", "new")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("drift.md", "old")]


def test_returned_figures_agree(tmp_path: Path) -> None:
    told = report(options(tmp_path, results=sample.everything()))
    assert told["summary"]["users"] == sum(told["states"].values()) == 26
    assert told["summary"]["checked"] == 52
    assert told["drifting"] == 13
    assert not told["clean"]
    assert told["line"].startswith("13 drift (4 missing, 7 different, 2 unwanted), 9 in sync, ")


def test_a_note_is_on_the_screen_and_in_every_report_and_is_no_problem(tmp_path: Path) -> None:
    note = "12 users were left out, because their mailboxes are not in Exchange Online: a@x.test"
    without = report(options(tmp_path / "a", formats=list(FORMATS)))
    noted = report(options(tmp_path / "b", formats=list(FORMATS), notes=[note]))
    assert prepare(options(tmp_path / "b", notes=[note])).lines[1] == note
    assert (noted["status"], noted["problems"]) == (without["status"], without["problems"])
    assert noted["targets_not_examined"] == without["targets_not_examined"]
    for name in ("drift.json", "drift.md", "drift.html"):
        assert note in (tmp_path / "b" / name).read_text().replace("\\", ""), name


def test_the_clock_went_back_and_the_report_of_this_run_is_kept(tmp_path: Path) -> None:
    """The folders of earlier runs look younger than this one's."""
    for name in ("a", "b", "c"):
        folder = Path(report(options(tmp_path, run=name, keep_runs=2))["run_dir"])
        os.utime(folder, (4_000_000_000, 4_000_000_000))
    result = report(options(tmp_path, run="now", keep_runs=2))
    assert (Path(result["run_dir"]) / "drift.json").exists()


def test_two_runs_at_once_write_one_report_after_the_other(tmp_path: Path) -> None:
    """Else the folder could hold the JSON of the one and the Markdown of the other."""
    tmp_path.chmod(0o700)
    other = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    ended = threading.Event()

    def write() -> None:
        report(options(tmp_path))
        ended.set()

    run_ = threading.Thread(target=write)
    run_.start()
    assert not ended.wait(0.5)
    assert list(tmp_path.iterdir()) == []
    os.close(other)
    run_.join(30)
    assert ended.is_set()
    assert len(list(tmp_path.iterdir())) == len(FORMATS)


def test_a_report_folder_that_is_kept_locked_costs_no_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "PATIENCE", 0.1)
    other = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    result = report(options(tmp_path))
    os.close(other)
    assert not result.get("failed")
    assert (tmp_path / "drift.json").exists()
