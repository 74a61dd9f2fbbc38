# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of administrators: what is one whole filter, and what a person reads of what is none."""

from __future__ import annotations

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import PhotoError
from ansible_collections.hybrid.photos.plugins.module_utils._directory.filters import parse
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "attributes"),
    [
        ("(department=Sales)", "department"),
        ("department=Sales", "department"),
        ("  (department=Sales)  ", "department"),
        ("(&(objectClass=user)(!(title=Intern))(|(cn=a*)(sn>=b)(sn<=c)(sn~=d)))", "objectclass title cn sn"),
        (r"(cn=a\28b\29\2a\5c)", "cn"),
        ("(cn=)", "cn"),
        ("(memberOf:1.2.840.113556.1.4.1941:=CN=a,DC=x)", "memberof"),
        ("(userAccountControl:1.2.840.113556.1.4.803:=2)", "useraccountcontrol"),
        ("(:dn:2.5.13.5:=x)", ""),
        ("(1.2.840.113556.1.4.221=x)", "1.2.840.113556.1.4.221"),
        ("(description;lang-de=x)", "description"),
        ("( & ( cn=a ) ( | ( cn=b ) ) )", "cn"),
        ("(cn=Zoë & Söhne!)", "cn"),
    ],
)
def test_a_whole_filter_and_the_attributes_that_it_names(text: str, attributes: str) -> None:
    found = parse(text)
    assert found.attributes == frozenset(attributes.split())
    assert found.text.startswith("(") and found.text.strip("() ") == text.strip("() ")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("(department=Sales", "at its end: there must be ')'"),
        ("(&(cn=a)", "at its end: there must be ')'"),
        ("(cn=a)(sn=b)", "at '(sn=b)': the filter ends before this"),
        ("(cn=a))", "at ')': the filter ends before this"),
        ("cn=a)(|(cn=*)", "the filter ends before this"),
        ("(cn=a(b)", "at '(b)': there must be ')'"),
        (r"(cn=a\zz)", r"at '\zz)': there must be ')'"),
        ("()", "at ')': it is no comparison"),
        ("(&)", "'&' stands before 0 filters"),
        ("(!)", "'!' stands before 0 filters"),
        ("(!(cn=a)(cn=b))", "'!' stands before 2 filters"),
        ("(department)", "it is no comparison"),
        ("(=Sales)", "it is no comparison"),
        ("department eq 'Sales'", "it is no comparison"),
        ("(&(cn=a)x)", "at 'x)': there must be '('"),
        ("(" + "&(" * 101 + "cn=a" + ")" * 102, "more than 100 filters are inside one another"),
    ],
)
def test_what_is_none_is_said_with_its_place(text: str, why: str) -> None:
    with pytest.raises(PhotoError) as error:
        parse(text)
    assert str(error.value).startswith(f"filter '{text}' is not an LDAP filter (at ")
    assert why in str(error.value)


@given(st.text(st.sampled_from("()&|!=ab*\\2 :<>;")))
def test_what_is_taken_has_its_parentheses_in_balance_and_nothing_after_its_end(text: str) -> None:
    try:
        found = parse(text)
    except PhotoError:
        return
    depth = 0
    for at, letter in enumerate(found.text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        assert depth > 0 or found.text[at + 1 :].strip() == ""
    assert depth == 0
