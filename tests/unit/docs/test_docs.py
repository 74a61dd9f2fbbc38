# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What README.md, docs and the pages of roles name is there: files, anchors, playbooks, modules, variables, tests."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.hybrid.photos.plugins.module_utils._core import files
from ansible_collections.hybrid.photos.plugins.module_utils._definitions import exported, folder
from ansible_collections.hybrid.photos.plugins.module_utils._definitions.folder import ENTRY_KEYS
from ansible_collections.hybrid.photos.plugins.module_utils._definitions.names import MANIFEST, PICTURE_SUFFIXES
from ansible_collections.hybrid.photos.plugins.module_utils._pictures import decode, encode
from ansible_collections.hybrid.photos.plugins.module_utils._report.folders import FILES, RUNS
from ansible_collections.hybrid.photos.plugins.module_utils._restore import forget
from ansible_collections.hybrid.photos.plugins.module_utils._sync import backup_lock, backups
from ansible_collections.hybrid.photos.tests.unit.docs.variables import HEADINGS, with_tables
from PIL import Image

ROOT = Path(__file__).resolve().parents[3]
ROLE_PAGES = sorted((ROOT / "roles").glob("*/README.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")), *ROLE_PAGES]
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT).with_suffix("")))

MODULES = {path.stem for path in (ROOT / "plugins/modules").glob("*.py")}
PLAYBOOKS = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
ROLES = {path.name for path in (ROOT / "roles").iterdir()}
INVENTORIES = {path.stem for path in (ROOT / "plugins/inventory").glob("*.py")}
FILTERS = {path.stem for path in (ROOT / "plugins/filter").glob("*.yml")}
GROUPS = set(yaml.safe_load((ROOT / "meta/runtime.yml").read_text()).get("action_groups", {}))
SPECS = {role: yaml.safe_load((ROOT / "roles" / role / "meta/argument_specs.yml").read_text()) for role in ROLES}
VARIABLES = {name for spec in SPECS.values() for name in spec["argument_specs"]["main"]["options"]}
for playbook in (ROOT / "playbooks").glob("*.yml"):  # a playbook may have one of its own, such as sync_serial
    VARIABLES |= set(re.findall(r"\{\{ (\w+) \| default", playbook.read_text()))


