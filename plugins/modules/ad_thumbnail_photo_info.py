#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: ad_thumbnail_photo_info
short_description: List or export the Active Directory photos of some users or of all users
version_added: 0.1.0
description:
  - Returns for each user whether there is a photo in C(thumbnailPhoto), its hash and its size, and whether Exchange
    Online would accept it from Entra ID.
  - With O(dest) it also writes the photos, byte for byte as in the target, to a definitions folder. A comparison of
    this folder with the same target shows no drift.
  - Never changes a photo of a user.
author:
  - hybrid.photos developers (@hybrid-photos)
extends_documentation_fragment:
  - hybrid.photos.directory
  - hybrid.photos.info
  - hybrid.photos.whom
  - hybrid.photos.whom.ad
  - hybrid.photos.messages
  - hybrid.photos.attributes.looking
options:
  match_by:
    description:
      - The attribute that identifies users, in O(users) and in the results.
      - V(proxyAddresses) matches any address of a user. An address without a prefix is an SMTP address.
      - V(onPremisesImmutableId) is the ID that connects the account with the one in Entra ID, as Entra shows it. It is
        the base64 form of C(mS-DS-ConsistencyGuid), or of C(objectGUID) if the user has no C(mS-DS-ConsistencyGuid).
      - V(extensionAttribute1) to V(extensionAttribute15) exist only if the schema is extended for Exchange.
      - V(anchor) is for photos that come from the cloud. O(people) names the account in the cloud, and the source anchor
        leads to the account from which it is synced.
    type: str
    choices:
      - userPrincipalName
      - sAMAccountName
      - mail
      - employeeID
      - distinguishedName
      - objectGUID
      - employeeNumber
      - proxyAddresses
      - objectSid
      - onPremisesImmutableId
      - extensionAttribute1
      - extensionAttribute2
      - extensionAttribute3
      - extensionAttribute4
      - extensionAttribute5
      - extensionAttribute6
      - extensionAttribute7
      - extensionAttribute8
      - extensionAttribute9
      - extensionAttribute10
      - extensionAttribute11
      - extensionAttribute12
      - extensionAttribute13
      - extensionAttribute14
      - extensionAttribute15
      - anchor
    default: userPrincipalName
notes:
  - If an account has no right to read C(thumbnailPhoto), the directory shows no photo and no error. The module
    therefore reads the permissions of the user's entry, and reports such a user as V(unavailable).
seealso:
  - module: hybrid.photos.ad_thumbnail_photo
"""

EXAMPLES = r"""
- name: List all photos
  hybrid.photos.ad_thumbnail_photo_info:
  register: found

- name: List the users without a photo
  ansible.builtin.debug:
    msg: "{{ found.photos | selectattr('has_photo', 'equalto', false) | map(attribute='user') }}"

- name: List the users whose photo is too large for Exchange Online
  ansible.builtin.debug:
    msg: "{{ found.photos | selectattr('within_exo_limit', 'equalto', false) | map(attribute='user') }}"

- name: Export all photos to a folder for Git
  hybrid.photos.ad_thumbnail_photo_info:
    dest: photos
    ignore_problems: [unavailable]

- name: List the photos of two users by their address
  hybrid.photos.ad_thumbnail_photo_info:
    users: [alice@example.com, bob@example.com]
    match_by: mail
"""

RETURN = r"""
photos:
  description: One row for each user, in the order of O(users). Pictures are never returned.
  returned: always, unless no user could be checked
  type: list
  elements: dict
  contains:
    user: {description: 'The identity, as given in O(users), otherwise the value of O(match_by).', type: str, returned: always}
    id: {description: The objectGUID., type: str, returned: when resolved}
    has_photo: {description: Whether there is a photo; null if this is not known., type: bool, returned: always}
    sha256: {description: SHA-256 of the photo., type: str, returned: when there is a photo}
    within_exo_limit:
      description: Whether the photo has at most 10,240 bytes, so that Exchange Online accepts it from Entra ID.
      type: bool
      returned: when there is a photo
    bytes: {description: Length of the photo., type: int, returned: when there is a photo}
    width: {description: Width in pixels., type: int, returned: when known}
    height: {description: Height in pixels., type: int, returned: when known}
    path: {description: The file in O(dest)., type: str, returned: when it was exported}
    account: {description: The account's name at the target., type: str, returned: when known}
    immutable_id: {description: The source anchor., type: str, returned: when known}
    mailbox: {description: 'V(on_premises) or V(cloud), from C(msExchRecipientTypeDetails).', type: str, returned: when known}
    label: {description: The display name., type: str, returned: when known}
    problem:
      description:
        - V(unresolved) if the identity matches no user, or several users.
        - V(unavailable) if the photo could not be read.
        - V(invalid) if the photo is not a picture, or if its file in O(dest) was not written by an export.
      type: str
      returned: when there is one
    reason: {description: 'The problem, or another remark.', type: str, returned: when there is one}
    unnamed:
      description: Whether the account has no value of O(match_by) and is not named in O(users). Its problem does not make
        the module fail.
      type: bool
      returned: when it is so
    remembered: {description: 'Whether the photo is the one in O(receipts), and so was not read.', type: bool, returned: when it is so}
users:
  description: The users, with O(names_only). Users with a problem are in RV(photos) instead.
  returned: with O(names_only)
  type: list
  elements: dict
  contains:
    user: {description: The name., type: str, returned: always}
    id: {description: The permanent id., type: str, returned: always}
    immutable_id: {description: 'The source anchor, if the target has it.', type: str, returned: always}
summary:
  description: Counts of RV(photos), and the requests sent.
  returned: always, unless no user could be checked
  type: dict
  sample: {users: 500, with_photo: 451, without_photo: 47, unresolved: 1, unavailable: 1, invalid: 0, exported: 451, excluded: 0, left_out: 0, requests: 520}
excluded:
  description: Names of users that O(exclude) excludes. They have no row.
  returned: always, unless no user could be checked
  type: list
  elements: str
  sample: [ceo@example.com]
matched:
  description: The names and patterns of O(only) and O(exclude) that matched a user.
  returned: success
  type: list
  elements: str
left_out:
  description:
    - Names in O(users) that do not match O(filter), O(group) or O(only). They have no row.
    - Without O(users) it is empty, because users who do not match are not listed at all.
  returned: always, unless no user could be checked
  type: list
  elements: str
  sample: []
manifest:
  description: The manifest of O(dest).
  returned: with O(dest)
  type: str
  sample: /srv/photos/photos.yml
target:
  description: Always V(ad).
  returned: always
  type: str
"""

from ansible_collections.hybrid.photos.plugins.module_utils._core.least_python import require

require()

from ansible_collections.hybrid.photos.plugins.module_utils._directory.options import DirectoryOptions
from ansible_collections.hybrid.photos.plugins.module_utils._directory.store import DirectoryPhotoStore
from ansible_collections.hybrid.photos.plugins.module_utils._entry.directory_options import directory_argument_spec
from ansible_collections.hybrid.photos.plugins.module_utils._entry.info import info_argument_spec, run_info_module
from ansible_collections.hybrid.photos.plugins.module_utils._entry.text_module import TextModule


def main() -> None:
    spec = {**directory_argument_spec(), **info_argument_spec("ad")}
    run_info_module(
        TextModule(argument_spec=spec, supports_check_mode=True),
        "ad",
        lambda params, receipts: DirectoryPhotoStore(
            DirectoryOptions.from_params(params), match_by=params["match_by"], memory=receipts
        ),
    )


if __name__ == "__main__":
    main()
