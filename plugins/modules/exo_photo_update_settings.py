#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: exo_photo_update_settings
short_description: Set where a tenant takes its photos from and who can change them
version_added: 0.1.0
description:
  - Sets the C(photoUpdateSettings) of a Microsoft 365 tenant through Microsoft Graph.
  - With V(on_premises) as the source, photos cannot be changed in the cloud, neither by users nor by this collection.
  - A new tenant has no source. Then photos can come from on-premises and from the cloud. This is not the same as
    V(cloud).
  - Options that are not given are not changed. Without any option to set, the module returns the present settings.
author:
  - hybrid.photos developers (@hybrid-photos)
extends_documentation_fragment:
  - hybrid.photos.graph
  - hybrid.photos.attributes
options:
  state:
    description:
      - V(present) sets the options that are given.
      - V(default) resets the tenant to the settings of a new tenant, with no source and no limit to roles. O(source)
        and O(allowed_roles) cannot be given then.
    type: str
    choices: [present, default]
    default: present
  source:
    description:
      - Where photos may be changed.
      - If Microsoft 365 accepts a source and does not show it afterwards, the module warns and reports no change.
    type: str
    choices: [cloud, on_premises]
  allowed_roles:
    description:
      - The template ids of the directory roles whose members can change photos in the cloud. Other users cannot.
      - With an empty list, all users can.
    type: list
    elements: str
  send_unseen:
    description:
      - Some tenants do not return their source. Then O(source) cannot be compared, so it is not sent, and there is a
        warning. The same is true for O(state=default) if no roles are set.
      - With V(true) it is sent in every run, and every run reports a change. Set it for one run only.
    type: bool
    default: false
requirements:
  - python >= 3.11
notes:
  - A second setting decides whether users can change their own photo, C(SetPhotoEnabled) of the OWA mailbox policy.
    Microsoft Graph does not show it. In Exchange Online PowerShell, C(Get-OwaMailboxPolicy) shows it and
    C(Set-OwaMailboxPolicy) changes it.
  - Microsoft Graph has these settings only in its beta version.
  - It takes up to 24 hours until a change is effective. The module does not wait for this.
  - The application needs the Microsoft Graph permission C(PeopleSettings.ReadWrite.All), or C(PeopleSettings.Read.All) for
    check mode.
seealso:
  - module: hybrid.photos.exo_user_photo
"""

EXAMPLES = r"""
- name: Photos are changed in the cloud, by everyone
  hybrid.photos.exo_photo_update_settings:
    source: cloud
    allowed_roles: []

- name: Only user administrators change photos
  hybrid.photos.exo_photo_update_settings:
    allowed_roles:
      - fe930be7-5e62-47db-91af-98c3a49a38b1

- name: Reset to the settings of a new tenant
  hybrid.photos.exo_photo_update_settings:
    state: default

- name: Read the present settings
  hybrid.photos.exo_photo_update_settings:
  register: settings
"""

RETURN = r"""
source:
  description:
    - The source, after the change.
    - Null when there is none, so that photos can come from on-premises and from the cloud, or when the tenant does not
      return it; see RV(source_known).
  returned: success
  type: str
  sample: cloud
source_known:
  description: Whether the tenant returned its source before the change. If so, a null in RV(source) is its default.
  returned: success
  type: bool
  sample: true
allowed_roles:
  description: The template ids of the roles that may change photos, after the change. Empty when everyone may.
  returned: success
  type: list
  elements: str
  sample: []
"""

from ansible_collections.hybrid.photos.plugins.module_utils._core.least_python import require

require()

from ansible_collections.hybrid.photos.plugins.module_utils._entry.graph_options import graph_argument_spec
from ansible_collections.hybrid.photos.plugins.module_utils._entry.photo_settings import (
    SETTINGS_SPEC,
    run_settings_module,
)
from ansible_collections.hybrid.photos.plugins.module_utils._entry.text_module import TextModule
from ansible_collections.hybrid.photos.plugins.module_utils._graph.options import GraphOptions
from ansible_collections.hybrid.photos.plugins.module_utils._graph.store import GraphPhotoStore


def main() -> None:
    spec = {**graph_argument_spec(), **SETTINGS_SPEC}
    module = TextModule(argument_spec=spec, supports_check_mode=True)
    run_settings_module(module, lambda params: GraphPhotoStore(GraphOptions.from_params(params)))


if __name__ == "__main__":
    main()
