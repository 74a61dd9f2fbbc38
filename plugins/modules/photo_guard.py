#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of photo_guard, which is carried out by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: photo_guard
short_description: Refuse a plan that would replace or remove too many photos
version_added: 0.1.0
author: hybrid.photos developers (@hybrid-photos)
description:
  - Checks the plans of M(hybrid.photos.ad_thumbnail_photo) and M(hybrid.photos.exo_user_photo) (from check mode or
    their option C(plan_only)) for all shards of a play together, and fails when a limit is exceeded.
  - Each target is checked separately, if ten or more users were checked there. First photos count only for
    O(max_added).
extends_documentation_fragment:
  - hybrid.photos.attributes.looking
  - hybrid.photos.attributes.controller
options:
  results:
    description: The registered results of the photo modules, in any order.
    type: list
    elements: dict
    required: true
  max_replaced:
    description: How many existing photos may be replaced, as a count or as a percentage of the checked users.
    type: str
    default: 30%
  max_removed:
    description: How many photos may be removed, as a count or as a percentage of the checked users.
    type: str
    default: 10%
  max_added:
    description: How many users may get a first photo, as a count or as a percentage of the checked users. Not limited if
      not given.
    type: str
  shared_pictures:
    description:
      - With V(refuse), users whose planned picture is also declared for other users, in one shard or in several, are
        returned as RV(shared) and count as unchanged. The filter P(hybrid.photos.approved_changes#filter) leaves them out
        of a plan.
    type: str
    choices: [allow, refuse]
    default: allow
  prefix:
    description:
      - The prefix of the names of the limits in messages. A role gives V(sync_), so that a message names the variable
        of the role.
    type: str
    default: ""
seealso:
  - module: hybrid.photos.ad_thumbnail_photo
  - module: hybrid.photos.exo_user_photo
"""

EXAMPLES = r"""
- name: Plan for Active Directory
  hybrid.photos.ad_thumbnail_photo:
    photos: "{{ photos }}"
    plan_only: true
  register: plan_ad

- name: Plan for Exchange Online
  hybrid.photos.exo_user_photo:
    photos: "{{ photos }}"
    plan_only: true
  register: plan_exo

- name: Stop if too many photos would be replaced or removed
  hybrid.photos.photo_guard:
    results: ["{{ plan_ad }}", "{{ plan_exo }}"]
    max_replaced: 25
    max_removed: 5%
"""

RETURN = r"""
allowed:
  description: Whether the plan is within the limits.
  returned: always
  type: bool
  sample: true
figures:
  description: How many photos were checked and would be replaced, removed and added, by target.
  returned: always
  type: dict
  sample: {"ad": {"checked": 500, "replaced": 7, "removed": 2, "added": 0}}
shared:
  description: Users whose planned picture is also declared for other users, with these users.
  returned: always
  type: dict
  sample: {"alice@example.com": ["bob@example.com"]}
msg:
  description: If the plan is refused, the figures, the first users and the options that would allow it.
  returned: always
  type: str
  sample: The plan is within limits.
"""
