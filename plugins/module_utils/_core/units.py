# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The groups of users in a report: by department, or by the organizational unit of the account."""

from __future__ import annotations

import re
import typing as t

#: Values of the option ``group_by``.
GroupBy = t.Literal["department", "ou"]
GROUP_BY: tuple[GroupBy, ...] = ("department", "ou")
#: A comma that separates parts of a distinguished name: the number of backslashes before it is even (RFC 4514).
_COMMA = re.compile(r"(?:[^\\,]|\\.)+", re.DOTALL)
_ESCAPED = re.compile(r"(?:\\[0-9A-Fa-f]{2})+|\\(.)", re.DOTALL)


def unit_of(dn: str) -> str | None:
    """The place of an account below its domain, from the top: ``CN=Ann,OU=Sales,OU=Berlin,DC=x`` is "Berlin / Sales".

    None for an account that is in no unit or container.
    """
    parts = [part.partition("=") for part in _COMMA.findall(dn)[1:]]
    names = [_plain(value.strip()) for kind, _equals, value in parts if kind.strip().upper() in ("OU", "CN")]
    return " / ".join(reversed(names)) or None


def _plain(value: str) -> str:
    """A value of a distinguished name with its escapes decoded."""

    def one(found: re.Match[str]) -> str:
        if found[1] is not None:
            return str(found[1])
        return bytes.fromhex(found[0].replace("\\", "")).decode("utf-8", "replace")

    return _ESCAPED.sub(one, value)
