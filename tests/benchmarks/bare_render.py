# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limit for a put to Active Directory: a script that makes each picture with Pillow and writes it with python-ldap,
one after another.

python bare_render.py JOBS        with the variables of the sandbox; JOBS is a JSON list of DN and file

The recipe is that of ad_thumbnail_photo: the square in the middle, 96x96 pixels, JPEG of the highest quality from 95
down that has at most 10,240 bytes. A JPEG shrinks while it is decoded, as far as twice the side is left.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import bare_ldap
import ldap
from PIL import Image, ImageOps

SIDE, LIMIT = 96, 10_240


def thumbnail(path: str) -> bytes:
    with Image.open(path) as picture:
        picture.draft("RGB", (2 * SIDE, 2 * SIDE))
        upright = ImageOps.exif_transpose(picture).convert("RGB")
        small = ImageOps.fit(upright, (SIDE, SIDE), Image.Resampling.LANCZOS)
    for quality in range(95, 39, -5):
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=quality, subsampling=0 if quality >= 90 else 2)
        if buffer.tell() <= LIMIT:
            break
    return buffer.getvalue()


def main() -> None:
    connection = bare_ldap.connected()
    for dn, path in json.loads(Path(sys.argv[1]).read_text()):
        connection.modify_s(dn, [(ldap.MOD_ADD, "thumbnailPhoto", [thumbnail(path)])])


if __name__ == "__main__":
    main()
