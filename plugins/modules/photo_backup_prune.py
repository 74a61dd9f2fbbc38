#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: photo_backup_prune
short_description: Remove the backups of old runs
version_added: 0.1.0
author:
  - hybrid.photos developers (@hybrid-photos)
description:
  - Removes backups that the photo modules saved in C(backup_dir), run by run, oldest first. The roles use it for
    C(sync_keep_backups), C(lead_keep_backups) and C(restore_keep_backups).
  - It never removes the newest run, the newest run that is not a restore, the run O(run), and a run that may still be saving
    photos.
  - Only folders with a manifest of this collection are changed, and in them only its own files. Links are not followed. If
    a manifest has a damaged line or is of a newer release, the run is kept and reported.
  - If a call is killed, the next one completes the work.
extends_documentation_fragment:
  - hybrid.photos.attributes.looking
options:
  path:
    description:
      - A folder with a C(manifest.jsonl), or a folder whose subfolders have one, such as the V(backups) folder of the reports
        of P(hybrid.photos.sync#role). A folder that does not exist has no old runs.
    type: path
    required: true
  keep:
    description:
      - What to keep. A number of runs, such as V(20), or a number of days, such as V(30d), since the last backup of a run.
        Restores count as runs. A run that saved nothing has no backups and does not count.
      - If not given, nothing is removed.
    type: str
  run:
    description:
      - The run that has just ended. Its end is recorded, and it is not removed.
      - A run without a recorded end is kept for an hour after its last backup, because it may still be running.
    type: str
    default: ""
  saves:
    description: In check mode, whether O(run) would save photos. Then it counts as one run more.
    type: bool
    default: false
seealso:
  - module: hybrid.photos.photo_backup_info
  - module: hybrid.photos.photo_backup_forget
"""

EXAMPLES = r"""
- name: Keep the backups of the last thirty days
  hybrid.photos.photo_backup_prune:
    path: reports/backups
    keep: 30d
"""

RETURN = r"""
removed:
  description:
    - The runs whose backups were removed, oldest first, with the number of their photos and the time of their last backup.
      In check mode, the runs that would be removed.
  returned: success
  type: list
  elements: dict
  sample: [{"run": "20260823T081500Z", "time": "2026-08-23T08:15:07.123456+00:00", "photos": 16}]
photos:
  description: How many photos these runs have.
  returned: success
  type: int
  sample: 16
kept:
  description: How many runs are kept.
  returned: success
  type: int
  sample: 20
left:
  description: Old runs, or folders, that were not removed, with C(what) and C(reason).
  returned: success
  type: list
  elements: dict
lines:
  description: The same as text for the screen. Empty if there was nothing to remove.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.hybrid.photos.plugins.module_utils._core.least_python import require

require()

from pathlib import Path

from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._entry.text_module import TextModule
from ansible_collections.hybrid.photos.plugins.module_utils._restore.keep import Keep, prune

ARGUMENTS = {
    "path": {"type": "path", "required": True},
    "keep": {"type": "str"},
    "run": {"type": "str", "default": ""},
    "saves": {"type": "bool", "default": False},
}


def main() -> None:
    module = TextModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    given = module.params
    try:
        keep = Keep.parse(given["keep"]) if given["keep"] is not None else None
        done = prune(Path(given["path"]).resolve(), keep, given["run"], check=module.check_mode, saves=given["saves"])
    except PhotoError as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=bool(done.removed),
        removed=[run.told() for run in done.removed],
        photos=sum(run.photos for run in done.removed),
        kept=done.kept,
        left=[{"what": what, "reason": why} for what, why in done.left],
        lines=done.lines(keep, module.check_mode) if keep is not None else [],
    )


if __name__ == "__main__":
    main()
