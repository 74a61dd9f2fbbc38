# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a definitions folder declares, and how each of its problems is named."""

from __future__ import annotations

import os
import tempfile
import typing as t
from pathlib import Path
from urllib.parse import unquote

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import identity_key
from ansible_collections.hybrid.photos.plugins.module_utils._definitions.folder import (
    DefinitionsError,
    manifest_text,
    read_folder,
)
from ansible_collections.hybrid.photos.plugins.module_utils._definitions.names import safe_name
from hypothesis import assume, given, settings
from hypothesis import strategies as st


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def put(folder: Path, *names: str, manifest: str | None = None) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"picture")
    if manifest is not None:
        (folder / "photos.yml").write_text(manifest)


def declared(folder: Path) -> dict[str, str | None]:
    return {
        d.user: None if d.source is None else Path(str(d.source.path)).relative_to(folder.resolve()).as_posix()
        for d in read_folder(folder).definitions
    }


def problems(folder: Path) -> list[str]:
    with pytest.raises(DefinitionsError) as error:
        read_folder(folder)
    return [str(problem) for problem in error.value.problems]


def test_a_picture_alone_declares_the_user_it_is_named_after(folder: Path) -> None:
    put(folder, "alice@example.com.jpg", "o'brien+x@example.com.PNG", "README.md", ".hidden.jpg", "sub/carol@x.jpg")
    assert declared(folder) == {
        "alice@example.com": "alice@example.com.jpg",
        "o'brien+x@example.com": "o'brien+x@example.com.PNG",
    }


def test_the_manifest_says_the_rest(folder: Path) -> None:
    put(
        folder,
        "alice@example.com.jpg",
        "portraits/bob.png",
        "portraits/dave.jpg",
        manifest="photos:\n  bob@example.com: portraits/bob.png\n  carol@example.com: {state: absent}\n"
        "  dave@example.com: {src: portraits/dave.jpg}\n",
    )
    assert declared(folder) == {
        "alice@example.com": "alice@example.com.jpg",
        "bob@example.com": "portraits/bob.png",
        "carol@example.com": None,
        "dave@example.com": "portraits/dave.jpg",
    }


def test_a_file_that_the_manifest_names_does_not_declare_a_second_user(folder: Path) -> None:
    put(folder, "bob.png", "alice@x.jpg", manifest="photos:\n  bob@x: bob.png\n  alice@x: alice@x.jpg\n")
    assert declared(folder) == {"bob@x": "bob.png", "alice@x": "alice@x.jpg"}


def test_a_file_named_after_one_user_may_also_be_anothers_picture(folder: Path) -> None:
    put(folder, "alice@x.jpg", manifest="photos:\n  twin@x: alice@x.jpg\n")
    assert declared(folder) == {"alice@x": "alice@x.jpg", "twin@x": "alice@x.jpg"}


def test_names_that_only_look_alike_are_two_users(folder: Path) -> None:
    put(folder, "stra\u00dfe@x.jpg", "strasse@x.jpg", "jos\u00e9@x.jpg", "jose@x.jpg")
    assert set(declared(folder)) == {"stra\u00dfe@x", "strasse@x", "jos\u00e9@x", "jose@x"}


@pytest.mark.parametrize(("on_disk", "written"), [("jose\u0301", "jos\u00e9"), ("jos\u00e9", "jose\u0301")])
def test_how_a_mac_spells_accents_makes_no_difference(folder: Path, on_disk: str, written: str) -> None:
    put(folder, f"{on_disk}@x.jpg", f"sub/{on_disk}.jpg", manifest=f"photos:\n  bob@x: sub/{written}.jpg\n")
    assert declared(folder) == {"jos\u00e9@x": f"{on_disk}@x.jpg", "bob@x": f"sub/{on_disk}.jpg"}


def test_one_user_in_both_spellings_of_an_accent_is_declared_twice(folder: Path) -> None:
    put(folder, "jose\u0301@x.jpg", "other.jpg", manifest="photos:\n  JOS\u00c9@x: other.jpg\n")
    assert "declared twice" in problems(folder)[0]


