#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: ad_thumbnail_photo
short_description: Declare the Active Directory photo of one user or of thousands
version_added: 0.1.0
description:
  - Makes C(thumbnailPhoto) of users in Active Directory match a picture file, over LDAP.
  - The JPEG that it writes contains a mark that identifies its source picture. So an unchanged photo is recognized
    without decoding a picture, and a second run changes nothing.
  - A photo is replaced only if it is still the one that was compared. If it was changed in between, it is compared
    again.
author:
  - hybrid.photos developers (@hybrid-photos)
extends_documentation_fragment:
  - hybrid.photos.directory
  - hybrid.photos.photo
  - hybrid.photos.attributes
  - hybrid.photos.attributes.action
options:
  match_by:
    description:
      - The attribute that identifies users.
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
  group_by:
    description:
      - Return for each user the department (the attribute C(department)), or the organizational unit of the account, such
        as V(Berlin / Sales). A report can then show figures for each.
      - With this option users are always looked up, even if O(receipts) has them from a few minutes before.
    type: str
    choices: [department, ou]
  size:
    description: The side of the square photo in pixels. A smaller source is not enlarged.
    type: int
    default: 96
  max_bytes:
    description:
      - The largest size of the photo in bytes. The highest JPEG quality that fits is used.
      - Exchange Online accepts at most 10 KB from Entra ID. The attribute can have at most 100 KB.
    type: int
    default: 10240
notes:
  - The account needs only the right to write C(thumbnailPhoto) of the users.
seealso:
  - module: hybrid.photos.exo_user_photo
  - module: hybrid.photos.drift_report
  - plugin: hybrid.photos.definitions
    plugin_type: inventory
"""

EXAMPLES = r"""
- name: One user's photo
  hybrid.photos.ad_thumbnail_photo:
    server: dc1.example.com
    username: svc-photos@example.com
    password: "{{ password }}"
    user: alice@example.com
    src: "{{ playbook_dir }}/photos/alice@example.com.jpg"

- name: All photos of a shard of the inventory plugin hybrid.photos.definitions, with Kerberos
  hybrid.photos.ad_thumbnail_photo:
    server: dc1.example.com
    auth_protocol: kerberos
    photos: "{{ photos }}"
    receipts: /var/lib/hybrid-photos/receipts.sqlite
    backup_dir: /var/backups/hybrid-photos
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
    requests: {description: LDAP operations sent., type: int, returned: success}
  sample: {checked: 500, in_sync: 488, missing: 3, different: 7, unwanted: 2, unresolved: 0, unavailable: 0, invalid: 0, put: 10,
    removed: 2, failed: 0, unverified: 0, foreign: 1, stale: 0, default_shown: 0,
    default_own: 0, requests: 4}
photos:
  description: One row for each user, in the order of the call. Pictures are never returned.
  returned: always, unless no user could be checked
  type: list
  elements: dict
  contains:
    user: {description: The identity as given., type: str, returned: always}
    id: {description: The objectGUID., type: str, returned: when resolved}
    target: {description: Always V(ad)., type: str, returned: always}
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
    observed: {description: 'C(sha256), C(bytes), C(width) and C(height) of the photo that it has.', type: dict, returned: when there is a photo}
    account: {description: 'The account''s name at the target, the userPrincipalName, else the sAMAccountName.', type: str, returned: when resolved}
    label: {description: The display name., type: str, returned: when known}
    group: {description: The department or organizational unit., type: str, returned: when O(group_by) asks for it and there is one}
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
  description: Always V(ad).
  returned: always
  type: str
"""

from ansible_collections.hybrid.photos.plugins.module_utils._core.least_python import require

require()

from ansible_collections.hybrid.photos.plugins.module_utils._directory.options import DirectoryOptions
from ansible_collections.hybrid.photos.plugins.module_utils._directory.store import DirectoryPhotoStore
from ansible_collections.hybrid.photos.plugins.module_utils._entry.directory_options import directory_argument_spec
from ansible_collections.hybrid.photos.plugins.module_utils._entry.photo_module import run_photo_module
from ansible_collections.hybrid.photos.plugins.module_utils._entry.photo_spec import photo_argument_spec, photo_module


def main() -> None:
    spec = {
        **directory_argument_spec(),
        **photo_argument_spec("ad"),
        "group_by": {"type": "str", "choices": ["department", "ou"]},
    }
    module = photo_module(spec)
    run_photo_module(
        module,
        "ad",
        lambda params, receipts: DirectoryPhotoStore(
            DirectoryOptions.from_params(params),
            match_by=params["match_by"],
            memory=receipts,
            group_by=params["group_by"],
        ),
    )


if __name__ == "__main__":
    main()
