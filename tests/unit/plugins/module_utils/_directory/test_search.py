# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Searches at a directory that never comes to an end, or that sends what is no value of its attribute."""

from __future__ import annotations

import typing as t
import uuid
from types import SimpleNamespace

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._directory import people, rootdse
from ansible_collections.hybrid.photos.plugins.module_utils._directory.errors import SIZE_LIMIT, DirectoryError
from ansible_collections.hybrid.photos.plugins.module_utils._directory.search import MOST_EMPTY, pages, search

Answers = t.Callable[[int], tuple[list[t.Any], bytes]]


class Session:
    """Answers each page with what ``answers`` says of its number; without paging it has too much to say."""

    options = SimpleNamespace(place="dc.corp.test")

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.asked = 0
        self._paged: list[bool] = []

    def send_search(
        self,
        _base: str,
        _filter: str,
        _wanted: t.Sequence[str],
        cookie: bytes | None = None,
        *,
        permissions: bool = False,
    ) -> int:
        self._paged.append(cookie is not None)
        return len(self._paged) - 1

    def result(self, message: int) -> tuple[list[t.Any], bytes]:
        if not self._paged[message]:
            raise DirectoryError("too much", SIZE_LIMIT)
        self.asked += 1
        return self.answers(self.asked)


def connection(answers: Answers) -> t.Any:
    return SimpleNamespace(session=Session(answers), generation=1)


def endless(_number: int) -> tuple[list[t.Any], bytes]:
    return [("CN=ann,DC=corp,DC=test", {})], b"more"


def test_a_list_without_an_end_is_given_up() -> None:
    directory = connection(endless)
    with pytest.raises(
        DirectoryError, match=r"^dc\.corp\.test: the list that the directory sends has no end \(101 pag"
    ):
        list(pages(directory, "(x=y)", "DC=corp,DC=test", ["cn"]))
    assert directory.session.asked == MOST_EMPTY + 1


def test_an_answer_in_pages_without_an_end_is_given_up() -> None:
    directory = connection(endless)
    with pytest.raises(DirectoryError, match="has no end"):
        list(search(directory, ["(x=y)"], "DC=corp,DC=test", ["cn"]))
    assert directory.session.asked == MOST_EMPTY + 1


def test_a_long_list_with_some_empty_pages_is_read_to_its_end() -> None:
    def some(number: int) -> tuple[list[t.Any], bytes]:
        new = [(f"CN={number},DC=corp,DC=test", {})] if number % 50 == 0 else []
        return new, b"" if number == 500 else b"more"

    assert [len(page) for page in pages(connection(some), "(x=y)", "DC=corp", ["cn"])].count(1) == 10
    assert len(next(search(connection(some), ["(x=y)"], "DC=corp", ["cn"]))) == 10


@pytest.mark.parametrize("bad", [b"", b"short", b"x" * 17])
def test_an_entry_whose_objectguid_is_none_is_nobody(bad: bytes) -> None:
    assert people.person("CN=x", {"objectguid": [bad]}, "userPrincipalName") is None
    good = uuid.UUID(int=5)
    found = people.person("CN=x", {"objectguid": [good.bytes_le, bad], "usnchanged": [b"x" * 9]}, "objectGUID")
    assert found is not None
    assert (found.matches, found.usn) == ((str(good),), None)


def test_a_schema_with_numbers_that_are_none_is_read_all_the_same() -> None:
    schema = rootdse.parse_schema(
        [{"ldapdisplayname": [b"thumbnailPhoto"], "rangeupper": [b"much"], "searchflags": [b"9" * 5000]}]
    )
    assert (schema.photo_limit, schema.known) == (None, frozenset({"thumbnailphoto"}))
    assert rootdse.parse_root({"highestcommittedusn": ["\u00b2".encode()]}).usn == 0
