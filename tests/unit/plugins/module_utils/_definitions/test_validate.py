# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of a pull request: every rule, on folders made for it."""

from __future__ import annotations

import hashlib
import json
import os
import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._definitions import validate as validation
from ansible_collections.hybrid.photos.plugins.module_utils._definitions.exported import RECORD
from ansible_collections.hybrid.photos.plugins.module_utils._definitions.validate import Rules, validate
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.drawn import encode, scene


def write(folder: Path, name: str, width: int = 700, height: int = 700, seed: int = 1, **options: t.Any) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode(scene(width, height, seed), "PNG" if name.endswith(".png") else "JPEG", **options))
    return path


def told(folder: Path, **rules: t.Any) -> list[tuple[str, str, str, int | None, str]]:
    return [(f.severity, f.kind, f.file, f.line, f.user) for f in validate(folder, Rules(**rules)).findings]


def test_a_good_folder_has_no_findings(tmp_path: Path) -> None:
    write(tmp_path, "alice@x.test.jpg", seed=1)
    write(tmp_path, "portraits/bob.png", seed=2)
    (tmp_path / "photos.yml").write_text("photos:\n  bob@x.test: portraits/bob.png\n  carol@x.test: {state: absent}\n")
    report = validate(tmp_path)
    assert report.findings == []
    assert (report.users, report.pictures) == (["alice@x.test", "bob@x.test", "carol@x.test"], 2)


def test_every_problem_of_the_definitions_is_an_error_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, "alice@x.test.jpg")
    (tmp_path / "photos.yml").write_text("photos:\n  bob@x.test: portraits/bob.png\n  carol@x.test: {sate: absent}\n")
    assert told(tmp_path) == [
        ("error", "definition", "photos.yml", 2, ""),
        ("error", "definition", "photos.yml", 3, ""),
    ]


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    report = validate(tmp_path / "nowhere")
    assert report.count("error") == 1
    assert "no such folder" in report.findings[0].message


