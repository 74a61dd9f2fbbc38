# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a playbook's options and the environment to DirectoryOptions."""

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.hybrid.photos.plugins.module_utils._directory.options import DirectoryOptions
from ansible_collections.hybrid.photos.plugins.module_utils._entry.directory_options import directory_argument_spec
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.module_calls import patch_module_args

VARIABLES = ("HYBRID_PHOTOS_AD_SERVER", "HYBRID_PHOTOS_AD_DOMAIN", "HYBRID_PHOTOS_AD_SITE")


@pytest.mark.parametrize(
    ("given", "variables", "servers", "domains", "site"),
    [
        ({"server": "dc1.x.test"}, {}, ("dc1.x.test",), (), None),
        ({"server": ["dc2.x.test", "dc1.x.test"]}, {}, ("dc2.x.test", "dc1.x.test"), (), None),
        ({}, {"SERVER": "dc1.x.test, dc2.x.test"}, ("dc1.x.test", "dc2.x.test"), (), None),
        ({"domain": "X.test"}, {}, (), ("x.test",), None),
        ({}, {"SERVER": "", "DOMAIN": "x.test,y.test", "SITE": "Hub"}, (), ("x.test", "y.test"), "Hub"),
        ({"server": "dc9.x.test"}, {"SERVER": "dc1.x.test"}, ("dc9.x.test",), (), None),
        ({}, {}, (), (), None),
    ],
)
def test_where_a_module_looks(
    given: dict[str, t.Any],
    variables: dict[str, str],
    servers: tuple[str, ...],
    domains: tuple[str, ...],
    site: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(f"HYBRID_PHOTOS_AD_{name}", value)
    with patch_module_args(given):
        made = DirectoryOptions.from_params(AnsibleModule(argument_spec=directory_argument_spec()).params)
    assert (made.candidates, made.domains, made.site) == (servers, domains, site)
