#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: photo_merge
short_description: Join exports of several targets into one definitions folder
version_added: 0.1.0
description:
  - Takes what M(hybrid.photos.ad_thumbnail_photo_info), M(hybrid.photos.exchange_user_photo_info) and
    M(hybrid.photos.exo_user_photo_info) exported, two of them or all, and puts for each user the picture with most pixels
    into one definitions folder.
  - Lists the users whose photos are not the same picture. They are compared as M(hybrid.photos.ad_thumbnail_photo),
    M(hybrid.photos.exchange_user_photo) and M(hybrid.photos.exo_user_photo) compare them with their defaults, so that all
    other users do not drift afterwards.
  - A mailbox is in one place. A user with a mailbox in Exchange Server misses nothing in Exchange Online, and the other way
    round.
  - Users belong together by the text of their identity, without regard to case. Where the targets name users
    differently, export each by an attribute that they have in common, such as C(mail).
author:
  - hybrid.photos developers (@hybrid-photos)
extends_documentation_fragment:
  - hybrid.photos.attributes.looking
options:
  ad_photos:
    description:
      - The rows that M(hybrid.photos.ad_thumbnail_photo_info) returned after it exported.
      - At least two of O(ad_photos), O(exchange_photos) and O(exo_photos) are needed.
    type: list
    elements: dict
  exchange_photos:
    description: The rows that M(hybrid.photos.exchange_user_photo_info) returned after it exported.
    type: list
    elements: dict
  exo_photos:
    description: The rows that M(hybrid.photos.exo_user_photo_info) returned after it exported.
    type: list
    elements: dict
  dest:
    description:
      - The folder that gets the photos and a manifest C(photos.yml). Made when it is missing, not readable by others.
      - A second export writes only what changed. Files that no export wrote are not changed.
    type: path
    required: true
  list_file:
    description: A text file that gets RV(lines).
    type: path
  one_sided:
    description:
      - What to do with the photo of a user who does not exist at another target, or who cannot have a photo there.
      - With V(leave_out) it is not exported, because a definition would be a problem in every run over all targets;
        RV(lines) names these users. With V(keep) it is exported.
      - A user who only has no photo at another target is always exported.
    type: str
    choices: [leave_out, keep]
    default: leave_out
  decided_by:
    description:
      - The targets that were asked for some of their users only (by a filter or a group). A user without a row of such a
        target is not concerned, so that the user gets no row and is not listed as one who is missing there.
    type: list
    elements: str
    choices: [ad, exchange, exo]
    default: []
  keep_others:
    description: Whether the photos of users without a row stay in O(dest). Otherwise they are taken out.
    type: bool
    default: false
  exclude:
    description: Names or patterns of users who get no row, and whose photos in O(dest) stay as they are.
    type: list
    elements: str
    default: []
  probe:
    description: Whether to find out only whether O(dest) could be written to. Nothing is written, and no row is needed.
    type: bool
    default: false
  option_prefix:
    description: What a message puts before the names of options. A role gives the prefix of its variables.
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
- name: What Active Directory has
  hybrid.photos.ad_thumbnail_photo_info:
    dest: /var/tmp/photos/ad
  register: in_ad

- name: What Exchange Online has
  hybrid.photos.exo_user_photo_info:
    dest: /var/tmp/photos/exo
  register: in_exo

- name: The better of both
  hybrid.photos.photo_merge:
    ad_photos: "{{ in_ad.photos }}"
    exo_photos: "{{ in_exo.photos }}"
    dest: photos
    list_file: different.txt
"""

RETURN = r"""
photos:
  description: One row a user, ordered by identity.
  returned: success
  type: list
  elements: dict
  contains:
    user: {description: The identity., type: str, returned: always}
    state:
      description:
        - V(same) and V(different) say whether the photos are the same picture.
        - V(one_photo) is a user who has no photo at one of the targets, V(no_photo) one without any.
        - V(left_out) is a user whose photo was not exported; RV(photos[].reason) says why.
      type: str
      returned: always
    reason: {description: Why., type: str, returned: always}
    kept: {description: 'Whose photo was exported, V(ad), V(exchange) or V(exo).', type: str, returned: when it was}
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
  description: A summary in words of what should be checked.
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
