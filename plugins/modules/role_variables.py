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
  - Ansible ignores a variable that nothing asks for. A mistyped limit or target would then be a silent default.
  - A variable with the prefix of the role that is like one of its variables is refused, with the right name. So is one
    that was given with C(-e) and has the prefix, or is the name of a variable of the role without the prefix.
  - Any other variable with the prefix of the role gets a warning, because it may belong to something else.
  - Of the role's own variables the values are checked, by its argument specification. A wrong one is one sentence that
    names the variable and the value. Ansible's own check of a role would show the whole specification beside it, so the
    playbooks of this collection switch that off.
  - Values of other variables are not looked at, and neither are entries of users. The roles of this collection begin with
    it.
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
  description: The variables that are not known, each with the nearest one that is, or the values that are wrong.
  returned: failure
  type: str
  sample: The role sync knows no variable sync_target (did you mean sync_targets?).
"""
