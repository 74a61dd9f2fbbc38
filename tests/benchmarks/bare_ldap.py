# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limit for writes to Active Directory: python-ldap with one modify after another, for given DNs.

python bare_ldap.py DNS PHOTO        with the variables of the sandbox; PHOTO "-" removes the photos
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path

import ldap
from ldap.ldapobject import LDAPObject


def connected() -> LDAPObject:
    """As the sandbox's account for photos."""
    connection = ldap.initialize(f"ldaps://{os.environ['HYBRID_PHOTOS_AD_SERVER']}")
    connection.set_option(ldap.OPT_X_TLS_CACERTFILE, os.environ["HYBRID_PHOTOS_AD_CA_CERT"])
    connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    connection.simple_bind_s(os.environ["HYBRID_PHOTOS_AD_USERNAME"], os.environ["HYBRID_PHOTOS_AD_PASSWORD"])
    return connection


def main() -> None:
    dns = json.loads(Path(sys.argv[1]).read_text())
    picture = None if sys.argv[2] == "-" else Path(sys.argv[2]).read_bytes()
    connection = connected()
    for dn in dns:
        if picture is not None:
            connection.modify_s(dn, [(ldap.MOD_ADD, "thumbnailPhoto", [picture])])
        else:
            with contextlib.suppress(ldap.NO_SUCH_ATTRIBUTE):
                connection.modify_s(dn, [(ldap.MOD_DELETE, "thumbnailPhoto", None)])


if __name__ == "__main__":
    main()
