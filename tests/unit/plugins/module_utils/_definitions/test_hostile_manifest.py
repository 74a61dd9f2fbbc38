# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A photos.yml that was written to harm: each is a problem with one clear message, soon, and shows no other file."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._definitions import folder as module
from ansible_collections.hybrid.photos.plugins.module_utils._definitions.folder import (
    DefinitionsError,
    examine,
    read_folder,
)
from ansible_collections.hybrid.photos.plugins.module_utils._definitions.validate import validate


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "photos"
    made.mkdir()
    (made / "alice@example.com.jpg").write_bytes(b"picture")
    (tmp_path / "secret.yml").write_text("s3cret_key: 1\n? [s3cret_list]\n: {s3cret_value\n")
    return made


def problem(root: Path) -> str:
    """The one problem; the picture beside it is still declared."""
    found = examine(root)
    assert [definition.user for definition in found.definitions] == ["alice@example.com"]
    (only,) = found.problems
    assert only.file == "photos.yml"
    assert len(str(only)) < 1500
    return str(only)


@pytest.mark.parametrize("target", ["../secret.yml", "/dev/zero", "/proc/self/environ", "/dev/stdin"])
def test_a_link_out_of_the_folder_is_refused_and_shows_nothing_of_its_target(root: Path, target: str) -> None:
    (root / "photos.yml").symlink_to(target)
    assert "leads out of the folder" in problem(root)
    told = "\n".join(finding.message for finding in validate(root).findings)
    assert "leads out of the folder" in told
    assert "s3cret" not in told


def test_a_link_within_the_folder_is_followed(root: Path) -> None:
    (root / "real.yml").write_text("photos: {bob@example.com: {state: absent}}\n")
    (root / "photos.yml").symlink_to("real.yml")
    assert [definition.user for definition in read_folder(root).definitions] == ["alice@example.com", "bob@example.com"]


def test_a_named_pipe_is_refused_without_waiting(root: Path) -> None:
    os.mkfifo(root / "photos.yml")
    assert "it is a named pipe" in problem(root)


def test_a_folder_in_its_place_is_refused(root: Path) -> None:
    (root / "photos.yml").mkdir()
    assert "it is a directory" in problem(root)


def test_a_file_of_endless_length_is_not_read(root: Path) -> None:
    with (root / "photos.yml").open("wb") as file:
        file.truncate(1_000_000_000_000)
    assert "more than the 8,388,608 that are read" in problem(root)


@pytest.fixture(params=["libyaml", "Python"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "Python":
        monkeypatch.delattr(module.yaml, "CSafeLoader")


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    "text", ["[" * 20_000, "- " * 20_000, "{a: " * 20_000, "photos: " + "{a: " * 500 + "x" + "}" * 500]
)
def test_depth_is_one_message(root: Path, text: str) -> None:
    (root / "photos.yml").write_text(text)
    said = problem(root)
    assert "nested too deeply" in said or "exceeded maximum nesting depth" in said


BOMB = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40))


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a0: &a0 x\n" + BOMB, "unknown key"),
        ("a0: &a0 x\n" + BOMB + "photos: {bob@example.com: *a39}\n", "unknown key"),
        ("a0: &a0 x\n" + BOMB + "? *a39\n: x\n", "unknown key that is not plain text"),
        ("a0: &a0 x\n" + BOMB + "photos: {bob@example.com: {? *a39 : x}}\n", "unknown key that is not plain text"),
        ("? &a [*a]\n: x\n", "unknown key that is not plain text"),
        ("photos: {bob@example.com: &a {? *a : x}}\n", "unknown key that is not plain text"),
        ("photos: &a {*a : *a}\n", "must be named by plain text"),
        ("&a [*a]\n", "must hold a mapping"),
    ],
)
def test_anchors_are_never_multiplied(root: Path, text: str, words: str) -> None:
    (root / "photos.yml").write_text(text)
    problems = examine(root).problems
    assert any(words in str(each) for each in problems)
    assert all(len(str(each)) < 1500 for each in problems)


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    "text",
    [
        "{long}: 1\n",
        "photos: {{'{long}': 7}}\n",
        "photos: {{bob@example.com: '{long}'}}\n",
        "photos: {{bob@example.com: {{'{long}': x}}}}\n",
        "photos: {{bob@example.com: {{state: '{long}'}}}}\n",
        "!{long} x\n",
    ],
)
def test_a_message_shows_no_more_than_a_person_reads(root: Path, text: str) -> None:
    (root / "photos.yml").write_text(text.format(long="x" * 900_000))
    problems = examine(root).problems
    assert problems
    assert all(len(str(each)) < 1500 for each in problems)


def test_of_very_many_problems_the_first_are_shown(root: Path) -> None:
    (root / "photos.yml").write_text("".join(f"key{n}: 1\n" for n in range(1500)))
    with pytest.raises(DefinitionsError, match="and 500 more problems") as caught:
        read_folder(root)
    assert len(t.cast(DefinitionsError, caught.value).problems) == 1500
