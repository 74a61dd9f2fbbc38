# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users who go by other names at a target: names of their own, and the source anchor that ties two accounts."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.hybrid.photos.plugins.module_utils._core.model import (
    Definition,
    Observation,
    PhotoError,
    Recipe,
    Resolution,
    Source,
    Unresolved,
    User,
)
from ansible_collections.hybrid.photos.plugins.module_utils._sync.backups import Backups, read_manifest
from ansible_collections.hybrid.photos.plugins.module_utils._sync.guards import Limit
from ansible_collections.hybrid.photos.plugins.module_utils._sync.named import (
    NamedStore,
    inner_match_by,
    named_store,
    names_at,
    needs_people,
)
from ansible_collections.hybrid.photos.plugins.module_utils._sync.options import Services, Settings
from ansible_collections.hybrid.photos.plugins.module_utils._sync.people import People, people_of
from ansible_collections.hybrid.photos.plugins.module_utils._sync.receipts import Receipts
from ansible_collections.hybrid.photos.plugins.module_utils._sync.run import Result, reconcile
from ansible_collections.hybrid.photos.tests.unit.plugins.module_utils.scripted_store import ScriptedStore, picture

ALICE, BOB = "QUxJQ0U=", "Qk9C"


class Cloud(ScriptedStore):
    """A tenant whose accounts are found by anchor, or by the name that they have there."""

    def __init__(self, accounts: t.Mapping[str, str], target: str = "exo") -> None:
        super().__init__(accounts, target)
        self.asked: list[str] = []
        for anchor, name in accounts.items():
            self.name(anchor, name)

    def name(self, anchor: str, name: str) -> None:
        """The account is called so from now on."""
        user = self.users[anchor]
        self.users[anchor] = replace(user, immutable_id=anchor, account=name)

    def resolve(self, identities: t.Sequence[str], on_observed: t.Any = None) -> dict[str, Resolution]:
        self.asked += identities
        return super().resolve(identities, on_observed)

    def resolve_by(self, match_by: str, identities: t.Sequence[str]) -> dict[str, Resolution]:
        assert match_by == "userPrincipalName"
        by_name = {user.account: replace(user, identity=user.account) for user in self.users.values()}
        return {i: by_name.get(i, Unresolved(i, f"{i} is no user here", gone=True)) for i in identities}


def known(*rows: dict[str, t.Any]) -> People:
    found = people_of({"users": list(rows), "target": "ad"}, "anchor")
    assert found is not None
    return found


def row(user: str, anchor: str | None, account: str = "", **more: t.Any) -> dict[str, t.Any]:
    return {"user": user, "immutable_id": anchor, "account": account or f"{user}@corp.local", **more}


def why(answer: Resolution) -> str:
    assert isinstance(answer, Unresolved), answer
    return answer.reason


class Run:
    """Runs against one target with one receipts file."""

    def __init__(self, folder: Path, store: ScriptedStore, match_by: str = "anchor") -> None:
        self.folder = folder
        self.store = store
        self.match_by = match_by

    def __call__(
        self, people: People | None, declared: dict[str, int | None], accounts: dict[str, str] | None = None
    ) -> Result:
        definitions = [
            Definition(
                user,
                "absent" if number is None else "present",
                None if number is None else Source(content=picture(number)),
                accounts=((self.store.target, accounts[user]),) if accounts and user in accounts else (),
            )
            for user, number in declared.items()
        ]
        no_limit = Limit.parse("max_replaced", "100%")
        settings = Settings(Recipe(648, 4_000_000), self.match_by, no_limit, no_limit, patience=0.0)
        store = named_store(self.store, names_at(definitions, self.store.target), people, self.match_by)
        receipts = Receipts(self.folder / "receipts.sqlite", self.store.target)
        try:
            backups = Backups(self.folder / "backups", self.store.target, "run")
            return reconcile(definitions, store, settings, Services(receipts, backups))
        finally:
            receipts.close()


def drifts(result: Result) -> list[str]:
    return [outcome.change.drift for outcome in result.outcomes]


# -- Exchange Server, whose GUID of an account is Active Directory's objectGUID ----------------------------------------


