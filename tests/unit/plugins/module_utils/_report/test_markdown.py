# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
import typing as t

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._report.document import build
from ansible_collections.hybrid.photos.plugins.module_utils._report.gather import Mode, gather
from ansible_collections.hybrid.photos.plugins.module_utils._report.markdown import MAX_LENGTH, code, escape, markdown
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._report import sample
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

HOSTILE = (
    "<script>alert(1)</script>",
    "</details><h1>x",
    "a | b | c",
    "`code` ``more``",
    "**bold** _it_ ~~no~~",
    "![x](http://evil.example/x.png)",
    "[link](javascript:alert(1))",
    "line\nbreak\n\n# heading",
    "@team and #1",
    "&lt;b&gt; &#60;",
    "\\| \\` \\",
    "http://evil.example www.evil.example",
    "\u202ereversed",
    "$$x$$",
    "|`|`|",
    "GH-1 GL-1 !1 %1 ~bug ~1 $1 &1 #1 owner/name#1",
)


def made(results: list[t.Any], mode: Mode = "plan", title: str = "T") -> str:
    return markdown(build(gather(results), mode=mode, title=title, generated="2026-01-02T03:04:05Z"))


def tokens(text: str) -> list[t.Any]:
    parsed = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)
    return [token for block in parsed for token in [block, *(block.children or [])]]


def hostile(text: str) -> list[t.Any]:
    rows = [
        sample.row(
            f"u {text}",
            "ad",
            "different",
            label=text,
            reason=text,
            backup=text,
            error=text,
            warnings=[text],
            shared_with=[text],
            source={"sha256": None, "path": text},
        ),
        sample.row(f"p {text}", "exo", "unresolved", reason=text),
    ]
    return [sample.result(rows, failed=True, msg=text, shard=text), {"failed": True, "msg": text + "!", "shard": text}]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_came_from_outside_stays_text(text: str) -> None:
    told = made(hostile(text), title=text)
    allowed = {"<details>", "<details open>", "</details>", "<summary>", "</summary>", "<sub>", "</sub>"}
    for token in tokens(told):
        assert token.type not in ("link_open", "image", "fence", "code_block", "s_open", "em_open"), token
        if token.type in ("html_inline", "html_block"):
            tags = set(re.findall(r"<[^>]*>", token.content))
            assert tags <= allowed | {"<code>", "</code>"}, token
    headings = [token for token in tokens(told) if token.type == "heading_open"]
    assert len(headings) == 1
    assert not re.search(r"(^|[^0-9A-Za-z`])@[0-9A-Za-z]", re.sub(r"`[^`]*`", "", told))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_table_row_keeps_its_cells(text: str) -> None:
    cells = [token for token in tokens(made(hostile(text))) if token.type == "td_open"]
    assert len(cells) % 3 == 0
    rows = [token for token in tokens(made(hostile(text))) if token.type == "tr_open"]
    assert len(rows) == 1 + 8 + 1 + 1


@given(st.text())
def test_no_text_becomes_markup(text: str) -> None:
    for told in (f"- {escape(text)} end", f"- {code(text)} end"):
        inside = [token for token in tokens(told) if token.type not in ("text", "inline", "softbreak", "code_inline")]
        kinds = {token.type.rpartition("_")[0] or token.type for token in inside if token.type != "html_inline"}
        assert kinds <= {"bullet_list", "list_item", "paragraph", "text_special"} | {"text"}
        for token in inside:
            if token.type == "html_inline":
                assert token.content in ("<code>", "</code>")


@pytest.mark.parametrize("number", [10, 400, 10_000])
def test_a_long_report_says_how_many_are_left_out(number: int) -> None:
    rows = [sample.row(f"user{n:05}@contoso.example", "ad", "different") for n in range(number)]
    told = made([sample.result(rows)])
    assert len(told) <= MAX_LENGTH
    table = told.partition("<details>")[0]
    shown = len(re.findall(r"^\| `user", table, re.MULTILINE))
    more = [int(found) for found in re.findall(r"… and (\d+) more", told)]
    assert shown + (more[0] if more else 0) == number
    if number == 10_000:
        assert len(told) > MAX_LENGTH * 0.95


def test_enormous_texts_do_not_make_it_longer_than_allowed() -> None:
    rows = [sample.row(f"{n}" + "x" * 5000, "ad", "different", reason="y" * 99_999) for n in range(50)]
    assert len(made([sample.result(rows)], title="t" * 99_999)) <= MAX_LENGTH


def test_a_report_reads_well() -> None:
    told = made(sample.with_gaps())
    assert told.startswith(
        "### T\n\n**9 of 27 people have the right photo on both sides; 12 will be changed by the next run; "
    )
    assert "\n33.3 % have the right photo.\n13 of 27 users drift (4 missing, 7 different, 2 unwanted);" in told
    assert "| `alex.wilber@contoso.example` | in sync | different: would be replaced ⚠ changed by others |" in told
    assert "> ⚠ This report is partial" in told
    assert "Nothing was written" in told
    assert told.count("<details") == told.count("</details>") == 4
    assert not re.search(r"[ \t]+$", told, re.MULTILINE)
    assert "\n\n\n" not in told


def test_after_a_run_it_says_what_was_done_and_failures_come_first() -> None:
    told = made(sample.everything(True), "done")
    assert "Nothing was written" not in told
    table = told.partition("| User |")[2]
    assert table.index("megan.bowen") < table.index("adele.vance")
    assert "different: replaced, verified" in told


def test_all_in_sync_is_short() -> None:
    told = made([sample.result([sample.row("a", "ad"), sample.row("b", "ad")])])
    assert "**All 2 people have the right photo in Active Directory.**" in told
    assert "\nAll 2 users are in sync.\n" in told
    assert "<details" not in told


@pytest.mark.parametrize(
    "reference", ["#1", "!1", "%1", '%"1.0"', "~bug", "$1", "&1", "GH-1", "gl-1", "a/b#1", "@team"]
)
def test_nothing_in_a_text_refers_to_anything_of_the_host(reference: str) -> None:
    """Hosts look for these in the text that comes out of the markup."""
    (block,) = [token for token in tokens(f"x {escape(reference)} y") if token.type == "inline"]
    shown = "".join(token.content for token in block.children)
    assert reference not in shown
    assert shown.replace("\u200b", "") == f"x {reference} y"
