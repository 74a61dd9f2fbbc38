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
        are then named as they are there, and found by their source anchor.
      - Usually that is M(hybrid.photos.ad_user_info), or the info module of the other target.
    type: dict
  dest:
    description:
      - A folder that gets the photos and a manifest C(photos.yml), and so is a definitions folder for the inventory plugin
        P(hybrid.photos.definitions#inventory). Made when it is missing, closed to others.
      - Files are named after the user, in a way that every file system takes and that turns back by percent-decoding;
        upper and lower case make no difference.
      - Written again, only what changed is fetched and written, and users who have no photo any more are removed. What could not
        be read stays as it was. What people added to the manifest stays, and files that no export wrote are not changed.
        A record of that is kept in C(.photos-export.json).
      - With O(users) the photos of other users stay as they are.
    type: path
  only_holders:
    description:
      - Only tell who of everybody has a photo, as cheaply as the target can. Users without one have no row, no picture is
        read, and sizes are not known. Not with O(users) or O(dest).
      - The role P(hybrid.photos.drift#role) uses it for C(drift_undeclared).
    type: bool
    default: false
  ignore_problems:
    description:
      - Problems that do not make the module fail, such as V(unavailable). They are in the results all the same.
    type: list
    elements: str
    choices: [unresolved, unavailable, invalid]
    default: []
requirements:
  - python >= 3.11
  - pillow
"""
