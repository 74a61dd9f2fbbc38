# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of info modules that select users of a target."""

from __future__ import annotations

import typing as t

from .._core.choice import Whom
from .text_module import Spec

WHOM_SPEC: Spec = {
    "filter": {"type": "str", "default": ""},
    "group": {"type": "str", "default": ""},
    "only": {"type": "list", "elements": "str", "default": []},
    "exclude": {"type": "list", "elements": "str", "default": []},
}


def whom_of(params: t.Mapping[str, t.Any]) -> Whom:
    """The options of WHOM_SPEC as a value."""
    only, exclude = (tuple(map(str, params[name])) for name in ("only", "exclude"))
    return Whom(str(params["filter"]).strip(), str(params["group"]).strip(), only, exclude)
