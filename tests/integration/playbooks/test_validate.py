# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of a pull request, as a pipeline calls it: no network, no credentials."""

from __future__ import annotations

import os
import subprocess
import typing as t
from pathlib import Path
from xml.etree import ElementTree as ET

if t.TYPE_CHECKING:
    from .conftest import Company

ROOT = Path(__file__).resolve().parents[3]


def validate(company: Company, *arguments: str) -> subprocess.CompletedProcess[str]:
    """In a network without any interface, and with no variable of a connection."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("AZURE_", "HYBRID_PHOTOS_", "KRB5_"))}
    done = subprocess.run(
        ["unshare", "--net", "ansible-playbook", "hybrid.photos.validate", *arguments],
        cwd=company.folder,
        env={**environment, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


def test_the_seeded_folder_has_two_files_that_are_no_pictures(company: Company) -> None:
    done = validate(company, "-e", "validate_path=photos", "-e", "validate_junit=out/validate.xml")
    assert done.returncode != 0
    errors = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    assert [line.split(": ")[1] for line in errors] == ["zelda@photos.test.jpg", "zeno@photos.test.jpg"]
    assert (
        "liam@photos.test.jpg: it has 500x800 pixels; a crop to a square from its centre loses 38 % of it"
        in done.stdout
    )
    suites = ET.parse(company.folder / "out" / "validate.xml").getroot()
    assert (suites.get("tests"), suites.get("failures")) == ("32", "2")


def test_a_good_folder_passes_until_warnings_fail(company: Company) -> None:
    for name in ("zelda", "zeno"):
        (company.photos / f"{name}@photos.test.jpg").unlink()
    assert validate(company).returncode == 0
    assert validate(company, "-e", "validate_fail_on=warning").returncode != 0
    easy = ["-e", "validate_sharp_side=48", "-e", "validate_max_crop_loss=40", "-e", "validate_fail_on=warning"]
    assert validate(company, *easy).returncode == 0


def test_what_a_pull_request_gets_wrong_is_told_with_its_line(company: Company) -> None:
    text = (company.photos / "photos.yml").read_text()
    lines = len(text.splitlines())
    (company.photos / "photos.yml").write_text(
        text + "  new@photos.test: portraits/new.jpg\n  x@photos.test: ../x.jpg\n"
    )
    copy = company.photos / "copy@photos.test.jpg"
    copy.write_bytes((company.photos / "alice@photos.test.jpg").read_bytes())
    done = validate(company, "-e", "validate_max_file_bytes=200000")
    assert done.returncode != 0
    assert f"error: photos.yml:{lines + 1}: there is no file portraits/new.jpg in the folder" in done.stdout
    assert f"error: photos.yml:{lines + 2}: ../x.jpg leaves the folder" in done.stdout
    assert (
        "error: alice@photos.test.jpg: the same picture is declared for alice@photos.test, copy@photos.test; a photo "
        "shows one person, and a sync refuses it."
    ) in done.stdout
    allowed = validate(company, "-e", "validate_shared_pictures=allow")
    assert "warning: alice@photos.test.jpg: the same picture is declared for alice@photos.test, copy" in allowed.stdout
    assert "error: frank@photos.test.jpg: it has " in done.stdout, "a file too large for Git"


def test_a_folder_that_is_not_there_is_an_error(company: Company) -> None:
    done = validate(company, "-e", "validate_path=nowhere")
    assert done.returncode != 0
    assert "no such folder" in done.stdout
