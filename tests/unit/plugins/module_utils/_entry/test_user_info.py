# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who users are, for work at the other target: rows of ad_user_info, and what modules and roles make of them."""

from __future__ import annotations

import base64
import typing as t
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.filter.names_at import names_at
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import (
    Observation,
    Resolution,
    Unresolved,
    User,
)
from ansible_collections.hybrid.photos.plugins.module_utils._entry import (
    info,
    photo_module,
    photo_spec,
    user_info,
)
from ansible_collections.hybrid.photos.plugins.module_utils._entry.text_module import TextModule
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.module_calls import answer, patch_module_args
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.scripted_store import ScriptedStore, picture

USERS = {
    "10234": User("10234", "1", "CN=a", "a@corp", "QUE=", "on_premises", "a@corp"),
    "10235": User("10235", "2", "CN=b", "b@corp", "QkI=", "cloud", "b@corp"),
    "c@corp": User("c@corp", "3", "CN=c", "c@corp", "Q0M=", None, "c@corp"),
}


class Directory:
    """Stands where the directory's store stands."""

    target = "ad"
    notes = ("dc1 was passed over",)

    def resolve(self, identities: t.Sequence[str]) -> dict[str, Resolution]:
        return {i: USERS.get(i, Unresolved(i, f"no user has {i}")) for i in identities}

    def everyone(self, whom: object = None) -> t.Iterator[User]:
        yield from USERS.values()

    def shared_anchors(self, users: t.Sequence[User]) -> dict[str, list[str]]:
        return {"QkI=": ["CN=b", "CN=twin"]} if any(user.immutable_id == "QkI=" for user in users) else {}

    def close(self) -> None:
        pass


def ended(work: t.Callable[[], None], capsys: pytest.CaptureFixture[str]) -> dict[str, t.Any]:
    with pytest.raises(SystemExit) as end:
        work()
    return {**answer(capsys.readouterr().out), "rc": end.value.code}


def ask(capsys: pytest.CaptureFixture[str], **arguments: t.Any) -> dict[str, t.Any]:
    with patch_module_args(arguments):
        module = TextModule(argument_spec=user_info.user_info_argument_spec(), supports_check_mode=True)
        return ended(lambda: user_info.run_user_info_module(module, lambda _params: t.cast(t.Any, Directory())), capsys)


def test_users_are_rows_with_their_anchor_and_who_is_nobody_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    result = ask(capsys, users=["10234", "10999", "10235", "carol"], names={"carol": "c@corp"})
    assert result["rc"] == 0
    rows = {row["user"]: row for row in result["users"]}
    assert list(rows) == ["10234", "10999", "10235", "carol"]
    assert (rows["10234"]["immutable_id"], rows["10234"]["account"], rows["10234"]["mailbox"]) == (
        "QUE=",
        "a@corp",
        "on_premises",
    )
    assert (rows["10999"]["problem"], rows["10999"]["reason"]) == ("unresolved", "no user has 10999")
    # The anchor of two accounts ties nobody to anything.
    assert rows["10235"]["immutable_id"] is None
    assert "2 accounts have the source anchor QkI=: CN=b; CN=twin" in rows["10235"]["reason"]
    assert rows["carol"]["account"] == "c@corp"
    assert result["summary"] == {
        "users": 4,
        "found": 3,
        "anchored": 2,
        "mailbox_on_premises": 1,
        "mailbox_cloud": 1,
        "excluded": 0,
        "left_out": 0,
    }
    assert result["notes"] == ["dc1 was passed over"]


def test_without_names_everybody_is_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert [row["user"] for row in ask(capsys)["users"]] == ["10234", "10235", "c@corp"]


# -- photo modules -----------------------------------------------------------------------------------------------------


def put(capsys: pytest.CaptureFixture[str], store: ScriptedStore, **arguments: t.Any) -> dict[str, t.Any]:
    told: dict[str, t.Any] = {}

    def open_store(params: dict[str, t.Any], _receipts: t.Any) -> t.Any:
        told.update(params)
        return store

    content = base64.b64encode(picture(1)).decode()
    photos = [{"user": user, "content": content, **more} for user, more in arguments.pop("photos").items()]
    target = arguments.pop("target", "exo")
    with patch_module_args({"photos": photos, "max_replaced": "100%", **arguments}):
        module = photo_spec.photo_module(photo_spec.photo_argument_spec(target))
        result = ended(lambda: photo_module.run_photo_module(module, target, open_store), capsys)
    return {**result, "told": told}


PEOPLE = {
    "target": "ad",
    "users": [
        {"user": "10234", "immutable_id": "QUE=", "mailbox": "on_premises", "account": "a@corp"},
        {"user": "10235", "immutable_id": "QkI=", "mailbox": "cloud", "account": "b@corp"},
    ],
}


def test_the_store_is_asked_by_the_anchor_and_the_result_names_people_as_declared(
    capsys: pytest.CaptureFixture[str],
) -> None:
    store = ScriptedStore(["QUE=", "QkI="])
    result = put(capsys, store, photos={"10234": {}, "10235": {}}, match_by="anchor", people=PEOPLE)
    assert result["rc"] == 0, result
    assert result["told"]["match_by"] == "onPremisesImmutableId"
    assert [(row["user"], row["changed"]) for row in result["photos"]] == [("10234", True), ("10235", True)]
    told = result.get("invocation")  # ansible-core leaves it out from 2.21 on
    assert told is None or told["module_args"]["people"] == "(people)"


