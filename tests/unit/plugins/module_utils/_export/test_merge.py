# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two or three exports into one folder: whose picture is kept, and what is said about the others."""

from __future__ import annotations

import io
import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import Observation, PhotoError, Summary, sha256
from ansible_collections.hybrid.photos.plugins.module_utils._core.targets import TARGETS
from ansible_collections.hybrid.photos.plugins.module_utils._definitions.folder import read_folder
from ansible_collections.hybrid.photos.plugins.module_utils._export.folder import ExportFolder, several
from ansible_collections.hybrid.photos.plugins.module_utils._export.merge import (
    Half,
    Merged,
    Options,
    better,
    compare,
    merge,
)
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.comparison import by_content
from ansible_collections.hybrid.photos.plugins.module_utils._pictures.render import render
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.drawn import encode, scene
from PIL import Image

BIG = encode(scene(648, 648, seed=3), quality=93)
OTHER = encode(scene(648, 648, seed=4), quality=93)
SMALL = encode(Image.open(io.BytesIO(BIG)).resize((96, 96), Image.Resampling.LANCZOS), quality=88)
#: What AD holds after a run from Git: our own mark in it, of a source that the cloud has encoded anew.
MARKED = render(encode(scene(648, 648, seed=3), "PNG"), [TARGETS["ad"].recipe], "source")[0].data


class Company:
    """Halves of all sides, with pictures in files."""

    def __init__(self, folder: Path, *more: str) -> None:
        self.folder = folder
        self.sides: dict[str, list[Half]] = {"ad": [], "exo": [], **{side: [] for side in more}}

    def has(
        self,
        side: str,
        user: str,
        data: bytes | None,
        why: str | None = None,
        known: bool | None = None,
        *,
        no_mailbox: bool = False,
        account: str = "",
        anchor: str | None = None,
    ) -> None:
        path = None
        if data is not None:
            file = self.folder / f"{side}-{len(self.sides[side])}"
            file.write_bytes(data)
            path = str(file)
        has_photo = data is not None if known is None and why is None else known
        id_ = f"id-{user}" if why != "nobody" else None
        self.sides[side].append(Half(user, id_, path, has_photo, why, no_mailbox, account, anchor))

    def merge(
        self, check: bool = False, keep: bool = False, options: Options | None = None
    ) -> tuple[dict[str, Merged], bool]:
        folder = ExportFolder(self.dest, several(self.sides), check)
        merged, changed = merge(self.sides, folder, options or Options(keep))
        return {each.user: each for each in merged}, changed

    @property
    def dest(self) -> Path:
        return self.folder / "photos"

    def declared(self) -> dict[str, bytes]:
        return {
            d.user: Path(d.source.path).read_bytes()
            for d in read_folder(self.dest).definitions
            if d.source and d.source.path
        }


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path)


@pytest.mark.parametrize("small", [SMALL, MARKED])
def test_of_one_picture_in_two_sizes_the_larger_is_kept(company: Company, small: bytes) -> None:
    company.has("ad", "alice@x", small)
    company.has("exo", "ALICE@X", BIG)
    merged, changed = company.merge()
    assert changed
    assert [(m.state, m.kept) for m in merged.values()] == [("same", "exo")]
    assert company.declared() == {"ALICE@X": BIG}


def test_two_pictures_are_told_and_the_larger_is_kept(company: Company) -> None:
    company.has("ad", "alice@x", SMALL)
    company.has("exo", "alice@x", OTHER)
    merged, _changed = company.merge()
    assert (merged["alice@x"].state, merged["alice@x"].kept) == ("different", "exo")
    assert "another photo" in merged["alice@x"].reason


def test_who_has_none_on_the_other_side_is_exported(company: Company) -> None:
    company.has("ad", "alice@x", SMALL)
    company.has("exo", "alice@x", None)
    assert company.merge()[0]["alice@x"].state == "one_photo"
    assert company.declared() == {"alice@x": SMALL}


@pytest.mark.parametrize("why", ["nobody", "no mailbox"])
@pytest.mark.parametrize("keep", [False, True])
def test_who_cannot_have_one_on_the_other_side_is_left_out_unless_wanted(
    company: Company, keep: bool, why: str
) -> None:
    company.has("ad", "alice@x", SMALL)
    company.has("exo", "alice@x", None, why=why)
    merged, changed = company.merge(keep=keep)
    assert merged["alice@x"].state == ("one_photo" if keep else "left_out")
    assert changed  # of the manifest at least, which is new
    assert (company.dest / "alice@x.jpg").exists() == keep


def test_who_is_not_on_the_other_side_at_all_is_left_out(company: Company) -> None:
    company.has("ad", "boris@corp.x", SMALL)
    company.has("exo", "boris@x", None)
    merged, _changed = company.merge()
    assert (merged["boris@corp.x"].state, merged["boris@x"].state) == ("left_out", "no_photo")
    assert "Exchange Online has no user of this name" in merged["boris@corp.x"].reason


