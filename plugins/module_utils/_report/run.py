# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""drift_report without Ansible: takes options, writes files and returns a result."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from .._core.model import PROBLEMS, PhotoError
from .._core.option_names import called
from .._core.results import plain
from .._core.targets import names
from .._core.text import shown
from . import monitoring
from .counts import drifting, open_problems, totals
from .difference import diff_lines
from .document import Report, build, json_pieces
from .elsewhere import leave_out_elsewhere, tell_mailboxes
from .files import Made
from .folders import FILES, elsewhere, forget, holds, locked, probe, run_folder, save
from .gather import Gathered, Message, gather
from .guard import hold_back_shared
from .history import comparable, now_of
from .junit import junit_pieces
from .markdown import markdown
from .odd_names import tell_odd_names
from .page import page_pieces
from .previews import remove
from .reasons import alerts, problems
from .scope import Scope, find_undeclared
from .shards import Shard, failed, parse
from .trend import compared
from .unexamined import add_lost_shards, add_unexamined, settle

TITLES = {"plan": "Photo drift", "done": "Photo sync"}

#: A test compares these with the documentation.
ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "results": {"type": "list", "elements": "dict", "required": True},
    "dest": {"type": "path", "required": True},
    "formats": {"type": "list", "elements": "str", "choices": list(FILES), "default": ["json", "markdown"]},
    "title": {"type": "str"},
    "mode": {"type": "str", "choices": ["plan", "done"]},
    "users": {"type": "list", "elements": "str", "default": []},
    "declared_at": {"type": "dict", "options": {name: {"type": "list", "elements": "str"} for name in names()}},
    "shards": {"type": "list", "elements": "dict", "default": []},
    "hosts": {"type": "list", "elements": "str", "default": []},
    "mailboxes": {"type": "list", "elements": "dict", "default": []},
    "shared": {"type": "dict", "default": {}},
    "option_prefix": {"type": "str", "default": ""},
    "targets": {"type": "list", "elements": "str", "choices": list(names()), "default": []},
    "ignore_problems": {"type": "list", "elements": "str", "choices": sorted(PROBLEMS), "default": []},
    "excluded": {"type": "list", "elements": "str", "default": []},
    "not_chosen": {"type": "int", "default": 0},
    "notes": {"type": "list", "elements": "str", "default": []},
    "everyone": {"type": "list", "elements": "dict"},
    "declared": {"type": "list", "elements": "str", "default": []},
    "exclude": {"type": "list", "elements": "str", "default": []},
    "previews_dir": {"type": "path"},
    "remove_previews": {"type": "bool", "default": False},
    "max_pictures": {"type": "int", "default": 300},
    "root": {"type": "path"},
    "run": {"type": "str"},
    "keep_runs": {"type": "int"},
    "plan": {"type": "path"},
    "metrics_dir": {"type": "path"},
    "metrics_name": {"type": "str", "default": "drift"},
    "history": {"type": "path"},
    "started": {"type": "str"},
    "doctor": {"type": "list", "elements": "dict", "default": []},
    "probe": {"type": "bool", "default": False},
    "show": {"type": "bool", "default": True},
    "show_diff": {"type": "bool", "default": False},
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A report that is not written yet, with its lines for the screen.

    ``problems``: the lines about problems, for the result and for the message of a failed run. ``not_started``: shards
    on which a module could not be started.
    """

    report: Report
    lines: list[str]
    problems: list[str]
    not_started: tuple[str, ...] = ()


def prepare(options: t.Mapping[str, t.Any], now: datetime | None = None) -> Prepared:
    """Make the report. Writes nothing. Raises PhotoError for values that are not results."""
    gathered = gather(options["results"])
    shards = parse(options["shards"])
    explained = {item.shard for item in gathered.unseen} | {message.shard for message in gathered.messages}
    gathered.unseen += failed(options["shards"], options["hosts"], explained)
    requested = _requested(options, shards)
    tell_mailboxes(gathered, options["mailboxes"])
    hold_back_shared(gathered.rows, options["shared"], options["option_prefix"])
    for target in requested:
        add_unexamined(gathered, _expected(options, target), [target])
        add_lost_shards(gathered, shards, target)
    mode = options["mode"] or gathered.mode
    settle(gathered, mode)
    leave_out_elsewhere(gathered)
    tell_odd_names(gathered)
    accept(gathered, options["ignore_problems"])
    report = build(
        gathered,
        mode=mode,
        title=options["title"] or TITLES[mode],
        generated=(now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        root=options["root"],
        requested=requested,
        scope=_scope(options, shards, gathered),
    )
    diff = diff_lines(gathered.rows.values()) if options["show_diff"] and mode == "plan" else []
    loud, wrong = alerts(report), problems(report)
    notes = [shown(str(note)) for note in options["notes"]]
    lines = [*diff, report["line"], *notes, *loud, *(f"  {line}" for line in wrong)]
    return Prepared(report, lines, [*loud, *wrong], tuple(sorted(gathered.not_started)))


def publish(options: t.Mapping[str, t.Any], prepared: Prepared, now: datetime | None = None) -> dict[str, t.Any]:
    """Write the report. Returns the module's result.

    Never raises PhotoError: a report that cannot be written goes to another folder, and ``failed`` and ``msg`` say so.
    """
    try:
        return _written(options, prepared, now or datetime.now(UTC))
    finally:
        drop_previews(options)


def where(options: t.Mapping[str, t.Any], result: t.Mapping[str, t.Any]) -> list[str]:
    """Where the report of this run is, if the newest report in the folder is still the plan. For the screen."""
    plan = _plan(options)
    if plan is None or not result.get("run_dir") or not holds(_dest(options), plan):
        return []
    return [shown(f"The report of this run is in {result['run_dir']}; {plan} is still the plan.")]


def drop_previews(options: t.Mapping[str, t.Any]) -> None:
    """Remove the previews if this is requested."""
    folder = _previews(options)
    if folder and options["remove_previews"]:
        remove(folder)


def probe_dest(options: t.Mapping[str, t.Any]) -> None:
    """Raises PhotoError if the report, the metrics or the history cannot be written. Writes none of them."""
    monitoring.check(options)
    probe(_dest(options), called("dest", options["option_prefix"]))


def _written(options: t.Mapping[str, t.Any], prepared: Prepared, now: datetime) -> dict[str, t.Any]:
    texts, problem = _texts(options, prepared.report, now)
    dest, paths, changed = _dest(options), dict[str, str](), False
    folder: Path | None = None
    plan, keep = _plan(options), options["keep_runs"]
    try:
        with locked(dest, called("dest", options["option_prefix"])):
            stays = holds(dest, plan)
            if keep or stays:
                folder = run_folder(dest, options["run"] or now.strftime("%Y%m%dT%H%M%SZ"))
                paths, changed = save(folder, texts)
            if not stays:
                paths, changed = save(dest, texts, called("dest", options["option_prefix"]))
            if keep is not None:
                # The report of this run may be nowhere else.
                forget(dest, max(keep, 1) if folder else 0, plan, folder)
    except PhotoError as error:
        paths, changed, instead = _elsewhere(texts)
        problem = f"The report could not be written ({error}) {instead}"
    more, problems = monitoring.publish(options, prepared.report, now)
    problem = " ".join(dict.fromkeys(filter(None, [problem, *problems]))) or None
    answer = _result(prepared, {**paths, **more}, changed=changed)
    answer["run_dir"] = None if folder is None else str(folder)
    if problem is not None:
        answer.update(failed=True, msg="\n".join([prepared.report["line"], problem, *answer["problems"]]))
    return answer


def _elsewhere(texts: t.Mapping[str, Made]) -> tuple[dict[str, str], bool, str]:
    """As ``save``, in the temporary folder; and a sentence that says where the report is."""
    try:
        paths, changed = save(elsewhere(), texts)
    except (OSError, PhotoError) as error:
        return {}, False, f"It is nowhere else: {error}"
    return paths, changed, f"It is in {Path(next(iter(paths.values()), '')).parent} instead."


def _texts(options: t.Mapping[str, t.Any], report: Report, now: datetime) -> tuple[dict[str, Made], str | None]:
    """Each format's text, and why one could not be made. If one format fails, the others are still made."""
    problem: str | None = None
    try:
        earlier = comparable(monitoring.earlier(options), report["targets"])
    except PhotoError as error:
        earlier, problem = [], str(error)
    makers: dict[str, t.Callable[[], t.Iterable[str]]] = {
        "json": lambda: json_pieces(report),
        "markdown": lambda: [markdown(report, compared(earlier, now_of(report)))],
        "junit": lambda: junit_pieces(report),
        "html": lambda: page_pieces(report, _previews(options), options["max_pictures"], earlier=earlier),
        "openmetrics": lambda: [monitoring.metrics(options, report, now)],
    }
    texts: dict[str, Made] = {}
    # If the metrics have their own folder, they are not written to the report's folder.
    for name in (name for name in options["formats"] if name != "openmetrics" or not options["metrics_dir"]):
        try:
            texts[name] = Made(makers[name]())
        except PhotoError as error:
            problem = f"The format {name} could not be made: {error}"
    return texts, problem


