# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report says in words: the line on the screen, the headline, the verb of a row. Plain text, never markup."""

from __future__ import annotations

import typing as t

from .counts import DRIFTING, PROBLEM_STATES, Counts, drifting
from .rows import Mode

TARGET_NAMES = {"ad": "Active Directory", "exo": "Exchange Online"}
#: Their short names, for places with little room.
TARGET_SHORT = {"ad": "AD", "exo": "Exchange Online"}


def state_text(state: str) -> str:
    """A state as people read it."""
    return "left alone" if state == "left" else state.replace("_", " ")


def line(mode: Mode, counts: Counts) -> str:
    """The one line for the screen. Its figures are users and add up."""
    states = counts["states"]
    if mode == "done":
        did = _figures(states, ("put", "removed", "unverified", "failed", "left"))
        start = "sync did: " + (did or "nothing")
    else:
        drift = _figures(states, DRIFTING)
        start = f"{drifting(mode, counts)} drift" + (f" ({drift})" if drift else "")
    rest = [f"{states['in_sync']} in sync", _figures(states, (*PROBLEM_STATES, "not_examined")), _parts(counts)]
    return ", ".join([start, *filter(None, rest)])


def headline(mode: Mode, counts: Counts) -> str:
    """One sentence that tells the whole."""
    states, users = counts["states"], counts["users"]
    if not users:
        return "Nothing was examined."
    drift = drifting(mode, counts)
    if mode == "done":
        good = _figures(states, ("put", "removed"))
        told = f"{states['put'] + states['removed']} of {_users(users)} changed" + (f" ({good})" if good else "")
    elif not drift and states["in_sync"] == users and not counts["parts_not_examined"]:
        return "The one user is in sync." if users == 1 else f"All {users:,} users are in sync."
    else:
        some = f" ({_figures(states, DRIFTING)})" if drift else ""
        told = f"{drift or 'None':{',' if drift else ''}} of {_users(users)} drift{'s' if drift == 1 else ''}{some}"
    wrong = _figures(states, ("failed", "left", "unverified", *PROBLEM_STATES, "not_examined"))
    rest = [f"{states['in_sync']:,} in sync", wrong, _parts(counts)]
    return "; ".join([told, ", ".join(filter(None, rest))]) + "."


def action_text(mode: Mode, row: t.Mapping[str, t.Any]) -> str:
    """What a run would do with one row of a report, or did."""
    if row["drift"] in PROBLEM_STATES:
        return ""
    if mode == "done" and row["error"]:
        return "failed"
    if not row["changed"]:
        return "" if row["drift"] == "in_sync" else "left alone" if mode == "done" else "would be left alone"
    verb = {
        ("put", "missing"): "added",
        ("put", "different"): "replaced",
        ("remove", "unwanted"): "removed",
    }.get((row["action"], row["drift"]), "put" if row["action"] == "put" else "removed")
    if mode == "plan":
        return f"would be {verb}"
    proof = {True: ", verified", False: ", not yet to be seen (unverified)", None: ""}[row["verified"]]
    return verb + proof


def exo_limit(size: int | None, limit: int) -> str:
    """Whether an AD photo of this size passes on to Exchange Online."""
    if size is None:
        return ""
    if size <= limit:
        return "small enough for Exchange Online"
    return f"too large for Exchange Online ({size:,} of {limit:,} bytes)"


def picture_size(picture: t.Mapping[str, t.Any] | None) -> str:
    """Pixels and bytes, as far as they are known."""
    if not picture:
        return ""
    # No line ends within a size.
    sides = (
        f"{picture['width']}\u00a0\u00d7\u00a0{picture['height']}"
        if picture.get("width") and picture.get("height")
        else ""
    )
    size = picture.get("bytes")
    weight = "" if size is None else f"{size:,}\u00a0B" if size < 1024 else f"{size / 1024:,.1f}\u00a0KB"
    return ", ".join(filter(None, [sides, weight]))


def _figures(states: t.Mapping[str, int], names: t.Iterable[str]) -> str:
    return ", ".join(f"{states[name]} {state_text(name)}" for name in names if states.get(name))


def _parts(counts: Counts) -> str:
    number = counts["parts_not_examined"]
    return f"{number} part{'s' if number > 1 else ''} of the run not examined" if number else ""


def _users(number: int) -> str:
    return "1 user" if number == 1 else f"{number:,} users"
