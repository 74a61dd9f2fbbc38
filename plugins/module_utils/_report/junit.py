# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as JUnit XML, so that any CI shows drift as failed tests: one test case a user and target."""

from __future__ import annotations

import re
import typing as t
from xml.etree import ElementTree as ET

from .._core.model import PROBLEMS
from .._core.targets import title
from .._core.text import BIDI
from .words import action_text, state_text

#: What XML 1.0 cannot hold at all, escaped or not; and what would show another text than is there.
_FORBIDDEN = re.compile(rf"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[{''.join(sorted(BIDI))}]")


def clean(text: t.Any) -> str:
    """Text without the characters that no XML file can hold, and without changes of direction."""
    return _FORBIDDEN.sub("", str(text))


def junit(report: t.Mapping[str, t.Any]) -> str:
    """Failures are drift (after a real run: drift that was left), errors are problems and what was not examined."""
    suites = ET.Element("testsuites", name=clean(report["title"]))
    totals = {"tests": 0, "failures": 0, "errors": 0}
    for target in report["targets"]:
        suite = _suite(report, target)
        if not len(suite):
            continue
        for name in totals:
            totals[name] += int(suite.get(name, "0"))
        suites.append(suite)
    if report["undeclared"] is not None:
        suites.append(_undeclared(report))
        totals["tests"] += len(report["undeclared"])
    if any(item["target"] is None for item in report["not_examined"]):
        suite = _suite(report, None)
        for name in totals:
            totals[name] += int(suite.get(name, "0"))
        suites.append(suite)
    for name, number in totals.items():
        suites.set(name, str(number))
    suites.set("time", "0")
    ET.indent(suites, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _suite(report: t.Mapping[str, t.Any], target: str | None) -> ET.Element:
    name = title(target, "Not examined")
    suite = ET.Element("testsuite", name=name)
    for user in report["users"] if target else ():
        if user[target] is not None:
            _case(suite, target or "", report["mode"], user)
    for item in report["not_examined"]:
        if item["target"] == target:
            who = item["user"] or f"all users in {item['shard'] or 'a part of the run'}"
            case = ET.SubElement(suite, "testcase", classname=_class(target), name=clean(who), time="0")
            _add(case, "error", "not_examined", f"not examined: {item['reason']}")
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    suite.set("errors", str(sum(case.find("error") is not None for case in cases)))
    suite.set("skipped", str(sum(case.find("skipped") is not None for case in cases)))
    suite.set("time", "0")
    # The schema wants a local time without a zone.
    suite.set("timestamp", str(report["generated"]).rstrip("Z"))
    return suite


def _undeclared(report: t.Mapping[str, t.Any]) -> ET.Element:
    """Photos that no definition declares, as skipped cases: they are to be seen, and are no failure."""
    found = report["undeclared"]
    suite = ET.Element("testsuite", name="Undeclared", timestamp=str(report["generated"]).rstrip("Z"))
    for name, number in (("tests", len(found)), ("failures", 0), ("errors", 0), ("skipped", len(found)), ("time", 0)):
        suite.set(name, str(number))
    for each in found:
        case = ET.SubElement(suite, "testcase", classname=_class(each["target"]), name=clean(each["user"]), time="0")
        _add(case, "skipped", "undeclared", f"a photo in {title(each['target'])} and no definition")
    return suite


def _case(suite: ET.Element, target: str, mode: t.Any, user: t.Mapping[str, t.Any]) -> None:
    row = user[target]
    case = ET.SubElement(suite, "testcase", classname=_class(target), name=clean(user["user"]), time="0")
    done = action_text(mode, row)
    state = ": ".join(filter(None, [state_text(row["drift"]), done]))
    origin = f"declared in {user['origin']}" if user["origin"] else ""
    said = ". ".join(text.rstrip(".") for text in (state, row["reason"], row["error"], origin) if text)
    if row["accepted"] and not row["error"]:
        _add(case, "skipped", row["drift"], f"known and accepted: {said}")
    elif row["drift"] in PROBLEMS or row["error"]:
        _add(case, "error", row["drift"] if row["drift"] in PROBLEMS else "failed", said)
    elif row["drift"] != "in_sync" and (mode == "plan" or not row["changed"]):
        _add(case, "failure", row["drift"], said)
    else:
        ET.SubElement(case, "system-out").text = clean("\n".join([said, *row["warnings"]]))


def _add(case: ET.Element, tag: str, kind: str, said: str) -> None:
    ET.SubElement(case, tag, type=kind, message=clean(" ".join(said.split()))).text = clean(said)


def _class(target: str | None) -> str:
    return f"hybrid.photos.{target}" if target else "hybrid.photos"
