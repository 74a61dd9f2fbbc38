# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant's photo settings: what is sent, and what never is."""

from __future__ import annotations

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._entry.photo_settings import (
    Wanted,
    after,
    answered,
    step,
)
from ansible_collections.hybrid.photos.plugins.module_utils._graph.settings import PhotoSettings

ROLE = "fe930be7-5e62-47db-91af-98c3a49a38b1"
CLOUD = PhotoSettings("cloud", None)
LIMITED = PhotoSettings("cloud", (ROLE,))
UNTOLD = PhotoSettings(None, None)
DEFAULT = PhotoSettings("default", None)
RESET = Wanted(default=True)


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        (CLOUD, Wanted()),
        (CLOUD, Wanted("cloud", ())),
        (LIMITED, Wanted("cloud")),
        (LIMITED, Wanted(None, (ROLE,))),
        (UNTOLD, Wanted(None, ())),
        (DEFAULT, Wanted()),
        (DEFAULT, RESET),
    ],
)
def test_what_is_as_wanted_is_not_sent(now: PhotoSettings, wanted: Wanted) -> None:
    assert not step(now, wanted).changes
    assert after(now, step(now, wanted)) == now


@pytest.mark.parametrize(
    ("now", "wanted", "then"),
    [
        (CLOUD, Wanted("on_premises"), PhotoSettings("on_premises", None)),
        (CLOUD, Wanted(None, (ROLE,)), LIMITED),
        (LIMITED, Wanted("cloud", ()), CLOUD),
        (UNTOLD, Wanted(None, (ROLE,)), PhotoSettings(None, (ROLE,))),
        (DEFAULT, Wanted("cloud"), CLOUD),
        (DEFAULT, Wanted("on_premises"), PhotoSettings("on_premises", None)),
        (DEFAULT, Wanted(None, (ROLE,)), PhotoSettings("default", (ROLE,))),
        (CLOUD, RESET, DEFAULT),
        (LIMITED, RESET, DEFAULT),
        (PhotoSettings(None, (ROLE,)), RESET, DEFAULT),
    ],
)
def test_what_differs_is_sent_once(now: PhotoSettings, wanted: Wanted, then: PhotoSettings) -> None:
    assert after(now, step(now, wanted)) == then
    assert not step(then, wanted).changes


def test_a_source_that_is_not_told_is_said_and_not_sent_again_and_again() -> None:
    left = step(UNTOLD, Wanted("cloud"))
    assert not left.changes
    assert left.warning is not None and "send_unseen" in left.warning
    sent = step(UNTOLD, Wanted("cloud", send_unseen=True))
    assert sent.source == "cloud"
    assert sent.warning is not None


def test_a_default_that_is_not_told_is_said_and_not_reset_again_and_again() -> None:
    left = step(UNTOLD, RESET)
    assert not left.changes
    assert left.warning is not None and "send_unseen" in left.warning
    assert step(UNTOLD, Wanted(default=True, send_unseen=True)).reset


def test_a_source_that_is_told_back_is_a_change_without_a_warning() -> None:
    then, reported = answered(DEFAULT, step(DEFAULT, Wanted("cloud")), CLOUD)
    assert (then, reported.changes, reported.warning) == (CLOUD, True, None)


@pytest.mark.parametrize("told", [UNTOLD, DEFAULT])
def test_a_source_that_is_not_told_back_is_one_warning_and_no_change(told: PhotoSettings) -> None:
    then, reported = answered(DEFAULT, step(DEFAULT, Wanted("cloud")), told)
    assert (then, reported.changes) == (told, False)
    assert reported.warning is not None and "does not return" in reported.warning


def test_roles_are_a_change_also_where_the_source_is_not_told_back() -> None:
    then, reported = answered(DEFAULT, step(DEFAULT, Wanted("cloud", (ROLE,))), PhotoSettings("default", (ROLE,)))
    assert (then, reported.changes) == (PhotoSettings("default", (ROLE,)), True)
    assert reported.warning is not None


def test_a_source_that_is_shown_late_is_a_change_with_a_warning() -> None:
    then, reported = answered(CLOUD, step(CLOUD, Wanted("on_premises")), CLOUD)
    assert (then.source, reported.changes) == ("on_premises", True)
    assert reported.warning is not None and "24 hours" in reported.warning


@pytest.mark.parametrize("more", [{"source": "cloud"}, {"allowed_roles": []}])
def test_default_and_a_setting_contradict_each_other(more: dict[str, object]) -> None:
    given = {"state": "default", "source": None, "allowed_roles": None, "send_unseen": False, **more}
    with pytest.raises(PhotoError, match="state: default"):
        Wanted.from_params(given)


def test_roles_are_compared_without_regard_to_order_case_and_repetition() -> None:
    given = {"state": "present", "source": None, "allowed_roles": [ROLE.upper(), ROLE], "send_unseen": False}
    assert Wanted.from_params(given).allowed_roles == (ROLE,)


def test_a_role_that_is_no_template_id_is_named() -> None:
    with pytest.raises(PhotoError, match="user administrator"):
        Wanted.from_params(
            {"state": "present", "source": None, "allowed_roles": ["User Administrator"], "send_unseen": False}
        )
