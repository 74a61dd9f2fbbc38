#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of photo_validate, which is carried out by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: photo_validate
short_description: Check a folder of photo definitions without a server
version_added: 0.1.0
author: hybrid.photos developers (@hybrid-photos)
description:
  - Checks every definition and every picture of a definitions folder, for pull requests. It needs no network and no
    credentials.
  - Errors are definitions that cannot be used, files that are damaged or not pictures, pictures that Microsoft 365 would
    refuse as too small, and files larger than O(max_file_bytes).
  - Warnings are pictures that are too small to be sharp, pictures of which a square from the centre keeps too little,
    pictures of several users that look the same, and pictures that no definition uses.
  - One picture for several users is an error or a warning, see O(shared_pictures).
  - If a picture from an export is unchanged and too small to be sharp, there is no warning, because no target had a larger
    one. A line of RV(lines) counts such pictures.
  - The role P(hybrid.photos.validate#role) runs this module.
extends_documentation_fragment:
  - hybrid.photos.attributes.looking
  - hybrid.photos.attributes.controller
options:
  path:
    description:
      - The definitions folder on the controller.
      - A relative path starts from the folder of the playbook, or, for a playbook of a collection, from the folder in
        which Ansible was called.
    type: path
    required: true
  junit:
    description:
      - A file to which the findings are written as JUnit XML, with a test case for each user. It is written in check mode,
        too.
      - A relative path starts as in O(path).
    type: path
  sharp_side:
    description: The smallest side in pixels of a picture that counts as sharp. Microsoft 365 offers sizes up to 648.
    type: int
    default: 648
  max_crop_loss:
    description: A warning is given if a square from the centre of a picture loses more than this percentage of it.
    type: int
    default: 35
  max_file_bytes:
    description: The largest size of a picture file in Git in bytes.
    type: int
    default: 5242880
  exclude:
    description:
      - Names or patterns of users whose pictures are not read or checked. V(*) is any text, V(?) is one character.
        RV(excluded) names them. Definitions that cannot be used are still errors, because they stop every run.
    type: list
    elements: str
    default: []
  shared_pictures:
    description:
      - What one picture for several users is, unless it is the default picture. V(refuse) makes it an error, as the roles
        drift and sync refuse such a picture; V(allow) makes it a warning.
    type: str
    choices: [allow, refuse]
    default: allow
  prefix:
    description:
      - The prefix of the names of options in messages. A role gives V(validate_), so that a message names the variable
        of the role.
    type: str
    default: ""
  fail_on:
    description: The severity from which the task fails. With V(warning), warnings fail the task, too.
    type: str
    choices: [error, warning]
    default: error
  show:
    description: Whether to show the findings.
    type: bool
    default: true
requirements:
  - pillow
seealso:
  - plugin: hybrid.photos.definitions
    plugin_type: inventory
"""

EXAMPLES = r"""
- name: Check the pictures of a pull request
  hybrid.photos.photo_validate:
    path: photos
    junit: reports/validate.xml
    fail_on: warning
"""

RETURN = r"""
valid:
  description: Whether the folder passed the check.
  returned: always
  type: bool
findings:
  description: The errors and warnings, ordered by file and line.
  returned: always
  type: list
  elements: dict
  contains:
    severity: {description: 'V(error) or V(warning).', type: str, returned: always}
    kind:
      description:
        - The kind of the finding.
        - One of V(definition), V(unreadable), V(too_small), V(not_sharp), V(not_square), V(used_twice), V(file_size), V(unused),
          V(ignored), V(name), V(template), V(hidden_text).
        - V(ignored) is a file that declares no user but probably should; V(name) is a file with a wrong name, such as
          that of a copy.
      type: str
      returned: always
    file: {description: The file in the folder., type: str, returned: always}
    line: {description: The line in it., type: int, returned: when there is one}
    user: {description: The user it concerns., type: str, returned: when there is one}
    message: {description: What is wrong and what to do., type: str, returned: always}
summary:
  description: Counts.
  returned: always
  type: dict
  sample: {"users": 34, "excluded": 0, "pictures": 31, "errors": 2, "warnings": 3}
matched:
  description: The names and patterns of O(exclude) that matched a user.
  returned: success
  type: list
  elements: str
excluded:
  description: Declared users that O(exclude) excludes.
  returned: always
  type: list
  elements: str
  sample: []
ignored:
  description: All other files that declare no user, each with C(file) and C(reason). Hidden files are left out.
  returned: always
  type: list
  elements: dict
  sample: [{"file": "README.md", "reason": "it is not a picture"}]
lines:
  description: The findings as text, the files that declare no user, and the totals.
  returned: always
  type: list
  elements: str
"""
