# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many people are looked for: by an index, or in one listing where every filter would read everybody."""

from __future__ import annotations

import base64
import typing as t
import uuid
from types import SimpleNamespace

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._directory import lookup, people
from ansible_collections.hybrid.photos.plugins.module_utils._directory.rootdse import Schema

GUID = "ms-ds-consistencyguid"


class Scripted:
    """A domain of some people, that counts what it is asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, count: int, schema: Schema) -> None:
        self.guids = [uuid.UUID(int=number + 1).bytes_le for number in range(count)]
        self.asked: list[str] = []
        self.connection = t.cast(t.Any, SimpleNamespace(schema=schema, domain="corp.test"))
        monkeypatch.setattr(lookup, "pages", self.pages)
        monkeypatch.setattr(lookup, "search", self.search)

    def entries(self) -> list[tuple[str, dict[str, list[bytes]]]]:
        return [
            (f"CN={n},DC=corp,DC=test", {"objectguid": [guid], "samaccountname": [b"person%d" % n]})
            for n, guid in enumerate(self.guids)
        ]

    def pages(self, _connection: object, filter_: str, *_more: object) -> t.Iterator[t.Any]:
        self.asked.append(f"listing {filter_}")
        yield self.entries()

    def search(self, _connection: object, filters: t.Iterable[str], *_more: object) -> t.Iterator[t.Any]:
        for _filter in filters:
            self.asked.append("search")
            yield self.entries()

    def found(self) -> dict[str, list[lookup.Found]]:
        anchors = [base64.b64encode(guid).decode() for guid in self.guids]
        asked = {people.key(people.ANCHOR, anchor): [anchor] for anchor in anchors}
        answers: dict[str, list[lookup.Found]] = {}
        for look in lookup.looks(self.connection, "DC=corp,DC=test", people.ANCHOR, asked, asked):
            for key, some in lookup.gather(look, people.ANCHOR).by_key.items():
                answers.setdefault(key, []).extend(some)
        return answers


@pytest.mark.parametrize(
    ("count", "schema", "asked"),
    [
        (350, Schema(known=frozenset({GUID})), ["listing"]),
        (90, Schema(known=frozenset({GUID})), ["search"]),
        (350, Schema(known=frozenset({GUID}), indexed=frozenset({GUID})), ["search"] * 4),
        (350, Schema(), ["search"] * 4),
    ],
    ids=["no index", "few", "indexed", "the anchor is the objectGUID"],
)
def test_source_anchors_of_many_are_looked_for_in_one_listing_where_they_have_no_index(
    monkeypatch: pytest.MonkeyPatch, count: int, schema: Schema, asked: list[str]
) -> None:
    domain = Scripted(monkeypatch, count, schema)
    found = domain.found()
    assert [what.partition(" ")[0] for what in domain.asked] == asked
    assert {key for key, some in found.items() if len({one.person.id for one in some}) == 1} == set(found)
    assert len(found) == count
