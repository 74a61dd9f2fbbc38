# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows on disk behave as a dictionary of rows would, and show each row once while they are changed."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.results import (
    Picture,
    Row,
    from_result,
    to_result,
)
from ansible_collections.hybrid.photos.plugins.module_utils._report.rows import Rows
from hypothesis import given
from hypothesis import strategies as st

FULL = Row(
    user="Älice@x",
    target="exo",
    drift="different",
    action="put",
    id="1",
    desired=Picture(sha256="a" * 64, bytes=3, width=4, height=5),
    observed=Picture(etag='"x"', fingerprint="f"),
    warnings=("one", "two"),
    verified=False,
    planned=True,
)


def filled(*rows: Row) -> Rows:
    found = Rows()
    for row in rows:
        found[row.key, row.target] = row
    return found


def test_a_row_comes_back_as_it_was() -> None:
    assert filled(FULL)[FULL.key, "exo"] == FULL


def itself(text: str) -> str:
    return text


class Wrapped(str):
    """Text from outside before ansible-core 2.19: its methods return the subclass again."""

    __slots__ = ()
    __str__ = itself

    def encode(self, *_how: str) -> bytes:
        return WrappedBytes(super().encode())


class WrappedBytes(bytes):
    def decode(self, *_how: str) -> str:  # type: ignore[override]
        return Wrapped(super().decode())


def test_text_that_ansible_wrapped_is_kept_as_plain_text() -> None:
    given = {name: Wrapped(value) for name, value in to_result(FULL).items() if isinstance(value, str)}
    given |= {"warnings": [Wrapped("one")], "observed": {"etag": Wrapped("x")}}
    row = from_result(given, Wrapped("exo"), "here")
    assert filled(row)[row.key, "exo"].user == "Älice@x"


def test_nothing_is_there_before_the_first_row() -> None:
    rows = Rows()
    assert (len(rows), list(rows), list(rows.values()), rows.targets()) == (0, [], [], frozenset())
    assert ("a", "ad") not in rows
    assert rows.get(("a", "ad")) is None


@pytest.mark.parametrize("do", [lambda rows: rows["a", "ad"], lambda rows: rows.__delitem__(("a", "ad"))])
def test_a_key_that_is_not_there_is_an_error(do: t.Callable[[Rows], object]) -> None:
    with pytest.raises(KeyError):
        do(filled(FULL))


@given(
    st.lists(
        st.tuples(st.text("aäÄ😀\x7f\uffff", max_size=3), st.sampled_from(["ad", "exo"]), st.booleans()), max_size=40
    )
)
def test_it_holds_what_a_dictionary_would_hold_in_the_order_of_names(steps: list[tuple[str, str, bool]]) -> None:
    model: dict[tuple[str, str], Row] = {}
    rows = Rows()
    for number, (key, target, drop) in enumerate(steps):
        if drop and (key, target) in model:
            del model[key, target], rows[key, target]
        elif not drop:
            model[key, target] = rows[key, target] = FULL._replace(user=key, target=target, id=str(number))
    assert list(rows.items()) == sorted(model.items(), key=lambda item: item[0])
    assert len(rows) == len(model)
    assert rows.targets() == {target for _key, target in model}
    assert [(key, len(found)) for key, found in rows.by_user()] == [
        (key, sum(other == key for other, _target in model)) for key in sorted({key for key, _target in model})
    ]


def test_rows_may_be_changed_and_removed_while_they_are_read() -> None:
    rows = filled(*(FULL._replace(user=f"{number:05d}") for number in range(2500)))
    seen = 0
    for key, row in rows.items():
        seen += 1
        if int(row.user) % 2:
            rows[key] = row._replace(accepted=True)
        else:
            del rows[key]
    assert seen == 2500
    assert len(rows) == 1250
    assert all(row.accepted for row in rows.values())
