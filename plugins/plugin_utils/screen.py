# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines on the screen, in addition to Ansible's own output."""

from __future__ import annotations

from ansible import constants as C
from ansible.utils.display import Display

display = Display()


def stdout_is_a_document() -> bool:
    """Does the callback print JSON to standard output: one document (``json``) or one for each event (``jsonl``)?"""
    return "json" in str(C.DEFAULT_STDOUT_CALLBACK)


def tell(line: str, colour: str | None = None) -> None:
    """Print a line immediately. It goes to standard error if standard output is JSON for a program."""
    display.display(line, color=colour, stderr=stdout_is_a_document())
