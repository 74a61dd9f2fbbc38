#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: exo_photo_doctor
short_description: Check what would stop a run in Exchange Online
version_added: 0.1.0
author:
  - hybrid.photos developers (@hybrid-photos)
description:
  - Checks everything that a run of M(hybrid.photos.exo_user_photo) needs, and writes nothing.
  - Checks the libraries, the sign-in, whether the token has the necessary permissions and no others, the tenant's photo
    source, the clock, and the declared users.
  - All checks are skipped without a credential.
  - A failed check does not stop the others, and does not make the module fail. M(hybrid.photos.photo_doctor) shows the
    checks of all targets in a table and fails.
extends_documentation_fragment:
  - hybrid.photos.graph
  - hybrid.photos.doctor
  - hybrid.photos.messages
  - hybrid.photos.attributes.looking
options:
  match_by:
    description: The property that identifies users.
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
  names:
    description: By user in O(users), the name in Exchange Online if it is another one.
    type: dict
    default: {}
  people:
    description:
      - The registered result of M(hybrid.photos.ad_user_info) about O(users), for O(match_by=anchor). Each account is found
        by the source anchor.
    type: dict
"""

EXAMPLES = r"""
- name: Check what would stop a run
  hybrid.photos.exo_photo_doctor:
    tenant_id: "{{ tenant_id }}"
    client_id: "{{ client_id }}"
    client_secret: "{{ client_secret }}"
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
    area: {description: 'V(machine) or V(exo).', type: str, returned: always}
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
    credential: {description: 'V(certificate) or V(client_secret).', type: str, returned: always}
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
    immutable_id: {description: The immutable ID that connects the on-premises account with the cloud account., type: str, returned: always}
target:
  description: Always V(exo).
  returned: always
  type: str
"""

from ansible_collections.hybrid.photos.plugins.module_utils._core.least_python import require

require()

from ansible_collections.hybrid.photos.plugins.module_utils._core.targets import ANCHOR
from ansible_collections.hybrid.photos.plugins.module_utils._doctor.answer import (
    answer,
    doctor_argument_spec,
    side_params,
)
from ansible_collections.hybrid.photos.plugins.module_utils._doctor.exo import Cloud
from ansible_collections.hybrid.photos.plugins.module_utils._entry.graph_options import graph_argument_spec
from ansible_collections.hybrid.photos.plugins.module_utils._entry.text_module import TextModule
from ansible_collections.hybrid.photos.plugins.module_utils._graph.options import GraphOptions
from ansible_collections.hybrid.photos.plugins.module_utils._graph.users import MATCH_BY


def main() -> None:
    spec = {**graph_argument_spec(), **doctor_argument_spec([*MATCH_BY, ANCHOR]), "people": {"type": "dict"}}
    module = TextModule(argument_spec=spec, supports_check_mode=True)
    side = Cloud(GraphOptions.from_params(module.params), **side_params(module.params))
    module.exit_json(changed=False, **answer("exo", side.checks(), side.found, {}, side.ends))


if __name__ == "__main__":
    main()
