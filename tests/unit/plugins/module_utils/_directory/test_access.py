# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may read a photo, by the list of rights of the user's entry."""

from __future__ import annotations

import struct
import typing as t
import uuid

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._directory import access
from hypothesis import given
from hypothesis import strategies as st

ACCOUNT = access.sid_bytes("S-1-5-21-1-2-3-1104")
GROUP = access.sid_bytes("S-1-5-21-1-2-3-513")
STRANGER = access.sid_bytes("S-1-5-21-1-2-3-9999")
WHO = frozenset({ACCOUNT, GROUP, access.EVERYONE, access.AUTHENTICATED})
MAIL = uuid.UUID("bf967961-0de6-11d0-a285-00aa003049e2").bytes_le
USER_CLASS = uuid.UUID("bf967aba-0de6-11d0-a285-00aa003049e2").bytes_le


def ace(
    kind: str, mask: int, who: bytes, about: bytes | None = None, flags: int = 0, inherited: bytes | None = None
) -> bytes:
    """One entry: kind is allow or deny."""
    number = {"allow": 0, "deny": 1}[kind] + (5 if about or inherited else 0)
    body = struct.pack("<I", mask)
    if about or inherited:
        body += struct.pack("<I", bool(about) | bool(inherited) * 2) + (about or b"") + (inherited or b"")
    body += who
    return struct.pack("<BBH", number, flags, 4 + len(body)) + body


def descriptor(*entries: bytes) -> bytes:
    rights = b"".join(entries)
    dacl = struct.pack("<BBHHH", 4, 0, 8 + len(rights), len(entries), 0) + rights
    return struct.pack("<BBHIIII", 1, 0, 0x8004, 0, 0, 0, 20) + dacl


@pytest.mark.parametrize(
    ("entries", "may"),
    [
        ([], False),
        ([ace("allow", 0x10, ACCOUNT)], True),
        ([ace("allow", 0x10, GROUP, access.PHOTO_GUID)], True),
        ([ace("allow", 0x10, access.AUTHENTICATED, access.PHOTO_SET_GUID)], True),
        ([ace("allow", 0x10, ACCOUNT, access.PHOTO_GUID, inherited=USER_CLASS)], True),
        ([ace("allow", 0x80000000, access.EVERYONE)], True),
        ([ace("allow", 0x10000000, GROUP)], True),
        ([ace("allow", 0x10, ACCOUNT, MAIL)], False),
        ([ace("allow", 0x20, ACCOUNT)], False),
        ([ace("allow", 0x10, STRANGER)], False),
        ([ace("allow", 0x10, access.SELF)], False),
        ([ace("allow", 0x10, ACCOUNT, flags=0x08)], False),
        ([ace("deny", 0x10, ACCOUNT, access.PHOTO_GUID), ace("allow", 0x10, GROUP)], False),
        ([ace("deny", 0x10, STRANGER, access.PHOTO_GUID), ace("allow", 0x10, GROUP)], True),
        ([ace("deny", 0x20, ACCOUNT, access.PHOTO_GUID), ace("allow", 0x10, GROUP)], True),
        ([ace("allow", 0x10, GROUP), ace("deny", 0x10, ACCOUNT)], True),
    ],
)
def test_the_first_entry_that_speaks_of_it_decides(entries: t.Sequence[bytes], may: bool) -> None:
    assert access.may_read_photo(descriptor(*entries), WHO) is may


def test_a_confidential_attribute_needs_control_access_too() -> None:
    plain = ace("allow", 0x10, ACCOUNT)
    assert not access.may_read_photo(descriptor(plain), WHO, confidential=True)
    for more in (ace("allow", 0x100, GROUP, access.PHOTO_GUID), ace("allow", 0x10000000, GROUP)):
        assert access.may_read_photo(descriptor(plain, more), WHO, confidential=True)


def test_no_list_lets_everybody_read() -> None:
    assert access.may_read_photo(struct.pack("<BBHIIII", 1, 0, 0x8000, 0, 0, 0, 0), WHO)


@given(st.binary(max_size=120))
def test_what_is_no_descriptor_is_refused_or_answered(data: bytes) -> None:
    for value in (data, descriptor(ace("allow", 0x10, ACCOUNT))[: len(data)], descriptor()[:20] + data):
        try:
            assert access.may_read_photo(value, WHO) in (True, False)
        except ValueError:
            pass


def test_a_list_that_is_cut_off_is_refused() -> None:
    whole = descriptor(ace("allow", 0x20, ACCOUNT), ace("allow", 0x10, ACCOUNT))
    assert access.may_read_photo(whole, WHO)
    with pytest.raises(ValueError, match=r"cut off|not a security descriptor"):
        access.may_read_photo(whole[:-4], WHO)


@pytest.mark.parametrize("text", ["S-1-5-11", "S-1-5-21-3623811015-3361044348-30300820-1013", "s-1-1-0"])
def test_sids_there_and_back(text: str) -> None:
    assert access.sid_text(access.sid_bytes(text)) == text.upper()


@pytest.mark.parametrize("text", ["", "S-1", "S-1-5", "alice", "S-1-5-4294967296", "S-1-999999999999999-1", "S-1-5-x"])
def test_what_is_no_sid(text: str) -> None:
    with pytest.raises(ValueError, match="is not a SID"):
        access.sid_bytes(text)
    assert access.sid_text(text.encode()) == ""
