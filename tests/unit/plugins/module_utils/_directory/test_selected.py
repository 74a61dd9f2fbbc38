# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters and groups over several domains of one forest, on directories that are told what to answer."""

from __future__ import annotations

import re
import typing as t
import uuid
from types import SimpleNamespace

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._directory import selected
from ansible_collections.hybrid.photos.plugins.module_utils._directory.access import sid_bytes
from ansible_collections.hybrid.photos.plugins.module_utils._directory.errors import BAD_FILTER, DirectoryError
from ansible_collections.hybrid.photos.plugins.module_utils._directory.filters import Filter
from ansible_collections.hybrid.photos.plugins.module_utils._directory.people import escape

CORP, BRANCH = "DC=corp,DC=test", "DC=branch,DC=test"


class Domain:
    """The groups of one domain, by name: their members. ``most``: values of ``member`` in one answer."""

    def __init__(self, base: str, groups: dict[str, list[str]], most: int = 1500) -> None:
        self.name = base.replace("DC=", "").replace(",", ".")
        self.base = base
        self.groups = groups
        self.most = most
        self.root = SimpleNamespace(naming_context=base, schema_context=f"CN=Schema,{base}")
        self.domain = self.name

    def connect(self) -> Domain:
        return self

    def dn(self, name: str) -> str:
        return f"CN={name},{self.base}"

    def inside(self, dn: str) -> set[str]:
        """Groups of this domain in a group of this domain, at any depth."""
        found: set[str] = set()
        waiting = [dn]
        while waiting:
            name = waiting.pop().partition(",")[0][3:]
            for member in self.groups.get(name, []):
                if member.partition(",")[0][3:] in self.groups and member.endswith(self.base) and member not in found:
                    found.add(member)
                    waiting.append(member)
        return found

    def answer(self, filter_: str, attributes: t.Sequence[str]) -> list[tuple[str, dict[str, list[bytes]]]]:
        if "lDAPDisplayName" in attributes:
            return [
                (name, {"ldapdisplayname": [name.encode()]}) for name in ("cn", "department") if f"={name})" in filter_
            ]
        filter_ = re.sub(r"\\([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), filter_)
        dns = set(re.findall(r"\(distinguishedName=([^)]*)\)", filter_))
        chain = re.search(r"\(memberOf:1\.2\.840\.113556\.1\.4\.1941:=([^)]*)\)", filter_)
        if chain:
            dns |= self.inside(chain[1])
        names = set(re.findall(r"\((?:sAMAccountName|mail)=([^)]*)\)", filter_))
        found = [name for name in self.groups if self.dn(name) in dns or name in names]
        return [(self.dn(name), self.attributes(name, attributes)) for name in found]

    def attributes(self, name: str, asked: t.Sequence[str]) -> dict[str, list[bytes]]:
        if asked[0].startswith("member"):
            start = int(re.sub(r"\D", "", asked[0].partition("=")[2].partition("-")[0]) or 0)
            values = [member.encode() for member in self.groups[name][start : start + self.most]]
            end = start + len(values)
            if start == 0 and end == len(self.groups[name]):
                return {"member": values}
            return {f"member;range={start}-{'*' if end == len(self.groups[name]) else end - 1}": values}
        number = list(self.groups).index(name) + 1100
        return {
            "samaccountname": [name.encode()],
            "objectguid": [uuid.UUID(int=number).bytes_le],
            "objectsid": [sid_bytes(f"S-1-5-21-1-2-3-{number}")],
        }


@pytest.fixture(autouse=True)
def _asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def search(
        connection: Domain, filters: t.Iterable[str], base: str, attributes: t.Sequence[str]
    ) -> t.Iterator[t.Any]:
        return (connection.answer(filter_, attributes) for filter_ in filters)

    monkeypatch.setattr(selected, "search", search)


def clauses(name: str, *domains: Domain) -> dict[str, list[str]]:
    return selected.clauses(t.cast(t.Any, domains), name)


def chain(dn: str) -> str:
    return f"(memberOf:{selected.IN_CHAIN}:={escape(dn)})"


def test_members_of_one_domain_are_asked_for_by_the_rule_and_by_primary_group() -> None:
    corp = Domain(CORP, {"Staff": [f"CN=Inner,{CORP}"], "Inner": [f"CN=ann,{CORP}"], "Other": []})
    assert clauses("Staff", corp) == {
        "corp.test": [chain(corp.dn("Staff")), "(primaryGroupID=1100)", "(primaryGroupID=1101)"]
    }


@pytest.mark.parametrize("most", [1500, 2])
def test_members_of_another_named_domain_are_found_directly_and_by_their_groups_there(most: int) -> None:
    others = [f"CN=b{number},{BRANCH}" for number in range(5)]
    corp = Domain(
        CORP,
        {
            "Staff": [f"CN=Inner,{CORP}"],
            "Inner": [f"CN=ann,{CORP}", *others, f"CN=Away,{BRANCH}", "CN=x,DC=far,DC=test"],
        },
        most,
    )
    # The group there is a ring over both domains.
    branch = Domain(BRANCH, {"Away": [f"CN=eve,{BRANCH}", f"CN=Staff,{CORP}"]})
    found = clauses("Staff", corp, branch)
    assert found.keys() == {"corp.test", "branch.test"}
    direct = [f"(distinguishedName={escape(dn)})" for dn in (*others, branch.dn("Away"))]
    assert found["branch.test"] == [*direct, chain(branch.dn("Away")), "(primaryGroupID=1100)"]
    assert chain(corp.dn("Staff")) in found["corp.test"]


def test_a_domain_without_members_is_not_asked_for_users() -> None:
    corp, branch = Domain(CORP, {"Staff": []}), Domain(BRANCH, {"Away": []})
    assert clauses("Away", corp, branch).keys() == {"branch.test"}


def test_a_name_of_groups_in_two_domains_is_refused() -> None:
    corp, branch = Domain(CORP, {"Staff": []}), Domain(BRANCH, {"Staff": []})
    with pytest.raises(PhotoError, match=r"^group 'Staff' is 2 groups: CN=Staff,DC=corp,DC=test; CN=Staff,DC=branch"):
        clauses("Staff", corp, branch)
    assert clauses(branch.dn("Staff"), corp, branch).keys() == {"branch.test"}
    with pytest.raises(PhotoError, match=r"^group 'Nobody' does not exist in corp\.test, branch\.test"):
        clauses("Nobody", corp, branch)


def test_an_attribute_that_the_schema_lacks_is_named_unless_the_schema_may_not_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    corp = t.cast(t.Any, [Domain(CORP, {})])
    selected.check_attributes(corp, Filter("(department=x)", frozenset({"department", "1.2.3"})))
    wrong = Filter("(departmant=x)", frozenset({"departmant"}))
    with pytest.raises(PhotoError, match=r"^filter '\(departmant=x\)': the schema of corp\.test has no attrib"):
        selected.check_attributes(corp, wrong)
    monkeypatch.setattr(selected, "search", lambda *_: iter([[]]))
    selected.check_attributes(corp, wrong)

    def denied(*_: object) -> t.Iterator[t.Any]:
        raise DirectoryError("no rights")

    monkeypatch.setattr(selected, "search", denied)
    selected.check_attributes(corp, wrong)


def test_what_the_library_does_not_take_is_said_of_the_filter() -> None:
    error = selected.refused(DirectoryError("x", BAD_FILTER, "Bad search filter"), "(cn=x)")
    assert str(error) == "filter '(cn=x)': the directory does not take it (Bad search filter)"
    other = DirectoryError("gone", -1)
    assert selected.refused(other, "(cn=x)") is other


def test_members_that_begin_again_without_an_end_are_given_up() -> None:
    class Ring(Domain):
        def attributes(self, name: str, asked: t.Sequence[str]) -> dict[str, list[bytes]]:
            if asked[0].startswith("member"):
                return {"member;range=0-1": [b"CN=a,DC=branch,DC=test", b"CN=b,DC=branch,DC=test"]}
            return super().attributes(name, asked)

    with pytest.raises(DirectoryError, match=r"^corp\.test: the members of CN=Staff,DC=corp,DC=test have no end"):
        clauses("Staff", Ring(CORP, {"Staff": []}), Domain(BRANCH, {}))
