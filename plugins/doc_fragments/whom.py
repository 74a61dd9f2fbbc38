# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # The options of WHOM_SPEC whose meaning does not depend on the target.
    DOCUMENTATION = r"""
options:
  only:
    description:
      - Names or patterns of users, compared with what users go by in the results. V(*) is any text, V(?) is one
        character, and upper and lower case are the same. Only these users are looked at; all when empty.
      - Unlike a name in O(users), a name that the target does not have is no problem.
    type: list
    elements: str
    default: []
  exclude:
    description:
      - Names or patterns of users that are not looked at, written as in O(only). They win over all other options.
      - RV(excluded) names them. Nothing of them is read or written, and a file of theirs in a folder of an export stays
        as it is.
      - A pattern that excludes everybody is an error.
    type: list
    elements: str
    default: []
"""

    # The others of WHOM_SPEC, as the modules of Active Directory take them.
    AD = r"""
options:
  filter:
    description:
      - An LDAP filter, for example V((&(department=Sales\)(!(title=Intern\)\)\)). Only users that it finds are looked at.
      - It is combined with the module's own filter for user accounts, so C(objectClass) is not necessary.
      - A user in O(users) whom it does not find is left out and counted in RV(left_out), and is no problem.
      - A filter that is not valid, that names an attribute which the schema does not have, or that finds nobody, is an
        error.
    type: str
    default: ''
  group:
    description:
      - A group, by distinguished name, C(sAMAccountName), C(objectGUID) or C(mail). Only its members are looked at, also
        members of groups in the group, and users whose primary group it is.
      - With several domains the group may be in any of them; its members in all named domains are found. A name that
        matches no group, or several, is an error.
    type: str
    default: ''
"""