@pytest.mark.parametrize("match_by", ["employeeID", "anchor"])
def test_by_employee_id_a_user_of_exchange_server_is_who_active_directory_says(tmp_path: Path, match_by: str) -> None:
    guid = "11111111-1111-1111-1111-111111111111"
    store = ScriptedStore([guid], "exchange")
    people = people_of({"users": [row("10234", None, id=guid), row("10235", None, id=None)], "target": "ad"}, "")
    assert inner_match_by(match_by, "exchange") == "objectGUID"
    result = Run(tmp_path, store, match_by)(people, {"10234": 1, "10235": 2})
    assert [(o.change.drift, o.change.action) for o in result.outcomes] == [("missing", "put"), ("unresolved", "none")]
    assert "no objectGUID" in result.outcomes[1].change.reason
    assert store.written == [(guid, "put")]
    with pytest.raises(PhotoError, match=f"match_by {match_by} needs people"):
        people_of(None, match_by, needed=needs_people(match_by, "exchange"))
    assert needs_people("employeeID", "ad") == ""


# -- the anchor --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["exo", "ad"])
def test_a_user_is_found_by_the_anchor_and_keeps_the_declared_name(tmp_path: Path, target: str) -> None:
    store = Cloud({ALICE: "alice.smith@example.com", BOB: "bob@example.com"}, target)
    store.put_by_hand(BOB, picture(3))
    run = Run(tmp_path, store)
    people = known(row("10234", ALICE), row("10235", BOB))
    first = run(people, {"10234": 1, "10235": 2})
    assert [(o.definition.user, o.changed, o.verified) for o in first.outcomes] == [
        ("10234", True, True),
        ("10235", True, True),
    ]
    assert [o.user and o.user.account for o in first.outcomes] == ["alice.smith@example.com", "bob@example.com"]
    # The store was spoken to in its own words, and people are spoken to in theirs.
    assert store.written == [(ALICE, "put"), (BOB, "put")]
    assert [entry.user for entry in read_manifest(tmp_path / "backups")] == ["10234", "10235"]
    assert drifts(run(people, {"10234": 1, "10235": 2})) == ["in_sync", "in_sync"]


def test_who_is_not_synced_is_unresolved_and_says_so() -> None:
    store = NamedStore(Cloud({BOB: "bob@example.com"}), {}, known(row("10234", ALICE)), by_anchor=True)
    answer = store.resolve(["10234"])["10234"]
    assert isinstance(answer, Unresolved)
    assert answer.identity == "10234"
    assert answer.gone
    assert "10234@corp.local in Active Directory has no account in Exchange Online (not synced)" in answer.reason
    assert ALICE in answer.reason


def test_who_is_not_found_at_exchange_server_is_not_said_to_be_synced_by_entra_connect() -> None:
    people = known(row("10234", None, id="11111111-1111-1111-1111-111111111111"))
    store = NamedStore(ScriptedStore([], "exchange"), {}, people, by_anchor=True)
    answer = store.resolve(["10234"])["10234"]
    assert isinstance(answer, Unresolved)
    assert answer.gone
    assert "the objectGUID of 10234@corp.local in Active Directory leads to no account in Exchange Server: " in why(
        answer
    )
    assert "synced" not in why(answer)


def test_an_anchor_of_two_accounts_is_nobody() -> None:
    class Twice(Cloud):
        def resolve(self, identities: t.Sequence[str], on_observed: t.Any = None) -> dict[str, Resolution]:
            return {i: Unresolved(i, "2 users have it (a, b)") for i in identities}

    store = NamedStore(Twice({}), {}, known(row("10234", ALICE)), by_anchor=True)
    assert "the source anchor of 10234@corp.local in Active Directory does not lead to one account: 2 users" in why(
        store.resolve(["10234"])["10234"]
    )


def test_two_users_of_one_anchor_are_nobody(tmp_path: Path) -> None:
    result = Run(tmp_path, Cloud({ALICE: "alice@example.com"}))(
        known(row("10234", ALICE), row("10235", ALICE)), {"10234": 1, "10235": 2}
    )
    assert drifts(result) == ["unresolved", "unresolved"]
    assert "the same account" in result.outcomes[0].change.reason


