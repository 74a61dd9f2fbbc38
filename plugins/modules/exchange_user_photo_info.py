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
      - An OPATH filter, as C(Get-Mailbox -Filter) takes it, for example V(CustomAttribute1 -eq 'x'). Only mailboxes that it
        finds are looked at.
      - A user in O(users) whom it does not find is left out and counted in RV(left_out), and is no problem.
      - A filter that Exchange Server refuses, or that finds nobody, is an error.
    type: str
    default: ''
  group:
    description:
      - A distribution group or mail-enabled security group, by address, GUID, alias or distinguished name. Only its members
        are looked at, also members of groups in the group. Dynamic distribution groups are not followed.
      - A name that matches no group, or several, is an error.
      - The account needs a management role with C(Get-DistributionGroupMember) for it.
    type: str
    default: ''
  match_by:
    description:
      - The attribute by which users are named, in O(users) and in the results.
      - V(mail) is the primary SMTP address.
      - Exchange Server has no filter for V(employeeID). Active Directory then says who the users are, in O(people), by
        what M(hybrid.photos.ad_user_info) returned with C(match_by=employeeID), and the account is found by its
        C(objectGUID).
      - V(anchor) does the same with any C(match_by) of M(hybrid.photos.ad_user_info).
    type: str
    choices: [userPrincipalName, sAMAccountName, mail, objectGUID, employeeID, anchor]
    default: userPrincipalName
notes:
  - The account needs a management role with C(Get-Mailbox), C(Get-User) and C(Get-UserPhoto), and nothing else.
  - Without O(users), all mailboxes on-premises are listed. Those in the cloud are not among them.
seealso:
  - module: hybrid.photos.exchange_user_photo
"""

EXAMPLES = r"""
- name: Who has a photo?
  hybrid.photos.exchange_user_photo_info:
  register: found

- name: List the users without a photo
  ansible.builtin.debug:
    msg: "{{ found.photos | selectattr('has_photo', 'equalto', false) | map(attribute='user') }}"

- name: Export all photos to a folder for Git
  hybrid.photos.exchange_user_photo_info:
    dest: photos
    ignore_problems: [unavailable]

- name: Two users, by their address
  hybrid.photos.exchange_user_photo_info:
    users: [alice@example.com, bob@example.com]
    match_by: mail
"""

RETURN = r"""
photos:
  description: One row a user, in the order of O(users). Pictures are never returned.
  returned: always, unless no user could be checked
  type: list
  elements: dict
  contains:
    user: {description: 'The identity, as given in O(users), otherwise the value of O(match_by).', type: str, returned: always}
    id: {description: The GUID (the objectGUID in Active Directory)., type: str, returned: when resolved}
    has_photo: {description: Whether there is a photo; null when that is not known., type: bool, returned: always}
    sha256: {description: SHA-256 of the photo., type: str, returned: when there is a photo}
    etag: {description: 'The hash of the photo, as photo modules name it.', type: str, returned: when there is a photo}
    bytes: {description: Length of the photo., type: int, returned: when there is a photo}
    width: {description: Width in pixels., type: int, returned: when known}
    height: {description: Height in pixels., type: int, returned: when known}
    path: {description: The file in O(dest)., type: str, returned: when it was exported}
    label: {description: The display name., type: str, returned: when known}
    problem:
      description:
        - V(unresolved) when the identity matches no user, or several users.
        - V(unavailable) when the photo could not be read.
        - V(invalid) when the photo is not a picture, or its file in O(dest) was not written by an export.
      type: str
      returned: when there is one
    no_mailbox: {description: Whether the user certainly has no mailbox here., type: bool, returned: when it is so}
    reason: {description: 'The problem, or another remark.', type: str, returned: when there is something}
    remembered: {description: 'Whether the photo is the one that O(receipts) remember, and so was not read.', type: bool, returned: when it is so}
users:
  description: The users, with O(names_only). Users with a problem are in RV(photos) instead.
  returned: with O(names_only)
  type: list
  elements: dict
  contains:
    user: {description: The name., type: str, returned: always}
    id: {description: The permanent id., type: str, returned: always}
    immutable_id: {description: 'The source anchor, where the target tells it.', type: str, returned: always}
summary:
  description: Counts of RV(photos), and the requests sent.
  returned: always, unless no user could be checked
  type: dict
  sample: {users: 500, with_photo: 451, without_photo: 47, unresolved: 1, unavailable: 1, invalid: 0, exported: 451, excluded: 0, left_out: 0, requests: 520}
excluded:
  description: Names of users whom O(exclude) excludes. They have no row.
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
    - Names in O(users) that are not meant by O(filter), O(group) or O(only). They have no row.
    - Without O(users) it is empty, because users who are not meant are not listed at all.
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
