# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from outside: what an identity must not contain, and how such text is shown, stored and sent.

Python represents file names that are not UTF-8 with surrogates (PEP 383). Ansible refuses a result with one ("Refusing
to deserialize an invalid UTF8 string value"), and no UTF-8 file can contain one.
"""

from __future__ import annotations

import json
import typing as t
import unicodedata

#: Unicode categories that are never shown as they are: control, surrogate, line separator, paragraph separator.
_UNSHOWN = frozenset({"Cc", "Cs", "Zl", "Zp"})
#: What programs write instead of bytes that are no text.
REPLACEMENT = "\ufffd"
#: They change the direction of the text after them, so that a reader sees another text than the computer.
BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def unusable(identity: str) -> str | None:
    """Why a text cannot be the name of a user or a file, or None. Both directories refuse such names as well."""
    if identity.isascii() and identity.isprintable():
        return None
    categories = {unicodedata.category(letter) for letter in identity}
    if "Cs" in categories or REPLACEMENT in identity:
        return "it is not valid UTF-8"
    if categories & _UNSHOWN:
        return "it contains a control character or a line end"
    return None


def shown(text: str) -> str:
    r"""The text on one line, with control characters, line ends and direction marks as ``\x1b`` or ``\u202e``.

    Bytes of a file name that are not UTF-8 are shown as bytes, ``\xff``.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(c) if c in BIDI or unicodedata.category(c) in _UNSHOWN else c for c in text)


def printable(text: str) -> str:
    """The text with the replacement character instead of each letter that is never shown."""
    return "".join(REPLACEMENT if unicodedata.category(c) in _UNSHOWN else c for c in text)


def lines_shown(text: str) -> str:
    """As ``shown``, but line ends and tabs stay: for a message of several lines."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c in "\n\t" else shown(c) for c in text)


def in_one_line(text: str) -> str:
    """A message of several lines as one line: the items of a list after ``…:`` are separated by semicolons."""
    parts = [part.strip() for part in text.splitlines() if part.strip()]
    ends = [" " if part[-1] in ":;,.!?" else "; " for part in parts[:-1]] + [""]
    return "".join(part + end for part, end in zip(parts, ends, strict=False))


def _escaped(letter: str) -> str:
    number = ord(letter)
    if 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number - 0xDC00:02x}"
    return letter.encode("unicode_escape").decode("ascii")


def all_encode(value: t.Any) -> bool:
    """Can every text of a value be encoded? False also for what is not plain JSON types.

    Quicker than ``sendable``, which copies all of it in Python: the JSON encoder is written in C.
    """
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (TypeError, ValueError, RecursionError):  # UnicodeEncodeError is a ValueError
        return False
    return True


def sendable(value: t.Any, half: t.Callable[[str], str] | None = None) -> t.Any:
    """A copy of plain JSON types in which every text can be encoded; all else is unchanged.

    ``half`` says how a surrogate is handled (as ``errors`` of ``str.encode``); without it, it is escaped.
    """
    if isinstance(value, str):
        return value if value.isascii() or encodes(value) else _whole(value, half or _escaped)
    if isinstance(value, t.Mapping):
        return {sendable(key, half): sendable(item, half) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [sendable(item, half) for item in value]
    return value


def encodes(text: str) -> bool:
    """Is it valid Unicode?"""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _whole(text: str, half: t.Callable[[str], str]) -> str:
    return "".join(half(c) if "\ud800" <= c <= "\udfff" else c for c in text)
