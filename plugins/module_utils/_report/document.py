# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as plain data: all targets of a user together, in a stable order. All formats are made from it."""

from __future__ import annotations

import json
import typing as t

from .._core.model import identity_key
from .._core.results import Row, to_report
from .._core.targets import TARGETS, names
from .counts import count, standing, status
from .examined import not_examined_targets
from .gather import Gathered, Message, Mode
from .plan import Digest
from .scope import Scope
from .sentence import people_of
from .users import Users
from .words import headline, line, scope_words

#: Version of the report's shape (docs/drift-report.schema.json).
VERSION = 1

Report = dict[str, t.Any]


def build(
    gathered: Gathered,
    *,
    mode: Mode,
    title: str,
    generated: str,
    root: str | None = None,
    requested: t.Collection[str] = (),
    scope: Scope | None = None,
) -> Report:
    """The report of a run. Two runs that found the same differ only in ``generated``.

    ``requested``: targets that the run should examine; if no user was examined at one, ``targets_not_examined`` names
    it. ``scope``: users that the run left out, and users with a photo and without a definition.
    """
    unseen = {identity_key(item.user) for item in gathered.unseen if item.user is not None}
    scope = scope or Scope()
    used = gathered.targets.union(requested)
    counts, people = count(gathered, mode)
    targets = [target for target in names() if target in used]
    lost = not_examined_targets(gathered, requested, scope.not_chosen)
    worst = status(mode, counts, lost)
    report: Report = {
        "version": VERSION,
        "title": title,
        "mode": mode,
        "generated": generated,
        "digest": "",
        "status": worst,
        "clean": worst == "clean",
        "headline": headline(mode, counts),
        "line": line(mode, counts),
        "targets": targets,
        "counts": counts,
        "people": people_of(people, mode, targets, counts["parts_not_examined"]),
        "targets_not_examined": lost,
        "users": [],
        "not_examined": sorted(
            (
                {"user": item.user, "target": item.target, "shard": item.shard, "reason": item.reason}
                for item in gathered.unseen
            ),
            key=lambda item: ((item["user"] or "").casefold(), item["target"] or "", item["shard"] or ""),
        ),
        "excluded": sorted(scope.excluded, key=identity_key),
        "not_chosen": scope.not_chosen,
        "undeclared": None if scope.undeclared is None else [each.as_dict() for each in scope.undeclared],
        "messages": _messages(gathered, scope.notes),
    }
    more = scope_words(report)
    report["headline"] += f" {more}" if more else ""
    report["line"] += f"; {more.rstrip('.')}" if more else ""
    digest = Digest(report)

    def users() -> t.Iterator[dict[str, t.Any]]:
        for key, rows in gathered.rows.by_user():
            user = _user({row.target: row for row in rows}, mode, key in unseen, root)
            digest.add(user)
            yield user

    report["users"] = Users(users())
    report["digest"] = digest.hexdigest()
    return report


def as_json(report: Report) -> str:
    """The report as JSON text that people can read and `diff` can compare."""
    return "".join(json_pieces(report))


def json_pieces(report: Report) -> t.Iterator[str]:
    """The same text in pieces: each user is one line."""
    whole = json.dumps({**report, "users": []}, indent=1, ensure_ascii=False, allow_nan=False)
    # No text in the report can contain this, because JSON escapes line ends and quotation marks.
    head, empty, tail = whole.rpartition('\n "users": []')
    yield head + empty.removesuffix("]")
    separator = "\n  "
    for user in report["users"].lines():
        yield separator + user
        separator = ",\n  "
    yield ("\n ]" if len(report["users"]) else "]") + tail + "\n"


def _user(rows: t.Mapping[str, Row], mode: Mode, unseen: bool, root: str | None) -> dict[str, t.Any]:
    known = [rows[target] for target in names() if target in rows]
    sourced = next((row for row in known if row.source_sha256 or row.source_path), None)
    source = None if sourced is None else _source(sourced, root)
    return {
        "user": known[0].user,
        "label": _label(known),
        "origin": next((row.origin for row in known if row.origin), None),
        "group": next((row.group for row in known if row.group), None),
        "state": standing(mode, known, unseen),
        "source": source,
        **{target: _at_target(rows[target], source, root) if target in rows else None for target in names()},
    }


def _label(rows: t.Sequence[Row]) -> str | None:
    """The name that people use for the user, if a target knows more than the identity."""
    labels = (row.label for row in rows if row.label and identity_key(row.label) != identity_key(row.user))
    return next(labels, None)


def _at_target(row: Row, source: dict[str, t.Any] | None, root: str | None) -> dict[str, t.Any]:
    own = _source(row, root) if row.source_sha256 or row.source_path else None
    found = to_report(row)
    found["shared_with"].sort(key=str.casefold)
    if own is not None and own != source:
        # The file changed between the runs of two targets, so this target's row gets its own source.
        found["source"] = own
    if TARGETS[row.target].sync_limit is not None:
        held = row.observed.bytes if row.observed else None
        found["within_exo_limit"] = TARGETS[row.target].within_limit(held)
    return found


def _source(row: Row, root: str | None) -> dict[str, t.Any]:
    path = row.source_path
    if path is not None and root and path.startswith(root.rstrip("/") + "/"):
        path = path[len(root.rstrip("/")) + 1 :]
    return {"sha256": row.source_sha256, "path": path}


def _messages(gathered: Gathered, notes: t.Iterable[str]) -> list[dict[str, t.Any]]:
    """The messages of modules that failed, each text once for each target."""
    every = (*gathered.messages, *map(Message, notes))
    said = {(item.text, item.target): item for item in reversed(every)}
    texts = [{"target": item.target, "shard": item.shard, "text": item.text} for item in said.values()]
    return sorted(texts, key=lambda item: (item["target"] or "", item["shard"] or "", item["text"] or ""))
