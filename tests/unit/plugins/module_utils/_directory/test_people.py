# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identities, filters, and who counts as the answer."""

from __future__ import annotations

import base64
import re
import uuid

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Unresolved, User
from ansible_collections.hybrid.photos.plugins.module_utils._directory import people
from ansible_collections.hybrid.photos.plugins.module_utils._directory.rootdse import (
    domain_of,
    guid,
    parse_root,
    parse_schema,
)
from hypothesis import given
from hypothesis import strategies as st

ID = uuid.UUID("8d3bca50-1d7e-11d0-a081-00aa006c33ed")
USUAL = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)


def entry(**attributes: bytes) -> dict[str, list[bytes]]:
    return {"objectguid": [ID.bytes_le], **{name.lower(): [value] for name, value in attributes.items()}}


def test_guids_are_stored_little_endian() -> None:
    assert guid(bytes.fromhex("50ca3b8d7e1dd011a08100aa006c33ed")) == str(ID)
    assert people.escape_guid(str(ID)).startswith("\\50\\ca\\3b\\8d\\7e\\1d")


@given(USUAL)
def test_an_escaped_identity_is_one_value(identity: str) -> None:
    escaped = people.escape(identity)
    assert not set(escaped) & set("()*&|!=<>~\0\n")
    assert escaped.isascii()
    back = re.sub(rb"\\([0-9a-f]{2})", lambda m: bytes.fromhex(m[1].decode()), escaped.encode())
    assert back.decode() == identity


def test_filters() -> None:
    assert people.people_filter() == "(&(objectCategory=person)(objectClass=user))"
    clauses = [people.clause("mail", "a*(b"), people.clause("objectGUID", f"{{{ID}}}")]
    assert people.people_filter(clauses) == (
        f"(&(|(mail=a\\2a\\28b)(objectGUID={people.escape_guid(str(ID))}))(objectCategory=person)(objectClass=user))"
    )
    assert [len(part) for part in people.chunks(["x"] * 250)] == [100, 100, 50]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Alice@Example.com", "alice@example.COM", True),
        ("zoë", "ZOE\u0308", True),
        ("zoë", "zoe", False),
        ("straße", "strasse", False),
        ("alice ", "alice", False),
    ],
)
def test_which_spellings_are_one(one: str, other: str, same: bool) -> None:
    assert (people.key("mail", one) == people.key("mail", other)) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("CN=Ann Lee, OU=People,DC=x", "cn=ann lee,ou=people,dc=x", True),
        ("CN=Lee\\, Ann,DC=x", "CN=Lee\\2C Ann,DC=x", True),
        ("CN=Lee\\, Ann,DC=x", "CN=Lee, Ann,DC=x", False),
        ("CN=a\\+b,DC=x", "CN=a\\2bb,DC=x", True),
        ("CN=zo\\c3\\ab,DC=x", "CN=zoë,DC=x", True),
        ("CN=a\\\\,DC=x", "CN=a\\5C,DC=x", True),
        ("CN=a,DC=x", "CN=a\\,DC=x", False),
        ("CN=a\\ ,DC=x", "CN=a,DC=x", False),
    ],
)
def test_which_distinguished_names_are_one(one: str, other: str, same: bool) -> None:
    assert (people.key("distinguishedName", one) == people.key("distinguishedName", other)) is same


@given(st.text(max_size=40))
def test_any_text_has_a_key_or_is_refused(identity: str) -> None:
    for match_by in people.MATCH_BY:
        if people.refusal(match_by, identity, ["example.com"]) is None:
            people.clause(match_by, identity)
            assert isinstance(people.key(match_by, identity), str)


