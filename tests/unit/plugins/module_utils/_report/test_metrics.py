# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The metrics, as two parsers of prometheus_client read them: OpenMetrics, and the text that node_exporter reads."""

from __future__ import annotations

import math
import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._report.document import build
from ansible_collections.hybrid.photos.plugins.module_utils._report.gather import Mode, gather
from ansible_collections.hybrid.photos.plugins.module_utils._report.metrics import (
    Expiry,
    checked_run_name,
    expiries_of,
    openmetrics,
)
from ansible_collections.hybrid.photos.plugins.module_utils._report.scope import Scope, Undeclared
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._report import sample
from prometheus_client.openmetrics.parser import text_string_to_metric_families as strict
from prometheus_client.parser import text_string_to_metric_families as older

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def made(results: list[t.Any], mode: Mode = "plan", scope: Scope | None = None, **more: t.Any) -> str:
    report = build(
        gather(results),
        mode=mode,
        title="T",
        generated="2026-01-02T03:04:05Z",
        requested=more.pop("requested", ()),
        scope=scope,
    )
    return openmetrics(report, more.pop("run", "drift"), **more)


def read(text: str, parser: t.Callable[[str], t.Iterable[t.Any]] = strict) -> Samples:
    """All samples without the label ``run``. Raises ValueError for text that the parser does not take."""
    found: Samples = {}
    for family in parser(text):
        assert family.type == "gauge"
        for one in family.samples:
            labels = {name: value for name, value in one.labels.items() if name != "run"}
            key = (one.name.removeprefix("hybrid_photos_"), tuple(sorted(labels.items())))
            assert key not in found, "node_exporter refuses a whole file for one sample that is there twice"
            found[key] = one.value
    return found


def of(samples: Samples, name: str) -> dict[tuple[tuple[str, str], ...], float]:
    return {labels: value for (family, labels), value in samples.items() if family == name}


@pytest.mark.parametrize("mode", ["plan", "done"])
def test_both_parsers_read_the_same(mode: Mode) -> None:
    text = made(sample.with_gaps(mode == "done"), mode, seconds=12.3456, expiries=[Expiry("exo", "certificate", 1.9e9)])
    assert read(text) == read(text, older)
    assert text.endswith("\n# EOF\n")


def test_users_by_state_add_up_for_each_target() -> None:
    samples = read(made(sample.everything(True), "done"))
    for target in ("ad", "exo"):
        mine = [value for labels, value in of(samples, "users").items() if ("target", target) in labels]
        assert sum(mine) == len(sample.PEOPLE)
    assert samples["users", (("state", "failed"), ("target", "ad"))] == 1
    assert samples["users", (("state", "put"), ("target", "ad"))] > 0


def test_a_state_that_nobody_is_in_says_nought() -> None:
    """A series that ends looks to an alert as if nothing had been measured."""
    samples = read(made([sample.result([sample.row("a@x", "ad")])]))
    assert samples["users", (("state", "missing"), ("target", "ad"))] == 0
    assert samples["problems", (("kind", "invalid"), ("target", "ad"))] == 0
    assert samples["people", (("standing", "person"),)] == 0


def test_an_accepted_problem_is_a_state_and_no_problem() -> None:
    rows = [sample.row("a@x", "ad", "unresolved", accepted=True), sample.row("b@x", "ad", "unresolved")]
    samples = read(made([sample.result(rows)]))
    assert samples["users", (("state", "unresolved"), ("target", "ad"))] == 2
    assert samples["problems", (("kind", "unresolved"), ("target", "ad"))] == 1


def test_a_target_that_was_not_examined_says_so() -> None:
    found = [sample.result([sample.row("a@x", "ad")], target="ad"), {"failed": True, "target": "exo", "msg": "no"}]
    samples = read(made(found, requested=("ad", "exo")))
    assert of(samples, "target_examined") == {(("target", "ad"),): 1, (("target", "exo"),): 0}
    assert of(samples, "last_run_status")[(("status", "failed"),)] == 1
    assert of(samples, "last_run_clean")[()] == 0


def test_when_and_how_long() -> None:
    samples = read(made(sample.everything(), seconds=12.3456))
    assert samples["last_run_timestamp_seconds", ()] == 1767323045
    assert samples["last_run_duration_seconds", ()] == 12.346
    assert not of(read(made(sample.everything())), "last_run_duration_seconds")


def test_excluded_and_undeclared_are_counted_and_never_named() -> None:
    scope = Scope(("boss@x",), 7, (Undeclared("left@x", "ad"), Undeclared("left@x", "exo")))
    text = made(sample.everything(), scope=scope)
    samples = read(text)
    assert samples["excluded_users", ()] == 1
    assert samples["not_chosen_users", ()] == 7
    assert samples["undeclared_photos", (("target", "exo"),)] == 1
    assert not of(read(made(sample.everything())), "undeclared_photos"), "nobody asked"


def test_no_person_is_in_the_text() -> None:
    text = made(sample.with_gaps(), scope=Scope(("boss@x",), 0, (Undeclared("left@x", "ad"),)))
    assert "@" not in text
    assert not any(label.split()[0] in text for _user, label, *_rest in sample.PEOPLE if label[0].isalpha())


def test_the_credential_that_ends_first_counts() -> None:
    ends = [Expiry("ad", "password", 200.0), Expiry("ad", "password", 100.0), Expiry("ad", "certificate", math.inf)]
    samples = of(read(made([], expiries=ends)), "credential_expiry_timestamp_seconds")
    assert samples == {(("credential", "password"), ("target", "ad")): 100}


def test_what_the_doctor_returned() -> None:
    told = [
        {"target": "exo", "expires": [{"credential": "client_secret", "ends": "2026-12-01T00:00:00Z"}]},
        {"target": "ad", "failed": True, "msg": "no"},
        {"skipped": True},
    ]
    assert expiries_of(told) == [Expiry("exo", "client_secret", 1796083200.0)]
    for ends in ("soon", "0001-01-01T00:00:00+05:00"):
        with pytest.raises(PhotoError, match="doctor must be what the doctor modules returned"):
            expiries_of([{"target": "exo", "expires": [{"credential": "x", "ends": ends}]}])


@pytest.mark.parametrize("name", ["", "../x", "a b", "a.b", "x" * 65, "-a", 'a"b'])
def test_a_name_that_fits_in_no_file_name_is_refused(name: str) -> None:
    with pytest.raises(PhotoError, match=r"^metrics_name is "):
        checked_run_name(name)


def test_two_runs_on_one_machine_do_not_clash() -> None:
    first, second = made(sample.everything(), run="drift"), made(sample.everything(), run="berlin")
    assert 'run="drift"' in first
    assert 'run="berlin"' in second
    lines = [line for text in (first, second) for line in text.splitlines() if not line.startswith("#")]
    names = [line.rpartition(" ")[0] for line in lines]
    assert len(names) == len(set(names))
