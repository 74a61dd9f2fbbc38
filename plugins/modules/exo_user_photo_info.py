#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: exo_user_photo_info
short_description: List or export the Microsoft 365 photos of some users or of all users
version_added: 0.1.0
description:
  - Returns for each user whether there is a photo in Microsoft 365, its ETag and its size.
  - With O(dest) it also writes the photos, byte for byte as in the target, to a definitions folder. A comparison of
    this folder with the same target shows no drift.
  - Never changes a photo of a user.
author:
  - hybrid.photos developers (@hybrid-photos)
extends_documentation_fragment:
  - hybrid.photos.graph
  - hybrid.photos.info
  - hybrid.photos.whom
  - hybrid.photos.messages
  - hybrid.photos.attributes.looking
options:
  filter:
    description:
      - An OData filter for users of Microsoft Graph, for example V(department eq 'Sales' and accountEnabled eq true).
        Only users who match it are examined.
      - The filter is sent as a normal query first. If Microsoft Graph does not accept it, it is sent as an advanced query
        (C(ConsistencyLevel) C(eventual)), whose index is seconds to minutes behind.
      - A user in O(users) who does not match is left out and named in RV(left_out). This is not a problem.
      - A filter that Microsoft Graph refuses, or that matches no user, is an error.
    type: str
    default: ''
  group:
    description:
      - A group, by id, C(mail) or C(displayName). Only its members are examined, also members of nested groups.
      - A name that matches no group, or several, is an error.
      - This option needs the Microsoft Graph permission C(GroupMember.Read.All).
    type: str
    default: ''
  match_by:
    description:
      - The property that identifies users, in O(users) and in the results.
      - V(onPremisesSamAccountName) and V(onPremisesUserPrincipalName) are the names in Active Directory. Microsoft Graph
        searches them in an index that is seconds to minutes behind.
      - V(proxyAddresses) matches any address of a user. An address without a prefix is an SMTP address.
      - With V(anchor), O(people) names the account in Active Directory, and the source anchor leads to the account that is
        synced from it. The roles of this collection use it to find users who have another name in the cloud.
    type: str
    choices:
      - userPrincipalName
      - id
      - mail
      - employeeId
      - onPremisesImmutableId
      - onPremisesSamAccountName
      - onPremisesUserPrincipalName
      - proxyAddresses
      - anchor
    default: userPrincipalName
  concurrency:
    description: The largest number of concurrent requests. The module starts with few and adapts the number to the
      service's answers.
    type: int
    default: 8
notes:
  - The application only needs the Microsoft Graph permissions C(ProfilePhoto.Read.All) and C(User.Read.All).
  - Without O(dest) no picture is fetched, so the hash and the length of a photo are not known.
  - Photos are exported in their own size and shape, also above 648 pixels.
  - Microsoft Graph cannot return the photo of an account whose mailbox it does not find or whose mailbox is on-premises.
    This is only a problem for users that are named in O(users).
seealso:
  - module: hybrid.photos.exo_user_photo
"""

EXAMPLES = r"""
- name: List all photos
  hybrid.photos.exo_user_photo_info:
  register: found

- name: List the users without a photo
  ansible.builtin.debug:
    msg: "{{ found.photos | selectattr('has_photo', 'equalto', false) | map(attribute='user') }}"

- name: Export all photos to a folder for Git
  hybrid.photos.exo_user_photo_info:
    dest: photos
    ignore_problems: [unavailable]

- name: List the photos of two users by their address
  hybrid.photos.exo_user_photo_info:
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
    id: {description: The Entra object id., type: str, returned: when resolved}
    has_photo: {description: Whether there is a photo; null if this is not known., type: bool, returned: always}
    sha256: {description: SHA-256 of the photo., type: str, returned: with O(dest)}
    etag: {description: The photo's ETag. It changes whenever the photo is written., type: str, returned: when there is a photo}
    bytes: {description: Length of the photo., type: int, returned: with O(dest)}
    width: {description: Width in pixels., type: int, returned: when known}
    height: {description: Height in pixels., type: int, returned: when known}
    path: {description: The file in O(dest)., type: str, returned: when it was exported}
    account: {description: The account's name at the target., type: str, returned: when known}
    immutable_id: {description: The source anchor., type: str, returned: when known}
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
  description: Always V(exo).
  returned: always
  type: str
"""

from ansible_collections.hybrid.photos.plugins.module_utils._core.least_python import require

require()

from ansible_collections.hybrid.photos.plugins.module_utils._entry.graph_options import graph_argument_spec
from ansible_collections.hybrid.photos.plugins.module_utils._entry.info import info_argument_spec, run_info_module
from ansible_collections.hybrid.photos.plugins.module_utils._entry.text_module import TextModule
from ansible_collections.hybrid.photos.plugins.module_utils._graph.options import GraphOptions
from ansible_collections.hybrid.photos.plugins.module_utils._graph.store import GraphPhotoStore


def main() -> None:
    spec = {
        **graph_argument_spec(),
        **info_argument_spec("exo"),
        "concurrency": {"type": "int", "default": 8},
    }
    run_info_module(
        TextModule(argument_spec=spec, supports_check_mode=True),
        "exo",
        lambda params, _receipts: GraphPhotoStore(
            GraphOptions.from_params(params), match_by=params["match_by"], concurrency=params["concurrency"]
        ),
    )


if __name__ == "__main__":
    main()