@pytest.mark.parametrize(
    ("match_by", "identity", "says"),
    [
        ("mail", "", "empty"),
        ("mail", "   ", "empty"),
        ("mail", "a\nb", "control character"),
        ("mail", "a\0b", "control character"),
        ("mail", "\ud800", "half a character"),
        ("mail", "x" * 1025, "1025 characters"),
        ("objectGUID", "alice", "not a GUID"),
        ("objectSid", "alice", "not a SID"),
        ("onPremisesImmutableId", "not base64!", "not base64"),
        ("proxyAddresses", "smtp:", "empty"),
        ("distinguishedName", "alice", "not a distinguished name"),
        ("distinguishedName", "CN=a,DC=other,DC=com", "belongs to the domain other.com"),
        ("distinguishedName", "CN=a\\,DC=example\\,DC=com", "not a distinguished name|belongs to"),
    ],
)
def test_who_can_be_nobody(match_by: people.MatchBy, identity: str, says: str) -> None:
    assert re.search(says, people.refusal(match_by, identity, ["example.com"]) or "")
    assert len(people.nobody(match_by, identity, "").reason) < 200


@pytest.mark.parametrize("identity", ["CN=a,DC=example,DC=com", "cn=Lee\\, Ann, OU=x, DC=Example, DC=com"])
def test_names_of_this_domain(identity: str) -> None:
    assert people.refusal("distinguishedName", identity, ["example.com"]) is None


def test_the_department_where_it_was_asked_for() -> None:
    person = people.person("CN=a,DC=x", entry(department=b"Sales "), "mail")
    assert person is not None
    assert person.as_user("a").group == "Sales"
    other = people.person("CN=a,DC=x", entry(), "mail")
    assert other is not None
    assert other.as_user("a").group is None


def test_an_entry_as_a_person() -> None:
    attributes = entry(userPrincipalName=b"a@x", sAMAccountName=b"a", uSNChanged=b"42", mail=b"m@x")
    person = people.person("CN=a,DC=x", attributes, "mail")
    assert person == people.Person(
        str(ID), "CN=a,DC=x", ("m@x",), "a@x", base64.b64encode(ID.bytes_le).decode(), 42, name="a"
    )
    anchored = people.person("CN=a,DC=x", entry(**{"mS-DS-ConsistencyGuid": bytes(16)}), "mail")
    assert anchored is not None
    assert anchored.immutable_id == base64.b64encode(bytes(16)).decode()
    assert anchored.matches == ()
    assert people.person("CN=a,DC=x", {}, "mail") is None


def test_judging() -> None:
    def someone(name: str) -> people.Person:
        return people.Person(name, f"CN={name},DC=x", (name,), name, "", 1)

    one = people.judge("mail", "A", people.Matches([someone("a")], []), "DC=x")
    assert one == User("A", "a", "CN=a,DC=x", "a", "", account="a")
    several = people.judge("mail", "a", people.Matches([someone(n) for n in "abcdefg"], []), "DC=x")
    assert isinstance(several, Unresolved)
    assert "7 accounts have mail 'a': CN=a,DC=x;" in several.reason
    assert "and 2 more" in several.reason
    near = people.judge("mail", "é", people.Matches([], [someone("e")]), "DC=x")
    assert isinstance(near, Unresolved)
    assert "a similar one exists: e (CN=e,DC=x). Write it as the directory does" in near.reason
    blank = people.judge("mail", "e ", people.Matches([], [someone("e")]), "DC=x")
    assert isinstance(blank, Unresolved)
    assert blank.reason.endswith("Remove the space at its beginning or end")
    none = people.judge("mail", "z", people.Matches([], []), "DC=x")
    assert isinstance(none, Unresolved)
    assert "no user has mail 'z' under DC=x" in none.reason


def test_advice_names_what_its_reader_can_set() -> None:
    nobody = people.judge("mail", "z", people.Matches([], []), "DC=x", "drift_ad_match_by")
    assert isinstance(nobody, Unresolved)
    assert (
        "Check the spelling, drift_ad_match_by, search_base (HYBRID_PHOTOS_AD_SEARCH_BASE) and whether" in nobody.reason
    )
    assert nobody.reason.endswith("named in domain (HYBRID_PHOTOS_AD_DOMAIN)")
    twice = people.Matches([people.Person(n, f"CN={n},DC=x", (n,), n, "", 1) for n in "ab"], [])
    several = people.judge("mail", "z", twice, "DC=x", "drift_ad_match_by")
    assert isinstance(several, Unresolved)
    assert "or set drift_ad_match_by to userPrincipalName" in several.reason