def test_who_is_nobody_on_premises_is_nobody_in_the_cloud_with_that_reason() -> None:
    people = known(row("10234", None, problem="unresolved", reason="no user has employeeNumber '10234'"))
    store = NamedStore(Cloud({}), {}, people, by_anchor=True)
    answers = store.resolve(["10234", "10999"])
    assert "Active Directory has none for this user: no user has employeeNumber '10234'" in why(answers["10234"])
    assert "Active Directory did not return 10999" in why(answers["10999"])
    assert not any(isinstance(answer, Unresolved) and answer.gone for answer in answers.values())


def test_a_directory_that_gave_no_answer_says_nothing_of_the_user(tmp_path: Path) -> None:
    people = known(row("10234", None, problem="unavailable", reason="it is away"))
    result = Run(tmp_path, Cloud({ALICE: "alice@example.com"}))(people, {"10234": 1})
    assert drifts(result) == ["unavailable"]
    assert "Active Directory gave no answer: it is away" in result.outcomes[0].change.reason


def test_who_is_declared_absent_and_not_synced_is_in_sync_and_who_is_unknown_is_not(tmp_path: Path) -> None:
    people = known(row("10234", ALICE), row("10235", None, reason="no user has it", problem="unresolved"))
    assert drifts(Run(tmp_path, Cloud({}))(people, {"10234": None, "10235": None})) == ["in_sync", "unresolved"]


@pytest.mark.parametrize(
    ("people", "message"),
    [
        (None, "match_by anchor needs people"),
        ({"skipped": True}, "match_by anchor needs people"),
        ({"failed": True, "msg": "no domain controller answers", "target": "ad"}, "no domain controller answers"),
        ({"users": ["alice"], "target": "ad"}, "an entry names no user"),
        ({"users": [], "target": "moon"}, "the target must be"),
    ],
)
def test_people_that_cannot_be_used_are_one_message(people: t.Any, message: str) -> None:
    with pytest.raises(PhotoError, match=message):
        people_of(people, "anchor")


def test_who_is_needed_is_told_with_the_variable_of_the_role() -> None:
    needed = needs_people("anchor", "exo", "drift_")
    with pytest.raises(PhotoError, match=r"^drift_exo_match_by anchor needs people"):
        people_of(None, "anchor", needed=needed)
    needed = needs_people("anchor", "ad", "sync_")
    with pytest.raises(PhotoError, match=r"^sync_ad_match_by anchor needs sync_people: "):
        people_of(None, "anchor", needed=needed, option="sync_people")


def test_without_the_anchor_people_are_a_help_and_no_need() -> None:
    assert people_of(None, "mail") is None
    assert people_of({"failed": True, "msg": "x"}, "mail") is None


def test_an_export_names_people_as_the_other_target_does() -> None:
    store = NamedStore(
        Cloud({ALICE: "alice.smith@example.com", BOB: "bob@example.com"}),
        {},
        known(row("10234", ALICE)),
        by_anchor=True,
    )
    assert [user.identity for user in store.everyone()] == ["10234", "bob@example.com"]


# -- names of their own ------------------------------------------------------------------------------------------------


def test_a_name_of_this_target_is_what_is_looked_for(tmp_path: Path) -> None:
    store = ScriptedStore(["alice.smith@example.com", "bob"])
    run = Run(tmp_path, store, "userPrincipalName")
    result = run(None, {"alice": 1, "bob": 2}, {"alice": "alice.smith@example.com"})
    assert store.written == [("alice.smith@example.com", "put"), ("bob", "put")]
    assert [outcome.definition.user for outcome in result.outcomes] == ["alice", "bob"]
    assert drifts(run(None, {"alice": 1, "bob": 2}, {"alice": "alice.smith@example.com"})) == ["in_sync", "in_sync"]


