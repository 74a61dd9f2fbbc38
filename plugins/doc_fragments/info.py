# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # The options of info_argument_spec() whose meaning does not depend on the target.
    DOCUMENTATION = r"""
options:
  users:
    description:
      - The users to examine, by the attribute in O(match_by). A name that is given twice counts once.
      - All users if it is empty. Users without a unique value of O(match_by) are then listed under another name. If they
        have a photo, they are V(unresolved) with O(dest), because no definition could name them.
    type: list
    elements: str
    default: []
  people:
    description:
      - With O(match_by=anchor), the registered result of another module about the users at the other target. Users then
        have the names of the other target, and are found by their source anchor, in Exchange Server by their
        C(objectGUID).
      - Usually this is a result of M(hybrid.photos.ad_user_info), or of the info module of the other target.
    type: dict
  dest:
    description:
      - A folder for the photos and a manifest C(photos.yml), which is a definitions folder for the inventory plugin
        P(hybrid.photos.definitions#inventory). It is created if it is missing, and only its owner can read it.
      - Files are named after the user, in a form that every file system accepts. Percent-decoding gives the user's
        name; upper and lower case make no difference.
      - A second export fetches and writes only changes, and removes users who no longer have a photo. Users that could not
        be read keep their files. Manual additions to the manifest are kept, and files that no export wrote are not
        changed. C(.photos-export.json) records which files an export wrote.
      - With O(users), the photos of other users are not changed.
    type: path
  only_holders:
    description:
      - Only list all users with a photo, with as few requests as possible. Users without a photo have no row, no picture is
        read, and sizes are not known. Not with O(users) or O(dest).
      - The role P(hybrid.photos.drift#role) uses it for C(drift_undeclared).
    type: bool
    default: false
  names_only:
    description:
      - Only list the users, as RV(ignore:users), without their photos. RV(ignore:photos) then only has rows for users with a
        problem. Not with O(dest) or O(only_holders).
      - The role P(hybrid.photos.lead#role) uses it to divide the users into shards.
    type: bool
    default: false
  as_all:
    description: Whether O(users) come from a list of all users (O(names_only)). Then a user without a mailbox counts as a user
      without a photo and is not a problem, as with empty O(users).
    type: bool
    default: false
  receipts:
    description:
      - With O(dest), a file that records which photos were read. An unchanged photo is not read again; its row has
        RV(ignore:photos[].remembered), the hash and the size, and no file in O(dest).
      - An unchanged photo is recognized by the ETag in Exchange Online, and by the hash or C(uSNChanged) in Active
        Directory. Exchange Server always sends the photo, so there only the file is saved.
      - It may be the receipts file of the photo modules.
    type: path
  remember:
    description: Whether to record the photos in O(receipts). With V(false), and in check mode, the file is only read.
    type: bool
    default: true
  ignore_problems:
    description:
      - Problems that do not make the module fail, such as V(unavailable). They are still in the results.
      - V(no_mailbox) are only those V(unavailable) users who certainly have no mailbox at the target.
    type: list
    elements: str
    choices: [unresolved, unavailable, invalid, no_mailbox]
    default: []
seealso:
  - module: hybrid.photos.photo_merge
  - plugin: hybrid.photos.definitions
    plugin_type: inventory
requirements:
  - python >= 3.11
  - pillow
"""
