#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: ad_user_info
short_description: Look up users in Active Directory, with their source anchors and where their mailboxes are
version_added: 0.1.0
description:
  - Looks up users by any attribute. Returns the account, its source anchor and where its mailbox is for each user.
  - Entra ID shows the source anchor as C(onPremisesImmutableId). It is the base64 form of C(mS-DS-ConsistencyGuid), or of
    C(objectGUID) if the user has no C(mS-DS-ConsistencyGuid).
  - The result can be given to M(hybrid.photos.exo_user_photo) in its option O(ignore:people). With
    O(ignore:match_by=anchor) that module finds the same people in Microsoft 365, even if they have other names there. The
    roles of this collection do this automatically.
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
      - The users to look up, by the attribute in O(match_by).
      - All users if it is empty.
    type: list
    elements: str
    default: []
  names:
    description: By user in O(users), the name in Active Directory if it is another one.
    type: dict
    default: {}
  photos_file:
    description:
      - The value RV(hybrid.photos.photo_choice#module:photos_file) that M(hybrid.photos.photo_choice) returned, in place
        of O(users) and O(names). Used by the roles.
    type: dict
  for_targets:
    description: Look up only the users in O(photos_file) who are declared for one of these targets.
    type: list
    elements: str
    choices: [ad, exchange, exo]
    default: []
  rows_in_file:
    description:
      - Keep RV(users) in a file on the controller and return RV(ignore:users_file), which has its path. The option
        C(people) of the photo modules accepts such a result. Used by the roles.
      - The file is in Ansible's temporary folder of this run (C(DEFAULT_LOCAL_TMP)). Only its owner can open it, and
        Ansible removes it at the end. It is written in check mode, too.
    type: bool
    default: false
  match_by:
    description:
      - The attribute that identifies users.
      - V(proxyAddresses) matches any address of a user. An address without a prefix is an SMTP address.
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
- name: Look up users by employee number
  hybrid.photos.ad_user_info:
    users: ["10234", "10235"]
    match_by: employeeNumber
  register: people

- name: Declare their photos in Microsoft 365, where they have other names
  hybrid.photos.exo_user_photo:
    photos:
      - {user: "10234", src: /srv/photos/10234.jpg}
      - {user: "10235", src: /srv/photos/10235.jpg}
    match_by: anchor
    people: "{{ people }}"
"""

RETURN = r"""
users:
  description: One row for each user, in the order of O(users).
  returned: success
  type: list
  elements: dict
  contains:
    user: {description: 'The identity, as given in O(users), otherwise the value of O(match_by).', type: str, returned: always}
    id: {description: The objectGUID., type: str, returned: when found}
    account: {description: 'The userPrincipalName, else the sAMAccountName.', type: str, returned: when found}
    immutable_id:
      description: The source anchor. Null if the user is not found, or if another account has the same one.
      type: str
      returned: always
    mailbox:
      description:
        - V(on_premises) or V(cloud), from C(msExchRecipientTypeDetails).
        - Null if there is no mailbox, or if the schema is not extended for Exchange.
      type: str
      returned: when found
    problem: {description: V(unresolved) if there is no source anchor for this user., type: str, returned: when there is one}
    reason: {description: A description of the problem., type: str, returned: when there is one}
summary:
  description: Counts of RV(users).
  returned: success
  type: dict
  sample: {users: 40, found: 40, anchored: 40, mailbox_on_premises: 5, mailbox_cloud: 25, excluded: 0, left_out: 0}
excluded:
  description: Names of users that O(exclude) excludes. They have no row.
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
    - Names in O(users) that do not match O(filter), O(group) or O(only). They have no row.
    - Without O(users) it is empty, because users who do not match are not listed at all.
  returned: success
  type: list
  elements: str
  sample: []
notes:
  description: Notes about the run as a whole, such as a domain controller that did not answer.
  returned: when there are some
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
