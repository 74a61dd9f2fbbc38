# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mark: a JPEG comment that names the source and the recipe of a rendition.

AD keeps bytes as they are. So a thumbnail of ours is recognised by hashing its few kilobytes: nothing is decoded or
rendered, and a newer Pillow that would encode other bytes causes no drift. The mark also has a digest of the rest of
the file, so a mark that was copied into another picture is not valid. The mark is no signature: who can write
thumbnailPhoto can also compute a mark. It is no protection against forgeries.

Segments are as in ITU-T T.81, annex B: FF, a marker, two bytes of length that count themselves, the payload.
"""

from __future__ import annotations

import hashlib
import re
import struct
import typing as t
from dataclasses import dataclass

_SOI = b"\xff\xd8"
_COM = 0xFE
_SOS = 0xDA
_EOI = 0xD9
_APP0 = 0xE0

_TEXT = "hybrid.photos/1 source={source} recipe={recipe} rest={rest}"
_PATTERN = re.compile(rb"hybrid\.photos/1 source=([0-9a-f]{64}) recipe=([0-9a-f]{16}) rest=([0-9a-f]{64})")

#: The number of bytes that a mark adds to a file.
MARK_BYTES = 4 + len(_TEXT.format(source="0" * 64, recipe="0" * 16, rest="0" * 64))
#: The mark that ``stamp`` writes is always within the first so many bytes.
_HEAD = 1024


@dataclass(frozen=True, slots=True)
class Mark:
    """The content of the mark of an unchanged JPEG of ours."""

    source_sha256: str
    recipe_digest: str


def stamp(jpeg: bytes, source_sha256: str, recipe_digest: str) -> bytes:
    """The JPEG with our mark, ``MARK_BYTES`` longer. An existing mark is replaced.

    ``source_sha256`` has 64 hexadecimal digits, ``recipe_digest`` 16. Raises ValueError for anything else, or no JPEG.
    """
    if not jpeg.startswith(_SOI):
        raise ValueError("only a JPEG can carry the mark")
    found = _find(jpeg)
    rest = jpeg if found is None else jpeg[: found[0]] + jpeg[found[1] :]
    text = _TEXT.format(source=source_sha256, recipe=recipe_digest, rest=hashlib.sha256(rest).hexdigest()).encode()
    if not _PATTERN.fullmatch(text):
        raise ValueError("a mark takes a SHA-256 and a recipe digest in lower-case hexadecimal")
    # JFIF requires its APP0 segment right after the start of the image, so the comment is put after it.
    first = next(_segments(rest), None)
    place = first[3] if first is not None and first[0] == _APP0 else len(_SOI)
    return rest[:place] + b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text + rest[place:]


def read_mark(jpeg: bytes) -> Mark | None:
    """The mark of a JPEG; None when there is none or several, or when the rest of the file was changed."""
    found = _find(jpeg)
    if found is None:
        return None
    start, end, match = found
    rest = hashlib.sha256(jpeg[:start])
    rest.update(jpeg[end:])
    source, recipe, digest = (group.decode("ascii") for group in match.groups())
    return Mark(source, recipe) if digest == rest.hexdigest() else None


def frame_size(jpeg: bytes) -> tuple[int, int] | None:
    """Width and height in the header of a JPEG (ITU-T T.81, B.2.2). None: no header, or an orientation may turn it.

    For a picture with our own mark. Pillow would read all of its tables, which takes five times as long.
    """
    size = None
    for marker, _start, payload, end in _segments(jpeg):
        if marker in _UNSURE:
            return None
        if marker in _FRAMES and end - payload >= 5:
            height, width = struct.unpack_from(">HH", jpeg, payload + 1)
            size = (width, height) if width and height else None
    return size


def seems_of(jpeg: bytes, source_sha256: str) -> bool:
    """Does a picture seem to be ours of this source? Quick, but no proof: used to choose the way of comparing."""
    return jpeg.find(f"source={source_sha256}".encode(), 0, _HEAD) > 0


#: The use of a JPEG's application segments (Exif 2.32, ICC.1, XMP part 3); JFIF and Adobe only describe the pixels.
_CARRIERS = ((0xE1, b"Exif", "EXIF data"), (0xE1, b"http", "XMP data"), (0xE2, b"ICC_", "a colour profile"))
_PIXELS_ONLY = frozenset({_APP0, 0xEE})
#: Start of a frame: baseline, extended and progressive.
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
#: EXIF, which may have an orientation.
_UNSURE = frozenset({0xE1})


def foreign_segments(jpeg: bytes) -> list[str]:
    """What a JPEG contains besides its pixels and our mark, in words, each once."""
    found: dict[str, None] = {}
    for marker, _start, payload, end in _segments(jpeg):
        head = jpeg[payload : payload + 4]
        if marker == _COM and not _PATTERN.fullmatch(jpeg, payload, end):
            found["a comment"] = None
        elif 0xE0 <= marker <= 0xEF and marker not in _PIXELS_ONLY:
            names = (name for carrier, begins, name in _CARRIERS if marker == carrier and head == begins)
            found[next(names, "application data")] = None
    return list(found)


#: A segment: its marker, where it starts, where its payload starts, and where both end.
_Segment = tuple[int, int, int, int]


def _segments(jpeg: bytes) -> t.Iterator[_Segment]:
    """The segments before the scan, as far as the file is well-formed."""
    if not jpeg.startswith(_SOI):
        return
    at, last = len(_SOI), len(jpeg) - 4
    while at <= last and jpeg[at] == 0xFF:
        marker = jpeg[at + 1]
        if marker in (_SOS, _EOI):
            return
        length = jpeg[at + 2] << 8 | jpeg[at + 3]
        end = at + 2 + length
        if length < 2 or end > len(jpeg):
            return
        yield marker, at, at + 4, end
        at = end


def _find(jpeg: bytes) -> tuple[int, int, re.Match[bytes]] | None:
    """The place of our comment; None unless there is exactly one."""
    found = [
        (start, end, match)
        for marker, start, payload, end in _segments(jpeg)
        if marker == _COM and (match := _PATTERN.fullmatch(jpeg, payload, end))
    ]
    return found[0] if len(found) == 1 else None