def test_what_a_controller_says_of_itself() -> None:
    root = parse_root(
        {
            "defaultnamingcontext": [b"DC=Corp,DC=example,DC=com"],
            "highestcommittedusn": [b"123"],
            "currenttime": [b"20261123103004.0Z"],
            "supportedcontrol": [b"1.2", b"3.4"],
        }
    )
    assert (root.domain, root.usn, root.current_time) == ("corp.example.com", 123, 1795429804.0)
    assert root.controls == {"1.2", "3.4"}
    assert parse_root({}).current_time is None
    assert domain_of("CN=a, DC=b , DC=c") == "b.c"
    schema = parse_schema(
        [
            {"ldapdisplayname": [b"thumbnailPhoto"], "rangeupper": [b"102400"], "searchflags": [b"0"]},
            {"ldapdisplayname": [b"mail"], "searchflags": [b"9"]},
        ]
    )
    assert (schema.photo_limit, schema.indexed) == (102400, {"mail"})


def test_an_address_of_any_kind_and_the_primary_one_first() -> None:
    attributes = {
        "objectguid": [ID.bytes_le],
        "proxyaddresses": [b"x500:/o=x/cn=a", b"smtp:old@x.test", b"SMTP:New@x.test", b"sip:a@x.test"],
    }
    person = people.person("CN=a,DC=x", attributes, "proxyAddresses")
    assert person is not None
    assert person.matches == ("New@x.test", "old@x.test", "x500:/o=x/cn=a", "sip:a@x.test")
    assert people.clause("proxyAddresses", "new@x.test") == "(proxyAddresses=smtp:new@x.test)"
    assert people.clause("proxyAddresses", "sip:a@x.test") == "(proxyAddresses=sip:a@x.test)"
    assert people.key("proxyAddresses", "SMTP:NEW@x.test") == people.key("proxyAddresses", "new@x.test")


def test_the_anchor_is_the_consistency_guid_else_the_object_guid() -> None:
    anchor = base64.b64encode(ID.bytes_le).decode()
    escaped = people.escape_guid(str(ID))
    assert people.clause(people.ANCHOR, anchor) == (
        f"(|(mS-DS-ConsistencyGuid={escaped})(&(!(mS-DS-ConsistencyGuid=*))(objectGUID={escaped})))"
    )
    assert people.clause(people.ANCHOR, base64.b64encode(b"abc").decode()) == "(mS-DS-ConsistencyGuid=\\61\\62\\63)"
    assert people.anchor_as_guid(anchor) == str(ID)
    one = base64.b64encode(bytes(16)).decode()
    assert people.key(people.ANCHOR, one) != people.key(people.ANCHOR, anchor)
    person = people.person("CN=a,DC=x", entry(), people.ANCHOR)
    assert person is not None
    assert person.matches == (person.immutable_id,) == (anchor,)


@pytest.mark.parametrize(
    ("value", "mailbox"),
    [(b"1", "on_premises"), (b"4", "on_premises"), (b"2147483648", "cloud"), (b"34359738368", "cloud"), (b"128", None)],
)
def test_where_the_mailbox_is(value: bytes, mailbox: str | None) -> None:
    person = people.person("CN=a,DC=x", entry(msExchRecipientTypeDetails=value), "mail")
    assert person is not None
    assert person.as_user("a").mailbox == mailbox
    assert "msExchRecipientTypeDetails" in people.attributes_for("mail", {"msexchrecipienttypedetails"})
    assert "msExchRecipientTypeDetails" not in people.attributes_for("mail", ())


def test_the_same_name_in_two_domains_is_nobody() -> None:
    found = [people.Person(n, f"CN=a,DC={n},DC=test", ("a",), "a", "", 1) for n in ("one", "two")]
    answer = people.judge("mail", "a", people.Matches(found), "both")
    assert isinstance(answer, Unresolved)
    assert "2 accounts have mail 'a', in 2 domains: CN=a,DC=one,DC=test; CN=a,DC=two,DC=test" in answer.reason