@pytest.mark.parametrize(
    ("manifest", "problem"),
    [
        ("photos:\n  a@x: gone.jpg\n", "photos.yml:2: there is no file gone.jpg in the folder"),
        ("photos:\n  a@x: ../a.jpg\n", "photos.yml:2: ../a.jpg leaves the folder; keep pictures inside it"),
        ("photos:\n  a@x: /etc/passwd\n", "photos.yml:2: /etc/passwd leaves the folder; keep pictures inside it"),
        (
            "photos:\n  a@x: {source: a.jpg}\n",
            "photos.yml:2: unknown key 'source' for a@x; known are src, state, default, targets, known_problems, ad, "
            "exchange, exo",
        ),
        ("photos:\n\n  a@x: {state: gone}\n", "photos.yml:3: state of a@x is 'gone'; it must be present or absent"),
        ("photos:\n  a@x: {state: present}\n", "photos.yml:2: a@x has no picture; give src, or state: absent"),
        ("photos:\n  a@x:\n", "photos.yml:2: a@x has no picture; give a file of this folder, or {state: absent}"),
        (
            "photos:\n  a@x: {state: absent, src: ok.jpg}\n",
            "photos.yml:2: a@x is declared absent but has a picture; remove src or the state",
        ),
        ("pictures: {}\n", "photos.yml:1: unknown key 'pictures'; known are 'photos' and 'default'"),
        ("photos: [a, b]\n", "photos.yml:1: 'photos' must map users to pictures"),
        ("- a\n", "photos.yml:1: it must hold a mapping with the key 'photos'"),
        ("photos:\n  a@x: [ok.jpg]\n", "photos.yml:2: a@x must be given a file name, or a mapping with src or state"),
        ("photos:\n  [a]: ok.jpg\n", "photos.yml:2: a user must be named by plain text, such as bob@example.com"),
        ('photos:\n  a@x: "a\\0b"\n', "photos.yml:2: 'a\\x00b' is not a usable file name"),
    ],
)
def test_each_problem_is_named_by_file_and_line(folder: Path, manifest: str, problem: str) -> None:
    put(folder, "ok.jpg", manifest=manifest)
    assert problem in problems(folder)


@pytest.mark.parametrize("second", ["a@x: {state: absent}", "A@X: ok.jpg", '"\\u0061@x": ok.jpg'])
def test_a_user_declared_twice_is_named_with_both_places(folder: Path, second: str) -> None:
    put(folder, "ok.jpg", manifest=f"photos:\n  a@x: ok.jpg\n  {second}\n")
    found = problems(folder)
    assert len(found) == 1
    assert found[0].startswith("photos.yml:3: ")
    assert "photos.yml:2" in found[0]


def test_two_files_of_one_user_are_declared_twice(folder: Path) -> None:
    put(folder, "alice@x.jpg", "Alice@X.png")
    assert "declared twice" in problems(folder)[0]


def test_two_ways_to_compose_one_letter_are_one_user(folder: Path) -> None:
    put(folder, "ok.jpg", manifest="photos:\n  jos\u00e9@x: ok.jpg\n  jose\u0301@x: ok.jpg\n")
    assert "declared twice" in problems(folder)[0]


def test_a_link_that_leaves_the_folder_is_refused(folder: Path) -> None:
    (folder.parent / "outside.jpg").write_bytes(b"x")
    (folder / "alice@x.jpg").symlink_to(folder.parent / "outside.jpg")
    assert problems(folder) == ["alice@x.jpg: alice@x.jpg leaves the folder; keep pictures inside it"]


@pytest.mark.parametrize(
    ("data", "line"), [(b"photos:\n  a: [\n", 3), (b"photos:\n  \xff\xfe: x\n", 2), (b"\tphotos: x", 1)]
)
def test_a_manifest_that_is_no_yaml_is_named_with_the_line(folder: Path, data: bytes, line: int) -> None:
    (folder / "photos.yml").write_bytes(data)
    assert problems(folder)[0].startswith(f"photos.yml:{line}: it is not ")


