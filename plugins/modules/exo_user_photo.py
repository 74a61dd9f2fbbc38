#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: exo_user_photo
short_description: Declare the Microsoft 365 photo of one user or of thousands
version_added: 0.1.0
description:
  - Makes the photo that Outlook, Teams and all of Microsoft 365 show match a picture file, through Microsoft Graph.
  - Microsoft 365 re-encodes every upload and gives even identical bytes a new ETag. The module therefore compares the
    pictures, or remembers in O(receipts) the ETag of its own upload. A second run changes nothing.
  - It sends reads in batches of twenty and several writes at a time, as fast as the service allows.
author:
  - hybrid.photos developers (@hybrid-photos)
extends_documentation_fragment:
  - hybrid.photos.graph
  - hybrid.photos.photo
  - hybrid.photos.attributes
  - hybrid.photos.attributes.action
options:
  match_by:
    description:
      - The property that identifies users.
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
  size:
    description:
      - The side of the square photo in pixels. A smaller source is not enlarged.
      - More than V(648) is possible, for example V(1080). Microsoft 365 stores an upload in its own size and shape, and makes
        smaller sizes up to 648x648 from it. Most clients show these smaller sizes.
    type: int
    default: 648
  max_bytes:
    description: The largest size of the photo in bytes. The highest JPEG quality that fits is used. Microsoft Graph
      accepts less than 4 MB.
    type: int
    default: 4194303
  group_by:
    description:
      - Return for each user the property C(department). A report can then show figures for each department.
      - This needs no additional requests. With this option users are always looked up, even if O(receipts) has them from a
        few minutes before.
    type: str
    choices: [department]
  concurrency:
    description: The largest number of concurrent requests. The module starts with few and adapts the number to the
      service's answers.
    type: int
    default: 8
notes:
  - The application needs only the Microsoft Graph permissions C(ProfilePhoto.ReadWrite.All) and C(User.Read.All).
    C(ProfilePhoto.Read.All) is enough for check mode.
  - Clients may take hours to show a new photo.
  - A user needs no Exchange licence to have a photo in Microsoft 365. If Microsoft Graph answers that a mailbox is
    missing or on-premises, the user is V(unavailable), and the reason quotes the answer.
  - An application role that is limited to an administrative unit, or a restricted management administrative unit, can keep
    single users from the application. They are V(unavailable) or fail, and the other users are processed.
seealso:
  - module: hybrid.photos.ad_thumbnail_photo
  - module: hybrid.photos.drift_report
  - plugin: hybrid.photos.definitions
    plugin_type: inventory
"""

EXAMPLES = r"""
- name: One user's photo
  hybrid.photos.exo_user_photo:
    user: alice@example.com
    src: "{{ playbook_dir }}/photos/alice@example.com.jpg"

- name: All photos of a shard of the inventory plugin hybrid.photos.definitions
  hybrid.photos.exo_user_photo:
    photos: "{{ photos }}"
    receipts: /var/lib/hybrid-photos/receipts.sqlite
    backup_dir: /var/backups/hybrid-photos
  environment:
    AZURE_TENANT_ID: "{{ tenant_id }}"
    AZURE_CLIENT_ID: "{{ client_id }}"
    AZURE_CLIENT_SECRET: "{{ client_secret }}"

- name: Remove the photo of a person who left
  hybrid.photos.exo_user_photo:
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
    requests: {description: HTTP requests sent. A batch counts as one., type: int, returned: success}
  sample: {checked: 500, in_sync: 488, missing: 3, different: 7, unwanted: 2, unresolved: 0, unavailable: 0, invalid: 0, put: 10,
    removed: 2, failed: 0, unverified: 0, foreign: 1, stale: 0, default_shown: 0,
    default_own: 0, requests: 27}
photos:
  description: One row for each user, in the order of the call. Pictures are never returned.
  returned: always, unless no user could be checked
  type: list
  elements: dict
  contains:
    user: {description: The identity as given., type: str, returned: always}
    id: {description: The Entra object id., type: str, returned: when resolved}
    target: {description: Always V(exo)., type: str, returned: always}
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
    observed: {description: 'C(etag), C(bytes), C(width) and C(height) of the photo that it has.', type: dict, returned: when there is a photo}
    account: {description: 'The account''s name at the target, the userPrincipalName.', type: str, returned: when resolved}
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
  description: Always V(exo).
  returned: always
  type: str
"""

from ansible_collections.hybrid.photos.plugins.module_utils._core.least_python import require

require()

from ansible_collections.hybrid.photos.plugins.module_utils._entry.graph_options import graph_argument_spec
from ansible_collections.hybrid.photos.plugins.module_utils._entry.photo_module import run_photo_module
from ansible_collections.hybrid.photos.plugins.module_utils._entry.photo_spec import photo_argument_spec, photo_module
from ansible_collections.hybrid.photos.plugins.module_utils._graph.options import GraphOptions
from ansible_collections.hybrid.photos.plugins.module_utils._graph.store import GraphPhotoStore


def main() -> None:
    spec = {
        **graph_argument_spec(),
        **photo_argument_spec("exo"),
        "concurrency": {"type": "int", "default": 8},
        "group_by": {"type": "str", "choices": ["department"]},
    }
    module = photo_module(spec)
    run_photo_module(
        module,
        "exo",
        lambda params, receipts: GraphPhotoStore(
            GraphOptions.from_params(params),
            match_by=params["match_by"],
            concurrency=params["concurrency"],
            group_by=params["group_by"],
        ),
    )


if __name__ == "__main__":
    main()
