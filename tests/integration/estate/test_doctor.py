# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor in a company of several domains and controllers, one of which is down."""

from __future__ import annotations

import typing as t

from ansible_collections.hybrid.photos.plugins.module_utils._directory.options import DirectoryOptions
from ansible_collections.hybrid.photos.plugins.module_utils._doctor import ad
from ansible_collections.hybrid.photos.plugins.module_utils._doctor.model import Check
from domain.company import BRANCH, CORP, everyone
from domain.estate import Estate

from .conftest import connection


def examine(estate: Estate, **options: t.Any) -> dict[str, Check]:
    chosen = DirectoryOptions.from_params(connection(estate) | options)
    side = ad.Domain(chosen, [one.employee_number for one in everyone()], "employeeNumber")
    return {check.name: check for check in side.checks()}


def test_every_domain_and_every_controller_is_looked_at(estate: Estate) -> None:
    checks = examine(estate, domain=[CORP, BRANCH])
    assert [check for check in checks.values() if check.status == "fail"] == []
    for name in ("dc1.corp.test", "dc2.corp.test", "dc3.branch.test"):
        assert all(name in checks[step].text for step in ("domain controllers", "reachable", "certificate"))
    assert "dc1.corp.test (domain corp.test), dc3.branch.test (domain branch.test)" in checks["sign-in"].text
    assert "of the 40 users" in checks["right to write"].text
    assert "5 of 40 users have their mailbox on-premises" in checks["mailboxes"].text


def test_a_controller_that_is_down_is_a_warning_and_a_domain_without_one_a_failure(estate: Estate) -> None:
    estate.stop("dc1")
    checks = examine(estate, domain=[CORP, BRANCH])
    assert (checks["reachable"].status, checks["sign-in"].status) == ("warn", "ok")
    assert "dc1.corp.test:636: nothing listens there" in checks["reachable"].text
    estate.stop("dc3")
    checks = examine(estate, domain=[CORP, BRANCH])
    assert (checks["reachable"].status, checks["sign-in"].status) == ("fail", "skipped")


def test_a_domain_that_dns_does_not_know_is_told(estate: Estate) -> None:
    checks = examine(estate, domain="nowhere.test")
    assert checks["domain controllers"].status == "fail"
    assert "domain nowhere.test: DNS has no domain controllers" in checks["domain controllers"].text
