# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests in a company of two domains and three controllers, made once: tests/sandbox/estate run -- pytest …"""

from __future__ import annotations

import contextlib
import sys
import typing as t
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sandbox"))

from ansible_collections.hybrid.photos.plugins.module_utils._directory.options import DirectoryOptions
from ansible_collections.hybrid.photos.plugins.module_utils._directory.store import DirectoryPhotoStore
from domain import company
from domain.control import Domain
from domain.estate import PLACES, Estate

MakeStore = t.Callable[..., DirectoryPhotoStore]


@pytest.fixture(scope="session")
def estate() -> Estate:
    """The company around us."""
    return Estate.from_environment()


@pytest.fixture(scope="session")
def doors(estate: Estate) -> t.Iterator[dict[str, Domain]]:
    """An administrator's connection to each controller, for the time between tests."""
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(estate.door(name)) for name in PLACES}


@pytest.fixture(autouse=True)
def whole(estate: Estate, doors: dict[str, Domain]) -> t.Iterator[None]:
    """Each test begins with all controllers up and alike, the DNS as it was made, and no photo anywhere."""
    zone = estate.read_zone()
    before = {name: door.highest_usn() for name, door in doors.items()}
    yield
    estate.write_zone(zone)
    for name in PLACES:
        if not estate.is_up(name):
            estate.start(name)
    if before == {name: door.highest_usn() for name, door in doors.items()}:
        return
    estate.replicate("dc2", "dc1")
    for name in ("dc1", "dc3"):
        for upn, photo in doors[name].photos().items():
            if photo is not None:
                doors[name].set_photo(upn, None)
    estate.replicate("dc1", "dc2")


@pytest.fixture
def make_store(estate: Estate) -> t.Iterator[MakeStore]:
    """A store with the estate's account; it is closed afterwards."""
    made: list[DirectoryPhotoStore] = []

    def make(match_by: str = "userPrincipalName", memory: t.Any = None, **options: t.Any) -> DirectoryPhotoStore:
        store = DirectoryPhotoStore(DirectoryOptions.from_params(connection(estate) | options), match_by, memory)
        made.append(store)
        return store

    yield make
    for store in made:
        store.close()


def connection(estate: Estate) -> dict[str, t.Any]:
    """The options that every store here needs, without those that say where."""
    told = estate.told
    return {"username": told["username"], "password": told["password"], "ca_cert": told["ca_cert"], "timeout": 10}


@pytest.fixture(scope="session")
def corp() -> list[company.Employee]:
    """The thirty people of the first domain."""
    return [one for one in company.everyone() if one.domain == company.CORP]


@pytest.fixture(scope="session")
def branch() -> list[company.Employee]:
    """The ten people of the second domain."""
    return [one for one in company.everyone() if one.domain == company.BRANCH]