def accept(gathered: Gathered, ignored: t.Collection[str]) -> None:
    """Accept problems that are ignored for all users, in the same way as problems that a definition names as known."""
    for key, row in gathered.rows.items() if ignored else ():
        if row.drift in PROBLEMS and row.drift in ignored and key not in gathered.not_ignored:
            gathered.rows[key] = row._replace(accepted=True)


def _expected(options: t.Mapping[str, t.Any], target: str) -> t.Sequence[str]:
    """The users who should have been examined at a target."""
    users: t.Sequence[str] = (options["declared_at"] or {}).get(target) or options["users"]
    return users


def _requested(options: t.Mapping[str, t.Any], shards: t.Sequence[Shard]) -> list[str]:
    """The targets that the run should examine, without those at which no user is declared."""
    declared = options["declared_at"] or {}
    numbers = {name: len(declared.get(name) or ()) + sum(s.declared.get(name, 0) for s in shards) for name in names()}
    known = {name for name in names() if shards or declared.get(name) is not None}
    return [name for name in options["targets"] if numbers[name] or name not in known or not any(numbers.values())]


def _scope(options: t.Mapping[str, t.Any], shards: t.Sequence[Shard], gathered: Gathered) -> Scope:
    undeclared = None
    if options["everyone"] is not None:
        declared = chain(options["declared"], _names(shards, "everybody", gathered))
        undeclared = find_undeclared(options["everyone"], gathered, declared, options["exclude"])
    excluded = (*map(plain, options["excluded"]), *_names(shards, "excluded", gathered))
    not_chosen = options["not_chosen"] + sum(shard.not_chosen for shard in shards)
    return Scope(excluded, not_chosen, undeclared, tuple(map(plain, options["notes"])))


