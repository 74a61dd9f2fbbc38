# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of files in a definitions folder: which user a picture declares, and which file name a user's picture gets."""

from __future__ import annotations

import os
import unicodedata

MANIFEST = "photos.yml"
#: A file with one of these endings (of the formats that sniff.py knows) at the top of the folder declares the photo of
#: the user in its name. Windows saves pictures from the web as .jfif.
PICTURE_SUFFIXES = frozenset(
    {
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".jfi", ".pjpeg", ".pjp"),
        *(".png", ".apng", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff"),
        *(".avif", ".avifs", ".heic", ".heif", ".hif", ".heics", ".heifs"),
    }
)


def named_after(name: str) -> str | None:
    """The user whose photo a file at the top of the folder declares by its name, or None."""
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 - Path.suffix is blind to names like ".jpg"
    if name.startswith(".") or suffix.casefold() not in PICTURE_SUFFIXES:
        return None
    # macOS may have decomposed the letters of a name; directories have them composed.
    return unicodedata.normalize("NFC", stem)


def meant_as_manifest(name: str) -> bool:
    """Was this file probably meant to be photos.yml? Windows hides an ending such as .txt."""
    return name.casefold().strip().removesuffix(".txt") in ("photos.yml", "photos.yaml")


def safe_name(user: str) -> str:
    """A file stem for an identity that every file system takes, unique even where case is ignored, and reversible.

    Letters, digits and ``@._+-`` stay, in lower case only, so that two users never get one name. Everything else
    becomes %xx of its UTF-8; a leading dot or a device name of Windows is escaped as well. Reverse it by
    percent-decoding.
    """
    kept = frozenset("abcdefghijklmnopqrstuvwxyz0123456789@._+-")
    text = "".join(c if c in kept else "".join(f"%{byte:02x}" for byte in c.encode()) for c in user)
    head = text.split(".", 1)[0]
    reserved = {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10))}
    if text.startswith((".", "-")) or head in reserved:
        text = f"%{ord(text[0]):02x}{text[1:]}"
    if text.endswith("."):
        text = text[:-1] + "%2e"
    return text