def test_all_problems_are_told_at_once(folder: Path) -> None:
    put(folder, manifest="photos:\n  a@x: 1.jpg\n  b@x: 2.jpg\n  c@x: ../3.jpg\n")
    assert len(problems(folder)) == 3


@pytest.mark.parametrize("make", [True, False])
def test_an_empty_or_vanished_folder_is_an_error(folder: Path, make: bool) -> None:
    where = folder / "photos"
    if make:
        where.mkdir()
    assert len(problems(where)) == 1


def test_a_manifest_under_another_name_is_not_passed_over_in_silence(folder: Path) -> None:
    put(folder, "alice@x.jpg")
    (folder / "photos.yaml").write_text("photos: {}\n")
    assert "the name must be photos.yml" in problems(folder)[0]


@pytest.mark.parametrize("name", ["Photos.yml", "PHOTOS.YAML", "photos.yml.txt", "photos.yml "])
def test_another_case_or_ending_of_photos_yml_is_a_problem(folder: Path, name: str) -> None:
    put(folder, "alice@x.jpg")
    (folder / "photos.yml").write_text("photos: {}\n")
    (folder / name).write_text("photos: {carol@x: {state: absent}}\n")
    assert problems(folder) == [f"{name}: this file is not read; the name must be photos.yml, in lower case"]


@pytest.mark.parametrize("ending", ["jfif", "JFIF", "pjpeg", "pjp", "jif", "apng", "dib", "hif", "avifs"])
def test_every_usual_ending_of_a_format_that_is_read_declares_a_user(folder: Path, ending: str) -> None:
    put(folder, f"alice@x.{ending}")
    assert [definition.user for definition in read_folder(folder).definitions] == ["alice@x"]


def test_a_user_may_be_declared_for_one_target_and_with_known_problems(folder: Path) -> None:
    put(folder, "guest@x.jpg", "bob.jpg")
    (folder / "photos.yml").write_text(
        "photos:\n  guest@x: {targets: [exo]}\n  bob@x: {src: bob.jpg, known_problems: unavailable}\n"
        "  carol@x: {state: absent, targets: [ad]}\n"
    )
    bob, carol, guest = read_folder(folder).definitions
    assert (guest.targets, guest.origin) == ({"exo"}, "photos.yml:2")
    assert guest.source is not None and str(guest.source.path).endswith("guest@x.jpg")
    assert (bob.targets, bob.known_problems) == (frozenset(), {"unavailable"})
    assert (carol.state, carol.targets) == ("absent", {"ad"})


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{targets: [cloud]}", "targets of a@x must be a list of one or more of these: ad, exchange, exo"),
        ("{targets: []}", "targets of a@x must be a list of one or more of these: ad, exchange, exo"),
        ("{targets: {exo: 1}}", "targets of a@x must be a list of one or more of these: ad, exchange, exo"),
        ("{known_problems: [sick]}", "known_problems of a@x must be a list of one or more of these: "),
        ("{targets: [exo]}", "a@x has no picture; give src, or state: absent, or put a picture named after the user"),
    ],
)
def test_what_is_wrong_with_a_list_is_said(folder: Path, entry: str, said: str) -> None:
    put(folder, "b@x.jpg")
    (folder / "photos.yml").write_text(f"photos:\n  a@x: {entry}\n")
    (told,) = problems(folder)
    assert told.startswith(f"photos.yml:2: {said}")


@given(st.text(min_size=1, max_size=80))
def test_safe_names_can_be_turned_back_and_hold_nothing_that_a_file_system_minds(user: str) -> None:
    try:
        user.encode()
    except UnicodeEncodeError:
        return
    name = safe_name(user)
    assert unquote(name) == user
    assert name == name.lower()
    assert not set(name) & set('/\\:*?"<>| \n\0')
    assert not name.startswith(".")
    assert not name.endswith(".")


