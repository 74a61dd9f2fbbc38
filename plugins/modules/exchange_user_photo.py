#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: exchange_user_photo
short_description: Declare the Exchange Server photo of one user or of thousands
version_added: 0.1.0
description:
  - Makes the photo of on-premises mailboxes in Exchange Server (2013 to Subscription Edition) match a picture file, with
    C(Set-UserPhoto) over remote PowerShell.
  - Exchange Server re-encodes every upload. The module therefore compares the pictures, or remembers in O(receipts) what
    Exchange made from its own upload. A second run changes nothing.
  - C(Set-UserPhoto) also writes a C(thumbnailPhoto) of 64x64 pixels to Active Directory, without saving the photo that was
    there. If photos are declared for both targets, run M(hybrid.photos.ad_thumbnail_photo) before this module (it
    saves that photo), and again after it. The role P(hybrid.photos.sync#role) does this.
author:
  - hybrid.photos developers (@hybrid-photos)
extends_documentation_fragment:
  - hybrid.photos.exchange
  - hybrid.photos.photo
  - hybrid.photos.attributes
  - hybrid.photos.attributes.action
options:
  match_by:
    description:
      - The attribute that identifies users.
      - V(mail) is the primary SMTP address.
      - Exchange Server has no filter for V(employeeID). O(people) must then have the result of
        M(hybrid.photos.ad_user_info) with C(match_by=employeeID), and the accounts are found by their C(objectGUID).
      - V(anchor) does the same with any C(match_by) of M(hybrid.photos.ad_user_info).
    type: str
    choices: [userPrincipalName, sAMAccountName, mail, objectGUID, employeeID, anchor]
    default: userPrincipalName
  size:
    description: The side of the square photo in pixels. A smaller source is not enlarged. Exchange Server stores at most 648.
    type: int
    default: 648
  max_bytes:
    description: The largest size of the photo in bytes. The highest JPEG quality that fits is used.
    type: int
    default: 500000
  clear_record:
    description:
      - After C(Remove-UserPhoto), Exchange Server records that the photo was removed, and shows no photo, not even the one
        in Active Directory. With V(true) this record is cleared, so that the photo in Active Directory is shown again.
      - The record is only cleared when a photo is removed in this run, not later.
    type: bool
    default: false
notes:
  - The account only needs a management role with C(Get-Mailbox), C(Get-User), C(Get-UserPhoto), C(Set-UserPhoto) and
    C(Remove-UserPhoto). The page about safety has the PowerShell lines for it.
  - A user whose mailbox is in the cloud is V(unavailable). Use M(hybrid.photos.exo_user_photo) for these users.
  - Servers and clients cache photos for up to seven days, so a client may still show the old photo.
seealso:
  - module: hybrid.photos.ad_thumbnail_photo
  - module: hybrid.photos.exo_user_photo
  - module: hybrid.photos.drift_report
  - plugin: hybrid.photos.definitions
    plugin_type: inventory
"""

EXAMPLES = r"""
- name: One user's photo, with the existing Kerberos ticket
  hybrid.photos.exchange_user_photo:
    server: ex1.corp.example.com
    user: alice@example.com
    src: "{{ playbook_dir }}/photos/alice@example.com.jpg"

- name: All photos of a shard of the inventory plugin hybrid.photos.definitions
  hybrid.photos.exchange_user_photo:
    server: ex1.corp.example.com
    username: svc-photos@CORP.EXAMPLE.COM
    password: "{{ password }}"
    photos: "{{ photos }}"
    receipts: /var/lib/hybrid-photos/receipts.sqlite
    backup_dir: /var/backups/hybrid-photos

- name: Look up the employee numbers in Active Directory
  hybrid.photos.ad_user_info:
    users: "{{ photos | map(attribute='user') }}"
    match_by: employeeID
  register: accounts

- name: Declare photos by employee number
  hybrid.photos.exchange_user_photo:
    server: ex1.corp.example.com
    photos: "{{ photos }}"
    match_by: employeeID
    people: "{{ accounts }}"

- name: Remove the photo of a person who left
  hybrid.photos.exchange_user_photo:
    server: ex1.corp.example.com
    user: bob@example.com
    state: absent
"""

RETURN = r"""
summary:
  description: Counts of what was found and done. In check mode and with O(plan_only), counts of what would be done.
  returned: always, unless no user could be checked
  type: dict
  contains:
    checked: {description: Users in the call., type: int, returned: success}
    in_sync: {description: Users whose photo is as declared., type: int, returned: success}
    missing: {description: Users with a declared photo whose target has none., type: int, returned: success}
    different: {description: Users whose target has another photo., type: int, returned: success}
    unwanted: {description: Users declared absent whose target has a photo., type: int, returned: success}
    unresolved: {description: Identities that match no user or several users., type: int, returned: success}
    unavailable: {description: Users whose photo cannot be read or cannot be stored., type: int, returned: success}
    invalid: {description: Users whose declared picture cannot be used., type: int, returned: success}
    put: {description: Photos written., type: int, returned: success}
    removed: {description: Photos removed., type: int, returned: success}
    failed: {description: Changes that failed., type: int, returned: success}
    unverified: {description: Photos written that the target does not show yet., type: int, returned: success}
    foreign: {description: Photos that others changed since the last write in O(receipts)., type: int, returned: success}
    stale: {description: Changes that were not made because they are not the same as in O(approved)., type: int, returned: success}
    default_shown: {description: Users who show the default picture., type: int, returned: success}
    default_own:
      description: Users for whom the default picture is declared, but who have their own photo. It is not changed.
      type: int
      returned: success
    requests: {description: Cmdlets sent., type: int, returned: success}
  sample: {checked: 500, in_sync: 488, missing: 3, different: 7, unwanted: 2, unresolved: 0, unavailable: 0, invalid: 0, put: 10,
    removed: 2, failed: 0, unverified: 0, foreign: 1, stale: 0, default_shown: 0,
    default_own: 0, requests: 552}
photos:
  description: One row for each user, in the order of the call. Pictures are never returned.
  returned: always, unless no user could be checked
  type: list
  elements: dict
  contains:
    user: {description: The identity as given., type: str, returned: always}
    id: {description: The GUID (the objectGUID in Active Directory)., type: str, returned: when resolved}
    target: {description: Always V(exchange)., type: str, returned: always}
    drift:
      description: What was found.
      type: str
      returned: always
      sample: different
    action: {description: 'The change that corrects it, V(none), V(put) or V(remove).', type: str, returned: always}
    changed: {description: Whether the change was made; in check mode whether it would be made., type: bool, returned: always}
    reason: {description: 'The reason, in one sentence.', type: str, returned: always}
    foreign: {description: Whether others changed the photo since the last write in O(receipts)., type: bool, returned: always}
    verified: {description: Whether the written photo was read back; null when nothing was written., type: bool, returned: always}
    source: {description: C(sha256) and C(path) of the declared picture., type: dict, returned: when declared present}
    desired: {description: 'C(sha256), C(bytes), C(width) and C(height) of the photo that the target should have.', type: dict, returned: when known}
    observed: {description: 'C(etag) (a hash), C(bytes), C(width) and C(height) of the photo that it has.', type: dict, returned: when there is a photo}
    account: {description: 'The account''s name at the target, the userPrincipalName.', type: str, returned: when known}
    label: {description: The display name., type: str, returned: when known}
    group: {description: The department or organizational unit., type: str, returned: when known}
    origin: {description: 'Where the photo is declared, as given in O(photos[].origin).', type: str, returned: when given}
    backup: {description: Where the former photo was saved., type: str, returned: when it was saved}
    error: {description: Why a change could not be made., type: str, returned: on failure of this user}
    outcome:
      description:
        - 'The result of the change: V(verified), V(unverified), V(written) (not read back),
          V(unknown), V(refused), V(conflict), V(failed) or V(dropped).'
      type: str
      returned: when a change was started
    warnings: {description: Warnings for this user., type: list, elements: str, returned: when there are some}
    shared_with: {description: Other users whose declared picture is the same or is shown here., type: list, elements: str, returned: when there are some}
    stale: {description: Whether the change is not the same as in O(approved)., type: bool, returned: when it is not}
    no_answer: {description: "Whether nothing is known about this user's photo, because the target gave no answer.", type: bool, returned: when it is so}
    accepted: {description: Whether the problem is known and accepted., type: bool, returned: when it is accepted}
    default: {description: Whether the default picture is declared., type: bool, returned: when it is}
    own_photo:
      description: Whether the default picture is declared, but the user has an own photo. It is not changed.
      type: bool
      returned: when it is so
    no_mailbox: {description: Whether the account has no mailbox at this target., type: bool, returned: when it is so}
in_sync:
  description: Pairs of user and id for users who are in sync and have no row.
  returned: with O(rows=drifting)
  type: list
  elements: list
left_out:
  description: Users who have no row because of O(leave_out).
  returned: when there are some
  type: list
  elements: str
no_mailbox:
  description: Users who have no mailbox, according to the target.
  returned: when there are some
  type: list
  elements: str
source_needed:
  description: Users with O(photos[].source_sha256) for whom the picture itself is needed.
  returned: when there are some
  type: list
  elements: str
notes:
  description: Notes about the run as a whole.
  returned: when there are some
  type: list
  elements: str
target:
  description: Always V(exchange).
  returned: always
  type: str
"""

from ansible_collections.hybrid.photos.plugins.module_utils._core.least_python import require

require()

from ansible_collections.hybrid.photos.plugins.module_utils._entry.exchange_options import exchange_argument_spec
from ansible_collections.hybrid.photos.plugins.module_utils._entry.photo_module import run_photo_module
from ansible_collections.hybrid.photos.plugins.module_utils._entry.photo_spec import photo_argument_spec, photo_module
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.options import ExchangeOptions
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.store import ExchangePhotoStore


def main() -> None:
    spec = {
        **exchange_argument_spec(),
        **photo_argument_spec("exchange"),
        "clear_record": {"type": "bool", "default": False},
    }
    module = photo_module(spec)
    run_photo_module(
        module,
        "exchange",
        lambda params, receipts: ExchangePhotoStore(
            ExchangeOptions.from_params(params), match_by=params["match_by"], clear_record=params["clear_record"]
        ),
    )


if __name__ == "__main__":
    main()
