# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks a definitions folder before it is merged: every definition and picture, without a network or credentials."""

from __future__ import annotations

import os
import typing as t
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from .._core.choice import without
from .._core.files import load_source
from .._core.model import Definition, PhotoError, Source, SourceError, sha256
from .._core.option_names import called
from .._core.text import shown
from .._core.wording import first
from .._pictures import comparison
from .._pictures.decode import describe
from .._pictures.pillow import available
from .._pictures.prepare import signature
from .._pictures.render import render
from .default_picture import RECIPE
from .exported import exported
from .folder import examine as examine_folder
from .found import DefaultPicture, Problem
from .ignored import Ignored, ignored, odd_names
from .names import MANIFEST
from .odd_text import odd_texts

Severity = t.Literal["error", "warning"]
#: Microsoft 365 accepts no smaller photo.
LEAST_SIDE = 48


@dataclass(frozen=True, slots=True)
class Rules:
    """Requirements for pictures. Sides in pixels, ``max_crop_loss`` in percent of the picture.

    ``shared_pictures``: ``refuse`` makes one picture of several users an error, as in a sync; ``allow`` a warning.
    ``prefix``: of the option's name in messages, which a role has as a variable.
    """

    sharp_side: int = 648
    max_crop_loss: int = 35
    max_file_bytes: int = 5 * 1024 * 1024
    shared_pictures: t.Literal["allow", "refuse"] = "allow"
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding about the folder. ``line`` counts from 1; ``user`` is empty when it is about no user."""

    severity: Severity
    kind: str
    file: str
    line: int | None
    user: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{self.severity}: {place}: {self.message}"


@dataclass(slots=True)
class Examined:
    """The result of examining one picture file."""

    name: str
    sha256: str = ""
    width: int = 0
    height: int = 0
    length: int = 0
    small: bytes = b""
    signature: bytes = b""
    problem: str | None = None


@dataclass(slots=True)
class Report:
    """Findings in the order of the folder; ``users`` are all declared users."""

    folder: str
    users: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    pictures: int = 0
    #: Every file that declares nobody and has no finding.
    ignored: list[Ignored] = field(default_factory=list)
    #: The number of pictures that are not sharp but come from an export: no target had a larger one.
    small_exports: int = 0
    #: Users who are declared and were not checked.
    excluded: list[str] = field(default_factory=list)
    #: The patterns of ``exclude`` that matched a user.
    matched: list[str] = field(default_factory=list)

    def count(self, severity: Severity) -> int:
        return sum(finding.severity == severity for finding in self.findings)


def validate(
    folder: Path, rules: Rules | None = None, workers: int | None = None, exclude: t.Sequence[str] = ()
) -> Report:
    """Check a folder, without the pictures of users whom ``exclude`` names.

    Raises PhotoError when Pillow or PyYAML is missing, and when every user is excluded.
    """
    rules = rules or Rules()
    available()
    found_there = examine_folder(folder)
    everybody, root = found_there.definitions, folder.resolve()
    choice = without([definition.user for definition in everybody], exclude, "that the folder declares")
    excluded = set(choice.excluded)
    definitions = [definition for definition in everybody if definition.user not in excluded]
    report = Report(str(folder), list(choice.chosen), excluded=list(choice.excluded), matched=sorted(choice.matched))
    problems = [*found_there.problems, *(odd.problem for odd in found_there.odd)]
    report.findings += [_of_problem(problem) for problem in problems]
    users: dict[str, list[Definition]] = defaultdict(list)
    for definition in definitions:
        # Many users may have the default picture; it is examined once.
        if definition.source is not None and definition.source.path is not None and not definition.default:
            users[definition.source.path].append(definition)
    if found_there.default is not None:
        users.setdefault(str(found_there.default.path), [])
    with ThreadPoolExecutor(workers or min(8, os.cpu_count() or 1)) as pool:
        pictures = dict(zip(users, pool.map(lambda path: examine(Path(path), root), users), strict=True))
    report.pictures = len(pictures)
    written = exported(root)
    for path, picture in pictures.items():
        found = [finding for definition in users[path] for finding in about(picture, definition, rules)]
        if picture.sha256 in written:
            report.small_exports += any(finding.kind == "not_sharp" for finding in found)
            found = [finding for finding in found if finding.kind != "not_sharp"]
        report.findings += found
    if found_there.default is not None:
        report.findings += about_default(pictures[str(found_there.default.path)], found_there.default, rules)
    report.findings += twice(pictures, users, rules)
    if root.is_dir():
        used = {d.source.path for d in everybody if d.source is not None and d.source.path is not None}
        _look_for_ignored(report, root, used | set(users), {definition.key for definition in everybody})
    report.findings += unseemly(root, definitions, report.findings)
    report.findings = [
        replace(found, file=shown(found.file), message=shown(found.message)) for found in report.findings
    ]
    report.findings.sort(key=lambda f: (f.file == str(folder), f.file.casefold(), f.line or 0, f.kind))
    return report


def _of_problem(problem: Problem) -> Finding:
    return Finding("error", "definition", problem.file, problem.line, "", problem.message)


def examine(path: Path, root: Path) -> Examined:
    """Read, decode and render one picture as a run would. Never raises for a bad one."""
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    seen = Examined(name)
    try:
        seen.length = path.stat().st_size
        data = load_source(Source(path=str(path)))
        seen.sha256 = sha256(data)
        summary = describe(data)
        seen.width, seen.height = summary.width or 0, summary.height or 0
        seen.small = render(data, [RECIPE], name)[0].data
        seen.signature = signature(seen.small)
    except OSError as error:
        seen.problem = f"it cannot be read ({error.strerror})"
    except PhotoError as error:
        # The text already begins with the file: the name that we or the loader use for it.
        seen.problem = str(error).removeprefix(f"{name}: ").removeprefix(f"{path}: ").removeprefix("the photo: ")
    return seen


def about(picture: Examined, definition: Definition, rules: Rules) -> list[Finding]:
    """The findings about one picture for one user, at the place where it is declared."""
    file, line = _origin(definition, picture)
    # The message need not name a picture that has the user's name.
    apart = file != picture.name
    named, start = (picture.name, f"{definition.user}: ") if apart else ("it", "")
    found: list[Finding] = []

    def say(severity: Severity, kind: str, message: str) -> None:
        found.append(Finding(severity, kind, file, line, definition.user, f"{start}{message}"))

    if picture.length > rules.max_file_bytes:
        say(
            "error",
            "file_size",
            f"{named} has {picture.length:,} bytes, more than the {rules.max_file_bytes:,} that are allowed in Git; "
            "commit a smaller one, 1,000 pixels a side are enough",
        )
    if picture.problem is not None:
        say("error", "unreadable", f"{named}: {picture.problem}" if apart else picture.problem)
        return found
    least, most = min(picture.width, picture.height), max(picture.width, picture.height)
    size = f"{picture.width}x{picture.height} pixels"
    if least < LEAST_SIDE:
        say("error", "too_small", f"{named} has {size}; Microsoft 365 takes no photo under {LEAST_SIDE}x{LEAST_SIDE}")
    elif least < rules.sharp_side:
        side = rules.sharp_side
        say("warning", "not_sharp", f"{named} has {size}; {side}x{side} or more is sharp everywhere")
    lost = round(100 * (1 - least / most))
    if lost > rules.max_crop_loss:
        say(
            "warning",
            "not_square",
            f"{named} has {size}; a crop to a square from its centre loses {lost} % of it; crop it first",
        )
    return found


def about_default(picture: Examined, default: DefaultPicture, rules: Rules) -> list[Finding]:
    """The findings about the default picture, once, at the line that names it."""
    found = about(picture, Definition("the default picture", origin=f"{MANIFEST}:{default.line}"), rules)
    return [replace(finding, user="") for finding in found]


def _origin(definition: Definition, picture: Examined) -> tuple[str, int | None]:
    """File and line of a definition: a line of photos.yml, or the picture itself."""
    file, _colon, line = definition.origin.rpartition(":")
    return (file, int(line)) if file == MANIFEST and line.isdecimal() else (picture.name, None)


def unseemly(root: Path, definitions: t.Sequence[Definition], told: t.Sequence[Finding]) -> list[Finding]:
    """Texts that look like a program, or that are hard to see. In an identity, or invisible, they are errors."""
    known = {(finding.file, finding.line) for finding in told if finding.severity == "error"}
    return [
        Finding("error" if odd.user or odd.kind == "hidden_text" else "warning", odd.kind, *odd[:3], odd.message)
        for odd in odd_texts(root, definitions)
        if odd.kind == "template" or (shown(odd.file), odd.line) not in known
    ]


def twice(
    pictures: t.Mapping[str, Examined], users: t.Mapping[str, t.Sequence[Definition]], rules: Rules
) -> list[Finding]:
    """One picture for several users: the same file, the same bytes, or the same to the eye. One finding a group.

    Only the same bytes are refused by a sync. Pictures that look the same are a warning.
    """
    found: list[Finding] = []
    # The default picture is meant for many users.
    good = {path: picture for path, picture in pictures.items() if picture.sha256 and users[path]}
    by_bytes: dict[str, list[str]] = defaultdict(list)
    for path, picture in good.items():
        by_bytes[picture.sha256].append(path)
    option = called("shared_pictures", rules.prefix)
    for paths in by_bytes.values():
        declared = [definition for path in paths for definition in users[path]]
        if len(declared) > 1:
            why = f"the same picture is declared for {first([definition.user for definition in declared], 6)}"
            if rules.shared_pictures == "allow":
                found.append(_mixed(declared[0], pictures, f"{why}; is one of them the wrong picture?"))
                continue
            why += (
                "; a photo shows one person, and a sync refuses it. Declare a separate picture for each user, or allow "
                f"it with {option}, and in a sync with sync_shared_pictures"
            )
            found.append(_mixed(declared[0], pictures, why, "error"))
    alone = {paths[0]: good[paths[0]] for paths in by_bytes.values() if good[paths[0]].signature}
    for group in _groups(look_alikes(alone)):
        alike = list({users[path][0].key: users[path][0] for path in group}.values())
        if len(alike) > 1:
            who = first([definition.user for definition in alike], 6)
            why = f"these users have pictures that look the same: {who}; is one of them the wrong picture?"
            found.append(_mixed(alike[0], pictures, why))
    return found


def _groups(pairs: t.Sequence[tuple[str, str]]) -> list[list[str]]:
    """Pairs joined to groups, the names of each in their order."""
    group_of: dict[str, list[str]] = {}
    for one, other in pairs:
        mine, theirs = group_of.setdefault(one, [one]), group_of.setdefault(other, [other])
        if mine is not theirs:
            mine.extend(theirs)
            group_of.update(dict.fromkeys(theirs, mine))
    return [sorted(group) for group in {id(group): group for group in group_of.values()}.values()]


def _mixed(
    definition: Definition, pictures: t.Mapping[str, Examined], message: str, severity: Severity = "warning"
) -> Finding:
    path = definition.source.path if definition.source is not None else None
    file, line = _origin(definition, pictures[path or ""])  # only definitions with a file get here
    return Finding(severity, "used_twice", file, line, definition.user, message)


def look_alikes(pictures: t.Mapping[str, Examined]) -> list[tuple[str, str]]:
    """Pairs of pictures that look the same. Only pairs with similar signatures are compared by pixels."""
    order = sorted(pictures, key=lambda path: sum(pictures[path].signature))
    pairs = []
    for at, one in enumerate(order):
        mine = pictures[one].signature
        for other in order[at + 1 :]:
            theirs = pictures[other].signature
            if sum(theirs) - sum(mine) > comparison.ALIKE * len(mine):
                break  # This one and all that follow are brighter by more on average than two similar pictures can be.
            if comparison.may_look_alike(mine, theirs) and _same(pictures[one], pictures[other]):
                pairs.append((one, other))
    return pairs


def _same(one: Examined, other: Examined) -> bool:
    try:
        return comparison.by_pixels(one.small, other.small).verdict == "same"
    except SourceError:
        return False


def _look_for_ignored(report: Report, root: Path, used: t.Collection[str], declared: t.Collection[str]) -> None:
    """Files that declare nobody, and names that are probably mistakes. Those that were probably meant are findings."""
    for odd in odd_names(sorted(path.name for path in root.iterdir())):
        report.findings.append(Finding("error", "name", odd.file, None, odd.user, odd.why))
    for each in ignored(root, used, declared):
        if each.meant:
            report.findings.append(Finding("error", "ignored", each.file, None, "", f"it declares no user: {each.why}"))
        elif each.is_picture:
            report.findings.append(Finding("warning", "unused", each.file, None, "", each.why))
        else:
            report.ignored.append(each._replace(file=shown(each.file), why=shown(each.why)))
