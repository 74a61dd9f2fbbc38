# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of reading a definitions folder: entries, problems, and the folder as a whole."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from .._core.model import Definition, PhotoError
from .._core.text import shown

#: The most problems that a message lists; it also gives their number.
PROBLEMS_SHOWN = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """What photos.yml says about one user. ``src`` and ``state`` None: neither was given.

    ``accounts``: the user's names at single targets. ``default``: the default picture is declared for the user.
    """

    src: str | None = None
    state: str | None = None
    targets: frozenset[str] = frozenset()
    known_problems: frozenset[str] = frozenset()
    accounts: tuple[tuple[str, str], ...] = ()
    default: bool = False


@dataclass(frozen=True, slots=True)
class DefaultPicture:
    """The picture for users without one of their own, and the line of photos.yml that names it."""

    path: Path
    line: int


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem that makes the folder unusable. ``line`` counts from 1."""

    file: str
    line: int | None
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


class OddFile(t.NamedTuple):
    """A picture at the top of the folder whose name is no text that can be shown or sent.

    The modules report ``definition`` as ``invalid``: its user and its path are the name as it can be shown, so the path
    leads nowhere.
    """

    definition: Definition
    problem: Problem


@dataclass(frozen=True, slots=True)
class Folder:
    """The content of a folder, as far as it could be read, and every problem."""

    definitions: list[Definition]
    problems: list[Problem]
    default: DefaultPicture | None = None
    odd: list[OddFile] = field(default_factory=list)


class DefinitionsError(PhotoError):
    """A folder that cannot be used as a whole; its text lists every problem, one a line."""

    def __init__(self, folder: str, problems: t.Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        lines = "\n".join(f"  {problem}" for problem in self.problems[:PROBLEMS_SHOWN])
        if len(self.problems) > PROBLEMS_SHOWN:
            lines += f"\n  and {len(self.problems) - PROBLEMS_SHOWN} more problems"
        super().__init__(f"the definitions folder {shown(folder)} cannot be used:\n{lines}")
