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
      - The users to look at, named as O(match_by) says. A name that is given twice counts once.
      - All users when it is empty. Users without a unique value of O(match_by) are listed under another name; when they
        have a photo, they are V(unresolved) with O(dest), because no definition could name them.
    type: list
    elements: str
    default: []
  people:
    description:
      - With O(match_by=anchor), what another module returned about the users at the other target, as registered. Users
        are then named as they are there, and found by their source anchor, in Exchange Server by their C(objectGUID).
      - Usually that is M(hybrid.photos.ad_user_info), or the info module of the other target.
    type: dict
  dest:
    description:
      - A folder for the photos and a manifest C(photos.yml), which is a definitions folder for the inventory plugin
        P(hybrid.photos.definitions#inventory). Made when it is missing, not readable by others.
      - Files are named after the user, in a form that every file system accepts. Percent-decoding gives the user's
        name; upper and lower case make no difference.
      - A second export fetches and writes only what changed, and removes users who have no photo any more. Users that
        could not be read keep their files. What people added to the manifest stays, and files that no export wrote are
        not changed. C(.photos-export.json) records which files an export wrote.
      - With O(users) the photos of other users stay as they are.
    type: path
  only_holders:
    description:
      - Only list all users that have a photo, with as few requests as possible. Users without a photo have no row, no
        picture is read, and sizes are not known. Not with O(users) or O(dest).
      - The role P(hybrid.photos.drift#role) uses it for C(drift_undeclared).
    type: bool
    default: false
  names_only:
    description:
      - Only list the users, as RV(ignore:users), and look at no photo. RV(ignore:photos) has rows for users with a
        problem alone. Not with O(dest) or O(only_holders).
      - The role P(hybrid.photos.lead#role) divides the users into shards with it.
    type: bool
    default: false
  as_all:
    description: Whether O(users) are some of all users, listed with O(names_only). Then one without a mailbox has no photo,
      and is no problem, as it is when O(users) is empty.
    type: bool
    default: false
  receipts:
    description:
      - With O(dest), a file that remembers which photos were read. A photo that is still the same is not read again; its
        row has RV(ignore:photos[].remembered), the hash and the size, and no file in O(dest).
      - The same photo is known by the ETag in Exchange Online, and by the hash or C(uSNChanged) in Active Directory.
        Exchange Server sends a photo whenever it is asked, so this saves only the file there.
      - It may be the receipts file of the photo modules.
    type: path
  remember:
    description: Whether what is read is remembered in O(receipts). With V(false), and in check mode, the file is only read.
    type: bool
    default: true
  ignore_problems:
    description:
      - Problems that do not make the module fail, such as V(unavailable). They are still in the results.
      - V(no_mailbox) is only the part of V(unavailable) that certainly has no mailbox at the target.
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
