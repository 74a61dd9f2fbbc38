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
  - Erases the photos of one user from the backups of all runs, such as those of a person who left. The role
    P(hybrid.photos.restore#role) uses it for C(restore_forget).
  - Accounts are told apart by id. All backups of an account are erased, whatever the account was called in each run.
  - A name that belonged to several accounts of one target is refused, because it may have been given to another person. The
    message lists the accounts. Name the account by its id.
  - Erased are the pictures, and what the manifests say about them (hashes, fingerprints, tags). What is left of each is a line
    that says whose photo it was, in which run, and when it was erased, so that a restore can say so.
  - The file C(erased.jsonl) in O(path) keeps who erased what, when, from which runs, and how many files. It holds nothing
    that describes a picture.
  - Photos at the targets, files in Git and reports are not touched.
  - Nothing is erased while a run saves photos there. A call that was killed is finished by the next one.
extends_documentation_fragment:
  - hybrid.photos.messages
  - hybrid.photos.attributes.looking
options:
  path:
    description:
      - A folder with a C(manifest.jsonl), or one whose folders have one, such as the V(backups) folder of the reports of
        P(hybrid.photos.sync#role).
    type: path
    required: true
  user:
    description:
      - The user, named as in any of the runs, or by the id of an account. The id names that one account only; a name names
        the user's account at each target.
    type: str
    required: true
  receipts:
    description:
      - A receipts file, the option C(receipts) of the photo modules. What it knows of these accounts is erased too. A receipt
        holds hashes and a fingerprint of the photo.
    type: path
  by:
    description: Who erases, for the record. By default the account that runs the module, and the name of the host.
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
  description: The accounts whose photos were erased. In check mode those whose photos would be erased.
  returned: success
  type: list
  elements: dict
  contains:
    target: {description: Where the account is., type: str, returned: always}
    authority: {description: The domain or tenant., type: str, returned: always}
    id: {description: The account's id., type: str, returned: always}
    names: {description: What the account was called in the runs., type: list, elements: str, returned: always}
    runs: {description: The runs in whose backups it is., type: list, elements: str, returned: always}
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
    - Accounts that were left although they shared a name with the user in some run. They may be of another person. They have
      the fields of RV(accounts).
  returned: success
  type: list
  elements: dict
problems:
  description: Lines of manifests that could not be read, so that nobody knows whom they name.
  returned: success
  type: list
  elements: str
lines:
  description: The same for the screen.
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
