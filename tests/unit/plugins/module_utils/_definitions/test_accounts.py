# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""photos.yml may name a person for each target; two definitions of one account are found without a server."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.inventory.definitions import entry
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._definitions.folder import read_folder

Folder = t.Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    def made(*lines: str, pictures: t.Sequence[str] = ("a.jpg", "b.jpg")) -> Path:
        for name in pictures:
            (tmp_path / name).write_bytes(b"picture")
        (tmp_path / "photos.yml").write_text("photos:\n" + "".join(f"  {line}\n" for line in lines))
        return tmp_path

    return made


def test_a_user_has_a_name_at_each_target(folder: Folder) -> None:
    line = "alice: {src: a.jpg, ad: alice@corp.local, exo: alice.smith@example.com}"
    alice = next(d for d in read_folder(folder(line)).definitions if d.user == "alice")
    assert [alice.named_at(target) for target in ("ad", "exo", "exchange")] == [
        "alice@corp.local",
        "alice.smith@example.com",
        "alice",
    ]
    assert entry(alice)["exo"] == "alice.smith@example.com"


def test_a_picture_of_the_user_s_own_needs_no_src(folder: Folder) -> None:
    definitions = {d.user: d for d in read_folder(folder("a: {exo: alice@example.com}")).definitions}
    assert definitions["a"].named_at("exo") == "alice@example.com"
    assert definitions["a"].source is not None
    assert definitions["b"].accounts == ()


def test_who_is_declared_absent_may_have_names_too(folder: Folder) -> None:
    definitions = {d.user: d for d in read_folder(folder("c: {state: absent, exo: c@example.com}")).definitions}
    assert (definitions["c"].state, definitions["c"].named_at("exo")) == ("absent", "c@example.com")


@pytest.mark.parametrize("line", ["a: {exo: ''}", 'a: {exo: "x\\ny"}', "a: {exo: [x]}"])
def test_a_name_that_is_none_is_refused_with_its_line(folder: Folder, line: str) -> None:
    with pytest.raises(PhotoError, match=r"photos\.yml:2: exo of a must be"):
        read_folder(folder(line))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ["a: {exo: x@example.com}", "b: {exo: X@example.com}"],
            r"photos\.yml:3: b is X@example\.com at exo, and so is a \(photos\.yml:2\)",
        ),
        (["a: {exo: b}"], r"photos\.yml:2: a is b at exo, and so is b \(b\.jpg\)"),
    ],
)
def test_two_definitions_of_one_account_are_refused(folder: Folder, lines: list[str], message: str) -> None:
    with pytest.raises(PhotoError, match=message):
        read_folder(folder(*lines))


def test_names_may_be_changed_with_each_other_and_kept_apart_by_targets(folder: Folder) -> None:
    assert len(read_folder(folder("a: {exo: b}", "b: {exo: a}")).definitions) == 2
    assert len(read_folder(folder("a: {exo: b}", "b: {targets: [ad]}")).definitions) == 2
