#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of photo_doctor, which is carried out by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: photo_doctor
short_description: Show what would stop a run, and fail if there is anything
version_added: 0.1.0
author: hybrid.photos developers (@hybrid-photos)
description:
  - Joins the findings of M(hybrid.photos.ad_photo_doctor), M(hybrid.photos.exchange_photo_doctor) and
    M(hybrid.photos.exo_photo_doctor), checks whether the accounts of the targets belong together, and shows a table with
    one line for each check.
  - The role P(hybrid.photos.doctor#role) runs all of them.
extends_documentation_fragment:
  - hybrid.photos.attributes.looking
  - hybrid.photos.attributes.controller
options:
  results:
    description: The registered results of these modules.
    type: list
    elements: dict
    required: true
  targets:
    description: The targets that should be checked.
    type: list
    elements: str
    choices: [ad, exchange, exo]
    default: [ad, exo]
  excluded:
    description: Users who were excluded from the checks. The table counts and names them.
    type: list
    elements: str
    default: []
  dest:
    description:
      - A file on the controller to which C(ok), C(counts), C(excluded) and C(checks) are written as JSON.
      - A relative path starts from the folder of the playbook, or, for a playbook of a collection, from the folder in
        which Ansible was called.
    type: path
  show:
    description: Whether to show the table.
    type: bool
    default: true
seealso:
  - module: hybrid.photos.ad_photo_doctor
  - module: hybrid.photos.exchange_photo_doctor
  - module: hybrid.photos.exo_photo_doctor
"""

EXAMPLES = r"""
- name: Check Active Directory
  hybrid.photos.ad_photo_doctor:
    users: [alice@example.com]
  # The last task shows the findings of both targets.
  failed_when: false
  register: found_ad

- name: Check Exchange Online
  hybrid.photos.exo_photo_doctor:
    users: [alice@example.com]
  failed_when: false
  register: found_exo

- name: Show what would stop a run, and fail if there is anything
  hybrid.photos.photo_doctor:
    results: ["{{ found_ad }}", "{{ found_exo }}"]
    dest: reports/doctor.json
"""

RETURN = r"""
checks:
  description: All checks, with C(area), C(name), C(status), C(text) and C(advice).
  returned: always
  type: list
  elements: dict
  sample: [{"area": "exo", "name": "sign-in", "status": "ok", "text": "signed in to tenant contoso", "advice": ""}]
ok:
  description: Whether no check failed.
  returned: always
  type: bool
counts:
  description: Number of checks by status.
  returned: always
  type: dict
  sample: {"ok": 17, "warn": 1, "fail": 0, "skipped": 1}
excluded:
  description: The names in O(excluded).
  returned: always
  type: list
  elements: str
  sample: []
lines:
  description: The table.
  returned: always
  type: list
  elements: str
"""
