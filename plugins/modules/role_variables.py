#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of role_variables, which is carried out by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: role_variables
short_description: Refuse variables that a role of this collection does not know, and wrong values
version_added: 0.1.0
author: hybrid.photos developers (@hybrid-photos)
description:
  - Ansible ignores unknown variables. If the name of a limit or of a target list is misspelled, its default is used without
    a message.
  - A variable is refused if it has the prefix of the role and its name is similar to one of the role's variables. The
    message has the right name. A variable that is given with C(-e) is also refused if it has the prefix, or if it is the
    name of one of the role's variables without the prefix.
  - Any other variable with the prefix of the role gets a warning, because it may belong to something else.
  - The values of the role's variables are checked with its argument specification. For a wrong value, the message is one
    sentence that names the variable and the value. Ansible's own check of a role would also show the whole specification,
    so the playbooks of this collection switch that check off.
  - Values of other variables and entries of users are not checked. The roles of this collection begin with this module.
extends_documentation_fragment:
  - hybrid.photos.attributes.looking
  - hybrid.photos.attributes.controller
options:
  role:
    description: The role.
    type: str
    choices: [doctor, drift, export, lead, restore, sync, validate]
    required: true
  excludes_nobody:
    description:
      - Names and patterns of the exclude list of the role that matched no user. They get a warning, because a misspelt one
        means that somebody is changed by mistake. Nothing else is checked then.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Refuse variables that the role does not know
  hybrid.photos.role_variables:
    role: sync
"""

RETURN = r"""
msg:
  description: The unknown variables, each with the most similar known one, or the wrong values.
  returned: failure
  type: str
  sample: The role sync has no variable sync_target (did you mean sync_targets?).
"""
