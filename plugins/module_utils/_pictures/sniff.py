# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds out from its first bytes what a file is, and how much its decoding costs, before any decoder reads it.

Each name has one decoder, so a file that is valid in two formats is only read as the first. Pure, without Pillow.
"""

from __future__ import annotations

import base64
import re

_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})

#: Formats that people commit and that we do not read, in words for a message.
_REFUSED: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"\s*<(svg|[?!].*<svg)", re.S | re.I), "an SVG drawing"),
    (re.compile(rb"%PDF"), "a PDF document"),
    (re.compile(rb"%!PS|\xc5\xd0\xd3\xc6"), "a PostScript file"),
    (re.compile(rb"\s*<(!doctype html|html)", re.I), "an HTML page"),
    (re.compile(rb"version https://git-lfs"), "a Git LFS pointer, not the picture itself (run: git lfs pull)"),
    (re.compile(rb"8BPS"), "a Photoshop file"),
    (re.compile(rb"\x00\x00\x01\x00"), "a Windows icon"),
    (re.compile(rb"\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51"), "a JPEG 2000 picture"),
    (re.compile(rb"\xff\x0a|\x00\x00\x00\x0cJXL "), "a JPEG XL picture"),
    (re.compile(rb"PK\x03\x04"), "a ZIP archive"),
    (re.compile(rb"P[1-7]\s"), "a PNM picture"),
)

#: At least a hundred characters of base64 text, or the head of a longer one, without the prefix of a data URL.
_BASE64 = re.compile(rb"(?:data:[\w/.+-]*;base64,)?([A-Za-z0-9+/_\s-]{100,}={0,2})")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
#: Start of frame, all of them and those of progressive coding.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE_FRAMES = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def kind(data: bytes) -> str | None:
    """Pillow's name of the format (``JPEG``, ``PNG``, ``WEBP``, ``GIF``, ``BMP``, ``TIFF``, ``AVIF``, ``HEIF``)."""
    if data[4:8] == b"ftyp":
        return _iso_kind(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    for magic, name in (
        (b"\xff\xd8\xff", "JPEG"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"GIF87a", "GIF"),
        (b"GIF89a", "GIF"),
        (b"BM", "BMP"),
        (b"II*\x00", "TIFF"),
        (b"MM\x00*", "TIFF"),
        (b"II+\x00", "TIFF"),
        (b"MM\x00+", "TIFF"),
    ):
        if data.startswith(magic):
            return name
    return None


def _iso_kind(data: bytes) -> str | None:
    """AVIF and HEIC use the same container (ISO 14496-12); the brands in its first box tell which it is."""
    length = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, length - 3, 4))}
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIF" if brands & _HEIF_BRANDS else None


def refused(data: bytes) -> str | None:
    """The format of a file that we do not read, in words; None when it is not known."""
    if base64_text(data):
        return "a picture as base64 text, not the picture itself"
    head = data[:1024]
    return next((words for pattern, words in _REFUSED if pattern.match(head)), None)


def base64_text(data: bytes) -> bool:
    """Is this a picture as base64 text, which scripts write into thumbnailPhoto by mistake? Also in UTF-16."""
    head = data[:4096].removeprefix(b"\xff\xfe")
    if head[1:2] == b"\0":
        head = head[::2] if not head[1::2].strip(b"\0") else b""
    found = _BASE64.fullmatch(head.removeprefix(b"\xef\xbb\xbf").strip())
    if found is None:
        return False
    text = b"".join(found[1].split()).rstrip(b"=").translate(_URL_SAFE)
    return kind(base64.b64decode(text[: len(text) // 4 * 4])) is not None


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in a WebP header (RFC 9649), or None when it is damaged.

    libwebp takes memory for the whole canvas when a file is opened, so the size must be known before that.
    """
    chunk = data[12:16]
    if chunk == b"VP8X" and len(data) >= 30:
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if chunk == b"VP8L" and len(data) >= 25:
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 " and len(data) >= 30:
        return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    return None


def jpeg_scans(data: bytes, most: int) -> tuple[int, bool]:
    """How many scans a JPEG has, counted up to ``most``, and whether a decoder holds them all in memory to join them.

    A progressive file can have thousands of nearly empty scans, and a decoder passes over the whole picture for each.
    """
    scans, at, components, whole = 0, 2, 0, False
    while scans < most:
        # Within a scan FF is followed by 00 or a restart marker, so the next other marker ends it.
        found = _MARKER.search(data, at)
        if found is None or data[found.start() + 1] == 0xD9:
            break
        at = found.end()
        marker = data[at - 1]
        if marker in _FRAMES:
            whole = whole or marker in _PROGRESSIVE_FRAMES
            components = data[at + 7] if at + 7 < len(data) else 0
        elif marker == 0xDA:
            scans += 1
            whole = whole or (at + 2 < len(data) and data[at + 2] < components)
        if marker not in (0x01, 0xD8):  # these two have no length
            at += int.from_bytes(data[at : at + 2], "big")
    return scans, whole