def test_who_has_the_mailbox_on_premises_is_left_out_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    store = ScriptedStore(["QUE=", "QkI="])
    photos: dict[str, dict[str, str]] = {"10234": {}, "10235": {}}
    result = put(capsys, store, photos=photos, match_by="anchor", people=PEOPLE, leave_out=["on_premises"])
    assert [row["user"] for row in result["photos"]] == ["10235"]
    assert result["left_out"] == ["10234"]
    assert result["summary"]["checked"] == 1


@pytest.mark.parametrize(("target", "left"), [("exo", "10234"), ("exchange", "10235")])
def test_a_mailbox_goes_to_the_target_that_it_is_at_and_its_receipt_at_the_other_one_ends(
    target: str, left: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    store = ScriptedStore(["10234", "10235", "10236"], target)
    everywhere: dict[str, dict[str, t.Any]] = {"10234": {}, "10235": {}, "10236": {}}
    common: dict[str, t.Any] = {
        "target": target,
        "receipts": str(tmp_path / "receipts.sqlite"),
        "leave_out": ["routed"],
    }
    nobody_asked = put(capsys, store, photos=everywhere, **common)
    assert "left_out" not in nobody_asked, "where Active Directory says nothing, the target itself does"
    only_here = {user: {"targets": ["ad", target]} for user in everywhere}
    assert "left_out" not in put(capsys, store, photos=only_here, people=PEOPLE, **common), "nobody else answers for it"
    result = put(capsys, store, photos=everywhere, people=PEOPLE, **common)
    assert result["left_out"] == [left]
    assert f"moved since the last run), and the receipts of their photos here were ended: {left}" in result["notes"][0]
    assert "notes" not in put(capsys, store, photos=everywhere, people=PEOPLE, **common)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"match_by": "anchor"}, "match_by anchor needs people"),
        ({"leave_out": ["on_premises"]}, "leave_out on_premises needs people"),
        (
            {"leave_out": ["on_premises"], "people": {"failed": True, "msg": "no answer", "target": "ad"}},
            "leave_out on_premises: Active Directory could not be asked who these users are. no answer",
        ),
    ],
)
def test_an_option_that_needs_people_names_itself(
    arguments: dict[str, t.Any], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = put(capsys, ScriptedStore([]), photos={"10234": {}}, **arguments)
    assert result["rc"] == 1
    assert message in result["msg"]


def test_a_name_of_this_target_is_looked_for_and_that_of_another_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    store = ScriptedStore(["a@example.com", "bob"])
    photos = {"alice": {"exo": "a@example.com", "ad": "alice@corp"}, "bob": {"ad": "bob@corp"}}
    result = put(capsys, store, photos=photos)
    assert [(row["user"], row["id"]) for row in result["photos"]] == [("alice", "id-a@example.com"), ("bob", "id-bob")]


def test_an_export_by_the_anchor_names_people_as_the_other_target_does(capsys: pytest.CaptureFixture[str]) -> None:
    store = ScriptedStore(["QUE="])
    store.put_by_hand("QUE=", picture(1))
    with patch_module_args({"users": ["10234", "10235"], "match_by": "anchor", "people": PEOPLE}):
        module = TextModule(argument_spec=info.info_argument_spec("exo"), supports_check_mode=True)
        result = ended(lambda: info.run_info_module(module, "exo", lambda _p, _receipts: t.cast(t.Any, store)), capsys)
    rows = {row["user"]: row for row in result["photos"]}
    assert rows["10234"]["has_photo"] is True
    assert rows["10235"]["problem"] == "unresolved"
    assert "not synced" in rows["10235"]["reason"]


# -- what the roles make of it -----------------------------------------------------------------------------------------


def test_a_missing_mailbox_is_named_by_the_module(capsys: pytest.CaptureFixture[str]) -> None:
    class NoMailbox(ScriptedStore):
        def _observed(self, user: User, wanted: t.Any) -> Observation:
            return Observation(problem="no mailbox in Exchange Online", no_mailbox=True)

    result = put(capsys, NoMailbox(["10234", "10235"]), photos={"10234": {}, "10235": {}})
    assert result["no_mailbox"] == ["10234", "10235"]


def test_names_of_one_target_alone() -> None:
    photos = [{"user": "alice", "exo": "a@example.com"}, {"user": "bob", "ad": "b@corp"}, {"user": "carol"}]
    assert names_at(photos, "exo") == {"alice": "a@example.com"}
    assert names_at(photos, "ad") == {"bob": "b@corp"}


def test_who_is_excluded_or_not_meant_has_no_row_and_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = ask(capsys, exclude=["C@*"])
    assert [row["user"] for row in everybody["users"]] == ["10234", "10235"]
    assert (everybody["excluded"], everybody["summary"]["excluded"]) == (["c@corp"], 1)
    meant = [USERS["10235"]]
    monkeypatch.setattr(Directory, "everyone", lambda self, whom: iter(meant))
    named = ask(capsys, users=["10234", "10235", "c@corp", "10999"], exclude=["c@corp"], filter="(department=Sales)")
    assert [row["user"] for row in named["users"]] == ["10235", "10999"]
    assert (named["excluded"], named["left_out"], named["summary"]["left_out"]) == (["c@corp"], ["10234"], 1)
    for arguments, said in (
        ({"exclude": ["*"]}, "exclude '*' excludes all 1 user of Active Directory"),
        ({"exclude": ["a\nb"]}, "exclude 'a\\nb' cannot be used"),
        ({"users": ["10234"], "exclude": ["1*"]}, "exclude '1*' excludes all 1 user named in users"),
    ):
        failed = ask(capsys, **arguments)
        assert failed["rc"] == 1 and failed["msg"].startswith(said)
    meant.clear()
    assert ask(capsys, group="Board")["msg"].startswith("group 'Board': Active Directory has no such user")
