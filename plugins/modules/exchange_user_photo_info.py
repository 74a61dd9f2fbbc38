#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: exchange_user_photo_info
short_description: List or export the Exchange Server photos of some users or of all users
version_added: 0.1.0
description:
  - Returns for each user whether there is a photo in the mailbox, its hash and its size.
  - With O(dest) it also writes the photos, byte for byte as in the target, to a definitions folder. A comparison of
    this folder with the same target shows no drift.
  - Never changes a photo of a user.
author:
  - hybrid.photos developers (@hybrid-photos)
extends_documentation_fragment:
  - hybrid.photos.exchange
  - hybrid.photos.info
  - hybrid.photos.whom
  - hybrid.photos.messages
  - hybrid.photos.attributes.looking
options:
  filter:
    description:
      - An OPATH filter as for C(Get-Mailbox -Filter), for example V(CustomAttribute1 -eq 'x'). Only mailboxes that match it
        are examined.
      - A user in O(users) who does not match is left out and named in RV(left_out). This is not a problem.
      - A filter that Exchange Server refuses, or that matches no user, is an error.
    type: str
    default: ''
  group:
    description:
      - A distribution group or mail-enabled security group, by address, GUID, alias or distinguished name. Only its members
        are examined, also members of nested groups. Members of dynamic distribution groups are not found.
      - A name that matches no group, or several, is an error.
      - This option needs a management role with C(Get-DistributionGroupMember).
    type: str
    default: ''
  match_by:
    description:
      - The attribute that identifies users, in O(users) and in the results.
      - V(mail) is the primary SMTP address.
      - Exchange Server has no filter for V(employeeID). O(people) must then have the result of
        M(hybrid.photos.ad_user_info) with C(match_by=employeeID), and the accounts are found by their C(objectGUID).
      - V(anchor) does the same with any C(match_by) of M(hybrid.photos.ad_user_info).
    type: str
    choices: [userPrincipalName, sAMAccountName, mail, objectGUID, employeeID, anchor]
    default: userPrincipalName
notes:
  - The account only needs a management role with C(Get-Mailbox), C(Get-User) and C(Get-UserPhoto).
  - Without O(users), all on-premises mailboxes are listed, but not those in the cloud.
seealso:
  - module: hybrid.photos.exchange_user_photo
"""

EXAMPLES = r"""
- name: List all photos
  hybrid.photos.exchange_user_photo_info:
  register: found

- name: List the users without a photo
  ansible.builtin.debug:
    msg: "{{ found.photos | selectattr('has_photo', 'equalto', false) | map(attribute='user') }}"

- name: Export all photos to a folder for Git
  hybrid.photos.exchange_user_photo_info:
    dest: photos
    ignore_problems: [unavailable]

- name: List the photos of two users by their address
  hybrid.photos.exchange_user_photo_info:
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
    id: {description: The GUID (the objectGUID in Active Directory)., type: str, returned: when resolved}
    has_photo: {description: Whether there is a photo; null if this is not known., type: bool, returned: always}
    sha256: {description: SHA-256 of the photo., type: str, returned: when there is a photo}
    etag: {description: 'The hash of the photo, under the name that the photo modules use.', type: str, returned: when there is a photo}
    bytes: {description: Length of the photo., type: int, returned: when there is a photo}
    width: {description: Width in pixels., type: int, returned: when known}
    height: {description: Height in pixels., type: int, returned: when known}
    path: {description: The file in O(dest)., type: str, returned: when it was exported}
    label: {description: The display name., type: str, returned: when known}
    problem:
      description:
        - V(unresolved) if the identity matches no user, or several users.
        - V(unavailable) if the photo could not be read.
        - V(invalid) if the photo is not a picture, or if its file in O(dest) was not written by an export.
      type: str
      returned: when there is one
    no_mailbox: {description: Whether it is certain that the user has no mailbox at this target., type: bool, returned: when it is so}
    reason: {description: 'The problem, or another remark.', type: str, returned: when there is one}
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
  description: Always V(exchange).
  returned: always
  type: str
"""

from ansible_collections.hybrid.photos.plugins.module_utils._core.least_python import require

require()

from ansible_collections.hybrid.photos.plugins.module_utils._entry.exchange_options import exchange_argument_spec
from ansible_collections.hybrid.photos.plugins.module_utils._entry.info import info_argument_spec, run_info_module
from ansible_collections.hybrid.photos.plugins.module_utils._entry.text_module import TextModule
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.options import ExchangeOptions
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.store import ExchangePhotoStore


def main() -> None:
    spec = {**exchange_argument_spec(), **info_argument_spec("exchange")}
    run_info_module(
        TextModule(argument_spec=spec, supports_check_mode=True),
        "exchange",
        lambda params, _receipts: ExchangePhotoStore(ExchangeOptions.from_params(params), match_by=params["match_by"]),
    )


if __name__ == "__main__":
    main()
