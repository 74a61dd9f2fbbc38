#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of photo_plan, which is carried out by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: photo_plan
short_description: Read and verify the C(drift.json) of a check run as a plan, once for all hosts
version_added: 0.1.0
author: hybrid.photos developers (@hybrid-photos)
description:
  - Writes the changes of a plan to files. Each host reads those of its own users with the filter
    P(hybrid.photos.approved_changes#filter). The role P(hybrid.photos.sync#role) uses it for O(hybrid.photos.sync#role:main:sync_plan).
  - A C(drift.json) that is not a plan, or that was changed after it was written, is refused.
  - The files are in Ansible's temporary folder of this run (C(DEFAULT_LOCAL_TMP)). Only their owner can open them, and
    Ansible removes them at the end. They are written in check mode, too.
extends_documentation_fragment:
  - hybrid.photos.attributes.looking
  - hybrid.photos.attributes.controller
options:
  plan:
    description: The C(drift.json) that M(hybrid.photos.drift_report) wrote.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Read what was approved
  hybrid.photos.photo_plan:
    plan: drift.json
  run_once: true
  register: approved

- name: Apply it
  hybrid.photos.exo_user_photo:
    photos: "{{ photos }}"
    approved: "{{ approved.changes_files.exo | hybrid.photos.approved_changes('exo', photos | map(attribute='user')) }}"
"""

RETURN = r"""
changes_files:
  description: By target, the path of the file, the number of its changes, and its SHA-256.
  returned: success
  type: dict
changes:
  description: How many changes the plan has at each target.
  returned: success
  type: dict
  sample: {"ad": 0, "exchange": 0, "exo": 17}
"""
