# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Python that is too old is told in one sentence, and not by whatever it does not understand first.

Every module calls ``require`` before it imports anything else of ours. So this file, unlike all others, has to be
understood by Python 3.6, the oldest that ansible-core 2.16 runs on a host (RHEL 8). So do the module files themselves.
"""

import json
import sys
import typing as t

LEAST = (3, 11)


def problem(version: t.Sequence[t.Any] = sys.version_info) -> t.Optional[str]:
    """Why our modules cannot run with this Python, or None."""
    if tuple(version[:2]) >= LEAST:
        return None
    found, least = (".".join(str(part) for part in numbers) for numbers in (version[:3], LEAST))
    return (
        f"Python {least} or newer is needed here, and {sys.executable} is Python {found}; set "
        "ansible_python_interpreter of this host to a newer one that has the libraries of requirements.txt"
    )


def require() -> None:
    """End the module with a failure that Ansible understands where this Python is too old."""
    why = problem()
    if why is not None:
        sys.stdout.write(json.dumps({"failed": True, "changed": False, "msg": why}) + "\n")
        raise SystemExit(1)
