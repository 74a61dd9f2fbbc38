# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports a Python that is too old in one sentence, before that Python fails at syntax that it does not know.

Every module calls ``require`` before it imports other files of ours. So this file must run on Python 3.6, the oldest
that ansible-core 2.16 runs on a host (RHEL 8). The same is true of the module files themselves.
"""

import json
import sys
import typing as t

LEAST = (3, 11)


def problem(version: t.Sequence[t.Any] = sys.version_info) -> t.Optional[str]:
    """Why our modules cannot run with this Python; None when they can."""
    if tuple(version[:2]) >= LEAST:
        return None
    found, least = (".".join(str(part) for part in numbers) for numbers in (version[:3], LEAST))
    return (
        f"Python {least} or newer is needed here, and {sys.executable} is Python {found}; set "
        "ansible_python_interpreter of this host to a newer one that has the libraries of requirements.txt"
    )


def require() -> None:
    """End the module with a failure that Ansible understands, when this Python is too old."""
    why = problem()
    if why is not None:
        sys.stdout.write(json.dumps({"failed": True, "changed": False, "msg": why}) + "\n")
        raise SystemExit(1)
