# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a module did not run to its end: a full disk, a killed process, a temporary folder that is gone.

Ansible's own words for it are "Module result deserialization failed: No start of json char found", or it raises an
exception, which ``failed_when`` does not catch: the host would leave the play, and its users the report.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import tempfile
import typing as t
from pathlib import Path

from ansible.errors import AnsibleError

#: Codes of the system that say that a disk, or a quota of it, is full. Python writes them as "[Errno 28]".
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
#: A shell adds this to the number of the signal that ended a command.
_BY_SHELL = 128


def outcome_of(module: t.Callable[[], t.Mapping[str, t.Any]], *, as_result: bool) -> dict[str, t.Any]:
    """The result of a module, with a message that says why there is none.

    ``as_result``: a module that cannot be started is a failed result, and no exception. With an exception, or as an
    unreachable host, the host would leave the play: its users would be in no report, and if it is the last host there
    would be no report.
    """
    try:
        return explained(module())
    except (AnsibleError, OSError) as error:
        if not as_result:
            raise
        return of_exception(error)


def explained(result: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The result of a module, with a message that says why there is none.

    Ansible gives a result that it could not read with the output of the module.
    """
    if "module_stderr" not in result and "module_stdout" not in result:
        return dict(result)
    printed = f"{result.get('module_stderr') or ''}{result.get('module_stdout') or ''}"
    why = _full(printed) or _removed(printed) or _ended(result.get("rc"))
    return {**result, "msg": f"{why} {result.get('msg') or ''}".rstrip()} if why else dict(result)


def of_exception(error: Exception) -> dict[str, t.Any]:
    """The failed result of a module that could not be started."""
    said = str(error)
    full = isinstance(error, OSError) and error.errno in _FULL
    why = _full(f"[Errno {errno.ENOSPC}]" if full else said) or _removed(said)
    msg = f"{why} {said}" if why else f"The module could not be run: {said}"
    # Where Ansible's exception made the host fail, the role does so, after its report.
    return {"failed": True, "changed": False, "not_started": True, "msg": msg}


def _full(text: str) -> str | None:
    if not any(f"[Errno {code}]" in text for code in _FULL):
        return None
    return (
        "The module could not be run, because a disk is full: that of the temporary folder "
        f"({tempfile.gettempdir()}; TMPDIR), or that of Ansible's own (ANSIBLE_LOCAL_TEMP, ANSIBLE_REMOTE_TEMP)."
    )


def _removed(text: str) -> str | None:
    """The temporary folder was there when Ansible began, and is not any more."""
    folder = tempfile.gettempdir()
    if f"[Errno {errno.ENOENT}]" not in text or f"{folder}{os.sep}" not in text or Path(folder).is_dir():
        return None
    return f"The module could not be run, because the temporary folder {folder} (TMPDIR) was removed during the run."


def _ended(code: t.Any) -> str | None:
    """The signal that ended a process, told by its exit status."""
    if not isinstance(code, int):
        return None
    number = -code if code < 0 else code - _BY_SHELL
    with contextlib.suppress(ValueError):
        name = signal.Signals(number).name
        hint = " Perhaps there was too little memory." if number == signal.SIGKILL else ""
        return f"The process of the module was ended by the signal {name}.{hint}"
    return None
