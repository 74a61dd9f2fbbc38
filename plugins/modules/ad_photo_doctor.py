#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: ad_photo_doctor
short_description: Check what would stop a run in Active Directory
version_added: 0.1.0
author:
  - hybrid.photos developers (@hybrid-photos)
description:
  - Checks everything that a run of M(hybrid.photos.ad_thumbnail_photo) needs, and writes nothing.
  - Checks the libraries, the connection, its certificate, the sign-in, the clock, the search base, the declared users,
    the right to write C(thumbnailPhoto) (from C(allowedAttributesEffective)), and whether photos are too large for
    Exchange Online.
  - All checks are skipped without O(server) and O(domain).
  - A failed check does not stop the others, and does not make the module fail. M(hybrid.photos.photo_doctor) shows the
    checks of all targets in a table and fails.
extends_documentation_fragment:
  - hybrid.photos.directory
  - hybrid.photos.doctor
  - hybrid.photos.messages
  - hybrid.photos.attributes.looking
options:
  server:
    description:
      - Host names of domain controllers of the users' own domain, not URLs. All checks are skipped without them and
        without O(domain).
      - If not given, the environment variable E(HYBRID_PHOTOS_AD_SERVER) is used (names separated by commas).
    type: list
    elements: str
  match_by:
    description:
      - The property that identifies users.
      - V(proxyAddresses) matches any address of a user. An address without a prefix is an SMTP address.
      - V(onPremisesImmutableId) is the ID that connects the account with the one in Entra ID, as Entra shows it. It is
        the base64 form of C(mS-DS-ConsistencyGuid), or of C(objectGUID) if the user has no C(mS-DS-ConsistencyGuid).
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
  names:
    description: By user in O(users), the name in Active Directory if it is another one.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Check what would stop a run
  hybrid.photos.ad_photo_doctor:
    server: dc1.example.com
    username: svc-photos@example.com
    password: "{{ ad_password }}"
    users: [alice@example.com, bob@example.com]
  register: findings
"""

RETURN = r"""
checks:
  description: The checks, in the order in which they ran.
  returned: always
  type: list
  elements: dict
  contains:
    area: {description: 'V(machine) or V(ad).', type: str, returned: always}
    name: {description: What was checked., type: str, returned: always}
    status: {description: 'V(ok), V(warn), V(fail) or V(skipped).', type: str, returned: always}
    text: {description: What was found., type: str, returned: always}
    advice: {description: What to do. Empty if there is nothing to do., type: str, returned: always}
ok:
  description: Whether no check failed.
  returned: always
  type: bool
expires:
  description: When the credentials of this connection expire. Credentials that never expire, and unknown times, are not in
    the list.
  returned: always
  type: list
  elements: dict
  contains:
    credential: {description: 'V(password).', type: str, returned: always}
    ends: {description: The time in UTC., type: str, returned: always, sample: '2027-01-31T12:00:00Z'}
users:
  description: The users that were found, for M(hybrid.photos.photo_doctor).
  returned: when users were looked for
  type: list
  elements: dict
  contains:
    user: {description: The identity as given., type: str, returned: always}
    id: {description: The account's id., type: str, returned: always}
    account: {description: The account's name at the target., type: str, returned: always}
    mailbox: {description: 'V(on_premises) or V(cloud).', type: str, returned: when known}
    immutable_id: {description: The immutable ID that connects the on-premises account with the cloud account., type: str, returned: always}
    bytes: {description: The length of the photo., type: int, returned: when there is a photo}
target:
  description: Always V(ad).
  returned: always
  type: str
"""

from ansible_collections.hybrid.photos.plugins.module_utils._core.least_python import require

require()

from ansible_collections.hybrid.photos.plugins.module_utils._directory.options import DirectoryOptions
from ansible_collections.hybrid.photos.plugins.module_utils._directory.people import MATCH_BY
from ansible_collections.hybrid.photos.plugins.module_utils._doctor.ad import Domain
from ansible_collections.hybrid.photos.plugins.module_utils._doctor.answer import (
    answer,
    doctor_argument_spec,
    side_params,
)
from ansible_collections.hybrid.photos.plugins.module_utils._entry.directory_options import directory_argument_spec
from ansible_collections.hybrid.photos.plugins.module_utils._entry.text_module import TextModule


def main() -> None:
    spec = {**directory_argument_spec(), **doctor_argument_spec(MATCH_BY)}
    module = TextModule(argument_spec=spec, supports_check_mode=True)
    side = Domain(DirectoryOptions.from_params(module.params), **side_params(module.params))
    module.exit_json(changed=False, **answer("ad", side.checks(), side.found, side.sizes, side.ends))


if __name__ == "__main__":
    main()
