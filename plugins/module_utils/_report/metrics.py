# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of a run as OpenMetrics text that is also valid in Prometheus' older text format.

node_exporter's textfile collector reads the older format. Text that is valid in both has only gauges and no timestamps
on samples, and ends with ``# EOF``, which is a comment in the older format
(prometheus.io/docs/specs/om/open_metrics_spec, prometheus.io/docs/instrumenting/exposition_formats). No label has the
name of a person.
"""

from __future__ import annotations

import re
import typing as t
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .._core.model import PhotoError
from .counts import STATUSES
from .people import STANDINGS

#: The name of a kind of run; it is used in a file name and in a label.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_PREFIX = "hybrid_photos_"


@dataclass(slots=True)
class Metrics:
    """Families of gauges, in the order of the text. Every sample has the label ``run``."""

    run: str
    _lines: list[str] = field(default_factory=list)

    def gauge(self, name: str, meaning: str, samples: t.Iterable[tuple[t.Mapping[str, str], float]]) -> None:
        """Add a family with its samples; without samples it is left out."""
        lines = [f"{_PREFIX}{name}{self._labels(labels)} {_number(value)}" for labels, value in samples]
        if lines:
            self._lines += [f"# HELP {_PREFIX}{name} {meaning}", f"# TYPE {_PREFIX}{name} gauge", *lines]

    def _labels(self, labels: t.Mapping[str, str]) -> str:
        pairs = {"run": self.run, **labels}
        return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in pairs.items()) + "}"

    def text(self) -> str:
        """The whole file."""
        return "\n".join([*self._lines, "# EOF"]) + "\n"


@dataclass(frozen=True, slots=True)
class Expiry:
    """When a credential of the runs expires. ``credential``: ``password``, ``certificate`` or ``client_secret``."""

    target: str
    credential: str
    ends: float


def openmetrics(
    report: t.Mapping[str, t.Any], run: str, seconds: float | None = None, expiries: t.Iterable[Expiry] = ()
) -> str:
    """The text for a report. ``run`` names the kind of run; ``seconds``: its duration, None if it is not known."""
    made = Metrics(run)
    made.gauge(
        "people",
        "People by where they stand over all targets. Each person counts once.",
        (({"standing": name}, report["people"][name]) for name in STANDINGS),
    )
    _targets(made, report)
    _scope(made, report)
    _last(made, report, seconds)
    soonest: dict[tuple[str, str], float] = {}
    for each in expiries:
        key = (each.target, each.credential)
        soonest[key] = min(each.ends, soonest.get(key, each.ends))
    made.gauge(
        "credential_expiry_timestamp_seconds",
        "When a credential that the runs sign in with ends, in seconds since the epoch.",
        (
            ({"target": target, "credential": name}, ends)
            for (target, name), ends in sorted(soonest.items())
            if ends != float("inf")
        ),
    )
    return made.text()


def _targets(made: Metrics, report: t.Mapping[str, t.Any]) -> None:
    targets, counts = report["targets"], report["counts"]
    lost = {item["target"] for item in report["targets_not_examined"]}
    made.gauge(
        "users",
        "Users of a target by state.",
        (
            ({"target": target, "state": state}, number)
            for target in targets
            for state, number in counts["at"][target]["states"].items()
        ),
    )
    made.gauge(
        "problems",
        "Users of a target who could not be checked, by kind, without problems that are accepted.",
        (
            ({"target": target, "kind": kind}, number)
            for target in targets
            for kind, number in counts["at"][target]["problems"].items()
        ),
    )
    made.gauge(
        "foreign_changes",
        "Photos of a target that others changed after the last write.",
        (({"target": target}, counts["targets"][target]["foreign"]) for target in targets),
    )
    for name, meaning in (
        ("default_shown", "Users of a target who show the default picture."),
        ("default_own", "Users of a target who have a photo of their own instead of the default picture."),
    ):
        made.gauge(name, meaning, (({"target": target}, counts["targets"][target][name]) for target in targets))
    made.gauge(
        "target_examined",
        "1 if photos of the target could be looked at, 0 if none could.",
        (({"target": target}, target not in lost) for target in targets),
    )
    made.gauge(
        "requests",
        "Requests that the last run sent to a target.",
        (({"target": target}, counts["targets"][target]["requests"]) for target in targets),
    )


def _scope(made: Metrics, report: t.Mapping[str, t.Any]) -> None:
    made.gauge("excluded_users", "Declared users who were excluded by name.", [({}, len(report["excluded"]))])
    made.gauge("not_chosen_users", "Declared users whom the run did not concern.", [({}, report["not_chosen"])])
    if report["undeclared"] is not None:
        numbers = Counter(each["target"] for each in report["undeclared"])
        made.gauge(
            "undeclared_photos",
            "Photos of a target that no definition declares.",
            (({"target": target}, numbers[target]) for target in report["targets"]),
        )
    made.gauge(
        "parts_not_examined",
        "Parts of the run that failed and whose users are not known.",
        [({}, report["counts"]["parts_not_examined"])],
    )


def _last(made: Metrics, report: t.Mapping[str, t.Any], seconds: float | None) -> None:
    at = datetime.fromisoformat(report["generated"]).timestamp()
    made.gauge("last_run_timestamp_seconds", "When the targets were looked at.", [({}, at)])
    if seconds is not None:
        made.gauge("last_run_duration_seconds", "How long the last run took.", [({}, round(max(0.0, seconds), 3))])
    made.gauge(
        "last_run_status",
        "1 for the worst that the last run found, 0 for the others.",
        (({"status": status}, status == report["status"]) for status in STATUSES),
    )
    made.gauge("last_run_clean", "1 if everybody was examined and is as declared.", [({}, report["clean"])])


def checked_run_name(name: str, option: str = "metrics_name") -> str:
    """The name of a kind of run. Raises PhotoError that names the option if the name cannot be part of a file name."""
    if not _NAME.fullmatch(name):
        raise PhotoError(
            f"{option} is {name!r:.80}; give a word of letters, digits, hyphens and underscores, such as drift"
        )
    return name


def expiries_of(results: t.Iterable[t.Any]) -> list[Expiry]:
    """The ``expires`` of the doctor modules' results. Results without it, and failed ones, are ignored.

    Raises PhotoError for an invalid time.
    """
    found = []
    for result in results:
        told = result.get("expires") if isinstance(result, t.Mapping) else None
        for each in told if isinstance(told, (list, tuple)) else ():
            try:
                ends = datetime.fromisoformat(str(each["ends"])).astimezone(UTC).timestamp()
                found.append(Expiry(str(result["target"]), str(each["credential"]), ends))
            except (KeyError, TypeError, ValueError, OverflowError) as ex:
                raise PhotoError(f"doctor must be what the doctor modules returned ({ex!r:.80})") from ex
    return found


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
