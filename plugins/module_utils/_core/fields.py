# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every field of a row with its type, and the keys of a summary: the one schema of results.

``tests/unit/plugins/module_utils/_core/test_results.py`` checks that the modules' RETURN,
``docs/drift-report.schema.json`` and ``results.py`` agree with it.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .model import DRIFTS, Action

Json = dict[str, t.Any]

ACTIONS: tuple[Action, ...] = ("none", "put", "remove")
#: The keys of a summary, in their order.
SUMMARY = (
    "checked",
    *DRIFTS,
    "put",
    "removed",
    "failed",
    "unverified",
    "foreign",
    "stale",
    "default_shown",
    "default_own",
    "requests",
)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a row. ``kind`` is its type in RETURN; ``schema`` is its JSON schema in a report.

    ``optional``: a module leaves it out when it is empty. ``per_user``: a report has it once for the user, not once for
    each target.
    """

    name: str
    kind: str
    schema: Json
    optional: bool = False
    per_user: bool = False


def _text(description: str = "", *, null: bool = True) -> Json:
    kind: t.Any = ["string", "null"] if null else "string"
    return {"type": kind, "description": description} if description else {"type": kind}


def _ref(name: str) -> Json:
    return {"$ref": f"#/$defs/{name}"}


FIELDS: tuple[Field, ...] = (
    Field("user", "str", {"type": "string", "minLength": 1}, per_user=True),
    Field("id", "str", _text("The permanent id of the user at the target (objectGUID, Entra object id).")),
    Field("target", "str", {}, per_user=True),
    Field("drift", "str", {"enum": list(DRIFTS)}),
    Field("action", "str", {"enum": list(ACTIONS)}),
    Field(
        "changed",
        "bool",
        {"type": "boolean", "description": "Whether it was written; in a plan: whether it would be written."},
    ),
    Field("reason", "str", _text("The reason, in one sentence.", null=False)),
    Field("foreign", "bool", {"type": "boolean", "description": "Others changed the photo after our last write."}),
    Field(
        "verified",
        "bool",
        {
            "type": ["boolean", "null"],
            "description": "Whether it was read back after writing; null: not written, or not read back.",
        },
    ),
    Field("source", "dict", _ref("source"), per_user=True),
    Field("desired", "dict", _ref("picture")),
    Field("observed", "dict", _ref("picture")),
    Field("backup", "str", _text("The file with the photo that was overwritten or removed.")),
    Field("error", "str", _text()),
    Field("outcome", "str", _text("The result of the change."), optional=True),
    Field("account", "str", _text("The account's own name at the target (userPrincipalName)."), optional=True),
    Field("label", "str", _text("A display name."), optional=True, per_user=True),
    Field("group", "str", _text("The department or organizational unit, where it was asked for."), True, True),
    Field("origin", "str", _text("Where the photo is declared: file, and line in photos.yml."), True, True),
    Field("warnings", "list", {"type": "array", "items": {"type": "string"}}, optional=True),
    Field(
        "shared_with",
        "list",
        {"type": "array", "items": {"type": "string"}, "description": "Other users with the same picture."},
        optional=True,
    ),
    Field(
        "stale",
        "bool",
        {"type": "boolean", "description": "No longer the same as approved, and therefore not changed."},
        optional=True,
    ),
    Field(
        "no_answer",
        "bool",
        {
            "type": "boolean",
            "description": "Nothing is known about this user's photo, because the target gave no answer.",
        },
        optional=True,
    ),
    Field(
        "accepted",
        "bool",
        {"type": "boolean", "description": "A problem that is known and accepted, and does not make a run fail."},
        optional=True,
    ),
    Field("default", "bool", {"type": "boolean", "description": "The default picture is declared."}, optional=True),
    Field(
        "own_photo",
        "bool",
        {
            "type": "boolean",
            "description": "The default picture is declared, and the user has a photo of their own, which stays.",
        },
        optional=True,
    ),
    Field(
        "no_mailbox",
        "bool",
        {"type": "boolean", "description": "The account has no mailbox where this target keeps photos."},
        optional=True,
    ),
)
