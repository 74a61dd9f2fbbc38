# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant's photo settings: what is sent, and what never is."""

from __future__ import annotations

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._entry.photo_settings import Wanted, after, step
from ansible_collections.hybrid.photos.plugins.module_utils._graph.settings import PhotoSettings

ROLE = "fe930be7-5e62-47db-91af-98c3a49a38b1"
CLOUD = PhotoSettings("cloud", None)
LIMITED = PhotoSettings("cloud", (ROLE,))
UNTOLD = PhotoSettings(None, None)


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        (CLOUD, Wanted()),
        (CLOUD, Wanted("cloud", ())),
        (LIMITED, Wanted("cloud")),
        (LIMITED, Wanted(None, (ROLE,))),
        (UNTOLD, Wanted(None, ())),
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


def test_roles_are_compared_without_regard_to_order_case_and_repetition() -> None:
    given = {"source": None, "allowed_roles": [ROLE.upper(), ROLE], "send_unseen": False}
    assert Wanted.from_params(given).allowed_roles == (ROLE,)


def test_a_role_that_is_no_template_id_is_named() -> None:
    with pytest.raises(PhotoError, match="user administrator"):
        Wanted.from_params({"source": None, "allowed_roles": ["User Administrator"], "send_unseen": False})
