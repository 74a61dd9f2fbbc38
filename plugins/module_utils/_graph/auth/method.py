# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every way to sign in has in common. Nothing that is raised here holds a secret, an assertion or a token."""

from __future__ import annotations

import typing as t
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path

from ..._core.model import PhotoError
from ..http.concurrency import Clock
from ..options import GraphOptions, with_variables
from .login import LoginClient


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and the seconds that it is good for, counted from when it was given."""

    value: str = field(repr=False)
    lifetime: float


class AuthMethod(ABC):
    """One way to sign in. ``login`` makes the HTTP client for one sign-in; ``option`` is the option that names the way.

    Constructors look at nothing; ``validate`` does.
    """

    option: t.ClassVar[str]
    #: Options that this way cannot do without, besides its own.
    needs: t.ClassVar[tuple[str, ...]] = ()

    def __init__(self, options: GraphOptions, login: t.Callable[[], LoginClient], clock: Clock) -> None:
        self.options = options
        self.login = login
        self.clock = clock

    def validate(self) -> None:
        """Look at options, local files and libraries, never at the network. PhotoError names the option."""
        for name in self.needs:
            if not getattr(self.options, name):
                raise PhotoError(with_variables(f"{name}: needed to sign in with {self.option}; set it."))

    def ends(self) -> float | None:
        """When the credential itself ends, in seconds since the epoch, as far as a local file tells."""
        return None

    @abstractmethod
    def authenticate(self) -> Token:
        """Ask for a fresh token. StoreError says why there is none."""


def read_file(option: str, path: str) -> bytes:
    """The bytes of a file that an option names; PhotoError says why it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError as ex:
        raise PhotoError(
            f"{with_variables(option)}: {path} cannot be read ({ex.strerror}); check the path and this user's rights."
        ) from ex
