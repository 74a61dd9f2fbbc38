# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""photo_validate without Ansible: lines for the screen, and JUnit XML with a test case for each user."""

from __future__ import annotations

import re
import typing as t
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from .._core.text import shown
from .._core.wording import counted, first
from .._definitions.validate import Finding, Report, Rules, validate
from .files import make_folder, present, write
from .junit import clean

_STAMP = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")

#: How many files without a user are named on the screen.
_NOTES = 20

ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "path": {"type": "path", "required": True},
    "junit": {"type": "path"},
    "sharp_side": {"type": "int", "default": 648},
    "max_crop_loss": {"type": "int", "default": 35},
    "max_file_bytes": {"type": "int", "default": 5 * 1024 * 1024},
    "exclude": {"type": "list", "elements": "str", "default": []},
    "shared_pictures": {"type": "str", "choices": ["allow", "refuse"], "default": "allow"},
    "prefix": {"type": "str", "default": ""},
    "fail_on": {"type": "str", "choices": ["error", "warning"], "default": "error"},
    "show": {"type": "bool", "default": True},
}


def run(options: t.Mapping[str, t.Any], workers: int | None = None) -> dict[str, t.Any]:
    """Check the folder and write the requested file. Returns the module's result."""
    limits = (options["sharp_side"], options["max_crop_loss"], options["max_file_bytes"])
    rules = Rules(*limits, options.get("shared_pictures", "allow"), options.get("prefix", ""))
    report = validate(Path(options["path"]), rules, workers, [str(text) for text in options["exclude"]])
    changed = bool(options["junit"]) and _save(Path(options["junit"]).absolute(), report, options["fail_on"])
    errors, warnings = report.count("error"), report.count("warning")
    return {
        "changed": changed,
        "valid": not (errors or (warnings and options["fail_on"] == "warning")),
        "findings": [as_dict(finding) for finding in report.findings],
        "summary": {
            "users": len(report.users),
            "excluded": len(report.excluded),
            "pictures": report.pictures,
            "errors": errors,
            "warnings": warnings,
        },
        "excluded": [shown(user) for user in report.excluded],
        "matched": report.matched,
        "ignored": [{"file": each.file, "reason": each.why} for each in report.ignored],
        "lines": lines(report),
    }


def _save(path: Path, report: Report, fail_on: str) -> bool:
    """Write the file, unless it exists with the same content (the time is ignored). Returns True if it was written."""
    make_folder(path.parent)
    before = present(path) or ""
    found = _STAMP.search(before)
    if found and junit(report, fail_on, found[0]) == before:
        return False
    write(path, junit(report, fail_on, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")))
    return True


def as_dict(finding: Finding) -> dict[str, t.Any]:
    """A finding for the module's result."""
    names = ("severity", "kind", "file", "line", "user", "message")
    return {name: getattr(finding, name) for name in names}


def lines(report: Report) -> list[str]:
    """A line for each finding, a line for each file without a user, and a line with the totals."""
    errors, warnings = report.count("error"), report.count("warning")
    total = f"{counted(len(report.users), 'user')}, {counted(report.pictures, 'picture')}: "
    total += f"{counted(errors, 'error')}, {counted(warnings, 'warning')}."
    notes = [f"note: {each.file}: it declares no user: {each.why}" for each in report.ignored[:_NOTES]]
    if len(report.ignored) > _NOTES:
        notes.append(
            f"note: and {counted(len(report.ignored) - _NOTES, 'more file')} without a definition, see ignored"
        )
    if report.excluded:
        who, named = counted(len(report.excluded), "user"), first(report.excluded, _NOTES)
        notes.append(shown(f"note: {who} excluded and not checked: {named}"))
    if number := report.small_exports:
        what = "is not sharp everywhere: no target had a larger one"
        if number > 1:
            what = "are not sharp everywhere: no target had larger ones"
        notes.append(f"note: {counted(number, 'picture')} of the export {what}")
    return [*(" ".join(line.split()) for line in (*map(str, report.findings), *notes)), total]


def junit(report: Report, fail_on: str = "error", stamp: str = "1970-01-01T00:00:00") -> str:
    """A finding that fails the check is a failure of its user; without a user, of its file."""
    by_case: dict[str, list[Finding]] = {user: [] for user in report.users}
    for finding in report.findings:
        by_case.setdefault(finding.user or finding.file, []).append(finding)
    suites = ET.Element("testsuites", name="Photo definitions")
    suite = ET.SubElement(suites, "testsuite", name=clean(report.folder))
    failures = sum(_case(suite, name, findings, fail_on) for name, findings in by_case.items())
    suite.set("skipped", "0")
    suite.set("timestamp", stamp)
    for element in (suites, suite):
        for name, number in (("tests", len(by_case)), ("failures", failures), ("errors", 0), ("time", 0)):
            element.set(name, str(number))
    ET.indent(suites, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _case(suite: ET.Element, name: str, findings: t.Sequence[Finding], fail_on: str) -> bool:
    """Add a test case; True when it fails."""
    case = ET.SubElement(suite, "testcase", classname="hybrid.photos.definitions", name=clean(name), time="0")
    bad = [finding for finding in findings if finding.severity == "error" or fail_on == "warning"]
    if bad:
        said = clean("\n".join(map(str, bad)))
        ET.SubElement(case, "failure", type=bad[0].kind, message=" ".join(said.split())).text = said
    rest = [finding for finding in findings if finding not in bad]
    if rest:
        ET.SubElement(case, "system-out").text = clean("\n".join(map(str, rest)))
    return bool(bad)
