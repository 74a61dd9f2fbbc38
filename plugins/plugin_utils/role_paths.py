# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that the files and folders in a role's variables can be used. Creates and writes nothing.

Without this check, a run would fail only after it has read all users, or during its writes.
"""

from __future__ import annotations

import os
import stat
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ..module_utils._core.files import file_type
from ..module_utils._core.text import shown


@dataclass(frozen=True, slots=True)
class Kind:
    """What a variable names. ``made``: if it is missing, the run creates it and the folders above it.

    ``elsewhere``: modules use it on the host that they run on. Otherwise it is always on the controller.
    """

    folder: bool
    written: bool
    made: bool
    elsewhere: bool = False


#: By the variable's name without the role's prefix. ``*_history`` and ``*_metrics_dir`` are checked by the code that
#: reads them before a run, and the content of a receipts file by the module that opens it.
KINDS: t.Mapping[str, Kind] = {
    "report_dir": Kind(folder=True, written=True, made=True),
    "backup_dir": Kind(folder=True, written=True, made=True, elsewhere=True),
    "dest": Kind(folder=True, written=True, made=True, elsewhere=True),
    "list": Kind(folder=False, written=True, made=True, elsewhere=True),
    "junit": Kind(folder=False, written=True, made=True),
    "report": Kind(folder=False, written=True, made=True),
    "receipts": Kind(folder=False, written=True, made=True, elsewhere=True),
    "from": Kind(folder=True, written=False, made=False, elsewhere=True),
    "path": Kind(folder=True, written=False, made=False),
    "plan": Kind(folder=False, written=False, made=False),
}
#: The roles of these variables only read the receipts.
READ_RECEIPTS = frozenset({"drift_receipts", "doctor_receipts"})


def kind_of(name: str, role: str, type_of: str | None) -> Kind | None:
    """What a variable of a role names, or None if it names neither a file nor a folder."""
    # The value of lead_from is a target, although restore_from is a folder.
    if type_of not in ("str", "path") or name == "lead_from":
        return None
    kind = KINDS.get(name.removeprefix(f"{role}_"))
    return Kind(folder=False, written=False, made=True, elsewhere=True) if name in READ_RECEIPTS and kind else kind


def problems_of_paths(paths: t.Mapping[str, tuple[str, Kind]]) -> list[str]:
    """A sentence for each path that cannot be used, with the variable, its value, and what to do.

    ``paths``: by variable, its value and what it names. If several variables have the same problem (backups are below
    the report by default), only the first one is named.
    """
    found: list[str] = []
    told: set[Path] = set()
    for name, (value, kind) in paths.items():
        path = Path(os.path.realpath(Path(value).expanduser()))
        where, why = _problem(path, kind)
        if why and where not in told:
            told.add(where)
            at = "" if str(path) == value else f" ({shown(str(path))})"
            found.append(f"{name} is {shown(value)!r}{at}: {why}")
    return found


def _problem(path: Path, kind: Kind) -> tuple[Path, str]:
    """The path that causes the problem, and the problem; an empty text if the path can be used."""
    what = "folder" if kind.folder else "file"
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return _missing(path, kind, what)
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        return path, f"it cannot be examined ({why}); name another {what}"
    if stat.S_ISDIR(mode) != kind.folder:
        return path, f"it is {'a file' if stat.S_ISREG(mode) else file_type(mode)}; name a {what}"
    if not kind.folder and not stat.S_ISREG(mode):
        return path, f"it is {file_type(mode)}; name a file"
    rights = os.W_OK if kind.written else os.R_OK
    if not os.access(path, rights | os.X_OK if kind.folder else rights):
        verb = "write to" if kind.written else "read"
        return path, f"this account may not {verb} it; give it the right to, or name another {what}"
    return path, ""


def _missing(path: Path, kind: Kind, what: str) -> tuple[Path, str]:
    """The same for a path that does not exist: can it be created?"""
    if not kind.made:
        return path, f"there is no such {what}; name an existing one"
    above = next(folder for folder in path.parents if os.path.lexists(folder))
    if not above.is_dir():
        return above, f"{shown(str(above))} is a file, so the {what} cannot be made; name another {what}"
    if kind.written and not os.access(above, os.W_OK | os.X_OK):
        may = f"this account may not write to {shown(str(above))}"
        return above, f"{may}, so the {what} cannot be made; give it the right to, or name another {what}"
    return above, ""