def record(folder: Path, *names: str) -> None:
    """What an export leaves about the files that it wrote."""
    users = [
        {"user": name, "file": name, "seen": {"sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest()}}
        for name in names
    ]
    (folder / RECORD).write_text(json.dumps({"version": 1, "target": "exo", "users": users}))


def test_a_small_picture_that_an_export_wrote_is_no_finding_until_somebody_replaces_it(tmp_path: Path) -> None:
    """It is what the service has, and nobody can do anything about it."""
    small = write(tmp_path, "alice@x.test.jpg", 640, 640, seed=1)
    write(tmp_path, "bob@x.test.jpg", 640, 640, seed=2)
    record(tmp_path, small.name)
    report = validate(tmp_path)
    assert [(finding.kind, finding.user) for finding in report.findings] == [("not_sharp", "bob@x.test")]
    assert report.small_exports == 1
    write(tmp_path, "alice@x.test.jpg", 500, 500, seed=3)
    assert [finding.user for finding in validate(tmp_path).findings] == ["alice@x.test", "bob@x.test"]


def test_what_cannot_be_used_is_a_finding_whoever_wrote_it(tmp_path: Path) -> None:
    record(tmp_path, write(tmp_path, "alice@x.test.jpg", 40, 40).name)
    assert told(tmp_path) == [("error", "too_small", "alice@x.test.jpg", None, "alice@x.test")]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"users": [1]}', '{"users": [{"seen": null}]}'])
def test_a_record_that_cannot_be_read_hides_no_finding(tmp_path: Path, text: str) -> None:
    write(tmp_path, "alice@x.test.jpg", 640, 640)
    (tmp_path / RECORD).write_text(text)
    assert [finding[:2] for finding in told(tmp_path)] == [("warning", "not_sharp")]


@pytest.mark.parametrize("content", [b"no picture at all", b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
def test_a_file_that_is_no_picture_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "alice@x.test.jpg").write_bytes(content)
    assert told(tmp_path) == [("error", "unreadable", "alice@x.test.jpg", None, "alice@x.test")]


def test_a_picture_cut_short_is_an_error_told_where_it_is_declared(tmp_path: Path) -> None:
    path = write(tmp_path, "portraits/bob.jpg")
    path.write_bytes(path.read_bytes()[:20_000])
    (tmp_path / "photos.yml").write_text("photos:\n  bob@x.test: portraits/bob.jpg\n")
    finding = validate(tmp_path).findings[0]
    assert (finding.severity, finding.kind, finding.file, finding.line) == ("error", "unreadable", "photos.yml", 2)
    assert finding.message.startswith("bob@x.test: portraits/bob.jpg: ")


@pytest.mark.parametrize(
    ("side", "expected"),
    [(47, [("error", "too_small")]), (48, [("warning", "not_sharp")]), (647, [("warning", "not_sharp")]), (648, [])],
)
def test_small_pictures(tmp_path: Path, side: int, expected: list[tuple[str, str]]) -> None:
    write(tmp_path, "alice@x.test.jpg", side, side)
    assert [finding[:2] for finding in told(tmp_path)] == expected


def test_what_a_square_from_the_centre_loses_is_said(tmp_path: Path) -> None:
    write(tmp_path, "alice@x.test.jpg", 700, 1400)
    finding = validate(tmp_path).findings[0]
    assert finding.kind == "not_square"
    assert "loses 50 %" in finding.message
    assert told(tmp_path, max_crop_loss=50) == []


def test_a_portrait_format_of_three_to_four_is_fine(tmp_path: Path) -> None:
    write(tmp_path, "alice@x.test.jpg", 750, 1000)
    assert told(tmp_path) == []


def test_a_file_too_large_for_git(tmp_path: Path) -> None:
    path = write(tmp_path, "alice@x.test.jpg")
    size = path.stat().st_size
    assert told(tmp_path, max_file_bytes=size) == []
    assert told(tmp_path, max_file_bytes=size - 1) == [("error", "file_size", "alice@x.test.jpg", None, "alice@x.test")]


def test_one_picture_for_several_users_is_one_error_as_a_sync_would_refuse_it(tmp_path: Path) -> None:
    first = write(tmp_path, "alice@x.test.jpg", seed=3)
    for number in range(8):
        (tmp_path / f"bob{number}@x.test.jpg").write_bytes(first.read_bytes())
    write(tmp_path, "carol@x.test.jpg", seed=4)
    rules = Rules(shared_pictures="refuse", prefix="validate_")
    [finding] = validate(tmp_path, rules).findings
    assert (finding.severity, finding.kind, finding.file) == ("error", "used_twice", "alice@x.test.jpg")
    assert "declared for alice@x.test, bob0@x.test, bob1@x.test" in finding.message
    assert "bob4@x.test and 3 more; a photo shows one person" in finding.message
    assert "allow it with validate_shared_pictures, and in a sync with sync_shared_pictures" in finding.message
    [allowed] = validate(tmp_path, Rules(shared_pictures="allow")).findings
    assert (allowed.severity, allowed.kind) == ("warning", "used_twice")


def test_one_file_named_for_two_users_is_one_finding_at_the_first_line(tmp_path: Path) -> None:
    write(tmp_path, "logo.png")
    (tmp_path / "photos.yml").write_text("photos:\n  a@x.test: logo.png\n  b@x.test: logo.png\n")
    assert told(tmp_path, shared_pictures="refuse") == [("error", "used_twice", "photos.yml", 2, "a@x.test")]


def test_the_default_picture_may_be_everybodys(tmp_path: Path) -> None:
    write(tmp_path, "logo.png")
    write(tmp_path, "alice@x.test.jpg", seed=4)
    (tmp_path / "photos.yml").write_text(
        "default: logo.png\nphotos:\n  a@x.test: {default: true}\n  b@x.test: {default: true}\n"
    )
    assert told(tmp_path, shared_pictures="refuse") == []


def test_one_picture_saved_in_several_ways_is_one_warning_since_a_sync_takes_it(tmp_path: Path) -> None:
    write(tmp_path, "alice@x.test.png", seed=5)
    write(tmp_path, "bob@x.test.jpg", seed=5, quality=80)
    write(tmp_path, "carol@x.test.jpg", seed=5, quality=90)
    for seed in range(6, 12):
        write(tmp_path, f"other{seed}@x.test.jpg", seed=seed)
    [finding] = validate(tmp_path, Rules(shared_pictures="refuse")).findings
    assert (finding.severity, finding.user) == ("warning", "alice@x.test")
    assert "look the same: alice@x.test, bob@x.test, carol@x.test;" in finding.message


def test_only_like_signatures_are_compared_by_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(12):
        write(tmp_path, f"user{seed}@x.test.jpg", 200, 200, seed=seed)
    compared: list[int] = []
    real = validation.comparison.by_pixels
    monkeypatch.setattr(validation.comparison, "by_pixels", lambda a, b: compared.append(1) or real(a, b))
    validate(tmp_path)
    assert len(compared) < 12


def test_a_picture_that_nobody_uses_is_told(tmp_path: Path) -> None:
    write(tmp_path, "alice@x.test.jpg", seed=1)
    write(tmp_path, "portraits/forgotten.png", seed=2)
    write(tmp_path, ".hidden/thumb.png", seed=3)
    assert told(tmp_path) == [("warning", "unused", "portraits/forgotten.png", None, "")]


def test_an_identity_that_looks_like_a_template_is_an_error_where_it_is_declared(tmp_path: Path) -> None:
    write(tmp_path, "{{ 1 }}@x.test.jpg", seed=1)
    write(tmp_path, "bob.jpg", seed=2)
    # Escapes of YAML hide the marks from whoever reads the file.
    (tmp_path / "photos.yml").write_text(
        'photos:\n  "\\x7b\\x7b 2 }}@x.test": bob.jpg\n  "#jinja2:x": {state: absent}\n'
    )
    assert told(tmp_path) == [
        ("error", "template", "photos.yml", 2, "{{ 2 }}@x.test"),
        ("error", "template", "photos.yml", 3, "#jinja2:x"),
        ("error", "template", "{{ 1 }}@x.test.jpg", None, "{{ 1 }}@x.test"),
    ]


def test_a_template_in_a_comment_or_the_name_of_a_folder_is_a_warning(tmp_path: Path) -> None:
    write(tmp_path, "{% x %}/bob.jpg")
    (tmp_path / "photos.yml").write_text(
        "#jinja2: trim_blocks: True\nphotos:\n  # {# hm\n  bob@x.test: '{% x %}/bob.jpg'\n"
    )
    assert told(tmp_path) == [
        ("warning", "template", "photos.yml", 1, ""),
        ("warning", "template", "photos.yml", 3, ""),
        ("warning", "template", "photos.yml", 4, ""),
        ("warning", "template", "{% x %}", None, ""),
    ]


def test_text_that_is_not_what_it_seems_is_an_error_and_shown(tmp_path: Path) -> None:
    write(tmp_path, "bob@x.test.jpg", seed=1)
    write(tmp_path, "al\u202eeci@x.test.jpg", seed=2)
    (tmp_path / "note\x1b[2J.txt").write_text("x")
    (tmp_path / os.fsdecode(b"\xff.txt")).write_text("x")
    (tmp_path / "photos.yml").write_text("# only \u2066a comment\u2069\nphotos: {}\n")
    assert sorted(told(tmp_path), key=str) == [
        ("error", "hidden_text", "\\xff.txt", None, ""),
        ("error", "hidden_text", "al\\u202eeci@x.test.jpg", None, "al\u202eeci@x.test"),
        ("error", "hidden_text", "note\\x1b[2J.txt", None, ""),
        ("error", "hidden_text", "photos.yml", 1, ""),
    ]
    assert all(str(finding).isprintable() for finding in validate(tmp_path).findings)


def test_a_name_that_nobody_can_have_is_told_once(tmp_path: Path) -> None:
    write(tmp_path, "a\nb@x.test.jpg")
    assert told(tmp_path) == [("error", "definition", r"a\nb@x.test.jpg", None, "")]
    (finding,) = validate(tmp_path).findings
    assert finding.message.isprintable()


def test_names_of_people_are_no_oddities(tmp_path: Path) -> None:
    for seed, name in enumerate(
        (
            *("björk@x.test", "山田@x.test", "gina_p.example#EXT#@x.test", "o'hara@x.test", "مريم@x.test"),
            *(
                "copyof@x.test",
                "copy.of@x.test",
                "kopie@x.test",
                "copia-de-luis@x.test",
                "anna_2@x.test",
                "anna-2@x.test",
            ),
            *("anna@x.test-company.test", "anna@x2.test", "anna@2.x-y.test", "anna@xn--bcher-kva.test", "anna@corp"),
            *("ben@corp.firm_2", "cleo@corp.firm_2", "ben@x.test-company", "ben@corp.MY-FIRM"),
            *("anna", "anna 2", "ANNA-PC", "Copy of the world", "svc_2", "CN=Anna (a@x.test x),OU=People,DC=x,DC=test"),
        )
    ):
        write(tmp_path, f"{name}.jpg", seed=seed)
    assert told(tmp_path) == []


@pytest.mark.parametrize(
    "name",
    [
        *("a@x.test - Copy.jpg", "a@x.test - Copy (2).jpg", "a@x.test (1).jpg", "a@x.test(2).png"),  # Windows, OneDrive
        *("a@x.test - Kopie.jpg", "a@x.test \u2013 Kopie.jpg", "a@x.test - Copie (2).jpg", "a@x.test - copia.jpg"),
        *("Copy of a@x.test.jpg", "Copy (2) of a@x.test.jpg", "Kopie von a@x.test.jpg", "Copie de a@x.test.jpg"),
        *("Copia de a@x.test.jpg", "Copie d'a@x.test.jpg", "Cópia de a@x.test.jpg"),
        *("a@x.test copy.jpg", "a@x.test copy 2.jpg", "a@x.test 2.jpg", "a@x.test Kopie 2.jpg"),  # Finder
        *("a@x.test copie.jpg", "a@x.test copia 3.jpg"),
        *("a@x.test (copy).jpg", "a@x.test (another copy).jpg", "a@x.test (weitere Kopie).jpg"),  # Nautilus
        "a@x.test (conflicted copy 2026-11-27 101500).jpg",  # Nextcloud
        "a@x.test (In Konflikt stehende Kopie von PC 2026-11-27).jpg",  # Dropbox
        *("a@x.test_conflict-20261127-101500.jpg", "a@x.test.sync-conflict-20261127-101500-ABCDEFG.jpg"),
        *("a@x.test_2.jpg", "b@x.test_1.jpg", "b@x.test-LAPTOP-7.jpg", "b@x.test-Annas-MacBook.jpg"),
    ],
)
def test_a_copy_declares_a_user_whom_nobody_has_and_is_an_error(tmp_path: Path, name: str) -> None:
    write(tmp_path, "b@x.test.jpg", seed=1)
    write(tmp_path, name, seed=2)
    assert told(tmp_path) == [("error", "name", name, None, os.path.splitext(name)[0])]  # noqa: PTH122


def test_a_second_ending_and_a_blank_are_errors_that_say_what_to_do(tmp_path: Path) -> None:
    write(tmp_path, "a@x.test.jpg.jpg", seed=1)
    write(tmp_path, "b@x.test .jpg", seed=2)
    write(tmp_path, "c@x.test.jpg", seed=3)
    (tmp_path / "c@x.test.jpg").rename(tmp_path / "c@x.test.jpg ")
    assert [(finding.kind, finding.message) for finding in validate(tmp_path).findings] == [
        ("name", "the extension is there twice, so it declares the user a@x.test.jpg; rename it to a@x.test.jpg"),
        ("name", "there is a space at the beginning or the end of the user 'b@x.test '; remove the space"),
        ("ignored", "it declares no user: there is a space at the end of its name; remove the space"),
    ]


def test_a_picture_that_was_meant_and_is_ignored_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, "a@x.test.jpg", seed=1)
    write(tmp_path, "team/b@x.test.jpg", seed=2)
    write(tmp_path, "c@x.test.jpg", seed=3)
    (tmp_path / "c@x.test.jpg").rename(tmp_path / "c@x.test")
    (tmp_path / "d@x.test.psd").write_bytes(b"8BPS")
    found = {finding.file: (finding.severity, finding.kind, finding.message) for finding in validate(tmp_path).findings}
    assert {file: kind[:2] for file, kind in found.items()} == {
        "team/b@x.test.jpg": ("error", "ignored"),
        "c@x.test": ("error", "ignored"),
        "d@x.test.psd": ("error", "ignored"),
    }
    assert "move it there, or name it in photos.yml" in found["team/b@x.test.jpg"][2]
    assert "JPEG picture" in found["c@x.test"][2]


def test_every_other_file_that_declares_nobody_is_listed_with_the_reason(tmp_path: Path) -> None:
    write(tmp_path, "a@x.test.jpg", seed=1)
    write(tmp_path, "portraits/b.jpg", seed=2)
    (tmp_path / "photos.yml").write_text("photos: {b@x.test: portraits/b.jpg}\n")
    (tmp_path / "README.md").write_text("hello")
    (tmp_path / "portraits" / "notes.txt").write_text("hello")
    (tmp_path / ".gitattributes").write_text("hello")
    report = validate(tmp_path)
    assert report.findings == []
    assert [(each.file, each.why) for each in report.ignored] == [
        ("README.md", "it is not a picture"),
        ("portraits/notes.txt", "it is not a picture"),
    ]


def test_pictures_of_excluded_users_are_not_read_and_are_no_unused_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "alice@x.test.jpg")
    (tmp_path / "ceo@x.test.jpg").write_bytes(b"no picture")
    (tmp_path / "board@x.test.jpg").write_bytes((tmp_path / "alice@x.test.jpg").read_bytes())
    read: list[str] = []
    examine = validation.examine
    monkeypatch.setattr(validation, "examine", lambda path, root: read.append(path.name) or examine(path, root))
    report = validate(tmp_path, exclude=["CEO@*", "board@x.test"])
    assert (report.findings, report.ignored, report.users) == ([], [], ["alice@x.test"])
    assert report.excluded == ["board@x.test", "ceo@x.test"]
    assert read == ["alice@x.test.jpg"]


def test_to_exclude_every_declared_user_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "alice@x.test.jpg")
    with pytest.raises(PhotoError, match=r"^exclude '\*' excludes all 1 user that the folder declares"):
        validate(tmp_path, exclude=["*"])


def test_a_definition_of_an_excluded_user_that_stops_every_run_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, "alice@x.test.jpg")
    (tmp_path / "photos.yml").write_text("photos:\n  ceo@x.test: portraits/gone.png\n")
    assert [found.kind for found in validate(tmp_path, exclude=["ceo@x.test"]).findings] == ["definition"]