@settings(max_examples=25)
@given(st.dictionaries(st.emails(), st.sampled_from(["pictures/ok.jpg", None]), min_size=1, max_size=5))
def test_a_manifest_that_we_write_reads_back_as_it_was(users: dict[str, t.Any]) -> None:
    assume(len({identity_key(user) for user in users}) == len(users))
    with tempfile.TemporaryDirectory() as name:
        put(Path(name), "pictures/ok.jpg", manifest=manifest_text(users, "made by a test"))
        assert declared(Path(name)) == users


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"m\xfcller@example.com.jpg", r"m\xfcller@example.com.jpg"),
        (b"a\nb@example.com.jpg", r"a\nb@example.com.jpg"),
        (b"\x1b[2J@example.com.png", r"\x1b[2J@example.com.png"),
    ],
)
def test_a_file_whose_name_is_no_text_is_told_by_name_and_the_others_are_declared(
    folder: Path, name: bytes, shown: str
) -> None:
    put(folder, "alice@example.com.jpg")
    (folder / os.fsdecode(name)).write_bytes(b"picture")
    found = read_folder(folder)
    assert [definition.user for definition in found.definitions] == ["alice@example.com"]
    (odd,) = found.odd
    assert odd.problem.file == odd.definition.origin == shown
    assert odd.problem.message.endswith("; rename the file")
    assert str(odd.problem).count(shown) == 1, "the name is there once"
    assert odd.definition.source is not None
    assert odd.definition.source.path is not None
    assert not Path(odd.definition.source.path).exists(), "no module reads it"
    f"{odd.definition.user} {odd.definition.source.path} {odd.problem}".encode()


@pytest.mark.parametrize("escape", [r"\n", r"\e[2J", r"\udcff", r"\L"])
def test_a_user_of_the_manifest_that_nobody_can_be_is_refused_by_line(folder: Path, escape: str) -> None:
    put(folder, "a.jpg", manifest=f'photos:\n  bob@example.com: a.jpg\n  "x{escape}y@example.com": a.jpg\n')
    with pytest.raises(DefinitionsError) as error:
        read_folder(folder)
    (problem,) = error.value.problems
    assert (problem.file, problem.line) == ("photos.yml", 3)
    assert "cannot be the name of a user" in problem.message or "invalid Unicode" in problem.message
    assert problem.message.isprintable()


def test_a_link_to_a_file_whose_name_is_no_text_is_refused(folder: Path) -> None:
    put(folder, "photos/x")
    (folder / "photos" / os.fsdecode(b"\xff.jpg")).write_bytes(b"picture")
    (folder / "alice@example.com.jpg").symlink_to(os.fsdecode(b"photos/\xff.jpg"))
    with pytest.raises(DefinitionsError, match=r"alice@example.com.jpg, which is photos/\\xff.jpg, cannot be used"):
        read_folder(folder)


def test_a_folder_whose_own_path_is_no_text_is_refused(folder: Path) -> None:
    odd = folder / os.fsdecode(b"\xff")
    put(odd, "alice@example.com.jpg")
    with pytest.raises(DefinitionsError, match="the folder's own path cannot be used: it is not valid UTF-8") as error:
        read_folder(odd)
    str(error.value).encode()


@pytest.mark.parametrize(
    "entry",
    [
        "!unsafe bob@example.com: a.jpg",
        "bob@example.com: !vault a.jpg",
        "bob@example.com: {src: !include a.jpg}",
        "bob@example.com: {!!python/name:os.system src: a.jpg}",
        "bob@example.com: !!binary YS5qcGc=",
        "bob@example.com: !<tag:example.com,2026:x> a.jpg",
    ],
)
def test_a_tag_of_yaml_is_refused_by_line(folder: Path, entry: str) -> None:
    put(folder, "a.jpg", manifest=f"photos:\n  alice@example.com: a.jpg\n  {entry}\n")
    with pytest.raises(DefinitionsError) as error:
        read_folder(folder)
    assert any(p.line == 3 and "has no meaning here; write plain text" in p.message for p in error.value.problems)


def test_tags_that_say_plain_text_and_aliases_are_fine(folder: Path) -> None:
    put(folder, "a.jpg", manifest="photos:\n  !!str 123: &a !!str a.jpg\n  bob@example.com: *a\n")
    assert declared(folder) == {"123": "a.jpg", "bob@example.com": "a.jpg"}