def words(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def code(page: Path) -> list[str]:
    """What a page shows as code, in a line or in a block."""
    text = words(page)
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return blocks + re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub and GitLab make of headings."""
    headings = re.findall(r"^#+ (.+)$", words(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"", words(page))
    for target in [first or second for first, second in targets]:
        if "://" in target:
            continue
        path, _hash, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors(found), f"{page.name}: {target}"


@each_page
def test_names_of_the_collection_are_there(page: Path) -> None:
    known = MODULES | PLAYBOOKS | ROLES | INVENTORIES | FILTERS | GROUPS | {"plugins"}
    for name in re.findall(r"hybrid\.photos\.(\w+)", words(page)):
        assert name in known, f"{page.name}: hybrid.photos.{name}"
    for call in re.findall(r"ansible-playbook [^\n]*?hybrid\.photos\.(\w+)", words(page)):
        assert call in PLAYBOOKS, f"{page.name}: there is no playbook {call}"
    for name in re.findall(r"`((?:ad|exchange|exo)_\w+)`", words(page)):
        assert name in MODULES, f"{page.name}: there is no module {name}"


@each_page
def test_variables_of_roles_are_there(page: Path) -> None:
    for piece in code(page):
        for name in re.findall(rf"(?<![\w./-])((?:{'|'.join(ROLES)})_\w+)", piece):
            # lead_0001 is a host.
            if name not in MODULES and not name.removeprefix("lead_").isdigit():
                assert name in VARIABLES, f"{page.name}: no role has a variable {name}"


@each_page
def test_environment_variables_are_read_by_modules(page: Path) -> None:
    fragments = "".join(path.read_text() for path in (ROOT / "plugins/doc_fragments").glob("*.py"))
    inventory = (ROOT / "plugins/inventory/definitions.py").read_text()
    read = {*re.findall(r"E\((\w+)\)", fragments), *re.findall(r"- name: (\w+)", inventory), "ANSIBLE_CONFIG"}
    for name in re.findall(r"\b((?:AZURE|HYBRID_PHOTOS)_[A-Z_]*[A-Z])\b", words(page)):
        assert name in read, f"{page.name}: {name}"


def functions(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


@each_page
def test_named_tests_are_there(page: Path) -> None:
    last: t.Optional[Path] = None
    for file, name in re.findall(r"`((?:[\w./-]+\.py)?)::(test_\w+)`", words(page)):
        if file:
            last = ROOT / file if file.startswith("tests/") else ROOT / "tests" / file
        assert last is not None, f"{page.name}: ::{name} follows no file"
        assert last.exists(), f"{page.name}: {last}"
        assert name in functions(last), f"{page.name}: {last.name} has no {name}"
    for file in re.findall(r"`((?:[\w.-]+/)*test_\w+\.py)`", words(page)):
        places = (ROOT / place / file for place in (".", "tests", "tests/unit/plugins/module_utils"))
        assert any(place.exists() for place in places), f"{page.name}: {file}"


@pytest.mark.parametrize(
    ("report", "code"),
    [
        ('{"status": "clean"}', 0),
        ('{"status": "drift"}', 10),
        ('{"status": "problem"}', 11),
        ('{"status": "failed"}', 12),
        ("{", 13),
        (None, 13),
    ],
)
def test_the_script_for_pipelines_tells_drift_problem_and_failure_apart(
    tmp_path: Path, report: str | None, code: int
) -> None:
    scripts = re.findall(r"^\$ python3 -c '\n(.*?)'$", words(ROOT / "docs/report.md"), re.MULTILINE | re.DOTALL)
    [script] = [script for script in scripts if '"failed": 12' in script]
    if report is not None:
        (tmp_path / "reports").mkdir()
        (tmp_path / "reports/drift.json").write_text(report)
    assert subprocess.run([sys.executable, "-I", "-c", script], cwd=tmp_path, check=False).returncode == code


def test_every_promise_of_safety_names_a_test() -> None:
    table = words(ROOT / "docs/safety.md").partition("## What is promised")[2].partition("\n\n")[2]
    rows = [row.split(" | ") for row in table.partition("\n\n")[0].splitlines()[2:]]
    assert len(rows) > 20
    for promise, held_by, *_rest in rows:
        assert "test_" in held_by, promise


@each_page
def test_paths_of_this_repository_are_there(page: Path) -> None:
    top = "docs|plugins|playbooks|roles|tests|meta|changelogs"
    for piece in code(page):
        for name in re.findall(rf"(?<![\w./<-])((?:{top})/[\w./*-]+)", piece):
            path = name.rstrip(".").split("::")[0]
            if "*" in path:
                continue
            missing = not (ROOT / path).exists()
            # What a run makes is not there yet.
            assert not missing or path.startswith(("tests/output", "plugins/module_utils/<")), f"{page.name}: {name}"


@each_page
def test_checks_and_targets_are_there(page: Path) -> None:
    runner = (ROOT / "tests/run").read_text()
    for piece in code(page):
        for line in piece.splitlines():
            for name in re.findall(r"^(?:\$ )?tests/run ([a-z ]+)$", line.strip()):
                for check in name.split():
                    assert re.search(rf"^{check}\(\)|[( ]{check}[ )]", runner, re.MULTILINE), check
            for target in re.findall(r"^(?:\$ )?make ([a-z-]+)", line.strip()):
                assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), (
                    f"{page.name}: make {target}"
                )


def test_no_page_names_a_registry_and_examples_use_reserved_names() -> None:
    """Addresses in committed pages are those of nobody, or of public documentation."""
    for page in [*PAGES, *(ROOT / "docs").rglob("*.yml")]:
        for host in re.findall(r"https?://([\w.-]+)", words(page)):
            assert re.search(r"(^|\.)(example(\.\w+)?|test)$|^(127\.0\.0\.1|localhost)$|^www\.gnu\.org$", host), (
                f"{page}: {host}"
            )


def test_the_galaxy_package_has_no_link_to_what_it_leaves_out() -> None:
    """README.md is shown where the collection is published, so what it links must be in there."""
    ignored = yaml.safe_load((ROOT / "galaxy.yml").read_text())["build_ignore"]
    for target in re.findall(r"\]\(([^)#\s]+)", words(ROOT / "README.md")):
        if "://" not in target:
            assert not any(target == left or target.startswith(f"{left}/") for left in ignored), target


def rows(text: str) -> dict[str, str]:
    """The second cell of every row whose first is code, by that code."""
    return dict(re.findall(r"^\| `([^`]+)` \| ([^|]*?(?:\\\|[^|]*?)*) \|", text, re.MULTILINE))


def test_the_reference_has_every_variable_with_its_default_and_no_other() -> None:
    told = rows(words(ROOT / "docs" / "reference.md").split("variables: begin")[1].split("variables: end")[0])
    options = {
        name: option for spec in SPECS.values() for name, option in spec["argument_specs"]["main"]["options"].items()
    }
    assert told.keys() == options.keys()
    for name, option in options.items():
        default = option.get("default")
        if default in (None, ""):
            assert told[name] in ("none", "needed", "–"), name  # noqa: RUF001 - a dash for nothing
            continue
        value = f"[{', '.join(default)}]" if isinstance(default, list) else str(default)
        value = value.lower() if isinstance(default, bool) else value
        assert told[name].replace("\\|", "|") == f"`{value}`", name


def test_the_tables_of_variables_are_those_of_the_argument_specifications() -> None:
    page = words(ROOT / "docs" / "reference.md")
    assert HEADINGS.keys() == ROLES
    assert page == with_tables(page), "run: python tests/unit/docs/variables.py"


@pytest.mark.parametrize("page", ROLE_PAGES, ids=lambda page: page.parent.name)
def test_the_page_of_a_role_leads_to_its_variables(page: Path) -> None:
    assert f"docs/reference.md#role-{page.parent.name})" in words(page)


@each_page
def test_what_a_page_says_is_in_a_file_is_defined_there(page: Path) -> None:
    """For sentences such as "`decide` in `_sync/guards.py`"."""
    rooms = ROOT / "plugins" / "module_utils"
    named = [*re.findall(r"`([\w.]+)` (?:of|in) `(_\w+/[\w/]+\.py)`", " ".join(words(page).split()))]
    for file in re.findall(r"`(_[a-z]+/[\w/]+\.py)`", words(page)):
        assert (rooms / file).exists() or (ROOT / "tests/unit/plugins/module_utils" / file).exists(), (
            f"{page.name}: {file}"
        )
    for name, file in named:
        defined = rf"^\s*(?:class|def) {name.split('.')[-1]}\b|^{name}\b"
        assert re.search(defined, words(rooms / file), re.MULTILINE), f"{page.name}: {name} is not in {file}"


def test_the_reference_has_every_choice_of_a_variable() -> None:
    lines = dict(re.findall(r"^\| `(\w+)` \|(.*)$", words(ROOT / "docs" / "reference.md"), re.MULTILINE))
    options = [each for spec in SPECS.values() for each in spec["argument_specs"]["main"]["options"].items()]
    for name, option in options:
        # The fifteen extension attributes are told as a range.
        choices = [
            str(each) for each in option.get("choices", []) if not re.fullmatch(r"extensionAttribute\d+", str(each))
        ]
        assert [each for each in choices if each and f"`{each}`" not in lines[name]] == [], name


def test_the_reference_has_every_key_and_ending_of_the_definitions() -> None:
    page = words(ROOT / "docs" / "reference.md")
    assert set(ENTRY_KEYS) <= rows(page).keys()
    paragraph = page.split("These endings are read:")[1].split("\n\n")[0]
    assert set(re.findall(r"`(\.\w+)`", paragraph)) == PICTURE_SUFFIXES


def test_the_reference_has_every_file_that_a_run_makes() -> None:
    page = words(ROOT / "docs" / "reference.md").split("## Files, and how long they stay")[1]
    made = {
        *FILES.values(),
        RUNS,
        MANIFEST,
        backups.MANIFEST,
        backup_lock.LOCK,
        forget.RECORD,
        exported.RECORD,
        "different.txt",
        "hybrid_photos_<name>.prom",
        "-active-directory",
    }
    assert [name for name in sorted(made) if name not in page] == []
    # Each variable that names a file or a folder that is written.
    ends = ("_report_dir", "_receipts", "_history", "_metrics_dir", "_junit", "_dest", "_list", "doctor_report")
    spoken = {"drift_report_dir", "sync_report_dir", "lead_report_dir", "restore_report_dir"}  # as "the report folder"
    only_read = {"drift_receipts", "doctor_receipts", "restore_receipts"}  # the same file as sync_receipts
    named = {name for name in VARIABLES if name.endswith(ends)} - spoken - only_read
    assert [name for name in sorted(named) if f"`{name}`" not in page] == []


def test_the_limits_of_pictures_are_those_of_the_code() -> None:
    page = words(ROOT / "docs" / "renditions.md")
    million = 1_000_000
    for told in (
        f"| bytes of a file | {files.MAX_FILE_BYTES // 2**20} MiB |",
        f"| one side by the other | {decode.MAX_PROPORTION} times, from {decode._ANY_SHAPE + 1:,} pixels on |",
        f"| JPEG | {decode.MAX_PIXELS_JPEG // million} million pixels |",
        f"| progressive JPEG | {decode.MAX_PIXELS_PROGRESSIVE // million} million pixels, {decode.MAX_SCANS} scans |",
        f"| WebP | {decode.MAX_PIXELS_WEBP // million} million pixels |",
        f"| all other formats | {decode.MAX_PIXELS // million} million pixels |",
        f"| a tile of a TIFF file | {decode.MAX_TILE_PIXELS // million} million pixels |",
        f"from {encode.QUALITY_HIGHEST} down to {encode.QUALITY_LOWEST} ",
    ):
        assert told in page, told
    manifest = words(ROOT / "docs" / "reference.md")
    assert f"`photos.yml` (exactly this name, at most {folder.MAX_MANIFEST_BYTES // 2**20} MiB)" in manifest


def declared_without_problems(there: Path, manifest: str, pictures: t.Iterable[str]) -> list[str]:
    """The users of a folder that has these files. Fails when it has a problem."""
    (there / "photos.yml").write_text(manifest)
    for picture in pictures:
        (there / picture).parent.mkdir(exist_ok=True)
        Image.new("RGB", (60, 60)).save(there / picture)
    found = folder.examine(there)
    assert [str(problem) for problem in found.problems] == []
    return sorted(definition.user for definition in found.definitions)


def test_the_folder_in_readme_is_a_folder_of_definitions(tmp_path: Path) -> None:
    tree = words(ROOT / "README.md").split("```text\n")[1].split("```")[0].splitlines()
    names = [name for line in tree for name in re.findall(r"── (\S+)", line)]
    last = next(number for number, line in enumerate(tree) if "── photos.yml" in line)
    column = tree[last].index("photos:")
    manifest = "\n".join(line[column:] for line in tree[last:])
    users = declared_without_problems(tmp_path, manifest, [name for name in names if name != "photos.yml"])
    assert users == ["alice@example.com", "bob@example.com", "carol@example.com", "guest@partner.example"]


def test_the_photos_yml_of_the_reference_can_be_used(tmp_path: Path) -> None:
    manifest = words(ROOT / "docs" / "reference.md").split("```yaml\n")[1].split("```")[0]
    pictures = re.findall(r"portraits/\w+\.\w+", manifest)
    users = declared_without_problems(tmp_path, manifest, [*pictures, "guest@partner.example.png"])
    assert len(users) == 7


def test_readme_does_not_promise_the_demo_to_whoever_installed_the_collection() -> None:
    """The built artifact has neither tests/demo nor a sandbox."""
    before, _demo, _after = words(ROOT / "README.md").partition("make demo")
    assert "in a clone" in before[-300:]
