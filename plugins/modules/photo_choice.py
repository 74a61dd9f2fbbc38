#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of photo_choice, which is carried out by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: photo_choice
short_description: Choose the users of a host for a run, and keep their entries in a file
version_added: 0.1.0
author: hybrid.photos developers (@hybrid-photos)
description:
  - The roles of this collection begin with this module on each host. The photo modules then read the entries from the file
    with their option C(photos_file). So arguments and variables do not contain thousands of entries.
  - The file is in Ansible's temporary folder of this run (C(DEFAULT_LOCAL_TMP)). Only its owner can open it, and Ansible
    removes it at the end. It is written in check mode, too.
extends_documentation_fragment:
  - hybrid.photos.attributes.looking
  - hybrid.photos.attributes.controller
options:
  variable:
    description: The name of the variable with the entries, which are a list as in the option C(photos) of the photo modules.
    type: str
    required: true
  more:
    description: Additional entries of users who may be undeclared, such as users who get the default picture.
    type: list
    elements: dict
    default: []
  prefix:
    description: The prefix of the variables' names in messages, such as V(sync_). Then O(only) is called C(sync_users).
    type: str
    default: ""
  only:
    description: Names of users, or patterns with C(*), C(?) and C([abc]). If empty, all users are chosen.
    type: list
    elements: str
    default: []
  exclude:
    description: Names or patterns of users who are left out, even if O(only) names them.
    type: list
    elements: str
    default: []
  confirm:
    description: Names of users in lower case. RV(confirmed) returns those that the host declares.
    type: list
    elements: str
    default: []
  everybody:
    description: Whether to also keep the names of all users of the host in a file, for M(hybrid.photos.drift_report).
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Choose the users of this run
  hybrid.photos.photo_choice:
    variable: photos
    exclude: ["*@contractors.example.com"]
  register: choice

- name: Compare their photos
  hybrid.photos.exo_user_photo:
    photos_file: "{{ choice.photos_file }}"
  check_mode: true
"""

RETURN = r"""
photos_file:
  description: The path of the file, the number of its lines, and its SHA-256.
  returned: success
  type: dict
  sample: {"path": "/home/ops/.ansible/tmp/ansible-local-4711/hybrid.photos/0f.jsonl", "rows": 500, "sha256": "9f86…"}
shard:
  description: The host.
  returned: success
  type: str
chosen:
  description: How many users were chosen.
  returned: success
  type: int
declared:
  description: How many of them are declared for each target.
  returned: success
  type: dict
  sample: {"ad": 498, "exchange": 498, "exo": 500}
excluded:
  description: How many users were excluded.
  returned: success
  type: int
not_chosen:
  description: How many other users were not chosen.
  returned: success
  type: int
matched:
  description: The names and patterns that matched a user.
  returned: success
  type: list
  elements: str
confirmed:
  description: The names in O(confirm) that are declared.
  returned: success
  type: list
  elements: str
"""
