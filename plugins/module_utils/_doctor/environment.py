# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the machine that runs the modules: Python, libraries, the receipts file."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import re
import shutil
import sys
import typing as t
from pathlib import Path

from .._core.model import PhotoError
from .._sync.receipts import Receipts
from .model import Check, Step, fail, ok, skipped, warn

LEAST_PYTHON = (3, 11)
#: The name of the check of libraries. It is there for Pillow, and for those of each target.
LIBRARIES = "libraries"


class Library(t.NamedTuple):
    """A library: its name in the package index, its module, and the oldest tested version."""

    package: str
    module: str
    least: str


PILLOW = Library("Pillow", "PIL", "10.3")
GRAPH = (Library("msal", "msal", "1.28"), Library("requests", "requests", "2.31"))
EXCHANGE = (Library("pypsrp", "pypsrp", "0.9"),)
KERBEROS = Library("gssapi", "gssapi", "1.8")
DIRECTORY = (Library("python-ldap", "ldap", "3.4.4"), Library("dnspython", "dns", "2.6"))


def python_version(version: t.Sequence[int] | None = None) -> Check:
    """Is this Python new enough?"""
    found = tuple(version or sys.version_info)[:3]
    words = f"Python {'.'.join(map(str, found))} ({sys.executable})"
    if found[:2] < LEAST_PYTHON:
        least = ".".join(map(str, LEAST_PYTHON))
        return fail(f"{words} is older than {least}", "Set ansible_python_interpreter to a newer one.")
    return ok(words)


def libraries(wanted: t.Sequence[Library]) -> Check:
    """Are the libraries installed, complete and new enough?"""
    good: list[str] = []
    old: list[str] = []
    bad: list[str] = []
    for library in wanted:
        try:
            importlib.import_module(library.module)
            version = importlib.metadata.version(library.package)
        except importlib.metadata.PackageNotFoundError:
            good.append(library.package)  # packages of Linux distributions may have no metadata
        except Exception as error:  # an incomplete installation can raise any error
            bad.append(f"{library.package} ({error})")
        else:
            new_enough = numbers(version) >= numbers(library.least)
            (good if new_enough else old).append(f"{library.package} {version}")
    names = " ".join(f"'{library.package}>={library.least}'" for library in wanted)
    advice = f"{sys.executable} -m pip install {names}"
    if bad:
        return fail(f"missing or broken: {', '.join(bad)}", advice)
    if old:
        return warn(f"older than what is tested: {', '.join(old)}", advice)
    return ok(", ".join(good))


def numbers(version: str) -> tuple[int, ...]:
    """The numbers at the start of a version, for comparing."""
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in match[0].split(".")) if match else ()


def program(name: str, advice: str) -> Check:
    """Is a program on the path?"""
    place = shutil.which(name)
    return ok(f"{name} is {place}") if place else fail(f"the program {name} is not found", advice)


def receipts(path: str | None, target: str) -> Check:
    """Can the receipts file be read, and does SQLite's check find no damage? Only reads."""
    if not path:
        return skipped("no receipts file was named")
    if not Path(path).exists():
        place = next(folder for folder in Path(path).absolute().parents if folder.exists())
        if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
            return fail(f"{path} does not exist yet, and nothing can be created in {place}", "Name another file.")
        return ok(f"{path} does not exist yet; the first run creates it")
    try:
        file = Receipts(Path(path), target, read_only=True)
    except PhotoError as error:
        return fail(str(error))
    try:
        problem = file.problem()
    except PhotoError as error:
        return fail(str(error))
    finally:
        file.close()
    if problem is not None:
        return fail(f"{path} is damaged ({problem})", "Move it away: receipts only save time, a run makes new ones.")
    return ok(f"{path} is healthy")


def steps(wanted: t.Sequence[Library], receipts_path: str | None, target: str) -> list[Step]:
    """The checks of this machine."""
    return [
        Step("Python", python_version),
        # Apart from the others, because it is the same finding for each target.
        Step(LIBRARIES, lambda: libraries((PILLOW,))),
        Step(LIBRARIES, lambda: libraries(wanted)),
        Step("receipts file", lambda: receipts(receipts_path, target)),
    ]
