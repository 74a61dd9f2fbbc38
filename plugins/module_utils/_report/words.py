# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts of a report: the line on the screen, the headline, the verb of a row. Plain text without markup."""

from __future__ import annotations

import typing as t

from .._core.targets import title
from .._core.wording import counted
from .counts import DRIFTING, PROBLEM_STATES, UNCHECKED, Counts, drifting
from .gather import Mode

_STATE_TEXTS: t.Mapping[str, str] = {
    "left": "left alone",
    "default_shown": "show the default picture",
    "default_own": "own photo instead of it",
}


def state_text(state: str) -> str:
    """The words for a state, or for another figure of a summary."""
    return _STATE_TEXTS.get(state) or state.replace("_", " ")


def line(mode: Mode, counts: Counts) -> str:
    """The one line for the screen.

    Its figures of users add up. After a real run, the written photos come first, by target, because a user may have
    several.
    """
    states = counts["states"]
    unchecked = [_figures(states, UNCHECKED), _parts(counts)]
    if mode == "done":
        users = [_updated(counts), _figures(states, ("unverified", "failed", "left")), f"{states['in_sync']} in sync"]
        text = f"sync did: {written(counts) or 'nothing'}; {counted(counts['users'], 'user')}: "
        return text + ", ".join(filter(None, [*users, *unchecked])) + _besides(counts)
    drift = _figures(states, DRIFTING)
    start = f"{drifting(mode, counts)} drift" + (f" ({drift})" if drift else "")
    found = ", ".join(filter(None, [start, f"{states['in_sync']} in sync", *unchecked]))
    return found + _besides(counts)


def headline(mode: Mode, counts: Counts) -> str:
    """One sentence for the whole run."""
    states, users = counts["states"], counts["users"]
    if not users:
        return "Nothing was examined."
    drift = drifting(mode, counts)
    if mode == "done":
        good = written(counts)
        start = f"{counts['written']} of {counted(users, 'user')} changed" + (f" ({good})" if good else "")
    elif not drift and states["in_sync"] == users and not counts["parts_not_examined"]:
        return "The one user is in sync." if users == 1 else f"All {users:,} users are in sync."
    else:
        verb = "drifts" if drift == 1 else "drift"
        some = f" ({_figures(states, DRIFTING)})" if drift else ""
        start = f"{drift or 'None':{',' if drift else ''}} of {counted(users, 'user')} {verb}{some}"
    wrong = _figures(states, ("failed", "left", "unverified", *UNCHECKED))
    rest = [f"{states['in_sync']:,} in sync", wrong, _parts(counts)]
    return "; ".join([start, ", ".join(filter(None, rest))]) + _besides(counts) + "."


def written(counts: Counts) -> str:
    """Photos written and removed, by target; empty when there are none."""
    done = ((_figures(summary, ("put", "removed")), title(target)) for target, summary in counts["targets"].items())
    return ", ".join(f"{figures} in {where}" for figures, where in done if figures)


def _updated(counts: Counts) -> str:
    number = counts["states"]["put"] + counts["states"]["removed"]
    return f"{number} updated" if number else ""


def _besides(counts: Counts) -> str:
    """The text after the figures that add up."""
    return _also(counts) + _accepted(counts) + _defaults(counts)


def _also(counts: Counts) -> str:
    """Users who count under another state, but could not be checked at one of the targets."""
    also = _figures(counts["also"], UNCHECKED)
    return f"; at another target also {also}" if also else ""


def scope_words(report: t.Mapping[str, t.Any]) -> str:
    """A sentence about users who were left out or are not declared; empty if there are none."""
    undeclared = len({each["user"] for each in report["undeclared"] or ()})
    parts = [
        f"{counted(len(report['excluded']), 'user')} excluded" if report["excluded"] else "",
        f"{counted(report['not_chosen'], 'user')} not chosen" if report["not_chosen"] else "",
        f"{counted(undeclared, 'user has', 'users have')} a photo and no definition" if undeclared else "",
    ]
    return ", ".join(filter(None, parts)) + "." if any(parts) else ""


def _accepted(counts: Counts) -> str:
    """How many of the problems are accepted."""
    accepted, problems = counts["accepted"], counts["problems"]
    if not accepted:
        return ""
    return "; the problem is accepted" if accepted == problems == 1 else f"; {accepted} of {problems} problems accepted"


def _defaults(counts: Counts) -> str:
    """How many users show the default picture, and how many have their own photo instead."""
    shown, own = counts["default_shown"], counts["default_own"]
    parts = [
        f"{counted(shown, 'user shows', 'users show')} the default picture" if shown else "",
        f"{counted(own, 'user has', 'users have')} a photo of their own instead of the default picture" if own else "",
    ]
    return f"; {', '.join(filter(None, parts))}" if shown or own else ""


def action_text(mode: Mode, row: t.Mapping[str, t.Any]) -> str:
    """What a run would do, or did, with one row of a report."""
    if row["drift"] in PROBLEM_STATES:
        return ""
    if mode == "done" and row["error"]:
        return "failed"
    if not row["changed"] and row["verified"] is False:
        return "written before, not shown yet (unverified)"
    if not row["changed"]:
        return "" if row["drift"] == "in_sync" else "left alone" if mode == "done" else "would be left alone"
    verb = {
        ("put", "missing"): "put",
        ("put", "different"): "replaced",
        ("remove", "unwanted"): "removed",
    }.get((row["action"], row["drift"]), "put" if row["action"] == "put" else "removed")
    if mode == "plan":
        return f"would be {verb}"
    proof = {True: ", verified", False: ", not shown yet (unverified)", None: ""}[row["verified"]]
    return verb + proof


def exo_limit(size: int | None, limit: int) -> str:
    """Whether an AD photo of this size is synced to Exchange Online."""
    if size is None:
        return ""
    if size <= limit:
        return "small enough for Exchange Online"
    return f"too large for Exchange Online ({size:,} of {limit:,} bytes)"


def picture_size(picture: t.Mapping[str, t.Any] | None) -> str:
    """Pixels and bytes, if they are known."""
    if not picture:
        return ""
    # No-break spaces: no line ends within a size.
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
    return f"{counted(number, 'part')} of the run not examined" if number else ""
