# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results as the photo modules return them, with every drift state and everything awkward, for tests and pictures."""

from __future__ import annotations

import hashlib
import typing as t

Result = dict[str, t.Any]

#: (user, display name, AD, Exchange Online): see ``_row`` for the words.
PEOPLE: list[tuple[str, str, str, str]] = [
    ("adele.vance@contoso.example", "Adele Vance", "different", "different"),
    ("alex.wilber@contoso.example", "Alex Wilber", "in_sync", "different foreign"),
    ("bianca.o'neil@contoso.example", "Bianca O'Neil", "missing", "missing"),
    ("carlos+demo@contoso.example", "Carlos Demo", "in_sync", "in_sync"),
    ("debra.berger@contoso.example", "Debra Berger", "in_sync", "missing"),
    ("diego_siciliani#EXT#@contoso.example", "Diego Siciliani", "unresolved", "in_sync"),
    ("emily.braun@contoso.example", "Emily Braun", "unwanted", "unwanted"),
    ("enrico.cattaneo@contoso.example", "Enrico Cattaneo", "in_sync", "unavailable"),
    ("grady.archie@contoso.example", "Grady Archie", "different large", "in_sync"),
    ("henrietta.müller@contoso.example", "Henrietta Müller", "invalid", "invalid"),
    ("irvin.sayers@contoso.example", "Irvin Sayers", "in_sync", "in_sync"),
    ("isaiah.langer@contoso.example", "Isaiah Langer", "in_sync absent", "unwanted"),
    ("johanna.lorenz@contoso.example", "Johanna Lorenz", "different foreign", "in_sync"),
    ("joni.sherman@contoso.example", "Joni Sherman", "in_sync", "in_sync"),
    ("jordan.miller@contoso.example", "Jordan Miller", "missing", "in_sync"),
    ("lee.gu@contoso.example", "Lee Gǔ", "in_sync", "in_sync"),
    ("lidia.holloway@contoso.example", "Lidia Holloway", "in_sync", "different kept"),
    ("lynne.robbins@contoso.example", "Lynne Robbins", "in_sync", "in_sync"),
    ("megan.bowen@contoso.example", "Megan Bowen", "different", "in_sync"),
    ("miriam.graham@contoso.example", "Miriam Graham", "in_sync", "in_sync"),
    ("nestor.wilke@contoso.example", "Nestor Wilke", "in_sync", "unresolved"),
    ("patti.fernandez@contoso.example", "Patti Fernandez", "missing", "different"),
    ("pradeep.gupta@contoso.example", "Pradeep Gupta", "in_sync", "in_sync"),
    ("raul.razo@contoso.example", "Raúl Razo", "in_sync", "in_sync"),
    ("script@contoso.example", "<script>alert(1)</script> | `x` @team #12", "in_sync", "different"),
    ("zoë.kowalski@contoso.example", "Zoë Kowalski", "in_sync", "in_sync"),
]

#: Who shows somebody else's photo, and whose: the mix-up that everybody dreads.
SHOWN_BY = {("alex.wilber@contoso.example", "exo"): "adele.vance@contoso.example"}

_NOBODY = "no user has userPrincipalName 'diego_siciliani#EXT#@contoso.example' under DC=contoso,DC=example. "
#: In the words of plan.py, equality.py and the stores.
_REASONS = {
    ("ad", "different"): "another photo: edges have moved by 4.17 % of the side; at most 0.25 is a re-encoding",
    ("exo", "different"): "another photo: the tint differs by 31.2 of 255 levels; at most 1 is a re-encoding",
    ("ad", "missing"): "a photo is declared, and the target has none",
    ("exo", "missing"): "a photo is declared, and the target has none",
    ("ad", "unwanted"): "declared absent, but the target has a photo",
    ("exo", "unwanted"): "declared absent, but the target has a photo",
    ("ad", "in_sync"): "our own photo of the declared picture, unchanged",
    ("exo", "in_sync"): "unchanged since we uploaded the declared picture",
    (
        "ad",
        "unresolved",
    ): f"{_NOBODY}Check the spelling, match_by, search_base and whether this account may see the user",
    (
        "exo",
        "unresolved",
    ): "no user of the tenant has the userPrincipalName nestor.wilke@contoso.example; correct it, or "
    "choose another match_by",
    ("exo", "unavailable"): "no mailbox in Exchange Online to hold a photo (404 ErrorNonExistentMailbox: The mailbox "
    "is not there); assign a licence first",
    ("ad", "invalid"): "portraits/henrietta.jpg: it starts like JPEG but is damaged; save it again",
    ("exo", "invalid"): "portraits/henrietta.jpg: it starts like JPEG but is damaged; save it again",
}


