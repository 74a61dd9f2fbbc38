# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated names against a tenant that has users with such names: nobody else's photo, and no broken request."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import User, Write
from ansible_collections.hybrid.photos.plugins.module_utils._graph.options import GraphOptions
from ansible_collections.hybrid.photos.plugins.module_utils._graph.store import GraphPhotoStore
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXISTING = (
    "kim@example.com",
    "o'neil@example.com",
    "a+b@example.com",
    "guest_x.org#EXT#@example.com",
    "per%cent@example.com",
    "sl/ash@example.com",
    "qu?st&x=y@example.com",
    "co,mma@example.com",
    "(paren)@example.com",
    "dollar$batch@example.com",
)
#: Kelvin sign, long s, Cyrillic and full-width letters, a soft hyphen, a direction mark, a NUL, a combining accent.
LOOKALIKES = (
    "\u212aim@example.com",
    "kim@example\u017fcom",
    "k\u0456m@example.com",
    "\uff4bim@example.com",
    "ki\u00adm@example.com",
    "\u202ekim@example.com",
    "kim@example.com\x00",
    "ki\u0301m@example.com",
    "o\u2019neil@example.com",
    "kim@example.com\n/x",
)
PIECES = (
    "'",
    "''",
    "%27",
    "%",
    "/",
    "\\",
    "#",
    "?",
    "&",
    "=",
    "+",
    "$",
    ",",
    "(",
    ")",
    "*",
    '"',
    "\n",
    "\x00",
    "\u202e",
    "😀",
    "kim",
    "o'neil",
    "@example.com",
    " or ",
    "eq",
    "null",
    "..",
    "users",
)
HOSTILE = st.one_of(
    st.sampled_from(LOOKALIKES),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join),
    st.text(max_size=40),
    st.text(alphabet="a'é%/", min_size=290, max_size=310),
)
MATCH_BY = ("userPrincipalName", "mail", "employeeId", "id", "onPremisesImmutableId")


@pytest.fixture(scope="module")
def world(tenant: t.Any) -> t.Any:
    from tenant.testing import CLIENT_ID, SECRET, TENANT_ID

    for number, name in enumerate(EXISTING):
        tenant.control.add_user(name, mail=name, employee_id=f"h'{number}", immutable_id=f"aBc{number}/+==")
    options = {"tenant_id": TENANT_ID, "client_id": CLIENT_ID, "client_secret": SECRET}
    options |= {"authority_url": tenant.url, "graph_url": tenant.url, "ca_cert": tenant.ca}
    tenant.stores = {by: GraphPhotoStore(GraphOptions.from_params(options), match_by=by) for by in MATCH_BY}
    yield tenant
    for store in tenant.stores.values():
        store.close()


def plain(name: str) -> str:
    """As Entra ID compares names: small and capital letters of ASCII are one, and nothing else is."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in name)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(HOSTILE, min_size=1, max_size=12), match_by=st.sampled_from(MATCH_BY))
def test_a_hostile_name_is_its_owners_or_nobodys(world: t.Any, names: list[str], match_by: str) -> None:
    world.control.reset_counters()
    found = world.stores[match_by].resolve([*names, EXISTING[0]])
    owners = {plain(name) for name in EXISTING} if match_by in ("userPrincipalName", "mail") else set()
    for name in names:
        if isinstance(found[name], User):
            assert plain(name.strip()) in owners, f"{name!r} is taken for somebody else"
    if match_by in ("userPrincipalName", "mail"):
        assert isinstance(found[EXISTING[0]], User), "a hostile neighbour must not hide a user"
    statuses = {int(status) for status in world.control.counters()["statuses"]}
    assert statuses <= {200, 404}, f"a broken request: {statuses}"


def test_a_photo_goes_to_its_owner_whatever_the_name(world: t.Any) -> None:
    from tenant.testing import picture

    store = world.stores["userPrincipalName"]
    found = store.resolve([*EXISTING, *LOOKALIKES])
    assert [name for name, user in found.items() if isinstance(user, User)] == list(EXISTING)
    for number, name in enumerate(EXISTING):
        ((_user, result),) = store.write([Write(t.cast(User, found[name]), picture(120 + number), None)])
        assert result.status == "written"
        assert [len(world.control.history(other)) for other in EXISTING] == [
            int(rank <= number) for rank in range(len(EXISTING))
        ]
