# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Advice names what its reader can set."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Unresolved
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.cmdlets import Account
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.mailboxes import Mailboxes
from ansible_collections.hybrid.photos.plugins.module_utils._exchange.options import ExchangeOptions


@pytest.mark.parametrize(
    ("prefix", "option"), [("", "match_by"), ("sync_", "sync_exchange_match_by"), ("lead_", "lead_follow_by")]
)
def test_how_users_are_named_is_told_with_the_variable_of_the_role(prefix: str, option: str) -> None:
    options = ExchangeOptions.from_params({"server": "ex1.corp.test", "option_prefix": prefix})
    mailboxes = Mailboxes(t.cast(t.Any, None), options, "mail")
    nobody = mailboxes._judge("a@x", [])
    assert isinstance(nobody, Unresolved)
    assert f"Check the spelling, {option}, and whether" in nobody.reason
    twice = [Account(id_, "UserMailbox", "Alice", "a@x") for id_ in ("1", "2")]
    several = mailboxes._judge("a@x", twice)
    assert isinstance(several, Unresolved)
    assert f"or set {option} to objectGUID" in several.reason
