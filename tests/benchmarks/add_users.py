# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Add many users to the sandbox's domain in one transaction. For the system's Python, which has Samba's bindings.

    /usr/bin/python3 add_users.py SMB_CONF OU COUNT PHOTOS PREFIX

User n gets PHOTOS/n.jpg as thumbnailPhoto where there is such a file.
"""

from __future__ import annotations

import sys
from pathlib import Path

from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB


def main() -> None:
    conf, ou, count, photos, prefix = sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]), sys.argv[5]
    settings = LoadParm()
    settings.load(conf)
    database = SamDB(url=settings.private_path("sam.ldb"), session_info=system_session(), lp=settings)
    database.transaction_start()
    for number in range(1, count + 1):
        name = f"{prefix}{number:06d}"
        user = {
            "dn": f"CN={name},{ou}",
            "objectClass": "user",
            "sAMAccountName": name,
            "userPrincipalName": f"{name}@photos.test",
            "displayName": f"Bench {number:06d}",
            "userAccountControl": "544",  # an enabled account without a password
        }
        photo = photos / f"{number}.jpg"
        if photo.exists():
            user["thumbnailPhoto"] = photo.read_bytes()
        database.add(user)
    database.transaction_commit()


if __name__ == "__main__":
    main()
