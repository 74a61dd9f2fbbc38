#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: ad_user_info
short_description: See who users are in Active Directory, what ties them to the cloud, and where their mailbox is
version_added: 0.1.0
description:
  - Looks users up by any attribute and returns, for each, the account, its source anchor and where its mailbox is.
  - The source anchor is what Entra ID shows as C(onPremisesImmutableId), the base64 form of C(mS-DS-ConsistencyGuid),
    or of C(objectGUID) if the user has no C(mS-DS-ConsistencyGuid).
  - M(hybrid.photos.exo_user_photo) takes the result in its option O(ignore:people). With O(ignore:match_by=anchor) it finds
    the same people in Microsoft 365, also under other names. The roles of this collection do so by themselves.
  - No photo is read. A user who is not found is a row with a problem, and does not make the module fail.
author:
  - hybrid.photos developers (@hybrid-photos)
extends_documentation_fragment:
  - hybrid.photos.directory
  - hybrid.photos.whom
  - hybrid.photos.whom.ad
  - hybrid.photos.messages
  - hybrid.photos.attributes.looking
options:
  users:
    description:
      - The users to look up, named as O(match_by) says.
      - All users when it is empty.
    type: list
    elements: str
    default: []
  names:
    description: For users whose name in Active Directory is another than in O(users), that name.
    type: dict
    default: {}
  photos_file:
    description:
      - What M(hybrid.photos.photo_choice) returned in RV(hybrid.photos.photo_choice#module:photos_file), in place of O(users)
        and O(names). Used by the roles.
    type: dict
  for_targets:
    description: With O(photos_file), only users who are declared for one of these targets.
    type: list
    elements: str
    choices: [ad, exchange, exo]
    default: []
  rows_in_file:
    description:
      - Keep RV(users) in a file on the controller and return RV(ignore:users_file), which says where it is. The option
        C(people) of the photo modules takes such a result. Used by the roles.
      - The file is in Ansible's own temporary folder of this run (C(DEFAULT_LOCAL_TMP)), which only its owner can open
        and which Ansible removes at the end. It is written in check mode too.
    type: bool
    default: false
  match_by:
    description:
      - The attribute by which users are named.
      - V(proxyAddresses) is any of a user's addresses; one without a prefix is an SMTP address.
      - V(extensionAttribute1) to V(extensionAttribute15) exist only if the schema is extended for Exchange.
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
    default: userPrincipalName
seealso:
  - module: hybrid.photos.exo_user_photo
  - module: hybrid.photos.ad_thumbnail_photo_info
"""

EXAMPLES = r"""
- name: Who are these, by employee number?
  hybrid.photos.ad_user_info:
    users: ["10234", "10235"]
    match_by: employeeNumber
  register: people

- name: Their photos in Microsoft 365, where they have other names
  hybrid.photos.exo_user_photo:
    photos:
      - {user: "10234", src: /srv/photos/10234.jpg}
      - {user: "10235", src: /srv/photos/10235.jpg}
    match_by: anchor
    people: "{{ people }}"
"""

RETURN = r"""
users:
  description: One row a user, in the order of O(users).
  returned: success
  type: list
  elements: dict
  contains:
    user: {description: 'The identity, as given in O(users), otherwise the value of O(match_by).', type: str, returned: always}
    id: {description: The objectGUID., type: str, returned: when found}
    account: {description: 'The userPrincipalName, else the sAMAccountName.', type: str, returned: when found}
    immutable_id:
      description: The source anchor. Null when the user is not found, or when another account has the same one.
      type: str
      returned: always
    mailbox:
      description:
        - V(on_premises) or V(cloud), as C(msExchRecipientTypeDetails) tells.
        - Null when there is no mailbox, or when the schema is not extended for Exchange.
      type: str
      returned: when found
    problem: {description: V(unresolved) when there is no anchor for this user., type: str, returned: when there is one}
    reason: {description: What the problem is., type: str, returned: when there is one}
summary:
  description: Counts of RV(users).
  returned: success
  type: dict
  sample: {users: 40, found: 40, anchored: 40, mailbox_on_premises: 5, mailbox_cloud: 25, excluded: 0, left_out: 0}
excluded:
  description: Names of users whom O(exclude) excludes. They have no row.
  returned: success
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
  returned: success
  type: list
  elements: str
  sample: []
notes:
  description: What is worth knowing of the run as a whole, such as a domain controller that did not answer.
  returned: when there is something
  type: list
  elements: str
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
from ansible_collections.hybrid.photos.plugins.module_utils._entry.text_module import TextModule
from ansible_collections.hybrid.photos.plugins.module_utils._entry.user_info import (
    run_user_info_module,
    user_info_argument_spec,
)


def main() -> None:
    spec = {**directory_argument_spec(), **user_info_argument_spec()}
    run_user_info_module(
        TextModule(argument_spec=spec, supports_check_mode=True),
        lambda params: DirectoryPhotoStore(DirectoryOptions.from_params(params), match_by=params["match_by"]),
    )


if __name__ == "__main__":
    main()
