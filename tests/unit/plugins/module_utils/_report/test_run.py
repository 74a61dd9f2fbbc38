# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
import stat
import typing as t
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._report import files
from ansible_collections.hybrid.photos.plugins.module_utils._report.run import ARGUMENTS, FORMATS, report
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._report import sample

EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 2, tzinfo=UTC)


def options(dest: Path, **more: t.Any) -> dict[str, t.Any]:
    values = {name: argument.get("default") for name, argument in ARGUMENTS.items()}
    return {**values, "results": sample.with_gaps(), "dest": str(dest), "formats": list(FORMATS), **more}


def test_all_formats_are_written_for_the_owner_only(tmp_path: Path) -> None:
    told = report(options(tmp_path / "a" / "reports"), EARLY)
    assert told["changed"]
    assert {Path(path).name for path in told["paths"].values()} == set(FORMATS.values())
    for path in map(Path, told["paths"].values()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert "2026-01-01T00:00:00" in path.read_text(encoding="utf-8")
    assert stat.S_IMODE((tmp_path / "a" / "reports").stat().st_mode) == 0o700
    assert len(list((tmp_path / "a" / "reports").iterdir())) == 4


@pytest.mark.parametrize("formats", [list(FORMATS), *([name] for name in FORMATS)])
def test_the_same_again_changes_nothing_and_keeps_its_time(tmp_path: Path, formats: list[str]) -> None:
    first = report(options(tmp_path, formats=formats), EARLY)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()}
    second = report(options(tmp_path, formats=formats), LATE)
    assert not second["changed"]
    assert {**first, "changed": False} == second
    assert before == {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()}


def test_something_else_is_written_with_its_own_time(tmp_path: Path) -> None:
    report(options(tmp_path), EARLY)
    told = report(options(tmp_path, results=sample.everything(True)), LATE)
    assert told["changed"]
    assert told["mode"] == "done"
    for path in tmp_path.iterdir():
        assert "2026-02-02T00:00:00" in path.read_text(encoding="utf-8")


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


def test_dest_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(PhotoError, match="is there and is no folder"):
        report(options(tmp_path / "file"))
    with pytest.raises(PhotoError, match="cannot be made"):
        report(options(tmp_path / "file" / "below"))


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
