#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: photo_merge
short_description: Join exports of several targets into one definitions folder
version_added: 0.1.0
description:
  - Takes two or all of the exports of M(hybrid.photos.ad_thumbnail_photo_info), M(hybrid.photos.exchange_user_photo_info)
    and M(hybrid.photos.exo_user_photo_info), and writes the picture with most pixels of each user to one definitions
    folder.
  - Lists the users whose photos are not the same picture. The comparison is that of M(hybrid.photos.ad_thumbnail_photo),
    M(hybrid.photos.exchange_user_photo) and M(hybrid.photos.exo_user_photo) with their defaults. So all other users do not
    drift afterwards.
  - A mailbox is either in Exchange Server or in Exchange Online, so a user with a mailbox in one of them is not reported as
    missing in the other.
  - Users of the targets are matched by their identity, without regard to case. If the targets use different names, export
    each of them by an attribute that they have in common, such as C(mail).
author:
  - hybrid.photos developers (@hybrid-photos)
extends_documentation_fragment:
  - hybrid.photos.attributes.looking
options:
  ad_photos:
    description:
      - The rows of an export by M(hybrid.photos.ad_thumbnail_photo_info).
      - At least two of O(ad_photos), O(exchange_photos) and O(exo_photos) are needed.
    type: list
    elements: dict
  exchange_photos:
    description: The rows of an export by M(hybrid.photos.exchange_user_photo_info).
    type: list
    elements: dict
  exo_photos:
    description: The rows of an export by M(hybrid.photos.exo_user_photo_info).
    type: list
    elements: dict
  dest:
    description:
      - The folder for the photos and a manifest C(photos.yml). It is created if it is missing, and only its owner can read
        it.
      - A second export writes only changes. Files that no export wrote are not changed.
    type: path
    required: true
  list_file:
    description: A text file to which RV(lines) is written.
    type: path
  one_sided:
    description:
      - What to do with the photo of a user who does not exist at another target, or who cannot have a photo there.
      - With V(leave_out) it is not exported, because a definition would be a problem in every run over all targets;
        RV(lines) names these users. With V(keep) it is exported.
      - A user who exists at another target, but without a photo, is always exported.
    type: str
    choices: [leave_out, keep]
    default: leave_out
  decided_by:
    description:
      - The targets that were read with a filter or a group. A user without a row of such a target is left out. The user gets
        no row and is not listed as missing there.
    type: list
    elements: str
    choices: [ad, exchange, exo]
    default: []
  keep_others:
    description: Whether the photos of users without a row stay in O(dest). Otherwise they are removed.
    type: bool
    default: false
  exclude:
    description: Names or patterns of users who get no row, and whose photos in O(dest) are not changed.
    type: list
    elements: str
    default: []
  probe:
    description: Only check whether O(dest) can be written to. No photo is written, and no rows are needed.
    type: bool
    default: false
  option_prefix:
    description: The prefix of option names in messages. A role gives the prefix of its variables.
    type: str
    default: ""
requirements:
  - python >= 3.11
  - pillow
seealso:
  - module: hybrid.photos.ad_thumbnail_photo_info
  - module: hybrid.photos.exchange_user_photo_info
  - module: hybrid.photos.exo_user_photo_info
"""

EXAMPLES = r"""
- name: Export the photos in Active Directory
  hybrid.photos.ad_thumbnail_photo_info:
    dest: /var/tmp/photos/ad
  register: in_ad

- name: Export the photos in Exchange Online
  hybrid.photos.exo_user_photo_info:
    dest: /var/tmp/photos/exo
  register: in_exo

- name: Take the better photo of each user
  hybrid.photos.photo_merge:
    ad_photos: "{{ in_ad.photos }}"
    exo_photos: "{{ in_exo.photos }}"
    dest: photos
    list_file: different.txt
"""

RETURN = r"""
photos:
  description: One row for each user, ordered by identity.
  returned: success
  type: list
  elements: dict
  contains:
    user: {description: The identity., type: str, returned: always}
    state:
      description:
        - V(same) and V(different) say whether the photos are the same picture.
        - V(one_photo) is a user who has no photo at one of the targets, V(no_photo) a user without any photo.
        - V(left_out) is a user whose photo was not exported. RV(photos[].reason) says why.
      type: str
      returned: always
    reason: {description: The reason for the state., type: str, returned: always}
    kept: {description: 'The target whose photo was exported, V(ad), V(exchange) or V(exo).', type: str, returned: when it was exported}
    path: {description: The file in O(dest)., type: str, returned: when it was exported}
    ad: {description: 'C(sha256), C(bytes), C(width) and C(height) of the photo in Active Directory.', type: dict, returned: when there is one}
    exchange: {description: 'C(sha256), C(bytes), C(width) and C(height) of the photo in Exchange Server.', type: dict, returned: when there is one}
    exo: {description: 'C(sha256), C(bytes), C(width) and C(height) of the photo in Exchange Online.', type: dict, returned: when there is one}
summary:
  description: Counts of RV(photos[].state).
  returned: success
  type: dict
  sample: {users: 500, same: 431, different: 9, one_photo: 11, left_out: 2, no_photo: 47}
lines:
  description: A summary in words of what a person should check.
  returned: success
  type: list
  elements: str
  sample: ["Not exported: 1", "  rosa@example.com: Exchange Online has no user of this name"]
manifest:
  description: The manifest of O(dest).
  returned: success
  type: str
  sample: /srv/photos/photos.yml
"""

from ansible_collections.hybrid.photos.plugins.module_utils._core.least_python import require

require()

from ansible_collections.hybrid.photos.plugins.module_utils._entry.info import MERGE_SPEC, run_merge_module
from ansible_collections.hybrid.photos.plugins.module_utils._entry.text_module import TextModule


def main() -> None:
    run_merge_module(TextModule(argument_spec=MERGE_SPEC, supports_check_mode=True))


if __name__ == "__main__":
    main()
