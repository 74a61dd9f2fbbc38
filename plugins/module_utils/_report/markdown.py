# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as Markdown, for a comment under a pull request."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from .._core.targets import TARGETS
from .counts import DRIFTING, PROBLEM_STATES
from .gather import Mode
from .reasons import alerts
from .render import Template, template
from .words import action_text, picture_size, state_text

#: GitHub refuses comments above 65,536 characters.
MAX_LENGTH = 60_000
#: More rows than this can never fit.
_MOST_ROWS = MAX_LENGTH // 40
#: Free text (reasons, messages) is cut to this length.
_LONGEST = 400
#: Characters with a meaning in Markdown anywhere in a line, and those with a meaning only at its start.
_SPECIAL = re.compile(r"([\\`*_\[\]|~$#])")
_LEADING = re.compile(r"^(\d*)([-+=.)])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")
#: What GitHub and GitLab read as a reference to an issue, merge request, milestone, label, snippet or epic.
_REFERENCE = re.compile(
    r"#(?=\d)|!(?=\d)|%(?=[0-9A-Za-z\"])|~(?=[0-9A-Za-z\"])|\$(?=\d)|&amp;(?=\d)|(?i:\bG[HL])(?=-\d)"
)
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escape(value: t.Any, longest: int = _LONGEST) -> str:
    """The text escaped for Markdown: it makes no markup, HTML, table cell, mention, reference or link."""
    text = _CONTROL.sub(" ", str(value)).strip()
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    text = re.sub(r"[&<>]", lambda found: _ENTITIES[found[0]], text)
    text = _LEADING.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", text))
    # GitHub and GitLab look for these in the finished text, where a backslash has no effect. A zero-width space does.
    text = re.sub(r"(^|[^0-9A-Za-z])@(?=[0-9A-Za-z])", "\\1@\u200b", text)
    text = _REFERENCE.sub(lambda found: found[0] + "\u200b", text)
    return re.sub(r"(?i)(https?|ftp|mailto)(?=:)|(www)(?=\.)", lambda found: found[0] + "\u200b", text)


def code(value: t.Any, longest: int = 200) -> str:
    """Text in a code span."""
    text = _CONTROL.sub(" ", str(value)).strip() or " "
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    if "|" not in text and "`" not in text:
        return f"`{text}`"
    # A pipe would end the table cell, and a backtick cannot be escaped in a code span. Entities work for both.
    return f"<code>{re.sub(_SPECIAL.pattern + '|[&<>@]', lambda found: f'&#{ord(found[0])};', text)}</code>"


def cell(mode: Mode, row: t.Mapping[str, t.Any] | None) -> str:
    """One target of a user in the table."""
    if row is None:
        return "–"  # noqa: RUF001 - a dash means: no row
    done = action_text(mode, row)
    state = f"{state_text(row['drift'])}: {done}" if done else state_text(row["drift"])
    return (
        escape(state)
        + (" ⚠ changed by others" if row["foreign"] else "")
        + (" ⚠ changed since approved" if row["stale"] else "")
    )


def markdown(report: t.Mapping[str, t.Any], trend: str = "") -> str:
    """The report within MAX_LENGTH: drift first, details folded, and how many rows were left out.

    ``trend``: the change since the last run, in words (trend.compared).
    """
    filters: dict[str, t.Callable[..., t.Any]] = {
        "md": escape,
        "code": code,
        "cell": lambda row: cell(report["mode"], row),
        "action_text": lambda row: action_text(report["mode"], row),
        "size": picture_size,
        "state_text": state_text,
    }
    empty = template("report.md.j2", filters, html=False)
    lists = _lists(report)
    # Binary search for the largest number of rows that fits.
    low, high = 0, max(len(listed.rows) for listed in lists.values())
    best = ""
    while low <= high:
        middle = (low + high) // 2
        text = _fill(empty, report, lists, middle, trend)
        if len(text) <= MAX_LENGTH:
            best, low = text, middle + 1
        else:
            high = middle - 1
    return best


@dataclass(slots=True)
class _Listed:
    """The first rows of a list (no more than can fit), and the number of all rows."""

    rows: list[t.Any] = field(default_factory=list)
    total: int = 0

    def add(self, row: t.Any) -> None:
        """Add a row."""
        self.total += 1
        if len(self.rows) < _MOST_ROWS:
            self.rows.append(row)


def _listed(rows: t.Iterable[t.Any]) -> _Listed:
    listed = _Listed()
    for row in rows:
        listed.add(row)
    return listed


def _lists(report: t.Mapping[str, t.Any]) -> dict[str, _Listed]:
    # Users with failures come first.
    wrong, right, problems = _Listed(), _Listed(), _Listed()
    last = ("put", "removed") if report["mode"] == "done" else ()
    for user in report["users"]:
        rows = _rows(report, user)
        if any(row["drift"] in DRIFTING or row["changed"] or row["error"] for row in rows):
            (right if user["state"] in last else wrong).add(user)
        elif any(row["drift"] in PROBLEM_STATES for row in rows):
            problems.add(user)
    reasons = {item["reason"] for item in report["not_examined"]}
    return {
        "drift": _Listed([*wrong.rows, *right.rows][:_MOST_ROWS], wrong.total + right.total),
        "problems": problems,
        "not_examined": _listed(report["not_examined"]),
        "excluded": _listed(report["excluded"]),
        "undeclared": _listed(report["undeclared"] or []),
        # The list "Not examined" already shows these texts.
        "messages": _listed(item for item in report["messages"] if item["text"] not in reasons),
    }


def _rows(report: t.Mapping[str, t.Any], user: t.Mapping[str, t.Any]) -> list[t.Mapping[str, t.Any]]:
    return [user[target] for target in report["targets"] if user[target]]


def _fill(
    empty: Template, report: t.Mapping[str, t.Any], lists: t.Mapping[str, _Listed], limit: int, trend: str
) -> str:
    shown = {name: listed.rows[:limit] for name, listed in lists.items()}
    more = {name: listed.total - len(shown[name]) for name, listed in lists.items()}
    return empty(
        {
            "report": report,
            "shown": shown,
            "more": more,
            "names": {name: known.title for name, known in TARGETS.items()},
            "alerts": alerts(report),
            "trend": trend,
        }
    )
