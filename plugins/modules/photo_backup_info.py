#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: photo_backup_info
short_description: List the photos in a backup folder and how to restore them
version_added: 0.1.0
author:
  - hybrid.photos developers (@hybrid-photos)
description:
  - Reads the photos that the photo modules saved in C(backup_dir) before they overwrote or removed them, and returns the
    options with which these modules restore the photos.
  - This module only reads files. The role P(hybrid.photos.restore#role) restores the photos.
  - If a user had no photo before the run, there is no backup. The photo of the run can be removed with O(first=remove).
extends_documentation_fragment:
  - hybrid.photos.messages
  - hybrid.photos.attributes.looking
options:
  path:
    description:
      - A folder with a C(manifest.jsonl), or a folder whose subfolders have one, such as the V(backups) folder of the reports
        of P(hybrid.photos.sync#role).
    type: path
    required: true
  run:
    description:
      - The run to undo. If not given, the newest run. Runs of the role P(hybrid.photos.restore#role), whose names begin
        with V(restore-), are only used if they are named here.
    type: str
  users:
    description: Only these users, by their name in that run or by id. All users if not given.
    type: list
    elements: str
    default: []
  exclude:
    description:
      - Names or patterns of users whose photos are not restored, even if O(users) names them. V(*) is any text, V(?) is one
        character. RV(excluded) lists them.
    type: list
    elements: str
    default: []
  targets:
    description: Only these targets.
    type: list
    elements: str
    choices: [ad, exchange, exo]
    default: [ad, exchange, exo]
  force:
    description: Restore photos even if they were changed since that run.
    type: bool
    default: false
  first:
    description:
      - What to do with photos that the run put for users without a photo. V(remove) removes them, but only if the target
        still has the photo of the run.
    type: str
    choices: [keep, remove]
    default: keep
seealso:
  - module: hybrid.photos.exo_user_photo
  - module: hybrid.photos.ad_thumbnail_photo
  - module: hybrid.photos.photo_backup_forget
  - module: hybrid.photos.photo_backup_prune
"""

EXAMPLES = r"""
- name: See which runs can be undone
  hybrid.photos.photo_backup_info:
    path: reports/backups
  register: backups

- name: Show them
  ansible.builtin.debug:
    var: backups.runs
"""

RETURN = r"""
run:
  description: The run that was chosen.
  returned: success
  type: str
  sample: 20261123T081500Z
runs:
  description: All runs in the folder, oldest first, with the time of their last backup and the number of photos by target.
  returned: success
  type: list
  elements: dict
  sample: [{"run": "20261123T081500Z", "time": "2026-11-23T08:15:07.123456+00:00", "ad": 7, "exchange": 0, "exo": 9}]
ad:
  description: The options with which M(hybrid.photos.ad_thumbnail_photo) restores the photos.
  returned: success
  type: dict
  contains: &contains
    photos: {description: For its option C(photos). Users are named by id., type: list, elements: dict, returned: always}
    approved: {description: For its option C(approved). Null with O(force=true)., type: list, elements: dict, returned: always}
    authority: {description: For its option C(authority)., type: str, returned: always}
    names: {description: The users' names in that run by id., type: dict, returned: always}
exchange:
  description: The options with which M(hybrid.photos.exchange_user_photo) restores the photos.
  returned: success
  type: dict
  contains: *contains
exo:
  description: The options with which M(hybrid.photos.exo_user_photo) restores the photos.
  returned: success
  type: dict
  contains: *contains
excluded:
  description: Names of users of this run that O(exclude) excludes.
  returned: success
  type: list
  elements: str
  sample: [ceo@example.com]
first_left:
  description: How many photos that the run put for users without a photo are kept, with O(first=keep).
  returned: success
  type: int
  sample: 0
erased:
  description: >-
    Photos of this run that were erased from the backups on purpose (M(hybrid.photos.photo_backup_forget)), with C(user),
    C(target) and C(reason). For users in O(users), they are in RV(problems) instead.
  returned: success
  type: list
  elements: dict
problems:
  description: Backups that cannot be used, with C(user), C(target) and C(reason).
  returned: success
  type: list
  elements: dict
"""

from ansible_collections.hybrid.photos.plugins.module_utils._core.least_python import require

require()

from pathlib import Path

from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._core.targets import names
from ansible_collections.hybrid.photos.plugins.module_utils._entry.text_module import TextModule
from ansible_collections.hybrid.photos.plugins.module_utils._restore.restore import RestoreRequest, plan

ARGUMENTS = {
    "option_prefix": {"type": "str", "default": ""},
    "path": {"type": "path", "required": True},
    "run": {"type": "str"},
    "users": {"type": "list", "elements": "str", "default": []},
    "targets": {"type": "list", "elements": "str", "choices": list(names()), "default": list(names())},
    "force": {"type": "bool", "default": False},
    "exclude": {"type": "list", "elements": "str", "default": []},
    "first": {"type": "str", "choices": ["keep", "remove"], "default": "keep"},
}


def main() -> None:
    module = TextModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    given = module.params
    targets = tuple(given["targets"])
    request = RestoreRequest(
        tuple(given["users"]),
        given["run"] or "",
        targets,
        given["force"],
        given["first"],
        tuple(given["exclude"]),
        given["option_prefix"],
    )
    try:
        answer = plan(Path(given["path"]), request)
    except PhotoError as error:
        module.fail_json(msg=str(error))
    for warning in answer.pop("warnings"):
        module.warn(warning)
    module.exit_json(changed=False, **answer)


if __name__ == "__main__":
    main()
