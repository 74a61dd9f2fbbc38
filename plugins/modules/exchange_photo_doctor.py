#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: exchange_photo_doctor
short_description: Check what would stop a run in Exchange Server
version_added: 0.1.0
author:
  - hybrid.photos developers (@hybrid-photos)
description:
  - Checks everything that a run of M(hybrid.photos.exchange_user_photo) needs, and writes nothing.
  - Checks the libraries, the connection, the server's certificate, the endpoint and its ways to sign in, the clock, the
    sign-in with Kerberos, the cmdlets of the account's management role, the throttling policy, the declared users, where
    their mailboxes are, and the write scope. For the write scope it calls C(Set-UserPhoto) with C(-WhatIf).
  - Management roles and throttling policies are read with C(Get-ManagementRoleEntry) and C(Get-ThrottlingPolicy), if the
    account may do this. No run needs this right, so there is a warning if the account may read management roles.
  - All checks are skipped without O(server).
  - A failed check does not stop the others, and does not make the module fail. M(hybrid.photos.photo_doctor) shows the
    checks of all targets in a table and fails.
extends_documentation_fragment:
  - hybrid.photos.exchange
  - hybrid.photos.doctor
  - hybrid.photos.messages
  - hybrid.photos.attributes.looking
options:
  match_by:
    description:
      - The attribute that identifies users.
      - V(mail) is the primary SMTP address.
      - With V(employeeID) and V(anchor), O(people) has the users' accounts, which are found by their C(objectGUID).
    type: str
    choices: [userPrincipalName, sAMAccountName, mail, objectGUID, employeeID, anchor]
    default: userPrincipalName
  names:
    description: By user in O(users), the name in Exchange Server if it is another one.
    type: dict
    default: {}
  people:
    description:
      - The registered result of M(hybrid.photos.ad_user_info) about O(users), for O(match_by=employeeID) and
        O(match_by=anchor).
    type: dict
"""

EXAMPLES = r"""
- name: Check what would stop a run
  hybrid.photos.exchange_photo_doctor:
    server: ex1.corp.example.com
    username: svc-photos@CORP.EXAMPLE.COM
    password: "{{ password }}"
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
    area: {description: 'V(machine) or V(exchange).', type: str, returned: always}
    name: {description: What was checked., type: str, returned: always}
    status: {description: 'V(ok), V(warn), V(fail) or V(skipped).', type: str, returned: always}
    text: {description: What was found., type: str, returned: always}
    advice: {description: What to do. Empty if there is nothing to do., type: str, returned: always}
ok:
  description: Whether no check failed.
  returned: always
  type: bool
users:
  description: The users that were found, for M(hybrid.photos.photo_doctor).
  returned: when users were looked for
  type: list
  elements: dict
  contains:
    user: {description: The identity as given., type: str, returned: always}
    id: {description: The account's id., type: str, returned: always}
    account: {description: The account's name at the target., type: str, returned: always}
    mailbox: {description: 'V(on_premises) or V(cloud).', type: str, returned: when there is one}
    immutable_id: {description: Always null., type: str, returned: always}
target:
  description: Always V(exchange).
  returned: always
  type: str
"""

from ansible_collections.hybrid.photos.plugins.module_utils._core.least_python import require

require()

from ansible_collections.hybrid.photos.plugins.module_utils._core.targets import TARGETS
from ansible_collections.hybrid.photos.plugins.module_utils._doctor.answer import (
    answer,
    doctor_argument_spec,
    side_params,
)
from ansible_collections.hybrid.photos.plugins.module_utils._doctor.exchange import OnPremises
from ansible_collections.hybrid.photos.plugins.module_utils._entry.exchange_options import exchange_argument_spec
from ansible_collections.hybrid.photos.plugins.module_utils._entry.text_module import TextModule
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.options import ExchangeOptions


def main() -> None:
    spec = {
        **exchange_argument_spec(),
        **doctor_argument_spec(TARGETS["exchange"].choices),
        "people": {"type": "dict"},
    }
    module = TextModule(argument_spec=spec, supports_check_mode=True)
    side = OnPremises(ExchangeOptions.from_params(module.params), **side_params(module.params))
    module.exit_json(changed=False, **answer("exchange", side.checks(), side.found, {}))


if __name__ == "__main__":
    main()
