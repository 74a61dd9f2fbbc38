# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The metrics and the history of drift_report: tried before a run, written after it."""

from __future__ import annotations

import json
import stat
import typing as t
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core import safe_write
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._report import monitoring
from ansible_collections.hybrid.photos.plugins.module_utils._report.run import ARGUMENTS, prepare, probe_dest, publish
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._report import sample
from prometheus_client.openmetrics.parser import text_string_to_metric_families

EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 2, tzinfo=UTC)


def options(dest: Path, **more: t.Any) -> dict[str, t.Any]:
    values = {name: argument.get("default") for name, argument in ARGUMENTS.items()}
    return {**values, "results": sample.everything(), "dest": str(dest / "out"), "formats": ["json"], **more}


def report(values: dict[str, t.Any], now: datetime = EARLY) -> dict[str, t.Any]:
    return publish(values, prepare(values, now), now)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "textfile"
    made.mkdir()
    return made


def test_a_folder_for_metrics_is_enough_to_have_them(tmp_path: Path, folder: Path) -> None:
    told = report(options(tmp_path, metrics_dir=str(folder), started="2025-12-31T23:59:30Z"))
    path = folder / "hybrid_photos_drift.prom"
    assert told["paths"]["openmetrics"] == str(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644, "node_exporter is another account"
    assert [each.name for each in folder.iterdir()] == [path.name]
    assert not (tmp_path / "out" / "drift.prom").exists()
    text = path.read_text(encoding="utf-8")
    assert list(text_string_to_metric_families(text))
    assert 'hybrid_photos_last_run_duration_seconds{run="drift"} 30\n' in text


def test_without_a_folder_the_metrics_are_beside_the_report(tmp_path: Path) -> None:
    told = report(options(tmp_path, formats=["openmetrics"], metrics_name="berlin"))
    assert told["paths"] == {"openmetrics": str(tmp_path / "out" / "drift.prom")}
    assert 'run="berlin"' in (tmp_path / "out" / "drift.prom").read_text(encoding="utf-8")


def test_newer_metrics_alone_are_no_change(tmp_path: Path, folder: Path) -> None:
    wanted = options(tmp_path, formats=["json", "openmetrics"], started="2025-12-31T23:59:30Z")
    assert report(wanted)["changed"]
    assert not report(wanted, LATE)["changed"]
    wanted["metrics_dir"] = str(folder)
    assert not report(wanted, LATE)["changed"]


@pytest.mark.parametrize(
    ("what", "why"),
    [("missing", "does not exist"), ("file", "is not a folder"), ("file/below", "does not exist")],
)
def test_a_metrics_folder_that_cannot_be_written_is_found_before_the_run(tmp_path: Path, what: str, why: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(PhotoError, match=rf"^metrics_dir {tmp_path}/{what} {why}\. Name the folder that node_exporter"):
        probe_dest(options(tmp_path, metrics_dir=str(tmp_path / what)))
    assert not (tmp_path / "out").exists()


def test_a_folder_that_refuses_is_found_before_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_options: t.Any) -> t.NoReturn:
        raise OSError(13, "Permission denied")

    monkeypatch.setattr(safe_write.tempfile, "TemporaryFile", refuse)
    with pytest.raises(PhotoError, match=r"^metrics_dir .* cannot be written to \(Permission denied\)\. Give this"):
        probe_dest(options(tmp_path, metrics_dir=str(tmp_path)))


def test_a_history_that_cannot_be_kept_is_found_before_the_run(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match=r"^history .* is a directory|cannot be read and written"):
        probe_dest(options(tmp_path, history=str(tmp_path)))
    (tmp_path / "other").write_text("hello")
    with pytest.raises(PhotoError, match="is not a history of this collection"):
        probe_dest(options(tmp_path, history=str(tmp_path / "other")))
    assert not (tmp_path / "out").exists()


def test_a_history_in_a_folder_that_is_not_there_is_refused_and_nothing_is_made(tmp_path: Path) -> None:
    wanted = options(tmp_path, history=str(tmp_path / "nowhere" / "h"))
    said = (
        f"history {tmp_path}/nowhere/h: the folder {tmp_path}/nowhere does not exist. Create it, or name another file."
    )
    with pytest.raises(PhotoError, match=f"^{said}$"):
        probe_dest(wanted)
    assert list(tmp_path.iterdir()) == []
    told = report(wanted)
    assert told["failed"]
    assert told["msg"].count(said) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def test_a_history_may_be_in_the_folder_of_the_report_which_the_report_makes(tmp_path: Path) -> None:
    wanted = options(tmp_path, history=str(tmp_path / "out" / "h"))
    probe_dest(wanted)
    report(wanted)
    assert (tmp_path / "out" / "h").read_text().count("\n") == 1


@pytest.mark.parametrize("prefix", ["", "drift_", "sync_"])
@pytest.mark.parametrize(
    ("option", "value", "variable"),
    [
        ("metrics_dir", "missing", "metrics_dir"),
        ("metrics_name", "a b", "metrics_name"),
        ("history", "other", "history"),
        ("history", ".", "history"),
        ("dest", "other", "report_dir"),
        ("dest", "other/below", "report_dir"),
    ],
)
def test_what_is_wrong_is_named_as_its_reader_can_set_it(
    tmp_path: Path, prefix: str, option: str, value: str, variable: str
) -> None:
    (tmp_path / "other").write_text("hello")
    given = value if option == "metrics_name" else str(tmp_path / value)
    named = f"{prefix}{variable}" if prefix else option
    with pytest.raises(PhotoError, match=rf"^{named} "):
        probe_dest({**options(tmp_path), "option_prefix": prefix, option: given})


def test_a_look_leaves_the_metrics_folder_as_it_was(tmp_path: Path, folder: Path) -> None:
    probe_dest(options(tmp_path, metrics_dir=str(folder), history=str(tmp_path / "h")))
    assert list(folder.iterdir()) == []
    assert (tmp_path / "h").read_bytes() == b""


@pytest.mark.parametrize("more", [{"metrics_name": "../x"}, {"started": "noon"}])
def test_odd_options_are_refused_before_the_run(tmp_path: Path, more: dict[str, str]) -> None:
    with pytest.raises(PhotoError, match=f"^{next(iter(more))} is "):
        probe_dest(options(tmp_path, **more))


def test_each_run_is_one_line_of_the_history(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    wanted = options(tmp_path, history=str(path), formats=["html", "markdown"], started="2026-01-01T00:00:00")
    assert set(report(wanted)["paths"]) == {"html", "markdown"}
    assert "Over time" not in (tmp_path / "out" / "drift.html").read_text(encoding="utf-8")
    wanted["results"] = sample.everything(True)
    report({**wanted, "metrics_name": "sync"}, LATE)
    lines = [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]
    assert [(line["run"], line["mode"], line["time"][:10]) for line in lines] == [
        ("drift", "plan", "2026-01-01"),
        ("sync", "done", "2026-02-02"),
    ]
    assert lines[1]["seconds"] == 32 * 86400
    page = (tmp_path / "out" / "drift.html").read_text(encoding="utf-8")
    assert "Over time" in page
    assert "the last run (1 January 2026: 9 of 26)" in page
    assert "the last run (1 January 2026: 9 of 26)" in (tmp_path / "out" / "drift.md").read_text(encoding="utf-8")


def test_the_history_is_no_part_of_what_was_found(tmp_path: Path) -> None:
    first = report(options(tmp_path, history=str(tmp_path / "h")))
    second = report(options(tmp_path, history=str(tmp_path / "h")), LATE)
    assert first["digest"] == second["digest"]
    assert not second["changed"]


def test_what_breaks_after_the_look_does_not_cost_the_report(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = options(tmp_path, metrics_dir=str(folder), history=str(tmp_path / "h"))
    probe_dest(wanted)
    (tmp_path / "h").write_text("hello")

    def full(path: Path, data: bytes, **more: t.Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(monitoring, "write_safely", full)
    told = report(wanted)
    assert told["failed"]
    assert "(metrics_dir) could not be written (No space left on device)" in told["msg"]
    assert told["msg"].count("is not a history of this collection") == 1
    assert (tmp_path / "h").read_text() == "hello"
    assert (tmp_path / "out" / "drift.json").exists()


def test_half_of_the_metrics_is_never_seen(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report(options(tmp_path, metrics_dir=str(folder)))
    before = (folder / "hybrid_photos_drift.prom").read_bytes()

    def full(self: Path, target: t.Any) -> t.NoReturn:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(safe_write.Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        safe_write.write_safely(folder / "hybrid_photos_drift.prom", b"new", mode=0o644)
    assert [(each.name, each.read_bytes()) for each in folder.iterdir()] == [("hybrid_photos_drift.prom", before)]


def test_the_sentence_and_the_share_are_returned(tmp_path: Path) -> None:
    told = report(options(tmp_path))
    assert told["sentence"].startswith("9 of 26 people have the right photo on both sides; ")
    assert told["percent"] == 34.6
