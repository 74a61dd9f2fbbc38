# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a definitions folder that declare nobody, with the reason, and names that are probably mistakes.

Hidden files (their name begins with a dot) are left out; Git and our own export have some.
"""

from __future__ import annotations

import os
import re
import typing as t
from collections import Counter
from pathlib import Path

from .._core.model import identity_key
from .._pictures.sniff import kind
from .names import MANIFEST, PICTURE_SUFFIXES, meant_as_manifest, named_after

#: What Windows, macOS and browsers add to the name of a copy, in some languages.
_COPY = re.compile(
    r"^.*?\S(?:\s+-\s+(?:copy|kopie|copie|copia)(?:\s*\(\d+\))?|\s+(?:copy|kopie)(?:\s+\d+)?|\s*\(\d+\))$", re.I
)
#: The same in front of the name of a user with an "@": Windows in English, German, French, Spanish, Italian,
#: Portuguese, Dutch, Danish, Swedish and Polish.
_COPY_OF = re.compile(
    r"^(?:copy|kopie|kopia|kopi|copie|copia|cópia)(?:\s*\(\d+\))?\s+(?:(?:of|von|van|de|di|do|da|af|av)\s|d').*@",
    re.I,
)
#: After an address: a space or a bracket, which no domain contains. Finder adds " 2" or " copie", Nautilus " (another
#: copy)", Nextcloud and Dropbox " (conflicted copy ...)", each in its own language.
_AFTER_ADDRESS = re.compile(r"^[^@]+@[^@\s()]+[\s(][^@]*$")
#: ownCloud adds "_conflict-20261127-101500", Syncthing ".sync-conflict-20261127-101500-ABCDEFG".
_CONFLICT = re.compile(r"@.*(?:_conflict|\.sync-conflict)-\d{6,}", re.I)
#: Programs that save a picture again add a number, as in alice@example.com_2.
_NUMBERED = re.compile(r"^(?P<user>[^@]+@[^@]+\.[^\W\d_]{2,})_\d{1,3}$")
#: OneDrive adds the name of a computer: alice@example.com-LAPTOP-7. A domain may look like that, too.
_COMPUTER = re.compile(r"-[\w-]*[A-Z][\w-]*$")
_HEAD = 4096


class Ignored(t.NamedTuple):
    """A file and why it declares nobody. ``meant``: it was probably meant to declare a user."""

    file: str
    why: str
    meant: bool
    is_picture: bool = False


class OddName(t.NamedTuple):
    """A picture that declares a user who probably does not exist: file, the user, and what to do."""

    file: str
    user: str
    why: str


def odd_names(names: t.Iterable[str]) -> list[OddName]:
    """Pictures at the top of the folder whose names were probably changed by a copy, a second ending or a blank."""
    users = [(name, user) for name in names if (user := named_after(name)) is not None]
    keys = {identity_key(user) for _name, user in users}
    domains = Counter(user.rpartition("@")[2].casefold() for _name, user in users)
    found = []
    for name, user in users:
        stem, second = os.path.splitext(user)  # noqa: PTH122 - only a text
        copy = _is_copy(user.strip(), keys, domains)
        if second.casefold() in PICTURE_SUFFIXES:
            why = f"the extension is there twice, so it declares the user {user}; rename it to {stem}{second}"
        elif copy:
            why = f"this looks like a copy, and it declares the user {user}; rename or remove it"
        elif user != user.strip():
            why = f"there is a space at the beginning or the end of the user {user!r}; remove the space"
        else:
            continue
        found.append(OddName(name, user, why))
    return found


def _is_copy(user: str, keys: t.Container[str], domains: t.Mapping[str, int]) -> bool:
    """Does the name look like what programs make of the name of a file that they copy?

    ``keys`` of all users that the folder's files declare, and how many of them have a domain: only they tell an
    addition from a domain that looks like one. A distinguished name may hold anything.
    """
    if _COPY.match(user):
        return True
    if "@" not in user or "=" in user:
        return False
    if any(pattern.search(user) for pattern in (_COPY_OF, _AFTER_ADDRESS, _CONFLICT)):
        return True
    numbered = _NUMBERED.match(user)
    if numbered is not None:
        return identity_key(numbered["user"]) in keys or domains[user.rpartition("@")[2].casefold()] < 2
    return any(
        identity_key(user[: hyphen.start()]) in keys and _COMPUTER.match(user, hyphen.start()) is not None
        for hyphen in re.finditer("-", user)
        if hyphen.start() > user.rindex("@")
    )


def ignored(root: Path, used: t.Collection[str], declared: t.Collection[str]) -> list[Ignored]:
    """Every file below ``root`` that declares nobody. ``used``: paths of the pictures that definitions name.

    ``declared`` are the keys of all declared users.
    """
    found: list[Ignored] = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            top = path.parent == root
            if name.startswith(".") or str(path.resolve()) in used or (top and name == MANIFEST):
                continue
            if top and named_after(name) is not None:
                continue  # it declares its user, or was reported as unusable
            place = path.relative_to(root).as_posix()
            why, meant = _at_top(path) if top else _below(path, declared)
            if not (top and meant_as_manifest(name)):  # reported already
                found.append(Ignored(place, why, meant, named_after(name) is not None))
    return found


def _at_top(path: Path) -> tuple[str, bool]:
    """Why a file at the top declares nobody, and whether it was probably meant to."""
    name = path.name
    if named_after(name.strip()) is not None:
        return "there is a space at the end of its name; remove the space", True
    found = _kind(path)
    if found is not None:
        return f"it is a {found} picture, but its name does not end in .jpg, .png or the like; rename it", True
    if "@" in name:
        return "it is named like a user, but is not a picture that can be read; save it as JPEG or PNG", True
    return "it is not a picture", False


def _below(path: Path, declared: t.Collection[str]) -> tuple[str, bool]:
    """The same for a file in a subfolder. Files there declare a user only through photos.yml."""
    user = named_after(path.name)
    if user is None:
        return "it is not a picture", False
    if "@" in user and identity_key(user) not in declared:
        return (
            f"only pictures at the top of the folder declare a user; move it there, or name it in {MANIFEST}",
            True,
        )
    return f"no definition uses this picture; name it in {MANIFEST}, or remove it", False


def _kind(path: Path) -> str | None:
    """The format of an ordinary file, by its first bytes."""
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return kind(file.read(_HEAD))
    except OSError:
        return None