def test_another_name_is_another_account_also_right_after_a_run(tmp_path: Path) -> None:
    store = ScriptedStore(["one@example.com", "other@example.com"])
    run = Run(tmp_path, store, "userPrincipalName")
    run(None, {"alice": 1}, {"alice": "one@example.com"})
    result = run(None, {"alice": 1}, {"alice": "other@example.com"})
    assert [(o.user and o.user.id, o.changed) for o in result.outcomes] == [("id-other@example.com", True)]


def test_with_the_anchor_a_name_of_this_target_is_a_user_principal_name(tmp_path: Path) -> None:
    store = Cloud({ALICE: "alice.smith@example.com", BOB: "bob@example.com"})
    people = known(row("10234", None, reason="no anchor"), row("10235", BOB))
    result = Run(tmp_path, store)(people, {"10234": 1, "10235": 2}, {"10234": "alice.smith@example.com"})
    assert [outcome.changed for outcome in result.outcomes] == [True, True]
    assert store.asked == [BOB]


def test_a_name_that_is_somebody_else_s_account_is_refused() -> None:
    store = NamedStore(
        Cloud({ALICE: "alice@example.com", BOB: "bob@example.com"}),
        {"10234": "bob@example.com"},
        known(row("10234", ALICE)),
        by_anchor=True,
    )
    said = why(store.resolve(["10234"])["10234"])
    assert "exo: bob@example.com is the account of somebody else" in said
    assert "Correct exo in photos.yml" in said


# -- a rename on one side and then on the other ------------------------------------------------------------------------


def test_a_rename_on_monday_here_and_on_thursday_there_drifts_nobody_and_loses_nobody(tmp_path: Path) -> None:
    store = Cloud({ALICE: "alice.miller@example.com"})
    run = Run(tmp_path, store)
    run(known(row("10234", ALICE, "alice.miller@corp.local")), {"10234": 1})
    written = list(store.written)
    monday = run(known(row("10234", ALICE, "alice.smith@corp.local")), {"10234": 1})
    store.name(ALICE, "alice.smith@example.com")
    thursday = run(known(row("10234", ALICE, "alice.smith@corp.local")), {"10234": 1})
    assert drifts(monday) == drifts(thursday) == ["in_sync"]
    assert store.written == written
    # Where Git names her by the name that changed, it is changed there, and still nothing is written.
    renamed = run(known(row("alice.smith@corp.local", ALICE)), {"alice.smith@corp.local": 1})
    assert drifts(renamed) == ["in_sync"]
    assert store.written == written


def test_who_gets_a_freed_name_does_not_get_the_picture_of_the_one_before(tmp_path: Path) -> None:
    store = Cloud({ALICE: "alice@example.com", BOB: "bob@example.com"})
    run = Run(tmp_path, store)
    run(known(row("alice@corp.local", ALICE)), {"alice@corp.local": 1})
    result = run(known(row("alice@corp.local", BOB)), {"alice@corp.local": 1})
    # Within minutes memory answers for looking. Nothing is written on that.
    assert store.written == [(ALICE, "put")]
    store.put_by_hand(ALICE, None)
    result = run(known(row("alice@corp.local", BOB)), {"alice@corp.local": 1})
    assert drifts(result) == ["unresolved"]
    assert "now belongs to another account" in result.outcomes[0].change.reason
    assert store.written == [(ALICE, "put")]


# -- where the mailbox is ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mailbox", "begins"), [("on_premises", "mailbox on-premises"), ("cloud", "no mailbox")])
def test_that_a_mailbox_is_on_premises_is_said(mailbox: str, begins: str) -> None:
    class NoMailbox(ScriptedStore):
        def _observed(self, user: User, wanted: t.Any) -> Observation:
            return Observation(problem="no mailbox in Exchange Online", no_mailbox=True)

    people = people_of({"users": [row("alice", ALICE, mailbox=mailbox)], "target": "ad"}, "userPrincipalName")
    store = NamedStore(NoMailbox(["alice"]), {}, people, by_anchor=False)
    users = [t.cast(User, answer) for answer in store.resolve(["alice"]).values()]
    ((_user, seen),) = store.observe(users, lambda _user, _tag: True)
    assert str(seen.problem).startswith(begins)
    assert seen.no_mailbox
