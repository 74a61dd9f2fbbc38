#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: photo_backup_forget
short_description: Erase one person's photos from all backups
version_added: 0.1.0
author:
  - hybrid.photos developers (@hybrid-photos)
description:
  - Erases the photos of one user from the backups of all runs, for example of a person who left. The role
    P(hybrid.photos.restore#role) uses it for C(restore_forget).
  - Accounts are identified by id. All backups of an account are erased, even if it had different names in the runs.
  - A name that belonged to several accounts of one target is refused, because it may have been given to another person. The
    message lists the accounts. Give the id of the right account.
  - The pictures and their data in the manifests (hashes, fingerprints, tags) are erased. For each photo, one line remains
    with the user, the run and the time of the erasure, so that a restore can report it.
  - The file C(erased.jsonl) in O(path) records who erased what, when, from which runs, and how many files. It does not
    describe the pictures.
  - Photos at the targets, files in Git and reports are not changed.
  - Nothing is erased while a run saves photos there. If a call is killed, the next one completes the work.
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
  user:
    description:
      - The user, by a name in any of the runs or by the id of an account. An id means only that account. A name means the
        user's account at each target.
    type: str
    required: true
  receipts:
    description:
      - A receipts file (the option C(receipts) of the photo modules). Its entries of these accounts are erased, too. A receipt
        contains hashes and a fingerprint of the photo.
    type: path
  by:
    description: The name for the record of the erasure. By default the account that runs the module and the host name.
    type: str
seealso:
  - module: hybrid.photos.photo_backup_info
  - module: hybrid.photos.photo_backup_prune
"""

EXAMPLES = r"""
- name: Erase the photos of a leaver
  hybrid.photos.photo_backup_forget:
    path: reports/backups
    user: alice@example.com
"""

RETURN = r"""
accounts:
  description: The accounts whose photos were erased; in check mode, the accounts whose photos would be erased.
  returned: success
  type: list
  elements: dict
  contains:
    target: {description: The target of the account., type: str, returned: always}
    authority: {description: The domain or tenant., type: str, returned: always}
    id: {description: The account's id., type: str, returned: always}
    names: {description: The names of the account in the runs., type: list, elements: str, returned: always}
    runs: {description: The runs with backups of the account., type: list, elements: str, returned: always}
files:
  description: How many pictures were erased.
  returned: success
  type: int
  sample: 4
receipts:
  description: How many entries of the receipts file were erased.
  returned: success
  type: int
others:
  description:
    - Accounts that had the same name as the user in some run and were not erased. They may belong to another person. They
      have the fields of RV(accounts).
  returned: success
  type: list
  elements: dict
problems:
  description: Lines of manifests that could not be read. It is not known which users they name.
  returned: success
  type: list
  elements: str
lines:
  description: The same as text for the screen.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.hybrid.photos.plugins.module_utils._core.least_python import require

require()

from pathlib import Path

from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._entry.text_module import TextModule
from ansible_collections.hybrid.photos.plugins.module_utils._restore.forget import forget

ARGUMENTS = {
    "option_prefix": {"type": "str", "default": ""},
    "path": {"type": "path", "required": True},
    "user": {"type": "str", "required": True},
    "receipts": {"type": "path"},
    "by": {"type": "str"},
}


def main() -> None:
    module = TextModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    given = module.params
    receipts = Path(given["receipts"]) if given["receipts"] else None
    try:
        done, changed = forget(
            Path(given["path"]).resolve(),
            given["user"],
            given["by"] or "",
            receipts,
            check=module.check_mode,
            option_prefix=given["option_prefix"],
        )
    except PhotoError as error:
        module.fail_json(msg=str(error))
    for problem in done.problems:
        module.warn(problem)
    module.exit_json(
        changed=changed,
        accounts=[account.told() for account in done.accounts],
        files=done.files,
        receipts=done.receipts,
        others=[account.told() for account in done.others],
        problems=done.problems,
        lines=done.lines(module.check_mode, changed),
    )


if __name__ == "__main__":
    main()
