# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of Exchange's schema that is needed here: extensionAttribute1 to 15 and the place of a mailbox.

The object identifiers are this sandbox's own, below Microsoft's prefix for generated ones.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import controller

_OID = "1.2.840.113556.1.8000.2554.47110.1"
_NUMBER = ("2.5.5.16", 65)
_TEXT = ("2.5.5.12", 64)
ATTRIBUTES: dict[str, tuple[str, int]] = {
    "msExchRecipientTypeDetails": _NUMBER,
    **{f"extensionAttribute{number}": _TEXT for number in range(1, 16)},
}


def extend(files: controller.Files, place: controller.Place, names: Sequence[str] = tuple(ATTRIBUTES)) -> None:
    """Extend the schema of a provisioned controller that does not run."""
    context = f"CN=Schema,CN=Configuration,{place.base}"
    added = "".join(_attribute(name, number, context) for number, name in enumerate(names, 1))
    refresh = "dn:\nchangetype: modify\nadd: schemaUpdateNow\nschemaUpdateNow: 1\n\n"
    lines = "".join(f"mayContain: {name}\n" for name in names)
    user = f"dn: CN=User,{context}\nchangetype: modify\nadd: mayContain\n{lines}\n"
    for step, text in enumerate((added, refresh, user, refresh)):
        file = files.root / f"schema-{step}.ldif"
        file.write_text(text)
        controller.tool(
            files, "ldbmodify", f"--configfile={files.conf}", "--option=dsdb:schema update allowed=true",
            "-H", str(files.samba / "private" / "sam.ldb"), str(file), place=place,
        )  # fmt: skip


def _attribute(name: str, number: int, context: str) -> str:
    syntax, om_syntax = ATTRIBUTES[name]
    return (
        f"dn: CN={name},{context}\nchangetype: add\nobjectClass: attributeSchema\nlDAPDisplayName: {name}\n"
        f"attributeID: {_OID}.{number}\nattributeSyntax: {syntax}\noMSyntax: {om_syntax}\nisSingleValued: TRUE\n"
        "searchFlags: 1\n\n"
    )
