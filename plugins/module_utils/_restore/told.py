# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a restore in words, for the screen and the report."""

from __future__ import annotations

import typing as t

from .._core.text import shown
from .._core.wording import counted, first, which
from .restore import NAMES_SHOWN

_DONE = ("restored", "removed")


def named(result: t.Mapping[str, t.Any], names: t.Mapping[str, str]) -> dict[str, t.Any]:
    """A photo module's result with the users' names from the backup in place of ids."""
    rows = [{**row, "user": names.get(row["user"], row["user"])} for row in result.get("photos", ())]
    return {**result, "photos": rows}


def lines(
    results: t.Sequence[t.Mapping[str, t.Any]],
    problems: t.Sequence[t.Mapping[str, str]],
    check: bool,
    excluded: t.Sequence[str] = (),
    erased: t.Sequence[t.Mapping[str, str]] = (),
    *,
    first_left: int = 0,
) -> list[str]:
    """The lines for the screen: one for each user, and the totals. ``first_left``: how many first photos are kept."""
    told: list[str] = []
    counts = dict.fromkeys(("restored", "removed", "already as saved", "left", "failed"), 0)
    for row in (row for result in results for row in result.get("photos", ())):
        kind, words = _what_became(row, check)
        counts[kind] += 1
        told.append(shown(f"{row['user']} ({row['target']}): {words}"))
    for problem in problems:
        counts["failed"] += 1
        told.append(shown(f"{problem['user']} ({problem['target']}): failed: {problem['reason']}"))
    for each in erased:
        counts["left"] += 1
        told.append(shown(f"{each['user']} ({each['target']}): left: {each['reason']}"))
    if not counts["removed"]:
        del counts["removed"]
    figures = ", ".join(f"{n} {_done(kind, check) if kind in _DONE else kind}" for kind, n in counts.items())
    if excluded:
        told.append(shown(f"{counted(len(excluded), 'user')} excluded: {first(excluded, NAMES_SHOWN)}"))
    return [*told, f"{figures}.{_first_left(first_left)}"]


def _done(verb: str, check: bool) -> str:
    return f"would be {verb}" if check else verb


def _first_left(number: int) -> str:
    if not number:
        return ""
    photos = counted(number, "first photo")
    return f" {photos} of the run {which(number, 'is', 'are')} kept; restore_first=remove removes such photos."


def _what_became(row: t.Mapping[str, t.Any], check: bool) -> tuple[str, str]:
    if row.get("error"):
        return "failed", f"failed: {row['error']}"
    if row["drift"] in ("unresolved", "unavailable", "invalid"):
        return "failed", f"failed: {row['reason']}"
    if row.get("stale"):
        since = "the photo is not the one that the run left there; others changed it since"
        return "left", f"left: {since} (restore_force overwrites)"
    if row["changed"]:
        unsure = "; the target does not show it yet" if row.get("verified") is False else ""
        if row.get("action") == "remove":
            return "removed", f"{_done('removed', check)}; the user had no photo before the run{unsure}"
        return "restored", _done("restored", check) + unsure
    return "already as saved", "already as saved"
