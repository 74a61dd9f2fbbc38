# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The default picture of a folder: who gets it, and what is wrong with it, told once and before anything else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._definitions.folder import (
    DefinitionsError,
    manifest_entry,
    manifest_text,
    read_folder,
)
from ansible_collections.hybrid.photos.plugins.module_utils._definitions.validate import validate
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.drawn import encode, scene

PICTURE = encode(scene(700, 700, 1))


def folder(at: Path, manifest: str, *pictures: str) -> Path:
    for number, name in enumerate(pictures, 1):
        (at / name).parent.mkdir(parents=True, exist_ok=True)
        (at / name).write_bytes(encode(scene(700, 700, number)))
    (at / "photos.yml").write_text(manifest)
    return at


def problems(at: Path) -> list[str]:
    with pytest.raises(DefinitionsError) as error:
        read_folder(at)
    return [str(problem) for problem in error.value.problems]


def test_a_folder_without_a_default_picture_is_read_without_pillow(tmp_path: Path) -> None:
    at = folder(tmp_path, "photos: {}\n", "a@x.jpg")
    code = (
        f"import sys, pathlib, {read_folder.__module__} as module\n"
        f"assert len(module.read_folder(pathlib.Path({str(at)!r})).definitions) == 1\n"
        "assert 'PIL' not in sys.modules, sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(filter(None, sys.path))})


@pytest.mark.parametrize("default", ["default: nobody.png", "default: {src: nobody.png}"])
def test_users_with_default_true_get_the_default_picture_wherever_it_stands(tmp_path: Path, default: str) -> None:
    at = folder(
        tmp_path, f"photos:\n  a@x: {{default: true, targets: [ad]}}\n  b@x: b.jpg\n{default}\n", "nobody.png", "b.jpg"
    )
    a, b = read_folder(at).definitions
    assert (a.user, a.default, a.origin, sorted(a.targets)) == ("a@x", True, "photos.yml:2", ["ad"])
    assert a.source is not None and a.source.path == str(tmp_path.resolve() / "nobody.png")
    assert not b.default
    whole = read_folder(at).default
    assert whole is not None and (whole.path.name, whole.line) == ("nobody.png", 4)


def test_a_picture_of_their_own_takes_the_place_of_the_default_one(tmp_path: Path) -> None:
    at = folder(tmp_path, "default: nobody.png\nphotos:\n  a@x: {default: true}\n", "nobody.png", "a@x.jpg")
    (a,) = read_folder(at).definitions
    assert not a.default
    assert a.source is not None and str(a.source.path).endswith("a@x.jpg")


def test_the_default_picture_declares_no_user_by_its_own_name(tmp_path: Path) -> None:
    at = folder(tmp_path, "default: nobody.png\n", "nobody.png", "b@x.jpg")
    assert [d.user for d in read_folder(at).definitions] == ["b@x"]
    assert validate(at).findings == []


@pytest.mark.parametrize(
    ("manifest", "problem"),
    [
        (
            "default: gone.png\nphotos: {a@x: {default: true}}\n",
            "photos.yml:1: there is no file gone.png in the folder",
        ),
        (
            "default: text.png\nphotos: {a@x: {default: true}}\n",
            "photos.yml:1: the default picture text.png cannot be used: ",
        ),
        ("default: ../up.png\n", "photos.yml:1: ../up.png leaves the folder; keep pictures inside it"),
        ("default: {src: ok.png, size: 3}\n", "photos.yml:1: 'default' must be given once: a file of this folder"),
        ("default: [ok.png]\n", "photos.yml:1: 'default' must be given once"),
        ("default: ok.png\ndefault: ok.png\n", "photos.yml:2: 'default' must be given once"),
        ("photos:\n  a@x: {default: true}\n", "photos.yml:2: a@x has default: true, and no default picture is named"),
        ("photos:\n  a@x: {default: ok.png}\n", "photos.yml:2: default of a@x must be true or false"),
        (
            "default: ok.png\nphotos:\n  a@x: {default: true, state: absent}\n",
            "photos.yml:3: a@x has state: absent and default: true; keep one of them",
        ),
        (
            "default: ok.png\nphotos:\n  a@x: {default: true, src: ok.png}\n",
            "photos.yml:3: a@x has a picture and default: true; keep one of them",
        ),
        ("photos:\n  a@x: {default: false}\n", "photos.yml:2: a@x has no picture; give src"),
    ],
)
def test_what_is_wrong_with_it_is_one_message_with_the_line(tmp_path: Path, manifest: str, problem: str) -> None:
    at = folder(tmp_path, manifest, "ok.png")
    (at / "text.png").write_bytes(b"no picture at all")
    (only,) = problems(at)
    assert only.startswith(problem)
    errors = [str(finding) for finding in validate(at).findings if finding.kind == "definition"]
    assert errors == [f"error: {only}"]


def test_validate_tells_of_a_poor_default_picture_once_and_of_no_mix_up_among_those_who_get_it(tmp_path: Path) -> None:
    at = folder(tmp_path, "default: nobody.png\nphotos:\n  a@x: {default: true}\n  b@x: {default: true}\n")
    (at / "nobody.png").write_bytes(encode(scene(200, 200, 1), "PNG"))
    (finding,) = validate(at).findings
    assert (finding.kind, finding.file, finding.line, finding.user) == ("not_sharp", "photos.yml", 1, "")
    assert finding.message.startswith("the default picture: nobody.png has 200x200 pixels")


def test_an_export_keeps_what_people_wrote_about_the_default_picture(tmp_path: Path) -> None:
    at = folder(tmp_path, "default: nobody.png\nphotos:\n  a@x: {default: true}\n", "nobody.png")
    (a,) = read_folder(at).definitions
    text = manifest_text({"a@x": manifest_entry(a, None)}, default="nobody.png")
    again = folder(tmp_path / "again", text, "nobody.png")
    assert [d.default for d in read_folder(again).definitions] == [True]