def _names(shards: t.Iterable[Shard], part: str, gathered: Gathered) -> t.Iterator[str]:
    """The names in the files of all shards. If a file is lost, its names are missing, and the report says so."""
    for shard in shards:
        try:
            yield from shard.names(part)
        except PhotoError as error:
            gathered.messages.append(Message(str(error), None, shard.name))


def _dest(options: t.Mapping[str, t.Any]) -> Path:
    return Path(options["dest"]).expanduser().absolute()


def _plan(options: t.Mapping[str, t.Any]) -> Path | None:
    return Path(options["plan"]).expanduser() if options["plan"] else None


def _previews(options: t.Mapping[str, t.Any]) -> Path | None:
    return Path(options["previews_dir"]).expanduser() if options["previews_dir"] else None


def _result(prepared: Prepared, paths: t.Mapping[str, str], *, changed: bool) -> dict[str, t.Any]:
    report = prepared.report
    counts, mode = report["counts"], report["mode"]
    return {
        "changed": changed,
        "paths": dict(paths),
        "summary": totals(counts),
        "states": counts["states"],
        "drifting": drifting(mode, counts),
        "status": report["status"],
        "clean": report["clean"],
        "open_problems": open_problems(counts),
        "undeclared": report["undeclared"] or [],
        "targets_not_examined": report["targets_not_examined"],
        "not_started": list(prepared.not_started),
        "problems": prepared.problems,
        "mode": mode,
        "line": report["line"],
        "headline": report["headline"],
        "sentence": report["people"]["sentence"],
        "percent": report["people"]["percent"],
        "digest": report["digest"],
    }
