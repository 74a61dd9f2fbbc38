# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines for a person, beside what Ansible prints itself."""

from __future__ import annotations

from ansible import constants as C
from ansible.utils.display import Display

display = Display()


def stdout_is_a_document() -> bool:
    """Does the callback print one JSON document (``json``) or one for each event (``jsonl``) to standard output?"""
    return "json" in str(C.DEFAULT_STDOUT_CALLBACK)


def tell(line: str, colour: str | None = None) -> None:
    """Print a line at once: to standard error where standard output is for a program that reads JSON."""
    display.display(line, color=colour, stderr=stdout_is_a_document())
