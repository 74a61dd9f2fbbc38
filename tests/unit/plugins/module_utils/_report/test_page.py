# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import hashlib
import json
import re
import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._report.document import build
from ansible_collections.hybrid.photos.plugins.module_utils._report.gather import Mode, gather
from ansible_collections.hybrid.photos.plugins.module_utils._report.page import page, page_pieces
from ansible_collections.hybrid.photos.plugins.module_utils._report.previews import MAX_BYTES, preview, preview_name
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils._report import sample

JPEG = b"\xff\xd8\xff\xe0 a small picture"


def made(
    results: list[t.Any], folder: Path | None = None, most: int = 300, mode: Mode = "plan", title: str = "T"
) -> str:
    report = build(gather(results), mode=mode, title=title, generated="2026-01-02T03:04:05Z")
    return page(report, folder, most)


def data(html: str) -> dict[str, t.Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found
    return t.cast("dict[str, t.Any]", json.loads(found[1]))


def test_the_headline_hides_nobody_who_could_not_be_checked() -> None:
    rows = [
        sample.row("a@x", "ad", "in_sync"),
        sample.row("b@x", "ad", "unresolved"),
        sample.row("c@x", "ad", "invalid"),
    ]
    told = made([sample.result(rows)])
    assert ">None of 3 users drift, 2 could not be checked</p>" in told
    assert "<h1>1 of 3 people has the right photo in Active Directory<" in told
    assert "2 need a person.</span></h1>" in told


def test_the_policy_allows_our_own_style_and_script_and_nothing_else() -> None:
    html = made(sample.with_gaps())
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy
    told = policy[1].replace("&#39;", "'")
    for tag in ("style", "script"):
        blocks = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        assert len(blocks) == 1
        digest = base64.b64encode(hashlib.sha256(blocks[0].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in told
    assert told.startswith("default-src 'none'; img-src data:; ")
    assert "unsafe" not in told
    assert not re.search(r"\sstyle=|\son[a-z]+=", html.replace("{", ""))
    assert not re.search(r"""(src|href)=["'](?!#|data:)""", html)


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "</script><b>", "<!--", '"><img src=x>', "\u2028", "{{ 7*7 }}"]
)
def test_what_came_from_outside_is_never_markup(text: str) -> None:
    rows = [sample.row("a" + text, "ad", "different", label=text, reason=text, warnings=[text])]
    html = made([sample.result(rows, failed=True, msg=text, shard=text)], title=text)
    assert html.count("</script>") == 2
    if "<" in text:
        assert text not in html
    if "7" in text:
        assert html.count(text) > 3
    assert data(html)["users"][0]["l"] == text


def test_previews_of_users_that_are_not_in_sync_are_taken_in_once(tmp_path: Path) -> None:
    for user in ("a", "b", "c"):
        for kind in ("declared", "ad"):
            (tmp_path / preview_name(t.cast("t.Any", kind), user)).write_bytes(JPEG + kind.encode())
    rows = [sample.row("A", "ad", "different"), sample.row("b", "ad", "unwanted"), sample.row("c", "ad")]
    told = data(made([sample.result(rows)], tmp_path))
    assert [user.get("p") for user in told["users"]] == [{"declared": 0, "ad": 1}] * 2 + [None]
    assert base64.b64decode(told["pictures"][1].partition(",")[2]) == JPEG + b"ad"


def test_pictures_are_limited_and_the_rest_is_told(tmp_path: Path) -> None:
    for n in range(5):
        (tmp_path / preview_name("ad", f"u{n}")).write_bytes(JPEG + str(n).encode())
    html = made([sample.result([sample.row(f"u{n}", "ad", "different") for n in range(5)])], tmp_path, 2)
    assert len(data(html)["pictures"]) == 2
    assert "The pictures of 3 more users were left out" in html


def test_only_small_jpegs_of_the_folder_itself_are_previews(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(JPEG)
    (tmp_path / preview_name("ad", "link")).symlink_to(secret)
    (tmp_path / preview_name("ad", "text")).write_text("no picture")
    (tmp_path / preview_name("ad", "large")).write_bytes(JPEG + bytes(MAX_BYTES))
    (tmp_path / preview_name("ad", "folder")).mkdir()
    for user in ("link", "text", "large", "folder", "nobody"):
        assert preview(tmp_path, "ad", user) is None


def test_names_of_previews_are_those_of_the_photo_modules() -> None:
    photo = pytest.importorskip("ansible_collections.hybrid.photos.plugins.module_utils._sync.previews")
    for user in ("Alice@example.com", "zoe\u0308@example.com", "o'neil#EXT#@x"):
        assert photo.preview_name("declared", user) == preview_name("declared", user)


def test_users_not_examined_are_rows_too() -> None:
    told = data(made(sample.with_gaps()))
    vera = next(user for user in told["users"] if user["u"].startswith("vera"))
    assert vera["s"] == "not_examined"
    assert list(vera["n"]) == ["exo"]
    half = data(
        made([sample.result([sample.row("a", "ad")], users=["a"]), {"failed": True, "target": "exo", "users": ["A"]}])
    )
    assert len(half["users"]) == 1
    assert half["users"][0]["n"] == {"exo": "It failed without a message."}


def test_ten_thousand_users_in_sync_stay_small() -> None:
    rows = [sample.row(f"user{n:05}@contoso.example", "ad") for n in range(10_000)]
    assert len(made([sample.result(rows)])) < 6_000_000


def test_without_javascript_the_states_can_be_read() -> None:
    plain = made(sample.everything()).partition("<noscript>")[2].partition("</noscript>")[0]
    assert "bianca.o&#39;neil@contoso.example" in plain
    assert "would be put" in plain


def test_a_page_of_too_many_users_lists_those_that_are_not_in_sync_first_and_says_so() -> None:
    report = build(gather(sample.everything()), mode="plan", title="T", generated="2026-01-02T03:04:05Z")
    html = "".join(page_pieces(report, None, 0, most=19))
    listed = data(html)["users"]
    loud = [user["user"] for user in report["users"] if user["state"] != "in_sync"]
    assert len(loud) == 17
    assert {user["u"] for user in listed if user["s"] != "in_sync"} == set(loud)
    assert len(listed) == 19
    assert listed == sorted(listed, key=lambda user: user["u"].casefold())
    assert "This file lists 19 of 26 users" in html
    assert ">All <b>26</b>" in html.replace("</span>", ">")
    assert "This file lists" not in page(report, None, 0)
