# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._report.document import build
from ansible_collections.hybrid.photos.plugins.module_utils._report.gather import Mode, gather
from ansible_collections.hybrid.photos.plugins.module_utils._report.junit import clean, junit
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._report import sample
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).parent / "junit.xsd"))


def made(results: list[t.Any], mode: Mode = "plan", title: str = "T") -> t.Any:
    text = junit(build(gather(results), mode=mode, title=title, generated="2026-01-02T03:04:05Z"))
    tree = etree.fromstring(text.encode())
    SCHEMA.assertValid(tree)
    return tree


def case(tree: t.Any, target: str, user: str) -> t.Any:
    return tree.xpath(
        "//testcase[@classname=$name][@name=$user]", name=f"hybrid.photos.{target}", user=f"{user}@contoso.example"
    )[0]


@pytest.mark.parametrize("done", [False, True])
def test_figures_add_up(done: bool) -> None:
    tree = made(sample.with_gaps(done), "done" if done else "plan")
    for attribute, path in (("tests", "testcase"), ("failures", "testcase/failure"), ("errors", "testcase/error")):
        assert int(tree.get(attribute)) == len(tree.findall(f"testsuite/{path}"))
        for suite in tree:
            assert int(suite.get(attribute)) == len(suite.findall(path))
    assert len(tree.findall("testsuite/testcase")) == 54


def test_drift_is_a_failure_and_a_problem_an_error() -> None:
    tree = made(sample.with_gaps())
    assert case(tree, "ad", "bianca.o'neil").find("failure").get("type") == "missing"
    assert case(tree, "exo", "enrico.cattaneo").find("error").get("type") == "unavailable"
    assert case(tree, "exo", "vera").find("error").get("type") == "not_examined"
    assert case(tree, "ad", "carlos+demo").find("failure") is None
    assert [suite.get("name") for suite in tree] == ["Active Directory", "Exchange Online", "Not examined"]


def test_after_a_run_what_was_mended_passes() -> None:
    tree = made(sample.everything(True), "done")
    assert case(tree, "ad", "adele.vance").find("failure") is None
    assert "unverified" in case(tree, "ad", "bianca.o'neil").findtext("system-out")
    assert case(tree, "ad", "megan.bowen").find("error").get("type") == "failed"
    assert case(tree, "exo", "lidia.holloway").find("failure").get("type") == "different"


def test_nothing_examined_is_valid_too() -> None:
    assert made([]).get("tests") == "0"


@given(st.text(min_size=1))
def test_any_text_makes_valid_xml(text: str) -> None:
    row = sample.row("u" + text, "ad", "different", reason=text, warnings=[text], error=text)
    made([sample.result([row, sample.row("v" + text, "ad", warnings=[text])], failed=True, msg=text)], title=text)


def test_a_change_of_direction_does_not_reach_the_list_of_tests() -> None:
    assert clean("a\u202egpj.exe\u2066") == "agpj.exe"
