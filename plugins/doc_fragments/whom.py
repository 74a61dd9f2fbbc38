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
      - Names or patterns of users, compared with the names in the results. V(*) is any text, V(?) is one character, and upper
        and lower case are the same. Only these users are examined; all if empty.
      - Unlike in O(users), a name that the target does not have is not a problem.
    type: list
    elements: str
    default: []
  exclude:
    description:
      - Names or patterns of users that are not examined, as in O(only). They have priority over all other options.
      - RV(excluded) names these users. Their photos are not read or written, and their files in a folder of an export are
        not changed.
      - A pattern that excludes all users is an error.
    type: list
    elements: str
    default: []
"""

    # The other options of WHOM_SPEC, for the modules of Active Directory.
    AD = r"""
options:
  filter:
    description:
      - An LDAP filter, for example V((&(department=Sales\)(!(title=Intern\)\)\)). Only users who match it are
        examined.
      - It is combined with the module's own filter for user accounts, so C(objectClass) is not necessary.
      - A user in O(users) who does not match is left out and named in RV(left_out). This is not a problem.
      - A filter is an error if it is not valid, if the schema does not have one of its attributes, or if it matches no user.
    type: str
    default: ''
  group:
    description:
      - A group, by distinguished name, C(sAMAccountName), C(objectGUID) or C(mail). Only its members are examined, also
        members of nested groups, and users whose primary group it is.
      - With several domains, the group may be in any of them, and its members in all named domains are found. A name that
        matches no group, or several, is an error.
    type: str
    default: ''
"""
