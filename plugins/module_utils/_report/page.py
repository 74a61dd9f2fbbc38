# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one HTML file that needs no other files, so that it can be passed on."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import typing as t
from pathlib import Path

from .._core.targets import EXO_SYNC_LIMIT, title
from .._core.wording import counted
from .compact import MARKS, MOST, NOT_PICTURED, Compact, compact
from .counts import OUTCOMES, PROBLEM_STATES, STATES
from .history import Past, now_of
from .previews import previews
from .reasons import alerts
from .render import asset, own, template
from .trend import compared, drawing
from .words import state_text

#: How many users are listed for browsers without JavaScript.
_PLAIN = 200
#: How many departments are shown at once; the others are folded.
_GROUPS = 8


def page(report: t.Mapping[str, t.Any], folder: Path | None, max_pictures: int, earlier: t.Sequence[Past] = ()) -> str:
    """The HTML report. ``folder`` has the previews; those of at most ``max_pictures`` users are included.

    ``earlier``: earlier runs with the same targets, oldest first.
    """
    return "".join(page_pieces(report, folder, max_pictures, earlier=earlier))


def page_pieces(
    report: t.Mapping[str, t.Any],
    folder: Path | None,
    max_pictures: int,
    most: int = MOST,
    *,
    earlier: t.Sequence[Past] = (),
) -> t.Iterator[str]:
    """The same text in pieces. ``most``: how many users are listed."""
    found = compact(report, most)
    users = found.users
    pictured = [user for user in users if user["s"] not in NOT_PICTURED]
    shown = previews(folder, (user["u"] for user in pictured[: max(0, max_pictures)]))
    css, js = asset("report.css"), asset("report.js")
    plain = [user for user in users if user["s"] != "in_sync"]
    reasons = {item["reason"] for item in report["not_examined"]}
    data = {
        "mode": report["mode"],
        "start": "attention" if found.attention else "all",
        "pictures": _attach(users, shown),
        "targets": [[name, title(name)] for name in report["targets"]],
        "users": [],
    }
    columns = [{"name": name, "title": title(name), "summary": _summary(report, name)} for name in report["targets"]]
    values = {
        "report": report,
        "lead": _lead(report),
        "people": report["people"],
        "sentence": report["people"]["sentence"].partition("; ")[::2],
        "groups": _groups(report["people"]["groups"]),
        "groups_shown": _GROUPS,
        "trend": compared(earlier, now_of(report)),
        "course": drawing(earlier, now_of(report)),
        "alerts": alerts(report),
        "bar": _bar(report),
        "chips": _chips(report, found),
        "parts": [item for item in report["not_examined"] if item["user"] is None],
        "said": [item for item in report["messages"] if item["text"] not in reasons],
        "columns": columns,
        "title": title,
        "plain": plain[:_PLAIN],
        "plain_more": max(0, found.attention - _PLAIN),
        "users_left_out": _users_left_out(found),
        "pictures_left_out": _left_out(len(pictured) - max_pictures) if folder else "",
        "csp": _policy(css, js),
        "css": css,
        "js": js,
        # A placeholder for the data. It is random, so no text of a report contains it.
        "data": (mark := secrets.token_hex(16)),
    }
    text = template("report.html.j2", {"own": own, "state_text": state_text}, html=True)(values)
    head, _mark, tail = text.partition(mark)
    yield head + embedded(data).removesuffix("]}")
    for number, user in enumerate(users):
        yield ("," if number else "") + embedded(user)
    yield "]}" + tail


def _users_left_out(found: Compact) -> str:
    if not found.left_out:
        return ""
    return (
        f"This file lists {len(found.users):,} of {counted(found.total, 'user')}, to keep it small: those that are not "
        "in sync come first. All users are in drift.json."
    )


def _left_out(number: int) -> str:
    if number <= 0:
        return ""
    return f"The pictures of {counted(number, 'more user')} were left out to keep this file small."


