# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security identifiers, and whether a list of rights lets somebody read one attribute. Pure.

The layout of a security descriptor, its list and its entries is in [MS-DTYP] 2.4.6, 2.4.5 and 2.4.4; how a directory
decides about an attribute is in [MS-ADTS] 5.1.3.3.3: the entries are read in their order, and the first one decides
that concerns this right and a SID of the caller.
"""

from __future__ import annotations

import re
import struct
import typing as t
import uuid

#: thumbnailPhoto, and the property set that it belongs to (Personal-Information), as bytes of a GUID.
PHOTO_GUID = uuid.UUID("8d3bca50-1d7e-11d0-a081-00aa006c33ed").bytes_le
PHOTO_SET_GUID = uuid.UUID("77b5b886-944a-11d1-aebd-0000f80367c1").bytes_le

#: Rights ([MS-ADTS] 5.1.3.2): read a property, control access, and the two that include the first.
READ_PROPERTY, CONTROL_ACCESS, GENERIC_READ, GENERIC_ALL = 0x10, 0x100, 0x80000000, 0x10000000
_READS = READ_PROPERTY | GENERIC_READ | GENERIC_ALL
_CONTROLS = CONTROL_ACCESS | GENERIC_ALL
#: ACE types: allow and deny, for the object as a whole or for one attribute or set.
_ALLOW, _DENY, _ALLOW_OBJECT, _DENY_OBJECT = 0, 1, 5, 6
_INHERIT_ONLY = 0x08
_HAS_TYPE, _HAS_INHERITED_TYPE = 1, 2
_DACL_PRESENT = 0x0004

_SID = re.compile(r"S-1-(\d{1,15})((?:-\d{1,10}){1,15})", re.IGNORECASE)


def sid_text(value: bytes) -> str:
    """``S-1-5-21-…`` for the bytes of a SID ([MS-DTYP] 2.4.2.2); an empty text for anything else."""
    if len(value) < 8 or len(value) != 8 + 4 * value[1]:
        return ""
    parts = struct.unpack(f"<{value[1]}I", value[8:])
    return "-".join(["S", str(value[0]), str(int.from_bytes(value[2:8], "big")), *map(str, parts)])


def sid_bytes(text: str) -> bytes:
    """The bytes of a SID. Raises ValueError."""
    found = _SID.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a SID")
    parts = [int(part) for part in found[2].split("-")[1:]]
    try:
        head = bytes([1, len(parts)]) + int(found[1]).to_bytes(6, "big")
        return head + struct.pack(f"<{len(parts)}I", *parts)
    except (struct.error, OverflowError) as error:
        raise ValueError(f"{text!r} is not a SID") from error


#: SIDs of every signed-in account: Everyone, Authenticated Users. And the SID that means the object's own account.
EVERYONE, AUTHENTICATED, SELF = sid_bytes("S-1-1-0"), sid_bytes("S-1-5-11"), sid_bytes("S-1-5-10")


class _Entry(t.NamedTuple):
    allows: bool
    mask: int
    about: bytes | None
    who: bytes


def may_read_photo(descriptor: bytes, who: t.Container[bytes], confidential: bool = False) -> bool:
    """May somebody with these SIDs read thumbnailPhoto of an object with this descriptor?

    ``confidential``: the schema marks the attribute so (searchFlags 128), and Control Access is needed as well.
    Raises ValueError when it is not a security descriptor.
    """
    entries = _entries(descriptor)
    if entries is None:
        return True  # without a list everybody has all rights
    return _granted(entries, who, _READS) and (not confidential or _granted(entries, who, _CONTROLS))


def _granted(entries: t.Iterable[_Entry], who: t.Container[bytes], rights: int) -> bool:
    for entry in entries:
        if entry.mask & rights and entry.about in (None, PHOTO_GUID, PHOTO_SET_GUID) and entry.who in who:
            return entry.allows
    return False


def _entries(descriptor: bytes) -> list[_Entry] | None:
    """The entries of a descriptor's list, in their order; None when there is no list."""
    try:
        control, at = struct.unpack_from("<2xH12xI", descriptor)
        if not control & _DACL_PRESENT or at == 0:
            return None
        (count,) = struct.unpack_from("<4xH", descriptor, at)
        at += 8
        found: list[_Entry] = []
        for _number in range(count):
            kind, flags, size, mask = struct.unpack_from("<BBHI", descriptor, at)
            ace = descriptor[at : at + size]
            if size < 8 or len(ace) != size:
                raise ValueError("the list of rights is cut off")
            at += size
            if flags & _INHERIT_ONLY or kind not in (_ALLOW, _DENY, _ALLOW_OBJECT, _DENY_OBJECT):
                continue
            about, start = None, 8
            if kind in (_ALLOW_OBJECT, _DENY_OBJECT):
                (types,) = struct.unpack_from("<I", ace, 8)
                start = 12
                if types & _HAS_TYPE:
                    about, start = ace[start : start + 16], start + 16
                if types & _HAS_INHERITED_TYPE:
                    start += 16
            sid = ace[start : start + 8 + 4 * ace[start + 1]] if len(ace) > start + 1 else b""
            found.append(_Entry(kind in (_ALLOW, _ALLOW_OBJECT), mask, about, sid))
        return found
    except struct.error as error:
        raise ValueError("this is not a security descriptor") from error
