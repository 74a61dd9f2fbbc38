# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # The options of doctor_argument_spec() whose meaning does not depend on the target.
    DOCUMENTATION = r"""
options:
  users:
    description:
      - The users to check, by the attribute in O(match_by).
      - If empty, the checks of users are skipped.
    type: list
    elements: str
    default: []
  writes:
    description: Whether later runs will write photos. If not, fewer permissions are needed.
    type: bool
    default: true
  receipts:
    description: The receipts file of the runs, if they have one.
    type: path
seealso:
  - module: hybrid.photos.photo_doctor
"""