@pytest.mark.parametrize(
    ("in_ad", "in_cloud"),
    [
        ({"account": "pia@corp.test", "anchor": "q1w2=="}, {"account": "pia@cloud.test", "anchor": "q1w2=="}),
        ({"account": "Pia@x.test"}, {}),
        ({"account": "pia@corp.test"}, {"account": "PIA@corp.test"}),
    ],
    ids=["anchor", "own name is the other's name", "own name"],
)
@pytest.mark.parametrize("known", [True, False], ids=["with a photo", "without a photo"])
def test_an_account_without_the_compared_name_is_no_second_person(
    company: Company, in_ad: dict[str, str], in_cloud: dict[str, str], known: bool
) -> None:
    company.has("ad", "pia", None, "the account pia has no value of the attribute mail", known, **in_ad)  # type: ignore[arg-type]
    company.has(
        "ad", "service", None, "the account service has no value of the attribute mail", True, account="service"
    )
    company.has("exo", "pia@x.test", BIG, **in_cloud)  # type: ignore[arg-type]
    merged, _changed = company.merge()
    assert set(merged) == {"pia@x.test", "service"}
    assert merged["pia@x.test"].state == "left_out"
    assert merged["pia@x.test"].reason == "the account pia has no value of the attribute mail"
    assert company.merge(keep=True)[0]["pia@x.test"].kept == "exo"


def test_two_people_with_the_compared_name_stay_two(company: Company) -> None:
    company.has("ad", "pia@corp.test", SMALL, anchor="q1w2==")
    company.has("exo", "pia@x.test", BIG, anchor="q1w2==")
    assert set(company.merge()[0]) == {"pia@corp.test", "pia@x.test"}


