# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as JUnit XML, so that any CI shows drift as failed tests: one test case for each user and target."""

from __future__ import annotations

import codecs
import contextlib
import re
import typing as t
from xml.etree import ElementTree as ET

from .._core.model import PROBLEMS
from .._core.targets import title
from .._core.text import BIDI
from .scratch import scratch
from .words import action_text, state_text

#: Characters that XML 1.0 does not allow, not even escaped; and characters that change the direction of text.
_FORBIDDEN = re.compile(rf"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[{''.join(sorted(BIDI))}]")

_PIECE = 256 * 1024


def clean(text: t.Any) -> str:
    """The text without the characters of ``_FORBIDDEN``."""
    return _FORBIDDEN.sub("", str(text))


def junit(report: t.Mapping[str, t.Any]) -> str:
    """Failures are drift (after a real run: drift that is left); errors are problems and users not examined."""
    return "".join(junit_pieces(report))


def junit_pieces(report: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """The same text in pieces. The figures come first, so the cases of each target wait in a temporary file."""
    with contextlib.ExitStack() as files:
        by_target = {
            target: files.enter_context(_Suite(title(target), report["generated"])) for target in report["targets"]
        }
        for user in report["users"]:
            for target, suite in by_target.items():
                if user[target] is not None:
                    suite.add(_case(target, report["mode"], user))
        for target, suite in by_target.items():
            _not_examined(suite, report, target)
        suites = [suite for suite in by_target.values() if suite.figures["tests"]]
        if report["undeclared"] is not None:
            suites.append(files.enter_context(_undeclared(report)))
        if any(item["target"] is None for item in report["not_examined"]):
            suite = files.enter_context(_Suite("Not examined", report["generated"]))
            _not_examined(suite, report, None)
            suites.append(suite)
        root = ET.Element("testsuites", name=clean(report["title"]))
        for name in ("tests", "failures", "errors"):
            root.set(name, str(sum(suite.figures[name] for suite in suites)))
        root.set("time", "0")
        yield '<?xml version="1.0" encoding="UTF-8"?>\n'
        if not suites:
            yield ET.tostring(root, encoding="unicode") + "\n"
            return
        yield _opened(root) + "\n"
        for suite in suites:
            yield from suite.pieces()
        yield "</testsuites>\n"


def _opened(element: ET.Element) -> str:
    """The start tag of an element that has no content yet."""
    return ET.tostring(element, encoding="unicode").removesuffix(" />") + ">"


class _Suite:
    """The cases of one suite, in memory or a temporary file, and their figures."""

    _KINDS: t.ClassVar = {"failure": "failures", "error": "errors", "skipped": "skipped"}

    def __init__(self, name: str, generated: t.Any) -> None:
        self._name = name
        self._generated = str(generated)
        self._file = scratch()
        self.figures = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def add(self, case: ET.Element) -> None:
        """One more case."""
        self.figures["tests"] += 1
        for child in case:
            if child.tag in self._KINDS:
                self.figures[self._KINDS[child.tag]] += 1
        ET.indent(case, " ", level=2)
        self._file.write(f"  {ET.tostring(case, encoding='unicode')}\n".encode())

    def pieces(self) -> t.Iterator[str]:
        """The suite as text."""
        suite = ET.Element("testsuite", name=self._name)
        for name, number in self.figures.items():
            suite.set(name, str(number))
        suite.set("time", "0")
        # The schema requires a local time without a time zone.
        suite.set("timestamp", self._generated.rstrip("Z"))
        if not self.figures["tests"]:
            yield f" {ET.tostring(suite, encoding='unicode')}\n"
            return
        yield f" {_opened(suite)}\n"
        self._file.seek(0)
        yield from codecs.iterdecode(iter(lambda: self._file.read(_PIECE), b""), "utf-8")
        yield " </testsuite>\n"


def _not_examined(suite: _Suite, report: t.Mapping[str, t.Any], target: str | None) -> None:
    for item in report["not_examined"]:
        if item["target"] == target:
            who = item["user"] or f"all users in {item['shard'] or 'a part of the run'}"
            case = ET.Element("testcase", classname=_class(target), name=clean(who), time="0")
            _add(case, "error", "not_examined", f"not examined: {item['reason']}")
            suite.add(case)


def _undeclared(report: t.Mapping[str, t.Any]) -> _Suite:
    """Photos that no definition declares, as skipped cases: a reader sees them, and they are not failures."""
    suite = _Suite("Undeclared", report["generated"])
    for each in report["undeclared"]:
        case = ET.Element("testcase", classname=_class(each["target"]), name=clean(each["user"]), time="0")
        _add(case, "skipped", "undeclared", f"a photo in {title(each['target'])} and no definition")
        suite.add(case)
    return suite


def _case(target: str, mode: t.Any, user: t.Mapping[str, t.Any]) -> ET.Element:
    row = user[target]
    case = ET.Element("testcase", classname=_class(target), name=clean(user["user"]), time="0")
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
    return case


def _add(case: ET.Element, tag: str, kind: str, said: str) -> None:
    ET.SubElement(case, tag, type=kind, message=clean(" ".join(said.split()))).text = clean(said)


def _class(target: str | None) -> str:
    return f"hybrid.photos.{target}" if target else "hybrid.photos"
