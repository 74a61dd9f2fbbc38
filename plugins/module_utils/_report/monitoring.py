# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files for monitoring: metrics for node_exporter, and the history."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime
from pathlib import Path

from .._core.model import PhotoError
from .._core.option_names import called
from .._core.safe_write import probe, write_safely
from . import history
from .metrics import checked_run_name, expiries_of, openmetrics

#: Other accounts may read the metrics, because node_exporter has its own account. They contain no names of people.
_READABLE = 0o644

Options = t.Mapping[str, t.Any]


def check(options: Options) -> None:
    """Raises PhotoError that names the option if the metrics or the history cannot be written. Writes nothing."""
    checked_run_name(options["metrics_name"], _named(options, "metrics_name"))
    started(options)
    folder = metrics_folder(options)
    if folder is not None:
        _check_folder(folder, _named(options, "metrics_dir"))
    earlier(options)


def _named(options: Options, option: str) -> str:
    """The name of an option in messages."""
    return called(option, options["option_prefix"])


def _check_folder(folder: Path, option: str) -> None:
    where = f"{option} {folder}"
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        raise PhotoError(f"{where} {what}. Name the folder that node_exporter reads, and create it if it is missing.")
    try:
        probe(folder)
    except OSError as ex:
        raise PhotoError(
            f"{where} cannot be written to ({ex.strerror}). Give this account the right to write there, or name "
            "another folder."
        ) from ex


def metrics_folder(options: Options) -> Path | None:
    """The folder of node_exporter's textfile collector; None if they go to the report's folder or are not made."""
    return Path(options["metrics_dir"]).expanduser().absolute() if options["metrics_dir"] else None


def history_path(options: Options) -> Path | None:
    """The file of the history, or None."""
    return Path(options["history"]).expanduser().absolute() if options["history"] else None


def started(options: Options) -> datetime | None:
    """When the run began. Raises PhotoError for an invalid time."""
    given = options["started"]
    if not given:
        return None
    try:
        when = datetime.fromisoformat(str(given))
    except ValueError as ex:
        raise PhotoError(f"started is {given!r:.80}; give a time such as 2026-11-27T02:15:00Z") from ex
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def seconds(options: Options, now: datetime) -> float | None:
    """How long the run took; None if its start is not known."""
    begun = started(options)
    return None if begun is None else (now - begun).total_seconds()


def metrics(options: Options, report: t.Mapping[str, t.Any], now: datetime) -> str:
    """The text for node_exporter."""
    name = checked_run_name(options["metrics_name"], _named(options, "metrics_name"))
    return openmetrics(report, name, seconds(options, now), expiries_of(options["doctor"]))


def earlier(options: Options) -> list[history.Past]:
    """The runs before this one, oldest first. Raises PhotoError."""
    path = history_path(options)
    if path is None:
        return []
    if path.parent == Path(options["dest"]).expanduser().absolute() and not path.parent.exists():
        return []  # the history is in the report's folder, which does not exist yet
    return history.read(path, _named(options, "history"))


def publish(options: Options, report: t.Mapping[str, t.Any], now: datetime) -> tuple[dict[str, str], list[str]]:
    """Write the metrics to ``metrics_dir``, and the line of the history. Returns the metrics' path, and problems."""
    paths: dict[str, str] = {}
    problems: list[str] = []
    folder, past = metrics_folder(options), history_path(options)
    if folder is not None:
        file = folder / f"hybrid_photos_{options['metrics_name']}.prom"
        try:
            # node_exporter reads at any time, so the file is replaced in one step.
            write_safely(file, metrics(options, report, now).encode(), lasting=False, mode=_READABLE)
            paths["openmetrics"] = str(file)
        except OSError as ex:
            option = _named(options, "metrics_dir")
            problems.append(f"The metrics {file} ({option}) could not be written ({ex.strerror}).")
        except PhotoError as ex:
            problems.append(str(ex))
    if past is not None:
        try:
            line = history.line_of(report, options["metrics_name"], seconds(options, now))
            history.append(past, line, _named(options, "history"))
        except PhotoError as ex:
            problems.append(str(ex))
    return paths, problems