def test_a_picture_that_cannot_be_decoded_is_never_the_better_one(company: Company) -> None:
    company.has("ad", "alice@x", SMALL)
    company.has("exo", "alice@x", BIG[: len(BIG) // 3])
    merged, _changed = company.merge(keep=True)
    assert merged["alice@x"].kept == "ad"


def test_a_second_merge_changes_nothing_and_a_check_writes_nothing(company: Company) -> None:
    company.has("ad", "alice@x", SMALL)
    company.has("exo", "alice@x", BIG)
    checked = company.merge(check=True)
    assert not company.dest.exists()
    assert company.merge() == checked
    assert not company.merge()[1]


def test_what_could_not_be_looked_at_stays(company: Company) -> None:
    company.has("ad", "alice@x", SMALL)
    company.has("exo", "alice@x", BIG)
    company.merge()
    company.sides["exo"] = []
    company.has("exo", "alice@x", None, why="the server was tired")
    assert not company.merge()[1]
    assert company.declared() == {"alice@x": BIG}


def test_who_has_no_photo_any_more_is_taken_out(company: Company) -> None:
    for user in ("alice@x", "bob@x"):
        company.has("ad", user, SMALL)
        company.has("exo", user, BIG)
    company.merge()
    company.sides = {"ad": company.sides["ad"][1:], "exo": company.sides["exo"][1:]}
    company.has("ad", "alice@x", None)
    company.has("exo", "alice@x", None)
    assert company.merge()[1]
    assert set(company.declared()) == {"bob@x"}


@pytest.mark.parametrize(
    ("ad", "exo", "side"),
    [((96, 96, 9), (648, 648, 1), "exo"), ((96, 96, 9), (96, 96, 9), "ad"), ((96, 96, 8), (96, 96, 9), "exo")],
)
def test_more_pixels_are_better_then_more_bytes_then_active_directory(
    ad: tuple[int, int, int], exo: tuple[int, int, int], side: str
) -> None:
    first, second = (Summary(None, length, width, height) for width, height, length in (ad, exo))
    assert better({"exo": second, "ad": first}) == side


def test_the_verdict_is_that_of_a_drift_run_with_the_merged_folder() -> None:
    recipe = TARGETS["ad"].recipe
    seen = Observation(True, sha256=sha256(MARKED), picture=MARKED)
    # The mark of another source leaves it to the pixels; one of another recipe does not.
    assert by_content(seen, None, sha256(BIG), recipe.digest) is None
    elsewhere = by_content(seen, None, sha256(BIG), "0" * 16)
    assert elsewhere is not None and elsewhere.verdict == "different"
    assert compare(BIG, MARKED, "ad").verdict == "same"
    assert compare(OTHER, MARKED, "ad").verdict == "different"


def test_the_declared_file_itself_is_the_same_whatever_the_recipe_would_make_of_it() -> None:
    tall = encode(scene(90, 120, seed=5))
    for data in (tall, MARKED, b"no picture"):
        seen = Observation(True, sha256=sha256(data), picture=data)
        comparison = by_content(seen, None, sha256(data), TARGETS["ad"].recipe.digest)
        assert comparison is not None and comparison.verdict == "same"


# -- three targets -----------------------------------------------------------------------------------------------------

MIDDLE = encode(Image.open(io.BytesIO(BIG)).resize((400, 400), Image.Resampling.LANCZOS), quality=90)


@pytest.fixture
def hybrid(tmp_path: Path) -> Company:
    """Alice's mailbox is in the cloud, Yusuf's on-premises."""
    return Company(tmp_path, "exchange")


@pytest.mark.parametrize("everybody", [True, False])
def test_of_three_targets_each_mailbox_counts_where_it_is(hybrid: Company, everybody: bool) -> None:
    hybrid.has("ad", "alice@x", SMALL)
    hybrid.has("exo", "alice@x", BIG)
    hybrid.has("ad", "yusuf@x", SMALL)
    hybrid.has("exchange", "yusuf@x", MIDDLE)
    if everybody:  # Exchange Server lists mailboxes on-premises alone
        hybrid.has("exo", "yusuf@x", None, "no mailbox", known=False, no_mailbox=True)
    else:
        hybrid.has("exchange", "alice@x", None, "in the cloud", no_mailbox=True)
        hybrid.has("exo", "yusuf@x", None, "no mailbox", no_mailbox=True)
    merged, _changed = hybrid.merge()
    assert {user: (each.state, each.kept) for user, each in merged.items()} == {
        "alice@x": ("same", "exo"),
        "yusuf@x": ("same", "exchange"),
    }
    assert hybrid.declared() == {"alice@x": BIG, "yusuf@x": MIDDLE}
    assert "Active Directory, Exchange Server and Exchange Online" in (hybrid.dest / "photos.yml").read_text()


def test_of_three_pictures_the_best_is_kept_and_the_other_that_differs_is_named(hybrid: Company) -> None:
    hybrid.has("ad", "alice@x", SMALL)
    hybrid.has("exchange", "alice@x", MIDDLE)
    hybrid.has("exo", "alice@x", OTHER)
    merged, _changed = hybrid.merge()
    assert (merged["alice@x"].state, merged["alice@x"].kept) == ("different", "exo")
    assert merged["alice@x"].reason.startswith("Active Directory: ")
    assert set(merged["alice@x"].shown) == {"ad", "exchange", "exo"}


@pytest.mark.parametrize(
    ("exchange", "exo", "state"),
    [
        ({"why": "no mailbox", "no_mailbox": True}, {"why": "no mailbox", "no_mailbox": True}, "left_out"),
        ({"why": "the server was tired"}, {}, "left_out"),
        ({}, {"why": "nobody"}, "left_out"),
        ({}, {"why": "no mailbox", "no_mailbox": True}, "one_photo"),
    ],
    ids=["no mailbox anywhere", "no answer", "not synced to the cloud", "a mailbox without a photo"],
)
def test_who_cannot_have_a_photo_at_one_of_three_is_left_out(
    hybrid: Company, exchange: dict[str, t.Any], exo: dict[str, t.Any], state: str
) -> None:
    hybrid.has("ad", "alice@x", SMALL)
    hybrid.has("exchange", "alice@x", None, **exchange)
    hybrid.has("exo", "alice@x", None, **exo)
    assert hybrid.merge()[0]["alice@x"].state == state


@pytest.mark.parametrize("row", [{}, {"user": "alice@x"}, "alice"])
def test_rows_of_something_else_are_refused(row: dict[str, str]) -> None:
    with pytest.raises(PhotoError, match="info module"):
        Half.parse(row)


def test_who_is_missing_on_the_side_that_decides_is_not_concerned_and_no_one_sided_user(company: Company) -> None:
    company.has("ad", "alice@x", SMALL)
    company.has("exo", "ALICE@x", BIG)
    company.has("exo", "bob@x", BIG)
    company.has("ad", "carol@x", SMALL)
    for decides, users in (
        (("ad",), {"ALICE@x", "carol@x"}),
        (("exo",), {"ALICE@x", "bob@x"}),
        (("ad", "exo"), {"ALICE@x"}),
    ):
        merged, _changed = company.merge(options=Options(decided_by=decides))
        assert merged.keys() == users, decides
    assert set(company.declared()) == {"ALICE@x"}


def test_files_of_who_is_excluded_or_not_concerned_stay(company: Company) -> None:
    for user in ("alice@x", "bob@x", "carol@x"):
        company.has("ad", user, SMALL)
        company.has("exo", user, BIG)
    company.merge()
    company.sides = {"ad": [], "exo": []}
    company.has("ad", "bob@x", SMALL)
    company.has("exo", "bob@x", None)
    company.has("ad", "carol@x", SMALL)
    merged, changed = company.merge(options=Options(exclude=("CAROL@x",), keep_others=True))
    assert (merged.keys(), changed) == ({"bob@x"}, True)
    assert company.declared() == {"alice@x": BIG, "bob@x": SMALL, "carol@x": BIG}
    company.has("ad", "bob@x", None)
    company.sides = {"ad": [Half("bob@x", "id-bob@x", None, False)], "exo": [Half("bob@x", "id-bob@x", None, False)]}
    company.merge(options=Options(exclude=("c*",), keep_others=True))
    assert set(company.declared()) == {"alice@x", "carol@x"}
    company.merge(options=Options(exclude=("c*",)))
    assert set(company.declared()) == {"carol@x"}
