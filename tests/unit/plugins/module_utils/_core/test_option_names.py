# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A message names what its reader can set."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.hybrid.photos.plugins.module_utils._core.option_names import called, with_environment
from ansible_collections.hybrid.photos.plugins.module_utils._core.targets import names
from ansible_collections.hybrid.photos.plugins.module_utils._entry.directory_options import directory_argument_spec
from ansible_collections.hybrid.photos.plugins.module_utils._entry.exchange_options import exchange_argument_spec
from ansible_collections.hybrid.photos.plugins.module_utils._entry.graph_options import graph_argument_spec

ROLES = Path(__file__).parents[5] / "roles"


def variables(role: str) -> t.Any:
    spec = yaml.safe_load((ROLES / role / "meta" / "argument_specs.yml").read_text())
    return spec["argument_specs"]["main"]["options"]


def test_without_a_role_an_option_has_its_own_name() -> None:
    assert called("match_by", "", "ad") == "match_by"
    assert called("metrics_dir") == "metrics_dir"


@pytest.mark.parametrize(
    ("role", "options"),
    [
        ("drift", ("metrics_dir", "metrics_name", "history", "dest", "receipts")),
        ("sync", ("metrics_dir", "metrics_name", "history", "dest", "receipts")),
        ("lead", ("metrics_dir", "metrics_name", "history", "dest", "receipts", "match_by")),
        ("restore", ("path", "run", "receipts", "dest", "users", "exclude", "targets", "first")),
        ("export", ("dest", "list_file", "exclude")),
    ],
)
def test_in_a_role_it_is_a_variable_that_this_role_has(role: str, options: tuple[str, ...]) -> None:
    for option in options:
        assert called(option, f"{role}_") in variables(role)


def test_the_side_that_leads_and_the_side_that_follows_have_their_own_variables_for_names() -> None:
    for target in names():
        assert called("match_by", "lead_from_", target) == "lead_match_by"
        assert called("match_by", "lead_", target) == "lead_follow_by"
    assert called("receipts", "lead_from_") == "lead_receipts"


@pytest.mark.parametrize("target", names())
@pytest.mark.parametrize("role", ["doctor", "drift", "export", "sync"])
def test_in_a_role_each_target_has_its_own_variable_for_how_users_are_named(role: str, target: str) -> None:
    assert called("match_by", f"{role}_", target) in variables(role)


@pytest.mark.parametrize(
    ("option", "target", "spec"),
    [
        ("ca_cert", "ad", directory_argument_spec()),
        ("search_base", "ad", directory_argument_spec()),
        ("domain", "ad", directory_argument_spec()),
        ("ca_cert", "exchange", exchange_argument_spec()),
        ("ca_cert", "exo", graph_argument_spec()),
    ],
)
def test_a_connection_has_an_environment_variable(option: str, target: str, spec: t.Any) -> None:
    [variable] = spec[option]["fallback"][1]
    assert with_environment(option, target) == f"{option} ({variable})"