def fake_hash(*parts: str) -> str:
    """A hash that is the same in every run."""
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def row(user: str, target: str, words: str = "in_sync", done: bool = False, **more: t.Any) -> Result:
    """One row: a drift, then perhaps foreign, large, kept, sent (by an earlier run), absent, failed, unverified."""
    drift, *flags = words.split()
    action = {"missing": "put", "different": "put", "unwanted": "remove"}.get(drift, "none")
    if "kept" in flags or "sent" in flags:
        action = "none"
    problem = drift in ("unresolved", "unavailable", "invalid")
    absent = drift == "unwanted" or "absent" in flags
    there = drift in ("in_sync", "different", "unwanted") and "absent" not in flags
    side = 96 if target == "ad" else 648
    size = (14_233 if "large" in flags else 4_000 if target == "ad" else 61_000) + len(user)
    seen = {"bytes": size, "width": side, "height": side}
    name = {"sha256": fake_hash(target, user, "seen")} if target == "ad" else {"etag": fake_hash(user, "etag")[:12]}
    changed = action != "none" and not (done and "failed" in flags)
    owner = SHOWN_BY.get((user, target), "")
    mixed_up = bool(owner) and drift == "different"
    return {
        "user": user,
        "id": None if drift == "unresolved" else f"{fake_hash(user)[:8]}-0000-4000-8000-{fake_hash(user)[:12]}",
        "target": target,
        "drift": drift,
        "action": action,
        "changed": changed,
        "reason": (
            "declared absent, and the target has no photo"
            if "absent" in flags
            else _REASONS.get((target, drift), "the server does not answer")
        )
        + ("; others changed it after our last write, and on_foreign_change is keep" if "kept" in flags else "")
        + ("; it was written 10 s ago, and the target does not show it yet" if "sent" in flags else ""),
        "foreign": "foreign" in flags or "kept" in flags,
        "verified": False if "sent" in flags else ("unverified" not in flags) if done and changed else None,
        "source": {"sha256": fake_hash(user), "path": f"/srv/photos/portraits/{user.partition('.')[0]}.jpg"}
        if not absent and drift != "invalid"
        else None,
        "desired": {"sha256": fake_hash(user, target), "bytes": size - 300, "width": side, "height": side}
        if not problem and not absent
        else None,
        "observed": {**name, **seen} if there else None,
        "backup": f"/srv/backups/{target}/{fake_hash(user)[:8]}.jpg" if done and changed and there else None,
        "error": "Microsoft Graph refused (507 ErrorQuotaExceeded: quota exceeded)"
        if done and "failed" in flags
        else None,
        "warnings": [f"it shows the photo that is declared for {owner}"]
        if mixed_up
        else ["crop top instead of face: no face was found"]
        if user.startswith("megan")
        else [],
        "shared_with": [owner] if mixed_up else [],
        **more,
    }


def result(rows: list[Result], **more: t.Any) -> Result:
    """What a photo module returns with these rows."""
    problems = sum(photo["drift"] in ("unresolved", "unavailable", "invalid") for photo in rows)
    return {
        "changed": any(photo["changed"] for photo in rows),
        "failed": bool(problems),
        **({"msg": f"{problems} of {len(rows)} users could not be done."} if problems else {}),
        "summary": {"checked": len(rows), "requests": 7},
        "photos": rows,
        **more,
    }


def everything(done: bool = False) -> list[Result]:
    """A run in which everything happens that can happen, but for a shard that was not reached."""
    fate = {"bianca": " unverified", "megan": " failed"} if done else {}
    sides: dict[str, list[Result]] = {"ad": [], "exo": []}
    for user, label, ad, exo in PEOPLE:
        more = fate.get(user.split(".")[0], "")
        for target, words in (("ad", ad), ("exo", exo)):
            keep = "" if words.split()[0] == "in_sync" else more
            sides[target].append(row(user, target, words + keep, done, label=label))
    return [result(rows, target=target) for target, rows in sides.items()]


def with_gaps(done: bool = False) -> list[Result]:
    """The same, and a shard that was not reached and one whose sign-in failed."""
    return [
        *everything(done),
        {"unreachable": True, "msg": "Failed to connect to the host via ssh: timed out", "shard": "photos_0002"},
        {
            "failed": True,
            "target": "exo",
            "shard": "photos_0003",
            "users": ["vera@contoso.example"],
            "msg": "Sign-in failed (AADSTS7000215): the client secret is wrong. Check client_secret.",
        },
        {"skipped": True, "changed": False, "skip_reason": "Conditional result was False"},
    ]


def plain(report: dict[str, t.Any]) -> dict[str, t.Any]:
    """A report whose users are a list, and not in a file."""
    return {**report, "users": list(report["users"])}