def embedded(data: t.Any) -> str:
    """JSON for a script element: no text in it can end the element or start another one."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _policy(css: str, js: str) -> str:
    """A content security policy that allows only our own style and script, and no requests."""
    return "; ".join(
        [
            "default-src 'none'",
            "img-src data:",
            f"style-src '{_hash(css)}'",
            f"script-src '{_hash(js)}'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _attach(users: t.Iterable[dict[str, t.Any]], shown: t.Mapping[str, t.Mapping[str, str]]) -> list[str]:
    """Give each user the numbers of the pictures. A picture of several users is in the list once."""
    numbers: dict[str, int] = {}
    for user in users:
        if user["u"] in shown:
            user["p"] = {kind: numbers.setdefault(uri, len(numbers)) for kind, uri in shown[user["u"]].items()}
    return list(numbers)


def _lead(report: t.Mapping[str, t.Any]) -> str:
    """The start of the headline, and how many failed or could not be checked. The filters show the other figures."""
    states = report["counts"]["states"]
    lead = str(report["headline"]).split(";", maxsplit=1)[0].split(" (", maxsplit=1)[0].rstrip(".")
    unknown = sum(states.get(state, 0) for state in (*PROBLEM_STATES, "not_examined"))
    more = ((states.get("failed", 0), "failed"), (unknown, "could not be checked"))
    return ", ".join([lead, *(f"{number:,} {words}" for number, words in more if number)])


def _groups(groups: t.Sequence[t.Mapping[str, t.Any]]) -> list[dict[str, t.Any]]:
    """The departments, those with most to do first."""
    rows = [{**group, "open": group["users"] - group["right"]} for group in groups]
    return sorted(rows, key=lambda row: -row["open"])


def _bar(report: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """The states in parts of a thousand. Each state that occurs is wide enough to be visible."""
    states = {state: number for state, number in report["counts"]["states"].items() if number}
    if not states:
        return []
    total = sum(states.values())
    widths = {state: max(6.0, 1000 * number / total) for state, number in states.items()}
    scale = 1000 / sum(widths.values())
    parts, x = [], 0.0
    for state, width in widths.items():
        parts.append({"x": round(x, 2), "width": round(width * scale - 1.5, 2), "tone": state})
        x += width * scale
    return parts


def _chips(report: t.Mapping[str, t.Any], found: Compact) -> list[dict[str, t.Any]]:
    """The filter buttons, each with the number of users that it shows."""
    states = report["counts"]["states"]
    total = found.total
    chips = [_chip("all", "All", total, "group")]
    if 0 < states["in_sync"] < total:
        text = "Changed or open" if report["mode"] == "done" else "Not in sync"
        chips.append(_chip("attention", text, total - states["in_sync"], "group"))
    order = OUTCOMES if report["mode"] == "done" else STATES
    chips += [_chip(state, state_text(state), states[state], state) for state in order if states[state]]
    foreign, stale, over = (found.marks.get(mark, 0) for mark in MARKS)
    if foreign:
        chips.append(
            _chip(
                "foreign",
                "changed by others",
                foreign,
                "unwanted group",
                "Somebody changed the photo after our last write.",
            )
        )
    if stale:
        why = "The photo or its source is no longer what was approved, so it was left alone."
        chips.append(_chip("stale", "changed since approved", stale, "left group", why))
    if over:
        why = f"Exchange Online takes an on-premises photo of at most {EXO_SYNC_LIMIT:,} bytes."
        chips.append(_chip("over", "too large for Exchange Online", over, "over group", why))
    return chips


def _chip(name: str, text: str, count: int, tone: str, title: str = "") -> dict[str, t.Any]:
    return {"name": name, "text": text, "count": count, "tone": tone, "title": title}


def _summary(report: t.Mapping[str, t.Any], target: str) -> str:
    """The text below a column's name."""
    total = report["counts"]["targets"][target]
    if not total["checked"]:
        return "not examined"
    return f"{total['in_sync']:,} of {total['checked']:,} {'were ' if report['mode'] == 'done' else ''}in sync"
